/* The tab Notes. */
#include "fcgi/handlers/panel.h"
#include "fcgi/mark.h"
#include "shared/markdown.h"

enum err panel_notes_load(struct web *web, struct panel_view *view)
{
    struct sql_note_list_rows rows;
    TRY(sql_note_list(web->db,
                      &(struct sql_note_list_in){.dataset = web->session.dataset,
                                                 .account = view->account,
                                                 .account_null = view->account == 0,
                                                 .lead = view->lead,
                                                 .lead_null = view->lead == 0},
                      &rows));
    struct str back = arena_print(web->ctx->arena, "%.*s?tab=notes", STR_ARG(view->base));
    struct note_view *notes = ARENA_ARRAY(web->ctx->arena, rows.n, struct note_view);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_note_list *row = &rows.row[i];
        notes[i] = (struct note_view){
            .id = row->id,
            .created_at = row->created_at,
            .edited_at = row->edited_at_null ? 0 : row->edited_at,
            .author = row->author,
            .initials = mark_initials(web->ctx->arena, row->author),
            .hue = mark_hue(row->author),
            .csrf = view->csrf,
            .back = back,
            .pinned = row->pinned,
            .may_edit = row->user_id == web->session.user || web->session.role >= ROLE_ADMIN,
            .body = markdown_html(web->ctx->arena, row->body),
        };
    }
    view->shown_notes = notes;
    view->n_shown_notes = rows.n;
    return ERR_NONE;
}
