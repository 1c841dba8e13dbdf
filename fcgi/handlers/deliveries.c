/* An integration's page: how it is, the log of what was delivered, and what can be done: test,
 * switch on and off, send again. */
#include "fcgi/handlers.h"

#include "fcgi/standing.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/clock.h"
#include "shared/json.h"

#define MISSING "This integration is not there any more."
#define PAGE_ROWS 50
#define REPLAY_MOST 1000
#define COUNT_MOST 1000 /* as in outbox_counts */
#define REMOTE_BYTES ((size_t)256 << 10)

struct switch_form {
    bool on;
    int64_t waiting;
};
static const char *const waiting_choices[] = {"send", "forget", NULL};
static const struct form_field switch_fields[] = {
    {.name = "on",
     .label = "On",
     .kind = FORM_BOOL,
     .offset = offsetof(struct switch_form, on)},
    {.name = "waiting",
     .label = "What waits",
     .kind = FORM_ENUM,
     .choices = waiting_choices,
     .offset = offsetof(struct switch_form, waiting)},
};
const struct form_spec integration_switch_spec = FORM_SPEC(switch_fields, struct switch_form);

static enum err load(struct web *web, struct sql_integration_get *out)
{
    const struct sql_integration_get_in in = {.dataset = web->session.dataset,
                                              .integration = web->ids[0]};
    return web_need(web, sql_integration_get(web->db, &in, out), MISSING);
}

static enum err audit(struct web *web, const char *action, struct str subject)
{
    return sql_audit_add(web->db,
                         &(struct sql_audit_add_in){.workspace = web->session.workspace,
                                                    .user = web->session.user,
                                                    .action = str_from(action),
                                                    .subject = subject},
                         NULL);
}

static struct str page_of(struct web *web, int64_t integration)
{
    return arena_print(web->ctx->arena, "/integrations/%lld", (long long)integration);
}

/* ---- the log ---- */

static const struct {
    const char *word, *label;
    int16_t state;
} filters[] = {{"all", "All", -1},
               {"waiting", "Waiting", OUTBOX_WAITS},
               {"delivered", "Delivered", OUTBOX_DELIVERED},
               {"given-up", "Given up", OUTBOX_GIVEN_UP},
               {"not-sent", "Not sent", OUTBOX_DROPPED}};
#define N_FILTERS (sizeof(filters) / sizeof(filters[0]))

static size_t read_filter(struct web *web)
{
    struct str word = web_query(web, "show");
    for (size_t i = 0; i < N_FILTERS; i++) {
        if (str_eq(word, str_from(filters[i].word))) {
            return i;
        }
    }
    return 0;
}

static enum err load_tabs(struct web *web, size_t filter, struct integration_view *view)
{
    struct sql_outbox_counts_rows rows;
    TRY(sql_outbox_counts(web->db,
                          &(struct sql_outbox_counts_in){.dataset = web->session.dataset,
                                                         .integration = view->id},
                          &rows));
    struct log_tab *tabs = ARENA_ARRAY(web->ctx->arena, N_FILTERS, struct log_tab);
    for (size_t i = 0; i < N_FILTERS; i++) {
        struct str page = page_of(web, view->id);
        tabs[i] = (struct log_tab){.url = i == 0 ? page
                                                 : arena_print(web->ctx->arena, "%.*s?show=%s",
                                                               STR_ARG(page), filters[i].word),
                                   .label = str_from(filters[i].label),
                                   .current = i == filter};
        for (size_t j = 0; j < rows.n && filters[i].state >= 0; j++) {
            if (rows.row[j].state == filters[i].state) {
                tabs[i].n = rows.row[j].n;
                tabs[i].many = rows.row[j].n >= COUNT_MOST;
            }
        }
    }
    view->tabs = tabs;
    view->n_tabs = N_FILTERS;
    view->waiting = tabs[1].n;
    view->many_waiting = tabs[1].many;
    view->given_up = tabs[3].n;
    return ERR_NONE;
}

static struct str subject_url(struct web *web, bool has_card, int64_t board, int64_t card,
                              int64_t account, int64_t lead)
{
    struct arena *arena = web->ctx->arena;
    if (has_card) {
        return arena_print(arena, "/boards/%lld/cards/%lld", (long long)board, (long long)card);
    }
    if (account != 0) {
        return arena_print(arena, "/accounts/%lld", (long long)account);
    }
    return lead != 0 ? arena_print(arena, "/leads/%lld", (long long)lead)
                     : (struct str){.p = NULL};
}

