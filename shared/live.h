/*
 * live.h - the channel on which open pages of a board hear of changes (nchan, nginx).
 *
 * The name is a keyed hash of the board, so that it tells nothing and nobody can make it up.
 * The worker publishes {"since":"<xid>"} to /publish/<channel>: changes of this transaction and
 * later ones are new.
 */
#ifndef LEADBOARD_LIVE_H
#define LEADBOARD_LIVE_H

#include "shared/ctx.h"

/* key: that of KEY_FILE. Safe in a URL's path. */
struct str live_channel(struct arena *arena, const uint8_t *key, int64_t dataset,
                        int64_t board);

#endif
