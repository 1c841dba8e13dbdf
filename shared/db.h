/*
 * db.h - PostgreSQL: one connection, statements, transactions. Only shared/db*.c see libpq.
 *
 * A struct db connects on first use, stays connected, and connects again on the next use after
 * the connection was lost. It is used by one thread at a time and never across fork (create it
 * before, use it after). Statements are those of shared/sql, called through the generated
 * functions of "gen/sql.h"; each is prepared on the server the first time a connection uses it,
 * in the same round trip. In a connection's first two minutes plans are made anew now and then,
 * because tables of a new installation outgrow them.
 *
 *     db_use(db, ctx);
 *     TRY(db_begin(db, &scope));                      nothing is sent yet
 *     TRY(sql_board_get_send(db, &get));
 *     TRY(sql_stage_list_send(db, &list));
 *     TRY(db_commit_send(db));                        optional, saves a round trip
 *     TRY(sql_board_get_take(db, &board));            one round trip for everything above
 *     TRY(sql_stage_list_take(db, &stages));
 *     TRY(db_commit(db));
 *
 * Outside db_begin each statement is a transaction of its own, durable when its call returns.
 * sql_x() is sql_x_send() and sql_x_take(). Results are taken in the order of sending; what was
 * sent and not taken is thrown away by db_rollback and db_use. A function that fails inside a
 * transaction may just return: the edge calls db_rollback.
 *
 * Rows and text that statements return live in the context's arena.
 *
 * Errors are also noted in the context: general words for the user; SQLSTATE, constraint and
 * message for the log. Who knows better words ("this name is taken" for a unique violation)
 * calls ctx_clear and then ctx_fail.
 *
 *   ERR_NOT_FOUND    a `one` statement found no row; not noted, the caller knows the words
 *   ERR_CONFLICT     unique or exclusion violation, serialization failure, deadlock, lock
 *                    not available
 *   ERR_INVALID      foreign key or check violation, data exception (bad UTF-8, overflow)
 *   ERR_DENIED       the role may not do this
 *   ERR_LIMIT        a limit of PostgreSQL itself
 *   ERR_TIMEOUT      statement_timeout
 *   ERR_UNAVAILABLE  no connection, or it was lost: whether a statement that was sent took
 *                    effect is then unknown. It is never repeated here.
 *   ERR_INTERNAL     everything else
 */
#ifndef LEADBOARD_DB_H
#define LEADBOARD_DB_H

#include "shared/ctx.h"

struct db;

/* Does not connect. conninfo is a libpq connection string or URL and is copied. role, when not
 * NULL, is set with SET ROLE after connecting, unless the session user is that role already. */
struct db *db_new(struct str conninfo, const char *role);
/* Closes the connection and frees. Accepts NULL. */
void db_free(struct db *db);
/* Whose arena and failure slot the next statements use. Rolls back and throws away what an
 * earlier user left behind. The ctx must stay until the next db_use, db_close or db_free. */
void db_use(struct db *db, struct ctx *ctx);
/* The context in use; NULL when there is none. */
struct ctx *db_ctx(struct db *db);
/* Ends the context's use; the connection stays. */
void db_unuse(struct db *db);
/* Connects if need be; ERR_UNAVAILABLE when the server cannot be reached. Waits 5 s at most
 * (connect_timeout in the conninfo changes that). */
MUST_CHECK enum err db_open(struct db *db);
/* True when there is a connection that was not seen to be lost. */
bool db_is_open(const struct db *db);
void db_close(struct db *db);
/* From any thread: asks the server to give up the statement that runs now, if one does, which
 * then fails with ERR_TIMEOUT. Blocks while it talks to the server. */
void db_cancel(struct db *db);

/* What row-level security shows in this transaction: the settings leadboard.workspace and
 * leadboard.dataset, 0 = nothing. Outside db_begin both are 0. */
struct db_scope {
    int64_t workspace, dataset;
    bool read_only;
};
/* Begins a transaction; travels with the first statement. scope may be NULL: nothing visible.
 */
MUST_CHECK enum err db_begin(struct db *db, const struct db_scope *scope);
/* Ends the transaction; waits until it is durable (a read-only one is ended without waiting).
 * When a statement has failed, or the commit does, the transaction is rolled back and the
 * error returned. */
MUST_CHECK enum err db_commit(struct db *db);
/* Sends COMMIT behind the statements sent so far, when all of them were sent before the first
 * is taken. Take their results, then call db_commit for the outcome. Nothing else may be sent
 * in between. If one of the statements fails, nothing is committed. */
MUST_CHECK enum err db_commit_send(struct db *db);
/* Never fails visibly, does not wait. Without a transaction it does nothing. */
void db_rollback(struct db *db);
bool db_in_transaction(const struct db *db);
/* In a transaction. size: of what the caller's statements read, in anything. When it has doubled
 * since the last time, plans are made anew: one for a small table costs little until then. */
MUST_CHECK enum err db_outgrow(struct db *db, int64_t size);

/* Several statements of text without parameters, in one transaction (the one that is open, or
 * their own). For migrations and tests only. */
MUST_CHECK enum err db_exec_text(struct db *db, struct str sql);

struct db_value;
struct db_result;
struct db_statement;
/* One statement of composed text with typed parameters, not prepared. Only for those who
 * compose SQL (filter.h, card_find.h) and tests; the types are in db_value.h. */
MUST_CHECK enum err db_query(struct db *db, struct str sql, const struct db_value *params,
                             size_t n, struct db_result *out_result);
/* The same in halves, to travel with other statements. */
MUST_CHECK enum err db_query_send(struct db *db, struct str sql, const struct db_value *params,
                                  size_t n, const struct db_statement **out_sent);
MUST_CHECK enum err db_query_take(struct db *db, const struct db_statement *sent,
                                  struct db_result *out_result);

/* Since db_use: round trips waited for, and microseconds spent waiting. */
struct db_stats {
    int64_t waits, wait_us;
};
struct db_stats db_stats(const struct db *db);

#endif
