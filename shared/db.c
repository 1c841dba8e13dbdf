/*
 * The connection, the pipeline and the transaction.
 *
 * libpq's pipeline gives results in the order of sending. `queue` remembers what was sent, so
 * that each result finds its owner: statements, the PREPAREs that went before them, our own
 * BEGIN/COMMIT, and the synchronisation points. After an error the server skips everything up
 * to the next synchronisation point and answers "aborted" for it.
 */
#include "shared/db_private.h"

#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/sb.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>

#define OWN_ARENA_CAP ((size_t)256 * 1024)
#define QUEUE_SIZE 512 /* a power of two */
#define DETAIL_MAX 2000
#define REPLANS 8

enum own {
    OWN_BEGIN,
    OWN_BEGIN_READ_ONLY,
    OWN_SCOPE,
    OWN_COMMIT,
    OWN_ROLLBACK,
    OWN_REPLAN,
    OWN__COUNT
};

static const struct db_field scope_params[] = {{.name = "workspace", .type = DB_TEXT},
                                               {.name = "dataset", .type = DB_TEXT}};
static const struct db_statement own_statements[OWN__COUNT] = {
    [OWN_BEGIN] = {.name = "own.begin", .text = "begin"},
    [OWN_BEGIN_READ_ONLY] = {.name = "own.begin_read_only", .text = "begin read only"},
    [OWN_SCOPE] = {.name = "own.scope",
                   .text = "select set_config('leadboard.workspace', $1, true), "
                           "set_config('leadboard.dataset', $2, true)",
                   .params = scope_params,
                   .n_params = 2},
    [OWN_COMMIT] = {.name = "own.commit", .text = "commit"},
    [OWN_ROLLBACK] = {.name = "own.rollback", .text = "rollback"},
    [OWN_REPLAN] = {.name = "own.replan", .text = "discard plans"},
};

enum entry_kind {
    ENTRY_PREPARE,
    ENTRY_STATEMENT,
    ENTRY_DISCARD, /* a statement whose result nobody wants any more */
    ENTRY_OWN,
    ENTRY_SYNC,
};

struct entry {
    enum entry_kind kind;
    const struct db_statement *statement;
    bool *prepared; /* for ENTRY_PREPARE */
};

enum transaction { TX_NONE, TX_OPEN, TX_COMMIT_SENT };

struct db {
    struct arena *own;
    const char *conninfo, *role;
    PGconn *conn;
    struct ctx *ctx;
    pthread_mutex_t cancel_lock; /* of `cancel`, which another thread may use */
    PGcancel *cancel;

    struct entry queue[QUEUE_SIZE];
    size_t head, tail;     /* taken, sent; they only grow */
    bool unsynced;         /* something was sent after the last synchronisation point */
    enum err pipeline_err; /* why the rest up to the next synchronisation point is skipped */
    bool lost;             /* the connection went while somebody may still want results */
    bool stale;            /* prepared statements are not what we think: connect again */
    bool quiet;            /* failures now are nobody's */

    enum transaction tx;
    bool read_only;
    enum err tx_err; /* the first failure in the transaction */

    bool own_prepared[OWN__COUNT];
    bool prepared[SQL_COUNT + 1];
    int64_t connected_at; /* clock_monotonic */
    int replans;
    int64_t outgrown_at; /* the size that is too much for the plans: db_outgrow */
    struct db_stats stats;
};

struct ctx *db_ctx(struct db *db)
{
    return db->ctx;
}

/* --- failures --- */

static enum err err_of_sqlstate(const char *sqlstate)
{
    static const struct {
        const char *prefix;
        enum err err;
    } table[] = {
        {"23505", ERR_CONFLICT},    {"23P01", ERR_CONFLICT}, {"40", ERR_CONFLICT},
        {"55P03", ERR_CONFLICT},    {"23503", ERR_INVALID},  {"23514", ERR_INVALID},
        {"22", ERR_INVALID},        {"57014", ERR_TIMEOUT},  {"08", ERR_UNAVAILABLE},
        {"57P", ERR_UNAVAILABLE},   {"53", ERR_UNAVAILABLE}, {"58", ERR_UNAVAILABLE},
        {"25P03", ERR_UNAVAILABLE}, {"42501", ERR_DENIED},   {"54", ERR_LIMIT},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strncmp(sqlstate, table[i].prefix, strlen(table[i].prefix)) == 0) {
            return table[i].err;
        }
    }
    return ERR_INTERNAL;
}

