/* Kinds of traffic: networks with what they are taken for, sessions that do not count, and the
 * team's word on them. */
#include "fcgi/handlers.h"
#include "fcgi/panel_draw.h"
#include "fcgi/traffic_draw.h"
#include "fcgi/views/traffic.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/crypt.h"
#include "shared/queue.h"
#include "shared/reference.h"
#include "shared/traffic_say.h"

#define NETWORKS 200
#define NETWORKS_READ 5000
#define SAMPLE 50000 /* latest sessions that the list of networks is made of */
#define SAID 200
#define PAGE_ROWS 100
#define NO_SESSION "This session does not exist, or you may not see it."

struct traffic_values {
    int64_t what, verdict, network, place, at;
    struct str visitor;
};
enum { WHAT_SESSION, WHAT_PLACE, WHAT_NETWORK, WHAT_HERE };
static const char *const whats[] = {"session", "place", "network", "here", NULL};
/* By enum traffic_verdict; "rules": as the rules say. */
static const char *const verdict_values[] = {
    "rules", "company", "provider", "hosting", "office", "bot", "scanner", "person", NULL};
static const struct form_field traffic_fields[] = {
    {.name = "what",
     .label = "About",
     .kind = FORM_ENUM,
     .choices = whats,
     .required = true,
     .offset = offsetof(struct traffic_values, what)},
    {.name = "verdict",
     .label = "It is",
     .kind = FORM_ENUM,
     .choices = verdict_values,
     .required = true,
     .offset = offsetof(struct traffic_values, verdict)},
    {.name = "network",
     .label = "Network",
     .kind = FORM_ID,
     .offset = offsetof(struct traffic_values, network)},
    {.name = "place",
     .label = "Place",
     .kind = FORM_INT,
     .offset = offsetof(struct traffic_values, place)},
    {.name = "at",
     .label = "Session",
     .kind = FORM_INT,
     .offset = offsetof(struct traffic_values, at)},
    {.name = "visitor",
     .label = "Visitor",
     .kind = FORM_TEXT,
     .max = 32,
     .offset = offsetof(struct traffic_values, visitor)},
};
const struct form_spec traffic_spec = FORM_SPEC(traffic_fields, struct traffic_values);

struct names_values {
    int64_t names;
};
static const char *const names_values[] = {"off", "on", NULL};
static const struct form_field names_fields[] = {
    {.name = "names",
     .label = "Names of addresses",
     .kind = FORM_ENUM,
     .choices = names_values,
     .required = true,
     .offset = offsetof(struct names_values, names)},
};
const struct form_spec traffic_names_spec = FORM_SPEC(names_fields, struct names_values);

/* "As the rules say" first. */
static const struct traffic_choice *choices(struct arena *arena, int current, size_t *out_n)
{
    struct traffic_choice *list = ARENA_ARRAY(arena, TRAFFIC__END, struct traffic_choice);
    for (int i = 0; i < TRAFFIC__END; i++) {
        list[i] = (struct traffic_choice){
            .value = verdict_values[i],
            .label = i == TRAFFIC_UNKNOWN ? "as the rules say" : traffic_verdict_name(i),
            .current = i == current};
    }
    *out_n = TRAFFIC__END;
    return list;
}

/* ---- the page of networks ---------------------------------------------------------- */

static int64_t kind_asked_for(const struct web *web)
{
    struct str kind = web_query(web, "kind");
    for (int i = TRAFFIC_COMPANY; i < TRAFFIC__END; i++) {
        if (str_eq(kind, str_from(verdict_values[i]))) {
            return i;
        }
    }
    return 0;
}

static void draw_kinds(struct web *web, int64_t kind, struct traffic_view *view)
{
    struct traffic_choice *kinds =
        ARENA_ARRAY(web->ctx->arena, TRAFFIC_OFFICE + 1, struct traffic_choice);
    for (int i = 0; i <= TRAFFIC_OFFICE; i++) {
        kinds[i] = (struct traffic_choice){.value = i == 0 ? "" : verdict_values[i],
                                           .label = i == 0 ? "all" : traffic_verdict_name(i),
                                           .current = i == kind};
    }
    view->kinds = kinds;
    view->n_kinds = TRAFFIC_OFFICE + 1;
}

