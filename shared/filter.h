/*
 * filter.h - a tree of conditions over companies (accounts) or people (leads): what segments
 * keep, boards take in by, and automations ask. Checked when it is read, told as a sentence,
 * compiled to SQL. With card_find.h the only place where SQL is composed: identifiers come from
 * the closed table of fields (filter_field.c), values are parameters. What of it can be decided
 * for one event without the database is filter_event.h's.
 *
 * The tree, version 2, as it is stored:
 *
 *     {"version": 2, "subject": "leads", "match": "all", "conditions": [
 *         {"field": "industry", "op": "is", "values": ["Publishing"]},
 *         {"field": "page", "op": "is", "values": ["/pricing*"], "times": 2, "days": 30},
 *         {"field": "stage", "op": "is", "values": ["12"], "names": ["Interest of Sales"]},
 *         {"match": "any", "conditions": [ ... ]},
 *         {"match": "event", "times": 2, "conditions": [
 *             {"field": "event_name", "op": "is", "values": ["Trial"]},
 *             {"field": "event_property", "key": "plan", "op": "is", "values": ["pro"]}]}]}
 *
 * "match" is "all", "any" (with "least": 2, at least two of them) or "none"; or "event", a group
 * whose conditions are about one and the same event. A group without conditions matches
 * everything. Version 1, which is about accounts and knows neither "none" and "event" nor most
 * fields, is read as it is. At most FILTER_DEPTH groups deep, FILTER_NODES conditions and
 * groups, FILTER_VALUES values.
 *
 * Subjects. A condition on people holds for a company when it holds for one of its people who
 * is not hidden ("job title is not CEO": for none of them). A condition on the company holds
 * for a person when it holds for the person's company. What both have (visits, score ...) is
 * the subject's own. Hidden companies and people never match.
 *
 * Values. A time is a date (2026-11-21, from its midnight UTC) or an age ("30d", thirty days
 * ago). Pages are URL patterns (url_pattern.h). Boards, stages, people of the team and segments
 * are ids; "names" is what they were called when the tree was saved, to tell what is gone.
 * Text is compared without regard to capitals; of events, to those of A to Z only.
 *
 * History. "page", "event_name" and the like ask whether such an event happened, "times" (at
 * least) and "days" (within) narrow it; negated, that it did not. An event is of the lead whose
 * session it is in. A conversion target (target.h) is reached by views; "times" with "days" counts
 * those of sessions that reached it within these days.
 *
 * Unknown. "is not", "does not contain" and "is not between" hold for what is unknown, too.
 *
 * A new kind of condition is a row in filter_field.c; where its data is in a table that nothing
 * else asks, also a relation in filter.c. FILTER_ON_* says what makes it be asked again.
 */
#ifndef LEADBOARD_FILTER_H
#define LEADBOARD_FILTER_H

#include "shared/db.h"
#include "shared/db_statement.h"

#define FILTER_DEPTH 8
#define FILTER_NODES 64
#define FILTER_VALUES 200
#define FILTER_VALUE_BYTES 200
#define FILTER_KEY_BYTES 100
#define FILTER_TIMES 1000
#define FILTER_DAYS 3650

enum filter_subject { FILTER_ACCOUNTS = 1, FILTER_LEADS = 2 };
/* "accounts" and "leads", as in the tree. */
const char *filter_subject_name(enum filter_subject subject);
bool filter_subject_from(struct str name, enum filter_subject *out_subject);

enum filter_kind {
    FILTER_TEXT,
    FILTER_LIST, /* several texts */
    FILTER_NUMBER,
    FILTER_TIME,
    FILTER_CHOICE,
    FILTER_PAGE,     /* URL pattern */
    FILTER_PROPERTY, /* of a key: text, or a number to compare */
    FILTER_SEARCH,   /* in everything that names the subject */
    FILTER_TAG,      /* by name */
    FILTER_BOARD,    /* the rest by id */
    FILTER_STAGE,
    FILTER_USER, /* of the team; 0: nobody */
    FILTER_SEGMENT,
    FILTER_TARGET,
    FILTER_KIND__COUNT
};
/* True when its values are ids. */
static inline bool filter_kind_has_ids(enum filter_kind kind)
{
    return kind >= FILTER_BOARD && kind <= FILTER_TARGET;
}

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

