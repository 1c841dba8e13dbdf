/*
 * automation.h - automations: what is to be done (up to ten actions, in order), and when (a
 * trigger with a filter, filter.h). Reading, checking and writing them; telling them in plain
 * words; what is wrong with one, what may go round; making, changing and switching them. Who
 * applies them is worker/automate.h; what they did is automation_run.h.
 *
 * For a page:
 *
 *     struct automation_rule rule = ...                 from the form, or
 *     TRY(automation_get(db, dataset, id, &row));       a stored one, read
 *     TRY(automation_check(ctx, &rule, &where));        a sentence in ctx->why, which action
 *     TRY(automation_names_load(db, dataset, user, rules, n, &names));
 *     automation_sentence(ctx, &rule, names)            "When ..., then ..., then ...."
 *     automation_problems(ctx, &rule, names, &list)     what is gone or switched off, to mend
 *     automation_warnings(db, &save, &list)             matches everything, goes round ...
 *     TRY(automation_save(db, &save, &id)); queue_wake  (ask first where there are warnings)
 *
 * When it fires. `when` says what is waited for, the filter what must hold besides:
 *
 *   WHEN_MATCH    what the filter describes comes true. Where it has a condition on events (not
 *                 "within n days", not "n times"), an event does it: source EVENT, looked at as
 *                 each event comes, within a second or two. All such conditions are about that
 *                 one event. Else source MEMBER: somebody begins to match, by whatever change
 * or by time alone ("in Discovery for more than 14 days"); noticed within a minute, mostly
 * within seconds. WHEN_STAGE    a card enters one of these stages (created there, moved there)
 *   WHEN_BOARD    a card comes onto one of these boards
 *   WHEN_OWNER    a card is given to somebody: to one of these, or, of none, to anybody
 *   WHEN_TAG      one of these tags is put on a company, or on a person
 *   WHEN_SCORE    the leadscore rises above a number
 *   WHEN_SEGMENT  somebody enters one of these segments
 *
 * automation_source() says which of the four ways it takes; a page says it with
 * automation_source_words().
 *
 * Whom it is for: the filter's subject. FILTER_ACCOUNTS: "each company" - and a contact who has
 * none stands for themselves, as on boards; FILTER_LEADS: each person, also anonymous ones.
 * Cool-down and once-only count by that. Conditions hold for a person as for companies
 * (filter.h), so one tree serves both. Actions on the company, of a person's event, are about
 * the person's company; actions on the person, where only a company is known, are not done and
 * say so.
 *
 * The form it is stored in (ids as text, names as they were when it was saved):
 *
 *     trigger  {"when": "stage", "ids": ["12"], "names": ["Interest of Sales"], "filter":
 * {...}} actions  [{"do": "add_tag", "to": "company", "tag": "3", "tag_name": "Interest"},
 *               {"do": "set_property", "to": "person", "key": "source", "from": "utm_source"},
 *               {"do": "card", "how": "put", "board": "2", "board_name": ...,
 *                "stage": "12", "stage_name": ...},
 *               {"do": "owner", "how": "turns", "users": ["1", "5"], "names": [...],
 *                "keep": true},
 *               {"do": "remove_card", "board": "2", "exclude": true},
 *               {"do": "webhook", "integration": "4"},
 *               {"do": "slack", "integration": "5", "text": "{company} ..."},
 *               {"do": "mail", "how": "owner", "subject": "...", "text": "..."},
 *               {"do": "mail", "how": "addresses", "addresses": ["a@x.example"], ...},
 *               {"do": "push", "integration": "6"}]
 *
 * A change is a new version; runs name theirs. What happened before it was switched on does not
 * fire it: ask (automation_matching, automation_run.h) whether those who match already are to
 * be enrolled (automation_enrol), or look back without doing anything (automation_backtest).
 *
 * What an action names and is gone (stage, tag, member, integration) makes that action be left
 * out; the others are done; automation_problems tells it.
 *
 * Functions with a db work in the transaction that is open (db_begin with the dataset).
 */
#ifndef LEADBOARD_AUTOMATION_H
#define LEADBOARD_AUTOMATION_H

#include "shared/filter.h"

#define AUTOMATIONS_MAX 500 /* in a dataset */
#define AUTOMATION_ACTIONS_MAX 10
#define AUTOMATION_NAME_MAX 100         /* characters */
#define AUTOMATION_DESCRIPTION_MAX 2000 /* characters */
#define AUTOMATION_REFS_MAX 50          /* stages, tags, members ... in one place */
#define AUTOMATION_ADDRESSES_MAX 10
#define AUTOMATION_SUBJECT_MAX 200        /* characters of a mail's subject */
#define AUTOMATION_TEXT_MAX 4000          /* characters of a message */
#define AUTOMATION_VALUE_MAX 500          /* characters of a property */
#define AUTOMATION_COOLDOWN_S 60          /* what new ones begin with */
#define AUTOMATION_COOLDOWN_MAX_S 7776000 /* 90 days */
#define AUTOMATION_DEPTH_MAX                                                                   \
    8 /* what automations cause by way of one another, then it stops                           \
       */

