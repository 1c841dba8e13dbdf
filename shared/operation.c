#include "shared/operation.h"

#include "gen/sql.h"

/* By enum operation_kind; NULL: can't be undone. */
static operation_undoer *const undoers[OP__END] = {NULL};

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
        .subject = row.subject,
        .detail = row.detail,
        .n = row.n,
        .at = row.at,
        .undone = row.undone,
    };
    return ERR_NONE;
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
    if (rows.row[0].late) {
        return ctx_fail(ctx, ERR_INVALID, "This is more than %d days ago: too late to undo.",
                        OPERATION_DAYS);
    }
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
    TRY(operation_begin(db, &undo, &out->id));
    TRY(undoers[row.kind](db, dataset, &row, out->id, user, out));
    TRY(operation_end(db, dataset, out->id, out->undone, (struct str){.p = NULL}));
    return sql_operation_mark_undone(db,
                                     &(struct sql_operation_mark_undone_in){
                                         .dataset = dataset, .operation = id, .by = out->id},
                                     NULL);
}
