#include "shared/segment.h"

#include "gen/sql.h"

/* ---- saying what changed ---- */

enum err segment_touch(struct db *db, const struct segment_touch *touch)
{
    if (touch->accounts.n == 0 && touch->leads.n == 0) {
        return ERR_NONE;
    }
    const struct sql_segment_touch_in in = {.dataset = touch->dataset,
                                            .on_what = (int32_t)touch->on,
                                            .accounts = touch->accounts,
                                            .leads = touch->leads};
    return sql_segment_touch(db, &in, NULL);
}

static struct queue_job fill_job(struct arena *arena, int64_t dataset, int64_t segment)
{
    return (struct queue_job){
        .dataset = dataset,
        .uniq = arena_print(arena, "segment:%lld", (long long)segment),
        .payload = arena_print(arena, "{\"segment\":\"%lld\"}", (long long)segment)};
}

enum err segment_fill(struct db *db, int64_t dataset, int64_t segment)
{
    const struct queue_job job = fill_job(db_ctx(db)->arena, dataset, segment);
    return queue_add(db, JOB_SEGMENT, &job, &(struct queue_opts){.unique = QUEUE_RERUN}, NULL);
}

enum err segment_fill_daily(struct db *db, int64_t dataset, int64_t segment)
{
    struct arena *arena = db_ctx(db)->arena;
    struct queue_job job = fill_job(arena, dataset, segment);
    job.payload =
        arena_print(arena, "{\"segment\":\"%lld\",\"daily\":true}", (long long)segment);
    return queue_add(db, JOB_SEGMENT, &job, &(struct queue_opts){.prio = QUEUE_LATER}, NULL);
}

enum err segment_touch_all(struct db *db, int64_t dataset, unsigned on)
{
    struct sql_segment_depending_rows rows;
    TRY(sql_segment_depending(
        db, &(struct sql_segment_depending_in){.dataset = dataset, .on_what = (int32_t)on},
        &rows));
    struct arena *arena = db_ctx(db)->arena;
    struct queue_job *jobs = ARENA_ARRAY(arena, rows.n, struct queue_job);
    for (size_t i = 0; i < rows.n; i++) {
        jobs[i] = fill_job(arena, dataset, rows.row[i].id);
    }
    const struct queue_opts opts = {.unique = QUEUE_RERUN};
    return rows.n == 0 ? ERR_NONE : queue_add_many(db, JOB_SEGMENT, jobs, rows.n, &opts, NULL);
}

/* ---- which segments ask for which ---- */

struct graph {
    struct ctx *ctx;
    size_t n;
    int64_t *ids;
    struct str *names;
    struct sql_i64s *asks; /* ids of those it asks for */
    bool *hidden;          /* an automation's own: nothing stands on it */
    size_t n_hidden;
    int16_t *depth; /* -1: not known yet, -2: being looked at */
};

static size_t find(const struct graph *graph, int64_t id)
{
    size_t i = 0;
    while (i < graph->n && graph->ids[i] != id) {
        i++;
    }
    return i;
}

/* *out_depth: how many stand below it. */
static enum err measure(struct graph *graph, size_t i, int16_t *out_depth)
{
    if (graph->depth[i] == -2) {
        return ctx_fail(
            graph->ctx, ERR_INVALID,
            "This would go round in a circle: the segment “%.*s” asks for itself by "
            "way of the segments that it names.",
            STR_ARG(graph->names[i]));
    }
    int16_t depth = 0;
    if (graph->depth[i] == -1) {
        graph->depth[i] = -2;
        for (size_t k = 0; k < graph->asks[i].n; k++) {
            size_t other = find(graph, graph->asks[i].v[k]);
            int16_t below = 0;
            TRY(other < graph->n ? measure(graph, other, &below) : ERR_NONE);
            depth = below + 1 > depth ? (int16_t)(below + 1) : depth;
        }
        graph->depth[i] = depth;
    }
    *out_depth = graph->depth[i];
    if (graph->depth[i] > SEGMENT_DEPTH_MAX + (graph->hidden[i] ? 1 : 0)) {
        return ctx_fail(graph->ctx, ERR_INVALID,
                        "Segments can stand %d on one another; here it would be more.",
                        SEGMENT_DEPTH_MAX);
    }
    return ERR_NONE;
}

