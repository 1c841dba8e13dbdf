#include "fcgi/handlers/board_read.h"

/* ---- the parts ---- */

static enum err send_head(struct web *web)
{
    int64_t dataset = web->session.dataset, board = web->ids[0];
    TRY(sql_board_get_send(web->db, &(struct sql_board_get_in){.dataset = dataset,
                                                               .board = board,
                                                               .user = web->session.user}));
    TRY(sql_stage_list_send(web->db,
                            &(struct sql_stage_list_in){.dataset = dataset, .board = board}));
    TRY(sql_member_list_send(
        web->db, &(struct sql_member_list_in){
                     .workspace = web->session.workspace, .dataset = dataset, .board = board}));
    return sql_automation_titles_send(web->db,
                                      &(struct sql_automation_titles_in){.dataset = dataset});
}

static enum err take_head(struct web *web, struct board_read *out)
{
    TRY(web_need(web, sql_board_get_take(web->db, &out->board), BOARD_MISSING));
    TRY(sql_stage_list_take(web->db, &out->stages));
    TRY(sql_member_list_take(web->db, &out->members));
    return sql_automation_titles_take(web->db, &out->automations);
}

static enum err send_menus(struct web *web)
{
    int64_t dataset = web->session.dataset, user = web->session.user;
    TRY(sql_board_names_send(web->db,
                             &(struct sql_board_names_in){.dataset = dataset, .user = user}));
    TRY(sql_tag_list_send(web->db, &(struct sql_tag_list_in){.dataset = dataset}));
    return sql_board_views_send(
        web->db,
        &(struct sql_board_views_in){.dataset = dataset, .board = web->ids[0], .user = user});
}

static enum err take_menus(struct web *web, struct board_read *out)
{
    TRY(sql_board_names_take(web->db, &out->names));
    TRY(sql_tag_list_take(web->db, &out->tags));
    return sql_board_views_take(web->db, &out->views);
}

static enum err take_all_cards(struct web *web, struct board_cards *out)
{
    struct sql_board_cards_rows rows;
    TRY(sql_board_cards_take(web->db, &rows));
    struct board_card *v = ARENA_ARRAY(web->ctx->arena, rows.n, struct board_card);
    for (size_t i = 0; i < rows.n; i++) {
        v[i] = BOARD_CARD(&rows.row[i]);
    }
    *out = (struct board_cards){.v = v, .n = rows.n};
    return ERR_NONE;
}

static enum err read_named(struct web *web, struct sql_i64s ids, struct board_cards *out)
{
    struct sql_board_cards_named_rows rows;
    TRY(sql_board_cards_named(
        web->db,
        &(struct sql_board_cards_named_in){
            .dataset = web->session.dataset, .board = web->ids[0], .cards = ids},
        &rows));
    struct board_card *v = ARENA_ARRAY(web->ctx->arena, rows.n, struct board_card);
    for (size_t i = 0; i < rows.n; i++) {
        v[i] = BOARD_CARD(&rows.row[i]);
    }
    *out = (struct board_cards){.v = v, .n = rows.n};
    return ERR_NONE;
}

/* ---- under a filter ---- */

/* The filter's order is that of every stage. */
static void sort_stages(struct board_read *out)
{
    for (size_t i = 0; i < out->stages.n && out->filter.sorted; i++) {
        out->stages.row[i].sort = out->filter.sort;
        out->stages.row[i].sort_ascending = out->filter.ascending;
    }
}

/* A saved view that is named alone says how; one that is gone says nothing. */
static enum err use_view(struct web *web, struct board_read *out)
{
    for (size_t i = 0; i < out->views.n; i++) {
        if (out->views.row[i].id == out->filter.view) {
            TRY(board_filter_parse(web->ctx, out->views.row[i].query, &out->filter));
            out->filter.view = out->views.row[i].id;
            return ERR_NONE;
        }
    }
    out->filter.view = 0;
    return ERR_NONE;
}

static bool names_view_alone(const struct board_filter *filter)
{
    return filter->view != 0 && board_filter_is_plain(filter) && filter->lanes == LANES_NONE;
}

struct card_find board_read_find(struct web *web, const struct board_read *from)
{
    struct card_find_stage *stages =
        ARENA_ARRAY(web->ctx->arena, from->stages.n, struct card_find_stage);
    for (size_t i = 0; i < from->stages.n; i++) {
        const struct sql_stage_list *row = &from->stages.row[i];
        stages[i] = (struct card_find_stage){
            .id = row->id,
            .order = {.sort = (enum card_sort)row->sort, .ascending = row->sort_ascending}};
    }
    return (struct card_find){
        .dataset = web->session.dataset,
        .board = web->ids[0],
        .filter = &from->filter.cards,
        .stages = stages,
        .n_stages = from->stages.n,
        .most = card_filter_is_empty(&from->filter.cards) ? CARDS_PER_STAGE : CARDS_FOUND};
}

enum err board_read_found(struct web *web, struct board_read *out)
{
    const struct card_find find = board_read_find(web, out);
    out->found = ARENA_ARRAY(web->ctx->arena, out->stages.n, struct card_found);
    return card_find(web->db, &find, out->found);
}

