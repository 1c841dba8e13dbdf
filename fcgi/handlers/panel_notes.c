/* The tab Notes. */
#include "fcgi/handlers/panel.h"
#include "fcgi/mark.h"
#include "fcgi/note_draw.h"

/* Who wrote a note may change it, and administrators. */
bool panel_notes_may_edit(const struct web *web, int64_t writer)
{
    return writer == web->session.user || web->session.role >= ROLE_ADMIN;
}

static struct note_view draw_note(struct web *web, const struct panel_view *view,
                                  const struct sql_note_list *row,
                                  const struct sql_mentions_of_notes_rows *mentions)
{
    struct arena *arena = web->ctx->arena;
    return (struct note_view){
        .id = row->id,
        .created_at = row->created_at,
        .edited_at = row->edited_at_null ? 0 : row->edited_at,
        .author = row->author,
        .edits = row->version - 1,
        .editor = row->editor,
        .initials = mark_initials(arena, row->author),
        .hue = mark_hue(row->author),
        .csrf = view->csrf,
        .back = view->notes_back,
        .pinned = row->pinned,
        .unread = row->unread,
        .may_edit = panel_notes_may_edit(web, row->user_id),
        .body = note_draw_body(arena, row->body, row->id, mentions, web->session.user),
    };
}

static enum err load_mentions(struct web *web, const struct sql_note_list_rows *rows,
                              struct sql_mentions_of_notes_rows *out_mentions)
{
    int64_t *ids = ARENA_ARRAY(web->ctx->arena, rows->n, int64_t);
    for (size_t i = 0; i < rows->n; i++) {
        ids[i] = rows->row[i].id;
    }
    return sql_mentions_of_notes(
        web->db,
        &(struct sql_mentions_of_notes_in){.dataset = web->session.dataset,
                                           .notes = {.v = ids, .n = rows->n}},
        out_mentions);
}

/* Those that can be restored; the one that was deleted just now is told on top. */
static enum err load_deleted(struct web *web, struct panel_view *view)
{
    struct sql_note_deleted_list_rows rows;
    int64_t just_now = 0;
    (void)str_to_i64(web_query(web, "deleted"), &just_now);
    TRY(sql_note_deleted_list(web->db,
                              &(struct sql_note_deleted_list_in){
                                  .dataset = web->session.dataset,
                                  .account = view->account,
                                  .account_null = view->account == 0,
                                  .lead = view->lead,
                                  .lead_null = view->lead == 0,
                              },
                              &rows));
    struct note_deleted_view *deleted =
        ARENA_ARRAY(web->ctx->arena, rows.n, struct note_deleted_view);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_note_deleted_list *row = &rows.row[i];
        deleted[i] = (struct note_deleted_view){
            .id = row->id,
            .at = row->deleted_at,
            .author = row->author,
            .deleter = row->deleter,
            .excerpt = note_draw_excerpt(web->ctx->arena, row->body),
            .csrf = view->csrf,
            .back = view->notes_back,
            .may_restore = panel_notes_may_edit(web, row->user_id),
        };
        view->just_deleted = row->id == just_now ? row->id : view->just_deleted;
    }
    view->deleted = deleted;
    view->n_deleted = rows.n;
    return ERR_NONE;
}

enum err panel_notes_load(struct web *web, struct panel_view *view)
{
    struct sql_note_list_rows rows;
    struct sql_mentions_of_notes_rows mentions;
    TRY(sql_note_list(web->db,
                      &(struct sql_note_list_in){.dataset = web->session.dataset,
                                                 .account = view->account,
                                                 .account_null = view->account == 0,
                                                 .lead = view->lead,
                                                 .lead_null = view->lead == 0,
                                                 .user = web->session.user},
                      &rows));
    TRY(load_mentions(web, &rows, &mentions));
    struct note_view *notes = ARENA_ARRAY(web->ctx->arena, rows.n, struct note_view);
    view->notes_back = arena_print(web->ctx->arena, "%.*s?tab=notes", STR_ARG(view->base));
    view->new_note = (struct note_form_view){.csrf = view->csrf,
                                             .action = STR("/notes"),
                                             .back = view->notes_back,
                                             .account = view->account,
                                             .lead = view->lead};
    for (size_t i = 0; i < rows.n; i++) {
        notes[i] = draw_note(web, view, &rows.row[i], &mentions);
    }
    view->shown_notes = notes;
    view->n_shown_notes = rows.n;
    return load_deleted(web, view);
}
