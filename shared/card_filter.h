/*
 * card_filter.h - which cards of a board are meant: a text, tags, owners, a range of days, a
 * range of scores; and in which order. An empty filter means all cards.
 *
 * fcgi/board_filter.h reads it from an address; the board page shows the cards it finds, a job
 * works on them.
 */
#ifndef LEADBOARD_CARD_FILTER_H
#define LEADBOARD_CARD_FILTER_H

#include "shared/db.h"
#include "shared/db_statement.h"

#define CARD_FILTER_TEXT_MAX 200 /* bytes */
#define CARD_FILTER_IDS_MAX 20   /* tags, tags not, owners: each */
#define CARD_FILTER_SCORE_MAX 100

enum card_filter_date {
    CARD_DATE_NONE,
    CARD_DATE_ACTIVITY, /* of its leads */
    CARD_DATE_MODIFIED, /* by a person or an automation */
    CARD_DATE_CREATED
};

struct card_filter {
    struct str text;                /* in the name or the domain; "no value": any */
    struct sql_i64s tags, not_tags; /* has all of these, none of those */
    struct sql_i64s owners;         /* belongs to one of these... */
    bool unowned;                   /* ...or to nobody; no owners and not unowned: anybody's */
    enum card_filter_date on;
    int64_t from_at, until_at; /* from_at <= the date < until_at; 0: open */
    int16_t min, max;          /* leadscore, both included; 0 and CARD_FILTER_SCORE_MAX: any */
};

/* The filter that all cards pass. */
#define CARD_FILTER_ALL ((struct card_filter){.max = CARD_FILTER_SCORE_MAX})

bool card_filter_is_empty(const struct card_filter *filter);

/* As JSON, for a job's payload, and back. ERR_INVALID: it is not one. */
MUST_CHECK enum err card_filter_json(struct ctx *ctx, const struct card_filter *filter,
                                     struct str *out_json);
MUST_CHECK enum err card_filter_from_json(struct ctx *ctx, struct str json,
                                          struct card_filter *out_filter);

#endif
