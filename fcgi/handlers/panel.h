/*
 * panel.h - the account panel, shared by cards.c (over a board) and accounts.c (by itself).
 */
#ifndef LEADBOARD_HANDLERS_PANEL_H
#define LEADBOARD_HANDLERS_PANEL_H

#include "fcgi/handlers/board.h"
#include "fcgi/views/panel.h"
#include "shared/facts.h"

/* Fills the head, and what belongs to the tab: that of view, else the one that the query asks
 * for. view has page, base, the ids, and what the card knows. */
MUST_CHECK enum err panel_load(struct web *web, struct panel_view *view);
/* The fragment for htmx, else the page. */
void panel_answer(const struct request *request, struct response *response,
                  struct panel_view *view);

/* Why the card is where it is, the score and what earned it, the owner, and what can be
 * chosen. */
MUST_CHECK enum err panel_head_load(struct web *web, struct panel_view *view);

/* ---- the tabs, a file each ---- */

MUST_CHECK enum err panel_activity_load(struct web *web, struct panel_view *view);
MUST_CHECK enum err panel_details_load(struct web *web, struct panel_view *view,
                                       const struct sql_account_get *account);
/* One field of the tab, by itself. */
MUST_CHECK enum err panel_details_field(struct web *web, const struct panel_view *panel,
                                        const struct fact_field *field,
                                        struct detail_view *out_view);
bool panel_notes_may_edit(const struct web *web, int64_t writer);
MUST_CHECK enum err panel_notes_load(struct web *web, struct panel_view *view);
MUST_CHECK enum err panel_history_load(struct web *web, struct panel_view *view);

/* The sessions of a lead that began before a time (microseconds; 0: now). */
MUST_CHECK enum err panel_load_sessions(struct web *web, int64_t lead, int64_t before,
                                        struct sessions_view *out_sessions);

#endif
