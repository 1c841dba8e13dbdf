/* The panel's head: why the card is where it is, its score and what earned it, its owner, and
 * what can be done with it. */
#include "fcgi/handlers/panel.h"

#include "fcgi/mark.h"
#include "fcgi/panel_draw.h"
#include "fcgi/why.h"
#include "shared/json.h"

#define MEMBERS_SHOWN 200
#define PARTS_BYTES 4096
#define EARNED_SHOWN 100

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

static struct str counted(struct web *web, int32_t n, const char *one, const char *many)
{
    return arena_print(web->ctx->arena, "%d %s", (int)n, n == 1 ? one : many);
}

/* What earned the part: the lead, and where there is one, the form that was sent. */
static void draw_earned(struct web *web, const struct sql_panel_score *row,
                        struct panel_part *part)
{
    struct str name = part->name;
    part->url = arena_print(web->ctx->arena, "/leads/%lld", (long long)row->id);
    if (str_eq(name, STR("email"))) {
        part->earned = str_cut(row->email, EARNED_SHOWN);
    } else if (str_eq(name, STR("company"))) {
        part->earned =
            str_is_empty(row->company) ? STR("is known") : str_cut(row->company, EARNED_SHOWN);
    } else if (str_eq(name, STR("phone"))) {
        part->earned = str_cut(row->phone, EARNED_SHOWN);
    } else if (str_eq(name, STR("sessions"))) {
        part->earned = counted(web, row->sessions, "session", "sessions");
    } else if (str_eq(name, STR("pageviews"))) {
        part->earned = counted(web, row->pageviews, "page viewed", "pages viewed");
    } else if (str_eq(name, STR("recency"))) {
        part->earned = STR("last seen");
        part->at = row->last_at;
    } else if (str_eq(name, STR("forms")) && !row->form_at_null) {
        struct str form = str_is_empty(row->form) ? row->form_title : row->form;
        part->earned = arena_print(
            web->ctx->arena, "%d, the last: %.*s", (int)row->forms,
            STR_ARG(str_is_empty(form) ? STR("a form") : str_cut(form, EARNED_SHOWN)));
        part->at = row->form_at;
        part->outside = !str_is_null(panel_draw_link(row->form_url));
        part->url = part->outside ? row->form_url : part->url;
    } else if (str_eq(name, STR("forms"))) {
        part->earned = counted(web, row->forms, "form", "forms");
    }
}

static void draw_parts(struct web *web, const struct sql_panel_score *row,
                       struct panel_view *view)
{
    const struct json *list;
    if (row->parts.n <= 2 || json_parse(web->ctx, row->parts, PARTS_BYTES, &list) != ERR_NONE) {
        ctx_clear(web->ctx);
        return;
    }
    struct panel_part *parts =
        ARENA_ARRAY(web->ctx->arena, json_count(list), struct panel_part);
    for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
        const struct json *name = json_first(item);
        struct panel_part *part = &parts[view->n_score_parts];
        if (json_i64(json_next(name), &part->points)) {
            part->name = json_text(name);
            draw_earned(web, row, part);
            view->n_score_parts++;
        }
    }
    view->score_parts = parts;
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
        draw_parts(web, row, view);
        view->parts = panel_draw_parts(web->ctx, row->parts);
        view->score_lead = row->id;
        view->score_who =
            panel_draw_name(web->ctx, row->first_name, row->last_name, row->email);
    }
    return ERR_NONE;
}

enum err panel_head_load(struct web *web, struct panel_view *view)
{
    view->menu = (struct people_menu){.account = view->account, .lead = view->lead};
    TRY(load_score(web, view));
    if (view->card == 0) {
        return ERR_NONE;
    }
    TRY(load_why(web, view));
    TRY(load_stages(web, view));
    TRY(load_members(web, view));
    return board_read_did(web, &view->did);
}
