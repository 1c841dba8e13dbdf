#include "shared/card_move.h"

#include "gen/sql.h"

#define TRIES 3 /* against deadlocks with a worker that locks many cards */

static enum err move_once(struct db *db, const struct card_move *move,
                          struct sql_card_move *out)
{
    int64_t dataset = move->scope.dataset;
    TRY(db_begin(db, &move->scope));
    TRY(sql_card_move_lock_send(db, &(struct sql_card_move_lock_in){.dataset = dataset,
                                                                    .board = move->board,
                                                                    .card = move->card,
                                                                    .target = move->stage}));
    TRY(sql_card_move_send(db, &(struct sql_card_move_in){
                                   .dataset = dataset,
                                   .board = move->board,
                                   .card = move->card,
                                   .target = move->stage,
                                   .version = move->version,
                                   .user = move->user,
                                   .after = move->after,
                                   .before = move->before,
                                   .place = move->bottom,
                               }));
    TRY(db_commit_send(db));
    struct sql_card_move_lock_rows locked;
    TRY(sql_card_move_lock_take(db, &locked));
    enum err moved = sql_card_move_take(db, out);
    enum err committed = db_commit(db);
    return moved != ERR_NONE ? moved : committed;
}

enum err card_move(struct db *db, const struct card_move *move, struct card_moved *out_moved)
{
    struct sql_card_move row;
    enum err err = ERR_CONFLICT;
    for (int i = 0; i < TRIES && err == ERR_CONFLICT; i++) {
        err = move_once(db, move, &row);
        if (err != ERR_NONE) {
            db_rollback(db);
        }
    }
    TRY(err);
    *out_moved = (struct card_moved){.from_stage = row.from_stage,
                                     .version = row.version,
                                     .operation = {.id = row.operation,
                                                   .kind = OP_MOVE,
                                                   .board = move->board,
                                                   .user = move->user,
                                                   .subject = row.title,
                                                   .detail = row.detail,
                                                   .n = 1}};
    return ERR_NONE;
}
