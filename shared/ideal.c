#include "shared/ideal.h"

#include "gen/sql.h"
#include "shared/json.h"
#include "shared/queue.h"
#include "shared/sb.h"
#include "shared/tagging.h"

#define DUE_DELAY 500 /* ms; what comes in many steps is looked at once */
#define CAUSE_BYTES 500

/* ---- profiles ---- */

enum err ideal_get(struct ctx *ctx, struct db *db, int64_t dataset, struct ideal_profile *out)
{
    struct sql_ideal_get row;
    *out = (struct ideal_profile){.version = 0};
    enum err err = sql_ideal_get(db, &(struct sql_ideal_get_in){.dataset = dataset}, &row);
    if (err == ERR_NOT_FOUND) {
        return ERR_NONE;
    }
    TRY(err);
    *out = (struct ideal_profile){.version = row.version,
                                  .tag = row.tag_null ? 0 : row.tag,
                                  .tag_name = row.tag_name,
                                  .user = row.user,
                                  .at = row.created_at,
                                  .progress = row.progress_null ? 0 : row.progress};
    return filter_parse(ctx, row.filter, &out->filter);
}

bool ideal_may_ask(size_t field)
{
    struct filter_node condition = {.field = field};
    const struct filter alone = {.subject = FILTER_ACCOUNTS,
                                 .root = {.is_group = true, .nodes = &condition, .n_nodes = 1}};
    return filter_field(field) != NULL && filter_field(field)->topic == FILTER_OF_COMPANY &&
           (filter_on(&alone) | (unsigned)FILTER_ON_BEING) ==
               ((unsigned)FILTER_ON_ACCOUNT | (unsigned)FILTER_ON_BEING);
}

static enum err check(struct ctx *ctx, const struct filter *filter)
{
    const struct filter_node *root = &filter->root;
    if (filter->subject != FILTER_ACCOUNTS || root->n_nodes == 0) {
        return ctx_fail(ctx, ERR_INVALID, "A profile needs a condition.");
    }
    if (root->n_nodes > IDEAL_CONDITIONS_MAX) {
        return ctx_fail(ctx, ERR_INVALID, "A profile has at most %d conditions.",
                        IDEAL_CONDITIONS_MAX);
    }
    for (size_t i = 0; i < root->n_nodes; i++) {
        const struct filter_node *node = &root->nodes[i];
        if (node->is_group || !ideal_may_ask(node->field)) {
            return ctx_fail(ctx, ERR_INVALID,
                            "A profile asks for details of the company, and nothing else.");
        }
    }
    return ERR_NONE;
}

/* Read once more, so that nothing is stored that could not be. */
static enum err stored(struct ctx *ctx, const struct filter *filter, struct str *out_json)
{
    struct filter again;
    TRY(check(ctx, filter));
    TRY(filter_json(ctx, filter, out_json));
    return filter_parse(ctx, *out_json, &again);
}

enum err ideal_save(struct db *db, const struct ideal_save *save, int32_t *out_version)
{
    struct ctx *ctx = db_ctx(db);
    struct str json;
    int64_t tag = 0, progress;
    TRY(stored(ctx, save->filter, &json));
    if (!str_is_empty(save->tag)) {
        TRY(tag_find_or_add(db, save->dataset, save->tag, &tag));
    }
    TRY(sql_ideal_lock(db, &(struct sql_ideal_lock_in){.dataset = save->dataset}, NULL));
    TRY(progress_create(db, save->dataset, JOB_SCORE, 0, save->user, &progress));
    struct sql_ideal_add_rows rows;
    TRY(sql_ideal_add(db,
                      &(struct sql_ideal_add_in){.dataset = save->dataset,
                                                 .base = save->base,
                                                 .filter = json,
                                                 .tag = tag,
                                                 .tag_null = tag == 0,
                                                 .user = save->user,
                                                 .progress = progress},
                      &rows));
    if (rows.n == 0) {
        return ctx_fail(ctx, ERR_CONFLICT,
                        "Somebody else has changed the profile since you opened this page. "
                        "Look at it again before you save yours.");
    }
    *out_version = rows.row[0].version;
    return ideal_ask(db, save->dataset, progress);
}

