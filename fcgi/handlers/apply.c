/* Something done to many cards: the page that asks what, and doing it. */
#include "fcgi/handlers/apply.h"

#include "fcgi/board_filter.h"
#include "fcgi/operation_said.h"
#include "gen/templates.h"
#include "shared/card_find.h"
#include "shared/card_operations.h"
#include "shared/tagging.h"

#define TITLES_SHOWN 12
#define QUERY_MAX 4000
#define CHOICE_MISSING "Choose at least one card, or everything in a stage."

/* ---- what is asked for ---- */

struct apply_values {
    struct form_ids cards, tags;
    int64_t all, doing, to, after, before, owner;
    bool exclude;
    struct str query, new_tag, cursor, back; /* back: a page that wants to say what was done */
};
static const char *const doings[] = {"move", "owner", "remove", "tag", "untag", NULL};
static const enum operation_kind kinds[] = {OP_MOVE, OP_OWNER, OP_REMOVE, OP_TAG, OP_UNTAG};
static const struct form_field apply_fields[] = {
    {.name = "card",
     .label = "Cards",
     .kind = FORM_IDS,
     .max = OPERATION_STEP,
     .offset = offsetof(struct apply_values, cards)},
    {.name = "all",
     .label = "Everything in a stage",
     .kind = FORM_ID,
     .offset = offsetof(struct apply_values, all)},
    {.name = "query",
     .label = "Filters",
     .kind = FORM_TEXT,
     .max = QUERY_MAX,
     .offset = offsetof(struct apply_values, query)},
    {.name = "do",
     .label = "What to do",
     .kind = FORM_ENUM,
     .required = true,
     .choices = doings,
     .offset = offsetof(struct apply_values, doing)},
    {.name = "to",
     .label = "Stage",
     .kind = FORM_ID,
     .offset = offsetof(struct apply_values, to)},
    {.name = "after",
     .label = "Behind this card",
     .kind = FORM_ID,
     .offset = offsetof(struct apply_values, after)},
    {.name = "before",
     .label = "Before this card",
     .kind = FORM_ID,
     .offset = offsetof(struct apply_values, before)},
    {.name = "owner",
     .label = "Owner",
     .kind = FORM_INT,
     .min = 0,
     .max = INT64_MAX,
     .offset = offsetof(struct apply_values, owner)},
    {.name = "exclude",
     .label = "Exclude",
     .kind = FORM_BOOL,
     .offset = offsetof(struct apply_values, exclude)},
    {.name = "tag",
     .label = "Tags",
     .kind = FORM_IDS,
     .max = TAGS_MAX,
     .offset = offsetof(struct apply_values, tags)},
    {.name = "new_tag",
     .label = "New tag",
     .kind = FORM_TEXT,
     .max = TAG_NAME_MAX,
     .offset = offsetof(struct apply_values, new_tag)},
    {.name = "cursor",
     .label = "What the page has seen",
     .kind = FORM_TEXT,
     .max = 60,
     .offset = offsetof(struct apply_values, cursor)},
    {.name = "back",
     .label = "Page to go back to",
     .kind = FORM_TEXT,
     .max = 500,
     .offset = offsetof(struct apply_values, back)},
};
const struct form_spec card_apply_spec = FORM_SPEC(apply_fields, struct apply_values);

/* ---- the choices a page offers ---- */

static enum err draw_stages(struct web *web, struct actions_view *actions)
{
    struct sql_stage_list_rows rows;
    TRY(sql_stage_list(
        web->db,
        &(struct sql_stage_list_in){.dataset = web->session.dataset, .board = web->ids[0]},
        &rows));
    struct action_choice *choices =
        ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct action_choice);
    for (size_t i = 0; i < rows.n; i++) {
        if (rows.row[i].id != actions->all) {
            choices[actions->n_stages++] =
                (struct action_choice){.id = rows.row[i].id, .name = rows.row[i].name};
        }
    }
    actions->stages = choices;
    return ERR_NONE;
}

static enum err draw_members(struct web *web, int64_t owner, struct actions_view *actions)
{
    struct sql_board_members_rows rows;
    TRY(sql_board_members(web->db,
                          &(struct sql_board_members_in){.dataset = web->session.dataset,
                                                         .board = web->ids[0],
                                                         .person_null = true},
                          &rows));
    struct action_choice *choices =
        ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct action_choice);
    for (size_t i = 0; i < rows.n; i++) {
        choices[i] = (struct action_choice){
            .id = rows.row[i].id, .name = rows.row[i].name, .chosen = rows.row[i].id == owner};
    }
    actions->members = choices;
    actions->n_members = rows.n;
    return ERR_NONE;
}

