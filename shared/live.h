/*
 * live.h - the channel on which open pages of a board hear of changes (nchan, nginx).
 *
 * The name is a keyed hash of the board, so that it tells nothing and nobody can make it up.
 * The worker publishes {"since":"<xid>"} to /publish/<channel>: changes from this transaction
 * on are new.
 */
#ifndef LEADBOARD_LIVE_H
#define LEADBOARD_LIVE_H

#include "shared/ctx.h"

#define LIVE_CHANNEL_SIZE 44 /* 43 characters of base64url and NUL */

/* key: the 32 bytes of KEY_FILE. */
void live_channel(const unsigned char key[32], int64_t dataset, int64_t board,
                  char out_channel[LIVE_CHANNEL_SIZE]);

#endif