static struct traffic_network_row draw_network(struct web *web,
                                               const struct sql_traffic_networks *row)
{
    struct traffic_network network = {
        .number = row->network, .owner = row->owner, .addresses = row->addresses};
    struct traffic_kind kind = traffic_kind(&network);
    int verdict = row->said_null ? (int)kind.verdict : row->said;
    struct traffic_network_row view = {
        .network = row->network,
        .sessions = row->sessions,
        .visitors = row->visitors,
        .left_out = row->left_out,
        .last_at = row->last_at,
        .owner = str_is_empty(row->owner) ? STR("Not named") : row->owner,
        .verdict = traffic_verdict_name(verdict),
        .why = traffic_reason_text(row->said_null ? (int)kind.reason : TRAFFIC_BY_HAND_NETWORK,
                                   verdict),
        .said = !row->said_null};
    view.choices = choices(web->ctx->arena, row->said_null ? 0 : row->said, &view.n_choices);
    return view;
}

static enum err load_networks(struct web *web, struct traffic_view *view)
{
    struct sql_traffic_networks_rows rows;
    int64_t kind = kind_asked_for(web);
    draw_kinds(web, kind, view);
    TRY(sql_traffic_networks(web->db,
                             &(struct sql_traffic_networks_in){.dataset = web->session.dataset,
                                                               .sample = SAMPLE,
                                                               .most = NETWORKS_READ},
                             &rows));
    struct traffic_network_row *list =
        ARENA_ARRAY(web->ctx->arena, NETWORKS, struct traffic_network_row);
    for (size_t i = 0; i < rows.n && view->n_networks < NETWORKS; i++) {
        struct traffic_network_row row = draw_network(web, &rows.row[i]);
        if (kind == 0 || strcmp(row.verdict, traffic_verdict_name((int)kind)) == 0) {
            row.csrf = view->csrf;
            list[view->n_networks++] = row;
        }
    }
    view->networks = list;
    return ERR_NONE;
}

static enum err load_said(struct web *web, int64_t here, struct traffic_view *view)
{
    size_t n = 0;
    struct sql_traffic_said_rows rows;
    TRY(sql_traffic_said(
        web->db, &(struct sql_traffic_said_in){.dataset = web->session.dataset, .most = SAID},
        &rows));
    struct traffic_said_row *list =
        ARENA_ARRAY(web->ctx->arena, rows.n, struct traffic_said_row);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_traffic_said *row = &rows.row[i];
        if (!row->place_null && row->place == here) {
            view->here = str_from(traffic_verdict_name(row->verdict));
        }
        if (row->network_null) { /* those of networks stand beside them */
            list[n++] = (struct traffic_said_row){
                .id = row->id,
                .at = row->created_at,
                .label = row->label,
                .by = row->by,
                .csrf = view->csrf,
                .verdict = traffic_verdict_name(row->verdict),
                .url = str_is_null(row->visitor)
                           ? (struct str){.p = NULL}
                           : traffic_draw_url(web->ctx->arena, row->visitor, row->at)};
        }
    }
    view->said = list;
    view->n_said = n;
    return ERR_NONE;
}

static int64_t place_of(const struct web *web, const struct request *request)
{
    return traffic_place(web->config->key, web->session.dataset, request->remote_addr);
}

static enum err load_progress(struct web *web, struct traffic_view *view)
{
    struct progress progress;
    enum err err = progress_latest(web->db, web->session.dataset, JOB_AGAIN, 0, &progress);
    if (err == ERR_NOT_FOUND) {
        return ERR_NONE;
    }
    TRY(err);
    view->running = progress.state == PROGRESS_WAITING || progress.state == PROGRESS_RUNNING;
    view->done = progress.done;
    view->total = progress.total;
    view->page.refresh_s = view->running ? 2 : 0;
    return ERR_NONE;
}

static enum err load_names(struct web *web, struct traffic_view *view)
{
    struct sql_traffic_names row;
    TRY(sql_traffic_names(
        web->db,
        &(struct sql_traffic_names_in){.dataset = web->session.dataset, .sample = SAMPLE},
        &row));
    view->may_name = view->page.may_manage;
    view->names = row.wanted;
    view->named = row.named;
    return ERR_NONE;
}

static enum err draw_traffic(struct web *web, struct request *request,
                             struct response *response)
{
    int64_t here = place_of(web, request);
    struct traffic_view view = {.page =
                                    page_make(web, request, response, "Traffic", NAV_SETTINGS),
                                .has_place = here != 0};
    view.page.tab = SETTINGS_TRAFFIC;
    view.csrf = view.page.csrf;
    TRY(load_networks(web, &view));
    TRY(load_said(web, here, &view));
    TRY(load_progress(web, &view));
    TRY(load_names(web, &view));
    web_form_status(web, response);
    tpl_traffic(&response->body, &view);
    return ERR_NONE;
}

