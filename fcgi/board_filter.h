/*
 * board_filter.h - how somebody looks at a board: which cards, in which order, in which lanes.
 * It is what stands behind the '?' of the board's address, so that it can be bookmarked, sent
 * to a colleague, remembered for each person and saved by name:
 *
 *     q=TEXT               in the company's name or domain
 *     tag=ID nottag=ID     has all of these tags, none of those; each up to 20 times
 *     owner=ID|none        belongs to any of these
 *     on=activity|modified|created  from=2026-11-01  to=2026-11-30    both days included, UTC
 *     min=60 max=100       leadscore
 *     sort=ORDER           for all stages (values of card_draw.h), instead of each stage's own
 *     lanes=owner|tag      swimlanes
 *     view=ID              the saved view that it began as; alone: as it was saved
 *
 * Empty values (of a form that was sent with empty fields) say nothing. Ids that do not exist
 * find nothing and are shown as such. Other names (stage, after, did ...) are not of the
 * filter.
 */
#ifndef LEADBOARD_BOARD_FILTER_H
#define LEADBOARD_BOARD_FILTER_H

#include "fcgi/request.h"
#include "shared/card_filter.h"

#define BOARD_FILTER_QUERY_MAX 4000 /* bytes of the longest query, as the tables keep it */

enum board_lanes { LANES_NONE, LANES_OWNER, LANES_TAG };

struct board_filter {
    struct card_filter cards;
    bool sorted; /* one order for all stages: */
    int16_t sort;
    bool ascending;
    enum board_lanes lanes;
    int64_t view; /* 0: none */
};

/* ERR_INVALID with a sentence for the user when a value cannot be meant. */
MUST_CHECK enum err board_filter_read(struct ctx *ctx, struct request_pairs pairs,
                                      struct board_filter *out_filter);
/* The same of a query string as it stands behind the '?'. */
MUST_CHECK enum err board_filter_parse(struct ctx *ctx, struct str query,
                                       struct board_filter *out_filter);
/* True when the pairs have a name of the filter, even with an empty value. */
bool board_filter_is_asked(struct request_pairs pairs);

/* All cards, each stage in its own order. */
bool board_filter_is_plain(const struct board_filter *filter);

/* The query string, the shortest that means the same, each part percent-encoded; empty for a
 * filter that says nothing. Equal filters have equal query strings. */
struct str board_filter_query(struct ctx *ctx, const struct board_filter *filter);

/* What the filter's ids are called. */
struct board_filter_names {
    const struct board_filter_name {
        int64_t id;
        struct str name;
    } * tags, *members;
    size_t n_tags, n_members;
};
/* One condition in words, and the query without it. */
struct filter_chip {
    struct str text;
    struct str without; /* in board_filter_chips a query; for templates an address */
    bool unknown;       /* its tag, or its owner, is not there (any more) */
};
/* The conditions and the order, in the order of the bar. */
const struct filter_chip *board_filter_chips(struct ctx *ctx, const struct board_filter *filter,
                                             const struct board_filter_names *names,
                                             size_t *out_n);

/* "2026-11-01", as the inputs want it; empty for 0. */
struct str board_filter_day(struct ctx *ctx, int64_t at);
/* The last day that a range up to until_at includes. */
struct str board_filter_last_day(struct ctx *ctx, int64_t until_at);

#endif
