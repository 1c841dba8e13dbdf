/* What a formula that somebody tried would change, once the job has found out, and saving it.
 */
#include "fcgi/handlers/score.h"

#include "fcgi/panel_draw.h"
#include "fcgi/score_draw.h"
#include "gen/templates.h"
#include "shared/score_draft.h"
#include "shared/score_preview.h"
#include "shared/tpl.h"

#define NO_DRAFT "This formula is not there any more. What was tried is kept for a week."
#define COMPANY_MAX 60
#define ABOUT_BYTES 256
#define CHART_HEIGHT 100
#define BAND_WIDTH 20 /* a pair of columns, and the gap behind it */
#define COLUMN_WIDTH 8

static enum err load_draft(struct web *web, struct sql_score_draft_get *out_draft)
{
    return web_need(
        web,
        sql_score_draft_get(web->db,
                            &(struct sql_score_draft_get_in){.dataset = web->session.dataset,
                                                             .draft = web->ids[0]},
                            out_draft),
        NO_DRAFT);
}

/* ---- the leads ---- */

struct drawing {
    struct web *web;
    const struct score_formula *formula;
    struct sql_score_names_rows names;
};

static enum err load_names(struct drawing *d, const struct score_preview_result *result)
{
    const struct score_previewed *const lists[] = {result->top, result->left, result->rises,
                                                   result->falls};
    const size_t sizes[] = {result->n_top, result->n_left, result->n_rises, result->n_falls};
    size_t n = 0;
    int64_t *ids =
        ARENA_ARRAY(d->web->ctx->arena, sizes[0] + sizes[1] + sizes[2] + sizes[3], int64_t);
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < sizes[i]; k++) {
            ids[n++] = lists[i][k].lead;
        }
    }
    return sql_score_names(
        d->web->db,
        &(struct sql_score_names_in){.dataset = d->web->session.dataset, .leads = {ids, n}},
        &d->names);
}

static void draw_name(const struct drawing *d, struct score_mover_view *view)
{
    struct ctx *ctx = d->web->ctx;
    view->name = STR("A lead that is gone");
    for (size_t i = 0; i < d->names.n; i++) {
        const struct sql_score_names *row = &d->names.row[i];
        if (row->id == view->lead) {
            view->name = panel_draw_name(ctx, row->first_name, row->last_name, row->email);
            view->company = panel_draw_short(ctx, row->company, COMPANY_MAX);
            return;
        }
    }
}

static void draw_parts(const struct drawing *d, struct str parts, struct score_mover_view *view)
{
    struct ctx *ctx = d->web->ctx;
    const struct score_draw draw = {.formula = d->formula, .parts = parts, .lead = view->lead};
    const struct score_part_view *all = score_draw_parts(ctx, &draw);
    struct score_part_view *shown =
        ARENA_ARRAY(ctx->arena, d->formula->n_rules, struct score_part_view);
    for (size_t i = 0; i < d->formula->n_rules; i++) {
        if (all[i].value != 0) {
            shown[view->n_parts++] = all[i];
        }
    }
    view->parts = shown;
}

static const struct score_mover_view *
draw_movers(const struct drawing *d, const struct score_previewed *movers, size_t n)
{
    struct score_mover_view *views =
        ARENA_ARRAY(d->web->ctx->arena, n, struct score_mover_view);
    for (size_t i = 0; i < n; i++) {
        views[i] = (struct score_mover_view){.lead = movers[i].lead,
                                             .was = movers[i].was,
                                             .is = movers[i].is,
                                             .was_rank = movers[i].was_rank,
                                             .is_rank = movers[i].is_rank,
                                             .enters = movers[i].was_rank == 0};
        draw_name(d, &views[i]);
        draw_parts(d, movers[i].parts, &views[i]);
    }
    return views;
}

/* ---- the distribution ---- */

static int64_t height_of(int64_t n, int64_t most)
{
    int64_t height = n * CHART_HEIGHT / (most > 0 ? most : 1);
    return n > 0 && height < 1 ? 1 : height;
}

static void draw_bands(struct ctx *ctx, const struct score_preview_result *result,
                       struct score_preview_view *view)
{
    int64_t most = 0;
    struct score_band_view *bands =
        ARENA_ARRAY(ctx->arena, SCORE_BANDS, struct score_band_view);
    for (size_t i = 0; i < SCORE_BANDS; i++) {
        most = result->before[i] > most ? result->before[i] : most;
        most = result->after[i] > most ? result->after[i] : most;
    }
    for (size_t i = 0; i < SCORE_BANDS; i++) {
        int64_t before = height_of(result->before[i], most);
        int64_t after = height_of(result->after[i], most);
        bands[i] = (struct score_band_view){
            .label = arena_print(ctx->arena, "%zu–%zu", i * SCORE_BANDS,
                                 i + 1 < SCORE_BANDS ? i * SCORE_BANDS + 9 : 100),
            .before = result->before[i],
            .after = result->after[i],
            .x = (int64_t)i * BAND_WIDTH + 1,
            .before_y = CHART_HEIGHT - before,
            .before_height = before,
            .after_x = (int64_t)i * BAND_WIDTH + 1 + COLUMN_WIDTH + 1,
            .after_y = CHART_HEIGHT - after,
            .after_height = after};
    }
    view->bands = bands;
    view->n_bands = SCORE_BANDS;
}

