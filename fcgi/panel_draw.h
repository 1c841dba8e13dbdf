/*
 * panel_draw.h - rows of panel.sql and notes.sql into what people read: names, addresses.
 * Everything from outside (titles, addresses, names) is cut to a length
 * that no layout breaks on.
 */
#ifndef LEADBOARD_PANEL_DRAW_H
#define LEADBOARD_PANEL_DRAW_H

#include "fcgi/views/panel.h"
#include "gen/sql.h"
#include "shared/ctx.h"

/* "Jane Doe", else the email, else "Anonymous visitor". */
struct str panel_draw_name(struct ctx *ctx, struct str first, struct str last,
                           struct str email);

/* The text; more than max bytes are cut and end in "…". */
struct str panel_draw_short(struct ctx *ctx, struct str text, size_t max);
/* Path and query of an address, without campaign parameters, shortened in the middle; the whole
 * text when it is none. */
struct str panel_draw_path(struct ctx *ctx, struct str url);
/* The address if a browser may follow it (http, https), else "no value". */
struct str panel_draw_link(struct str url);
/* "6 min", "2 m 10 s"; empty below a second. */
struct str panel_draw_length(struct ctx *ctx, int64_t us);

#endif