static struct delivery_row draw_row(struct web *web, const struct sql_outbox_list *row)
{
    return (struct delivery_row){
        .id = row->id,
        .at = row->at,
        .due_at = row->state == OUTBOX_WAITS ? row->due_at : 0,
        .what = standing_type(row->type),
        .title = row->title,
        .url =
            subject_url(web, !row->card_null, row->board, row->card,
                        row->account_null ? 0 : row->account, row->lead_null ? 0 : row->lead),
        .error = row->error,
        .note = row->note,
        .attempts = row->attempts,
        .standing =
            standing_delivery(web->ctx, row->state, row->attempts, row->error, row->note)};
}

static enum err load_log(struct web *web, size_t filter, struct integration_view *view)
{
    int64_t before = INT64_MAX;
    struct sql_outbox_list_rows rows;
    if (!str_to_i64(web_query(web, "before"), &before) || before < 1) {
        before = INT64_MAX;
    }
    TRY(sql_outbox_list(web->db,
                        &(struct sql_outbox_list_in){.dataset = web->session.dataset,
                                                     .integration = view->id,
                                                     .state = filters[filter].state,
                                                     .state_null = filters[filter].state < 0,
                                                     .before = before,
                                                     .most = PAGE_ROWS + 1},
                        &rows));
    struct delivery_row *list = ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct delivery_row);
    view->n_list = rows.n > PAGE_ROWS ? PAGE_ROWS : rows.n;
    for (size_t i = 0; i < view->n_list; i++) {
        list[i] = draw_row(web, &rows.row[i]);
    }
    if (rows.n > PAGE_ROWS) {
        struct str url = view->tabs[filter].url;
        view->more = arena_print(web->ctx->arena, "%.*s%sbefore=%lld", STR_ARG(url),
                                 filter == 0 ? "?" : "&", (long long)list[PAGE_ROWS - 1].id);
    }
    view->list = list;
    return ERR_NONE;
}

/* ---- what it is ---- */

static struct str say_told(struct web *web, const struct sql_integration_get *row)
{
    size_t n;
    const struct integration_event *events = integration_events(&n);
    struct sb sb;
    sb_init(&sb, web->ctx->arena, 2000);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < row->events.n; j++) {
            if (str_eq(events[i].type, row->events.v[j])) {
                sb_printf(&sb, "%s%s", sb.n > 0 ? "; " : "", events[i].label);
            }
        }
    }
    if (sb.n > 0 && row->stage_ids.n > 0) {
        sb_printf(&sb, ", in %zu chosen stage%s", row->stage_ids.n,
                  row->stage_ids.n == 1 ? "" : "s");
    }
    return sb.n == 0 ? STR("Nothing by itself: only what people or automations send")
                     : sb_view(&sb);
}

