/*
 * mark.h - what stands for a company or a person that has no picture: initials on a colour.
 */
#ifndef LEADBOARD_MARK_H
#define LEADBOARD_MARK_H

#include "shared/arena.h"

#define MARK_HUES 24 /* classes hue-0 ... hue-23 of css/mark.css */

/* Two letters of a name, a domain or an email; "?" when it has none. */
struct str mark_initials(struct arena *arena, struct str name);
/* The same text always has the same one. */
int64_t mark_hue(struct str key);

#endif
