/* Segments: the list, and what is the same for all pages of one. */
#include "fcgi/handlers/segments.h"
#include "fcgi/handlers.h"

#include "fcgi/use_draw.h"
#include "gen/templates.h"

#define WORKING_REFRESH_S 2
#define NO_SEGMENT "This segment does not exist, or it is private to somebody else."

/* ---- the list ---- */

/* A filter that cannot be read any more is still a row: it can be deleted. */
struct said {
    struct filter filter;
    bool readable;
};

static struct said *read_all(struct ctx *ctx, const struct sql_segment_list_rows *rows)
{
    struct said *said = ARENA_ARRAY(ctx->arena, rows->n, struct said);
    for (size_t i = 0; i < rows->n; i++) {
        said[i].readable = filter_parse(ctx, rows->row[i].filter, &said[i].filter) == ERR_NONE;
        ctx_clear(ctx);
    }
    return said;
}

static enum err load_names(struct web *web, const struct said *said, size_t n,
                           const struct filter_names **out_names)
{
    const struct filter **filters = ARENA_ARRAY(web->ctx->arena, n, const struct filter *);
    size_t n_filters = 0;
    for (size_t i = 0; i < n; i++) {
        if (said[i].readable) {
            filters[n_filters++] = &said[i].filter;
        }
    }
    return filter_names_load(web->db, web->session.dataset, web->session.user, filters,
                             n_filters, out_names);
}

static struct segment_row draw_row(struct ctx *ctx, const struct sql_segment_list *row,
                                   const struct said *said, const struct filter_names *names)
{
    struct str missing =
        said->readable ? filter_missing(ctx, &said->filter, names) : (struct str){0};
    return (struct segment_row){.id = row->id,
                                .name = row->name,
                                .sentence = said->readable
                                                ? filter_sentence(ctx, &said->filter, names)
                                                : STR("This filter cannot be read."),
                                .owner = row->owner,
                                .wrong = str_is_null(row->problem) ? missing : row->problem,
                                .private = !row->shared,
                                .leads = row->subject == FILTER_LEADS,
                                .filled = row->filled && str_is_null(row->problem),
                                .members = row->members,
                                .boards = row->boards,
                                .updated_at = row->updated_at};
}

static void draw_quick(struct ctx *ctx, struct segments_view *view)
{
    const struct segment_quick *list = segment_quick_list(&view->n_quick);
    struct segment_quick_row *quick =
        ARENA_ARRAY(ctx->arena, view->n_quick, struct segment_quick_row);
    for (size_t i = 0; i < view->n_quick; i++) {
        quick[i] = (struct segment_quick_row){list[i].key, list[i].name};
    }
    view->quick = quick;
}

enum err handle_segments(struct web *web, struct request *request, struct response *response)
{
    struct ctx *ctx = web->ctx;
    struct sql_segment_list_rows rows;
    const struct filter_names *names;
    TRY(sql_segment_list(web->db,
                         &(struct sql_segment_list_in){.dataset = web->session.dataset,
                                                       .user = web->session.user},
                         &rows));
    struct said *said = read_all(ctx, &rows);
    TRY(load_names(web, said, rows.n, &names));
    struct segment_row *list = ARENA_ARRAY(ctx->arena, rows.n, struct segment_row);
    for (size_t i = 0; i < rows.n; i++) {
        list[i] = draw_row(ctx, &rows.row[i], &said[i], names);
    }
    struct segments_view view = {
        .page = page_make(web, request, response, "Segments", NAV_SEGMENTS),
        .segments = list,
        .n_segments = rows.n};
    for (size_t i = 0; i < rows.n; i++) {
        view.working =
            view.working || (!rows.row[i].filled && str_is_null(rows.row[i].problem));
    }
    view.page.refresh_s = view.working ? WORKING_REFRESH_S : 0;
    draw_quick(ctx, &view);
    tpl_segments(&response->body, &view);
    return ERR_NONE;
}

/* ---- one of them ---- */

enum err segment_load(struct web *web, struct sql_segment_get *out_row)
{
    const struct sql_segment_get_in in = {
        .dataset = web->session.dataset, .segment = web->ids[0], .user = web->session.user};
    return web_need(web, sql_segment_get(web->db, &in, out_row), NO_SEGMENT);
}

static bool is_mine(const struct web *web, const struct sql_segment_get *row)
{
    return !row->user_id_null && row->user_id == web->session.user;
}

bool segment_may_edit(const struct web *web, const struct sql_segment_get *row)
{
    return is_mine(web, row) || (row->shared && web->session.role >= ROLE_SUPER_USER);
}

enum err segment_need_edit(struct web *web, const struct sql_segment_get *row)
{
    return segment_may_edit(web, row)
               ? ERR_NONE
               : web_denied(web, "Only its owner, super users and admins can change this "
                                 "segment. You can duplicate it and change the copy.");
}

static enum err draw_words(struct web *web, const struct sql_segment_get *row,
                           struct segment_view *view)
{
    struct ctx *ctx = web->ctx;
    struct filter filter;
    const struct filter *filters[] = {&filter};
    const struct filter_names *names;
    if (filter_parse(ctx, row->filter, &filter) != ERR_NONE) {
        ctx_clear(ctx);
        view->sentence = STR("This filter cannot be read.");
        return ERR_NONE;
    }
    TRY(filter_names_load(web->db, web->session.dataset, web->session.user, filters, 1,
                          &names));
    view->sentence = filter_sentence(ctx, &filter, names);
    view->missing = filter_missing(ctx, &filter, names);
    return ERR_NONE;
}

static enum err draw_uses(struct web *web, int64_t segment, struct segment_view *view)
{
    struct arena *arena = web->ctx->arena;
    struct sql_segment_uses_rows rows;
    const struct sql_segment_uses_in in = {
        .dataset = web->session.dataset, .segment = segment, .user = web->session.user};
    TRY(sql_segment_uses(web->db, &in, &rows));
    struct use_view *uses = ARENA_ARRAY(arena, rows.n, struct use_view);
    for (size_t i = 0; i < rows.n; i++) {
        uses[i] = use_draw(arena, rows.row[i].kind, rows.row[i].id, rows.row[i].name);
    }
    view->uses = uses;
    view->n_uses = rows.n;
    return ERR_NONE;
}

enum err segment_head(struct web *web, struct request *request, struct response *response,
                      const struct sql_segment_get *row, struct segment_view *out)
{
    *out = (struct segment_view){.page =
                                     page_make(web, request, response, "Segment", NAV_SEGMENTS),
                                 .id = row->id,
                                 .name = row->name,
                                 .owner = row->owner,
                                 .problem = row->problem,
                                 .private = !row->shared,
                                 .leads = row->subject == FILTER_LEADS,
                                 .filled = row->filled && str_is_null(row->problem),
                                 .mine = is_mine(web, row),
                                 .may_edit = segment_may_edit(web, row),
                                 .may_give = segment_may_edit(web, row),
                                 .members = row->members,
                                 .updated_at = row->updated_at};
    out->page.title = row->name;
    out->working = !row->filled && str_is_null(row->problem);
    TRY(draw_words(web, row, out));
    return draw_uses(web, row->id, out);
}

void segment_come_again(struct segment_view *view)
{
    view->page.refresh_s = view->working ? WORKING_REFRESH_S : 0;
}
