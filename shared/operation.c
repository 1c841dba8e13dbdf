#include "shared/operation.h"

#include "gen/sql.h"
#include "shared/automation_undo.h"
#include "shared/card_operations.h"
#include "shared/hiding.h"
#include "shared/json.h"
#include "shared/lookup.h"
#include "shared/people.h"
#include "shared/tagging.h"

#define DETAIL_MAX ((size_t)1 << 20)

/* By enum operation_kind; NULL: can't be undone. */
static operation_undoer *const undoers[OP__END] = {
    [OP_TAG] = tagging_undo_tag,
    [OP_UNTAG] = tagging_undo_untag,
    [OP_MOVE] = card_operations_undo_move,
    [OP_OWNER] = card_operations_undo_owner,
    [OP_REMOVE] = card_operations_undo_remove,
    [OP_ADD] = lookup_undo_add,
    [OP_MERGE_LEADS] = people_undo_merge_leads,
    [OP_MERGE_ACCOUNTS] = people_undo_merge_accounts,
    [OP_LINK] = people_undo_link,
    [OP_UNLINK] = people_undo_link,
    [OP_HIDE] = hiding_undo_hide,
    [OP_UNHIDE] = hiding_undo_show,
    [OP_AUTOMATION] = automation_undo,
};

enum err operation_begin(struct db *db, const struct operation *operation, int64_t *out_id)
{
    struct sql_operation_add made;
    const struct sql_operation_add_in in = {
        .dataset = operation->dataset,
        .kind = (int16_t)operation->kind,
        .board = operation->board,
        .board_null = operation->board == 0,
        .user = operation->user,
        .user_null = operation->user == 0,
        .subject = operation->subject,
        .detail = operation->detail,
        .progress = operation->progress,
        .progress_null = operation->progress == 0,
        .undoes = operation->undoes,
        .undoes_null = operation->undoes == 0,
    };
    TRY(sql_operation_add(db, &in, &made));
    *out_id = made.id;
    return ERR_NONE;
}

enum err operation_begin_job(struct db *db, const struct operation *operation, int64_t *out_id,
                             int64_t *out_progress)
{
    struct arena *arena = db_ctx(db)->arena;
    struct operation with_progress = *operation;
    TRY(progress_create(db, operation->dataset, JOB_BULK, operation->board, operation->user,
                        out_progress));
    with_progress.progress = *out_progress;
    TRY(operation_begin(db, &with_progress, out_id));
    const struct queue_job job = {
        .dataset = operation->dataset,
        .uniq = arena_print(arena, "progress:%lld", (long long)*out_progress),
        .payload = arena_print(arena, "{\"operation\":\"%lld\"}", (long long)*out_id)};
    return queue_add(db, JOB_BULK, &job, &(struct queue_opts){.prio = QUEUE_SOON}, NULL);
}

enum err operation_end(struct db *db, int64_t dataset, int64_t id, int32_t n, struct str detail)
{
    return sql_operation_count(
        db,
        &(struct sql_operation_count_in){
            .dataset = dataset, .operation = id, .n = n, .detail = detail},
        NULL);
}

enum err operation_get(struct db *db, int64_t dataset, int64_t id, struct operation_row *out)
{
    struct sql_operation_row row;
    TRY(sql_operation_row(
        db, &(struct sql_operation_row_in){.dataset = dataset, .operation = id}, &row));
    *out = (struct operation_row){
        .id = row.id,
        .kind = (enum operation_kind)row.kind,
        .board = row.board_id_null ? 0 : row.board_id,
        .user = row.user_id_null ? 0 : row.user_id,
        .progress = row.progress_id_null ? 0 : row.progress_id,
        .undoes = row.undoes_null ? 0 : row.undoes,
        .subject = row.subject,
        .detail = row.detail,
        .n = row.n,
        .at = row.at,
        .undone = row.undone,
    };
    return ERR_NONE;
}

enum err operation_hold(struct db *db, int64_t dataset, int64_t id, struct operation_row *out)
{
    struct sql_operation_lock_rows rows;
    TRY(sql_operation_lock(db,
                           &(struct sql_operation_lock_in){
                               .dataset = dataset, .operation = id, .days = OPERATION_DAYS},
                           &rows));
    return operation_get(db, dataset, id, out);
}

enum err operation_last(struct db *db, int64_t dataset, int64_t user, int64_t board,
                        struct operation_row *out)
{
    struct sql_operation_newest row;
    TRY(sql_operation_newest(db,
                             &(struct sql_operation_newest_in){.dataset = dataset,
                                                               .user = user,
                                                               .board = board,
                                                               .board_null = board == 0,
                                                               .days = OPERATION_DAYS},
                             &row));
    return operation_get(db, dataset, row.id, out);
}

