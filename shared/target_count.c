#include "shared/target.h"

#include "gen/sql.h"
#include "shared/segment.h"

static int64_t *same(struct arena *arena, int64_t value, size_t n)
{
    int64_t *v = ARENA_ARRAY(arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        v[i] = value;
    }
    return v;
}

enum err target_recount(struct db *db, int64_t dataset, struct sql_i64s leads)
{
    if (leads.n == 0) {
        return ERR_NONE;
    }
    const int64_t *datasets = same(db_ctx(db)->arena, dataset, leads.n);
    return sql_lead_hits_recount(
        db, &(struct sql_lead_hits_recount_in){.dataset = {datasets, leads.n}, .lead = leads},
        NULL);
}

/* ---- older sessions ---- */

static const char no_visitor[16];

enum err target_count_begin(struct ctx *ctx, struct db *db, int64_t dataset,
                            struct target_count *out, int64_t *out_sessions)
{
    struct page_patterns all;
    struct sql_hits_sessions_count count;
    TRY(page_patterns_load(ctx, db, (struct sql_i64s){&dataset, 1}, &all));
    struct page_pattern *fresh = ARENA_ARRAY(ctx->arena, all.n, struct page_pattern);
    *out = (struct target_count){.visitor = {no_visitor, sizeof(no_visitor)},
                                 .started_at = INT64_MIN};
    for (size_t i = 0; i < all.n; i++) {
        if (!all.v[i].counted) {
            fresh[out->patterns.n++] = all.v[i];
        }
    }
    out->patterns.v = fresh;
    out->more = out->patterns.n > 0;
    *out_sessions = 0;
    if (out->more) {
        TRY(sql_hits_sessions_count(
            db, &(struct sql_hits_sessions_count_in){.dataset = dataset}, &count));
        *out_sessions = count.sessions;
    }
    return ERR_NONE;
}

/* A page of sessions as columns, and the hits that are found in them. */
struct step {
    struct ctx *ctx;
    struct db *db;
    int64_t dataset;
    const struct target_count *count;
    struct sql_hits_sessions_rows sessions;
    struct str *visitors;
    int64_t *started_ats, *ended_ats, *leads;
    bool *changed; /* by session */
    /* Of session i and pattern k at i * n_patterns + k. */
    int32_t *n;
    int64_t *first_ats, *last_ats;
};

static enum err read_sessions(struct step *step, int64_t limit)
{
    TRY(sql_hits_sessions(step->db,
                          &(struct sql_hits_sessions_in){.dataset = step->dataset,
                                                         .visitor = step->count->visitor,
                                                         .started_at = step->count->started_at,
                                                         .limit = limit},
                          &step->sessions));
    struct arena *arena = step->ctx->arena;
    size_t n = step->sessions.n, cells = n * step->count->patterns.n;
    step->visitors = ARENA_ARRAY(arena, n, struct str);
    step->started_ats = ARENA_ARRAY(arena, n, int64_t);
    step->ended_ats = ARENA_ARRAY(arena, n, int64_t);
    step->leads = ARENA_ARRAY(arena, n, int64_t);
    step->changed = ARENA_ARRAY(arena, n, bool);
    step->n = ARENA_ARRAY(arena, cells, int32_t);
    step->first_ats = ARENA_ARRAY(arena, cells, int64_t);
    step->last_ats = ARENA_ARRAY(arena, cells, int64_t);
    for (size_t i = 0; i < n; i++) {
        step->visitors[i] = step->sessions.row[i].visitor;
        step->started_ats[i] = step->sessions.row[i].started_at;
        step->ended_ats[i] = step->sessions.row[i].ended_at;
    }
    return ERR_NONE;
}

static void add_hit(struct step *step, size_t cell, int64_t at)
{
    bool first = step->n[cell]++ == 0;
    step->first_ats[cell] = first || at < step->first_ats[cell] ? at : step->first_ats[cell];
    step->last_ats[cell] = first || at > step->last_ats[cell] ? at : step->last_ats[cell];
}

