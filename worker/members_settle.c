#include "gen/sql.h"
#include "shared/automation_fire.h"
#include "shared/cards.h"
#include "worker/members_parts.h"

/* Those of ids (ascending) that are not among the matching (ascending). */
static struct sql_i64s others(struct arena *arena, struct sql_i64s ids,
                              struct sql_i64s matching)
{
    size_t n = 0, at = 0;
    int64_t *v = ARENA_ARRAY(arena, ids.n, int64_t);
    for (size_t i = 0; i < ids.n; i++) {
        while (at < matching.n && matching.v[at] < ids.v[i]) {
            at++;
        }
        if (at == matching.n || matching.v[at] != ids.v[i]) {
            v[n++] = ids.v[i];
        }
    }
    return (struct sql_i64s){.v = v, .n = n};
}

static enum err settle_segment(struct members_round *round, struct members_segment *segment)
{
    struct arena *arena = round->ctx->arena;
    const struct filter_query query = {
        .dataset = round->dataset, .filter = &segment->filter, .now = round->now};
    struct sql_i64s ids = ids_sorted(&segment->due), matching;
    struct sql_segment_apply applied;
    if (ids.n == 0) {
        return ERR_NONE;
    }
    TRY(filter_matches(round->ctx, round->db, &query, ids, &matching));
    const struct sql_segment_apply_in in = {
        .dataset = round->dataset,
        .segment = segment->id,
        .matching = matching,
        .others = others(arena, ids, matching),
        .cause = (int16_t)(segment->filled ? round->cause : SEGMENT_FILLED)};
    TRY(sql_segment_apply(round->db, &in, &applied));
    round->changed += (int64_t)(applied.entered.n + applied.gone.n);
    TRY(members_due_above(round, segment, applied.entered));
    TRY(members_due_above(round, segment, applied.gone));
    ids_add(arena, &segment->to_take_in, applied.entered);
    bool news = applied.entered.n > 0 && in.cause != SEGMENT_FILLED;
    return news ? automation_fire_members(round->db, round->dataset, segment->id,
                                          applied.entered, in.cause == SEGMENT_AGED)
                : ERR_NONE;
}

/* ---- boards ---- */

static enum err add_to_board(struct db *db, const struct members_intake *intake,
                             const struct sql_segment_lead_cards *cards, int32_t *out_added)
{
    struct sql_segment_newcomers fresh;
    struct cards_added accounts = {0}, leads = {0};
    const struct sql_segment_newcomers_in in = {.dataset = intake->dataset,
                                                .board = intake->board,
                                                .accounts = cards->accounts,
                                                .leads = cards->leads};
    TRY(sql_segment_newcomers(db, &in, &fresh));
    struct cards_add add = {
        .dataset = intake->dataset,
        .board = intake->board,
        .ids = fresh.accounts.v,
        .n = fresh.accounts.n,
        .actor = {.kind = ACTOR_REFRESH,
                  .id = intake->segment,
                  .cause = arena_print(db_ctx(db)->arena, "{\"segment\":\"%lld\"}",
                                       (long long)intake->segment)}};
    TRY(add.n > 0 ? cards_add_accounts(db, &add, &accounts) : ERR_NONE);
    add.ids = fresh.leads.v;
    add.n = fresh.leads.n;
    TRY(add.n > 0 ? cards_add_leads(db, &add, &leads) : ERR_NONE);
    *out_added = accounts.added + leads.added;
    return ERR_NONE;
}

enum err members_take_in(struct db *db, const struct members_intake *intake, int32_t *out_added)
{
    struct sql_segment_lead_cards cards = {.accounts = intake->ids};
    *out_added = 0;
    if (intake->ids.n == 0) {
        return ERR_NONE;
    }
    if (intake->leads) {
        const struct sql_segment_lead_cards_in in = {.dataset = intake->dataset,
                                                     .leads = intake->ids};
        TRY(sql_segment_lead_cards(db, &in, &cards));
    }
    enum err err = add_to_board(db, intake, &cards, out_added);
    return err == ERR_NOT_FOUND ? ERR_NONE : err; /* it has no entry stage any more */
}

static struct members_segment *segment_of(struct members_round *round, int64_t id)
{
    size_t i = 0;
    while (i < round->n && round->segments[i].id != id) {
        i++;
    }
    return i < round->n ? &round->segments[i] : NULL;
}

/* Who entered, and members who visited. */
static enum err take_in(struct members_round *round, struct members_segment *segment,
                        int64_t board)
{
    struct sql_segment_members_among members;
    struct sql_i64s seen = ids_sorted(&segment->seen);
    int32_t added;
    if (seen.n > 0) {
        const struct sql_segment_members_among_in in = {
            .dataset = round->dataset, .segment = segment->id, .ids = seen};
        TRY(sql_segment_members_among(round->db, &in, &members));
        ids_add(round->ctx->arena, &segment->to_take_in, members.ids);
    }
    const struct members_intake intake = {.dataset = round->dataset,
                                          .board = board,
                                          .segment = segment->id,
                                          .leads = segment->subject == FILTER_LEADS,
                                          .ids = ids_sorted(&segment->to_take_in)};
    return members_take_in(round->db, &intake, &added);
}

static enum err take_in_all(struct members_round *round)
{
    struct sql_segment_boards_rows boards;
    if (round->skip_boards) {
        return ERR_NONE;
    }
    TRY(sql_segment_boards(
        round->db, &(struct sql_segment_boards_in){.dataset = round->dataset}, &boards));
    for (size_t i = 0; i < boards.n; i++) {
        struct members_segment *segment = segment_of(round, boards.row[i].segment);
        enum err err =
            segment == NULL ? ERR_NONE : take_in(round, segment, boards.row[i].board);
        round->failed_board = err == ERR_NONE ? 0 : boards.row[i].board;
        TRY(err);
    }
    return ERR_NONE;
}

/* Cards come last: stages and cards are locked after segments. */
enum err members_settle(struct members_round *round)
{
    for (size_t i = 0; i < round->n; i++) {
        enum err err = settle_segment(round, &round->segments[i]);
        round->failed_segment = err == ERR_NONE ? 0 : round->segments[i].id;
        TRY(err);
    }
    return take_in_all(round);
}