static bool is_folded(const struct board_read *from, int64_t stage)
{
    for (size_t i = 0; i < from->board.folded.n; i++) {
        if (from->board.folded.v[i] == stage) {
            return true;
        }
    }
    return false;
}

static enum err read_found_cards(struct web *web, struct board_read *out)
{
    TRY(board_read_found(web, out));
    int64_t *ids = ARENA_ARRAY(web->ctx->arena, out->stages.n * CARDS_PER_STAGE, int64_t);
    size_t n = 0;
    for (size_t i = 0; i < out->stages.n; i++) {
        const struct sql_i64s *found = &out->found[i].ids;
        if (found->n != 0 && !is_folded(out, out->stages.row[i].id)) {
            memcpy(&ids[n], found->v, found->n * sizeof(*ids));
            n += found->n;
        }
    }
    if (card_filter_is_empty(&out->filter.cards)) {
        out->found = NULL; /* only sorted: every card is there */
    }
    return read_named(web, (struct sql_i64s){.v = ids, .n = n}, &out->cards);
}

/* ---- the board ---- */

enum err board_read(struct web *web, const struct board_filter *asked, struct board_read *out)
{
    bool plain = board_filter_is_plain(asked) && !names_view_alone(asked);
    *out = (struct board_read){.filter = *asked};
    TRY(send_head(web));
    TRY(send_menus(web));
    if (plain) {
        TRY(sql_board_cards_send(web->db,
                                 &(struct sql_board_cards_in){.dataset = web->session.dataset,
                                                              .board = web->ids[0],
                                                              .user = web->session.user}));
    }
    TRY(take_head(web, out));
    TRY(take_menus(web, out));
    if (names_view_alone(asked)) {
        TRY(use_view(web, out));
    }
    out->query = board_filter_query(web->ctx, &out->filter);
    sort_stages(out);
    return plain ? take_all_cards(web, &out->cards) : read_found_cards(web, out);
}

enum err board_read_head(struct web *web, const struct board_filter *filter,
                         struct board_read *out)
{
    *out =
        (struct board_read){.filter = *filter, .query = board_filter_query(web->ctx, filter)};
    TRY(send_head(web));
    TRY(take_head(web, out));
    sort_stages(out);
    return ERR_NONE;
}

/* ---- more of a stage ---- */

static enum err read_after(struct web *web, const struct sql_stage_list *stage,
                           const struct card_place *place, struct board_cards *out)
{
    const struct sql_stage_cards_after_in in = {.dataset = web->session.dataset,
                                                .board = web->ids[0],
                                                .stage = stage->id,
                                                .rank = place->rank,
                                                .at = place->at,
                                                .score = place->score,
                                                .id = place->id};
    struct sql_stage_cards_after_rows rows;
    TRY(sql_filter_role_send(web->db)); /* the order by hand is not leakproof (system.sql) */
    TRY(sql_stage_cards_after_send(web->db, &in));
    TRY(sql_filter_role_end_send(web->db));
    TRY(sql_filter_role_take(web->db, NULL));
    TRY(sql_stage_cards_after_take(web->db, &rows));
    TRY(sql_filter_role_end_take(web->db, NULL));
    struct board_card *v = ARENA_ARRAY(web->ctx->arena, rows.n, struct board_card);
    for (size_t i = 0; i < rows.n; i++) {
        v[i] = BOARD_CARD(&rows.row[i]);
    }
    *out = (struct board_cards){.v = v, .n = rows.n};
    return ERR_NONE;
}

static enum err find_after(struct web *web, const struct board_read *from,
                           const struct sql_stage_list *stage, const struct card_place *place,
                           struct board_cards *out, bool *out_more)
{
    struct card_find find = board_read_find(web, from);
    const struct card_find_stage one = {
        .id = stage->id, .order = {(enum card_sort)stage->sort, stage->sort_ascending}};
    struct card_found found;
    find.stages = &one;
    find.n_stages = 1;
    find.most = CARDS_PER_STAGE;
    find.after = place;
    TRY(card_find(web->db, &find, &found));
    *out_more = card_found_more(&found);
    return read_named(web, found.ids, out);
}

enum err board_read_more(struct web *web, const struct board_read *from,
                         const struct sql_stage_list *stage, struct str after,
                         struct more_view *out)
{
    struct card_place place;
    struct board_cards cards;
    bool more;
    if (!card_draw_place_read(after, stage->sort, stage->sort_ascending, &place)) {
        return ctx_fail(web->ctx, ERR_INVALID, "This link leads nowhere. Open the board anew.");
    }
    if (board_filter_is_plain(&from->filter)) {
        TRY(read_after(web, stage, &place, &cards));
        more = cards.n == CARDS_PER_STAGE;
    } else {
        TRY(find_after(web, from, stage, &place, &cards, &more));
    }
    struct card_draw draw =
        card_draw_begin(web->ctx, &from->board, &from->members, &from->automations);
    *out = (struct more_view){.board = web->ids[0], .stage = stage->id};
    board_draw_shown(&draw, stage, cards, more && cards.n > 0, out);
    board_draw_next(web->ctx, from->query, out);
    return ERR_NONE;
}
