/*
 * use.h - the view of something that asks for a segment or a target, and would miss it:
 * templates/use.html. Filled by handlers/uses.c.
 */
#ifndef LEADBOARD_VIEWS_USE_H
#define LEADBOARD_VIEWS_USE_H

#include "shared/str.h"

struct use_view {
    struct str kind;       /* "Board", "Segment", "Automation" */
    struct str name, href; /* href empty: private, not to be looked at */
};

#endif
