/*
 * again: derives again whom something depends on that the team said or took back, a step a
 * transaction, with progress. Payload: one of "network" and "place" (shared/traffic_say.h),
 * "visitor" (in hexadecimal) and "lead" (shared/people.h), and "progress", if somebody waits.
 * A lead is looked at when its visitors are done: it may have none any more.
 * Safe to repeat: deriving gives what it gave.
 */
#include "gen/sql.h"
#include "shared/crypt.h"
#include "shared/json.h"
#include "worker/derive.h"
#include "worker/kinds.h"

#define PAGE 500
#define STEP_EVENTS 20000
#define STEP_ARENA ((size_t)512 << 20)

struct again {
    struct run *run;
    struct arena *arena;                    /* of a step */
    int64_t progress, network, place, lead; /* 0: not it */
    struct str visitor;
    uint8_t after[16]; /* the visitor that was done last */
    int64_t done;
};

static bool read_id(const struct json *json, const char *name, int64_t *out)
{
    return str_to_i64(json_text(json_get(json, name)), out) && *out != 0;
}

static enum err read_payload(struct run *run, struct again *again)
{
    const struct json *json;
    TRY(json_parse(run->ctx, run->jobs[0].payload, 4096, &json));
    bool fine = crypt_from_hex(run->ctx->arena, json_text(json_get(json, "visitor")),
                               &again->visitor) &&
                again->visitor.n == sizeof(again->after);
    again->visitor = fine ? again->visitor : (struct str){.p = NULL};
    fine |= read_id(json, "network", &again->network);
    fine |= read_id(json, "place", &again->place);
    fine |= read_id(json, "lead", &again->lead);
    (void)read_id(json, "progress", &again->progress);
    return fine ? ERR_NONE
                : ctx_fail(run->ctx, ERR_INVALID, "This job does not say what it is about.");
}

static enum err begin(struct again *again)
{
    struct run *run = again->run;
    struct sql_again_total total;
    struct sql_again_total_in in = {.dataset = run->dataset,
                                    .network = again->network,
                                    .network_null = again->network == 0,
                                    .place = again->place,
                                    .place_null = again->place == 0,
                                    .lead = again->lead,
                                    .lead_null = again->lead == 0};
    if (again->progress == 0) {
        return ERR_NONE;
    }
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(sql_again_total(run->db, &in, &total));
    TRY(progress_start(run->db, run->dataset, again->progress, total.n));
    return db_commit(run->db);
}

/* The next visitors, at most as many as have STEP_EVENTS events. */
struct page {
    struct str visitors[PAGE];
    size_t n;
};

static enum err read_page(struct again *again, struct page *page)
{
    struct run *run = again->run;
    struct sql_again_visitors_rows rows;
    int64_t room = STEP_EVENTS;
    struct sql_again_visitors_in in = {.dataset = run->dataset,
                                       .network = again->network,
                                       .network_null = again->network == 0,
                                       .place = again->place,
                                       .place_null = again->place == 0,
                                       .lead = again->lead,
                                       .lead_null = again->lead == 0,
                                       .after = {(const char *)again->after, 16},
                                       .most = PAGE};
    page->n = 0;
    if (!str_is_null(again->visitor)) {
        page->visitors[0] = again->visitor;
        page->n = again->done == 0 ? 1 : 0;
        return ERR_NONE;
    }
    TRY(sql_again_visitors(run->db, &in, &rows));
    while (page->n < rows.n && (page->n == 0 || rows.row[page->n].events <= room)) {
        room -= rows.row[page->n].events;
        page->visitors[page->n] = rows.row[page->n].visitor;
        page->n++;
    }
    return ERR_NONE;
}

static enum err do_step(struct again *again, bool *out_more)
{
    struct run *run = again->run;
    struct page *page = ARENA_NEW(run->ctx->arena, struct page);
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(read_page(again, page));
    TRY(derive_again(run->ctx, run->db, run->dataset, page->visitors, page->n));
    if (page->n == 0 && again->lead != 0) {
        TRY(derive_again_lead(run->ctx, run->db, run->dataset, again->lead));
    }
    again->done += (int64_t)page->n;
    if (again->progress != 0) {
        TRY(progress_step(run->db, run->dataset, again->progress, (int32_t)again->done,
                          (struct str){.p = NULL}));
    }
    TRY(db_commit(run->db));
    *out_more = page->n > 0;
    if (page->n > 0) {
        memcpy(again->after, page->visitors[page->n - 1].p, sizeof(again->after));
    }
    return ERR_NONE;
}

/* With memory of its own: a network may have any number of visitors. What failed says why in
 * it, so it goes with the job then. */
static enum err step(struct again *again, bool *out_more)
{
    struct ctx *ctx = again->run->ctx;
    struct arena *own = ctx->arena;
    ctx->arena = again->arena;
    enum err err = do_step(again, out_more);
    ctx->arena = own;
    if (err == ERR_NONE) {
        arena_reset(again->arena);
    }
    return err;
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

enum err job_again(struct run *run)
{
    struct again again = {.run = run, .arena = arena_new(STEP_ARENA)};
    arena_defer(run->ctx->arena, free_arena, again.arena);
    TRY(read_payload(run, &again));
    enum err err = begin(&again);
    for (bool more = err == ERR_NONE; more && err == ERR_NONE;) {
        err = step(&again, &more);
    }
    if (err == ERR_NOT_FOUND) { /* somebody cancelled; saying it again derives the rest */
        db_rollback(run->db);
        ctx_clear(run->ctx);
    } else {
        TRY(err);
    }
    TRY(run_begin(run));
    if (again.progress != 0) {
        TRY(progress_finish(run->db, run->dataset, again.progress, PROGRESS_DONE,
                            (struct str){.p = NULL}));
    }
    return run_complete(run);
}
