/*
 * workflow_parts.h - what the parts of the workflow guide share. Only shared/workflow*.c
 * include it.
 *
 *   workflow.c       suggestions, what makes sense, a board as it is
 *   workflow_rule.c  stages and signs as rules of automations, and back
 *   workflow_make.c  what is to be made, and making it
 */
#ifndef LEADBOARD_WORKFLOW_PARTS_H
#define LEADBOARD_WORKFLOW_PARTS_H

#include "gen/sql.h"
#include "shared/workflow.h"

/* What the stages and their tags are in the database, or 0, so far. */
struct workflow_ids {
    int64_t board;
    int64_t stages[WORKFLOW_STAGES], tags[WORKFLOW_STAGES];
};

struct str workflow_tag(const struct workflow *workflow, size_t stage);
bool workflow_has_signs(const struct workflow *workflow, size_t stage);
/* The sign as a condition. */
struct filter_node workflow_condition(enum workflow_sign_kind kind, struct str *values,
                                      size_t n);

/* Ids that are 0 have their names, so that it can be told; it can't be saved then. */
void workflow_tagging_rule(struct ctx *ctx, const struct workflow *workflow,
                           const struct workflow_ids *ids, size_t stage,
                           struct automation_rule *out);
/* False: nothing moves to this stage (the first one, to which cards come by themselves). */
bool workflow_moving_rule(struct ctx *ctx, const struct workflow *workflow,
                          const struct workflow_ids *ids, size_t stage,
                          struct automation_rule *out);

/* Reads a rule back. False: it has another shape than the guide gives. */
bool workflow_read_tagging(const struct automation_rule *rule, size_t stage,
                           struct workflow *workflow);
bool workflow_read_moving(const struct automation_rule *rule, struct workflow *workflow);

/* What an automation was made for: "tag:12". */
struct str workflow_guide(struct arena *arena, enum workflow_part part, int64_t stage);

/* The row of those rows that was made for that; NULL: there is none. */
const struct sql_workflow_automations *
workflow_find(const struct sql_workflow_automations_rows *rows, enum workflow_part part,
              int64_t stage);

#endif