static enum err load_standing(struct web *web, struct integration_view *view)
{
    struct sql_integration_list_rows rows;
    TRY(sql_integration_list(
        web->db, &(struct sql_integration_list_in){.dataset = web->session.dataset}, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        if (rows.row[i].id == view->id) {
            view->standing = standing_integration(web->ctx, &rows.row[i]);
        }
    }
    return ERR_NONE;
}

static struct str remote_name(struct web *web, struct str remote)
{
    const struct json *json = NULL;
    if (str_is_null(remote) || json_parse(web->ctx, remote, REMOTE_BYTES, &json) != ERR_NONE) {
        ctx_clear(web->ctx);
        return (struct str){.p = NULL};
    }
    return json_text(json_get(json, "name"));
}

static enum err load_secrets(struct web *web, struct integration_view *view)
{
    struct sql_integration_secret_hints_rows hints;
    TRY(sql_integration_secret_hints(
        web->db,
        &(struct sql_integration_secret_hints_in){.dataset = web->session.dataset,
                                                  .integration = view->id},
        &hints));
    view->secret_hint = hints.n > 0 ? hints.row[0].hint : (struct str){.p = NULL};
    view->rotating = hints.n > 1;
    return ERR_NONE;
}

enum err handle_integration(struct web *web, struct request *request, struct response *response)
{
    struct sql_integration_get row;
    struct integration_settings settings;
    size_t filter = read_filter(web);
    TRY(load(web, &row));
    enum integration_kind kind = (enum integration_kind)row.kind;
    integration_settings_read(web->ctx, kind, row.settings, &settings);
    struct integration_view view = {
        .page = page_make(web, request, response, "Integration", NAV_INTEGRATIONS),
        .id = row.id,
        .kind_name = integration_kind_name(kind),
        .name = row.name,
        .maker = row.user_name,
        .address = row.url,
        .remote_name = remote_name(web, row.remote),
        .enabled = row.enabled,
        .stopped = !row.stopped_at_null,
        .crm = integration_is_crm(kind),
        .webhook = kind == INTEGRATION_WEBHOOK,
        .last_ok_at = row.last_ok_at_null ? 0 : row.last_ok_at,
        .created_at = row.created_at,
        .budget_used = row.budget_used,
        .tokens = kind == INTEGRATION_PIPEDRIVE ? settings.tokens : 0,
        .told = say_told(web, &row),
        .filter = str_from(filters[filter].label)};
    view.page.title = row.name;
    TRY(load_standing(web, &view));
    TRY(load_secrets(web, &view));
    TRY(load_tabs(web, filter, &view));
    TRY(load_log(web, filter, &view));
    view.page.refresh_s = view.waiting > 0 && !view.stopped && view.enabled ? 3 : 0;
    tpl_integration(&response->body, &view);
    return ERR_NONE;
}

/* ---- what can be done ---- */

enum err handle_integration_test(struct web *web, struct request *request,
                                 struct response *response)
{
    struct sql_integration_get row;
    int64_t id;
    TRY(load(web, &row));
    const struct outbox_delivery delivery = {
        .dataset = web->session.dataset,
        .integration = row.id,
        .key = arena_print(web->ctx->arena, "test:%lld", (long long)clock_now()),
        .type = STR(OUTBOX_TEST),
        .user = web->session.user,
        .data = STR("{\"text\":\"This is a test from LeadBoard. It works.\"}")};
    TRY(outbox_add(web->db, &delivery, &id));
    if (id == 0 || !row.stopped_at_null) {
        return ctx_fail(web->ctx, ERR_INVALID,
                        "It is off or stopped. Switch it on, then test it.");
    }
    web->wake = true;
    return web_redirect_saying(web, request, response, page_of(web, row.id),
                               "A test is on its way. Its line in the log shows what comes of "
                               "it.");
}

/* On again: what waits goes out, or is left out. */
enum err handle_integration_switch(struct web *web, struct request *request,
                                   struct response *response)
{
    const struct switch_form *form = web->form.values;
    struct sql_integration_get row;
    TRY(load(web, &row));
    int64_t dataset = web->session.dataset;
    TRY(sql_integration_switch(web->db,
                               &(struct sql_integration_switch_in){.dataset = dataset,
                                                                   .integration = row.id,
                                                                   .enabled = form->on},
                               NULL));
    if (form->on && form->waiting == 1) {
        TRY(sql_outbox_forget(
            web->db, &(struct sql_outbox_forget_in){.dataset = dataset, .integration = row.id},
            NULL));
    } else if (form->on) {
        TRY(sql_integration_retry(
            web->db,
            &(struct sql_integration_retry_in){.dataset = dataset, .integration = row.id},
            NULL));
    }
    TRY(audit(web, form->on ? "integration.switched_on" : "integration.switched_off",
              row.name));
    web->wake = true;
    return web_redirect_saying(web, request, response, page_of(web, row.id),
                               form->on ? "%.*s is on." : "%.*s is off: nothing is sent to it.",
                               STR_ARG(row.name));
}

enum err handle_integration_replay(struct web *web, struct request *request,
                                   struct response *response)
{
    struct sql_integration_get row;
    struct sql_outbox_replay_failed again;
    TRY(load(web, &row));
    TRY(sql_outbox_replay_failed(
        web->db,
        &(struct sql_outbox_replay_failed_in){
            .dataset = web->session.dataset, .integration = row.id, .most = REPLAY_MOST},
        &again));
    TRY(audit(web, "integration.replayed", row.name));
    web->wake = true;
    return web_redirect_saying(web, request, response, page_of(web, row.id),
                               again.again == 1 ? "%d delivery is sent again."
                                                : "%d deliveries are sent again.",
                               (int)again.again);
}

enum err handle_integration_delete(struct web *web, struct request *request,
                                   struct response *response)
{
    struct sql_integration_get row;
    TRY(load(web, &row));
    TRY(sql_integration_delete(web->db,
                               &(struct sql_integration_delete_in){
                                   .dataset = web->session.dataset, .integration = row.id},
                               NULL));
    TRY(audit(web, "integration.deleted", row.name));
    return web_redirect_saying(web, request, response, STR("/integrations"),
                               "%.*s is deleted, with its key.", STR_ARG(row.name));
}
