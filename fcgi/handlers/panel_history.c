/* The tab History: everything that happened to a card, and undoing it. */
#include "fcgi/handlers/panel.h"

#include "shared/clock.h"
#include "shared/json.h"
#include "shared/operation.h"

#define HISTORY_SHOWN 50
#define DETAIL_BYTES 65536
#define DAY (86400 * CLOCK_SECOND)

/* ?before=<time>_<id>: behind the rows a page has. */
static void read_before(struct web *web, struct sql_card_history_in *in)
{
    struct str text = web_query(web, "before"), at;
    in->before = INT64_MAX;
    in->before_id = INT64_MAX;
    if (!str_next(&text, '_', &at) || !str_to_i64(at, &in->before) ||
        !str_to_i64(text, &in->before_id)) {
        in->before = INT64_MAX;
    }
}

static bool may_undo(const struct sql_card_history *row)
{
    return !row->operation_null && row->undone_at_null && row->operation_kind != OP_UNDO &&
           row->operation_n > 0 && row->at > clock_now() - OPERATION_DAYS * DAY;
}

/* The note that the row deleted, if it is still so and the reader may bring it back. */
static int64_t deleted_note(struct web *web, const struct sql_note_deleted_list_rows *deleted,
                            const struct sql_card_history *row)
{
    const struct json *detail = NULL;
    int64_t note = 0;
    if (row->kind != CARD_NOTE || str_is_null(row->detail) ||
        json_parse(web->ctx, row->detail, DETAIL_BYTES, &detail) != ERR_NONE) {
        ctx_clear(web->ctx);
        return 0;
    }
    if (!str_eq(json_text(json_get(detail, "what")), STR("deleted")) ||
        !json_id(json_get(detail, "note"), &note)) {
        return 0;
    }
    for (size_t i = 0; i < deleted->n; i++) {
        if (deleted->row[i].id == note && panel_notes_may_edit(web, deleted->row[i].user_id)) {
            return note;
        }
    }
    return 0;
}

static struct history_view draw_row(struct web *web, const struct panel_view *view,
                                    const struct sql_member_list_rows *members,
                                    const struct sql_note_deleted_list_rows *deleted,
                                    const struct sql_card_history *row)
{
    const struct history_entry entry = {
        .kind = (enum card_change_kind)row->kind,
        .actor_kind = (enum card_actor_kind)row->actor_kind,
        .actor_id = row->actor_id_null ? 0 : row->actor_id,
        .same_stage = row->same_stage,
        .from = row->from_stage,
        .to = row->to_stage,
        .actor = row->actor,
        .detail = row->detail,
        .base = view->base,
        .operation = row->operation_null ? 0 : row->operation,
        .operation_n = row->operation_n_null ? 0 : row->operation_n,
        .members = members,
    };
    return (struct history_view){
        .id = row->id,
        .at = row->at,
        .sentence = history_draw(web->ctx, &entry),
        .operation = may_undo(row) ? row->operation : 0,
        .n = entry.operation_n,
        .many = entry.operation_n > 1,
        .note = deleted_note(web, deleted, row),
        .undone_at = row->undone_at_null ? 0 : row->undone_at,
        .undone_by = row->undone_by,
        .csrf = view->csrf,
        .back = view->here,
    };
}

enum err panel_history_load(struct web *web, struct panel_view *view)
{
    struct sql_card_history_in in = {
        .dataset = web->session.dataset, .card = view->card, .most = HISTORY_SHOWN + 1};
    struct sql_card_history_rows rows;
    struct sql_member_list_rows members;
    struct sql_note_deleted_list_rows deleted;
    read_before(web, &in);
    TRY(sql_card_history(web->db, &in, &rows));
    TRY(sql_member_list(
        web->db, &(struct sql_member_list_in){.workspace = web->session.workspace}, &members));
    TRY(sql_note_deleted_list(web->db,
                              &(struct sql_note_deleted_list_in){
                                  .dataset = web->session.dataset,
                                  .account = view->account,
                                  .account_null = view->account == 0,
                                  .lead = view->lead,
                                  .lead_null = view->lead == 0,
                              },
                              &deleted));
    struct history_view *history =
        ARENA_ARRAY(web->ctx->arena, HISTORY_SHOWN, struct history_view);
    for (size_t i = 0; i < rows.n && i < HISTORY_SHOWN; i++) {
        history[view->n_history++] = draw_row(web, view, &members, &deleted, &rows.row[i]);
    }
    if (rows.n > HISTORY_SHOWN) {
        const struct history_view *last = &history[HISTORY_SHOWN - 1];
        view->history_before =
            arena_print(web->ctx->arena, "%lld_%lld", (long long)last->at, (long long)last->id);
    }
    view->history = history;
    return ERR_NONE;
}