/* The dataset's segments with the one that is saved as it will be. */
static enum err load_graph(struct db *db, const struct segment_save *save, struct graph *graph)
{
    struct ctx *ctx = db_ctx(db);
    struct sql_segment_filters_rows rows;
    TRY(sql_segment_filters(db, &(struct sql_segment_filters_in){.dataset = save->dataset},
                            &rows));
    *graph = (struct graph){.ctx = ctx,
                            .ids = ARENA_ARRAY(ctx->arena, rows.n + 1, int64_t),
                            .names = ARENA_ARRAY(ctx->arena, rows.n + 1, struct str),
                            .asks = ARENA_ARRAY(ctx->arena, rows.n + 1, struct sql_i64s),
                            .hidden = ARENA_ARRAY(ctx->arena, rows.n + 1, bool),
                            .depth = ARENA_ARRAY(ctx->arena, rows.n + 1, int16_t)};
    for (size_t i = 0; i < rows.n; i++) {
        struct filter filter;
        bool same = rows.row[i].id == save->id;
        if (!same && filter_parse(ctx, rows.row[i].filter, &filter) != ERR_NONE) {
            ctx_clear(ctx); /* of a later version: it can't be asked anyway */
            continue;
        }
        size_t at = graph->n++;
        graph->ids[at] = rows.row[i].id;
        graph->names[at] = same ? save->name : rows.row[i].name;
        graph->asks[at] = filter_ids(ctx, same ? save->filter : &filter, FILTER_SEGMENT);
        graph->depth[at] = -1;
        graph->hidden[at] = rows.row[i].hidden;
        graph->n_hidden += rows.row[i].hidden;
    }
    if (save->id == 0) {
        size_t at = graph->n++;
        graph->names[at] = save->name;
        graph->asks[at] = filter_ids(ctx, save->filter, FILTER_SEGMENT);
        graph->depth[at] = -1;
        graph->hidden[at] = save->automation != 0;
        graph->n_hidden += save->automation != 0;
    }
    return ERR_NONE;
}

/* *out_depth: of the one that is saved. Those above it may have become deeper. */
static enum err check_graph(struct db *db, const struct segment_save *save, int16_t *out_depth)
{
    struct graph graph;
    TRY(load_graph(db, save, &graph));
    if (save->id == 0 && save->automation == 0 && graph.n - graph.n_hidden > SEGMENTS_MAX) {
        return ctx_fail(graph.ctx, ERR_LIMIT,
                        "There are %d segments already, which is the most a dataset can have. "
                        "Delete one that is not needed.",
                        SEGMENTS_MAX);
    }
    for (size_t i = 0; i < graph.n; i++) {
        int16_t depth;
        TRY(measure(&graph, i, &depth));
        if (graph.ids[i] == save->id) {
            *out_depth = depth;
        }
    }
    const struct sql_segment_depths_in in = {.dataset = save->dataset,
                                             .ids = {graph.ids, graph.n},
                                             .depths = {graph.depth, graph.n}};
    return sql_segment_depths(db, &in, NULL);
}

/* ---- saving ---- */

static enum err keep_names(struct db *db, const struct segment_save *save)
{
    const struct filter *filters[] = {save->filter};
    const struct filter_names *names;
    TRY(filter_names_load(db, save->dataset, save->user, filters, 1, &names));
    filter_names_keep(db_ctx(db), save->filter, names);
    return ERR_NONE;
}

