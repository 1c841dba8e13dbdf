/*
 * rules.h - the automations of datasets that events fire, compiled and kept, for whoever has
 * many events to look at: the log consumer, the back-test.
 *
 * An event passes over most rules by a few bits: its type, and pieces of three letters of its
 * address, of which a rule about a page needs some. What is left is looked at in full
 * (filter_event.h). A dataset with 200 rules costs an event less than a microsecond more than
 * one with none.
 */
#ifndef LEADBOARD_WORKER_RULES_H
#define LEADBOARD_WORKER_RULES_H

#include "shared/automation.h"
#include "shared/filter_event.h"
#include "worker/revised.h"

#define RULES_MATCHES_MAX AUTOMATIONS_MAX

struct rule {
    int64_t automation;
    int32_t version;
    int64_t since_at; /* events that happened earlier do not fire it */
    const struct filter *filter;
    const struct filter_event_rule *compiled;
};

/* Those of one dataset. */
struct rule_set;
/* Rules in the arena; their filters must stay as long. */
struct rule_set *rule_set_new(struct arena *arena, const struct rule *rules, size_t n);

struct rule_match {
    const struct rule *rule;
    uint64_t bits;
    bool open; /* the rest of its filter is to be asked */
};
/* True when more of such an event than its type, name and address is asked for. */
bool rule_set_needs_more(const struct rule_set *set, int type);
/* Those that the event fires or may fire, at most RULES_MATCHES_MAX; at: when it happened. */
size_t rule_set_match(const struct rule_set *set, const struct filter_event *event, int64_t at,
                      struct rule_match *out);

/* ---- of many datasets, kept between batches ---- */

/* To be refreshed before it is asked. A rule that cannot be read is passed over: its page says
 * so. */
struct revised *rules_new(void);
/* NULL: the dataset has none. */
const struct rule_set *rules_of(const struct revised *rules, int64_t dataset);

#endif
