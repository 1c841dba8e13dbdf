/* The way in, and what machines ask: is it alive, is it ready, how is it doing. */
#include "fcgi/handlers.h"

#include "gen/sql.h"
#include "shared/migrate.h"

enum err handle_home(struct web *web, struct request *request, struct response *response)
{
    (void)request;
    if (web->session.signed_in) {
        return web_redirect(response, "/boards");
    }
    struct sql_workspace_any any;
    TRY(sql_workspace_any(web->db, &any));
    return web_redirect(response, any.found ? "/login" : "/setup");
}

static void say(struct response *response, int status, struct str text)
{
    response->status = status;
    response->type = "text/plain; charset=utf-8";
    sb_str(&response->body, text);
}

enum err handle_health(struct web *web, struct request *request, struct response *response)
{
    (void)web;
    (void)request;
    say(response, 200, STR("ok\n"));
    return ERR_NONE;
}

enum err handle_ready(struct web *web, struct request *request, struct response *response)
{
    (void)request;
    bool current = false;
    enum err err = migrate_is_current(web->db, web->ctx, &current);
    if (err != ERR_NONE) {
        ctx_clear(web->ctx);
        say(response, 503, STR("no database\n"));
    } else if (!current) {
        say(response, 503, STR("migrations are missing\n"));
    } else {
        say(response, 200, STR("ready\n"));
    }
    return ERR_NONE;
}

static bool is_local(const struct request *request)
{
    struct str address = request->remote_addr;
    return str_starts(address, STR("127.")) || str_eq(address, STR("::1")) ||
           str_starts(address, STR("unix:"));
}

static void metric(struct sb *out, const char *name, const char *help, const char *type,
                   int64_t value)
{
    sb_printf(out, "# HELP leadboard_%s %s\n# TYPE leadboard_%s %s\nleadboard_%s %lld\n", name,
              help, name, type, name, (long long)value);
}

enum err handle_metrics(struct web *web, struct request *request, struct response *response)
{
    if (!is_local(request)) {
        return web_not_found(web, "There is nothing here.");
    }
    struct sql_metrics row;
    TRY(sql_metrics(web->db, &row));
    struct sb *out = &response->body;
    response->type = "text/plain; version=0.0.4; charset=utf-8";
    metric(out, "jobs_ready", "Jobs waiting to run.", "gauge", row.jobs_ready);
    metric(out, "jobs_running", "Jobs running.", "gauge", row.jobs_running);
    metric(out, "jobs_dead", "Jobs that failed for good.", "gauge", row.jobs_dead);
    metric(out, "workers", "Workers whose heartbeat is fresh.", "gauge", row.workers);
    metric(out, "log_lag_seconds", "Age of the last progress of the log consumer.", "gauge",
           row.log_lag_s);
    metric(out, "database_connections", "Connections to the database.", "gauge",
           row.connections);
    metric(out, "database_bytes", "Size of the database.", "gauge", row.bytes);
    return ERR_NONE;
}
