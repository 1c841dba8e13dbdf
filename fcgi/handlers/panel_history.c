/* The tab History: everything that happened to a card. */
#include "fcgi/handlers/panel.h"
#include "fcgi/panel_draw.h"

#define HISTORY_SHOWN 50

enum err panel_history_load(struct web *web, struct panel_view *view)
{
    struct sql_card_history_in in = {.dataset = web->session.dataset,
                                     .card = view->card,
                                     .before = INT64_MAX,
                                     .most = HISTORY_SHOWN + 1};
    struct sql_card_history_rows rows;
    int64_t before;
    if (str_to_i64(web_query(web, "before"), &before) && before > 0) {
        in.before = before;
    }
    TRY(sql_card_history(web->db, &in, &rows));
    struct history_view *history =
        ARENA_ARRAY(web->ctx->arena, HISTORY_SHOWN, struct history_view);
    for (size_t i = 0; i < rows.n && i < HISTORY_SHOWN; i++) {
        const struct sql_card_history *row = &rows.row[i];
        history[i].at = row->at;
        history[i].sentence =
            panel_draw_sentence(web->ctx, &(struct ledger_entry){.kind = row->kind,
                                                                 .actor_kind = row->actor_kind,
                                                                 .same_stage = row->same_stage,
                                                                 .from = row->from_stage,
                                                                 .to = row->to_stage,
                                                                 .actor = row->actor,
                                                                 .detail = row->detail});
        view->n_history++;
    }
    if (rows.n > HISTORY_SHOWN) {
        view->history_before = history[HISTORY_SHOWN - 1].at;
    }
    view->history = history;
    return ERR_NONE;
}
