/*
 * stream_draw.h - clickstreams: a lead's sessions with their events in order, and between them
 * what happened to its cards: moves, tags, owners, notes.
 *
 * What happened while a session went on, or in the half hour behind it, stands among its
 * events; the rest stands between the sessions, a group a day.
 */
#ifndef LEADBOARD_STREAM_DRAW_H
#define LEADBOARD_STREAM_DRAW_H

#include "fcgi/views/panel.h"
#include "gen/sql.h"
#include "shared/target.h"

#define STREAM_SESSIONS 5
#define STREAM_EVENTS 1000 /* of one session, as lead_sessions has it */

/* Rows of lead_sessions, one an event, and whether there are more sessions behind them. */
struct stream_rows {
    const struct sql_lead_sessions_rows *events;
    const struct sql_lead_happenings_rows *happenings;
    const struct targets *targets; /* views that reach one are marked; NULL: none are */
};
struct sessions_view stream_draw(struct ctx *ctx, int64_t lead, const struct stream_rows *rows,
                                 int64_t now);

/* From when on what happened belongs to the sessions in these rows; 0 when there are no more
 * sessions behind them. */
int64_t stream_draw_from(const struct sql_lead_sessions_rows *events);

/* What an event of this type is called in lists: "Page", "Form". Types unknown are "Event". */
const char *stream_draw_kind(int type);

#endif