/* The row is held until the end, so that it is undone once. */
static enum err lock(struct db *db, int64_t dataset, int64_t id)
{
    struct ctx *ctx = db_ctx(db);
    struct sql_operation_lock_rows rows;
    TRY(sql_operation_lock(db,
                           &(struct sql_operation_lock_in){
                               .dataset = dataset, .operation = id, .days = OPERATION_DAYS},
                           &rows));
    if (rows.n == 0) {
        return ctx_fail(ctx, ERR_NOT_FOUND, "There is nothing to undo.");
    }
    if (rows.row[0].undone) {
        struct str name = rows.row[0].undone_name;
        return ctx_fail(ctx, ERR_CONFLICT, "This was undone already%s%.*s.",
                        str_is_null(name) ? "" : ", by ", STR_ARG(name));
    }
    if (rows.row[0].busy) {
        return ctx_fail(ctx, ERR_CONFLICT,
                        "This is still being done. Cancel it first, then undo what was done.");
    }
    if (rows.row[0].late) {
        return ctx_fail(ctx, ERR_INVALID, "This is more than %d days ago: too late to undo.",
                        OPERATION_DAYS);
    }
    return ERR_NONE;
}

/* One step; what it counted is added to *out, and with the cursor to the OP_UNDO's row. */
static enum err undo_step(struct db *db, struct operation_undoing *undoing,
                          struct operation_undone *out)
{
    struct arena *arena = db_ctx(db)->arena;
    int32_t before = out->undone;
    TRY(undoers[undoing->operation->kind](db, undoing, out));
    return operation_end(db, undoing->dataset, undoing->undo, out->undone - before,
                         arena_print(arena,
                                     "{\"kept\":%d,\"elsewhere\":%d,\"cursor\":\"%lld\"}",
                                     out->kept, out->elsewhere, (long long)undoing->cursor));
}

static enum err undo_all(struct db *db, struct operation_undoing *undoing,
                         struct operation_undone *out)
{
    do {
        TRY(undo_step(db, undoing, out));
    } while (undoing->cursor != 0);
    return ERR_NONE;
}

enum err operation_undo(struct db *db, int64_t dataset, int64_t id, int64_t user,
                        struct operation_undone *out)
{
    struct operation_row row;
    TRY(lock(db, dataset, id));
    TRY(operation_get(db, dataset, id, &row));
    if (row.kind >= OP__END || undoers[row.kind] == NULL || row.n == 0) {
        return ctx_fail(db_ctx(db), ERR_INVALID, "This can't be undone.");
    }
    const struct operation undo = {.dataset = dataset,
                                   .kind = OP_UNDO,
                                   .board = row.board,
                                   .user = user,
                                   .subject = row.subject,
                                   .undoes = id};
    *out = (struct operation_undone){0};
    if (row.n > OPERATION_STEP) {
        TRY(operation_begin_job(db, &undo, &out->id, &out->progress));
    } else {
        TRY(operation_begin(db, &undo, &out->id));
        struct operation_undoing undoing = {
            .dataset = dataset, .operation = &row, .undo = out->id, .user = user};
        TRY(undo_all(db, &undoing, out));
    }
    return sql_operation_mark_undone(db,
                                     &(struct sql_operation_mark_undone_in){
                                         .dataset = dataset, .operation = id, .by = out->id},
                                     NULL);
}

enum err operation_undo_step(struct db *db, int64_t dataset, int64_t undo,
                             struct operation_undone *out, bool *out_more)
{
    struct ctx *ctx = db_ctx(db);
    struct operation_row of_undo, row;
    const struct json *detail;
    int64_t kept = 0, elsewhere = 0;
    TRY(operation_hold(db, dataset, undo, &of_undo));
    TRY(operation_get(db, dataset, of_undo.undoes, &row));
    TRY(json_parse(ctx, of_undo.detail, DETAIL_MAX, &detail));
    struct operation_undoing undoing = {
        .dataset = dataset, .operation = &row, .undo = undo, .user = of_undo.user};
    (void)json_id(json_get(detail, "cursor"), &undoing.cursor);
    (void)json_i64(json_get(detail, "kept"), &kept);
    (void)json_i64(json_get(detail, "elsewhere"), &elsewhere);
    *out = (struct operation_undone){.undone = of_undo.n,
                                     .kept = (int32_t)kept,
                                     .elsewhere = (int32_t)elsewhere,
                                     .id = undo,
                                     .progress = of_undo.progress};
    TRY(undo_step(db, &undoing, out));
    *out_more = undoing.cursor != 0;
    return ERR_NONE;
}