/* What a change has to be of for a condition to be asked again. */
enum filter_on {
    FILTER_ON_ACCOUNT = 1, /* details of the company; whose company it is */
    FILTER_ON_LEAD = 2,    /* details of the person, how they came */
    FILTER_ON_COUNTS = 4,  /* visits, pageviews, first and last seen ... */
    FILTER_ON_EVENTS = 8,
    FILTER_ON_SCORE = 16,
    FILTER_ON_TAGS = 32,
    FILTER_ON_CARDS = 64, /* board, stage, owner */
    FILTER_ON_SEGMENTS = 128,
    FILTER_ON_TIME = 256,   /* the passing of it */
    FILTER_ON_SIZE = 512,   /* how many people of the company are known */
    FILTER_ON_BEING = 1024, /* there is such a subject, and it is not hidden: always */
    FILTER_ON_ALL = 2047
};

/* Where a page offers a field. */
enum filter_topic {
    FILTER_OF_COMPANY,
    FILTER_OF_PERSON,
    FILTER_OF_BEHAVIOUR,
    FILTER_OF_ORIGIN,
    FILTER_OF_WORK,
    FILTER_TOPIC__COUNT
};
/* "Company", "Person" ... */
const char *filter_topic_label(enum filter_topic topic);

enum filter_days { FILTER_DAYS_NONE, FILTER_DAYS_MAY, FILTER_DAYS_MUST };

/* What a page needs to offer conditions. */
struct filter_field {
    const char *name;  /* in the tree and in forms */
    const char *label; /* for people */
    enum filter_kind kind;
    enum filter_topic topic;
    const char *const *choices; /* FILTER_CHOICE: the words, NULL at the end */
    /* Where the label and "is" would make no sentence: "visited", "did not visit", "page". */
    const char *yes, *no, *noun;
    bool named;            /* the noun stands before a value: "submitted form Contact" */
    enum filter_days days; /* "within n days"; MUST: "for more than n days" */
    bool event;            /* about an event: may say "times", may stand in a group of one */
    bool counted;          /* no event by itself, but may say "times" */
};
/* The field of that place in the table, NULL past its end. */
const struct filter_field *filter_field(size_t i);
bool filter_field_from(struct str name, size_t *out_field);
/* The word of the tree ("is_not"); the words for people ("is not", of a page "did not visit").
 */
const char *filter_op_name(enum filter_op op);
struct str filter_op_label(struct ctx *ctx, enum filter_op op,
                           const struct filter_field *field);
bool filter_op_from(struct str name, enum filter_op *out_op);
bool filter_op_fits(enum filter_op op, const struct filter_field *field);
/* How many values the operator takes: 0, 1, 2, or FILTER_VALUES for "one of these". */
size_t filter_op_values(enum filter_op op);

enum filter_match { FILTER_ALL, FILTER_ANY, FILTER_NONE, FILTER_EVENT, FILTER_MATCH__COUNT };
/* "all", "any", "none", "event". */
const char *filter_match_name(enum filter_match match);
bool filter_match_from(struct str name, enum filter_match *out_match);

struct filter_node {
    bool is_group;
    /* A group. */
    enum filter_match match;
    struct filter_node *nodes;
    size_t n_nodes;
    int32_t least; /* FILTER_ANY: so many of them have to hold; 0: one */
    /* A condition. */
    size_t field; /* for filter_field */
    enum filter_op op;
    struct str key; /* FILTER_PROPERTY */
    struct str *values;
    size_t n_values;
    struct str *names; /* of ids, one a value, "no value" where not known; or NULL */
    /* A condition on events, or a group of one event. 0: not said. */
    int32_t times, days;
};

