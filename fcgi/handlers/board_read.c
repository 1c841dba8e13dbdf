#include "fcgi/handlers/board_read.h"

#define SEARCH_MAX 200

/* ?q=: what is searched for; "no value" when nothing is. */
static struct str asked_text(struct web *web)
{
    struct str text = str_cut(str_trim(web_query(web, "q")), SEARCH_MAX);
    return str_is_empty(text) ? (struct str){.p = NULL} : text;
}

enum err board_read(struct web *web, struct board_read *out)
{
    const struct session *who = &web->session;
    int64_t dataset = who->dataset, board = web->ids[0];
    struct db *db = web->db;
    TRY(sql_board_get_send(
        db, &(struct sql_board_get_in){.dataset = dataset, .board = board, .user = who->user}));
    TRY(sql_board_names_send(
        db, &(struct sql_board_names_in){.dataset = dataset, .user = who->user}));
    TRY(sql_stage_list_send(db,
                            &(struct sql_stage_list_in){.dataset = dataset, .board = board}));
    out->search = asked_text(web);
    TRY(sql_board_cards_send(
        db, &(struct sql_board_cards_in){
                .dataset = dataset, .board = board, .text = out->search, .user = who->user}));
    TRY(sql_member_list_send(db, &(struct sql_member_list_in){.workspace = who->workspace,
                                                              .dataset = dataset,
                                                              .board = board}));
    TRY(web_need(web, sql_board_get_take(db, &out->board), BOARD_MISSING));
    TRY(sql_board_names_take(db, &out->names));
    TRY(sql_stage_list_take(db, &out->stages));
    TRY(sql_board_cards_take(db, &out->cards));
    return sql_member_list_take(db, &out->members);
}

enum err board_read_more(struct web *web, const struct board_read *from,
                         const struct sql_stage_list *stage, struct str after,
                         struct more_view *out)
{
    struct sql_stage_cards_after_in in = {
        .dataset = web->session.dataset, .board = web->ids[0], .stage = stage->id};
    struct card_place place;
    if (!card_draw_place_read(after, stage->sort, stage->sort_ascending, &place)) {
        return ctx_fail(web->ctx, ERR_INVALID, "This link leads nowhere. Open the board anew.");
    }
    in.rank = place.rank;
    in.at = place.at;
    in.score = place.score;
    in.id = place.id;
    struct sql_stage_cards_after_rows rows;
    TRY(sql_stage_cards_after(web->db, &in, &rows));
    struct card_draw draw = card_draw_begin(web->ctx, &from->board, &from->members);
    card_draw_in(&draw, stage);
    struct card_view *views = ARENA_ARRAY(web->ctx->arena, rows.n, struct card_view);
    for (size_t i = 0; i < rows.n; i++) {
        views[i] = card_draw(&draw, &CARD_ROW(&rows.row[i]));
    }
    *out = (struct more_view){
        .board = web->ids[0], .stage = stage->id, .list = views, .n_list = rows.n};
    if (rows.n == CARDS_PER_STAGE) {
        const struct sql_stage_cards_after *last = &rows.row[rows.n - 1];
        out->after = card_draw_place(web->ctx, stage->sort, &CARD_ROW(last), last->rank);
    }
    return ERR_NONE;
}
