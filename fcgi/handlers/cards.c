/* A card: its panel over the board, and moving it. */
#include "fcgi/handlers/apply.h"
#include "fcgi/handlers/panel.h"
#include "fcgi/operation_said.h"
#include "fcgi/views/operations.h"
#include "gen/templates.h"
#include "shared/card_move.h"
#include "shared/cards.h"

static enum err load_card(struct web *web, struct sql_card_get *out_card)
{
    return web_need(web,
                    sql_card_get(web->db,
                                 &(struct sql_card_get_in){.dataset = web->session.dataset,
                                                           .board = web->ids[0],
                                                           .card = web->ids[1],
                                                           .user = web->session.user},
                                 out_card),
                    CARD_MISSING);
}

enum err handle_card(struct web *web, struct request *request, struct response *response)
{
    struct sql_card_get card;
    TRY(load_card(web, &card));
    struct panel_view view = {
        .page = page_make(web, request, response, arena_cstr(web->ctx->arena, card.title),
                          NAV_BOARDS),
        .base = arena_print(web->ctx->arena, "/boards/%lld/cards/%lld",
                            (long long)card.board_id, (long long)card.id),
        .board = card.board_id,
        .board_name = card.board,
        .card = card.id,
        .account = card.account_id_null ? 0 : card.account_id,
        .lead = card.lead_id_null ? 0 : card.lead_id,
        .stage = card.stage,
        .stage_id = card.stage_id,
        .owner = card.owner_id_null ? 0 : card.owner_id,
        .title = card.title,
        .domain = card.domain,
        .logo = card.logo,
        .score = card.score,
    };
    TRY(panel_load(web, &view));
    panel_answer(request, response, &view);
    return ERR_NONE;
}

/* ---- moving ---- */

enum { PLACE_TOP, PLACE_BOTTOM, PLACE_UP, PLACE_DOWN };

struct move_values {
    int64_t stage, version, after, before, place;
    struct str cursor;
};
static const char *const places[] = {"top", "bottom", "up", "down", NULL};
static const struct form_field move_fields[] = {
    {.name = "stage",
     .label = "Stage",
     .kind = FORM_ID,
     .required = true,
     .offset = offsetof(struct move_values, stage)},
    {.name = "version",
     .label = "Version",
     .kind = FORM_INT,
     .required = true,
     .min = 1,
     .max = INT32_MAX,
     .offset = offsetof(struct move_values, version)},
    {.name = "after",
     .label = "The card above",
     .kind = FORM_ID,
     .offset = offsetof(struct move_values, after)},
    {.name = "before",
     .label = "The card below",
     .kind = FORM_ID,
     .offset = offsetof(struct move_values, before)},
    {.name = "place",
     .label = "Where in the stage",
     .kind = FORM_ENUM,
     .choices = places,
     .offset = offsetof(struct move_values, place)},
    {.name = "cursor",
     .label = "What the page has seen",
     .kind = FORM_TEXT,
     .max = 60,
     .offset = offsetof(struct move_values, cursor)},
};
const struct form_spec card_move_spec = FORM_SPEC(move_fields, struct move_values);

static enum err draw_stages(struct web *web, const struct sql_card_get *card, int64_t chosen,
                            struct move_view *view)
{
    struct sql_stage_list_rows stages;
    TRY(sql_stage_list(
        web->db,
        &(struct sql_stage_list_in){.dataset = web->session.dataset, .board = card->board_id},
        &stages));
    struct stage_choice *choices = ARENA_ARRAY(web->ctx->arena, stages.n, struct stage_choice);
    for (size_t i = 0; i < stages.n; i++) {
        choices[i] = (struct stage_choice){.id = stages.row[i].id,
                                           .name = stages.row[i].name,
                                           .chosen = stages.row[i].id == chosen};
        if (choices[i].chosen && view->conflict) {
            view->wanted = choices[i].name;
        }
    }
    view->stages = choices;
    view->n_stages = stages.n;
    return ERR_NONE;
}

static enum err draw_move(struct web *web, struct request *request, struct response *response,
                          int64_t chosen, struct move_view *view)
{
    struct sql_card_get card;
    TRY(load_card(web, &card));
    view->page = page_make(web, request, response, "Move a card", NAV_BOARDS);
    view->csrf = view->page.csrf;
    view->title = card.title;
    view->stage = card.stage;
    view->board_name = card.board;
    view->board = card.board_id;
    view->card = card.id;
    view->version = card.version;
    view->domain = card.domain;
    TRY(draw_stages(web, &card, chosen != 0 ? chosen : card.stage_id, view));
    TRY(apply_draw_card(web, card.id, card.owner_id_null ? 0 : card.owner_id, &view->actions));
    view->actions.csrf = view->csrf;
    tpl_board_move(&response->body, view);
    return ERR_NONE;
}

