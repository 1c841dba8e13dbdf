/*
 * filter_parts.h - what the parts of the filter core share. Only shared/filter*.c include it.
 *
 *   filter_field.c   the closed table of fields, and which operators fit
 *   filter_check.c   values, and what of a condition is refused
 *   filter_tree.c    trees: reading, writing, looking through
 *   filter_words.c   sentences
 *   filter_names.c   names of ids, what is gone
 *   filter_event.c   conditions on one event, in memory
 *   filter_pass.c    which events a filter can be passed over for
 *   filter_sense.c   what can never hold
 *   filter.c, filter_column.c, filter_rows.c   SQL
 */
#ifndef LEADBOARD_FILTER_PARTS_H
#define LEADBOARD_FILTER_PARTS_H

#include "shared/filter.h"

/* Where a field's data is. */
enum filter_side {
    SIDE_OWN,         /* a column that both subjects have */
    SIDE_ACCOUNT,     /* a column of account a */
    SIDE_LEAD,        /* a column of lead l */
    SIDE_EVENT,       /* a column of event e */
    SIDE_TAG,         /* tags of both, */
    SIDE_ACCOUNT_TAG, /* of the company, */
    SIDE_LEAD_TAG,    /* of the person */
    SIDE_CARD,        /* a column of card c */
    SIDE_MOVE,        /* card_ledger */
    SIDE_MEMBER,      /* segment_member */
    SIDE_TARGET,      /* lead_hit h of conversion_target t */
    SIDE_NAME         /* names of both */
};

/* Numbers of enum event_type as bits; 0: any. */
#define FILTER_TYPE(type) (1U << (type))

/* Which part of an event it is about, in memory. */
enum filter_part { PART_URL, PART_TITLE, PART_NAME, PART_TYPE, PART_PROPERTY };

struct filter_source {
    enum filter_side side;
    unsigned on;        /* FILTER_ON_* */
    const char *sql;    /* the column; of SIDE_OWN that of accounts */
    const char *folded; /* text without regard to capitals; NULL: lower(sql) */
    const char *lead;   /* SIDE_OWN: that of leads */
    unsigned types;     /* SIDE_EVENT: of which events */
    enum filter_part part;
    const char *key; /* PART_PROPERTY: of that name; NULL: as the condition says */
};

/* For a tree that was checked when it was read: its fields exist. */
const struct filter_field *filter_field_at(size_t i);
const struct filter_source *filter_source_at(size_t i);

static inline bool filter_is_negated(enum filter_op op)
{
    return op == FILTER_IS_NOT || op == FILTER_CONTAINS_NOT || op == FILTER_BETWEEN_NOT ||
           op == FILTER_UNKNOWN;
}
/* "is greater than", whatever the field. */
const char *filter_op_words(enum filter_op op);
/* "is" for "is not". */
enum filter_op filter_positive(enum filter_op op);

/* The place of a word in the field's choices, from 1 (as channels and types of events are
 * numbered); 0 when it is none. */
int64_t filter_choice(const struct filter_field *field, struct str word);
/* "30d" is thirty days before now, "2026-11-21" its first instant in UTC. *out_days: of an age,
 * else -1. */
bool filter_time(struct str s, int64_t now, int64_t *out_at, int64_t *out_days);
/* A decimal number as people and JSON write it, of at most 30 characters. The database compares
 * properties as numbers where they look so. */
bool filter_number(struct str s, double *out_number);
#define FILTER_NUMBER_REGEX "^-?[0-9]{1,15}([.][0-9]{1,12})?$"

/* Of a condition or of a group about one event; 0: not said. */
MUST_CHECK enum err filter_check_span(struct ctx *ctx, int32_t times, int32_t days);

/* Of the i-th value of a condition, in people's words; names may be NULL. */
struct str filter_name_of(struct ctx *ctx, const struct filter_node *node, size_t i,
                          const struct filter_names *names);

/* What one event decides by itself: a condition on events, or a group of one. */
bool filter_is_decided(const struct filter_node *node);

/* Calls each(node, data) for every condition. */
typedef void filter_visitor(const struct filter_node *node, void *data);
void filter_visit(const struct filter_node *node, filter_visitor *each, void *data);

#endif
