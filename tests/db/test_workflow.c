/* The workflow guide: what it shows is what it makes, in one go, and once; what people changed
 * by hand stays. */
#include "tests/db/testdb.h"

#include "shared/workflow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define DATASET 7
#define ANN 5
#define BO 6

/* Board 1 of everybody with stages 1 Orientation, 2 interest, 3 Won; board 2 of Bo alone. */
static void world(struct testdb *t)
{
    testdb_exec(t,
                "truncate automation, automation_version, automation_state, board, stage, tag, "
                "segment, integration, event restart identity cascade");
    testdb_exec(t,
                "truncate membership, dataset, app_user, workspace restart identity cascade");
    testdb_exec(t, "insert into workspace (name) values ('W')");
    testdb_exec(t,
                "insert into app_user (id, email, name, password_hash) overriding system "
                "value values (5, 'ann@x.example', 'Ann', ''), (6, 'bo@x.example', 'Bo', '')");
    testdb_exec(t, "insert into membership (workspace_id, user_id, role) values (1, 5, 4), "
                   "(1, 6, 1)");
    testdb_exec(t, "insert into dataset (id, workspace_id, name, public_id) overriding system "
                   "value values (7, 1, 'D', 'abc')");
    testdb_exec(
        t, "insert into segment (dataset_id, name, filter, shared) values (7, "
           "'All companies', '{\"version\":1,\"match\":\"all\",\"conditions\":[]}', true)");
    testdb_exec(t,
                "insert into board (dataset_id, name, user_id, setup_step, visibility) values "
                "(7, 'Sales', 5, 0, 2), (7, 'Mine', 6, 0, 1)");
    testdb_exec(t, "insert into stage (dataset_id, board_id, position, name, entry) values "
                   "(7, 1, 1, 'Orientation', true), (7, 1, 2, 'interest', false), "
                   "(7, 1, 3, 'Won', false), (7, 2, 1, 'Only', true)");
}

static struct workflow *begin(struct testdb *t)
{
    struct workflow *workflow = ARENA_NEW(t->ctx.arena, struct workflow);
    workflow->dataset = DATASET;
    workflow->user = ANN;
    workflow->board_name = STR("Trials");
    workflow_suggest(workflow);
    return workflow;
}

static struct workflow *loaded(struct testdb *t, int64_t board)
{
    struct workflow *workflow = begin(t);
    assert_int_equal(workflow_load(t->db, board, workflow), ERR_NONE);
    return workflow;
}

static struct workflow_plan *planned(struct testdb *t, const struct workflow *workflow)
{
    struct workflow_plan *plan = ARENA_NEW(t->ctx.arena, struct workflow_plan);
    ctx_clear(&t->ctx);
    if (workflow_plan(t->db, workflow, plan) != ERR_NONE) {
        fail_msg("%.*s %.*s", STR_ARG(t->ctx.why), STR_ARG(t->ctx.detail));
    }
    return plan;
}

static enum err make(struct testdb *t, const struct workflow *workflow,
                     struct workflow_plan *plan)
{
    ctx_clear(&t->ctx);
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    enum err err = workflow_make(t->db, workflow, plan);
    if (err == ERR_NONE) {
        assert_int_equal(db_commit(t->db), ERR_NONE);
    } else {
        db_rollback(t->db);
    }
    return err;
}

static struct workflow_plan *made(struct testdb *t, const struct workflow *workflow)
{
    struct workflow_plan *plan = ARENA_NEW(t->ctx.arena, struct workflow_plan);
    if (make(t, workflow, plan) != ERR_NONE) {
        fail_msg("%.*s %.*s", STR_ARG(t->ctx.why), STR_ARG(t->ctx.detail));
    }
    return plan;
}

static void refused(struct testdb *t, const struct workflow *workflow, enum err err,
                    const char *words)
{
    struct workflow_plan *plan = ARENA_NEW(t->ctx.arena, struct workflow_plan);
    int64_t before =
        testdb_i64(t, "select (select count(*) from automation) + (select count(*) "
                      "from tag) + (select count(*) from board)");
    assert_int_equal(make(t, workflow, plan), err);
    if (!str_contains(t->ctx.why, str_from(words))) {
        fail_msg("'%.*s' does not say '%s'", STR_ARG(t->ctx.why), words);
    }
    assert_int_equal(before,
                     testdb_i64(t, "select (select count(*) from automation) + (select "
                                   "count(*) from tag) + (select count(*) from board)"));
}

