/*
 * filter_event.h - what of a filter one event decides by itself, without the database: for
 * automations, whose conditions on events are about the event that has just come.
 *
 * Decided are the conditions on pages, names, types, titles and properties of events, and
 * groups of one event, as long as they say neither "times" nor "days": with these they are
 * about the past, which the database knows. So are, in groups, what follows from what is
 * decided: "page is /pricing* and industry is Publishing" is false for another page, whatever
 * the industry. What is left is a smaller filter, to be asked for the event's lead or account
 * (filter_matches), the event's own conditions taken out.
 *
 * A filter is compiled once; an event costs some compares and no memory. What it decides fits
 * in 64 bits, so events with the same bits can be asked about in one query:
 *
 *     bits = filter_event_bits(rule, &event);
 *     switch (filter_event_verdict(rule, bits)) {
 *     case FILTER_OPEN: filter_event_rest(ctx, rule, bits, &rest), then filter_matches(&rest)
 *
 * The answers are those of the SQL that filter.h compiles for the same event (test_filter.c).
 */
#ifndef LEADBOARD_FILTER_EVENT_H
#define LEADBOARD_FILTER_EVENT_H

#include "shared/filter.h"
#include "shared/url_pattern.h"

struct filter_event {
    int type;                        /* enum event_type */
    struct str name, url, title;     /* "no value": it has none */
    const struct str *keys, *values; /* its properties, as text: properties ->> key */
    size_t n_properties;
};

/* True when it has a condition that an event decides. */
bool filter_decided_by_event(const struct filter *filter);

/* ---- to pass over a filter without looking at it ---- */

/* The types of events with which it may hold, as bits 1 << enum event_type. */
unsigned filter_event_types(const struct filter *filter);
/* True when what the event decides is more than its type, name and address. */
bool filter_event_needs_more(const struct filter *filter);
/* Addresses of which the event's must match one for the filter to hold; 0: any may do. Lives in
 * the arena. */
size_t filter_event_pages(struct arena *arena, const struct filter *filter,
                          const struct url_pattern **out_pages);

/* ---- compiled ---- */

struct filter_event_rule;
/* The rule refers to the filter and lives in the arena. */
const struct filter_event_rule *filter_event_rule(struct arena *arena,
                                                  const struct filter *filter);
/* How many conditions the event decides; 0: every event leaves the whole filter open. */
size_t filter_event_count(const struct filter_event_rule *rule);

/* Which of them hold: the lowest bit is the first in the order of the tree. */
uint64_t filter_event_bits(const struct filter_event_rule *rule,
                           const struct filter_event *event);

enum filter_verdict { FILTER_FALSE, FILTER_TRUE, FILTER_OPEN };
enum filter_verdict filter_event_verdict(const struct filter_event_rule *rule, uint64_t bits);
/* Of an open one: what is left to ask. Lives in ctx's arena and refers to the rule's filter. */
struct filter filter_event_rest(struct ctx *ctx, const struct filter_event_rule *rule,
                                uint64_t bits);

#endif
