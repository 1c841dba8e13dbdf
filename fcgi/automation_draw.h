/*
 * automation_draw.h - automations made ready for their pages: sentences with present names,
 * what is to be mended, where a page's tabs lead.
 */
#ifndef LEADBOARD_AUTOMATION_DRAW_H
#define LEADBOARD_AUTOMATION_DRAW_H

#include "fcgi/views/automations.h"
#include "fcgi/web.h"
#include "shared/automation_run.h"

#define AUTOMATION_MISSING "This automation does not exist any more."
/* Who may make, change, switch and test automations; everybody sees them and their runs. */
#define AUTOMATION_ROLE ROLE_SUPER_USER
#define AUTOMATION_COUNT_MS 2000 /* so long a page waits for how many match */

/* Which button of the switch's form was pressed, and where to go back to. */
enum automation_switch_to { SWITCH_OFF, SWITCH_ON, SWITCH_INCLUDE };
struct automation_switched {
    int64_t pressed; /* enum automation_switch_to; include: those who match already */
    struct str back;
};

/* Present names for the rules of these rows. */
MUST_CHECK enum err automation_draw_names(struct web *web, const struct automation_row *rows,
                                          size_t n, const struct automation_names **out_names);
/* A rule in a sentence, or that it cannot be read. */
struct str automation_draw_sentence(struct ctx *ctx, const struct automation_row *row,
                                    const struct automation_names *names);
/* Why it could not be applied, then what it names and is gone: sentences. */
const struct str *automation_draw_problems(struct ctx *ctx, const struct automation_row *row,
                                           const struct automation_names *names, size_t *out_n);

/* The automation of the path, or 404. */
MUST_CHECK enum err automation_load(struct web *web, struct automation_row *out_row);
/* What its pages begin with. */
MUST_CHECK enum err automation_head_load(struct web *web, const struct automation_row *row,
                                         enum automation_tab tab, struct str csrf,
                                         struct automation_head *out_head);
/* The latest job of a kind for an automation; not `shown`: there was none, and *out_progress is
 * empty. */
MUST_CHECK enum err automation_job_load(struct web *web, enum job_kind kind, int64_t automation,
                                        struct automation_job *out_job,
                                        struct progress *out_progress);

/* How many match already, each statement within timeout_ms. ERR_TIMEOUT: it takes longer; the
 * transaction has failed then, so it is one of its own that nothing was written in. */
MUST_CHECK enum err automation_count(struct web *web, const struct automation_rule *rule,
                                     int timeout_ms, int64_t *out_n);
/* Ends the transaction that is open after having counted, whatever comes out. */
MUST_CHECK enum err automation_count_last(struct web *web, const struct automation_rule *rule,
                                          struct automation_matching *out);
/* It sends something away, which cannot be taken back: the action; one of the rule's. */
bool automation_is_sent(const struct automation_action *action);
bool automation_sends(const struct automation_rule *rule);

/* Reads `said` of a run or a firing. */
const struct did_row *automation_draw_said(struct ctx *ctx, struct str said, size_t *out_n);

#endif
