#include "worker/demo_workflow.h"

#include "shared/workflow.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The sample site stands under /demo/, the invented one at the root. */
static const struct workflow_sign signs[] = {
    {0, SIGN_PAGE, STR_INIT("*/blog/*"), STR_INIT("Blog post")},
    {1, SIGN_PAGE, STR_INIT("*/features*"), STR_INIT("Features page")},
    {1, SIGN_PAGE, STR_INIT("*/pricing*"), STR_INIT("Pricing page")},
    {2, SIGN_PAGE, STR_INIT("*/trial*"), STR_INIT("Trial")},
    {3, SIGN_PAGE, STR_INIT("*/contact*"), STR_INIT("Contact page")},
    {4, SIGN_PAGE, STR_INIT("*/checkout*"), STR_INIT("Checkout")},
};

static enum err switch_on(struct db *db, int64_t dataset, int64_t board)
{
    struct workflow_automations made;
    TRY(workflow_automations(db, dataset, board, &made));
    for (size_t i = 0; i < made.n; i++) {
        TRY(automation_switch(db, dataset, made.rows[i].id, true));
    }
    return ERR_NONE;
}

enum err demo_workflow(struct db *db, const struct demo_team *team, int64_t board)
{
    struct arena *arena = db_ctx(db)->arena;
    struct workflow *workflow = ARENA_NEW(arena, struct workflow);
    struct workflow_plan *plan = ARENA_NEW(arena, struct workflow_plan);
    workflow->dataset = team->dataset;
    workflow->user = team->user[0];
    TRY(workflow_load(db, board, workflow));
    memcpy(workflow->signs, signs, sizeof(signs));
    workflow->n_signs = COUNT(signs);
    workflow->create = true;
    TRY(workflow_make(db, workflow, plan));
    return switch_on(db, team->dataset, board);
}
