/*
 * refresh: scores the dataset's leads anew as time passes, brings the cards of a board up to
 * date with what is known about their accounts and leads, asks about companies anew whose
 * enrichment is old, and, when the board has a segment, adds the accounts that have come into it.
 * Once an hour for every board (schedule.c), and when somebody changed what it depends on. Safe to
 * repeat.
 */
#include "gen/sql.h"
#include "shared/cards.h"
#include "shared/filter.h"
#include "shared/json.h"
#include "shared/provider.h"
#include "shared/score.h"
#include "worker/kinds.h"

#define STEP_ROWS 1000

struct refresh {
    struct run *run;
    int64_t board;
    int64_t cards, changed, added; /* for the log */
};

/* The first board of the dataset in this hour does it for all. */
static enum err refresh_scores(struct run *run)
{
    int64_t taken, after = 0;
    TRY(sql_score_take(run->db, &(struct sql_score_take_in){.dataset = run->dataset}, &taken));
    for (bool more = taken > 0; more; more = after != 0) {
        TRY(run_begin(run));
        TRY(run_hold(run));
        TRY(score_refresh(run->ctx, run->db, run->dataset, after, STEP_ROWS, &after));
        TRY(db_commit(run->db));
    }
    return ERR_NONE;
}

/* The accounts and leads of some cards, as columns. */
struct subjects {
    int64_t *datasets, *accounts, *leads, *cards;
    size_t n_accounts, n_leads;
};

static struct subjects split(struct run *run, const struct sql_cards_of_board_rows *rows)
{
    struct arena *arena = run->ctx->arena;
    struct subjects subjects = {.datasets = ARENA_ARRAY(arena, rows->n + 1, int64_t),
                                .accounts = ARENA_ARRAY(arena, rows->n + 1, int64_t),
                                .leads = ARENA_ARRAY(arena, rows->n + 1, int64_t),
                                .cards = ARENA_ARRAY(arena, rows->n + 1, int64_t)};
    for (size_t i = 0; i < rows->n; i++) {
        const struct sql_cards_of_board *row = &rows->row[i];
        subjects.datasets[i] = run->dataset;
        subjects.cards[i] = row->id;
        if (!row->account_null) {
            subjects.accounts[subjects.n_accounts++] = row->account;
        } else {
            subjects.leads[subjects.n_leads++] = row->lead;
        }
    }
    return subjects;
}

/* Companies whose last look is old, or older than a provider that is new, are asked about
 * again. */
static enum err enrich_due(struct run *run, const struct subjects *subjects)
{
    struct provider *providers;
    struct sql_enrich_due_rows rows;
    size_t n;
    TRY(providers_load(run->db, run->dataset, &providers, &n));
    TRY(sql_enrich_due(
        run->db,
        &(struct sql_enrich_due_in){.dataset = run->dataset,
                                    .accounts = {subjects->accounts, subjects->n_accounts},
                                    .days = providers_refresh_days(providers, n)},
        &rows));
    struct queue_job *jobs = ARENA_ARRAY(run->ctx->arena, rows.n + 1, struct queue_job);
    for (size_t i = 0; i < rows.n; i++) {
        long long account = (long long)rows.row[i].id;
        jobs[i] = (struct queue_job){
            .dataset = run->dataset,
            .uniq = arena_print(run->ctx->arena, "account:%lld", account),
            .payload = arena_print(run->ctx->arena, "{\"account\":\"%lld\"}", account)};
    }
    return queue_add_many(run->db, JOB_ENRICH, jobs, rows.n,
                          &(struct queue_opts){.prio = QUEUE_LATER}, NULL);
}

