/*
 * derive_parts.h - what the parts of the log consumer share: a batch in memory. Only
 * worker/derive*.c and their tests include it.
 *
 *   derive.c          the transaction: cursor, order of the steps, dumps restored elsewhere
 *   derive_event.c    rows of the log as events, by visitor and in order
 *   derive_identity.c addresses and user ids that events give; who must be derived for them
 *   derive_traffic.c  what networks are, and which sessions do not count
 *   derive_session.c  a visitor's events as sessions, and whose they are; no database
 *   derive_lead.c     leads: finding, merging, counting, profiles
 *   derive_account.c  accounts of leads
 *   derive_people.c   what people put right by hand: links, merges, hiding
 *   derive_store.c    writing
 *   derive_told.c     what the customer's own systems say of companies, as facts
 *   derive_target.c   views of pages that count
 *   derive_score.c    scores, and what days ended with
 *   derive_card.c     what follows on boards, the first enrichment, names of addresses
 *   derive_segment.c  says to segments what changed
 *   derive_rule.c     what may fire automations
 */
#ifndef LEADBOARD_WORKER_DERIVE_PARTS_H
#define LEADBOARD_WORKER_DERIVE_PARTS_H

#include "gen/sql.h"
#include "shared/events.h"
#include "shared/score.h"
#include "shared/target.h"
#include "shared/traffic.h"
#include "worker/derive.h"
#include "worker/rules.h"

#define DERIVE_TEXT_MAX 500

/* A value that an event gives about its lead. */
struct derive_fact {
    struct str key, value;
    int64_t at;
    bool standard; /* a column of the lead, not a property */
    struct derive_fact *next;
};

struct derive_session;

struct derive_event {
    int64_t dataset, at, id;
    struct str visitor;
    int type;        /* enum event_type */
    struct str name; /* of those that come new */
    struct str url, referrer, source, medium, campaign, term, content, click;
    bool new_visit; /* its tracker says that a session begins here */
    int64_t agent;  /* 0: unknown */
    bool link;      /* what it says stood in a link or a mail */
    struct str email, email_domain;
    struct str right_email, right_domain; /* as corrected later */
    struct str user;                      /* the customer's own id of a person */
    struct str company;     /* of a system event: the domain that the address's name gave */
    int64_t network, place; /* 0: unknown */
    struct str country, region, city;
    struct derive_fact *facts;
    struct derive_session *session; /* NULL: it is derived anew, or the system's */
};

/* How a session came about. */
struct derive_origin {
    int16_t channel; /* enum channel; 0: not set */
    struct str source, medium, campaign, term, content, referrer, landing;
};

struct derive_counts {
    int32_t visitors, sessions, pageviews, forms, events;
};

struct derive_lead;
struct derive_visitor;

/* Views of pages of one pattern in a session. */
struct derive_hit {
    int64_t pattern, first_at, last_at;
    int32_t n;
    struct derive_hit *next;
};

/* What a dataset of the batch counts and scores by. */
struct derive_scoring {
    int64_t dataset;
    struct score_formula formula;
    struct page_patterns patterns;
    struct page_matcher *matcher; /* NULL: no pages count */
};

/* session.marks */
enum {
    DERIVE_PART = 1, /* begins with a change of person, not with a pause */
    DERIVE_MAIL = 2, /* begins with a mail: opened, or a link followed */
    DERIVE_ACTS = 4  /* more than opened mails */
};

/* Where a session's events came from, and what that makes of it. */
struct derive_traffic {
    int64_t network, place; /* of the first event that says; 0: none does */
    struct str country, region, city;
    struct str company; /* domain */
    int16_t marks;
    enum traffic_verdict verdict;
    enum traffic_reason reason;
};

struct derive_session {
    struct derive_visitor *visitor;
    struct derive_lead *lead;
    int64_t started_at, ended_at;
    int32_t pageviews, forms, events;
    struct str exit;
    struct derive_origin origin;
    struct derive_traffic traffic;
    bool nobodys; /* does not count */
    /* What of it is in the database and in the lead's counters already. */
    bool stored;
    struct str stored_company;
    enum traffic_verdict stored_verdict;
    int32_t stored_pageviews, stored_forms, stored_events;
    struct derive_hit *hits;     /* of the batch's events */
    struct derive_session *next; /* of the batch, in the order of their making */
};

