/* The board page. What changes on it: board_changes.c. */
#include "fcgi/handlers/board.h"

#include "fcgi/board_lanes.h"
#include "fcgi/board_owners.h"
#include "fcgi/handlers/board_read.h"
#include "gen/templates.h"

enum err board_load(struct web *web, struct sql_board_get *out_board)
{
    return web_need(web,
                    sql_board_get(web->db,
                                  &(struct sql_board_get_in){.dataset = web->session.dataset,
                                                             .board = web->ids[0],
                                                             .user = web->session.user},
                                  out_board),
                    BOARD_MISSING);
}

/* ?stage=&after=: that stage shows its next cards instead of its first. */
static enum err page_on(struct web *web, const struct board_read *from,
                        struct stage_view *stages, struct more_view **out_more)
{
    int64_t stage = 0;
    *out_more = NULL;
    struct str after = web_query(web, "after");
    if (!str_to_i64(web_query(web, "stage"), &stage)) {
        return ERR_NONE;
    }
    for (size_t i = 0; i < from->stages.n; i++) {
        stages[i].current = stages[i].id == stage;
        if (stages[i].id == stage && !str_is_empty(after)) {
            *out_more = &stages[i].shown;
            TRY(board_read_more(web, from, &from->stages.row[i], after, *out_more));
        }
    }
    return ERR_NONE;
}

static bool has_no_cards(const struct sql_stage_list_rows *stages)
{
    for (size_t i = 0; i < stages->n; i++) {
        if (stages->row[i].cards != 0) {
            return false;
        }
    }
    return true;
}

enum err handle_board(struct web *web, struct request *request, struct response *response)
{
    struct board_read from;
    TRY(board_read(web, &from));
    if (from.board.setup_step != 0) {
        return web_redirect(response, "/boards/%lld/%s", (long long)web->ids[0],
                            from.board.setup_step == 2 ? "stages" : "import");
    }
    struct board_view view = {
        .id = from.board.id,
        .name = from.board.name,
        .is_private = from.board.visibility == 1,
        .is_empty = has_no_cards(&from.stages),
        .segment = from.board.segment,
        .cursor = board_cursor(web->ctx, from.board.since),
        .search = from.search,
        .found = (int64_t)from.cards.n,
        .n_boards = from.names.n,
        .n_stages = from.stages.n,
    };
    view.page = page_make(web, request, response, arena_cstr(web->ctx->arena, from.board.name),
                          NAV_BOARDS);
    if (str_is_null(view.search)) { /* what is found stays as it was found */
        view.page.live = arena_print(web->ctx->arena, "/boards/%lld/live", (long long)view.id);
    }
    struct stage_view *stages =
        board_draw_stages(web->ctx, view.id, &from.stages, view.page.csrf);
    board_draw_folds(stages, from.stages.n, from.board.folded);
    struct card_draw draw = card_draw_begin(web->ctx, &from.board, &from.members);
    struct more_view *more;
    struct board_filter filter;
    TRY(board_filter_read(web->ctx, web->query, &filter));
    draw.whole_tags = filter.lanes == LANES_TAG;
    board_draw_cards(&draw, &from.stages, &from.cards, str_is_null(from.search), stages);
    TRY(page_on(web, &from, stages, &more));
    TRY(board_read_did(web, &view.did));
    view.did.csrf = view.page.csrf;
    response_header(response, "Vary", STR("HX-Request"));
    if (more != NULL && web_is_partial(request)) {
        tpl_board_cards(&response->body, more);
        return ERR_NONE;
    }
    board_owners_draw(web->ctx, &filter, &from.members, &view);
    view.stages = stages;
    if (filter.lanes != LANES_NONE) {
        board_lanes_draw(web->ctx, filter.lanes, &view);
    }
    view.boards = board_draw_names(web->ctx, view.id, &from.names);
    tpl_board(&response->body, &view);
    return ERR_NONE;
}

/* ---- order of a stage ---- */

struct sort_values {
    struct str order;
};
static const struct form_field sort_fields[] = {
    {.name = "order",
     .label = "Order",
     .kind = FORM_TEXT,
     .required = true,
     .offset = offsetof(struct sort_values, order)},
};
const struct form_spec stage_sort_spec = FORM_SPEC(sort_fields, struct sort_values);

enum err handle_stage_sort(struct web *web, struct request *request, struct response *response)
{
    (void)request;
    const struct sort_values *values = web->form.values;
    int64_t dataset = web->session.dataset, board = web->ids[0];
    struct sql_stage_sort_in in = {.dataset = dataset, .board = board, .stage = web->ids[1]};
    if (!card_draw_order(values->order, &in.sort, &in.ascending)) {
        return ctx_fail(web->ctx, ERR_INVALID, "There is no such order of cards.");
    }
    struct sql_board_get found;
    TRY(board_load(web, &found));
    int64_t changed;
    TRY(sql_stage_sort(web->db, &in, &changed));
    if (changed == 0) {
        return web_not_found(web, "This stage is no longer on the board.");
    }
    TRY(sql_board_changed(
        web->db, &(struct sql_board_changed_in){.dataset = dataset, .board = board}, NULL));
    return web_redirect(response, "/boards/%lld?stage=%lld#s%lld", (long long)board,
                        (long long)web->ids[1], (long long)web->ids[1]);
}
