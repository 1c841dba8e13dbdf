/*
 * import: the wizard's step 3. Accounts, and leads with only an email, that were active since
 * the day the user chose - of the board's segment, if it has one - come to the board's entry
 * stage, some hundred in a transaction, each with its step of the progress. Safe to repeat:
 * whoever is on the board stays where it is, and is counted as `already` only when it was there
 * before the import was asked for.
 */
#include "gen/sql.h"
#include "shared/cards.h"
#include "shared/filter.h"
#include "shared/json.h"
#include "worker/kinds.h"

#define STEP_ROWS 500

struct import {
    struct run *run;
    int64_t board, progress, days;
    int64_t since_at, asked_at;
    int32_t done;
    bool has_segment;
    struct filter filter;
};

/* A page of ids in order of their last activity, and where the next begins. */
struct page {
    int64_t *ids;
    size_t n;
    int64_t last_at, last_id;
};

static enum err read_payload(struct run *run, struct import *import)
{
    const struct json *json;
    TRY(json_parse(run->ctx, run->jobs[0].payload, 4096, &json));
    if (!json_id(json_get(json, "board"), &import->board) ||
        !json_id(json_get(json, "progress"), &import->progress) ||
        !json_i64(json_get(json, "days"), &import->days)) {
        return ctx_fail(run->ctx, ERR_INVALID, "This import does not say what to import.");
    }
    return ERR_NONE;
}

static enum err read_segment(struct import *import)
{
    struct run *run = import->run;
    struct sql_import_segment_rows rows;
    TRY(sql_import_segment(
        run->db,
        &(struct sql_import_segment_in){.dataset = run->dataset, .board = import->board},
        &rows));
    import->has_segment = rows.n > 0;
    return rows.n > 0 ? filter_parse(run->ctx, rows.row[0].filter, &import->filter) : ERR_NONE;
}

static enum err begin(struct import *import)
{
    struct run *run = import->run;
    const struct sql_import_since_in in = {
        .dataset = run->dataset, .progress = import->progress, .days = (int32_t)import->days};
    struct sql_import_since since;
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(sql_import_since(run->db, &in, &since));
    const struct sql_import_total_in count = {.dataset = run->dataset, .since = since.since};
    struct sql_import_total total;
    TRY(sql_import_total(run->db, &count, &total));
    TRY(progress_start(run->db, run->dataset, import->progress, total.total));
    TRY(read_segment(import));
    import->since_at = since.since;
    import->asked_at = since.asked_at;
    return db_commit(run->db);
}

static enum err read_leads(struct import *import, struct page *page)
{
    const struct sql_import_leads_in in = {.dataset = import->run->dataset,
                                           .since = page->last_at,
                                           .after = page->last_id,
                                           .most = STEP_ROWS};
    struct sql_import_leads_rows rows;
    TRY(sql_import_leads(import->run->db, &in, &rows));
    page->n = rows.n;
    for (size_t i = 0; i < rows.n; i++) {
        page->ids[i] = page->last_id = rows.row[i].id;
        page->last_at = rows.row[i].last_at;
    }
    return ERR_NONE;
}

static enum err read_accounts(struct import *import, struct page *page)
{
    const struct sql_import_accounts_in in = {.dataset = import->run->dataset,
                                              .since = page->last_at,
                                              .after = page->last_id,
                                              .most = STEP_ROWS};
    struct sql_import_accounts_rows rows;
    TRY(sql_import_accounts(import->run->db, &in, &rows));
    page->n = rows.n;
    for (size_t i = 0; i < rows.n; i++) {
        page->ids[i] = page->last_id = rows.row[i].id;
        page->last_at = rows.row[i].last_at;
    }
    return ERR_NONE;
}

/* ---- of the segment ---- */