enum err handle_traffic(struct web *web, struct request *request, struct response *response)
{
    return draw_traffic(web, request, response);
}

/* ---- sessions that do not count ------------------------------------------------------ */

enum err handle_traffic_left(struct web *web, struct request *request,
                             struct response *response)
{
    int64_t before;
    struct sql_traffic_left_out_rows rows;
    struct arena *arena = web->ctx->arena;
    if (!str_to_i64(web_query(web, "before"), &before) || before <= 0) {
        before = INT64_MAX / 2;
    }
    TRY(sql_traffic_left_out(web->db,
                             &(struct sql_traffic_left_out_in){.dataset = web->session.dataset,
                                                               .before = before,
                                                               .most = PAGE_ROWS},
                             &rows));
    struct traffic_session_row *list = ARENA_ARRAY(arena, rows.n, struct traffic_session_row);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_traffic_left_out *row = &rows.row[i];
        list[i] = (struct traffic_session_row){
            .url = traffic_draw_url(arena, row->visitor, row->started_at),
            .about = traffic_draw_about(arena, row->country, row->owner),
            .landing = panel_draw_short(web->ctx, row->landing, 100),
            .at = row->started_at,
            .events = row->events,
            .verdict = traffic_verdict_name(row->verdict),
            .why = traffic_reason_text(row->reason, row->verdict)};
    }
    struct traffic_left_view view = {
        .page = page_make(web, request, response, "Sessions that do not count", NAV_SETTINGS),
        .rows = list,
        .n_rows = rows.n,
        .before = rows.n == PAGE_ROWS ? rows.row[rows.n - 1].started_at : 0};
    tpl_traffic_left(&response->body, &view);
    return ERR_NONE;
}

/* ---- one session ------------------------------------------------------------------------ */

static enum err find_session(struct web *web, struct str visitor, int64_t at,
                             struct sql_traffic_session *out)
{
    struct str bytes;
    if (!traffic_draw_visitor(web->ctx->arena, visitor, &bytes)) {
        return web_not_found(web, NO_SESSION);
    }
    return web_need(
        web,
        sql_traffic_session(web->db,
                            &(struct sql_traffic_session_in){
                                .dataset = web->session.dataset, .visitor = bytes, .at = at},
                            out),
        NO_SESSION);
}

static struct str where_of(struct arena *arena, const struct sql_traffic_session *row)
{
    const struct str parts[] = {row->city, row->region, reference_country(row->country)};
    struct str where = {.p = NULL};
    for (size_t i = 0; i < 3; i++) {
        if (parts[i].n > 0) {
            where = where.n == 0
                        ? parts[i]
                        : arena_print(arena, "%.*s, %.*s", STR_ARG(where), STR_ARG(parts[i]));
        }
    }
    return where;
}

enum err handle_traffic_session(struct web *web, struct request *request,
                                struct response *response)
{
    int64_t at = 0;
    struct sql_traffic_session row;
    struct arena *arena = web->ctx->arena;
    struct str visitor = web_query(web, "visitor");
    if (!str_to_i64(web_query(web, "at"), &at)) {
        return web_not_found(web, NO_SESSION);
    }
    TRY(find_session(web, visitor, at, &row));
    struct traffic_session_view view = {
        .page = page_make(web, request, response, "Where a session came from", NAV_SETTINGS),
        .visitor = visitor,
        .at = at,
        .started_at = row.started_at,
        .length = panel_draw_length(web->ctx, row.ended_at - row.started_at),
        .landing = panel_draw_short(web->ctx, row.landing, 200),
        .events = row.events,
        .lead = row.lead,
        .network = row.network_null ? 0 : row.network,
        .place = row.place_null ? 0 : row.place,
        .owner = row.owner,
        .where = where_of(arena, &row),
        .company = row.company,
        .verdict = traffic_draw_heading(row.verdict),
        .why = traffic_reason_text(row.reason, row.verdict),
        .counts = traffic_counts(row.verdict),
        .back = row.lead != 0 ? arena_print(arena, "/leads/%lld", (long long)row.lead)
                              : STR("/settings/traffic/left-out"),
        .back_name = row.lead != 0 ? STR("Lead") : STR("Sessions that do not count"),
    };
    view.csrf = view.page.csrf;
    view.choices = choices(
        arena, traffic_counts(row.verdict) ? TRAFFIC_SCANNER : TRAFFIC_PERSON, &view.n_choices);
    tpl_traffic_session(&response->body, &view);
    return ERR_NONE;
}

