/*
 * bulk: an operation on more cards than one transaction should hold, or its undoing. Each step
 * is a transaction, with its place in the operation's detail and its count in the progress, so
 * that whatever is killed goes on behind the last step that was committed.
 */
#include "shared/card_operations.h"
#include "shared/json.h"
#include "worker/kinds.h"

struct bulk {
    struct run *run;
    int64_t id;
    struct operation_row operation;
};

static enum err read_payload(struct run *run, struct bulk *bulk)
{
    const struct json *json;
    TRY(json_parse(run->ctx, run->jobs[0].payload, 4096, &json));
    if (!json_id(json_get(json, "operation"), &bulk->id)) {
        return ctx_fail(run->ctx, ERR_INVALID, "This job does not say what to do.");
    }
    return ERR_NONE;
}

static enum err progress(struct bulk *bulk, int64_t done, struct str more)
{
    return progress_step(bulk->run->db, bulk->run->dataset, bulk->operation.progress,
                         done > INT32_MAX ? INT32_MAX : (int32_t)done, more);
}

/* The whole of an undo is what was done. */
static enum err stand_of_undo(struct bulk *bulk, struct card_step *out)
{
    struct operation_row undone;
    TRY(operation_get(bulk->run->db, bulk->run->dataset, bulk->operation.undoes, &undone));
    *out = (struct card_step){.seen = bulk->operation.n, .total = undone.n, .more = true};
    return ERR_NONE;
}

static enum err begin(struct bulk *bulk)
{
    struct run *run = bulk->run;
    struct card_step stand;
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(operation_get(run->db, run->dataset, bulk->id, &bulk->operation));
    if (bulk->operation.kind == OP_UNDO) {
        TRY(stand_of_undo(bulk, &stand));
    } else {
        TRY(card_operations_stand(run->db, run->dataset, &bulk->operation, &stand));
    }
    TRY(progress_start(run->db, run->dataset, bulk->operation.progress, stand.total));
    TRY(progress(bulk, stand.seen, (struct str){.p = NULL}));
    return db_commit(run->db);
}

static enum err step_of_undo(struct bulk *bulk, bool *out_more)
{
    struct run *run = bulk->run;
    struct operation_undone undone;
    TRY(operation_undo_step(run->db, run->dataset, bulk->id, &undone, out_more));
    return progress(bulk, (int64_t)undone.undone + undone.kept, (struct str){.p = NULL});
}

static enum err step(struct bulk *bulk, bool *out_more)
{
    struct run *run = bulk->run;
    struct card_step done;
    TRY(card_operations_step(run->db, run->dataset, bulk->id, &done));
    *out_more = done.more;
    return progress(bulk, done.seen,
                    arena_print(run->ctx->arena, "{\"changed\":%d}", done.changed));
}

static enum err do_all(struct bulk *bulk)
{
    struct run *run = bulk->run;
    bool more = true;
    TRY(begin(bulk));
    while (more) {
        TRY(run_begin(run));
        TRY(run_hold(run));
        TRY(bulk->operation.kind == OP_UNDO ? step_of_undo(bulk, &more) : step(bulk, &more));
        TRY(db_commit(run->db));
    }
    TRY(run_begin(run));
    TRY(progress_finish(run->db, run->dataset, bulk->operation.progress, PROGRESS_DONE,
                        (struct str){.p = NULL}));
    return run_complete(run);
}

/* Cancelled (which progress_finish leaves as it is), or what it needs is gone: what was done
 * until now stays. */
static enum err give_up(struct bulk *bulk)
{
    struct run *run = bulk->run;
    struct str why = run->ctx->why;
    db_rollback(run->db);
    ctx_clear(run->ctx);
    TRY(run_begin(run));
    TRY(progress_finish(run->db, run->dataset, bulk->operation.progress, PROGRESS_FAILED,
                        str_is_null(why) ? STR("This is not possible any more.") : why));
    return run_complete(run);
}

enum err job_bulk(struct run *run)
{
    struct bulk bulk = {.run = run};
    TRY(read_payload(run, &bulk));
    enum err err = do_all(&bulk);
    return err == ERR_NOT_FOUND || err == ERR_INVALID ? give_up(&bulk) : err;
}