static enum err refresh_page(struct refresh *refresh, int64_t *after, bool *out_more)
{
    struct run *run = refresh->run;
    const struct sql_cards_of_board_in in = {
        .dataset = run->dataset, .board = refresh->board, .after = *after, .most = STEP_ROWS};
    struct sql_cards_of_board_rows rows;
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(sql_cards_of_board(run->db, &in, &rows));
    struct subjects subjects = split(run, &rows);
    int32_t accounts, leads;
    TRY(cards_refresh_accounts(run->db, subjects.datasets, subjects.accounts,
                               subjects.n_accounts, &accounts));
    TRY(cards_refresh_leads(run->db, subjects.datasets, subjects.leads, subjects.n_leads,
                            &leads));
    TRY(sql_cards_findable(run->db,
                           &(struct sql_cards_findable_in){.dataset = run->dataset,
                                                           .board = refresh->board,
                                                           .cards = {subjects.cards, rows.n}},
                           NULL));
    TRY(enrich_due(run, &subjects));
    *after = rows.n > 0 ? rows.row[rows.n - 1].id : *after;
    *out_more = rows.n == STEP_ROWS;
    refresh->cards += (int64_t)rows.n;
    refresh->changed += accounts + leads;
    return db_commit(run->db);
}

/* ---- the segment ---- */

struct source {
    int64_t segment;
    struct filter filter;
    int64_t after;
};

static enum err read_source(struct refresh *refresh, struct source *source)
{
    struct run *run = refresh->run;
    const struct sql_board_segment_in in = {.dataset = run->dataset, .board = refresh->board};
    struct sql_board_segment row;
    enum err err = sql_board_segment(run->db, &in, &row);
    if (err == ERR_NOT_FOUND || (err == ERR_NONE && row.segment_null)) {
        return ERR_NONE; /* gone or not ready, or without a segment */
    }
    TRY(err);
    TRY(filter_parse(run->ctx, row.filter, &source->filter));
    source->segment = row.segment;
    return ERR_NONE;
}

static enum err add_matching(struct refresh *refresh, const struct source *source,
                             struct sql_i64s ids)
{
    struct run *run = refresh->run;
    const struct cards_add add = {
        .dataset = run->dataset,
        .board = refresh->board,
        .ids = ids.v,
        .n = ids.n,
        .actor = {.kind = ACTOR_REFRESH,
                  .id = source->segment,
                  .cause = arena_print(run->ctx->arena, "{\"segment\":\"%lld\"}",
                                       (long long)source->segment)}};
    struct cards_added added;
    TRY(cards_add_accounts(run->db, &add, &added));
    refresh->added += added.added;
    return ERR_NONE;
}

static enum err add_page(struct refresh *refresh, struct source *source, bool *out_more)
{
    struct run *run = refresh->run;
    const struct filter_query query = {.dataset = run->dataset, .filter = &source->filter};
    struct sql_i64s ids;
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(filter_find(run->ctx, run->db, &query, &ids));
    if (ids.n > 0) {
        source->after = ids.v[ids.n - 1];
        TRY(add_matching(refresh, source, ids));
    }
    *out_more = ids.n == STEP_ROWS;
    return db_commit(run->db);
}

static enum err import_segment(struct refresh *refresh)
{
    struct source source = {0};
    TRY(read_source(refresh, &source));
    for (bool more = source.segment != 0; more;) {
        TRY(add_page(refresh, &source, &more));
    }
    return ERR_NONE;
}

enum err job_refresh(struct run *run)
{
    struct refresh refresh = {.run = run};
    const struct json *json;
    TRY(json_parse(run->ctx, run->jobs[0].payload, 4096, &json));
    if (!json_id(json_get(json, "board"), &refresh.board)) {
        return ctx_fail(run->ctx, ERR_INVALID, "This refresh does not say of which board.");
    }
    TRY(refresh_scores(run));
    int64_t after = 0;
    for (bool more = true; more;) {
        TRY(refresh_page(&refresh, &after, &more));
    }
    TRY(import_segment(&refresh));
    log_event(LOG_INFO, run->ctx, "refresh.done", LOG_I64("board", refresh.board),
              LOG_I64("cards", refresh.cards), LOG_I64("changed", refresh.changed),
              LOG_I64("added", refresh.added));
    return ERR_NONE;
}
