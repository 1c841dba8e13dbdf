/*
 * traffic_draw.h - how a session's traffic (shared/traffic.h) is named and addressed on pages.
 */
#ifndef LEADBOARD_TRAFFIC_DRAW_H
#define LEADBOARD_TRAFFIC_DRAW_H

#include "shared/arena.h"

/* The page that tells of the session of a visitor (16 bytes) that a moment is in. */
struct str traffic_draw_url(struct arena *arena, struct str visitor, int64_t at);
/* The visitor of such an address. False: it is none. */
bool traffic_draw_visitor(struct arena *arena, struct str hex, struct str *out_visitor);
/* "Germany · Deutsche Telekom AG"; empty when neither is known. */
struct str traffic_draw_about(struct arena *arena, struct str country, struct str owner);
/* "Session of 2026-11-21 09:30 UTC from Hetzner Online GmbH". */
struct str traffic_draw_session(struct arena *arena, struct str owner, int64_t at);
/* "Mail scanner". */
const char *traffic_draw_heading(int verdict);

#endif