static enum err draw_tags(struct web *web, struct actions_view *actions)
{
    struct sql_tag_list_rows rows;
    TRY(sql_tag_list(web->db, &(struct sql_tag_list_in){.dataset = web->session.dataset},
                     &rows));
    struct action_choice *choices =
        ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct action_choice);
    for (size_t i = 0; i < rows.n; i++) {
        choices[i] = (struct action_choice){.id = rows.row[i].id, .name = rows.row[i].name};
    }
    actions->tags = choices;
    actions->n_tags = rows.n;
    return ERR_NONE;
}

enum err apply_draw_card(struct web *web, int64_t card, int64_t owner,
                         struct actions_view *actions)
{
    int64_t *cards = ARENA_NEW(web->ctx->arena, int64_t);
    *cards = card;
    *actions =
        (struct actions_view){.board = web->ids[0], .cards = cards, .n_cards = 1, .count = 1};
    TRY(draw_members(web, owner, actions));
    return draw_tags(web, actions);
}

/* ---- the page ---- */

/* ?card=, as often as there are cards. */
static void read_cards(struct web *web, struct actions_view *actions)
{
    int64_t *ids = ARENA_ARRAY(web->ctx->arena, web->query.n + 1, int64_t);
    for (size_t i = 0; i < web->query.n && actions->n_cards < OPERATION_STEP; i++) {
        int64_t id;
        if (str_eq(web->query.v[i].name, STR("card")) &&
            str_to_i64(web->query.v[i].value, &id) && id > 0) {
            ids[actions->n_cards++] = id;
        }
    }
    actions->cards = ids;
}

/* Those that are still there, by their names. */
static enum err draw_cards(struct web *web, struct apply_view *view)
{
    struct actions_view *actions = &view->actions;
    struct sql_card_titles_rows rows;
    TRY(sql_card_titles(
        web->db,
        &(struct sql_card_titles_in){.dataset = web->session.dataset,
                                     .board = web->ids[0],
                                     .cards = {actions->cards, actions->n_cards}},
        &rows));
    int64_t *ids = ARENA_ARRAY(web->ctx->arena, rows.n + 1, int64_t);
    struct str *titles = ARENA_ARRAY(web->ctx->arena, TITLES_SHOWN, struct str);
    for (size_t i = 0; i < rows.n; i++) {
        ids[i] = rows.row[i].id;
        if (i < TITLES_SHOWN) {
            titles[view->n_titles++] = rows.row[i].title;
        }
    }
    actions->cards = ids;
    actions->n_cards = rows.n;
    actions->count = (int64_t)rows.n;
    view->titles = titles;
    view->more = (int64_t)(rows.n - view->n_titles);
    return ERR_NONE;
}

/* How many of the stage's cards the filters show; all when they are too many to count. */
static enum err count_stage(struct web *web, int32_t cards, struct actions_view *actions)
{
    struct board_filter filter;
    const struct card_find_stage stage = {.id = actions->all};
    struct card_found found;
    actions->count = cards;
    TRY(board_filter_parse(web->ctx, actions->query, &filter));
    actions->filtered = !card_filter_is_empty(&filter.cards);
    if (!actions->filtered) {
        return ERR_NONE;
    }
    TRY(card_find(web->db,
                  &(struct card_find){.dataset = web->session.dataset,
                                      .board = web->ids[0],
                                      .filter = &filter.cards,
                                      .stages = &stage,
                                      .n_stages = 1,
                                      .most = 1},
                  &found));
    actions->counted = found.counted;
    actions->count = found.counted ? found.count : cards;
    return ERR_NONE;
}

static enum err draw_stage(struct web *web, struct apply_view *view)
{
    struct sql_stage_list_rows rows;
    TRY(sql_stage_list(
        web->db,
        &(struct sql_stage_list_in){.dataset = web->session.dataset, .board = web->ids[0]},
        &rows));
    for (size_t i = 0; i < rows.n; i++) {
        if (rows.row[i].id == view->actions.all) {
            view->stage = rows.row[i].name;
            TRY(count_stage(web, rows.row[i].cards, &view->actions));
        }
    }
    return ERR_NONE;
}