static enum err fail(struct db *db, enum err err, struct str detail)
{
    static const char *const words[ERR__COUNT] = {
        [ERR_INVALID] = "This value is not possible here.",
        [ERR_CONFLICT] = "Somebody else changed this at the same time. Please try again.",
        [ERR_DENIED] = "You may not do this.",
        [ERR_LIMIT] = "This is more than fits.",
        [ERR_TIMEOUT] = "This took too long. Please try again.",
        [ERR_UNAVAILABLE] = "The database cannot be reached. Please try again in a moment.",
        [ERR_INTERNAL] = "Something went wrong on our side.",
    };
    if (db->tx != TX_NONE && db->tx_err == ERR_NONE) {
        db->tx_err = err;
    }
    if (db->ctx == NULL || db->quiet) {
        return err;
    }
    return ctx_fail_detail(db->ctx, err, detail, "%s", words[err]);
}

enum err db_bug(struct db *db, const struct db_statement *statement, const char *what)
{
    char detail[256];
    (void)snprintf(detail, sizeof(detail), "statement=%s %s",
                   statement == NULL ? "-" : statement->name, what);
    return fail(db, ERR_INTERNAL, str_from(detail));
}

static void set_cancel(struct db *db, PGcancel *cancel)
{
    (void)pthread_mutex_lock(&db->cancel_lock);
    PQfreeCancel(db->cancel);
    db->cancel = cancel;
    (void)pthread_mutex_unlock(&db->cancel_lock);
}

static void disconnect(struct db *db)
{
    if (db->conn != NULL) {
        set_cancel(db, NULL);
        PQfinish(db->conn);
        db->conn = NULL;
    }
    db->head = db->tail = 0;
    db->unsynced = false;
    db->stale = false;
    db->pipeline_err = ERR_NONE;
}

/* The connection broke while it was in use. */
static enum err fail_lost(struct db *db)
{
    char detail[DETAIL_MAX];
    (void)snprintf(detail, sizeof(detail), "connection lost: %s",
                   db->conn == NULL ? "" : PQerrorMessage(db->conn));
    struct str text = str_trim(str_from(detail));
    log_event(LOG_WARN, db->ctx, "db.lost", LOG_STR("why", text));
    disconnect(db);
    db->lost = true;
    return fail(db, ERR_UNAVAILABLE, text);
}

static const char *error_field(const PGresult *result, int field)
{
    const char *text = PQresultErrorField(result, field);
    return text == NULL ? "" : text;
}

static enum err fail_result(struct db *db, const struct db_statement *statement,
                            const PGresult *result)
{
    if (db->conn == NULL || PQstatus(db->conn) == CONNECTION_BAD) {
        return fail_lost(db);
    }
    const char *sqlstate = error_field(result, PG_DIAG_SQLSTATE);
    /* Unknown, doubly known or outdated prepared statement: our book-keeping is wrong. */
    if (strcmp(sqlstate, "26000") == 0 || strcmp(sqlstate, "42P05") == 0 ||
        strcmp(sqlstate, "0A000") == 0) {
        db->stale = true;
    }
    char detail[DETAIL_MAX];
    (void)snprintf(detail, sizeof(detail), "statement=%s sqlstate=%s constraint=%s %s",
                   statement == NULL ? "-" : statement->name, sqlstate,
                   error_field(result, PG_DIAG_CONSTRAINT_NAME),
                   error_field(result, PG_DIAG_MESSAGE_PRIMARY));
    return fail(db, err_of_sqlstate(sqlstate), str_from(detail));
}

