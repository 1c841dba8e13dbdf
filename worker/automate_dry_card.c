#include "shared/cards.h"
#include "worker/automate_dry.h"

#define OF_SUBJECT 0
#define OF_CARD 1

struct dry_card {
    int64_t id, subject, board, stage, owner; /* owner 0: nobody */
    struct str owner_name;
    bool there, excluded;
    const struct sql_backtest_ledger *next, *end; /* what became of it then */
    struct dry_card *sibling;                     /* of the same subject, by board */
};

static const struct str NO_TEXT = {.p = NULL};

static int64_t subject_of(const struct candidate *candidate)
{
    return candidate->account != 0 ? candidate->account : -candidate->lead;
}

/* ---- as they were when the time began ---- */

static void begin_card(struct dry_card *card)
{
    bool stage = false, owner = false, there = false;
    for (const struct sql_backtest_ledger *row = card->next; row < card->end; row++) {
        if (row->kind == CARD_MOVED && !stage && !row->from_stage_null) {
            card->stage = row->from_stage;
        }
        if (row->kind == CARD_OWNER && !owner) {
            card->owner = row->owner_from_null ? 0 : row->owner_from;
            card->owner_name = row->owner_from_name;
        }
        if (row->kind == CARD_CREATED || row->kind == CARD_REMOVED ||
            row->kind == CARD_RESTORED) {
            card->there = there ? card->there : row->kind == CARD_REMOVED;
            there = true;
        }
        stage = stage || row->kind == CARD_MOVED || row->kind == CARD_CREATED;
        owner = owner || row->kind == CARD_OWNER;
    }
}

static void link_card(struct dry *dry, struct dry_entry *of_subject, struct dry_card *card)
{
    bool fresh;
    struct dry_card **at = (struct dry_card **)&of_subject->value;
    while (*at != NULL && (*at)->board <= card->board) {
        at = &(*at)->sibling;
    }
    card->sibling = *at;
    *at = card;
    dry_map_at(&dry->cards, dry->keep, card->id, OF_CARD, NO_TEXT, &fresh)->value = card;
}

/* Rows are those of all cards, by card. */
static void take_rows(struct dry_card *card, const struct sql_backtest_ledger_rows *rows)
{
    size_t low = 0, high = rows->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rows->row[middle].card < card->id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    card->next = card->end = rows->row + low;
    while (card->end < rows->row + rows->n && card->end->card == card->id) {
        card->end++;
    }
    begin_card(card);
}

/* Kept as long as the maps are. */
static struct sql_backtest_ledger_rows keep_rows(struct dry *dry,
                                                 const struct sql_backtest_ledger_rows *rows)
{
    struct sql_backtest_ledger *kept =
        ARENA_ARRAY(dry->keep, rows->n, struct sql_backtest_ledger);
    for (size_t i = 0; i < rows->n; i++) {
        kept[i] = rows->row[i];
        kept[i].owner_from_name = arena_dup(dry->keep, kept[i].owner_from_name);
        kept[i].owner_to_name = arena_dup(dry->keep, kept[i].owner_to_name);
    }
    return (struct sql_backtest_ledger_rows){.row = kept, .n = rows->n};
}

struct loading {
    struct dry_entry **entries;
    int64_t *accounts, *leads;
    size_t n;
};

static struct loading find_fresh(struct act *act)
{
    struct arena *arena = act->round->arena;
    struct dry *dry = act->round->dry;
    struct loading loading = {.entries = ARENA_ARRAY(arena, act->n, struct dry_entry *),
                              .accounts = ARENA_ARRAY(arena, act->n, int64_t),
                              .leads = ARENA_ARRAY(arena, act->n, int64_t)};
    for (size_t i = 0; i < act->n; i++) {
        bool fresh;
        int64_t subject = subject_of(act->v[i]);
        struct dry_entry *entry =
            dry_map_at(&dry->cards, dry->keep, subject, OF_SUBJECT, NO_TEXT, &fresh);
        if (fresh) {
            loading.entries[loading.n] = entry;
            loading.accounts[loading.n] = subject > 0 ? subject : 0;
            loading.leads[loading.n++] = subject < 0 ? -subject : 0;
        }
    }
    return loading;
}

static enum err load_ledger(struct act *act, const struct sql_automate_cards_rows *cards,
                            struct sql_backtest_ledger_rows *out)
{
    struct round *round = act->round;
    int64_t *ids = ARENA_ARRAY(round->arena, cards->n, int64_t);
    for (size_t i = 0; i < cards->n; i++) {
        ids[i] = cards->row[i].card;
    }
    const struct sql_backtest_ledger_in in = {.dataset = round->dataset,
                                              .automation = act->automation->id,
                                              .since = round->dry->since_at,
                                              .cards = {ids, cards->n}};
    struct sql_backtest_ledger_rows rows;
    TRY(sql_backtest_ledger(round->db, &in, &rows));
    *out = keep_rows(round->dry, &rows);
    return ERR_NONE;
}

