/* The panel of an account or of a lead that has only an email: its head, and the tab asked for.
 */
#include "fcgi/handlers/panel.h"

#include "fcgi/card_draw.h"
#include "fcgi/mark.h"
#include "fcgi/panel_draw.h"
#include "fcgi/tag_edit.h"
#include "gen/templates.h"

static enum err load_cards(struct web *web, struct panel_view *view)
{
    struct sql_account_cards_rows rows;
    TRY(sql_account_cards(web->db,
                          &(struct sql_account_cards_in){.dataset = web->session.dataset,
                                                         .account = view->account,
                                                         .user = web->session.user},
                          &rows));
    struct panel_card *cards = ARENA_ARRAY(web->ctx->arena, rows.n, struct panel_card);
    for (size_t i = 0; i < rows.n; i++) {
        if (rows.row[i].id != view->card) {
            cards[view->n_cards++] = (struct panel_card){.board = rows.row[i].board_id,
                                                         .card = rows.row[i].id,
                                                         .board_name = rows.row[i].board,
                                                         .stage = rows.row[i].stage};
        }
    }
    view->cards = cards;
    return ERR_NONE;
}

static enum err load_tags(struct web *web, struct panel_view *view)
{
    return view->account != 0 ? tag_edit_account(web, view->account, view->title, view->csrf,
                                                 view->here, &view->tags)
                              : tag_edit_lead(web, view->lead, view->title, view->csrf,
                                              view->here, &view->tags);
}

static void draw_about(struct web *web, struct panel_view *view,
                       const struct sql_account_get *account)
{
    const struct str parts[] = {account->industry, account->city, account->country};
    struct sb sb;
    sb_init(&sb, web->ctx->arena, 1000);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!str_is_empty(parts[i])) {
            sb_printf(&sb, "%s%.*s",
                      sb.n == 0 ? ""
                      : i == 2  ? ", "
                                : " · ",
                      STR_ARG(str_cut(parts[i], 100)));
        }
    }
    view->about = sb_view(&sb);
}

static enum err load_account(struct web *web, struct panel_view *view,
                             struct sql_account_get *account)
{
    TRY(web_need(web,
                 sql_account_get(web->db,
                                 &(struct sql_account_get_in){.dataset = web->session.dataset,
                                                              .account = view->account},
                                 account),
                 "This company does not exist, or you may not see it."));
    view->title = account->name;
    view->domain = account->domain;
    view->n_all = account->leads;
    view->n_contacts = account->contacts;
    view->n_anonymous = account->leads - account->contacts;
    view->logo = account->logo;
    view->score = account->score;
    view->first_at = account->first_at_null ? 0 : account->first_at;
    draw_about(web, view, account);
    return ERR_NONE;
}

static const char *const tab_names[] = {[TAB_ACTIVITY] = "activity",
                                        [TAB_DETAILS] = "details",
                                        [TAB_NOTES] = "notes",
                                        [TAB_HISTORY] = "history"};

static int64_t read_tab(struct web *web, const struct panel_view *view)
{
    struct str tab = web_query(web, "tab");
    if (str_eq(tab, STR("details")) && view->account != 0) {
        return TAB_DETAILS;
    }
    if (str_eq(tab, STR("history")) && view->card != 0) {
        return TAB_HISTORY;
    }
    return str_eq(tab, STR("notes")) ? TAB_NOTES : TAB_ACTIVITY;
}

static enum err load_tab(struct web *web, struct panel_view *view,
                         const struct sql_account_get *account)
{
    switch ((enum panel_tab)view->tab) {
    case TAB_DETAILS:
        return panel_details_load(web, view, account);
    case TAB_NOTES:
        return panel_notes_load(web, view);
    case TAB_HISTORY:
        return panel_history_load(web, view);
    case TAB_ACTIVITY:
    default:
        return panel_activity_load(web, view);
    }
}

enum err panel_load(struct web *web, struct panel_view *view)
{
    struct sql_account_get account = {.id = 0};
    struct sql_note_count count;
    view->csrf = view->page.csrf;
    if (view->tab == TAB_ACTIVITY) {
        view->tab = read_tab(web, view);
    }
    if (view->account != 0) {
        TRY(load_account(web, view, &account));
    }
    view->here = view->tab == TAB_ACTIVITY
                     ? view->base
                     : arena_print(web->ctx->arena, "%.*s?tab=%s", STR_ARG(view->base),
                                   tab_names[view->tab]);
    view->initials = mark_initials(web->ctx->arena, view->title);
    view->hue = mark_hue(str_is_empty(view->domain) ? view->title : view->domain);
    view->hot = card_draw_is_hot(view->score);
    TRY(sql_note_count(web->db,
                       &(struct sql_note_count_in){.dataset = web->session.dataset,
                                                   .account = view->account,
                                                   .account_null = view->account == 0,
                                                   .lead = view->lead,
                                                   .lead_null = view->lead == 0},
                       &count));
    view->n_notes = count.notes;
    TRY(panel_head_load(web, view));
    if (view->account != 0) {
        TRY(load_cards(web, view));
    }
    TRY(load_tags(web, view));
    return load_tab(web, view, &account);
}

void panel_answer(const struct request *request, struct response *response,
                  struct panel_view *view)
{
    response_header(response, "Vary", STR("HX-Request"));
    if (view->did.operation != 0) {
        response_header(response, "HX-Trigger", STR("cards-changed"));
    }
    view->whole = !web_is_partial(request);
    if (view->whole) {
        tpl_panel(&response->body, view);
    } else {
        tpl_panel_body(&response->body, view);
    }
}