struct filter {
    enum filter_subject subject;
    struct filter_node root; /* a group */
};

/* Checks one condition, as filter_parse does; for forms. */
MUST_CHECK enum err filter_check(struct ctx *ctx, const struct filter_node *condition);

/* Reads and checks a tree. ERR_INVALID says in ctx->why which condition is wrong. */
MUST_CHECK enum err filter_parse(struct ctx *ctx, struct str json, struct filter *out_filter);
/* The tree as JSON, for storing. */
MUST_CHECK enum err filter_json(struct ctx *ctx, const struct filter *filter,
                                struct str *out_json);

/* FILTER_ON_* of all its conditions. */
unsigned filter_on(const struct filter *filter);
/* The ids that it names of a kind, without doubles. */
struct sql_i64s filter_ids(struct ctx *ctx, const struct filter *filter, enum filter_kind kind);

/* ---- words ---- */

/* What ids are called, and what is not there any more. */
struct filter_names;
/* Reads the names that these filters need; of segments only those that the user may see (0:
 * all), others are called "a private segment". */
MUST_CHECK enum err filter_names_load(struct db *db, int64_t dataset, int64_t user,
                                      const struct filter *const *filters, size_t n,
                                      const struct filter_names **out_names);
/* The tree as a sentence: "industry is Publishing and visited /pricing* at least 2 times within
 * 30 days". names may be NULL: as they were when the tree was saved. */
struct str filter_sentence(struct ctx *ctx, const struct filter *filter,
                           const struct filter_names *names);
/* What it asks for that is gone, as a sentence ("The stage Interest of Sales does not exist any
 * more."); "no value" when nothing is. */
struct str filter_missing(struct ctx *ctx, const struct filter *filter,
                          const struct filter_names *names);
/* Gives ids the names that another tree, from which this one was made, has for them. */
void filter_names_borrow(struct ctx *ctx, struct filter *filter, const struct filter *from);
/* Puts the present names into the tree, to be saved with it. */
void filter_names_keep(struct ctx *ctx, struct filter *filter,
                       const struct filter_names *names);

/* ---- asking the database ---- */

/* All in the transaction that is open, read as the filter role.
 *
 * Some subjects are looked at one by one, by key: a thousand take some ten milliseconds,
 * whatever the size of the dataset. All of them are asked for set by set: what happened within
 * 30 days is read from the events of 30 days. */
struct filter_query {
    int64_t dataset;
    const struct filter *filter; /* NULL: every company */
    int64_t now;                 /* what ages count from; 0: this moment */
    int32_t timeout_ms;          /* of asking for all; 0: the connection's. ERR_TIMEOUT */
};
/* Of these ids those that match, ascending. n may be 0. */
MUST_CHECK enum err filter_matches(struct ctx *ctx, struct db *db,
                                   const struct filter_query *query, struct sql_i64s ids,
                                   struct sql_i64s *out_ids);
/* Every id above after_id, up to until_id, that matches, ascending: 8 bytes each. */
MUST_CHECK enum err filter_find(struct ctx *ctx, struct db *db,
                                const struct filter_query *query, int64_t after_id,
                                int64_t until_id, struct sql_i64s *out_ids);
/* How many match. */
MUST_CHECK enum err filter_count(struct ctx *ctx, struct db *db,
                                 const struct filter_query *query, int64_t *out_count);
/* Those that match with ids below before_id (0: from the highest), the highest first, at most
 * limit: a page of a list. */
MUST_CHECK enum err filter_page(struct ctx *ctx, struct db *db,
                                const struct filter_query *query, int64_t before_id,
                                int64_t limit, struct sql_i64s *out_ids);

/* Whose answer may have changed by time alone between since_at and until_at: what reached one
 * of the ages that the filter names. A superset. */
MUST_CHECK enum err filter_aged(struct ctx *ctx, struct db *db,
                                const struct filter_query *query, int64_t since_at,
                                int64_t until_at, struct sql_i64s *out_ids);

#endif