/* Each subject's cards are looked up when it is first met. */
static enum err load(struct act *act)
{
    struct dry *dry = act->round->dry;
    struct loading fresh = find_fresh(act);
    struct sql_automate_cards_rows cards;
    struct sql_backtest_ledger_rows ledger;
    const struct sql_automate_cards_in in = {.dataset = act->round->dataset,
                                             .board_null = true,
                                             .account = {fresh.accounts, fresh.n},
                                             .lead = {fresh.leads, fresh.n}};
    if (fresh.n == 0) {
        return ERR_NONE;
    }
    TRY(sql_automate_cards(act->round->db, &in, &cards));
    TRY(cards.n == 0 ? ERR_NONE : load_ledger(act, &cards, &ledger));
    for (size_t i = 0; i < cards.n; i++) {
        const struct sql_automate_cards *row = &cards.row[i];
        struct dry_entry *entry = fresh.entries[row->nr - 1];
        struct dry_card *card = ARENA_NEW(dry->keep, struct dry_card);
        *card = (struct dry_card){.id = row->card,
                                  .subject = entry->a,
                                  .board = row->board,
                                  .stage = row->stage,
                                  .owner = row->owner_null ? 0 : row->owner,
                                  .owner_name = arena_dup(dry->keep, row->owner_name),
                                  .there = true};
        take_rows(card, &ledger);
        link_card(dry, entry, card);
    }
    return ERR_NONE;
}

/* ---- as they were at a time ---- */

/* What others did; what was created while it is there already stays where it is. */
static void follow(struct dry_card *card, const struct sql_backtest_ledger *row)
{
    switch (row->kind) {
    case CARD_CREATED:
    case CARD_RESTORED:
        if (!card->there && !row->to_stage_null) {
            card->stage = row->to_stage;
        }
        card->there = card->there || !card->excluded;
        return;
    case CARD_MOVED:
        card->stage = row->to_stage_null ? card->stage : row->to_stage;
        return;
    case CARD_OWNER:
        card->owner = row->owner_to_null ? 0 : row->owner_to;
        card->owner_name = row->owner_to_name;
        return;
    case CARD_REMOVED:
    default:
        card->there = false;
        return;
    }
}

static void follow_until(struct dry_card *card, int64_t at)
{
    for (; card->next < card->end && card->next->at <= at; card->next++) {
        if (!card->next->own) {
            follow(card, card->next);
        }
    }
}

/* NULL: it is gone. */
static const struct sql_backtest_stages *stage_of(const struct dry *dry, int64_t id)
{
    for (size_t i = 0; i < dry->stages.n; i++) {
        if (dry->stages.row[i].id == id) {
            return &dry->stages.row[i];
        }
    }
    return NULL;
}

static struct sql_automate_cards row_of(const struct dry *dry, const struct dry_card *card,
                                        size_t i)
{
    const struct sql_backtest_stages *stage = stage_of(dry, card->stage);
    return (struct sql_automate_cards){.nr = (int64_t)i + 1,
                                       .card = card->id,
                                       .board = card->board,
                                       .stage = card->stage,
                                       .stage_name = stage == NULL ? STR("a stage that is gone")
                                                                   : stage->name,
                                       .position = stage == NULL ? 0 : stage->position,
                                       .owner = card->owner,
                                       .owner_null = card->owner == 0,
                                       .owner_name = card->owner_name};
}

static struct dry_card *first_of(const struct dry *dry, int64_t subject)
{
    return dry_map_find(&dry->cards, subject, OF_SUBJECT, NO_TEXT)->value;
}

enum err dry_cards(struct act *act, int64_t board, struct act_cards *out)
{
    const struct dry *dry = act->round->dry;
    size_t n = 0;
    TRY(load(act));
    for (size_t i = 0; i < act->n; i++) {
        struct dry_card *card = first_of(dry, subject_of(act->v[i]));
        for (; card != NULL; card = card->sibling) {
            follow_until(card, act->v[i]->cause_at);
            n += card->there && (board == 0 || card->board == board);
        }
    }
    struct sql_automate_cards *rows =
        ARENA_ARRAY(act->round->arena, n, struct sql_automate_cards);
    *out = (struct act_cards){.row = rows};
    for (size_t i = 0; i < act->n; i++) {
        const struct dry_card *card = first_of(dry, subject_of(act->v[i]));
        for (; card != NULL; card = card->sibling) {
            if (card->there && (board == 0 || card->board == board)) {
                rows[out->n++] = row_of(dry, card, i);
            }
        }
    }
    return ERR_NONE;
}

/* ---- what it would do to them ---- */

