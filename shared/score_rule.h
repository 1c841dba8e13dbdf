/*
 * score_rule.h - the rules that a leadscore is made of (score.h): what each asks of a lead, how
 * many points it is worth, how it is stored and what it is called.
 *
 * A rule, as stored in score_formula.rules (a JSON array in the order of the page):
 *
 *   {"key":"email","kind":"has","field":"email","points":15}
 *       a value is known; "not": true: it is not known
 *   {"key":"r1","kind":"range","field":"employees","from":50,"to":500,"points":10}
 *       a number from..to, both included; one of the two may be missing
 *   {"key":"r2","kind":"per","field":"pageviews","each":2,"points":1,"most":20}
 *       points for every so many, at most `most` in all
 *   {"key":"r3","kind":"match","field":"industry","op":"is","values":["Publishing"],"points":10}
 *       one of the values; ops: is, is_not, contains, contains_not. The negative ones hold
 *       for what is not known, too. "lower": the values as the database folds them
 *   {"key":"r4","kind":"pages","pages":"/pricing*","pattern":"7","points":5,"most":15}
 *       points for each view of such a page; pattern: its row of page_pattern (target.h)
 *   {"key":"r5","kind":"target","target":"3","name":"Demo","points":20,"most":20}
 *       the same for a conversion target
 *   {"key":"r6","kind":"tag","tag":"4","name":"Competitor","points":-30}
 *       has the tag, itself or by its company
 *   {"key":"recency","kind":"recency","decay":"linear","days":30,"points":15}
 *       all points on the day of the last event; "linear": falling to none within so many days,
 *       "half": halved by every so many
 *
 * Points may be negative; 0 is refused. A field is one of score_field or, with "property", a
 * custom property of the lead: {"field":"property","property":"Team size"}.
 *
 * The key names the rule in lead.score_parts; it stays the same while the rule is edited, and
 * is unique in its formula.
 */
#ifndef LEADBOARD_SCORE_RULE_H
#define LEADBOARD_SCORE_RULE_H

#include "shared/ctx.h"
#include "shared/json.h"

#define SCORE_RULES_MAX 40
#define SCORE_POINTS_MAX 100 /* of a rule, either way */
#define SCORE_VALUES_MAX 50
#define SCORE_VALUE_BYTES 200
#define SCORE_KEY_BYTES 20
#define SCORE_RULES_BYTES ((size_t)64 << 10) /* of a formula as JSON */

/* What a rule can look at. */
enum score_field_id {
    SCORE_EMAIL,
    SCORE_PHONE,
    SCORE_COMPANY, /* of its account, else as a form named it */
    SCORE_FIRST_NAME,
    SCORE_LAST_NAME,
    SCORE_JOB_TITLE,
    SCORE_CHANNEL,
    SCORE_FIRST_CHANNEL,
    SCORE_SOURCE,
    SCORE_MEDIUM,
    SCORE_CAMPAIGN,
    SCORE_REFERRER,
    SCORE_LANDING,
    SCORE_DOMAIN, /* from here on of the account */
    SCORE_INDUSTRY,
    SCORE_COUNTRY,
    SCORE_REGION,
    SCORE_CITY,
    SCORE_LEGAL_TYPE,
    SCORE_REVENUE,
    SCORE_TECHNOLOGIES, /* one a line */
    SCORE_WEBSITE,
    SCORE_LINKEDIN,
    SCORE_EMPLOYEES,
    SCORE_FOUNDED,
    SCORE_SESSIONS, /* from here on counts of the lead */
    SCORE_PAGEVIEWS,
    SCORE_FORMS,
    SCORE_EVENTS,
    SCORE_VISITORS,
    SCORE_PROPERTY,
    SCORE_FIELD__COUNT
};

enum score_field_kind { SCORE_TEXT, SCORE_NUMBER, SCORE_COUNT, SCORE_ANY };

struct score_field {
    const char *name;    /* in JSON and in forms */
    const char *label;   /* "industry" */
    const char *unit[2]; /* of a count: "session", "sessions" */
    enum score_field_kind kind;
};
const struct score_field *score_field(enum score_field_id id);
static inline bool score_field_is_of_account(enum score_field_id id)
{
    return id >= SCORE_DOMAIN && id <= SCORE_FOUNDED;
}

enum score_rule_kind {
    SCORE_HAS,
    SCORE_RANGE,
    SCORE_PER,
    SCORE_MATCH,
    SCORE_PAGES,
    SCORE_TARGET,
    SCORE_TAG,
    SCORE_RECENCY,
    SCORE_RULE_KIND__COUNT
};
/* The word in JSON and in forms, and the one for people: "match", "Value is or contains". */
const char *score_rule_kind_name(enum score_rule_kind kind);
const char *score_rule_kind_label(enum score_rule_kind kind);
bool score_rule_kind_from(struct str name, enum score_rule_kind *out_kind);
/* Whether it brings its points each time, at most `most` in all. */
bool score_rule_repeats(enum score_rule_kind kind);
/* Whether a rule of the kind can ask for the field. */
bool score_rule_fits(enum score_rule_kind kind, enum score_field_id field);

enum score_op { SCORE_IS, SCORE_IS_NOT, SCORE_CONTAINS, SCORE_CONTAINS_NOT, SCORE_OP__COUNT };
const char *score_op_name(enum score_op op);
const char *score_op_label(enum score_op op);

struct score_rule {
    struct str key;
    enum score_rule_kind kind;
    int32_t points;
    int32_t most; /* of all that it brings, without sign; of kinds that bring points once:
                     |points| */
    enum score_field_id field;
    struct str property; /* of SCORE_PROPERTY */
    bool negative;       /* SCORE_HAS: it is not known */
    enum score_op op;
    struct str *values, *lower; /* SCORE_MATCH */
    size_t n_values;
    double from, to; /* NAN: no end */
    double each;
    struct str pages;
    int64_t pattern; /* of SCORE_PAGES and SCORE_TARGET; 0: counted nowhere */
    int64_t target, tag;
    struct str name; /* of the target or tag, as it was called */
    bool half;
    int32_t days;
    size_t slot; /* place of its property, tag or pattern in the formula's lists */
};

/* Reads the rules of a formula. ERR_INVALID says which rule is wrong and why. */
MUST_CHECK enum err score_rules_read(struct ctx *ctx, struct str json,
                                     struct score_rule **out_rules, size_t *out_n);
MUST_CHECK enum err score_rules_write(struct ctx *ctx, const struct score_rule *rules, size_t n,
                                      struct str *out_json);
/* Checks one rule, for forms: ERR_INVALID with a sentence about it. Sets `most` of kinds that
 * bring points once. Its key and the ids in it are not looked at. */
MUST_CHECK enum err score_rule_check(struct ctx *ctx, struct score_rule *rule);
/* Gives rules without a key one that is not used. */
void score_rules_name(struct ctx *ctx, struct score_rule *rules, size_t n);

/* "industry is Publishing or Media", "every 2 pageviews", "/pricing* viewed". */
struct str score_rule_words(struct ctx *ctx, const struct score_rule *rule);
/* The same in few words where there are: "email", "pageviews", "recency". */
struct str score_rule_name(struct ctx *ctx, const struct score_rule *rule);
/* What it brings: "+15", "+1 each, up to 20", "-30". */
struct str score_rule_worth(struct ctx *ctx, const struct score_rule *rule);

#endif