struct derive_visitor {
    int64_t dataset;
    struct str visitor;
    struct derive_event *events; /* in order of time */
    size_t n_events;
    bool known; /* has a row */
    int64_t lead_id;
    struct derive_lead *lead; /* whose it is now; NULL: nobody's yet */
    int64_t first_at, last_at, agent;
    int16_t identified;          /* visitor.identified: enum derive_identified */
    struct str user;             /* said since the person in front of it came */
    struct derive_session *open; /* the latest session */
    bool nothing;                /* of it but what the system noted: no row is written */
    bool forced; /* derived anew from the log's begin, whatever the batch has of it */
    /* Sessions from here on are derived anew. */
    bool again, from_begin, turning;
    bool cut; /* it has sessions that the log has no events of any more */
    int64_t first_session_at;
    int64_t again_at;
    int64_t fallback_lead; /* whose the first of them was */
    int64_t before_lead;   /* whose the session before was; 0: none */
    int64_t stored_events; /* in them */
    bool several;          /* they are or were of more than one lead */
};

enum derive_identified { DERIVE_BY_NOTHING, DERIVE_BY_LINK, DERIVE_IN_PERSON };

/* Whose a session was that is derived anew. */
struct derive_past {
    struct derive_visitor *visitor;
    int64_t lead;
};

struct derive_account {
    int64_t dataset, id;
    bool is_new;
    struct str domain; /* "no value" for one known by name, or that existed */
    struct str name, name_before;
    int64_t name_at;
    int16_t score_before, score;
    int32_t leads, contacts; /* differences, as the counts */
    struct derive_counts counts;
    int64_t first_at, last_at;
    bool recount; /* its leads tell, differences would not do */
};

struct derive_lead {
    int64_t dataset, id;
    bool is_new;
    struct derive_lead *into; /* merged into that one */
    bool looked_up;
    int64_t shown_id; /* merged by hand into that one, at the end of the chain; 0: no */
    struct derive_lead *shown;
    bool linked; /* by hand, to link_account (0: to none) */
    int64_t link_account;
    struct str email, email_domain;
    struct str user; /* of one who is known by nothing else */
    bool was_contact;
    bool lost; /* all its sessions, to others or to nobody */
    bool gone; /* and nothing of the team's hangs on it: it is dropped */
    bool touched;
    bool recount; /* its sessions tell, differences would not do */
    bool retold;  /* its values are read again: some were somebody else's */
    struct derive_counts before, now;
    int64_t first_at, last_at, last_session_at;
    struct derive_origin first, last; /* channel 0: stays as it is */
    struct derive_traffic where; /* country, region, city of the session that `last` is of */
    int64_t network_at; /* the latest session in a company's network; INT64_MIN: none */
    struct str network_domain, network_name;
    bool network_new;
    bool phone;
    struct str told_domain; /* companyDomain */
    struct str company;
    int64_t company_at; /* when it was given; INT64_MIN: not looked at */
    bool merged;        /* others were merged into it */
    int64_t account_id; /* as its row has it; 0: none */
    struct derive_account *account_before, *account;
    int16_t score_before;
    int64_t last_at_before;
    struct score score;
    bool scored; /* by what is in memory */
    struct derive_fact *facts;
    struct derive_lead *next;
};

/* Who somebody is: an email address, or a user id that none is known of. Sorted by dataset,
 * kind and text. */
struct derive_email {
    int64_t dataset;
    bool is_user;
    struct str address, domain;
    struct derive_lead *lead;
};

/* A user id of the batch, and the first address that was said with it. */
struct derive_user {
    int64_t dataset;
    struct str id;
    struct str email, domain; /* "no value": none yet */
    int64_t at;
    bool changed; /* has another address than before */
    bool moved;   /* ... or the same, said earlier */
};

struct derive_network {
    int64_t network;
    struct str name;
    struct traffic_kind kind;
};