static const struct workflow_item *item(const struct workflow_plan *plan,
                                        enum workflow_part part, size_t stage)
{
    for (size_t i = 0; i < plan->n; i++) {
        if (plan->items[i].part == part && plan->items[i].stage == stage) {
            return &plan->items[i];
        }
    }
    return NULL;
}

static void says(struct str text, const char *words)
{
    if (!str_contains(text, str_from(words))) {
        fail_msg("'%.*s' does not say '%s'", STR_ARG(text), words);
    }
}

/* ---- a new board ---- */

static void what_is_shown_is_what_is_made(void **state)
{
    struct testdb *t = *state;
    world(t);
    struct workflow *workflow = begin(t);
    struct workflow_plan *plan = planned(t, workflow);
    assert_int_equal(testdb_i64(t,
                                "select (select count(*) from automation) + (select count(*) "
                                "from tag)"),
                     0);
    assert_int_equal(plan->n_boards, 1);
    assert_int_equal(plan->n_tags, 5);
    assert_int_equal(plan->n_automations, 9);
    struct workflow_plan *done = made(t, workflow);
    assert_int_equal(done->n, plan->n);
    for (size_t i = 0; i < plan->n; i++) {
        assert_int_equal(done->items[i].part, plan->items[i].part);
        assert_int_equal(done->items[i].change, plan->items[i].change);
        assert_true(str_eq(done->items[i].words, plan->items[i].words));
    }
    assert_int_equal(done->board, 3);
    assert_int_equal(testdb_i64(t, "select count(*) from automation where not enabled"), 9);
    assert_int_equal(testdb_i64(t, "select count(*) from tag"), 5);
    assert_int_equal(testdb_i64(t, "select count(*) from stage where board_id = 3"), 5);
    assert_int_equal(testdb_i64(t, "select count(*) from board where id = 3 and fixed_flow and "
                                   "setup_step = 0 and visibility = 2 and segment_id = 1"),
                     1);
    assert_int_equal(testdb_i64(t,
                                "select count(*) from stage where board_id = 3 and entry and "
                                "name = 'Orientation' or board_id = 3 and final and name = "
                                "'Decision'"),
                     2);
}

static void it_is_told_in_sentences(void **state)
{
    struct testdb *t = *state;
    world(t);
    struct workflow_plan *plan = planned(t, begin(t));
    says(item(plan, PART_TAGGING, 1)->words,
         "When this happens for a person: visited /product* or /pricing* or /features* or "
         "followed "
         "a link to *case-study*, then put the tag Discovery on the person.");
    says(item(plan, PART_MOVING, 2)->words,
         "When this becomes true for a company: is tagged Interest and is in stage Orientation "
         "of "
         "Trials or Discovery of Trials, then move the card to Interest of Trials.");
    assert_null(item(plan, PART_MOVING, 0));
}

static void run_again_it_makes_nothing(void **state)
{
    struct testdb *t = *state;
    world(t);
    int64_t board = made(t, begin(t))->board;
    struct workflow *again = loaded(t, board);
    assert_int_equal(again->n_signs, 16);
    struct workflow_plan *plan = made(t, again);
    assert_int_equal(plan->n_boards + plan->n_tags + plan->n_automations + plan->n_changed, 0);
    assert_int_equal(testdb_i64(t, "select count(*) from automation"), 9);
    assert_int_equal(testdb_i64(t, "select count(*) from automation_version"), 9);
}

