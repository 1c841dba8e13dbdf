/*
 * card_tags.h - the tags of a card, [["Interest", 2], ["Partner", 1]], as the database writes
 * them. A board draws hundreds of these, so the usual form is read where it lies; only what has
 * escapes in it goes through the JSON parser.
 */
#ifndef LEADBOARD_CARD_TAGS_H
#define LEADBOARD_CARD_TAGS_H

#include "shared/ctx.h"

struct card_tags {
    struct card_tag_read {
        struct str name;
        int64_t count;
    } * v;
    size_t n;
};

/* Every pair of a name and a number; what is not of that form is left out. At most `max` are
 * kept, *out_more says how many others there are. */
void card_tags_read(struct ctx *ctx, struct str json, size_t max, struct card_tags *out_tags,
                    size_t *out_more);

#endif