static bool is_excluded(const struct sql_automate_excluded_rows *rows, size_t i)
{
    for (size_t k = 0; k < rows->n; k++) {
        if (rows->row[k].nr == (int64_t)i + 1) {
            return true;
        }
    }
    return false;
}

/* That it was not there does not mean that it never was. */
static struct dry_card *card_on(struct dry *dry, int64_t subject, int64_t board)
{
    struct dry_card *card = first_of(dry, subject);
    while (card != NULL && card->board != board) {
        card = card->sibling;
    }
    if (card == NULL) {
        card = ARENA_NEW(dry->keep, struct dry_card);
        *card = (struct dry_card){.id = --dry->last_id, .subject = subject, .board = board};
        link_card(dry, dry_map_find(&dry->cards, subject, OF_SUBJECT, NO_TEXT), card);
    }
    return card;
}

enum err dry_add_cards(struct act *act, int64_t board, const struct sql_automate_stages *target,
                       bool leads, struct sql_i64s ids)
{
    struct dry *dry = act->round->dry;
    struct sql_automate_excluded_rows excluded;
    bool to_board = act->automation->rule.trigger.when == WHEN_BOARD;
    const struct sql_automate_excluded_in in = {.dataset = act->round->dataset,
                                                .board = board,
                                                .account = leads ? (struct sql_i64s){0} : ids,
                                                .lead = leads ? ids : (struct sql_i64s){0}};
    TRY(sql_automate_excluded(act->round->db, &in, &excluded));
    for (size_t i = 0; i < ids.n; i++) {
        struct dry_card *card = card_on(dry, leads ? -ids.v[i] : ids.v[i], board);
        if (card->excluded || is_excluded(&excluded, i)) {
            continue;
        }
        card->there = true;
        card->stage = target->id;
        dry->count.created++;
        dry_changed(act, CARD_CREATED, card->subject, card->id, to_board ? board : card->stage);
    }
    return ERR_NONE;
}

static struct dry_card *card_with(const struct dry *dry, int64_t id)
{
    return dry_map_find(&dry->cards, id, OF_CARD, NO_TEXT)->value;
}

void dry_move_cards(struct act *act, const struct sql_automate_stages *target,
                    struct sql_i64s cards)
{
    struct dry *dry = act->round->dry;
    for (size_t i = 0; i < cards.n; i++) {
        struct dry_card *card = card_with(dry, cards.v[i]);
        card->stage = target->id;
        dry->count.moved++;
        dry_changed(act, CARD_MOVED, card->subject, card->id, card->stage);
    }
}

void dry_remove_cards(struct act *act, bool exclude, struct sql_i64s cards)
{
    struct dry *dry = act->round->dry;
    for (size_t i = 0; i < cards.n; i++) {
        struct dry_card *card = card_with(dry, cards.v[i]);
        card->there = false;
        card->owner = 0;
        card->excluded = card->excluded || exclude;
        dry->count.removed++;
    }
}

void dry_assign(struct act *act, int64_t owner, struct str name, struct sql_i64s cards)
{
    struct dry *dry = act->round->dry;
    for (size_t i = 0; i < cards.n; i++) {
        struct dry_card *card = card_with(dry, cards.v[i]);
        if (card->owner != owner) {
            card->owner = owner;
            card->owner_name = arena_dup(dry->keep, name);
            dry_changed(act, CARD_OWNER, card->subject, card->id, owner);
        }
    }
}

/* ---- turns ---- */

enum err dry_turns(struct act *act, struct sql_automate_turns_rows *out)
{
    struct dry *dry = act->round->dry;
    const struct automation_rule *rule = &act->automation->rule;
    const struct sql_backtest_turns_in in = {.dataset = act->round->dataset,
                                             .automation = act->automation->id};
    struct sql_backtest_turns_rows rows;
    if (!dry->has_turns) {
        size_t most = 0;
        TRY(sql_backtest_turns(act->round->db, &in, &rows));
        for (size_t i = 0; i < rule->n_actions; i++) {
            most += rule->actions[i].n_users;
        }
        dry->turns = ARENA_ARRAY(dry->keep, rows.n + most, struct sql_automate_turns);
        for (size_t i = 0; i < rows.n; i++) {
            dry->turns[dry->n_turns++] =
                (struct sql_automate_turns){.user = rows.row[i].user, .turn = rows.row[i].turn};
        }
        dry->has_turns = true;
    }
    out->row = dry->turns;
    out->n = dry->n_turns;
    return ERR_NONE;
}

void dry_take_turns(struct act *act, const int64_t *users, const int64_t *turns, size_t n)
{
    struct dry *dry = act->round->dry;
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < dry->n_turns && dry->turns[at].user != users[i]) {
            at++;
        }
        dry->n_turns += at == dry->n_turns;
        dry->turns[at] = (struct sql_automate_turns){.user = users[i], .turn = turns[i]};
    }
}