static void a_changed_line_is_a_new_version_of_the_same(void **state)
{
    struct testdb *t = *state;
    world(t);
    int64_t board = made(t, begin(t))->board;
    testdb_exec(t, "update automation set enabled = true, name = 'Ours', cooldown_s = 9 where "
                   "guide = 'tag:6'");
    struct workflow *again = loaded(t, board);
    again->signs[again->n_signs++] =
        (struct workflow_sign){.stage = 1, .kind = SIGN_PAGE, .value = STR(" /plans ")};
    struct workflow_plan *plan = made(t, again);
    assert_int_equal(plan->n_changed, 1);
    assert_int_equal(plan->n_automations, 0);
    assert_int_equal(item(plan, PART_TAGGING, 1)->change, PART_CHANGED);
    assert_true(str_eq(item(plan, PART_TAGGING, 1)->name, STR("Ours")));
    assert_int_equal(testdb_i64(t, "select count(*) from automation where version = 2 and "
                                   "enabled and name = 'Ours' and cooldown_s = 9"),
                     1);
    assert_int_equal(testdb_i64(t, "select count(*) from automation_version where version = 2 "
                                   "and trigger::text like '%/plans\"%'"),
                     1);
}

static void renamed_stages_and_deleted_automations(void **state)
{
    struct testdb *t = *state;
    world(t);
    int64_t board = made(t, begin(t))->board;
    testdb_exec(t,
                "update stage set name = 'Curious' where board_id = 3 and name = 'Discovery'");
    testdb_exec(t, "update automation set deleted_at = now() where guide = 'move:6'");
    struct workflow *again = loaded(t, board);
    assert_true(str_eq(again->stages[1].name, STR("Curious")));
    assert_true(str_eq(again->stages[1].tag, STR("Discovery")));
    struct workflow_plan *plan = made(t, again);
    assert_int_equal(plan->n_automations, 1);
    assert_int_equal(plan->n_changed, 0);
    says(item(plan, PART_MOVING, 1)->words, "then move the card to Curious of Trials");
}

static void what_was_changed_by_hand_stays(void **state)
{
    struct testdb *t = *state;
    world(t);
    int64_t board = made(t, begin(t))->board;
    testdb_exec(
        t, "update automation_version v set actions = actions || actions from automation a "
           "where a.id = v.automation_id and a.guide in ('tag:6', 'move:6')");
    testdb_exec(t, "update automation_version v set trigger = jsonb_set(trigger, "
                   "'{filter,conditions,0,times}', '2') from automation a where a.id = "
                   "v.automation_id and a.guide = 'tag:7'");
    struct workflow *again = loaded(t, board);
    assert_true(again->stages[1].tag_by_hand);
    assert_true(again->stages[1].move_by_hand);
    assert_true(again->stages[2].tag_by_hand);
    assert_false(again->stages[2].move_by_hand);
    again->signs[again->n_signs++] =
        (struct workflow_sign){.stage = 1, .kind = SIGN_PAGE, .value = STR("/x")};
    struct workflow_plan *plan = made(t, again);
    assert_int_equal(item(plan, PART_TAGGING, 1)->change, PART_BY_HAND);
    assert_int_equal(item(plan, PART_MOVING, 1)->change, PART_BY_HAND);
    assert_int_equal(plan->n_changed + plan->n_automations, 0);
    assert_int_equal(testdb_i64(t, "select count(*) from automation_version"), 9);
}

/* ---- a board that is there ---- */

static void stages_that_are_called_so_have_suggestions(void **state)
{
    struct testdb *t = *state;
    world(t);
    struct workflow *workflow = loaded(t, 1);
    assert_int_equal(workflow->n_stages, 3);
    assert_true(str_eq(workflow->board_name, STR("Sales")));
    size_t of[3] = {0};
    for (size_t i = 0; i < workflow->n_signs; i++) {
        of[workflow->signs[i].stage]++;
    }
    assert_int_equal(of[0], 3);
    assert_int_equal(of[1], 3);
    assert_int_equal(of[2], 0);
    struct workflow_plan *plan = made(t, workflow);
    assert_int_equal(plan->board, 1);
    assert_int_equal(plan->n_boards, 0);
    assert_int_equal(plan->n_automations, 3);
    assert_null(item(plan, PART_TAG, 2));
    assert_int_equal(testdb_i64(t, "select count(*) from automation where guide in ('tag:1', "
                                   "'tag:2', 'move:2')"),
                     3);
}

