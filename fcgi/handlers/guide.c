/* The workflow guide: stages and what means them, what that will make, and making it. */
#include "fcgi/handlers.h"

#include "fcgi/automation_draw.h"
#include "fcgi/guide_form.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/sb.h"

#define BOARD_NAME STR("Trials")
#define SEEN_EVENTS 5000 /* the latest ones that are looked through */
#define SEEN_EACH 40
#define MISSING "This board does not exist, or you may not see it."
#define CHAIN_MAX 4000

/* The form as it is, and what is wrong with it. */
struct guide {
    struct workflow *workflow;
    struct workflow_where where;
    struct str why; /* "no value": nothing */
    size_t fresh;
};

static struct guide begin(struct web *web)
{
    struct guide guide = {.workflow = ARENA_NEW(web->ctx->arena, struct workflow),
                          .where = {.stage = SIZE_MAX, .sign = SIZE_MAX},
                          .fresh = SIZE_MAX};
    guide.workflow->dataset = web->session.dataset;
    guide.workflow->user = web->session.user;
    return guide;
}

/* ---- the form ---- */

static enum err load_boards(struct web *web, const struct guide *guide, struct guide_view *view)
{
    struct sql_workflow_boards_rows rows;
    TRY(sql_workflow_boards(web->db,
                            &(struct sql_workflow_boards_in){.dataset = web->session.dataset,
                                                             .user = web->session.user},
                            &rows));
    struct guide_board *boards = ARENA_ARRAY(web->ctx->arena, rows.n, struct guide_board);
    for (size_t i = 0; i < rows.n; i++) {
        boards[i] = (struct guide_board){.id = rows.row[i].id,
                                         .name = rows.row[i].name,
                                         .guided = rows.row[i].guided,
                                         .chosen = rows.row[i].id == guide->workflow->board};
        view->n_guided += rows.row[i].guided;
    }
    view->boards = boards;
    view->n_boards = rows.n;
    return ERR_NONE;
}

static enum err load_seen(struct web *web, struct guide_view *view)
{
    struct sql_workflow_seen_rows rows;
    struct guide_seen *seen = ARENA_ARRAY(web->ctx->arena, SIGN__COUNT, struct guide_seen);
    TRY(sql_workflow_seen(web->db,
                          &(struct sql_workflow_seen_in){.dataset = web->session.dataset,
                                                         .most = SEEN_EVENTS,
                                                         .each = SEEN_EACH},
                          &rows));
    for (int kind = 0; kind < SIGN__COUNT; kind++) {
        struct str *values = ARENA_ARRAY(web->ctx->arena, rows.n, struct str);
        seen[kind] = (struct guide_seen){
            .kind = workflow_sign_name((enum workflow_sign_kind)kind), .values = values};
        for (size_t i = 0; i < rows.n; i++) {
            if (rows.row[i].kind == kind) {
                values[seen[kind].n_values++] = rows.row[i].value;
            }
        }
    }
    view->seen = seen;
    view->n_seen = SIGN__COUNT;
    return ERR_NONE;
}

static enum err draw(struct web *web, const struct request *request, struct response *response,
                     const struct guide *guide)
{
    struct guide_view view = {
        .page = page_make(web, request, response, "Workflow guide", NAV_AUTOMATIONS),
        .wrong = form_message(&web->form, "")};
    const struct guide_drawing drawing = {.ctx = web->ctx,
                                          .workflow = guide->workflow,
                                          .where = guide->where,
                                          .why = guide->why,
                                          .csrf = view.page.csrf,
                                          .fresh = guide->fresh};
    if (str_is_null(view.wrong) && web->form.n_mistakes > 0) {
        view.wrong = web->form.mistakes[0].message;
    }
    guide_form_draw(&drawing, &view.form);
    TRY(load_boards(web, guide, &view));
    TRY(load_seen(web, &view));
    web_form_status(web, response);
    tpl_guide(&response->body, &view);
    return ERR_NONE;
}

/* ?board=: one that is there. */
enum err handle_guide(struct web *web, struct request *request, struct response *response)
{
    struct guide guide = begin(web);
    struct str asked = web_query(web, "board");
    int64_t board = 0;
    if (!str_is_empty(asked) && (!str_to_i64(asked, &board) || board <= 0)) {
        return web_not_found(web, MISSING);
    }
    if (board != 0) {
        TRY(web_need(web, workflow_load(web->db, board, guide.workflow), MISSING));
    } else {
        guide.workflow->board_name = BOARD_NAME;
        workflow_suggest(guide.workflow);
    }
    return draw(web, request, response, &guide);
}

/* ---- what it will make ---- */

static struct guide_item draw_item(const struct workflow_item *item)
{
    return (struct guide_item){.part = item->part,
                               .change = item->change,
                               .automation = item->automation,
                               .name = item->name,
                               .words = item->words};
}

