/* How a site is connected: the snippet to paste, and whether its events arrive. */
#include "fcgi/handlers.h"

#include "fcgi/views/settings.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/events.h"

#define REFRESH_S 3

/* The tracker cannot ask for the settings without making the page wait, so it is told here. */
static struct str snippet(struct web *web, struct str origin,
                          const struct sql_dataset_get *dataset)
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
            .at = row->at, .type = event_type_name(row->type), .what = str_cut(what, 200)};
    }
    view->events = events;
    view->n_events = rows->n;
}

static void fill_refusals(struct web *web, const struct sql_event_refused_today_rows *rows,
                          struct tracking_view *view)
{
    struct tracking_refusal *refusals =
        ARENA_ARRAY(web->ctx->arena, rows->n + 1, struct tracking_refusal);
    for (size_t i = 0; i < rows->n; i++) {
        refusals[i] = (struct tracking_refusal){.reason = rows->row[i].reason,
                                                .count = rows->row[i].count};
    }
    view->refusals = refusals;
    view->n_refusals = rows->n;
}

static enum err load(struct web *web, const struct request *request, struct response *response,
                     struct tracking_view *out_view)
{
    int64_t dataset = web->session.dataset;
    struct sql_dataset_get_in get = {.dataset = dataset};
    struct sql_event_newest_in newest = {.dataset = dataset};
    struct sql_event_refused_today_in refused = {.dataset = dataset};
    TRY(sql_dataset_get_send(web->db, &get));
    TRY(sql_event_newest_send(web->db, &newest));
    TRY(sql_event_refused_today_send(web->db, &refused));
    struct sql_dataset_get row;
    struct sql_event_newest_rows events;
    struct sql_event_refused_today_rows refusals;
    TRY(sql_dataset_get_take(web->db, &row));
    TRY(sql_event_newest_take(web->db, &events));
    TRY(sql_event_refused_today_take(web->db, &refusals));
    struct str origin = web_origin(web, request);
    struct tracking_view view = {
        .page = page_make(web, request, response, "Tracking", NAV_TRACKING),
        .dataset = dataset,
        .dataset_name = row.name,
        .origin = origin,
        .snippet = snippet(web, origin, &row),
        .may_manage = web->session.role >= ROLE_ADMIN,
    };
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
