/*
 * use_draw.h - draws what asks for a segment or a conversion target, and would miss it.
 */
#ifndef LEADBOARD_USE_DRAW_H
#define LEADBOARD_USE_DRAW_H

#include "fcgi/views/use.h"
#include "shared/arena.h"

/* kind: "Board", "Segment" or "Automation". name "no value": somebody keeps it private. */
struct use_view use_draw(struct arena *arena, struct str kind, int64_t id, struct str name);

#endif