/* --- the connection --- */

struct db *db_new(struct str conninfo, const char *role)
{
    struct arena *own = arena_new(OWN_ARENA_CAP);
    struct db *db = ARENA_NEW(own, struct db);
    db->own = own;
    db->conninfo = arena_cstr(own, conninfo);
    db->role = role == NULL ? NULL : arena_cstr(own, str_from(role));
    (void)pthread_mutex_init(&db->cancel_lock, NULL);
    return db;
}

void db_free(struct db *db)
{
    if (db != NULL) {
        disconnect(db);
        (void)pthread_mutex_destroy(&db->cancel_lock);
        arena_free(db->own);
    }
}

static void ignore_notice(void *unused, const char *message)
{
    (void)unused;
    (void)message;
}

/* Settings of the session. The two of row security get a value that shows nothing, because
 * SET LOCAL leaves an empty text behind that is no number. */
static enum err set_up_session(struct db *db)
{
    bool same = db->role == NULL || strcmp(db->role, PQuser(db->conn)) == 0;
    const char *const values[] = {same ? "none" : db->role};
    PGresult *result = PQexecParams(
        db->conn,
        "select set_config('jit', 'off', false), set_config('leadboard.workspace', '0', "
        "false), "
        "set_config('leadboard.dataset', '0', false), set_config('role', $1, false)",
        1, NULL, values, NULL, NULL, 0);
    enum err err =
        PQresultStatus(result) == PGRES_TUPLES_OK ? ERR_NONE : fail_result(db, NULL, result);
    PQclear(result);
    if (err == ERR_NONE && PQenterPipelineMode(db->conn) != 1) {
        return fail_lost(db);
    }
    return err;
}

static enum err connect_now(struct db *db)
{
    const char *const keywords[] = {"connect_timeout", "client_encoding",
                                    "fallback_application_name", "dbname", NULL};
    const char *const values[] = {"5", "UTF8", program_invocation_short_name, db->conninfo,
                                  NULL};
    disconnect(db);
    memset(db->prepared, 0, sizeof(db->prepared));
    memset(db->own_prepared, 0, sizeof(db->own_prepared));
    db->conn = PQconnectdbParams(keywords, values, 1);
    if (PQstatus(db->conn) != CONNECTION_OK) {
        char detail[DETAIL_MAX];
        (void)snprintf(detail, sizeof(detail), "%s", PQerrorMessage(db->conn));
        disconnect(db);
        return fail(db, ERR_UNAVAILABLE, str_trim(str_from(detail)));
    }
    (void)PQsetNoticeProcessor(db->conn, ignore_notice, NULL);
    enum err err = set_up_session(db);
    if (err != ERR_NONE) {
        disconnect(db);
        return err;
    }
    set_cancel(db, PQgetCancel(db->conn));
    db->connected_at = clock_monotonic();
    db->replans = 0;
    db->outgrown_at = 0;
    db->lost = false;
    return ERR_NONE;
}

/* Whether an idle connection still has a server and no forgotten transaction. What came in
 * unasked (notices, the farewell of a server that stops) is read; whoever goes on talking
 * without being asked is not trusted. */
static bool is_alive(const struct db *db)
{
    if (PQtransactionStatus(db->conn) != PQTRANS_IDLE) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        struct pollfd fd = {.fd = PQsocket(db->conn), .events = POLLIN | POLLRDHUP};
        int ready = fd.fd < 0 ? -1 : poll(&fd, 1, 0);
        if (ready <= 0) {
            return ready == 0 || (fd.fd >= 0 && errno == EINTR);
        }
        if ((fd.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0 ||
            PQconsumeInput(db->conn) == 0 || PQisBusy(db->conn) != 0) {
            return false;
        }
    }
    return false;
}

/* --- the queue --- */

/* Room for a statement, its PREPARE, and the end of the transaction behind it. */
static bool has_room(const struct db *db)
{
    return db->tail - db->head + 10 <= QUEUE_SIZE;
}