struct derive {
    struct ctx *ctx;
    struct arena *arena;
    struct db *db;
    struct sql_derive_lock cursor;
    int64_t end_xid, end_id, max_id; /* where the cursor goes */
    int64_t now;
    int64_t again_max;
    int64_t again_dataset, again_lead; /* to look at, whatever its visitors are; 0: none */
    struct derive_event *events;
    size_t n_events;
    struct derive_visitor *visitors; /* sorted by dataset and id */
    size_t n_visitors;
    struct derive_email *emails;
    size_t n_emails;
    struct derive_user *users;
    size_t n_users;
    struct derive_network *networks;
    size_t n_networks;
    struct sql_derive_said_rows said; /* the team's word on traffic */
    bool said_turns;                  /* makes some not count, or count */
    struct derive_lead **by_id;       /* loaded leads, sorted by dataset and id */
    size_t n_by_id;
    struct derive_lead *leads; /* all of the batch */
    struct derive_past *past;
    size_t n_past;
    struct derive_session *sessions, **sessions_end;
    struct derive_scoring *scoring; /* sorted by dataset */
    size_t n_scoring;
    struct derive_account *accounts; /* sorted by dataset */
    size_t n_accounts;
    bool rebuilding; /* the log is read again: nothing is done about boards (rebuild.h) */
    struct revised *rules;
};

/* ---- derive_event.c ---- */

/* What it says stood in a link or a mail. landing: a login made from an address (collector). */
static inline bool derive_is_link(int type, bool landing)
{
    return landing || type == EVENT_PAGEVIEW || type == EVENT_EMAIL_OPEN ||
           type == EVENT_EMAIL_CLICK;
}
/* The next events into d->events and d->visitors. */
MUST_CHECK enum err derive_events_load(struct derive *d, int64_t limit);
/* Makes these visitors of the batch, with no event of it where they are not, and marks them as
 * forced. */
void derive_visitors_force(struct derive *d, const int64_t *datasets,
                           const struct str *visitors, size_t n);
/* Replaces the events of visitors that are derived anew by all since visitor->again_at. */
MUST_CHECK enum err derive_events_load_again(struct derive *d, struct derive_visitor **visitors,
                                             size_t n);
/* Reads the values of an event: *event gets email and facts. */
void derive_event_read(struct arena *arena, struct derive_event *event, struct sql_strs keys,
                       struct sql_strs values);
/* By dataset, visitor, time; of one moment by content, so that arrival does not matter. */
int derive_event_compare(const void *a, const void *b);

/* All that the log has of it is derived anew. */
static inline bool derive_is_from_begin(const struct derive_visitor *v)
{
    return !v->known || (v->again && v->from_begin);
}

/* ---- derive_identity.c ---- */

/* What a link tells that was sent to somebody else than who it is told about. */
static inline bool derive_tells_of_another(const struct derive_event *e, struct str email)
{
    return e->link && e->email.n > 0 && !str_eq(e->email, email);
}
/* Whether an address that was typed is the other one, mistyped (derive.h). */
bool derive_is_correction(struct str wrong, struct str right);
/* User ids in the new events: forces those who depend on one whose address changes. Before
 * derive_visitors_load. */
MUST_CHECK enum err derive_users_load(struct derive *d);
/* Visitors whose new events correct an address that was said before, or are the first in person
 * where links identified, are forced. */
MUST_CHECK enum err derive_corrections_find(struct derive *d);
/* After all events are loaded: corrected addresses stand where the wrong ones did, and those of
 * known user ids where the ids are. */
MUST_CHECK enum err derive_identities_settle(struct derive *d);
MUST_CHECK enum err derive_users_store(struct derive *d);

/* ---- derive_traffic.c ---- */

/* Networks of the events and of open sessions, and what the team says; known ones stay. */
MUST_CHECK enum err derive_traffic_load(struct derive *d);
/* NULL: nothing is known of it. */
const struct derive_network *derive_network_find(const struct derive *d, int64_t number);
/* Visitors whose latest session counts now, or does not any more, are forced. */
void derive_traffic_turned(struct derive *d);
/* A late event that may make a session count or not, by where it came from. */
bool derive_traffic_may_turn(const struct derive *d, const struct derive_event *e);
/* Judges the session that begins with the i-th event, or goes on with it when session is not
 * NULL. */
struct derive_traffic derive_traffic_of(struct derive *d, const struct derive_visitor *v,
                                        size_t i, const struct derive_session *session);

/* ---- derive_session.c ---- */

/* Sessions and leads of one visitor's events, added to d. */
void derive_sessions(struct derive *d, struct derive_visitor *visitor);

/* ---- derive_lead.c ---- */

/* Visitors' rows, latest sessions, late events, and all leads that these and emails name. */
MUST_CHECK enum err derive_visitors_load(struct derive *d);
MUST_CHECK enum err derive_leads_load(struct derive *d);
/* Sorted table of the addresses in the events; before derive_leads_load. */
void derive_emails_collect(struct derive *d);
struct derive_email *derive_email_find(struct derive *d, int64_t dataset, bool is_user,
                                       struct str address);
