/*
 * hint.h - listens for "there is work" (queue_wake) on a thread and connection of its own, and
 * tells the loop. With NOTIFY=off it does nothing.
 */
#ifndef LEADBOARD_HINT_H
#define LEADBOARD_HINT_H

#include "shared/config.h"

#include <uv.h>

struct hint;

/* on_hint(data) is called in the loop. */
struct hint *hint_start(struct arena *arena, uv_loop_t *uv, const struct config *config,
                        void (*on_hint)(void *data), void *data);
/* Ends the thread and closes the loop's handle; uv_run once more before the loop is closed. */
void hint_stop(struct hint *hint);

#endif
