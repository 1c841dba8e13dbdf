/*
 * filter_sense.h - whether a filter makes sense: what can never hold, and what always does. For
 * whoever is about to save one. It finds the plain cases (conditions that must hold together
 * and exclude each other), not every one; a filter that it says nothing about may still match
 * nobody.
 */
#ifndef LEADBOARD_FILTER_SENSE_H
#define LEADBOARD_FILTER_SENSE_H

#include "shared/filter.h"

/* Why it can never hold, as a sentence; "no value" when nothing says so. of_event: its
 * conditions on events are about one and the same (filter_event.h). */
struct str filter_never(struct ctx *ctx, const struct filter *filter, bool of_event);
/* True when everybody matches it. of_event: when an event of which nothing is known but its
 * type makes it true, whichever that is ("did not visit /x"), or the visit of any page. */
bool filter_always(struct ctx *ctx, const struct filter *filter, bool of_event);

#endif
