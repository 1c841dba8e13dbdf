/* The page of one lead, whole or in the drawer over a board, and more of its sessions. */
#include "fcgi/chart_draw.h"
#include "fcgi/crm_menu.h"
#include "fcgi/handlers/panel.h"
#include "fcgi/handlers/people.h"
#include "fcgi/handlers/score_parts.h"
#include "fcgi/lead_draw.h"
#include "fcgi/tag_edit.h"
#include "fcgi/traffic_draw.h"
#include "gen/templates.h"
#include "shared/clock.h"
#include "shared/score.h"
#include "shared/traffic.h"

#define LEAD_MISSING "This lead does not exist, or you may not see it."
#define BROWSERS_SHOWN 6
#define BROWSERS_READ 200 /* whose sessions that do not count are counted */
#define PARTS_SHOWN 8

static enum err load_lead(struct web *web, struct sql_lead_get *out_lead)
{
    return web_need(web,
                    sql_lead_get(web->db,
                                 &(struct sql_lead_get_in){.dataset = web->session.dataset,
                                                           .lead = web->ids[0]},
                                 out_lead),
                    LEAD_MISSING);
}

static int64_t read_positive(struct web *web, const char *name)
{
    int64_t value;
    return str_to_i64(web_query(web, name), &value) && value > 0 ? value : 0;
}

/* The next five, for htmx; a browser without script gets the lead's page from there on. */
enum err handle_lead_sessions(struct web *web, struct request *request,
                              struct response *response)
{
    struct sql_lead_get lead;
    struct sessions_view sessions;
    int64_t before = read_positive(web, "before");
    TRY(load_lead(web, &lead));
    if (!web_is_partial(request)) {
        return web_redirect(response, "/leads/%lld?before=%lld#sessions", (long long)lead.id,
                            (long long)before);
    }
    TRY(panel_load_sessions(web, lead.id, before, &sessions));
    tpl_panel_sessions(&response->body, &sessions);
    return ERR_NONE;
}

/* ---- the page ---- */

static enum err load_activity(struct web *web, struct lead_page_view *view, int64_t now)
{
    int64_t first_day = chart_activity_first_day(view->first_at, now);
    struct sql_lead_activity_rows rows;
    TRY(sql_lead_activity(web->db,
                          &(struct sql_lead_activity_in){.dataset = web->session.dataset,
                                                         .lead = view->lead.id,
                                                         .from = first_day * CLOCK_DAY},
                          &rows));
    struct chart_day *days = ARENA_ARRAY(web->ctx->arena, rows.n, struct chart_day);
    for (size_t i = 0; i < rows.n; i++) {
        days[i] = (struct chart_day){.day = rows.row[i].day,
                                     .sessions = rows.row[i].sessions,
                                     .events = rows.row[i].events};
    }
    view->activity = chart_activity(web->ctx, days, rows.n, first_day, now);
    return ERR_NONE;
}

static enum err load_scores(struct web *web, struct lead_page_view *view, int64_t now)
{
    struct sql_lead_scores_rows rows;
    TRY(sql_lead_scores(
        web->db,
        &(struct sql_lead_scores_in){.dataset = web->session.dataset, .lead = view->lead.id},
        &rows));
    struct sql_score_changes_rows formulas;
    TRY(sql_score_changes(
        web->db, &(struct sql_score_changes_in){.dataset = web->session.dataset}, &formulas));
    struct chart_score *days = ARENA_ARRAY(web->ctx->arena, rows.n, struct chart_score);
    struct chart_change *changes =
        ARENA_ARRAY(web->ctx->arena, formulas.n, struct chart_change);
    for (size_t i = 0; i < rows.n; i++) {
        days[i] = (struct chart_score){.day = rows.row[i].day, .score = rows.row[i].score};
    }
    for (size_t i = 0; i < formulas.n; i++) {
        changes[i] = (struct chart_change){.day = formulas.row[i].day,
                                           .version = formulas.row[i].version};
    }
    const struct chart_scores scores = {
        .days = days,
        .n_days = rows.n,
        .last = {.day = view->lead.last_at / CLOCK_DAY, .score = view->lead.score},
        .changes = changes,
        .n_changes = formulas.n};
    view->scores = chart_score(web->ctx, &scores, now);
    return ERR_NONE;
}

/* Of a short formula, and of what brought something, every rule is shown; the rest is folded.
 */
static enum err load_parts(struct web *web, const struct sql_lead_get *lead,
                           struct lead_page_view *view)
{
    struct score_parts all;
    TRY(score_parts_load(web, lead->id, lead->score_parts, &all));
    struct score_part_view *parts = ARENA_ARRAY(web->ctx->arena, all.n, struct score_part_view);
    struct score_part_view *none = ARENA_ARRAY(web->ctx->arena, all.n, struct score_part_view);
    for (size_t i = 0; i < all.n; i++) {
        if (all.v[i].value != 0 || all.n <= PARTS_SHOWN) {
            parts[view->n_parts++] = all.v[i];
        } else {
            none[view->n_none++] = all.v[i];
        }
    }
    view->parts = parts;
    view->none = none;
    view->count_none = (int64_t)view->n_none;
    view->score_version = all.version;
    view->score_full = lead->score >= SCORE_MOST;
    return ERR_NONE;
}