static void count_moves(const struct score_preview_result *result,
                        struct score_preview_view *view)
{
    for (size_t i = 0; i < result->n_top; i++) {
        view->entering += result->top[i].was_rank == 0;
    }
    view->leaving = (int64_t)result->n_left;
}

/* The chart in a sentence. */
static struct str say_moves(struct ctx *ctx, const struct score_preview_result *result,
                            const struct score_preview_view *view)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, ABOUT_BYTES);
    sb_str(&sb, STR("Of "));
    tpl_count(&sb, result->leads, "lead", "leads");
    sb_char(&sb, ' ');
    tpl_number(&sb, result->changed);
    sb_printf(&sb,
              " would have another score; %lld would come among the best twenty, %lld would "
              "leave them.",
              (long long)view->entering, (long long)view->leaving);
    return sb_view(&sb);
}

static enum err draw_result(struct web *web, const struct score_formula *formula,
                            struct str json, struct score_preview_view *view)
{
    struct drawing d = {.web = web, .formula = formula};
    struct score_preview_result result;
    TRY(score_preview_read(web->ctx, json, &result));
    TRY(load_names(&d, &result));
    view->ready = true;
    view->leads = result.leads;
    view->changed = result.changed;
    view->top = draw_movers(&d, result.top, result.n_top);
    view->n_top = result.n_top;
    view->left = draw_movers(&d, result.left, result.n_left);
    view->n_left = result.n_left;
    view->rises = draw_movers(&d, result.rises, result.n_rises);
    view->n_rises = result.n_rises;
    view->falls = draw_movers(&d, result.falls, result.n_falls);
    view->n_falls = result.n_falls;
    count_moves(&result, view);
    draw_bands(web->ctx, &result, view);
    view->about = say_moves(web->ctx, &result, view);
    return ERR_NONE;
}

/* ---- the page ---- */

enum err handle_score_draft(struct web *web, struct request *request, struct response *response)
{
    struct sql_score_draft_get draft;
    struct score_formula formula;
    struct progress progress;
    TRY(load_draft(web, &draft));
    TRY(score_formula_from(web->ctx, web->db, web->session.dataset, SCORE_VERSION_DRAFT,
                           draft.rules, &formula));
    struct score_preview_view view = {
        .page = page_make(web, request, response, "What it would change", NAV_SETTINGS),
        .draft = draft.id,
        .saved = draft.saved_null ? 0 : draft.saved,
        .words = score_words(web->ctx, &formula),
        .n_words = formula.n_rules};
    view.page.tab = SETTINGS_SCORE;
    view.csrf = view.page.csrf;
    TRY(score_progress_load(web, draft.progress_null ? 0 : draft.progress, &progress,
                            &view.progress));
    if (!view.progress.running && str_is_null(draft.result)) {
        TRY(load_draft(web, &draft)); /* it may have become ready between the two */
    }
    view.cancelled = progress.state == PROGRESS_CANCELLED;
    if (!str_is_null(draft.result)) {
        TRY(draw_result(web, &formula, draft.result, &view));
    }
    view.progress.running = view.progress.running && !view.ready;
    view.page.refresh_s = view.progress.running ? SCORE_REFRESH_S : 0;
    tpl_score_preview(&response->body, &view);
    return ERR_NONE;
}

static enum err audit(struct web *web, int32_t version)
{
    return sql_audit_add(
        web->db,
        &(struct sql_audit_add_in){
            .workspace = web->session.workspace,
            .user = web->session.user,
            .action = STR("score.formula_saved"),
            .subject = arena_print(web->ctx->arena, "version %d", (int)version)},
        NULL);
}

enum err handle_score_draft_save(struct web *web, struct request *request,
                                 struct response *response)
{
    int32_t version;
    TRY(web_need(web,
                 score_draft_save(web->db, web->session.dataset, web->session.user, web->ids[0],
                                  &version),
                 NO_DRAFT));
    TRY(audit(web, version));
    web->wake = true;
    return web_redirect_saying(web, request, response, STR("/settings/score"),
                               "Version %d of the formula is saved. All leads are scored anew.",
                               (int)version);
}

enum err handle_score_draft_cancel(struct web *web, struct request *request,
                                   struct response *response)
{
    struct sql_score_draft_get draft;
    TRY(load_draft(web, &draft));
    enum err err = draft.progress_null
                       ? ERR_NOT_FOUND
                       : progress_cancel(web->db, web->session.dataset, draft.progress);
    if (err != ERR_NOT_FOUND) {
        TRY(err);
    }
    return web_redirect_saying(
        web, request, response,
        arena_print(web->ctx->arena, "/settings/score?draft=%lld", (long long)draft.id), "%s",
        err == ERR_NOT_FOUND ? "It is finished already." : "The preview is cancelled.");
}
