/*
 * traffic: derives again whom something depends on that the team said about traffic, a step a
 * transaction, with progress. Payload {"progress": "12"} and one of "network", "place" and
 * "visitor" (in hexadecimal). Safe to repeat: deriving gives what it gave.
 */
#include "gen/sql.h"
#include "shared/crypt.h"
#include "shared/json.h"
#include "worker/derive.h"
#include "worker/kinds.h"

#define PAGE 500
#define STEP_EVENTS 20000
#define STEP_ARENA ((size_t)512 << 20)

struct traffic {
    struct run *run;
    struct arena *arena; /* of a step */
    int64_t progress, network, place;
    struct str visitor;
    uint8_t after[16]; /* the visitor that was done last */
    int64_t done;
};

static enum err read_payload(struct run *run, struct traffic *traffic)
{
    const struct json *json;
    TRY(json_parse(run->ctx, run->jobs[0].payload, 4096, &json));
    bool fine = json_id(json_get(json, "progress"), &traffic->progress);
    bool visitor = crypt_from_hex(run->ctx->arena, json_text(json_get(json, "visitor")),
                                  &traffic->visitor) &&
                   traffic->visitor.n == sizeof(traffic->after);
    fine = fine &&
           (visitor || str_to_i64(json_text(json_get(json, "network")), &traffic->network) ||
            str_to_i64(json_text(json_get(json, "place")), &traffic->place));
    return fine ? ERR_NONE
                : ctx_fail(run->ctx, ERR_INVALID, "This job does not say what it is about.");
}

static enum err count_all(struct traffic *traffic, int64_t *out_total)
{
    struct run *run = traffic->run;
    struct sql_traffic_network_total of_network;
    struct sql_traffic_place_total of_place;
    *out_total = 1;
    if (traffic->network != 0) {
        TRY(sql_traffic_network_total(run->db,
                                      &(struct sql_traffic_network_total_in){
                                          .dataset = run->dataset, .network = traffic->network},
                                      &of_network));
        *out_total = of_network.n;
    } else if (traffic->place != 0) {
        TRY(sql_traffic_place_total(run->db,
                                    &(struct sql_traffic_place_total_in){
                                        .dataset = run->dataset, .place = traffic->place},
                                    &of_place));
        *out_total = of_place.n;
    }
    return ERR_NONE;
}

static enum err begin(struct traffic *traffic)
{
    struct run *run = traffic->run;
    int64_t total;
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(count_all(traffic, &total));
    TRY(progress_start(run->db, run->dataset, traffic->progress, total));
    return db_commit(run->db);
}

/* The next visitors, at most as many as have STEP_EVENTS events. */
struct page {
    struct str visitors[PAGE];
    size_t n;
};

static bool page_add(struct page *page, struct str visitor, int64_t events, int64_t *room)
{
    if (page->n > 0 && events > *room) {
        return false;
    }
    *room -= events;
    page->visitors[page->n++] = visitor;
    return true;
}

static enum err read_network(struct traffic *traffic, struct page *page)
{
    struct run *run = traffic->run;
    struct sql_traffic_visitors_of_network_rows rows;
    int64_t room = STEP_EVENTS;
    struct sql_traffic_visitors_of_network_in in = {.dataset = run->dataset,
                                                    .network = traffic->network,
                                                    .after = {(const char *)traffic->after, 16},
                                                    .most = PAGE};
    TRY(sql_traffic_visitors_of_network(run->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        if (!page_add(page, rows.row[i].visitor, rows.row[i].events, &room)) {
            break;
        }
    }
    return ERR_NONE;
}

static enum err read_place(struct traffic *traffic, struct page *page)
{
    struct run *run = traffic->run;
    struct sql_traffic_visitors_of_place_rows rows;
    int64_t room = STEP_EVENTS;
    struct sql_traffic_visitors_of_place_in in = {.dataset = run->dataset,
                                                  .place = traffic->place,
                                                  .after = {(const char *)traffic->after, 16},
                                                  .most = PAGE};
    TRY(sql_traffic_visitors_of_place(run->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        if (!page_add(page, rows.row[i].visitor, rows.row[i].events, &room)) {
            break;
        }
    }
    return ERR_NONE;
}

static enum err read_page(struct traffic *traffic, struct page *page)
{
    page->n = 0;
    if (traffic->network != 0) {
        return read_network(traffic, page);
    }
    if (traffic->place != 0) {
        return read_place(traffic, page);
    }
    if (traffic->done == 0) {
        page->visitors[page->n++] = traffic->visitor;
    }
    return ERR_NONE;
}

static enum err do_step(struct traffic *traffic, bool *out_more)
{
    struct run *run = traffic->run;
    struct page *page = ARENA_NEW(run->ctx->arena, struct page);
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(read_page(traffic, page));
    TRY(derive_again(run->ctx, run->db, run->dataset, page->visitors, page->n));
    traffic->done += (int64_t)page->n;
    TRY(progress_step(run->db, run->dataset, traffic->progress, (int32_t)traffic->done,
                      (struct str){.p = NULL}));
    TRY(db_commit(run->db));
    *out_more = page->n > 0;
    if (page->n > 0) {
        memcpy(traffic->after, page->visitors[page->n - 1].p, sizeof(traffic->after));
    }
    return ERR_NONE;
}

/* With memory of its own: a network may have any number of visitors. What failed says why in
 * it, so it goes with the job then. */
static enum err step(struct traffic *traffic, bool *out_more)
{
    struct ctx *ctx = traffic->run->ctx;
    struct arena *own = ctx->arena;
    ctx->arena = traffic->arena;
    enum err err = do_step(traffic, out_more);
    ctx->arena = own;
    if (err == ERR_NONE) {
        arena_reset(traffic->arena);
    }
    return err;
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

enum err job_traffic(struct run *run)
{
    struct traffic traffic = {.run = run, .arena = arena_new(STEP_ARENA)};
    arena_defer(run->ctx->arena, free_arena, traffic.arena);
    TRY(read_payload(run, &traffic));
    enum err err = begin(&traffic);
    for (bool more = err == ERR_NONE; more && err == ERR_NONE;) {
        err = step(&traffic, &more);
    }
    if (err == ERR_NOT_FOUND) { /* somebody cancelled; saying it again derives the rest */
        db_rollback(run->db);
        ctx_clear(run->ctx);
    } else {
        TRY(err);
    }
    TRY(run_begin(run));
    TRY(progress_finish(run->db, run->dataset, traffic.progress, PROGRESS_DONE,
                        (struct str){.p = NULL}));
    return run_complete(run);
}
