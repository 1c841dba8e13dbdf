/* The pages of one account and of one lead. */
#include "fcgi/card_draw.h"
#include "fcgi/handlers/panel.h"
#include "fcgi/mark.h"
#include "fcgi/panel_draw.h"
#include "fcgi/tag_edit.h"
#include "gen/templates.h"
#include "shared/channel.h"

#define LEAD_MISSING "This lead does not exist, or you may not see it."

enum err handle_account(struct web *web, struct request *request, struct response *response)
{
    struct panel_view view = {
        .base = arena_print(web->ctx->arena, "/accounts/%lld", (long long)web->ids[0]),
        .account = web->ids[0],
    };
    view.page = page_make(web, request, response, "Company", NAV_NONE);
    TRY(panel_load(web, &view));
    view.page.title = view.title;
    panel_answer(request, response, &view);
    return ERR_NONE;
}

static enum err load_lead(struct web *web, struct sql_lead_get *out_lead)
{
    return web_need(web,
                    sql_lead_get(web->db,
                                 &(struct sql_lead_get_in){.dataset = web->session.dataset,
                                                           .lead = web->ids[0]},
                                 out_lead),
                    LEAD_MISSING);
}

static int64_t read_before(struct web *web)
{
    int64_t before;
    return str_to_i64(web_query(web, "before"), &before) && before > 0 ? before : 0;
}

/* The next five, for htmx; a browser without script gets the lead's page from there on. */
enum err handle_lead_sessions(struct web *web, struct request *request,
                              struct response *response)
{
    struct sql_lead_get lead;
    struct sessions_view sessions;
    TRY(load_lead(web, &lead));
    if (!web_is_partial(request)) {
        return web_redirect(response, "/leads/%lld?before=%lld", (long long)lead.id,
                            (long long)read_before(web));
    }
    TRY(panel_load_sessions(web, lead.id, read_before(web), &sessions));
    tpl_panel_sessions(&response->body, &sessions);
    return ERR_NONE;
}

static void add_fact(struct lead_page_view *view, struct fact_view *facts, const char *name,
                     struct str value)
{
    if (!str_is_empty(value)) {
        facts[view->n_facts++] = (struct fact_view){.name = str_from(name), .value = value};
    }
}

static struct str channel_text(struct web *web, bool null, int16_t channel, struct str source)
{
    if (null) {
        return (struct str){.p = NULL};
    }
    source = str_cut(source, 80);
    return arena_print(web->ctx->arena, "%s%s%.*s", channel_name(channel),
                       str_is_empty(source) ? "" : ", ", STR_ARG(source));
}

static void draw_facts(struct web *web, const struct sql_lead_get *lead,
                       struct lead_page_view *view)
{
    struct fact_view *facts = ARENA_ARRAY(web->ctx->arena, 20, struct fact_view);
    add_fact(view, facts, "Company", lead->company);
    add_fact(view, facts, "Job title", lead->job_title);
    add_fact(view, facts, "Phone", lead->phone);
    add_fact(
        view, facts, "First channel",
        channel_text(web, lead->first_channel_null, lead->first_channel, lead->first_source));
    add_fact(view, facts, "First campaign", lead->first_campaign);
    add_fact(view, facts, "First referrer", panel_draw_path(web->ctx, lead->first_referrer));
    add_fact(view, facts, "First page", panel_draw_path(web->ctx, lead->first_landing));
    add_fact(view, facts, "Last channel",
             channel_text(web, lead->last_channel_null, lead->last_channel, lead->last_source));
    add_fact(view, facts, "Last campaign", lead->last_campaign);
    add_fact(view, facts, "Last page", panel_draw_path(web->ctx, lead->last_landing));
    add_fact(view, facts, "Pageviews",
             arena_print(web->ctx->arena, "%d", (int)lead->pageviews));
    add_fact(view, facts, "Forms", arena_print(web->ctx->arena, "%d", (int)lead->forms));
    view->facts = facts;
}

enum err handle_lead(struct web *web, struct request *request, struct response *response)
{
    struct sql_lead_get lead;
    TRY(load_lead(web, &lead));
    struct str name = panel_draw_name(web->ctx, lead.first_name, lead.last_name, lead.email);
    bool anonymous = str_is_empty(lead.email) && str_is_empty(lead.first_name) &&
                     str_is_empty(lead.last_name);
    struct lead_page_view view = {
        .page = page_make(web, request, response, arena_cstr(web->ctx->arena, name), NAV_NONE),
        .lead = {.id = lead.id,
                 .name = name,
                 .email = str_eq(name, lead.email) ? (struct str){.p = NULL} : lead.email,
                 .initials = anonymous ? STR("?") : mark_initials(web->ctx->arena, name),
                 .hue = mark_hue(name),
                 .anonymous = anonymous,
                 .score = lead.score,
                 .hot = card_draw_is_hot(lead.score),
                 .sessions = lead.sessions,
                 .events = lead.events,
                 .last_at = lead.last_at},
        .account = lead.account_id_null ? 0 : lead.account_id,
        .account_name = lead.account,
        .parts = panel_draw_parts(web->ctx, lead.score_parts),
    };
    TRY(tag_edit_lead(web, lead.id, name, view.page.csrf, view.page.here, &view.tags));
    draw_facts(web, &lead, &view);
    TRY(panel_load_sessions(web, lead.id, read_before(web), &view.lead.shown));
    tpl_panel_lead_page(&response->body, &view);
    return ERR_NONE;
}
