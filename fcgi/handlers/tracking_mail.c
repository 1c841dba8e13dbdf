/* How mails are connected: a picture that tells of open mails, links that say who followed
 * them. */
#include "fcgi/collector_url.h"
#include "fcgi/handlers/tracking.h"
#include "fcgi/mail_tools.h"
#include "gen/templates.h"

#define CAMPAIGN_MAX 100
#define FROM_MAX 254

static const struct tracking_tool *list_tools(struct web *web, const struct mail_tool *chosen,
                                              size_t *out_n)
{
    const struct mail_tool *tools = mail_tools(out_n);
    struct tracking_tool *list = ARENA_ARRAY(web->ctx->arena, *out_n, struct tracking_tool);
    for (size_t i = 0; i < *out_n; i++) {
        list[i] = (struct tracking_tool){
            .id = tools[i].id, .name = tools[i].name, .chosen = &tools[i] == chosen};
    }
    return list;
}

/* What was asked for, else a page of the first host that the dataset lists. */
static struct str target_of(struct web *web, const struct sql_tracking_dataset *row)
{
    struct str target = str_trim(web_query(web, "page"));
    if (!str_is_null(web_query(web, "page"))) {
        return target;
    }
    if (row->hosts.n == 0) {
        return STR("https://www.example.com/");
    }
    struct str host = row->hosts.v[0];
    bool below = str_starts(host, STR("*."));
    return arena_print(web->ctx->arena, "https://%.*s/",
                       STR_ARG(below ? str_slice(host, 2, host.n) : host));
}

/* An address, or a merge tag that can stand in one. */
static bool is_sender(struct str from)
{
    bool plain = str_find(from, '"') == from.n && str_find(from, '\'') == from.n &&
                 str_find(from, '<') == from.n && str_find(from, '>') == from.n;
    return from.n == 0 || (from.n <= FROM_MAX && plain &&
                           (form_is_email(from) || collector_is_merge_tag(from)));
}

static struct str campaign_of(struct web *web)
{
    struct str campaign = web_query(web, "campaign");
    return str_is_null(campaign) ? STR("Newsletter")
                                 : str_cut(str_trim(campaign), CAMPAIGN_MAX);
}

static void fill(struct web *web, const struct sql_tracking_dataset *row,
                 struct tracking_mail_view *view)
{
    const struct mail_tool *tool = mail_tool(web_query(web, "tool"));
    struct str target = target_of(web, row);
    view->tools = list_tools(web, tool, &view->n_tools);
    view->tool = tool->name;
    view->tool_email = tool->email;
    view->tool_first_name = tool->first_name;
    view->tool_last_name = tool->last_name;
    view->tool_company = tool->company;
    view->how = tool->how;
    view->target = target;
    view->campaign = campaign_of(web);
    view->from = str_trim(web_query(web, "from"));
    if (!form_is_url(target)) {
        view->target_wrong =
            STR("A page begins with https://, as in https://www.example.com/offer.");
    }
    if (!is_sender(view->from)) {
        view->from_wrong = STR("This has to be an email address, or your tool's tag for it.");
    }
    if (!str_is_null(view->target_wrong) || !str_is_null(view->from_wrong)) {
        return;
    }
    struct mail mail = {.tool = tool,
                        .origin = view->base.origin,
                        .dataset = row->public_id,
                        .campaign = view->campaign,
                        .from = view->from};
    view->pixel = mail_pixel(web->ctx, &mail);
    view->link = mail_link(web->ctx, &mail, target);
}

enum err handle_tracking_mail(struct web *web, struct request *request,
                              struct response *response)
{
    struct sql_tracking_dataset row;
    TRY(tracking_load(web, &row));
    struct tracking_mail_view view = {
        .page = page_make(web, request, response, "Emails", NAV_TRACKING),
        .base = tracking_base(web, request, &row, TRACKING_MAIL),
    };
    fill(web, &row, &view);
    if (str_is_null(view.pixel)) {
        response->status = 422;
    }
    tpl_tracking_mail(&response->body, &view);
    return ERR_NONE;
}
