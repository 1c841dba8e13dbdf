/*
 * panel_draw.h - rows of panel.sql and notes.sql into what people read: clickstreams, sentences
 * about what happened to a card, scores in their parts. Everything from outside (titles,
 * addresses, names) is cut to a length that no layout breaks on.
 */
#ifndef LEADBOARD_PANEL_DRAW_H
#define LEADBOARD_PANEL_DRAW_H

#include "fcgi/views/panel.h"
#include "gen/sql.h"
#include "shared/ctx.h"

#define SESSIONS_SHOWN 5

/* One row an event, as lead_sessions returns them; at most SESSIONS_SHOWN sessions, and whether
 * there are more. */
struct sessions_view panel_draw_sessions(struct ctx *ctx, int64_t lead,
                                         const struct sql_lead_sessions_rows *rows);

/* "15 email + 12 recency" of [["email", 15], ...]; empty when there is none. */
struct str panel_draw_parts(struct ctx *ctx, struct str parts);

/* "Jane Doe", else the email, else "Anonymous visitor". */
struct str panel_draw_name(struct ctx *ctx, struct str first, struct str last,
                           struct str email);

/* What a ledger row says; a sentence without a full stop. */
struct ledger_entry {
    int16_t kind, actor_kind;
    bool same_stage;
    struct str from, to, actor, detail;
};
struct str panel_draw_sentence(struct ctx *ctx, const struct ledger_entry *entry);

/* Path and query of an address, without campaign parameters, shortened in the middle; the whole
 * text when it is none. */
struct str panel_draw_path(struct ctx *ctx, struct str url);
/* The address if a browser may follow it (http, https), else "no value". */
struct str panel_draw_link(struct str url);
/* "6 min", "2 m 10 s"; empty below a second. */
struct str panel_draw_length(struct ctx *ctx, int64_t us);

#endif
