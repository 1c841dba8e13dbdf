/* How a site is connected: the snippet to paste, and whether its events arrive. */
#include "fcgi/handlers/tracking.h"

#include "fcgi/stream_draw.h"
#include "gen/templates.h"
#include "shared/events.h"

#define REFRESH_S 3

enum err tracking_load(struct web *web, struct sql_tracking_dataset *out_row)
{
    struct sql_tracking_dataset_in in = {.dataset = web->session.dataset};
    return web_need(web, sql_tracking_dataset(web->db, &in, out_row),
                    "This dataset does not exist, or you may not see it.");
}

struct tracking_base tracking_base(struct web *web, const struct request *request,
                                   const struct sql_tracking_dataset *row,
                                   enum tracking_tab tab)
{
    struct str origin = web_origin(web, request);
    struct str scheme = str_starts(origin, STR("https://")) ? STR("https://") : STR("http://");
    return (struct tracking_base){
        .tab = tab,
        .dataset = row->id,
        .name = row->name,
        .public_id = row->public_id,
        .origin = origin,
        .host = str_slice(origin, scheme.n, origin.n),
        .site_number = row->site_number,
        .may_manage = web->session.role >= ROLE_ADMIN,
    };
}

enum err tracking_audit(struct web *web, const char *action, struct str subject)
{
    return sql_audit_add(web->db,
                         &(struct sql_audit_add_in){.workspace = web->session.workspace,
                                                    .user = web->session.user,
                                                    .action = str_from(action),
                                                    .subject = subject},
                         NULL);
}

/* The tracker cannot ask for the settings without making the page wait, so it is told here. */
static struct str snippet(struct web *web, struct str origin,
                          const struct sql_tracking_dataset *dataset)
{
    return arena_print(web->ctx->arena,
                       "<script defer src=\"%.*s/lb.js\" data-dataset=\"%.*s\"%s%s%s></script>",
                       STR_ARG(origin), STR_ARG(dataset->public_id),
                       dataset->form_tracking ? " data-forms" : "",
                       dataset->cookieless ? " data-cookieless" : "",
                       dataset->honour_privacy_signals ? "" : " data-privacy=\"off\"");
}

static void fill_events(struct web *web, const struct sql_event_newest_rows *rows,
                        struct tracking_view *view)
{
    struct tracking_event *events =
        ARENA_ARRAY(web->ctx->arena, rows->n + 1, struct tracking_event);
    for (size_t i = 0; i < rows->n; i++) {
        const struct sql_event_newest *row = &rows->row[i];
        struct str what = row->title.n != 0  ? row->title
                          : row->name.n != 0 ? row->name
                                             : row->url;
        events[i] = (struct tracking_event){
            .at = row->at, .type = stream_draw_kind(row->type), .what = str_cut(what, 200)};
    }
    view->events = events;
    view->n_events = rows->n;
}

static struct tracking_refusal refusal_of(const struct sql_event_refused_today *row)
{
    static const struct {
        const char *word, *reason, *hint;
    } words[] = {
        {"bot", "Programs and crawlers", "They visit sites too, and are nobody's lead."},
        {"prefetch", "Pages fetched ahead", "The browser fetched them; nobody looked."},
        {"privacy", "Visitors who asked not to be measured",
         "By Do Not Track or Global Privacy Control, which this dataset honours."},
        {"host", "Other hosts",
         "The settings list the hosts whose events are taken. Is one of yours missing?"},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (str_eq(row->reason, str_from(words[i].word))) {
            return (struct tracking_refusal){words[i].reason, words[i].hint, row->count};
        }
    }
    return (struct tracking_refusal){"Others", "", row->count};
}

static void fill_refusals(struct web *web, const struct sql_event_refused_today_rows *rows,
                          struct tracking_view *view)
{
    struct tracking_refusal *refusals =
        ARENA_ARRAY(web->ctx->arena, rows->n + 1, struct tracking_refusal);
    for (size_t i = 0; i < rows->n; i++) {
        refusals[i] = refusal_of(&rows->row[i]);
    }
    view->refusals = refusals;
    view->n_refusals = rows->n;
}

static enum err load(struct web *web, const struct request *request, struct response *response,
                     struct tracking_view *out_view)
{
    int64_t dataset = web->session.dataset;
    struct sql_event_newest_in newest = {.dataset = dataset};
    struct sql_event_refused_today_in refused = {.dataset = dataset};
    struct sql_tracking_dataset row;
    struct sql_event_newest_rows events;
    struct sql_event_refused_today_rows refusals;
    TRY(sql_event_newest_send(web->db, &newest));
    TRY(sql_event_refused_today_send(web->db, &refused));
    TRY(sql_event_newest_take(web->db, &events));
    TRY(sql_event_refused_today_take(web->db, &refusals));
    TRY(tracking_load(web, &row));
    struct tracking_view view = {
        .page = page_make(web, request, response, "Tracking", NAV_TRACKING),
        .base = tracking_base(web, request, &row, TRACKING_SITE),
        .mask_ip = row.mask_ip,
        .honour_privacy_signals = row.honour_privacy_signals,
        .cookieless = row.cookieless,
        .form_tracking = row.form_tracking,
        .any_host = row.hosts.n == 0,
        .retention_days = row.retention_days,
    };
    view.snippet = snippet(web, view.base.origin, &row);
    fill_events(web, &events, &view);
    fill_refusals(web, &refusals, &view);
    view.page.refresh_s = events.n == 0 ? REFRESH_S : 0;
    *out_view = view;
    return ERR_NONE;
}

enum err handle_tracking(struct web *web, struct request *request, struct response *response)
{
    struct tracking_view view;
    TRY(load(web, request, response, &view));
    tpl_tracking(&response->body, &view);
    return ERR_NONE;
}

/* The part that changes, for the page to ask for again and again. */
enum err handle_tracking_check(struct web *web, struct request *request,
                               struct response *response)
{
    if (!web_is_partial(request)) {
        return web_redirect(response, "/tracking");
    }
    struct tracking_view view;
    TRY(load(web, request, response, &view));
    tpl_tracking_check(&response->body, &view);
    return ERR_NONE;
}