static void push(struct db *db, enum entry_kind kind, const struct db_statement *statement,
                 bool *prepared)
{
    db->queue[db->tail % QUEUE_SIZE] =
        (struct entry){.kind = kind, .statement = statement, .prepared = prepared};
    db->tail++;
}

static enum err sync_pipeline(struct db *db)
{
    push(db, ENTRY_SYNC, NULL, NULL);
    if (PQpipelineSync(db->conn) != 1) {
        return fail_lost(db);
    }
    db->unsynced = false;
    return ERR_NONE;
}

static PGresult *get_result(struct db *db)
{
    if (PQisBusy(db->conn) == 0) {
        return PQgetResult(db->conn);
    }
    int64_t start = clock_monotonic();
    PGresult *result = PQgetResult(db->conn);
    db->stats.waits++;
    db->stats.wait_us += clock_monotonic() - start;
    return result;
}

/* Reads up to the synchronisation point that is next. An error here is one of the commit that
 * the synchronisation point implies. */
static enum err read_sync(struct db *db)
{
    enum err err = ERR_NONE;
    for (int nulls = 0;;) {
        PGresult *result = get_result(db);
        if (result == NULL) { /* at most the one that ends an error's result */
            if (PQstatus(db->conn) == CONNECTION_BAD || ++nulls > 2) {
                return fail_lost(db);
            }
            continue;
        }
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_PIPELINE_SYNC && err == ERR_NONE) {
            err = fail_result(db, NULL, result);
        }
        PQclear(result);
        if (db->conn == NULL) {
            return err;
        }
        if (status == PGRES_PIPELINE_SYNC) {
            db->pipeline_err = ERR_NONE;
            return err;
        }
    }
}

/* The result of one command, up to the NULL that ends it. */
static PGresult *read_command(struct db *db)
{
    PGresult *first = get_result(db);
    if (first == NULL) { /* the NULL that ended the one before */
        first = PQgetResult(db->conn);
    }
    for (PGresult *more = first; more != NULL && PQstatus(db->conn) == CONNECTION_OK;) {
        more = PQgetResult(db->conn);
        PQclear(more);
    }
    return first;
}

static bool is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

/* Reads the result of an entry that is not a synchronisation point, notes its failure. */
static enum err read_entry(struct db *db, const struct entry *entry, PGresult **out_result)
{
    PGresult *result = read_command(db);
    if (result == NULL) {
        return fail_lost(db);
    }
    if (is_good(result)) {
        *out_result = result;
        return ERR_NONE;
    }
    if (entry->kind == ENTRY_PREPARE) {
        *entry->prepared = false;
    }
    enum err err = db->pipeline_err;
    if (PQresultStatus(result) != PGRES_PIPELINE_ABORTED || err == ERR_NONE) {
        err = fail_result(db, entry->statement, result);
    }
    PQclear(result);
    if (db->conn != NULL) {
        db->pipeline_err = err;
    }
    return err;
}

/* Takes the oldest entry off the queue and throws its result away. */
static enum err skip_entry(struct db *db)
{
    struct entry entry = db->queue[db->head++ % QUEUE_SIZE];
    if (entry.kind == ENTRY_SYNC) {
        return read_sync(db);
    }
    PGresult *result = NULL;
    enum err err = read_entry(db, &entry, &result);
    PQclear(result);
    return err;
}

/* Reads everything that was sent. Failures are noted unless db->quiet. */
static enum err drain(struct db *db)
{
    enum err err = ERR_NONE;
    if (db->conn != NULL && db->unsynced) {
        err = sync_pipeline(db);
    }
    while (db->conn != NULL && db->head != db->tail) {
        enum err one = skip_entry(db);
        err = err == ERR_NONE ? one : err;
    }
    return err;
}

static void drain_quietly(struct db *db)
{
    db->quiet = true;
    (void)drain(db);
    db->quiet = false;
}

/* Nobody wants the results of what was sent so far. */
static void discard_sent(struct db *db)
{
    for (size_t i = db->head; i != db->tail; i++) {
        struct entry *entry = &db->queue[i % QUEUE_SIZE];
        if (entry->kind == ENTRY_STATEMENT) {
            entry->kind = ENTRY_DISCARD;
        }
    }
}

