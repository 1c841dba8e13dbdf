/*
 * filter_compile.h - a tree on its way to SQL. Only shared/filter.c, filter_column.c and
 * filter_rows.c include it.
 *
 * The subject is account a, or lead l with its account a. What other tables say of it is asked
 * in one of two ways: one by one, as "exists (select from rows where key = subject)", or for
 * all, as a join with the keys that such rows have.
 */
#ifndef LEADBOARD_FILTER_COMPILE_H
#define LEADBOARD_FILTER_COMPILE_H

#include "shared/db_value.h"
#include "shared/filter_parts.h"
#include "shared/sb.h"

#define FILTER_PARAMS_MAX (FILTER_NODES * 4 + FILTER_VALUES + 8)

struct filter_compiler {
    struct ctx *ctx;
    enum filter_subject subject;
    bool by_key; /* one by one */
    int64_t now;
    int32_t timeout_ms;
    struct sb joins, where;
    int n_joins;
    struct db_value params[FILTER_PARAMS_MAX]; /* $1: the dataset */
    size_t n_params;
};

/* Adds a parameter; its number. */
size_t filter_param(struct filter_compiler *c, struct db_value value);

/* ---- filter_column.c ---- */

/* A column as SQL: as it is, as text without regard to capitals, and how a value v gets so. */
struct filter_column {
    const char *sql, *folded, *fold;
};
/* What the condition says of its column when it is not negated. */
void filter_put_column(struct filter_compiler *c, struct sb *sb,
                       const struct filter_node *node);
/* The text is one of the values, or contains one. */
void filter_put_one_of(struct filter_compiler *c, struct sb *sb, const struct filter_node *node,
                       const struct filter_column *column);

/* ---- filter_rows.c ---- */

enum filter_rows {
    OF_LEADS,
    OF_EVENTS,
    OF_ACCOUNT_TAGS,
    OF_LEAD_TAGS,
    OF_CARDS,
    OF_LEAD_CARDS,
    OF_MOVES,
    OF_LEAD_MOVES,
    OF_ACCOUNT_SEGMENTS,
    OF_LEAD_SEGMENTS,
    OF_TARGETS,
    OF_TARGET_SESSIONS,
    FILTER_ROWS__COUNT
};
/* The rows, whose they are, and what of the subject that is compared with. on NULL: the subject
 * has no such rows. */
struct filter_relation {
    const char *from, *where, *key, *on;
};
const struct filter_relation *filter_relation(const struct filter_compiler *c,
                                              enum filter_rows of);
/* The rows that a side asks, one or two kinds: of these one is enough. */
size_t filter_relations(const struct filter_compiler *c, enum filter_side side,
                        enum filter_rows out_of[2]);
/* The subject has such rows for which the condition, or group of one event, holds. */
void filter_put_related(struct filter_compiler *c, const struct filter_node *node,
                        enum filter_rows of);
/* One of the values is in what lead l is called. */
void filter_put_person(struct filter_compiler *c, struct sb *sb,
                       const struct filter_node *node);

#endif