/* Companies of which somebody is in a segment of people. */
static enum err pick_by_leads(struct import *import, const struct filter_query *query,
                              struct sql_i64s accounts, struct sql_i64s *out_ids)
{
    struct run *run = import->run;
    struct arena *arena = run->ctx->arena;
    struct sql_segment_leads_of_rows leads;
    struct sql_segment_accounts_of_rows found;
    struct sql_i64s matching;
    const struct sql_segment_leads_of_in of_accounts = {
        .dataset = run->dataset,
        .nr = {ARENA_ARRAY(arena, accounts.n, int32_t), accounts.n},
        .account = accounts};
    TRY(sql_segment_leads_of(run->db, &of_accounts, &leads));
    int64_t *ids = ARENA_ARRAY(arena, leads.n, int64_t);
    for (size_t i = 0; i < leads.n; i++) {
        ids[i] = leads.row[i].id;
    }
    TRY(filter_matches(run->ctx, run->db, query, (struct sql_i64s){ids, leads.n}, &matching));
    const struct sql_segment_accounts_of_in of_leads = {
        .dataset = run->dataset,
        .nr = {ARENA_ARRAY(arena, matching.n, int32_t), matching.n},
        .lead = matching};
    TRY(sql_segment_accounts_of(run->db, &of_leads, &found));
    int64_t *picked = ARENA_ARRAY(arena, found.n, int64_t);
    for (size_t i = 0; i < found.n; i++) {
        picked[i] = found.row[i].id;
    }
    *out_ids = (struct sql_i64s){picked, found.n};
    return ERR_NONE;
}

/* A person without a company is in no segment of companies. */
static enum err pick(struct import *import, const struct page *page, bool leads,
                     struct sql_i64s *out_ids)
{
    struct run *run = import->run;
    const struct filter_query query = {.dataset = run->dataset, .filter = &import->filter};
    const struct sql_i64s ids = {page->ids, page->n};
    if (!import->has_segment) {
        *out_ids = ids;
        return ERR_NONE;
    }
    if (import->filter.subject == FILTER_LEADS && !leads) {
        return pick_by_leads(import, &query, ids, out_ids);
    }
    *out_ids = (struct sql_i64s){0};
    return import->filter.subject == FILTER_ACCOUNTS && leads
               ? ERR_NONE
               : filter_matches(run->ctx, run->db, &query, ids, out_ids);
}

/* ---- adding ---- */

typedef enum err reader(struct import *import, struct page *page);
typedef enum err adder(struct db *db, const struct cards_add *add, struct cards_added *out);

static enum err add_cards(struct import *import, const struct page *page, adder *add)
{
    struct run *run = import->run;
    struct arena *arena = run->ctx->arena;
    struct sql_i64s ids;
    TRY(pick(import, page, add == cards_add_leads, &ids));
    const struct cards_add cards = {
        .dataset = run->dataset,
        .board = import->board,
        .ids = ids.v,
        .n = ids.n,
        .actor = {.kind = ACTOR_IMPORT,
                  .cause =
                      arena_print(arena, "{\"import\":\"%lld\"}", (long long)import->progress)},
        .known_before = import->asked_at};
    struct cards_added added;
    TRY(add(run->db, &cards, &added));
    import->done += (int32_t)page->n;
    return progress_step(run->db, run->dataset, import->progress, import->done,
                         arena_print(arena, "{\"added\":%d,\"already\":%d,\"excluded\":%d}",
                                     added.added, added.already, added.excluded));
}

static enum err add_all(struct import *import, reader *read, adder *add)
{
    struct run *run = import->run;
    struct page page = {.ids = ARENA_ARRAY(run->ctx->arena, STEP_ROWS, int64_t),
                        .last_at = import->since_at};
    do {
        TRY(run_begin(run));
        TRY(run_hold(run));
        TRY(read(import, &page));
        if (page.n > 0) {
            TRY(add_cards(import, &page, add));
        }
        TRY(db_commit(run->db));
    } while (page.n == STEP_ROWS);
    return ERR_NONE;
}

/* Leads first, so that the companies come to stand above them. */
static enum err import_all(struct import *import)
{
    struct run *run = import->run;
    TRY(begin(import));
    TRY(add_all(import, read_leads, cards_add_leads));
    TRY(add_all(import, read_accounts, cards_add_accounts));
    TRY(run_begin(run));
    TRY(progress_finish(run->db, run->dataset, import->progress, PROGRESS_DONE,
                        (struct str){0}));
    return run_complete(run);
}

enum err job_import(struct run *run)
{
    struct import import = {.run = run};
    TRY(read_payload(run, &import));
    enum err err = import_all(&import);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    /* Cancelled (which progress_finish leaves as it is), or the board is gone. */
    db_rollback(run->db);
    ctx_clear(run->ctx);
    TRY(run_begin(run));
    TRY(progress_finish(run->db, run->dataset, import.progress, PROGRESS_FAILED,
                        STR("The board is not there any more.")));
    return run_complete(run);
}
