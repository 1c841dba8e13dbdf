/* Before banned.h, because it defines a macro with a banned call. */
#include <libpq-fe.h>

#include "shared/db_listen.h"

#define OWN_ARENA_CAP ((size_t)64 * 1024)

struct db_listen {
    struct arena *own;
    const char *conninfo;
    const char *const *channels;
    PGconn *conn;
    PGnotify *note; /* given out last */
};

struct db_listen *db_listen_new(struct str conninfo, const char *const *channels)
{
    struct arena *own = arena_new(OWN_ARENA_CAP);
    struct db_listen *listen = ARENA_NEW(own, struct db_listen);
    *listen = (struct db_listen){
        .own = own, .conninfo = arena_cstr(own, conninfo), .channels = channels};
    return listen;
}

static void disconnect(struct db_listen *listen)
{
    PQfreemem(listen->note);
    listen->note = NULL;
    PQfinish(listen->conn);
    listen->conn = NULL;
}

void db_listen_free(struct db_listen *listen)
{
    if (listen != NULL) {
        disconnect(listen);
        arena_free(listen->own);
    }
}

static void ignore_notice(void *unused, const char *message)
{
    (void)unused;
    (void)message;
}

static bool listen_to(PGconn *conn, const char *channel)
{
    char sql[128];
    (void)snprintf(sql, sizeof(sql), "listen %s", channel);
    PGresult *result = PQexec(conn, sql);
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return good;
}

enum err db_listen_open(struct db_listen *listen, struct ctx *ctx)
{
    const char *const keywords[] = {"connect_timeout", "fallback_application_name", "dbname",
                                    NULL};
    const char *const values[] = {"5", "leadboard-listen", listen->conninfo, NULL};
    disconnect(listen);
    listen->conn = PQconnectdbParams(keywords, values, 1);
    bool good = PQstatus(listen->conn) == CONNECTION_OK;
    (void)PQsetNoticeProcessor(listen->conn, ignore_notice, NULL);
    for (const char *const *channel = listen->channels; good && *channel != NULL; channel++) {
        good = listen_to(listen->conn, *channel);
    }
    if (!good) {
        struct str why = arena_dup(ctx->arena, str_from(PQerrorMessage(listen->conn)));
        disconnect(listen);
        return ctx_fail_detail(ctx, ERR_UNAVAILABLE, str_trim(why),
                               "The database cannot be reached.");
    }
    return ERR_NONE;
}

int db_listen_socket(const struct db_listen *listen)
{
    return listen->conn == NULL ? -1 : PQsocket(listen->conn);
}

bool db_listen_read(struct db_listen *listen)
{
    if (listen->conn == NULL) {
        return false;
    }
    if (PQconsumeInput(listen->conn) == 0 || PQsocket(listen->conn) < 0) {
        disconnect(listen);
        return false;
    }
    return true;
}

bool db_listen_next(struct db_listen *listen, struct db_note *out_note)
{
    PQfreemem(listen->note);
    listen->note = listen->conn == NULL ? NULL : PQnotifies(listen->conn);
    if (listen->note == NULL) {
        return false;
    }
    *out_note = (struct db_note){.channel = str_from(listen->note->relname),
                                 .payload = str_from(listen->note->extra)};
    return true;
}
