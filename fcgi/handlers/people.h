/*
 * people.h - where the page of a company or lead leads that was merged into another by hand.
 */
#ifndef LEADBOARD_HANDLERS_PEOPLE_H
#define LEADBOARD_HANDLERS_PEOPLE_H

#include "fcgi/web.h"

/* One of account and lead is 0. *out_id: the one that it is shown as; 0: it is not merged, or
 * there is none. */
MUST_CHECK enum err people_shown_as(struct web *web, int64_t account, int64_t lead,
                                    int64_t *out_id);

#endif