/* ---- saying what changed ---- */

static enum err ask_due(struct db *db, const int64_t *datasets, size_t n)
{
    struct queue_job *jobs = ARENA_ARRAY(db_ctx(db)->arena, n, struct queue_job);
    for (size_t i = 0; i < n; i++) {
        jobs[i] = (struct queue_job){
            .dataset = datasets[i], .uniq = STR("ideal"), .payload = STR("{\"do\":\"ideal\"}")};
    }
    return n == 0
               ? ERR_NONE
               : queue_add_many(
                     db, JOB_SCORE, jobs, n,
                     &(struct queue_opts){.delay_ms = DUE_DELAY, .unique = QUEUE_RERUN}, NULL);
}

enum err ideal_changed_many(struct db *db, struct sql_i64s datasets, struct sql_i64s accounts)
{
    struct sql_ideal_note_rows rows;
    if (accounts.n == 0) {
        return ERR_NONE;
    }
    TRY(sql_ideal_note(
        db, &(struct sql_ideal_note_in){.dataset = datasets, .account = accounts}, &rows));
    int64_t *noted = ARENA_ARRAY(db_ctx(db)->arena, rows.n, int64_t);
    for (size_t i = 0; i < rows.n; i++) {
        noted[i] = rows.row[i].dataset;
    }
    return ask_due(db, noted, rows.n);
}

enum err ideal_changed(struct db *db, int64_t dataset, struct sql_i64s accounts)
{
    int64_t *datasets = ARENA_ARRAY(db_ctx(db)->arena, accounts.n, int64_t);
    for (size_t i = 0; i < accounts.n; i++) {
        datasets[i] = dataset;
    }
    return ideal_changed_many(db, (struct sql_i64s){datasets, accounts.n}, accounts);
}

/* ---- the job ---- */

enum err ideal_ask(struct db *db, int64_t dataset, int64_t progress)
{
    struct arena *arena = db_ctx(db)->arena;
    const struct queue_job job = {
        .dataset = dataset,
        .uniq = progress == 0 ? STR("ideal:all")
                              : arena_print(arena, "progress:%lld", (long long)progress),
        .payload =
            progress == 0
                ? STR("{\"do\":\"ideal\",\"all\":true}")
                : arena_print(arena, "{\"do\":\"ideal\",\"all\":true,\"progress\":\"%lld\"}",
                              (long long)progress)};
    return queue_add(db, JOB_SCORE, &job,
                     &(struct queue_opts){.prio = progress == 0 ? QUEUE_LATER : QUEUE_SOON},
                     NULL);
}

enum err ideal_due(struct db *db, int64_t dataset, int64_t most, struct sql_i64s *out_accounts,
                   bool *out_more)
{
    struct sql_ideal_due_take row;
    TRY(sql_ideal_due_take(
        db, &(struct sql_ideal_due_take_in){.dataset = dataset, .most = most}, &row));
    *out_accounts = row.accounts;
    *out_more = row.taken == most;
    return ERR_NONE;
}

enum err ideal_differing(struct ctx *ctx, struct db *db, int64_t dataset,
                         struct sql_i64s *out_accounts)
{
    struct ideal_profile profile;
    struct sql_i64s matching = {.n = 0};
    struct sql_ideal_differs row;
    TRY(ideal_get(ctx, db, dataset, &profile));
    if (profile.tag != 0) {
        const struct filter_query query = {.dataset = dataset, .filter = &profile.filter};
        TRY(filter_find(ctx, db, &query, 0, INT64_MAX, &matching));
    }
    TRY(sql_ideal_differs(db,
                          &(struct sql_ideal_differs_in){.dataset = dataset,
                                                         .matching = matching,
                                                         .tag = profile.tag,
                                                         .tag_null = profile.tag == 0,
                                                         .version = profile.version},
                          &row));
    *out_accounts = row.accounts;
    return sql_ideal_declined_trim(
        db,
        &(struct sql_ideal_declined_trim_in){.dataset = dataset, .version = profile.version},
        NULL);
}