enum err handle_card_apply(struct web *web, struct request *request, struct response *response)
{
    struct sql_board_get board;
    TRY(board_load(web, &board));
    struct apply_view view = {
        .page = page_make(web, request, response, "Selected cards", NAV_BOARDS),
        .board_name = board.name,
        .actions = {.board = board.id,
                    .may_move = true,
                    .query = board_query(web->ctx, web_query(web, "query"))}};
    struct actions_view *actions = &view.actions;
    actions->csrf = view.page.csrf;
    if (str_to_i64(web_query(web, "all"), &actions->all) && actions->all > 0) {
        TRY(draw_stage(web, &view));
    } else {
        actions->all = 0;
        read_cards(web, actions);
        TRY(draw_cards(web, &view));
    }
    actions->many = actions->count != 1;
    TRY(draw_stages(web, actions));
    TRY(draw_members(web, 0, actions));
    TRY(draw_tags(web, actions));
    tpl_board_apply(&response->body, &view);
    return ERR_NONE;
}

/* ---- doing it ---- */

/* The tags that were ticked, and the one that was typed. */
static enum err read_tags(struct web *web, const struct apply_values *values,
                          struct card_action *action)
{
    int64_t *tags = ARENA_ARRAY(web->ctx->arena, values->tags.n + 1, int64_t);
    for (; action->n_tags < values->tags.n; action->n_tags++) {
        tags[action->n_tags] = values->tags.v[action->n_tags];
    }
    action->tags = tags;
    if (!str_is_empty(values->new_tag)) {
        TRY(tag_find_or_add(web->db, web->session.dataset, values->new_tag,
                            &tags[action->n_tags]));
        action->n_tags++;
    }
    return ERR_NONE;
}

static enum err read_action(struct web *web, struct card_action *action)
{
    const struct apply_values *values = web->form.values;
    *action = (struct card_action){.kind = kinds[values->doing],
                                   .stage = values->to,
                                   .after = values->after,
                                   .before = values->before,
                                   .owner = values->owner,
                                   .exclude = values->exclude};
    if (action->kind == OP_MOVE && values->to == 0) {
        return ctx_fail(web->ctx, ERR_INVALID, "Choose the stage to move the cards to.");
    }
    if (action->kind == OP_MOVE && values->to == values->all) {
        return ctx_fail(web->ctx, ERR_INVALID, "Choose another stage: they are in this one.");
    }
    if (action->kind == OP_OWNER && str_is_empty(form_typed(&web->form, "owner"))) {
        return ctx_fail(web->ctx, ERR_INVALID, "Choose who gets the cards.");
    }
    if (action->kind != OP_TAG && action->kind != OP_UNTAG) {
        return ERR_NONE;
    }
    TRY(read_tags(web, values, action));
    return action->n_tags > 0 ? ERR_NONE : ctx_fail(web->ctx, ERR_INVALID, "Choose a tag.");
}

enum err handle_card_apply_post(struct web *web, struct request *request,
                                struct response *response)
{
    const struct apply_values *values = web->form.values;
    struct sql_board_get board;
    struct card_action action;
    struct card_done done;
    TRY(board_load(web, &board));
    if (values->cards.n == 0 && values->all == 0) {
        return ctx_fail(web->ctx, ERR_INVALID, CHOICE_MISSING);
    }
    struct board_filter filter;
    TRY(read_action(web, &action));
    TRY(board_filter_parse(web->ctx, values->query, &filter));
    const struct card_choice choice = {.dataset = web->session.dataset,
                                       .board = board.id,
                                       .user = web->session.user,
                                       .cards = values->cards.v,
                                       .n = values->cards.n,
                                       .all_of = values->all,
                                       .filter = &filter.cards};
    TRY(card_operations_do(web->db, &choice, &action, &done));
    web->wake = done.progress != 0;
    if (response_is_local(values->back)) {
        return board_back_did(response, values->back, done.operation);
    }
    if (!web_is_partial(request)) {
        return board_redirect_did(response, board.id, board_query(web->ctx, values->query),
                                  done.operation);
    }
    struct operation_row row;
    TRY(operation_get(web->db, web->session.dataset, done.operation, &row));
    const struct board_answer answer = {
        .said = done.progress != 0 ? operation_said_doing(web->ctx, &row)
                                   : operation_said(web->ctx, &row),
        .operation = done.n > 0 || done.progress != 0 ? done.operation : 0,
        .progress = done.progress != 0};
    return board_answer_changes(web, response, values->cursor, &answer);
}