static bool somebody_waits(const struct db *db)
{
    for (size_t i = db->head; i != db->tail; i++) {
        if (db->queue[i % QUEUE_SIZE].kind == ENTRY_STATEMENT) {
            return true;
        }
    }
    return false;
}

/* Makes sure of a connection that was alive a moment ago. Only here is a lost connection
 * replaced without a word: nothing of what the caller wants was sent on it. */
static enum err ready(struct db *db)
{
    if (db->ctx == NULL) {
        return db_bug(db, NULL, "db_use was not called");
    }
    if (db->tx != TX_NONE || somebody_waits(db)) {
        return db->conn == NULL ? fail(db, ERR_UNAVAILABLE, STR("connection lost")) : ERR_NONE;
    }
    if (db->conn != NULL) {
        drain_quietly(db);
    }
    if (db->conn != NULL && !db->stale && is_alive(db)) {
        db->lost = false;
        return ERR_NONE;
    }
    return connect_now(db);
}

static bool send_prepare(struct db *db, const struct db_statement *statement, bool *prepared)
{
    Oid oids[DB_PARAMS_MAX];
    for (size_t i = 0; i < statement->n_params; i++) {
        oids[i] = db_type_oid(statement->params[i].type);
    }
    *prepared = true;
    push(db, ENTRY_PREPARE, statement, prepared);
    return PQsendPrepare(db->conn, statement->name, statement->text, (int)statement->n_params,
                         oids) == 1;
}

static bool send_execute(struct db *db, const struct db_statement *statement,
                         const struct db_wire *wires, bool by_name)
{
    Oid oids[DB_PARAMS_MAX];
    const char *values[DB_PARAMS_MAX];
    int lengths[DB_PARAMS_MAX];
    int formats[DB_PARAMS_MAX];
    int n = (int)statement->n_params;
    for (int i = 0; i < n; i++) {
        oids[i] = db_type_oid(statement->params[i].type);
        values[i] = wires[i].p;
        lengths[i] = (int)wires[i].n;
        formats[i] = wires[i].binary ? 1 : 0;
    }
    if (by_name) {
        return PQsendQueryPrepared(db->conn, statement->name, n, values, lengths, formats, 1) ==
               1;
    }
    return PQsendQueryParams(db->conn, statement->text, n, oids, values, lengths, formats, 1) ==
           1;
}

static enum err send(struct db *db, enum entry_kind kind, const struct db_statement *statement,
                     const struct db_wire *wires, bool *prepared)
{
    if (prepared != NULL && !*prepared && !send_prepare(db, statement, prepared)) {
        return fail_lost(db);
    }
    push(db, kind, statement, NULL);
    if (!send_execute(db, statement, wires, prepared != NULL)) {
        return fail_lost(db);
    }
    db->unsynced = true;
    return ERR_NONE;
}

static enum err send_own(struct db *db, enum own own, const struct db_wire *wires)
{
    return send(db, ENTRY_OWN, &own_statements[own], wires, &db->own_prepared[own]);
}

/* A plan made while a table was small takes an index by chance, and reads all of a dataset for
 * each element once it has grown. So plans are made anew when the connection is 1, 2, 4 ... 128
 * seconds old; by then PostgreSQL has counted the tables, and sees to it by itself. */
static enum err replan(struct db *db)
{
    int64_t seconds = (clock_monotonic() - db->connected_at) / CLOCK_SECOND;
    bool due = false;
    for (; db->replans < REPLANS && seconds >= INT64_C(1) << db->replans; db->replans++) {
        due = true;
    }
    return due ? send_own(db, OWN_REPLAN, NULL) : ERR_NONE;
}

enum err db_outgrow(struct db *db, int64_t size)
{
    if (size == 0 || size < db->outgrown_at) {
        return ERR_NONE;
    }
    db->outgrown_at = size > INT64_MAX / 2 ? INT64_MAX : 2 * size;
    return send_own(db, OWN_REPLAN, NULL);
}

