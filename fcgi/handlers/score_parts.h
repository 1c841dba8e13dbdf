/*
 * score_parts.h - what a lead's score is made of, loaded and drawn: for the panel and the
 * lead's page.
 */
#ifndef LEADBOARD_HANDLERS_SCORE_PARTS_H
#define LEADBOARD_HANDLERS_SCORE_PARTS_H

#include "fcgi/views/score_part.h"
#include "fcgi/web.h"

struct score_parts {
    int32_t version; /* of the formula; 0: the default */
    const struct score_part_view *v;
    size_t n;
};
/* parts: lead.score_parts. */
MUST_CHECK enum err score_parts_load(struct web *web, int64_t lead, struct str parts,
                                     struct score_parts *out);

#endif