enum err handle_card_move(struct web *web, struct request *request, struct response *response)
{
    struct move_view view = {.conflict = false};
    return draw_move(web, request, response, 0, &view);
}

/* One up or down needs to know who stands there. */
static enum err find_neighbours(struct web *web, const struct move_values *values,
                                struct card_move *move)
{
    if (values->place != PLACE_UP && values->place != PLACE_DOWN) {
        return ERR_NONE;
    }
    struct db_scope scope = web_scope(web);
    struct sql_card_around around;
    scope.read_only = true;
    TRY(db_begin(web->db, &scope));
    enum err err =
        sql_card_around(web->db,
                        &(struct sql_card_around_in){
                            .dataset = scope.dataset, .board = move->board, .card = move->card},
                        &around);
    if (err == ERR_NONE && values->place == PLACE_UP) {
        move->before = around.above_null ? 0 : around.above;
    } else if (err == ERR_NONE) {
        move->after = around.below_null ? 0 : around.below;
        move->bottom = around.below_null;
    }
    db_rollback(web->db);
    return err == ERR_NOT_FOUND ? ERR_NONE : err;
}

/* The sentence for somebody whose card was moved under their hands. */
static enum err tell_what_happened(struct web *web, struct str *out_what, int64_t *out_at)
{
    struct sql_card_why_rows rows;
    struct sql_card_get card;
    *out_what = STR("This card was changed meanwhile");
    *out_at = 0;
    TRY(load_card(web, &card));
    TRY(sql_card_why(
        web->db, &(struct sql_card_why_in){.dataset = web->session.dataset, .card = card.id},
        &rows));
    if (rows.n == 1) {
        const struct sql_card_why *row = &rows.row[0];
        *out_at = row->at;
        const struct history_entry entry = {.kind = (enum card_change_kind)row->kind,
                                            .actor_kind = (enum card_actor_kind)row->actor_kind,
                                            .actor_id = row->actor_id_null ? 0 : row->actor_id,
                                            .from = row->from_stage,
                                            .to = row->to_stage,
                                            .actor = row->actor,
                                            .detail = row->detail};
        struct history_sentence sentence = history_draw(web->ctx, &entry);
        *out_what = history_text(web->ctx, &sentence);
    }
    return ERR_NONE;
}

/* Nothing was written: says who was first, and offers to choose again. */
static enum err answer_conflict(struct web *web, struct request *request,
                                struct response *response, const struct move_values *values)
{
    struct db_scope scope = web_scope(web);
    struct move_view view = {.conflict = true};
    struct str what;
    scope.read_only = true;
    TRY(db_begin(web->db, &scope));
    TRY(tell_what_happened(web, &what, &view.what_at));
    view.what = arena_print(web->ctx->arena, "%.*s.", STR_ARG(what));
    response->status = 409;
    if (!web_is_partial(request)) {
        return draw_move(web, request, response, values->stage, &view);
    }
    db_rollback(web->db);
    const struct board_answer told = {
        .message =
            arena_print(web->ctx->arena, "%.*s Your move was not made.", STR_ARG(view.what))};
    return board_draw_changes(web, response, values->cursor, &told);
}

enum err handle_card_move_post(struct web *web, struct request *request,
                               struct response *response)
{
    const struct move_values *values = web->form.values;
    struct card_move move = {
        .scope = web_scope(web),
        .board = web->ids[0],
        .card = web->ids[1],
        .user = web->session.user,
        .stage = values->stage,
        .version = (int32_t)values->version,
        .after = values->after,
        .before = values->before,
        .bottom = values->place == PLACE_BOTTOM,
    };
    struct card_moved moved;
    TRY(find_neighbours(web, values, &move));
    enum err err = card_move(web->db, &move, &moved);
    if (err == ERR_NOT_FOUND) {
        return answer_conflict(web, request, response, values);
    }
    TRY(err);
    if (web_is_partial(request)) {
        const struct board_answer done = {.said = operation_said(web->ctx, &moved.operation),
                                          .operation = moved.operation.id};
        return board_draw_changes(web, response, values->cursor, &done);
    }
    return web_redirect(response, "/boards/%lld?stage=%lld&did=%lld#c%lld",
                        (long long)move.board, (long long)move.stage,
                        (long long)moved.operation.id, (long long)move.card);
}