static enum err read_events(struct step *step)
{
    struct sql_hits_events_rows rows;
    const struct page_patterns *patterns = &step->count->patterns;
    struct page_matcher *matcher = page_matcher_new(step->ctx->arena, patterns);
    size_t n = step->sessions.n;
    TRY(sql_hits_events(step->db,
                        &(struct sql_hits_events_in){.dataset = step->dataset,
                                                     .visitor = {step->visitors, n},
                                                     .started_at = {step->started_ats, n},
                                                     .ended_at = {step->ended_ats, n}},
                        &rows));
    for (size_t i = 0; i < rows.n; i++) {
        const uint8_t *places;
        size_t session = (size_t)rows.row[i].nr - 1;
        size_t n_places = page_matcher_find(matcher, rows.row[i].url, &places);
        for (size_t k = 0; k < n_places; k++) {
            add_hit(step, session * patterns->n + places[k], rows.row[i].at);
            step->changed[session] = true;
        }
    }
    return ERR_NONE;
}

static enum err forget(struct step *step)
{
    struct sql_hits_forget_rows rows;
    const struct page_patterns *patterns = &step->count->patterns;
    int64_t *ids = ARENA_ARRAY(step->ctx->arena, patterns->n, int64_t);
    for (size_t k = 0; k < patterns->n; k++) {
        ids[k] = patterns->v[k].id;
    }
    TRY(sql_hits_forget(
        step->db,
        &(struct sql_hits_forget_in){.dataset = step->dataset,
                                     .visitor = {step->visitors, step->sessions.n},
                                     .started_at = {step->started_ats, step->sessions.n},
                                     .patterns = {ids, patterns->n}},
        &rows));
    for (size_t i = 0; i < rows.n; i++) {
        step->changed[rows.row[i].nr - 1] = true;
    }
    return ERR_NONE;
}

static enum err save(struct step *step)
{
    struct arena *arena = step->ctx->arena;
    size_t n_patterns = step->count->patterns.n, cells = step->sessions.n * n_patterns, n = 0;
    struct str *visitors = ARENA_ARRAY(arena, cells, struct str);
    int64_t *started_ats = ARENA_ARRAY(arena, cells, int64_t);
    int64_t *patterns = ARENA_ARRAY(arena, cells, int64_t);
    for (size_t i = 0; i < cells; i++) {
        if (step->n[i] > 0) {
            visitors[n] = step->visitors[i / n_patterns];
            started_ats[n] = step->started_ats[i / n_patterns];
            patterns[n] = step->count->patterns.v[i % n_patterns].id;
            step->n[n] = step->n[i];
            step->first_ats[n] = step->first_ats[i];
            step->last_ats[n++] = step->last_ats[i];
        }
    }
    if (n == 0) {
        return ERR_NONE;
    }
    const struct sql_hits_add_in in = {.dataset = {same(arena, step->dataset, n), n},
                                       .visitor = {visitors, n},
                                       .started_at = {started_ats, n},
                                       .pattern = {patterns, n},
                                       .n = {step->n, n},
                                       .first_at = {step->first_ats, n},
                                       .last_at = {step->last_ats, n}};
    return sql_hits_add(step->db, &in, NULL);
}

static enum err recount_leads(struct step *step)
{
    size_t n = 0;
    for (size_t i = 0; i < step->sessions.n; i++) {
        if (step->changed[i]) {
            step->leads[n++] = step->sessions.row[i].lead;
        }
    }
    return target_recount(step->db, step->dataset, (struct sql_i64s){step->leads, n});
}

enum err target_count_step(struct ctx *ctx, struct db *db, int64_t dataset,
                           struct target_count *count, int64_t limit, int64_t *out_seen)
{
    struct step step = {.ctx = ctx, .db = db, .dataset = dataset, .count = count};
    TRY(sql_people_hold(db, NULL));
    TRY(read_sessions(&step, limit));
    size_t n = step.sessions.n;
    if (n > 0) {
        TRY(read_events(&step));
        TRY(forget(&step));
        TRY(save(&step));
        TRY(recount_leads(&step));
        count->visitor = step.visitors[n - 1];
        count->started_at = step.started_ats[n - 1];
    }
    count->more = n == (size_t)limit;
    *out_seen = (int64_t)n;
    return ERR_NONE;
}

enum err target_count_end(struct db *db, int64_t dataset, const struct target_count *count)
{
    int64_t *ids = ARENA_ARRAY(db_ctx(db)->arena, count->patterns.n, int64_t);
    for (size_t i = 0; i < count->patterns.n; i++) {
        ids[i] = count->patterns.v[i].id;
    }
    TRY(segment_touch_all(db, dataset, FILTER_ON_EVENTS));
    return sql_page_pattern_counted(
        db,
        &(struct sql_page_pattern_counted_in){.dataset = dataset,
                                              .patterns = {ids, count->patterns.n}},
        NULL);
}