/* ---- saying ------------------------------------------------------------------------------ */

static enum err say(struct web *web, struct request *request, struct response *response,
                    struct traffic_say *say)
{
    int64_t progress;
    say->dataset = web->session.dataset;
    say->user = web->session.user;
    TRY(traffic_say(web->db, say, &progress));
    web->wake = true;
    return web_redirect_saying(web, request, response, STR("/settings/traffic"),
                               "Said. What depends on it is being put right.");
}

static enum err say_of_session(struct web *web, const struct traffic_values *values,
                               struct traffic_say *out)
{
    struct sql_traffic_session row;
    TRY(find_session(web, values->visitor, values->at, &row));
    (void)traffic_draw_visitor(web->ctx->arena, values->visitor, &out->subject.visitor);
    out->subject.at = values->at;
    out->label = traffic_draw_session(web->ctx->arena, row.owner, row.started_at);
    return ERR_NONE;
}

static enum err read_subject(struct web *web, struct request *request,
                             const struct traffic_values *values, struct traffic_say *out)
{
    switch (values->what) {
    case WHAT_SESSION:
        return say_of_session(web, values, out);
    case WHAT_NETWORK:
        out->subject.network = values->network;
        out->label = arena_print(web->ctx->arena, "AS%lld", (long long)values->network);
        break;
    case WHAT_HERE:
        out->subject.place = place_of(web, request);
        out->label =
            arena_print(web->ctx->arena, "Where %.*s was", STR_ARG(web->session.user_name));
        break;
    default:
        out->subject.place = values->place;
        out->label = STR("A place");
        break;
    }
    return out->subject.network == 0 && out->subject.place == 0
               ? ctx_fail(web->ctx, ERR_INVALID, "Choose what this is about.")
               : ERR_NONE;
}

enum err handle_traffic_say(struct web *web, struct request *request, struct response *response)
{
    const struct traffic_values *values = web->form.values;
    struct traffic_say what = {.subject = {.network = 0}};
    if (!form_is_right(&web->form)) {
        return ctx_fail(web->ctx, ERR_INVALID, "Choose what it is.");
    }
    what.verdict = (enum traffic_verdict)values->verdict;
    TRY(read_subject(web, request, values, &what));
    return say(web, request, response, &what);
}

enum err handle_traffic_remove(struct web *web, struct request *request,
                               struct response *response)
{
    struct sql_traffic_said_get row;
    TRY(web_need(web,
                 sql_traffic_said_get(web->db,
                                      &(struct sql_traffic_said_get_in){
                                          .dataset = web->session.dataset, .id = web->ids[0]},
                                      &row),
                 "This was taken back already."));
    struct traffic_say what = {.verdict = TRAFFIC_UNKNOWN,
                               .subject = {.network = row.network_null ? 0 : row.network,
                                           .place = row.place_null ? 0 : row.place,
                                           .visitor = row.visitor,
                                           .at = row.at_null ? 0 : row.at},
                               .label = row.label};
    return say(web, request, response, &what);
}

/* ---- names of addresses --------------------------------------------------------------- */

enum err handle_traffic_names(struct web *web, struct request *request,
                              struct response *response)
{
    const struct names_values *values = web->form.values;
    if (!form_is_right(&web->form)) {
        return ctx_fail(web->ctx, ERR_INVALID,
                        "Choose whether names are looked up: on or off.");
    }
    bool on = values->names != 0;
    struct sql_audit_add_in audit = {.workspace = web->session.workspace,
                                     .user = web->session.user,
                                     .action = on ? STR("traffic.names_on")
                                                  : STR("traffic.names_off"),
                                     .subject = STR("names of addresses")};
    TRY(sql_traffic_names_set(
        web->db,
        &(struct sql_traffic_names_set_in){.dataset = web->session.dataset, .wanted = on},
        NULL));
    TRY(sql_audit_add(web->db, &audit, NULL));
    return web_redirect_saying(
        web, request, response, STR("/settings/traffic"),
        on ? "Names of addresses are looked up from now on."
           : "Names of addresses are not looked up any more; what waited is forgotten.");
}
