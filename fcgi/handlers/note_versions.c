/* What a note said before: its versions, each with what it changed. */
#include "fcgi/handlers/panel.h"
#include "gen/templates.h"

#define SHOWN 30

static struct note_version_view
draw_version(struct web *web, const struct sql_note_versions_rows *rows, size_t i)
{
    const struct sql_note_versions *row = &rows->row[i];
    struct note_version_view view = {
        .version = row->version, .at = row->at, .author = row->author};
    if (i + 1 == rows->n) {
        view.first = true;
        view.body = row->body;
    } else {
        view.diff = diff_lines(web->ctx->arena, rows->row[i + 1].body, row->body, 2);
    }
    return view;
}

enum err handle_note_versions(struct web *web, struct request *request,
                              struct response *response)
{
    struct sql_note_get note;
    struct sql_note_versions_rows rows;
    TRY(web_need(web,
                 sql_note_get(web->db,
                              &(struct sql_note_get_in){.dataset = web->session.dataset,
                                                        .note = web->ids[0]},
                              &note),
                 "This note was deleted, or you may not see it."));
    TRY(sql_note_versions(
        web->db,
        &(struct sql_note_versions_in){.dataset = web->session.dataset, .note = note.id},
        &rows));
    size_t n = rows.n <= SHOWN ? rows.n : SHOWN;
    struct note_version_view *list = ARENA_ARRAY(web->ctx->arena, n, struct note_version_view);
    for (size_t i = 0; i < n; i++) {
        list[i] = draw_version(web, &rows, i);
    }
    struct note_versions_view view = {
        .page = page_make(web, request, response, "Versions of a note", NAV_NONE),
        .list = list,
        .n_list = n,
        .more = rows.n > SHOWN,
    };
    view.back = note.account_id_null
                    ? arena_print(web->ctx->arena, "/leads/%lld", (long long)note.lead_id)
                    : arena_print(web->ctx->arena, "/accounts/%lld?tab=notes#note-%lld",
                                  (long long)note.account_id, (long long)note.id);
    response_header(response, "Vary", STR("HX-Request"));
    if (web_is_partial(request)) {
        tpl_note_versions(&response->body, &view);
    } else {
        tpl_note_versions_page(&response->body, &view);
    }
    return ERR_NONE;
}