/* ---- what it is ---- */

enum automation_when {
    WHEN_MATCH = 1,
    WHEN_STAGE,
    WHEN_BOARD,
    WHEN_OWNER,
    WHEN_TAG,
    WHEN_SCORE,
    WHEN_SEGMENT,
    WHEN__END
};
/* "match", "stage" ... in the tree and in forms; "a card enters a stage" for people. */
const char *automation_when_name(enum automation_when when);
const char *automation_when_label(enum automation_when when);
bool automation_when_from(struct str name, enum automation_when *out_when);
/* What its ids are of: FILTER_STAGE, FILTER_BOARD, FILTER_USER, FILTER_TAG, FILTER_SEGMENT;
 * FILTER_KIND__COUNT: it has none. */
enum filter_kind automation_when_ids(enum automation_when when);

/* Something that is referred to: what it was called is known also when it is gone. */
struct automation_ref {
    int64_t id; /* 0: none */
    struct str name;
};

struct automation_trigger {
    enum automation_when when;
    struct automation_ref *refs;
    size_t n_refs;
    int32_t score;        /* WHEN_SCORE: above this, 0 to 99 */
    struct filter filter; /* what must hold besides; WHEN_MATCH: what is waited for */
};

enum automation_do {
    DO_ADD_TAG = 1,
    DO_REMOVE_TAG,
    DO_SET_PROPERTY,
    DO_CARD,  /* creates it where there is none, and moves it to the stage */
    DO_OWNER, /* of the card */
    DO_REMOVE_CARD,
    DO_WEBHOOK,
    DO_SLACK,
    DO_MAIL,
    DO_PUSH, /* to a CRM */
    DO__END
};
const char *automation_do_name(enum automation_do what);  /* "add_tag" */
const char *automation_do_label(enum automation_do what); /* "Put a tag on" */
bool automation_do_from(struct str name, enum automation_do *out_do);

enum automation_how {
    HOW_NONE,
    CARD_PUT,    /* create or move */
    CARD_CREATE, /* only where there is none: a card that is there stays where it is */
    CARD_MOVE,   /* only a card that is there */
    OWNER_FIXED,
    OWNER_TURNS,  /* one after the other, the one who waits longest */
    OWNER_SENDER, /* whose mail it was: property fromEmail of the event, or of the latest mail
                   */
    MAIL_OWNER,   /* of the card */
    MAIL_ADDRESSES,
    HOW__END
};
/* "put", "create", "move"; "fixed", "turns", "sender"; "owner", "addresses". */
const char *automation_how_name(enum automation_how how);
const char *automation_how_label(enum automation_how how);
bool automation_how_from(enum automation_do what, struct str name, enum automation_how *out);
/* The first of an action's ways and the one behind its last; equal: it has only one way. */
enum automation_how automation_hows(enum automation_do what, enum automation_how *out_end);

/* What a property can be set to that the session says: "utm_source" ... */
struct automation_value {
    const char *name, *label;
};
const struct automation_value *automation_values(size_t *out_n);

struct automation_action {
    enum automation_do what;
    enum automation_how how;
    bool person;                  /* tag, property: of the person; else of the company */
    struct automation_ref tag;    /* DO_ADD_TAG, DO_REMOVE_TAG */
    struct str key, value, from;  /* DO_SET_PROPERTY: a constant, or "utm_source" ... */
    struct automation_ref board;  /* cards of this one; DO_OWNER: 0: of every board */
    struct automation_ref stage;  /* DO_CARD; CARD_CREATE: 0: the entry stage */
    struct automation_ref *users; /* DO_OWNER */
    size_t n_users;
    bool keep;                         /* DO_OWNER: a card that has an owner keeps them */
    bool exclude;                      /* DO_REMOVE_CARD: and keep it away */
    struct automation_ref integration; /* DO_WEBHOOK, DO_SLACK, DO_PUSH */
    struct str subject, text;          /* DO_SLACK (text), DO_MAIL, with {company} ... */
    struct str *addresses;             /* MAIL_ADDRESSES */
    size_t n_addresses;
};

/* What a message may name in braces: "company", "domain", "person", "board", "stage", "owner",
 * "score", "why", "link". */
const struct automation_value *automation_placeholders(size_t *out_n);

struct automation_rule {
    struct automation_trigger trigger;
    struct automation_action actions[AUTOMATION_ACTIONS_MAX];
    size_t n_actions;
};

/* automation.source */
enum automation_source {
    SOURCE_EVENT = 1, /* the log of events, by way of the log consumer */
    SOURCE_TAG,       /* shared/tagging.h */
    SOURCE_CARD,      /* the cards' ledger */
    SOURCE_MEMBER,    /* who enters a segment, often one of its own */
};
enum automation_source automation_source(const struct automation_rule *rule);
/* "It looks at each event as it comes." */
const char *automation_source_words(enum automation_source source);

/* ---- reading, checking, writing ---- */

/* Checks what a form or the API gave: limits, what must be there, what makes no sense together,
 * what can never be true. Not what is in the database. ERR_INVALID with a sentence;
 * *out_where: the action that is wrong, from 1; 0: the trigger. */