struct derive_lead *derive_lead_find(struct derive *d, int64_t dataset, int64_t id);
struct derive_lead *derive_lead_new(struct derive *d, int64_t dataset);
/* The lead that this one was merged into in the end. */
struct derive_lead *derive_lead_final(struct derive_lead *lead);
/* from, anonymous, is the same person as into. */
void derive_lead_merge(struct derive_lead *from, struct derive_lead *into);
/* Adds the sessions of the batch to their leads' counters, first and last. */
void derive_leads_count(struct derive *d);
/* Latest value by value. */
MUST_CHECK enum err derive_profiles(struct derive *d);
/* Numbers for new leads. */
MUST_CHECK enum err derive_leads_number(struct derive *d);
/* After the sessions are stored. Leads that have none left go. */
MUST_CHECK enum err derive_leads_recount(struct derive *d);

/* ---- derive_account.c ---- */

/* Finds or makes the account of each touched lead. */
MUST_CHECK enum err derive_accounts(struct derive *d);
/* After counting and scoring: the differences of their leads. */
void derive_accounts_count(struct derive *d);

/* ---- derive_people.c ---- */

/* Nothing says who it is. */
static inline bool derive_lead_is_anonymous(const struct derive_lead *lead)
{
    return str_is_null(lead->email) && str_is_null(lead->user);
}
static inline const struct derive_lead *derive_lead_shown(const struct derive_lead *lead)
{
    return lead->shown != NULL ? lead->shown : lead;
}
/* After counting: what was counted for a lead that was merged by hand counts for the one it was
 * merged into; links go along with leads that merge. */
void derive_people_follow(struct derive *d);
/* Tells a lead what was said about one that was merged into it by hand. */
void derive_people_tell(struct derive *d, struct derive_lead *lead,
                        const struct derive_fact *facts);
/* What was told about those of the leads that were merged by hand. */
MUST_CHECK enum err derive_people_read_again(struct derive *d, struct derive_lead **leads,
                                             size_t n);
/* Before the sessions of leads that merge are moved. */
MUST_CHECK enum err derive_people_move(struct derive *d);
/* After sessions and visitors are stored. */
MUST_CHECK enum err derive_people_show(struct derive *d);
/* Before leads that merged are dropped. */
MUST_CHECK enum err derive_people_links(struct derive *d);
/* New accounts and contacts, and renamed accounts, of companies that are hidden. */
MUST_CHECK enum err derive_people_hide(struct derive *d);

/* ---- derive_store.c ---- */

MUST_CHECK enum err derive_store_sessions(struct derive *d);
MUST_CHECK enum err derive_store_leads(struct derive *d);

/* ---- derive_target.c ---- */

/* An event of the session: a view of pages that count, or not. */
void derive_hits_count(struct derive *d, struct derive_session *session,
                       const struct derive_event *event);
/* After the leads are stored: hits of sessions, and of their leads. */
MUST_CHECK enum err derive_hits_store(struct derive *d);

/* ---- derive_score.c ---- */

/* Formulas and patterns of the batch's datasets; after the events are loaded. */
MUST_CHECK enum err derive_scoring_load(struct derive *d);
const struct derive_scoring *derive_scoring_of(const struct derive *d, int64_t dataset);
/* By what the batch has in memory, where the formula asks for no more. */
void derive_leads_score(struct derive *d);
/* lead.score_parts; "no value" of leads that derive_scores_store scores, which keep theirs
 * until then. */
struct str derive_score_parts(struct derive *d, const struct derive_lead *lead);
/* After hits and leads are stored: the other scores, and what days ended with; and says which
 * companies may be ideal customers now. */
MUST_CHECK enum err derive_scores_store(struct derive *d);
/* ---- derive_told.c ---- */

/* After leads are stored. */
MUST_CHECK enum err derive_told(struct derive *d);

/* ---- derive_card.c ---- */

MUST_CHECK enum err derive_cards(struct derive *d);

/* ---- derive_segment.c ---- */

MUST_CHECK enum err derive_touch(struct derive *d);

/* ---- derive_rule.c ---- */

/* Puts down which automations the new events may fire: whoever applies them (worker/automate.h)
 * decides, so that nothing of it can hold the log back. */
MUST_CHECK enum err derive_rules(struct derive *d);

#endif