static void tags_that_are_there_are_used(void **state)
{
    struct testdb *t = *state;
    world(t);
    testdb_exec(t, "insert into tag (dataset_id, name) values (7, 'INTEREST')");
    struct workflow_plan *plan = made(t, loaded(t, 1));
    assert_int_equal(item(plan, PART_TAG, 1)->change, PART_THERE);
    assert_int_equal(plan->n_tags, 1);
    assert_int_equal(testdb_i64(t, "select count(*) from automation_version where actions @> "
                                   "'[{\"do\": \"add_tag\", \"tag\": \"1\"}]'"),
                     1);
}

static void companies_may_come_onto_the_board_by_it(void **state)
{
    struct testdb *t = *state;
    world(t);
    struct workflow *workflow = begin(t);
    workflow->create = true;
    workflow->companies = true;
    struct workflow_plan *plan = made(t, workflow);
    assert_int_equal(plan->n_automations, 10);
    says(item(plan, PART_TAGGING, 0)->words, "for a company");
    says(item(plan, PART_TAGGING, 0)->words, "put the tag Orientation on the company");
    says(item(plan, PART_MOVING, 3)->words, "is not in stage Intent of Trials or Decision of "
                                            "Trials, then move the card to Intent of "
                                            "Trials, creating it where there is none");
    assert_int_equal(testdb_i64(t, "select count(*) from board where id = 3 and segment_id is "
                                   "null"),
                     1);
    struct workflow *again = loaded(t, plan->board);
    assert_true(again->create);
    assert_true(again->companies);
    assert_int_equal(made(t, again)->n_changed, 0);
    again->create = false;
    again->one_step = true;
    plan = made(t, again);
    assert_int_equal(plan->n_changed, 4);
    says(item(plan, PART_MOVING, 3)->words, "is in stage Interest of Trials, then");
    assert_true(loaded(t, plan->board)->one_step);
}

/* ---- what is refused ---- */

static void what_makes_no_sense_is_refused(void **state)
{
    struct testdb *t = *state;
    world(t);
    struct workflow *workflow = begin(t);
    workflow->board_name = STR("  ");
    refused(t, workflow, ERR_INVALID, "Give the board a name");
    workflow = begin(t);
    workflow->n_signs = 0;
    refused(t, workflow, ERR_INVALID, "at least one stage");
    workflow = begin(t);
    workflow->stages[4].tag = STR("interest");
    refused(t, workflow, ERR_INVALID, "Two stages have the tag “interest”");
    workflow = begin(t);
    workflow->stages[4].name = STR("");
    refused(t, workflow, ERR_INVALID, "Give the stage a name");
    workflow = begin(t);
    workflow->signs[3].value = STR("/a b");
    struct workflow_where where;
    assert_int_equal(workflow_check(&t->ctx, workflow, &where), ERR_INVALID);
    assert_int_equal(where.sign, 3);
    workflow->signs[3] = (struct workflow_sign){.stage = 9, .value = STR("/a")};
    refused(t, workflow, ERR_INVALID, "of no stage");
}

static void other_peoples_boards_and_changed_ones(void **state)
{
    struct testdb *t = *state;
    world(t);
    struct workflow *workflow = begin(t);
    assert_int_equal(workflow_load(t->db, 2, workflow), ERR_NOT_FOUND);
    assert_int_equal(workflow_load(t->db, 99, workflow), ERR_NOT_FOUND);
    workflow = begin(t);
    workflow->board = 2;
    refused(t, workflow, ERR_NOT_FOUND, "This board does not exist");
    workflow = loaded(t, 1);
    testdb_exec(t, "insert into stage (dataset_id, board_id, position, name) values (7, 1, 4, "
                   "'New')");
    refused(t, workflow, ERR_CONFLICT, "Somebody changed the stages");
    testdb_exec(t, "insert into stage (dataset_id, board_id, position, name) select 7, 1, i, "
                   "'S' || i from generate_series(5, 30) i");
    ctx_clear(&t->ctx);
    assert_int_equal(workflow_load(t->db, 1, begin(t)), ERR_LIMIT);
    says(t->ctx.why, "at most 15 stages");
}