static enum err load_reached(struct web *web, struct lead_page_view *view)
{
    struct sql_target_reached_rows rows;
    TRY(sql_target_reached(
        web->db,
        &(struct sql_target_reached_in){.dataset = web->session.dataset, .lead = view->lead.id},
        &rows));
    struct target_reached_view *reached =
        ARENA_ARRAY(web->ctx->arena, rows.n, struct target_reached_view);
    for (size_t i = 0; i < rows.n; i++) {
        reached[i] = (struct target_reached_view){
            .name = rows.row[i].name,
            .url = arena_print(web->ctx->arena, "/leads/%lld?before=%lld#sessions",
                               (long long)view->lead.id, (long long)rows.row[i].last_at + 1),
            .n = rows.row[i].n,
            .last_at = rows.row[i].last_at};
    }
    view->reached = reached;
    view->n_reached = rows.n;
    return ERR_NONE;
}

static enum err load_left_out(struct web *web, struct lead_page_view *view)
{
    struct sql_lead_left_out_rows rows;
    TRY(sql_lead_left_out(web->db,
                          &(struct sql_lead_left_out_in){.dataset = web->session.dataset,
                                                         .lead = view->lead.id,
                                                         .most = BROWSERS_READ},
                          &rows));
    struct left_out_view *list = ARENA_ARRAY(web->ctx->arena, rows.n, struct left_out_view);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_lead_left_out *row = &rows.row[i];
        list[i] = (struct left_out_view){
            .n = row->sessions,
            .url = traffic_draw_url(web->ctx->arena, row->visitor, row->at),
            .verdict = traffic_verdict_name(row->verdict),
            .why = traffic_reason_text(row->reason, row->verdict)};
    }
    view->left_out = list;
    view->n_left_out = rows.n;
    return ERR_NONE;
}

static enum err load_browsers(struct web *web, struct lead_page_view *view)
{
    struct sql_lead_browsers_rows rows;
    TRY(sql_lead_browsers(web->db,
                          &(struct sql_lead_browsers_in){.dataset = web->session.dataset,
                                                         .lead = view->lead.id,
                                                         .most = BROWSERS_SHOWN},
                          &rows));
    lead_draw_browsers(web->ctx, &rows, view);
    return ERR_NONE;
}

static enum err load_cards(struct web *web, struct lead_page_view *view)
{
    struct sql_lead_cards_rows rows;
    TRY(sql_lead_cards(web->db,
                       &(struct sql_lead_cards_in){.dataset = web->session.dataset,
                                                   .lead = view->lead.id,
                                                   .account = view->account,
                                                   .account_null = view->account == 0,
                                                   .user = web->session.user},
                       &rows));
    struct panel_card *cards = ARENA_ARRAY(web->ctx->arena, rows.n, struct panel_card);
    for (size_t i = 0; i < rows.n; i++) {
        cards[i] = (struct panel_card){.board = rows.row[i].board_id,
                                       .card = rows.row[i].id,
                                       .board_name = rows.row[i].board,
                                       .stage = rows.row[i].stage};
    }
    view->cards = cards;
    view->n_cards = rows.n;
    return ERR_NONE;
}

static enum err load_notes(struct web *web, struct lead_page_view *view)
{
    view->notes = (struct panel_view){
        .page = view->page,
        .csrf = view->page.csrf,
        .lead = view->lead.id,
        .base = arena_print(web->ctx->arena, "/leads/%lld", (long long)view->lead.id)};
    return panel_notes_load(web, &view->notes);
}

/* ?board=&card=: the card that it was opened from. */
static void draw_back(struct web *web, struct lead_page_view *view)
{
    int64_t board = read_positive(web, "board"), card = read_positive(web, "card");
    if (board > 0 && card > 0) {
        view->back = arena_print(web->ctx->arena, "/boards/%lld/cards/%lld", (long long)board,
                                 (long long)card);
        view->back_name = str_is_empty(view->account_name) ? STR("Card") : view->account_name;
    }
}

static enum err load_page(struct web *web, const struct sql_lead_get *lead,
                          struct lead_page_view *view)
{
    int64_t now = clock_now();
    lead_draw(web->ctx, lead, view);
    TRY(load_parts(web, lead, view));
    TRY(load_reached(web, view));
    TRY(crm_menu_load(web, view->page.csrf,
                      arena_print(web->ctx->arena, "/leads/%lld", (long long)lead->id), 0,
                      &view->menu));
    draw_back(web, view);
    TRY(load_activity(web, view, now));
    TRY(load_scores(web, view, now));
    TRY(load_browsers(web, view));
    TRY(load_left_out(web, view));
    TRY(load_cards(web, view));
    TRY(tag_edit_lead(web, lead->id, view->lead.name, view->page.csrf, view->page.here,
                      &view->tags));
    TRY(load_notes(web, view));
    return panel_load_sessions(web, lead->id, read_positive(web, "before"), &view->lead.shown);
}

enum err handle_lead(struct web *web, struct request *request, struct response *response)
{
    int64_t shown_as;
    TRY(people_shown_as(web, 0, web->ids[0], &shown_as));
    if (shown_as != 0) {
        return web_redirect(response, "/leads/%lld", (long long)shown_as);
    }
    struct sql_lead_get lead;
    TRY(load_lead(web, &lead));
    struct lead_page_view view = {
        .page = page_make(web, request, response, "Lead", NAV_NONE),
        .whole = !web_is_partial(request),
    };
    TRY(load_page(web, &lead, &view));
    view.page.title = view.lead.name;
    response_header(response, "Vary", STR("HX-Request"));
    if (view.whole) {
        tpl_lead(&response->body, &view);
    } else {
        tpl_lead_body(&response->body, &view);
    }
    return ERR_NONE;
}