enum err db_send(struct db *db, const struct db_statement *statement,
                 const struct db_wire *wires)
{
    if (db->tx_err != ERR_NONE) {
        return db->tx_err;
    }
    if (db->tx == TX_COMMIT_SENT) {
        return db_bug(db, statement, "sent after db_commit_send");
    }
    TRY(ready(db));
    if (!has_room(db)) {
        return db_bug(db, statement, "too many statements in flight");
    }
    bool *prepared = statement->id < SQL_COUNT ? &db->prepared[statement->id] : NULL;
    TRY(db->tx == TX_NONE ? replan(db) : ERR_NONE);
    TRY(send(db, ENTRY_STATEMENT, statement, wires, prepared));
    return db->tx == TX_NONE ? sync_pipeline(db) : ERR_NONE;
}

/* What went before the next statement is read; its entry is left at the head. */
static enum err reach_statement(struct db *db)
{
    if (db->conn != NULL && db->unsynced) {
        TRY(sync_pipeline(db));
    }
    while (db->conn != NULL && db->head != db->tail &&
           db->queue[db->head % QUEUE_SIZE].kind != ENTRY_STATEMENT) {
        (void)skip_entry(db); /* the statement behind it says so too */
    }
    return ERR_NONE;
}

enum err db_take(struct db *db, const struct db_statement *statement, PGresult **out_result)
{
    TRY(reach_statement(db));
    if (db->conn == NULL && db->lost) {
        return fail(db, ERR_UNAVAILABLE, STR("connection lost"));
    }
    if (db->head == db->tail || db->queue[db->head % QUEUE_SIZE].statement != statement) {
        return db_bug(db, statement, "is not the next to be taken");
    }
    struct entry entry = db->queue[db->head++ % QUEUE_SIZE];
    enum err err = read_entry(db, &entry, out_result);
    if (db->tx != TX_NONE || db->conn == NULL) {
        return err;
    }
    /* A transaction of its own is committed at the synchronisation point, not before. */
    db->head++;
    enum err commit = read_sync(db);
    if (err == ERR_NONE && commit != ERR_NONE) {
        PQclear(*out_result);
        *out_result = NULL;
    }
    return err == ERR_NONE ? commit : err;
}

/* --- transactions --- */

static enum err send_scope(struct db *db, const struct db_scope *scope)
{
    struct db_wire wires[2];
    int64_t ids[2] = {scope->workspace, scope->dataset};
    for (size_t i = 0; i < 2; i++) {
        struct str text = arena_print(db->ctx->arena, "%lld", (long long)ids[i]);
        TRY(db_encode(db->ctx->arena, DB_TEXT, &text, &wires[i]));
    }
    return send_own(db, OWN_SCOPE, wires);
}

enum err db_begin(struct db *db, const struct db_scope *scope)
{
    if (db->tx != TX_NONE) {
        return db_bug(db, NULL, "a transaction is open already");
    }
    discard_sent(db);
    TRY(ready(db));
    TRY(replan(db));
    db->read_only = scope != NULL && scope->read_only;
    TRY(send_own(db, db->read_only ? OWN_BEGIN_READ_ONLY : OWN_BEGIN, NULL));
    db->tx = TX_OPEN;
    db->tx_err = ERR_NONE;
    if (scope != NULL && (scope->workspace != 0 || scope->dataset != 0)) {
        return send_scope(db, scope);
    }
    return ERR_NONE;
}

static void end_transaction(struct db *db)
{
    db->tx = TX_NONE;
    db->tx_err = ERR_NONE;
}

void db_rollback(struct db *db)
{
    discard_sent(db);
    bool was_open = db->tx != TX_NONE;
    end_transaction(db);
    db->lost = false;
    if (!was_open || db->conn == NULL) {
        return;
    }
    db->quiet = true;
    /* Behind a failed statement everything up to the synchronisation point is skipped, ROLLBACK
     * would be as well. The result is read before the next statement. */
    if ((!db->unsynced || sync_pipeline(db) == ERR_NONE) &&
        send_own(db, OWN_ROLLBACK, NULL) == ERR_NONE) {
        (void)sync_pipeline(db);
    }
    db->quiet = false;
}

