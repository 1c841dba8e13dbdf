/*
 * filter.h - segments: a saved tree of conditions over accounts, compiled to SQL. With
 * card_find.h the only place where SQL is composed: identifiers come from the closed table of
 * fields in filter.c, values are parameters.
 *
 * The tree, version 1, as stored in segment.filter:
 *
 *     {"version": 1, "match": "all",
 *      "conditions": [{"field": "industry", "op": "is", "values": ["Publishing"]},
 *                     {"match": "any", "conditions": [ ... ]}]}
 *
 * "match" is "all" or "any"; a group without conditions matches everything. At most
 * FILTER_DEPTH groups deep, FILTER_NODES conditions and groups, FILTER_VALUES values in all.
 *
 * A time value is a date (2026-11-21, from its midnight UTC) or an age ("30d", thirty days
 * ago).
 */
#ifndef LEADBOARD_FILTER_H
#define LEADBOARD_FILTER_H

#include "shared/db.h"
#include "shared/db_statement.h"

#define FILTER_DEPTH 8
#define FILTER_NODES 64
#define FILTER_VALUES 200
#define FILTER_VALUE_BYTES 200

enum filter_kind { FILTER_TEXT, FILTER_NUMBER, FILTER_TIME, FILTER_TAG, FILTER_CHOICE };

enum filter_op {
    FILTER_IS,
    FILTER_IS_NOT,
    FILTER_CONTAINS,
    FILTER_CONTAINS_NOT,
    FILTER_KNOWN,
    FILTER_UNKNOWN,
    FILTER_GREATER,
    FILTER_LESS,
    FILTER_BETWEEN,
    FILTER_BETWEEN_NOT,
    FILTER_BEFORE,
    FILTER_AFTER,
    FILTER_OP__COUNT
};

/* What a page needs to offer conditions. */
struct filter_field {
    const char *name;  /* in the tree and in forms */
    const char *label; /* for people */
    enum filter_kind kind;
    const char *const *choices; /* FILTER_CHOICE: the words, NULL at the end */
};
/* The field of that place in the table, NULL past its end. */
const struct filter_field *filter_field(size_t i);
/* The word of the tree ("is_not") and the words for people ("is not"). */
const char *filter_op_name(enum filter_op op);
const char *filter_op_label(enum filter_op op);
bool filter_op_fits(enum filter_op op, enum filter_kind kind);
/* How many values the operator takes: 0, 1, 2, or FILTER_VALUES for "one of these". */
size_t filter_op_values(enum filter_op op);

struct filter_node {
    bool is_group;
    bool any;                  /* group: one is enough */
    struct filter_node *nodes; /* group */
    size_t n_nodes;
    size_t field; /* condition: for filter_field */
    enum filter_op op;
    struct str *values;
    size_t n_values;
};

/* Checks one condition, as filter_parse does; for forms. */
MUST_CHECK enum err filter_check(struct ctx *ctx, const struct filter_node *condition);

/* Reads and checks a tree. ERR_INVALID says in ctx->why which condition is wrong. */
MUST_CHECK enum err filter_parse(struct ctx *ctx, struct str json,
                                 struct filter_node *out_root);
/* The tree as JSON, for storing. */
MUST_CHECK enum err filter_json(struct ctx *ctx, const struct filter_node *root,
                                struct str *out_json);
/* The tree as a sentence: "industry is Publishing and employees greater than 500". */
struct str filter_sentence(struct ctx *ctx, const struct filter_node *root);

struct filter_query {
    int64_t dataset;
    const struct filter_node *filter; /* NULL: everything */
    struct sql_i64s accounts;         /* only these, where n > 0 */
    int64_t active_since_at;          /* only accounts seen since then; 0: whenever */
    int64_t after_id;                 /* keyset: ids above this */
    int64_t limit;                    /* at most this many */
};
/* Ids of matching accounts in ascending order. */
MUST_CHECK enum err filter_accounts(struct ctx *ctx, struct db *db,
                                    const struct filter_query *query, struct sql_i64s *out_ids);
/* How many match, counting at most query->limit. */
MUST_CHECK enum err filter_count(struct ctx *ctx, struct db *db,
                                 const struct filter_query *query, int64_t *out_count);

#endif
