/*
 * automation_parts.h - what the parts of the automations' data share. Only shared/automation*.c
 * include it.
 *
 *   automation_table.c   the closed lists: triggers, actions, ways, values, placeholders
 *   automation_rule.c    the stored form: reading and writing
 *   automation_check.c   what makes sense
 *   automation_words.c   sentences, names, what is gone
 *   automation_loop.c    which make each other run
 *   automation_match.c   who matches, as filters
 *   automation_follow.c  segments of its own
 *   automation.c         storing
 */
#ifndef LEADBOARD_AUTOMATION_PARTS_H
#define LEADBOARD_AUTOMATION_PARTS_H

#include "shared/automation.h"

/* What an action has to say. */
enum automation_needs {
    NEEDS_TAG = 1,
    NEEDS_PROPERTY = 2,
    NEEDS_BOARD = 4,
    NEEDS_INTEGRATION = 8,
    NEEDS_TEXT = 16,
    NEEDS_SUBJECT = 32
};
unsigned automation_needs(enum automation_do what);
/* integration.kind that a webhook or Slack action takes; 0: a CRM. */
int automation_integration_kind(enum automation_do what);

/* Where a trigger is not WHEN_MATCH, the filter is one on the past alone. */
static inline bool automation_waits_for_filter(const struct automation_trigger *trigger)
{
    return trigger->when == WHEN_MATCH;
}

/* A list that grows. */
struct automation_says {
    struct ctx *ctx;
    struct str v[64];
    size_t n;
};
void automation_say(struct automation_says *says, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct automation_list automation_said(struct automation_says *says);

/* ---- who matches ---- */

/* What the trigger waits for, as something that is so. */
MUST_CHECK enum err automation_waited(struct db *db, int64_t dataset,
                                      const struct automation_rule *rule,
                                      struct filter_node *out);
/* One that waits for somebody to match follows segments while it is switched on: those that it
 * names, or its own, of companies and of people, in which members are kept as in any other
 * (segment.h). What matches when it is switched on or changed is no news. */
MUST_CHECK enum err automation_follow(struct db *db, int64_t dataset, int64_t automation,
                                      struct str name, const struct automation_rule *rule,
                                      bool enabled);

/* ---- names ---- */

/* Puts the present names into the rule. ERR_INVALID with a sentence: something is not there. */
MUST_CHECK enum err automation_keep_names(struct ctx *ctx, struct automation_rule *rule,
                                          const struct automation_names *names);

/* ---- what goes round ---- */

/* The rule that is about to be saved, first, and those that are switched on. */
struct automation_looked {
    const struct automation_rule *const *rules;
    const struct str *titles;
    size_t n;
    const struct automation_names *names; /* of all of them */
};
/* Says where the first one can make itself run by way of the others. */
MUST_CHECK enum err automation_rounds(struct db *db, int64_t dataset,
                                      const struct automation_looked *looked,
                                      struct automation_says *says);

#endif
