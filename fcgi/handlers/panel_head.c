/* The panel's head: why the card is where it is, its score and what earned it, its owner, and
 * what can be done with it. */
#include "fcgi/handlers/panel.h"
#include "fcgi/crm_menu.h"
#include "fcgi/handlers/score_parts.h"
#include "fcgi/mark.h"
#include "fcgi/panel_draw.h"
#include "fcgi/why.h"

#define MEMBERS_SHOWN 200

static enum err load_why(struct web *web, struct panel_view *view)
{
    struct sql_card_why_rows rows;
    TRY(sql_card_why(
        web->db, &(struct sql_card_why_in){.dataset = web->session.dataset, .card = view->card},
        &rows));
    if (rows.n == 0) {
        return ERR_NONE;
    }
    const struct sql_card_why *row = &rows.row[0];
    const struct history_entry entry = {
        .kind = (enum card_change_kind)row->kind,
        .actor_kind = (enum card_actor_kind)row->actor_kind,
        .actor_id = row->actor_id_null ? 0 : row->actor_id,
        .from = row->from_stage,
        .to = row->to_stage,
        .actor = row->actor,
        .detail = row->detail,
        .base = view->base,
        .operation = row->operation_null ? 0 : row->operation,
        .operation_n = row->operation_n_null ? 0 : row->operation_n,
    };
    view->why = history_draw(web->ctx, &entry);
    view->why_id = row->id;
    view->why_at = row->at;
    return ERR_NONE;
}

/* ---- choices ---- */

static struct panel_choice draw_choice(struct web *web, int64_t id, struct str name,
                                       int64_t current)
{
    return (struct panel_choice){.id = id,
                                 .name = name,
                                 .initials = mark_initials(web->ctx->arena, name),
                                 .hue = mark_hue(name),
                                 .current = id == current};
}

static enum err load_stages(struct web *web, struct panel_view *view)
{
    struct sql_stage_list_rows rows;
    TRY(sql_stage_list(
        web->db,
        &(struct sql_stage_list_in){.dataset = web->session.dataset, .board = view->board},
        &rows));
    struct panel_choice *stages = ARENA_ARRAY(web->ctx->arena, rows.n, struct panel_choice);
    for (size_t i = 0; i < rows.n; i++) {
        stages[i] = draw_choice(web, rows.row[i].id, rows.row[i].name, view->stage_id);
    }
    view->stages = stages;
    view->n_stages = rows.n;
    return ERR_NONE;
}

/* The reader first: most often somebody takes a card. */
static enum err load_members(struct web *web, struct panel_view *view)
{
    struct sql_board_members_rows rows;
    TRY(sql_board_members(web->db,
                          &(struct sql_board_members_in){.dataset = web->session.dataset,
                                                         .board = view->board,
                                                         .person_null = true},
                          &rows));
    struct panel_choice *members =
        ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct panel_choice);
    for (int others = 0; others <= 1; others++) {
        for (size_t i = 0; i < rows.n && view->n_members < MEMBERS_SHOWN; i++) {
            const struct sql_board_members *row = &rows.row[i];
            if ((row->id != web->session.user) == (others == 1)) {
                members[view->n_members++] = draw_choice(web, row->id, row->name, view->owner);
            }
        }
    }
    for (size_t i = 0; i < rows.n; i++) {
        if (rows.row[i].id == view->owner) {
            view->owner_name = rows.row[i].name;
        }
    }
    if (view->owner != 0 && str_is_empty(view->owner_name)) {
        view->owner_name = STR("Former user");
    }
    view->owner_initials = mark_initials(web->ctx->arena, view->owner_name);
    view->owner_hue = mark_hue(view->owner_name);
    view->members = members;
    return ERR_NONE;
}

/* ---- the score ---- */

/* Rules that brought nothing are left to the lead's page. */
static void draw_parts(struct web *web, const struct score_parts *parts,
                       struct panel_view *view)
{
    struct score_part_view *shown =
        ARENA_ARRAY(web->ctx->arena, parts->n, struct score_part_view);
    for (size_t i = 0; i < parts->n; i++) {
        if (parts->v[i].value != 0) {
            shown[view->n_score_parts++] = parts->v[i];
        }
    }
    view->score_parts = shown;
    view->score_version = parts->version;
}

static enum err load_score(struct web *web, struct panel_view *view)
{
    struct sql_panel_score_rows rows;
    TRY(sql_panel_score(web->db,
                        &(struct sql_panel_score_in){.dataset = web->session.dataset,
                                                     .account = view->account,
                                                     .account_null = view->account == 0,
                                                     .lead = view->lead,
                                                     .lead_null = view->lead == 0},
                        &rows));
    if (rows.n == 1) {
        const struct sql_panel_score *row = &rows.row[0];
        struct score_parts parts;
        TRY(score_parts_load(web, row->id, row->parts, &parts));
        draw_parts(web, &parts, view);
        view->score_lead = row->id;
        view->score_who =
            panel_draw_name(web->ctx, row->first_name, row->last_name, row->email);
    }
    return ERR_NONE;
}

enum err panel_head_load(struct web *web, struct panel_view *view)
{
    view->menu = (struct people_menu){.account = view->account, .lead = view->lead};
    TRY(crm_menu_load(web, view->csrf, view->here, view->card, &view->menu));
    TRY(load_score(web, view));
    if (view->card == 0) {
        return ERR_NONE;
    }
    TRY(load_why(web, view));
    TRY(load_stages(web, view));
    TRY(load_members(web, view));
    return board_read_did(web, &view->did);
}