static enum err add(struct db *db, const struct segment_save *save, struct str json,
                    int16_t depth, int64_t *out_id)
{
    const struct sql_segment_add_in in = {.dataset = save->dataset,
                                          .name = save->name,
                                          .user = save->user,
                                          .user_null = save->user == 0,
                                          .shared = save->shared,
                                          .subject = (int16_t)save->filter->subject,
                                          .filter = json,
                                          .on_what = (int32_t)filter_on(save->filter),
                                          .depth = depth,
                                          .automation = save->automation,
                                          .automation_null = save->automation == 0};
    struct sql_segment_add made;
    TRY(sql_segment_add(db, &in, &made));
    *out_id = made.id;
    return segment_fill(db, save->dataset, made.id);
}

static enum err update(struct db *db, const struct segment_save *save, struct str json,
                       int16_t depth)
{
    const struct sql_segment_update_in in = {.dataset = save->dataset,
                                             .segment = save->id,
                                             .name = save->name,
                                             .shared = save->shared,
                                             .filter = json,
                                             .on_what = (int32_t)filter_on(save->filter),
                                             .depth = depth};
    struct sql_segment_update row;
    enum err err = sql_segment_update(db, &in, &row);
    if (err == ERR_NOT_FOUND) {
        return ctx_fail(db_ctx(db), err, "This segment does not exist any more.");
    }
    TRY(err);
    return row.changed ? segment_fill(db, save->dataset, save->id) : ERR_NONE;
}

enum err segment_save(struct db *db, const struct segment_save *save, int64_t *out_id)
{
    int16_t depth = 0;
    struct str json;
    TRY(sql_segment_edit_lock(db, &(struct sql_segment_edit_lock_in){.dataset = save->dataset},
                              NULL));
    TRY(check_graph(db, save, &depth));
    TRY(keep_names(db, save));
    TRY(filter_json(db_ctx(db), save->filter, &json));
    *out_id = save->id;
    return save->id == 0 ? add(db, save, json, depth, out_id) : update(db, save, json, depth);
}

enum err segment_remove(struct db *db, int64_t dataset, int64_t segment)
{
    TRY(sql_segment_unlink(
        db, &(struct sql_segment_unlink_in){.dataset = dataset, .segment = segment}, NULL));
    TRY(sql_segment_remove(
        db, &(struct sql_segment_remove_in){.dataset = dataset, .segment = segment}, NULL));
    TRY(segment_fill(db, dataset, segment)); /* throws away what is left of it */
    return segment_touch_all(db, dataset, FILTER_ON_SEGMENTS);
}

/* ---- those that LeadBoard brings along ---- */

#define LEADS "{\"version\":2,\"subject\":\"leads\",\"match\":\"any\",\"conditions\":["
#define CHANNEL(which, word) "{\"field\":\"" which "\",\"op\":\"is\",\"values\":[\"" word "\"]}"

const struct segment_quick *segment_quick_list(size_t *out_n)
{
    static const struct segment_quick list[] = {
        {"persons", "Persons only",
         LEADS "{\"field\":\"person\",\"op\":\"is\",\"values\":[\"contact\"]}]}"},
        {"organisations", "Organisations only",
         "{\"version\":2,\"subject\":\"accounts\",\"match\":\"all\",\"conditions\":[]}"},
        {"paid", "Paid",
         LEADS CHANNEL("first_channel", "paid") "," CHANNEL("channel", "paid") "]}"},
        {"organic", "Organic",
         LEADS CHANNEL("first_channel", "organic") "," CHANNEL("channel", "organic") "]}"},
        {"forms", "Form submissions",
         LEADS "{\"field\":\"forms\",\"op\":\"greater\",\"values\":[\"0\"]}]}"},
        {"visitors", "Web visitors",
         LEADS "{\"field\":\"pageviews\",\"op\":\"greater\",\"values\":[\"0\"]}]}"},
    };
    *out_n = sizeof(list) / sizeof(list[0]);
    return list;
}