static void limits_leave_nothing_half_done(void **state)
{
    struct testdb *t = *state;
    world(t);
    testdb_exec(t, "insert into tag (dataset_id, name) select 7, 'T' || i from "
                   "generate_series(1, 98) i");
    refused(t, begin(t), ERR_LIMIT, "100 tags already");
    world(t);
    testdb_exec(t,
                "insert into automation (dataset_id, name, user_id, source) select 7, 'n', 5, "
                "1 from generate_series(1, 495)");
    refused(t, begin(t), ERR_LIMIT, "500 automations already");
}

/* ---- the pages' lists ---- */

static void what_was_made_is_listed_in_order(void **state)
{
    struct testdb *t = *state;
    world(t);
    int64_t board = made(t, begin(t))->board;
    struct workflow_automations list;
    assert_int_equal(workflow_automations(t->db, DATASET, board, &list), ERR_NONE);
    assert_int_equal(list.n, 9);
    assert_true(str_eq(list.rows[0].name, STR("Tag Orientation")));
    assert_true(str_eq(list.rows[1].name, STR("Tag Discovery")));
    assert_true(str_eq(list.rows[2].name, STR("Move to Discovery of Trials")));
    struct sql_workflow_boards_rows boards;
    assert_int_equal(
        sql_workflow_boards(
            t->db, &(struct sql_workflow_boards_in){.dataset = DATASET, .user = ANN}, &boards),
        ERR_NONE);
    assert_int_equal(boards.n, 2);
    assert_false(boards.row[0].guided);
    assert_true(boards.row[1].guided);
}

static void what_is_seen_is_offered(void **state)
{
    struct testdb *t = *state;
    world(t);
    testdb_exec(t,
                "insert into event (dataset_id, at, visitor, type, name, url, properties) "
                "select 7, now() - i * interval '1 minute', gen_random_uuid(), v.type, v.name, "
                "v.url, v.properties::jsonb from generate_series(1, 3) i, (values "
                "(1, null, 'https://x.example/pricing?a=1', null), (1, null, "
                "'https://x.example/pricing#b', null), (1, null, 'https://x.example', null), "
                "(5, 'Newsletter', 'https://x.example/', null), (7, 'Trial', null, null), "
                "(2, null, 'https://x.example/', '{\"link\": \"https://x.example/a.pdf\"}'), "
                "(8, 'system', null, null)) v (type, name, url, properties)");
    struct sql_workflow_seen_rows rows;
    assert_int_equal(
        sql_workflow_seen(
            t->db, &(struct sql_workflow_seen_in){.dataset = DATASET, .most = 1000, .each = 10},
            &rows),
        ERR_NONE);
    assert_int_equal(rows.n, 4);
    assert_true(str_eq(rows.row[0].value, STR("/pricing")));
    assert_int_equal(rows.row[0].n, 6);
    assert_true(str_eq(rows.row[1].value, STR("Newsletter")));
    assert_true(str_eq(rows.row[2].value, STR("Trial")));
    assert_int_equal(rows.row[3].kind, SIGN_LINK);
}

static struct testdb testdb;

static int group_setup(void **state)
{
    testdb_open(&testdb, true);
    *state = &testdb;
    return 0;
}

static int group_teardown(void **state)
{
    testdb_close(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, testdb_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_shown_is_what_is_made),
        TEST(it_is_told_in_sentences),
        TEST(run_again_it_makes_nothing),
        TEST(a_changed_line_is_a_new_version_of_the_same),
        TEST(renamed_stages_and_deleted_automations),
        TEST(what_was_changed_by_hand_stays),
        TEST(stages_that_are_called_so_have_suggestions),
        TEST(tags_that_are_there_are_used),
        TEST(companies_may_come_onto_the_board_by_it),
        TEST(what_makes_no_sense_is_refused),
        TEST(other_peoples_boards_and_changed_ones),
        TEST(limits_leave_nothing_half_done),
        TEST(what_was_made_is_listed_in_order),
        TEST(what_is_seen_is_offered),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