enum err db_commit_send(struct db *db)
{
    if (db->tx_err != ERR_NONE) {
        return db->tx_err;
    }
    if (db->tx != TX_OPEN) {
        return db_bug(db, NULL, "no transaction to commit");
    }
    if (db->conn == NULL) {
        return fail(db, ERR_UNAVAILABLE, STR("connection lost"));
    }
    TRY(send_own(db, OWN_COMMIT, NULL));
    db->tx = TX_COMMIT_SENT;
    return ERR_NONE;
}

/* Reads up to the answer to COMMIT, which is the last command of the queue. */
static enum err read_commit(struct db *db)
{
    if (db->unsynced) {
        TRY(sync_pipeline(db));
    }
    while (db->conn != NULL && db->head != db->tail) {
        struct entry entry = db->queue[db->head % QUEUE_SIZE];
        if (entry.kind != ENTRY_OWN || entry.statement != &own_statements[OWN_COMMIT]) {
            TRY(skip_entry(db));
            continue;
        }
        db->head++;
        PGresult *result = NULL;
        TRY(read_entry(db, &entry, &result));
        bool committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
        PQclear(result);
        return committed ? ERR_NONE : db_bug(db, entry.statement, "was answered by a rollback");
    }
    return fail(db, ERR_UNAVAILABLE, STR("connection lost"));
}

static enum err commit(struct db *db)
{
    TRY(db->tx_err);
    if (db->tx == TX_OPEN) {
        TRY(db_commit_send(db));
    }
    if (!db->read_only) {
        return read_commit(db);
    }
    if (db->unsynced) {
        TRY(sync_pipeline(db));
    }
    discard_sent(db);
    return ERR_NONE;
}

enum err db_commit(struct db *db)
{
    if (db->tx == TX_NONE) {
        return db_bug(db, NULL, "no transaction to commit");
    }
    enum err err = commit(db);
    if (err != ERR_NONE) {
        db_rollback(db);
    } else {
        end_transaction(db);
    }
    return err;
}

bool db_in_transaction(const struct db *db)
{
    return db->tx != TX_NONE;
}

/* --- the rest of the interface --- */

void db_use(struct db *db, struct ctx *ctx)
{
    db_rollback(db);
    db->ctx = ctx;
    db->stats = (struct db_stats){0};
}

void db_unuse(struct db *db)
{
    db_rollback(db);
    db->ctx = NULL;
}

enum err db_open(struct db *db)
{
    return ready(db);
}

bool db_is_open(const struct db *db)
{
    return db->conn != NULL && PQstatus(db->conn) == CONNECTION_OK;
}

void db_close(struct db *db)
{
    disconnect(db);
    end_transaction(db);
    db->lost = false;
}

void db_cancel(struct db *db)
{
    char why[256];
    (void)pthread_mutex_lock(&db->cancel_lock);
    if (db->cancel != NULL) {
        (void)PQcancel(db->cancel, why, (int)sizeof(why));
    }
    (void)pthread_mutex_unlock(&db->cancel_lock);
}

struct db_stats db_stats(const struct db *db)
{
    return db->stats;
}

enum err db_exec_text(struct db *db, struct str sql)
{
    TRY(db->tx_err);
    TRY(ready(db));
    TRY(drain(db));
    if (PQexitPipelineMode(db->conn) != 1) {
        return fail_lost(db);
    }
    PGresult *result = PQexec(db->conn, arena_cstr(db->ctx->arena, sql));
    enum err err = is_good(result) ? ERR_NONE : fail_result(db, NULL, result);
    PQclear(result);
    if (db->conn != NULL && PQenterPipelineMode(db->conn) != 1) {
        return fail_lost(db);
    }
    return err;
}
