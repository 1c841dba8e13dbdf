#include "shared/score_draft.h"

#include "gen/sql.h"
#include "shared/queue.h"
#include "shared/target.h"

/* ---- what rules need to be stored ---- */

static enum err fold_values(struct db *db, struct score_rule *rule)
{
    struct sql_score_fold row;
    if (rule->kind != SCORE_MATCH) {
        return ERR_NONE;
    }
    TRY(sql_score_fold(
        db, &(struct sql_score_fold_in){.values = {rule->values, rule->n_values}}, &row));
    struct str *lower = ARENA_ARRAY(db_ctx(db)->arena, rule->n_values, struct str);
    for (size_t i = 0; i < rule->n_values && i < row.lower.n; i++) {
        lower[i] = row.lower.v[i];
    }
    rule->lower = lower;
    return ERR_NONE;
}

static enum err prepare(struct db *db, int64_t dataset, struct score_rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        TRY(fold_values(db, &rules[i]));
        if (rules[i].kind == SCORE_PAGES) {
            TRY(page_pattern_for(db, dataset, &rules[i].pages, 1, &rules[i].pattern));
        }
    }
    return ERR_NONE;
}

static enum err start_job(struct db *db, int64_t dataset, int64_t user, int64_t draft,
                          bool preview, int64_t *out_progress)
{
    struct arena *arena = db_ctx(db)->arena;
    TRY(progress_create(db, dataset, JOB_SCORE, draft, user, out_progress));
    long long progress = (long long)*out_progress;
    const struct queue_job job = {
        .dataset = dataset,
        .uniq = arena_print(arena, "progress:%lld", progress),
        .payload = preview ? arena_print(arena,
                                         "{\"do\":\"preview\",\"draft\":\"%lld\","
                                         "\"progress\":\"%lld\"}",
                                         (long long)draft, progress)
                           : arena_print(arena, "{\"do\":\"rescore\",\"progress\":\"%lld\"}",
                                         progress)};
    return queue_add(db, JOB_SCORE, &job, &(struct queue_opts){.prio = QUEUE_SOON}, NULL);
}

enum err score_draft_make(struct db *db, int64_t dataset, int64_t user,
                          struct score_rule *rules, size_t n, int64_t *out_draft)
{
    struct sql_score_draft_add made;
    struct str json;
    int64_t progress;
    TRY(prepare(db, dataset, rules, n));
    TRY(score_rules_write(db_ctx(db), rules, n, &json));
    TRY(sql_score_draft_add(
        db, &(struct sql_score_draft_add_in){.dataset = dataset, .user = user, .rules = json},
        &made));
    TRY(start_job(db, dataset, user, made.id, true, &progress));
    *out_draft = made.id;
    return sql_score_draft_begin(db,
                                 &(struct sql_score_draft_begin_in){.dataset = dataset,
                                                                    .draft = made.id,
                                                                    .progress = progress},
                                 NULL);
}

/* ---- saving ---- */

static enum err check_newest(struct db *db, int64_t dataset,
                             const struct sql_score_draft_get *draft)
{
    struct sql_score_versions_rows rows;
    if (!draft->saved_null) {
        return ctx_fail(db_ctx(db), ERR_CONFLICT,
                        "This formula is saved already, as version %d.", (int)draft->saved);
    }
    TRY(sql_score_versions(db, &(struct sql_score_versions_in){.dataset = dataset, .most = 1},
                           &rows));
    if (rows.n > 0 && rows.row[0].created_at > draft->created_at) {
        return ctx_fail(
            db_ctx(db), ERR_CONFLICT,
            "%.*s saved version %d of the formula meanwhile. Look at it, then try "
            "yours again.",
            STR_ARG(str_is_empty(rows.row[0].user) ? STR("Somebody") : rows.row[0].user),
            (int)rows.row[0].version);
    }
    return ERR_NONE;
}

enum err score_draft_save(struct db *db, int64_t dataset, int64_t user, int64_t draft,
                          int32_t *out_version)
{
    struct sql_score_draft_get row;
    struct sql_score_version_add made;
    int64_t progress;
    TRY(sql_page_pattern_lock(db, &(struct sql_page_pattern_lock_in){.dataset = dataset},
                              NULL));
    TRY(sql_score_draft_get(
        db, &(struct sql_score_draft_get_in){.dataset = dataset, .draft = draft}, &row));
    TRY(check_newest(db, dataset, &row));
    TRY(start_job(db, dataset, user, draft, false, &progress));
    TRY(sql_score_version_add(
        db,
        &(struct sql_score_version_add_in){
            .dataset = dataset, .rules = row.rules, .user = user, .progress = progress},
        &made));
    *out_version = made.version;
    return sql_score_draft_saved(db,
                                 &(struct sql_score_draft_saved_in){.dataset = dataset,
                                                                    .draft = draft,
                                                                    .version = made.version},
                                 NULL);
}