static void draw_planned(struct ctx *ctx, const struct workflow *workflow,
                         const struct workflow_plan *plan, struct guide_look_view *view)
{
    struct guide_planned *stages =
        ARENA_ARRAY(ctx->arena, workflow->n_stages, struct guide_planned);
    for (size_t s = 0; s < workflow->n_stages; s++) {
        struct guide_item *items = ARENA_ARRAY(ctx->arena, plan->n, struct guide_item);
        struct guide_planned *stage = &stages[view->n_stages];
        *stage = (struct guide_planned){.stage = workflow->stages[s].name, .items = items};
        for (size_t i = 0; i < plan->n; i++) {
            if (plan->items[i].part != PART_BOARD && plan->items[i].stage == s) {
                items[stage->n_items++] = draw_item(&plan->items[i]);
            }
        }
        view->n_stages += stage->n_items > 0;
    }
    view->stages = stages;
}

static void draw_chain(struct ctx *ctx, const struct workflow *workflow,
                       struct guide_look_view *view)
{
    struct sb chain, silent;
    sb_init(&chain, ctx->arena, CHAIN_MAX);
    sb_init(&silent, ctx->arena, CHAIN_MAX);
    for (size_t i = 0; i < workflow->n_stages; i++) {
        bool has = false;
        for (size_t k = 0; k < workflow->n_signs; k++) {
            has = has || (workflow->signs[k].stage == i &&
                          !str_is_empty(str_trim(workflow->signs[k].value)));
        }
        sb_printf(&chain, "%s%.*s", i == 0 ? "" : " → ", STR_ARG(workflow->stages[i].name));
        if (!has) {
            sb_printf(&silent, "%s%.*s", silent.n == 0 ? "" : ", ",
                      STR_ARG(workflow->stages[i].name));
        }
    }
    view->chain = sb_view(&chain);
    view->silent = sb_view(&silent);
}

static enum err draw_look(struct web *web, const struct request *request,
                          struct response *response, const struct guide *guide,
                          const struct workflow_plan *plan)
{
    struct guide_look_view view = {
        .page = page_make(web, request, response, "What will be made", NAV_AUTOMATIONS),
        .new_board = guide->workflow->board == 0,
        .n_boards = plan->n_boards,
        .n_tags = plan->n_tags,
        .n_automations = plan->n_automations,
        .n_changed = plan->n_changed,
        .nothing = plan->n_boards + plan->n_tags + plan->n_automations + plan->n_changed == 0};
    const struct guide_drawing drawing = {.ctx = web->ctx,
                                          .workflow = guide->workflow,
                                          .where = guide->where,
                                          .csrf = view.page.csrf,
                                          .fresh = SIZE_MAX};
    guide_form_draw(&drawing, &view.form);
    draw_planned(web->ctx, guide->workflow, plan, &view);
    draw_chain(web->ctx, guide->workflow, &view);
    tpl_guide_look(&response->body, &view);
    return ERR_NONE;
}

/* ---- sending the form ---- */

static enum err read(struct web *web, struct guide *guide)
{
    const struct guide_values *values = web->form.values;
    if (values->board != 0) {
        TRY(web_need(web, workflow_load(web->db, values->board, guide->workflow), MISSING));
    }
    guide_form_read(values, guide->workflow);
    return ERR_NONE;
}

/* What is wrong stands at its line, and nothing typed is lost. */
static void refuse(struct web *web, struct guide *guide)
{
    guide->why = web->ctx->why;
    ctx_clear(web->ctx);
    form_refuse(&web->form, "", "%.*s", STR_ARG(guide->why));
}

/* Refusals of the plan are told in the form; others are the dispatcher's. */
static bool is_refusal(enum err err)
{
    return err == ERR_INVALID || err == ERR_LIMIT || err == ERR_CONFLICT;
}

static enum err made(struct web *web, const struct request *request, struct response *response,
                     const struct workflow_plan *plan)
{
    struct str path =
        arena_print(web->ctx->arena, "/automations/guide/%lld", (long long)plan->board);
    web->wake = true;
    return web_redirect_saying(
        web, request, response, path, "%s",
        plan->n_automations + plan->n_changed + plan->n_boards + plan->n_tags == 0
            ? "Everything was there already."
            : "It is made. Nothing runs yet that was not switched on before.");
}

enum err handle_guide_post(struct web *web, struct request *request, struct response *response)
{
    const struct guide_values *values = web->form.values;
    struct guide guide = begin(web);
    struct workflow_plan plan;
    TRY(read(web, &guide));
    bool make = str_eq(values->pressed, STR("make"));
    if (!form_is_right(&web->form) ||
        guide_form_press(guide.workflow, values->pressed, &guide.fresh) ||
        str_eq(values->pressed, STR("edit"))) {
        return draw(web, request, response, &guide);
    }
    enum err err = workflow_check(web->ctx, guide.workflow, &guide.where);
    if (err == ERR_NONE) {
        err = make ? workflow_make(web->db, guide.workflow, &plan)
                   : workflow_plan(web->db, guide.workflow, &plan);
    }
    if (is_refusal(err)) {
        refuse(web, &guide);
        return draw(web, request, response, &guide);
    }
    TRY(err);
    return make ? made(web, request, response, &plan)
                : draw_look(web, request, response, &guide, &plan);
}
