/*
 * lead_draw.h - rows of lead.sql into the sections of a lead's page: profile, acquisition,
 * engagement, technical. Everything from outside is cut to a length that no layout breaks on.
 */
#ifndef LEADBOARD_LEAD_DRAW_H
#define LEADBOARD_LEAD_DRAW_H

#include "fcgi/views/lead.h"
#include "gen/sql.h"
#include "shared/ctx.h"

/* Head, acquisition, profile and the numbers; what the lead's own row tells. */
void lead_draw(struct ctx *ctx, const struct sql_lead_get *lead, struct lead_page_view *view);
void lead_draw_browsers(struct ctx *ctx, const struct sql_lead_browsers_rows *rows,
                        struct lead_page_view *view);

/* How often somebody comes who came so many times between two moments: "about every 3 days";
 * empty for who came once. */
struct str lead_draw_frequency(struct ctx *ctx, int64_t sessions, int64_t first_at,
                               int64_t last_at);
/* "1440 × 900" of "1440x900"; empty for what is no size of a screen. */
struct str lead_draw_screen(struct ctx *ctx, struct str text);

#endif
