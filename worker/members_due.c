#include "gen/sql.h"
#include "worker/members_parts.h"

#define ROUND_IDS 5000

/* ---- lists of ids ---- */

void ids_add(struct arena *arena, struct ids *ids, struct sql_i64s more)
{
    if (ids->n + more.n > ids->room) {
        size_t room = 2 * (ids->n + more.n);
        int64_t *v = ARENA_ARRAY(arena, room, int64_t);
        for (size_t i = 0; i < ids->n; i++) {
            v[i] = ids->v[i];
        }
        ids->v = v;
        ids->room = room;
    }
    for (size_t i = 0; i < more.n; i++) {
        ids->v[ids->n++] = more.v[i];
    }
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct sql_i64s ids_sorted(struct ids *ids)
{
    size_t n = 0;
    if (ids->n > 0) {
        qsort(ids->v, ids->n, sizeof(*ids->v), compare);
    }
    for (size_t i = 0; i < ids->n; i++) {
        if (n == 0 || ids->v[n - 1] != ids->v[i]) {
            ids->v[n++] = ids->v[i];
        }
    }
    ids->n = n;
    return (struct sql_i64s){.v = ids->v, .n = n};
}

/* ---- what changed ---- */

/* A change: of which kind, and of whom. */
struct change {
    unsigned on;
    struct ids accounts, leads;
};

struct changes {
    struct members_round *round;
    struct change *v;
    size_t n;
    /* Pairs for a statement: which change, which id. */
    int32_t *nr;
    int64_t *id;
    size_t n_pairs;
};

static void begin_pairs(struct changes *changes, size_t room)
{
    changes->nr = ARENA_ARRAY(changes->round->ctx->arena, room, int32_t);
    changes->id = ARENA_ARRAY(changes->round->ctx->arena, room, int64_t);
    changes->n_pairs = 0;
}

static void add_pairs(struct changes *changes, size_t nr, struct sql_i64s ids)
{
    for (size_t i = 0; i < ids.n; i++) {
        changes->nr[changes->n_pairs] = (int32_t)nr;
        changes->id[changes->n_pairs++] = ids.v[i];
    }
}

static struct sql_i64s view(const struct ids *ids)
{
    return (struct sql_i64s){.v = ids->v, .n = ids->n};
}

static void add_one(struct changes *changes, struct ids *to, int64_t id)
{
    ids_add(changes->round->ctx->arena, to, (struct sql_i64s){.v = &id, .n = 1});
}

static enum err add_cards(struct changes *changes)
{
    struct members_round *round = changes->round;
    struct sql_segment_card_subjects_rows rows;
    if (changes->n_pairs == 0) {
        return ERR_NONE;
    }
    const struct sql_segment_card_subjects_in in = {.dataset = round->dataset,
                                                    .nr = {changes->nr, changes->n_pairs},
                                                    .card = {changes->id, changes->n_pairs}};
    TRY(sql_segment_card_subjects(round->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_segment_card_subjects *row = &rows.row[i];
        struct change *change = &changes->v[row->nr];
        if (!row->account_null) {
            add_one(changes, &change->accounts, row->account);
        } else if (!row->lead_null) {
            add_one(changes, &change->leads, row->lead);
        }
    }
    return ERR_NONE;
}

static enum err take(struct changes *changes, bool *out_more)
{
    struct members_round *round = changes->round;
    struct sql_segment_take_rows rows;
    size_t cards = 0, ids = 0;
    TRY(sql_segment_take(
        round->db, &(struct sql_segment_take_in){.dataset = round->dataset, .most = ROUND_IDS},
        &rows));
    changes->v = ARENA_ARRAY(round->ctx->arena, rows.n, struct change);
    changes->n = rows.n;
    for (size_t i = 0; i < rows.n; i++) {
        cards += rows.row[i].cards.n;
    }
    begin_pairs(changes, cards);
    for (size_t i = 0; i < rows.n; i++) {
        struct change *change = &changes->v[i];
        change->on = (unsigned)rows.row[i].on_what;
        ids_add(round->ctx->arena, &change->accounts, rows.row[i].accounts);
        ids_add(round->ctx->arena, &change->leads, rows.row[i].leads);
        add_pairs(changes, i, rows.row[i].cards);
        ids += change->accounts.n + change->leads.n;
    }
    *out_more = ids + cards >= ROUND_IDS / 2;
    return add_cards(changes);
}

/* ---- what follows from it ---- */

/* What leads' filters ask of their company. */
#define OF_COMPANY                                                                             \
    ((unsigned)FILTER_ON_ACCOUNT | (unsigned)FILTER_ON_TAGS | (unsigned)FILTER_ON_CARDS |      \
     (unsigned)FILTER_ON_SIZE | (unsigned)FILTER_ON_SEGMENTS)

static unsigned asked_by(const struct members_round *round, enum filter_subject subject)
{
    unsigned on = 0;
    for (size_t i = 0; i < round->n; i++) {
        on |= round->segments[i].subject == subject ? round->segments[i].on : 0;
    }
    return on;
}

static enum err add_leads(struct changes *changes)
{
    struct members_round *round = changes->round;
    struct sql_segment_leads_of_rows rows;
    unsigned asked = asked_by(round, FILTER_LEADS) & OF_COMPANY;
    size_t room = 0;
    for (size_t i = 0; i < changes->n; i++) {
        room += changes->v[i].accounts.n;
    }
    begin_pairs(changes, room);
    for (size_t i = 0; i < changes->n; i++) {
        if ((changes->v[i].on & asked) != 0) {
            add_pairs(changes, i, view(&changes->v[i].accounts));
        }
    }
    if (changes->n_pairs == 0) {
        return ERR_NONE;
    }
    const struct sql_segment_leads_of_in in = {.dataset = round->dataset,
                                               .nr = {changes->nr, changes->n_pairs},
                                               .account = {changes->id, changes->n_pairs}};
    TRY(sql_segment_leads_of(round->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        add_one(changes, &changes->v[rows.row[i].nr].leads, rows.row[i].id);
    }
    return ERR_NONE;
}

static enum err add_accounts(struct changes *changes)
{
    struct members_round *round = changes->round;
    struct sql_segment_accounts_of_rows rows;
    size_t room = 0;
    for (size_t i = 0; i < changes->n; i++) {
        room += changes->v[i].leads.n;
    }
    begin_pairs(changes, room);
    for (size_t i = 0; i < changes->n && asked_by(round, FILTER_ACCOUNTS) != 0; i++) {
        add_pairs(changes, i, view(&changes->v[i].leads));
    }
    if (changes->n_pairs == 0) {
        return ERR_NONE;
    }
    const struct sql_segment_accounts_of_in in = {.dataset = round->dataset,
                                                  .nr = {changes->nr, changes->n_pairs},
                                                  .lead = {changes->id, changes->n_pairs}};
    TRY(sql_segment_accounts_of(round->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        add_one(changes, &changes->v[rows.row[i].nr].accounts, rows.row[i].id);
    }
    return ERR_NONE;
}

static void make_due(struct changes *changes)
{
    struct members_round *round = changes->round;
    const unsigned visit = (unsigned)FILTER_ON_COUNTS | (unsigned)FILTER_ON_EVENTS;
    for (size_t i = 0; i < round->n; i++) {
        struct members_segment *segment = &round->segments[i];
        for (size_t k = 0; k < changes->n; k++) {
            const struct change *change = &changes->v[k];
            const struct ids *ids =
                segment->subject == FILTER_LEADS ? &change->leads : &change->accounts;
            if ((segment->on & change->on) != 0) {
                ids_add(round->ctx->arena, &segment->due, view(ids));
            }
            if ((change->on & visit) != 0) {
                ids_add(round->ctx->arena, &segment->seen, view(ids));
            }
        }
    }
}

/* Leads of what changed of companies first: those that leads lead to are another matter. */
enum err members_due(struct members_round *round, bool *out_found, bool *out_more)
{
    struct changes changes = {.round = round};
    TRY(take(&changes, out_more));
    *out_found = changes.n > 0;
    TRY(add_leads(&changes));
    TRY(add_accounts(&changes));
    make_due(&changes);
    return ERR_NONE;
}

/* ---- segments that name others ---- */

static bool names(const struct members_segment *segment, int64_t id)
{
    for (size_t i = 0; i < segment->asks.n; i++) {
        if (segment->asks.v[i] == id) {
            return true;
        }
    }
    return false;
}

static enum err others_of(struct members_round *round, enum filter_subject subject,
                          struct sql_i64s changed, struct ids *out)
{
    struct changes changes = {.round = round, .n = 1};
    struct change change = {.on = FILTER_ON_SEGMENTS};
    changes.v = &change;
    ids_add(round->ctx->arena, subject == FILTER_LEADS ? &change.leads : &change.accounts,
            changed);
    TRY(subject == FILTER_LEADS ? add_accounts(&changes) : add_leads(&changes));
    *out = subject == FILTER_LEADS ? change.accounts : change.leads;
    return ERR_NONE;
}

enum err members_due_above(struct members_round *round, const struct members_segment *segment,
                           struct sql_i64s changed)
{
    struct ids others = {0};
    bool known = false;
    for (size_t i = 0; i < round->n && changed.n > 0; i++) {
        struct members_segment *above = &round->segments[i];
        if (!names(above, segment->id)) {
            continue;
        }
        if (above->subject != segment->subject && !known) {
            TRY(others_of(round, segment->subject, changed, &others));
            known = true;
        }
        ids_add(round->ctx->arena, &above->due,
                above->subject == segment->subject ? changed : view(&others));
    }
    return ERR_NONE;
}