MUST_CHECK enum err automation_check(struct ctx *ctx, const struct automation_rule *rule,
                                     size_t *out_where);
/* The stored form. Reading checks as automation_check does; ERR_INVALID with a sentence. */
MUST_CHECK enum err automation_parse(struct ctx *ctx, struct str trigger, struct str actions,
                                     struct automation_rule *out_rule);
MUST_CHECK enum err automation_json(struct ctx *ctx, const struct automation_rule *rule,
                                    struct str *out_trigger, struct str *out_actions);

/* ---- words ---- */

/* What everything that rules refer to is called now. */
struct automation_names;
/* Integrations among the kinds of filters. */
#define AUTOMATION_INTEGRATION ((enum filter_kind)FILTER_KIND__COUNT)
/* Reads the names that these rules need; of boards and segments that are private only those of
 * the user (0: all). */
MUST_CHECK enum err automation_names_load(struct db *db, int64_t dataset, int64_t user,
                                          const struct automation_rule *const *rules, size_t n,
                                          const struct automation_names **out_names);
/* "No value": there is none any more. */
struct str automation_name(const struct automation_names *names, enum filter_kind kind,
                           int64_t id);
/* What else is known of it: the board of a stage, the kind of an integration; 0: nothing. */
int64_t automation_name_of(const struct automation_names *names, enum filter_kind kind,
                           int64_t id);
/* Without a full stop: "When a card enters Interest of Sales and industry is Publishing". names
 * may be NULL in all of these: as they were when it was saved. */
struct str automation_trigger_words(struct ctx *ctx, const struct automation_trigger *trigger,
                                    const struct automation_names *names);
/* "put the tag Interest on the company" */
struct str automation_action_words(struct ctx *ctx, const struct automation_action *action,
                                   const struct automation_names *names);
/* Both, as one sentence: "When ..., then put the tag ... on the company, then ...." */
struct str automation_sentence(struct ctx *ctx, const struct automation_rule *rule,
                               const struct automation_names *names);
/* "1 minute", "3 days" */
struct str automation_span(struct ctx *ctx, int64_t seconds);

/* ---- what is wrong ---- */

struct automation_list {
    const struct str *v;
    size_t n;
};
/* What it names and is gone, or cannot be used now, and what to do: sentences. */
void automation_problems(struct ctx *ctx, const struct automation_rule *rule,
                         const struct automation_names *names, struct automation_list *out);

/* ---- making and changing ---- */

struct automation_save {
    int64_t dataset, user;
    int64_t id;      /* 0: a new one */
    int32_t version; /* that the change was made from; 0: whatever is there */
    struct str name, description;
    bool enabled, once;
    int32_t cooldown_s;
    struct automation_rule *rule; /* gets the names of what it refers to */
};
/* What to ask about before saving: it matches everything; it and others can make each other run
 * ("This can go round: ..., with the path by name); it does what cannot be undone to everybody.
 * Sentences. The rule was checked. */
MUST_CHECK enum err automation_warnings(struct db *db, const struct automation_save *save,
                                        struct automation_list *out);
/* A new version where the rule is another one. Checks it. ERR_INVALID: that, or it refers to
 * what is not there; ERR_LIMIT: there are AUTOMATIONS_MAX; ERR_CONFLICT: somebody saved another
 * version meanwhile; ERR_NOT_FOUND; each with a sentence. Call queue_wake after the commit. */
MUST_CHECK enum err automation_save(struct db *db, const struct automation_save *save,
                                    int64_t *out_id);
/* ERR_NOT_FOUND with a sentence. Switching on forgets a problem it had; what waits is kept when
 * it is switched off with something waiting, and dropped. */
MUST_CHECK enum err automation_switch(struct db *db, int64_t dataset, int64_t id, bool on);
/* Its runs stay, and can be undone. ERR_NOT_FOUND with a sentence. */
MUST_CHECK enum err automation_delete(struct db *db, int64_t dataset, int64_t id);

struct automation_row {
    int64_t id, user;
    struct str name, description, user_name;
    bool enabled, once;
    enum automation_source source;
    int32_t version, cooldown_s;
    struct str problem; /* "no value": none */
    int64_t problem_at, retry_at, fired_at, fired, created_at, updated_at; /* 0: none */
    struct automation_rule rule;
    struct str
        unreadable; /* why the rule could not be read (a later LeadBoard's), and is empty */
};
/* ERR_NOT_FOUND, without a message. */
MUST_CHECK enum err automation_get(struct db *db, int64_t dataset, int64_t id,
                                   struct automation_row *out);
/* By name. */
MUST_CHECK enum err automation_list(struct db *db, int64_t dataset,
                                    const struct automation_row **out_rows, size_t *out_n);
/* A rule as it was. ERR_NOT_FOUND, without a message. (All of them: sql_automation_versions.)
 */
MUST_CHECK enum err automation_version(struct db *db, int64_t dataset, int64_t id,
                                       int32_t version, struct automation_rule *out_rule);

#endif
