#include "worker/automate_parts.h"

/* ---- what waits ---- */

static bool is_left(struct sql_i64s left, int64_t id)
{
    for (size_t i = 0; i < left.n; i++) {
        if (left.v[i] == id) {
            return true;
        }
    }
    return false;
}

/* Those that wait because they fail, and those that failed in the try before. */
static enum err all_left(struct round *round, struct sql_i64s *out)
{
    struct sql_automate_failing row;
    TRY(sql_automate_failing(
        round->db, &(struct sql_automate_failing_in){.dataset = round->dataset}, &row));
    int64_t *ids = ARENA_ARRAY(round->arena, row.ids.n + round->left.n, int64_t);
    size_t n = 0;
    for (size_t i = 0; i < row.ids.n; i++) {
        ids[n++] = row.ids.v[i];
    }
    for (size_t i = 0; i < round->left.n; i++) {
        ids[n++] = round->left.v[i];
    }
    round->now = row.now;
    *out = (struct sql_i64s){ids, n};
    return ERR_NONE;
}

/* What waits for a version before, or for what was switched off, is dropped. */
static void add(struct round *round, const struct sql_automate_take *row)
{
    const struct booked *automation = book_find(round->book, row->automation);
    struct candidate candidate = {.pending = row->id,
                                  .automation = automation,
                                  .cause = (enum automation_cause)row->cause,
                                  .cause_id = row->cause_id,
                                  .cause_at = row->cause_at,
                                  .visitor = row->visitor,
                                  .about = row->subject_null ? 0 : row->subject,
                                  .card = row->card_null ? 0 : row->card,
                                  .bits = (uint64_t)row->bits,
                                  .depth = row->depth,
                                  .tries = row->tries};
    if (automation != NULL && automation->version == row->version &&
        !is_left(round->left, automation->id)) {
        round->candidates[round->n++] = candidate;
    }
}

enum err automate_take(struct round *round)
{
    struct sql_i64s left;
    struct sql_automate_take_rows rows;
    TRY(all_left(round, &left));
    const struct sql_automate_take_in in = {
        .dataset = round->dataset,
        .left = round->alone_row != 0 ? (struct sql_i64s){.n = 0} : left,
        .row = round->alone_row,
        .row_null = round->alone_row == 0,
        .most = round->most};
    TRY(sql_automate_take(round->db, &in, &rows));
    int64_t *done = ARENA_ARRAY(round->arena, rows.n, int64_t);
    round->candidates = ARENA_ARRAY(round->arena, rows.n, struct candidate);
    for (size_t i = 0; i < rows.n; i++) {
        done[i] = rows.row[i].id;
        add(round, &rows.row[i]);
    }
    round->done = (struct sql_i64s){done, rows.n};
    round->more = rows.n == (size_t)round->most;
    return ERR_NONE;
}

/* ---- about whom ---- */

/* Those that wait because of the same event stand together, and are about the same. */
static bool is_same_moment(const struct candidate *a, const struct candidate *b)
{
    return a->cause_at == b->cause_at && !str_is_null(a->visitor) &&
           str_eq(a->visitor, b->visitor);
}

static enum err look_at_visitors(struct round *round)
{
    size_t n = 0;
    struct str *visitors = ARENA_ARRAY(round->arena, round->n, struct str);
    int64_t *at = ARENA_ARRAY(round->arena, round->n, int64_t);
    size_t *of = ARENA_ARRAY(round->arena, round->n, size_t);
    for (size_t i = 0; i < round->n; i++) {
        const struct candidate *candidate = &round->candidates[i];
        if (!str_is_null(candidate->visitor) &&
            (i == 0 || !is_same_moment(&candidate[-1], candidate))) {
            visitors[n] = candidate->visitor;
            at[n] = candidate->cause_at;
            of[n++] = i;
        }
    }
    struct sql_automate_whose_rows rows;
    const struct sql_automate_whose_in in = {
        .dataset = round->dataset, .visitor = {visitors, n}, .at = {at, n}};
    if (n == 0) {
        return ERR_NONE;
    }
    TRY(sql_automate_whose(round->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        size_t first = of[rows.row[i].nr - 1];
        const struct candidate *one = &round->candidates[first];
        for (size_t k = first; k < round->n && is_same_moment(one, &round->candidates[k]);
             k++) {
            struct candidate *candidate = &round->candidates[k];
            candidate->lead = rows.row[i].lead;
            candidate->account = rows.row[i].account_null ? 0 : rows.row[i].account;
            candidate->has_email = rows.row[i].has_email;
            candidate->hidden = rows.row[i].hidden;
        }
    }
    return ERR_NONE;
}

static enum err look_at_subjects(struct round *round)
{
    size_t n = 0;
    int64_t *about = ARENA_ARRAY(round->arena, round->n, int64_t);
    struct candidate **of = ARENA_ARRAY(round->arena, round->n, struct candidate *);
    for (size_t i = 0; i < round->n; i++) {
        if (round->candidates[i].about != 0) {
            about[n] = round->candidates[i].about;
            of[n++] = &round->candidates[i];
        }
    }
    struct sql_automate_about_rows rows;
    const struct sql_automate_about_in in = {.dataset = round->dataset, .subject = {about, n}};
    if (n == 0) {
        return ERR_NONE;
    }
    TRY(sql_automate_about(round->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct candidate *candidate = of[rows.row[i].nr - 1];
        candidate->lead = rows.row[i].lead_null ? 0 : rows.row[i].lead;
        candidate->account = rows.row[i].account_null ? 0 : rows.row[i].account;
        candidate->has_email = rows.row[i].has_email;
        candidate->hidden = rows.row[i].hidden;
    }
    return ERR_NONE;
}

/* For whom it counts. Of people: the person; a card is a company's where it stands for one. Of
 * companies: the company, else the person who stands for themselves. */
static int64_t subject_of(const struct candidate *candidate)
{
    bool people = candidate->automation->rule.trigger.filter.subject == FILTER_LEADS;
    if (candidate->hidden) {
        return 0;
    }
    if (people && candidate->lead != 0) {
        return -candidate->lead;
    }
    if (candidate->account != 0) {
        return candidate->account;
    }
    return candidate->has_email ? -candidate->lead : 0;
}

enum err automate_look(struct round *round)
{
    TRY(look_at_visitors(round));
    TRY(look_at_subjects(round));
    for (size_t i = 0; i < round->n; i++) {
        round->candidates[i].subject = subject_of(&round->candidates[i]);
    }
    return ERR_NONE;
}