/* {"ideal": "3", "cause": "industry is Publishing and country is Austria"} */
static struct str cause_of(struct ctx *ctx, const struct ideal_profile *profile)
{
    struct str sentence = filter_sentence(ctx, &profile->filter, NULL);
    struct sb sb;
    sb_init(&sb, ctx->arena, 8 * CAUSE_BYTES);
    sb_printf(&sb, "{\"ideal\":\"%d\",\"cause\":", (int)profile->version);
    json_write_str(&sb, str_cut(sentence, CAUSE_BYTES));
    SB_LIT(&sb, "}");
    return sb_view(&sb);
}

static enum err take_off(struct ctx *ctx, struct db *db, const struct tagging *by,
                         const struct ideal_profile *profile, struct sql_i64s accounts,
                         struct sql_i64s matching, int32_t *out_n)
{
    struct sql_ideal_drop_rows rows;
    TRY(sql_ideal_drop(db,
                       &(struct sql_ideal_drop_in){.dataset = by->dataset,
                                                   .accounts = accounts,
                                                   .matching = matching,
                                                   .tag = profile->tag,
                                                   .tag_null = profile->tag == 0},
                       &rows));
    int64_t *ids = ARENA_ARRAY(ctx->arena, rows.n, int64_t);
    int64_t *tags = ARENA_ARRAY(ctx->arena, rows.n, int64_t);
    for (size_t i = 0; i < rows.n; i++) {
        ids[i] = rows.row[i].subject;
        tags[i] = rows.row[i].tag;
    }
    *out_n += (int32_t)rows.n;
    return tagging_tell(db, by, false, (struct sql_i64s){ids, rows.n},
                        (struct sql_i64s){tags, rows.n});
}

static enum err put_on(struct ctx *ctx, struct db *db, const struct tagging *by,
                       const struct ideal_profile *profile, struct sql_i64s matching,
                       int32_t *out_n)
{
    struct sql_ideal_put_rows rows;
    TRY(sql_ideal_put(db,
                      &(struct sql_ideal_put_in){.dataset = by->dataset,
                                                 .accounts = matching,
                                                 .tag = profile->tag,
                                                 .version = profile->version},
                      &rows));
    int64_t *ids = ARENA_ARRAY(ctx->arena, rows.n, int64_t);
    int64_t *tags = ARENA_ARRAY(ctx->arena, rows.n, int64_t);
    for (size_t i = 0; i < rows.n; i++) {
        ids[i] = rows.row[i].subject;
        tags[i] = rows.row[i].tag;
    }
    *out_n += (int32_t)rows.n;
    return tagging_tell(db, by, true, (struct sql_i64s){ids, rows.n},
                        (struct sql_i64s){tags, rows.n});
}

enum err ideal_apply(struct ctx *ctx, struct db *db, int64_t dataset, struct sql_i64s accounts,
                     int32_t *out_n)
{
    struct ideal_profile profile;
    struct sql_i64s matching = {.n = 0};
    *out_n = 0;
    TRY(sql_ideal_lock(db, &(struct sql_ideal_lock_in){.dataset = dataset}, NULL));
    TRY(ideal_get(ctx, db, dataset, &profile));
    if (profile.version == 0 || accounts.n == 0) {
        return ERR_NONE;
    }
    if (profile.tag != 0) {
        const struct filter_query query = {.dataset = dataset, .filter = &profile.filter};
        TRY(filter_matches(ctx, db, &query, accounts, &matching));
    }
    const struct tagging by = {
        .dataset = dataset, .actor = {.kind = ACTOR_SYSTEM, .cause = cause_of(ctx, &profile)}};
    TRY(take_off(ctx, db, &by, &profile, accounts, matching, out_n));
    return profile.tag == 0 ? ERR_NONE : put_on(ctx, db, &by, &profile, matching, out_n);
}
