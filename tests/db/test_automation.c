/* Automations in the database: saved as versions, told with present names, switched; what is
 * gone and what goes round is said. */
#include "tests/db/testdb.h"

#include "shared/automation_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define DATASET 7
#define USER 5

/* Board 1 (fixed flow) with stages 1 New, 2 Interest, 3 Decision; board 2 (free) with 4 In, 5
 * Out; tags 1 to 4; user 5 Ann, 6 Bo; a webhook, a Slack, a Pipedrive. */
static void world(struct testdb *t)
{
    testdb_exec(t,
                "truncate automation, automation_version, automation_state, board, stage, tag, "
                "segment, integration restart identity cascade");
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
    testdb_exec(t,
                "insert into board (dataset_id, name, user_id, setup_step, fixed_flow) values "
                "(7, 'Sales', 5, 0, true), (7, 'Free', 5, 0, false)");
    testdb_exec(t,
                "insert into stage (dataset_id, board_id, position, name, entry) values "
                "(7, 1, 1, 'New', true), (7, 1, 2, 'Interest', false), "
                "(7, 1, 3, 'Decision', false), (7, 2, 1, 'In', true), (7, 2, 2, 'Out', false)");
    testdb_exec(t, "insert into tag (dataset_id, name) values (7, 'A'), (7, 'B'), (7, 'C'), "
                   "(7, 'D')");
    testdb_exec(t, "insert into integration (dataset_id, kind, name, user_id) values "
                   "(7, 1, 'Shop', 5), (7, 2, 'Chat', 5), (7, 3, 'CRM', 5)");
}

static struct str quoted(struct testdb *t, const char *text)
{
    char *copy = arena_cstr(t->ctx.arena, str_from(text));
    for (char *p = copy; *p != '\0'; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    return str_from(copy);
}

#define TREE(conditions)                                                                       \
    "'filter':{'version':2,'subject':'accounts','match':'all','conditions':[" conditions "]}"
#define MATCH(conditions) "{'when':'match'," TREE(conditions) "}"
#define WHEN(when, id) "{'when':'" when "','ids':['" id "']," TREE("") "}"
#define ON_PAGE MATCH("{'field':'page','op':'is','values':['/pricing']}")
#define ADD(tag) "{'do':'add_tag','tag':'" tag "'}"
#define TAKE(tag) "{'do':'remove_tag','tag':'" tag "'}"
#define MOVE(board, stage) "{'do':'card','how':'put','board':'" board "','stage':'" stage "'}"

struct saved {
    enum err err;
    int64_t id;
};

static struct automation_save draft(struct testdb *t, const char *name, const char *trigger,
                                    const char *actions)
{
    struct automation_rule *rule = ARENA_NEW(t->ctx.arena, struct automation_rule);
    struct str list = arena_print(t->ctx.arena, "[%s]", actions);
    ctx_clear(&t->ctx);
    if (automation_parse(&t->ctx, quoted(t, trigger), quoted(t, list.p), rule) != ERR_NONE) {
        fail_msg("%s: %.*s", name, STR_ARG(t->ctx.why));
    }
    return (struct automation_save){.dataset = DATASET,
                                    .user = USER,
                                    .name = str_from(name),
                                    .enabled = true,
                                    .cooldown_s = AUTOMATION_COOLDOWN_S,
                                    .rule = rule};
}

static struct saved save(struct testdb *t, const struct automation_save *what)
{
    struct saved saved;
    ctx_clear(&t->ctx);
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    saved.err = automation_save(t->db, what, &saved.id);
    if (saved.err == ERR_NONE) {
        assert_int_equal(db_commit(t->db), ERR_NONE);
    } else {
        db_rollback(t->db);
    }
    return saved;
}

static int64_t made(struct testdb *t, const char *name, const char *trigger,
                    const char *actions)
{
    const struct automation_save what = draft(t, name, trigger, actions);
    struct saved saved = save(t, &what);
    if (saved.err != ERR_NONE) {
        fail_msg("%s: %.*s %.*s", name, STR_ARG(t->ctx.why), STR_ARG(t->ctx.detail));
    }
    return saved.id;
}

static void refused(struct testdb *t, const struct automation_save *what, enum err err,
                    const char *words)
{
    assert_int_equal(save(t, what).err, err);
    if (!str_contains(t->ctx.why, str_from(words))) {
        fail_msg("'%.*s' does not say '%s'", STR_ARG(t->ctx.why), words);
    }
}

static struct automation_row got(struct testdb *t, int64_t id)
{
    struct automation_row row;
    assert_int_equal(automation_get(t->db, DATASET, id, &row), ERR_NONE);
    return row;
}

/* ---- saving ---- */

static void a_change_of_the_rule_is_a_version(void **state)
{
    struct testdb *t = *state;
    world(t);
    int64_t id = made(t, "First", ON_PAGE, ADD("1"));
    struct automation_save same = draft(t, "Renamed", ON_PAGE, ADD("1"));
    same.id = id;
    assert_int_equal(save(t, &same).err, ERR_NONE);
    struct automation_row row = got(t, id);
    assert_int_equal(row.version, 1);
    assert_true(str_eq(row.name, STR("Renamed")));
    assert_true(str_eq(row.user_name, STR("Ann")));
    assert_int_equal(row.source, SOURCE_EVENT);
    struct automation_save other = draft(t, "Renamed", WHEN("tag", "2"), ADD("1"));
    other.id = id;
    other.version = 1;
    assert_int_equal(save(t, &other).err, ERR_NONE);
    row = got(t, id);
    assert_int_equal(row.version, 2);
    assert_int_equal(row.source, SOURCE_TAG);
    struct automation_rule first;
    assert_int_equal(automation_version(t->db, DATASET, id, 1, &first), ERR_NONE);
    assert_int_equal(first.trigger.when, WHEN_MATCH);
    assert_int_equal(automation_version(t->db, DATASET, id, 3, &first), ERR_NOT_FOUND);
    assert_int_equal(testdb_i64(t, "select revision from automation_state"), 3);
}

static void two_who_change_the_same_do_not_overwrite_each_other(void **state)
{
    struct testdb *t = *state;
    world(t);
    struct automation_save mine = draft(t, "Mine", ON_PAGE, ADD("2"));
    mine.id = made(t, "First", ON_PAGE, ADD("1"));
    mine.version = 1;
    assert_int_equal(save(t, &mine).err, ERR_NONE);
    struct automation_save late = draft(t, "Late", ON_PAGE, ADD("3"));
    late.id = mine.id;
    late.version = 1;
    refused(t, &late, ERR_CONFLICT, "it is version 2 now");
}

static void what_is_not_there_is_not_referred_to(void **state)
{
    struct testdb *t = *state;
    world(t);
    struct automation_save what = draft(t, "x", ON_PAGE, ADD("99"));
    refused(t, &what, ERR_INVALID, "The tag that you chose is not there any more");
    what = draft(t, "x", WHEN("stage", "99"), ADD("1"));
    refused(t, &what, ERR_INVALID, "The stage that you chose");
    what = draft(t, "x", ON_PAGE, "{'do':'owner','how':'fixed','users':['9']}");
    refused(t, &what, ERR_INVALID, "The person that you chose");
    what = draft(t, "x", ON_PAGE, MOVE("1", "4"));
    refused(t, &what, ERR_INVALID, "The stage you chose is not on that board");
    what = draft(t, "x", ON_PAGE, "{'do':'webhook','integration':'2'}");
    refused(t, &what, ERR_INVALID, "“Call a webhook” does not go with");
    what = draft(t, "x", ON_PAGE, "{'do':'push','integration':'1'}");
    refused(t, &what, ERR_INVALID, "“Push to a CRM” does not go with");
    what = draft(t, "", ON_PAGE, ADD("1"));
    refused(t, &what, ERR_INVALID, "a name");
    what = draft(t, "x", ON_PAGE, ADD("1"));
    what.cooldown_s = -1;
    refused(t, &what, ERR_INVALID, "at most 90 days");
    what.cooldown_s = 0;
    what.id = 99;
    refused(t, &what, ERR_NOT_FOUND, "does not exist any more");
    assert_int_equal(testdb_i64(t, "select count(*) from automation"), 0);
}

static void a_dataset_has_so_many(void **state)
{
    struct testdb *t = *state;
    world(t);
    testdb_exec(t, "insert into automation (dataset_id, name, user_id, source) "
                   "select 7, 'n', 5, 1 from generate_series(1, 500)");
    const struct automation_save what = draft(t, "One more", ON_PAGE, ADD("1"));
    refused(t, &what, ERR_LIMIT, "500 automations already");
}

static void switching_and_deleting(void **state)
{
    struct testdb *t = *state;
    world(t);
    int64_t id = made(t, "x", ON_PAGE, ADD("1"));
    testdb_exec(t, "update automation set problem = 'bad', failures = 3, retry_at = now(), "
                   "enabled_at = '2020-01-01'");
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(automation_switch(t->db, DATASET, id, false), ERR_NONE);
    assert_int_equal(automation_switch(t->db, DATASET, id, true), ERR_NONE);
    assert_int_equal(db_commit(t->db), ERR_NONE);
    struct automation_row row = got(t, id);
    assert_true(row.enabled && str_is_null(row.problem) && row.retry_at == 0);
    assert_int_equal(
        testdb_i64(t, "select count(*) from automation where enabled_at > '2021-01-01'"), 1);
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(automation_delete(t->db, DATASET, id), ERR_NONE);
    assert_int_equal(automation_delete(t->db, DATASET, id), ERR_NOT_FOUND);
    db_rollback(t->db);
    ctx_clear(&t->ctx);
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(automation_delete(t->db, DATASET, id), ERR_NONE);
    assert_int_equal(db_commit(t->db), ERR_NONE);
    assert_int_equal(automation_get(t->db, DATASET, id, &row), ERR_NOT_FOUND);
    const struct automation_row *rows;
    size_t n;
    assert_int_equal(automation_list(t->db, DATASET, &rows, &n), ERR_NONE);
    assert_int_equal(n, 0);
}

static void a_later_leadboards_rule_is_listed(void **state)
{
    struct testdb *t = *state;
    world(t);
    int64_t id = made(t, "x", ON_PAGE, ADD("1"));
    testdb_exec(t, "update automation_version set actions = '[{\"do\": \"dance\"}]'");
    struct automation_row row = got(t, id);
    assert_int_equal(row.rule.n_actions, 0);
    assert_true(str_contains(row.unreadable, STR("newer LeadBoard")));
    assert_int_equal(t->ctx.err, ERR_NONE);
}

/* ---- names and problems ---- */

static const struct automation_names *names_of(struct testdb *t,
                                               const struct automation_rule *rule)
{
    const struct automation_names *names;
    assert_int_equal(automation_names_load(t->db, DATASET, USER, &rule, 1, &names), ERR_NONE);
    return names;
}

static void names_are_those_of_now(void **state)
{
    struct testdb *t = *state;
    world(t);
    int64_t id = made(t, "x", WHEN("stage", "2"), MOVE("1", "3") "," ADD("1"));
    testdb_exec(t, "update stage set name = 'Hot' where id = 2");
    testdb_exec(t, "update tag set name = 'Aa' where id = 1");
    testdb_exec(t, "delete from stage where id = 3");
    struct automation_rule rule = got(t, id).rule;
    struct str said = automation_sentence(&t->ctx, &rule, names_of(t, &rule));
    if (!str_eq(said, STR("When a card enters Hot of Sales, then move the card to Decision of "
                          "Sales, creating it where there is none, then put the tag Aa on the "
                          "company."))) {
        fail_msg("%.*s", STR_ARG(said));
    }
}

static void has_problem(struct testdb *t, const struct automation_rule *rule, const char *words)
{
    struct automation_list list;
    automation_problems(&t->ctx, rule, names_of(t, rule), &list);
    for (size_t i = 0; i < list.n; i++) {
        if (str_contains(list.v[i], str_from(words))) {
            return;
        }
    }
    fail_msg("no problem '%s' among %zu (first: %.*s)", words, list.n,
             STR_ARG(list.n == 0 ? STR("") : list.v[0]));
}

static void what_is_gone_is_told_by_its_name(void **state)
{
    struct testdb *t = *state;
    world(t);
    testdb_exec(t, "insert into segment (dataset_id, name, filter) values (7, 'Big', '{}')");
    int64_t id = made(
        t, "x",
        "{'when':'stage','ids':['2']," TREE("{'field':'tag','op':'is','values':['D']},"
                                            "{'field':'segment','op':'is','values':['1']}") "}",
        MOVE("1", "3") "," ADD("1") ",{'do':'owner','how':'fixed','users':['6']},"
                                    "{'do':'webhook','integration':'1'},"
                                    "{'do':'push','integration':'3'}");
    struct automation_rule rule = got(t, id).rule;
    struct automation_list list;
    automation_problems(&t->ctx, &rule, names_of(t, &rule), &list);
    assert_int_equal(list.n, 0);
    testdb_exec(t, "delete from stage where id in (2, 3)");
    testdb_exec(t, "delete from tag");
    testdb_exec(t, "delete from segment");
    testdb_exec(t, "update app_user set disabled_at = now() where id = 6");
    testdb_exec(t, "update integration set enabled = false where id = 1");
    testdb_exec(t, "update integration set stopped_at = now(), stopped_why = 'The key is not "
                   "accepted.' where id = 3");
    has_problem(t, &rule, "The stage “Interest of Sales” does not exist any more.");
    has_problem(t, &rule, "The stage “Decision of Sales” does not exist any more.");
    has_problem(t, &rule, "The tag “A” does not exist any more.");
    has_problem(t, &rule,
                "The tag “D” does not exist any more. The segment “Big” does not exist");
    has_problem(t, &rule, "Bo is not a member any more");
    has_problem(t, &rule, "The integration “Shop” is switched off");
    has_problem(t, &rule, "The integration “CRM” has a problem: The key is not accepted.");
}

/* ---- what goes round ---- */

static struct automation_list warned(struct testdb *t, const struct automation_save *what)
{
    struct automation_list list;
    ctx_clear(&t->ctx);
    if (automation_warnings(t->db, what, &list) != ERR_NONE) {
        fail_msg("%.*s", STR_ARG(t->ctx.why));
    }
    return list;
}

static void warns(struct testdb *t, const struct automation_save *what, const char *words)
{
    struct automation_list list = warned(t, what);
    for (size_t i = 0; i < list.n; i++) {
        if (str_contains(list.v[i], str_from(words))) {
            return;
        }
    }
    fail_msg("no warning '%s' among %zu (first: %.*s)", words, list.n,
             STR_ARG(list.n == 0 ? STR("") : list.v[0]));
}

static void stays_silent(struct testdb *t, const struct automation_save *what)
{
    struct automation_list list = warned(t, what);
    if (list.n != 0) {
        fail_msg("warned: %.*s", STR_ARG(list.v[0]));
    }
}

static void what_goes_round_is_told_with_the_path(void **state)
{
    struct testdb *t = *state;
    world(t);
    (void)made(t, "To out", WHEN("tag", "1"), MOVE("2", "5"));
    (void)made(t, "Back in", WHEN("stage", "5"), MOVE("2", "4"));
    struct automation_save what = draft(t, "Tag", WHEN("stage", "4"), ADD("1") "," TAKE("1"));
    warns(t, &what,
          "This can go round: “Tag” (put the tag A on the company), then “To out” (move the "
          "card to Out of Free, creating it where there is none), then “Back in” (move the "
          "card to In of Free, creating it where there is none), then “Tag” again.");
    testdb_exec(t, "update automation set enabled = false where name = 'Back in'");
    stays_silent(t, &what);
}

static void what_ends_by_itself_is_told_as_that(void **state)
{
    struct testdb *t = *state;
    world(t);
    (void)made(t, "B to A", WHEN("tag", "2"), ADD("1"));
    struct automation_save what = draft(t, "A to B", WHEN("tag", "1"), ADD("2"));
    warns(t, &what, "These make each other run: “A to B”");
    warns(t, &what, "It ends after one round");
}

static void one_can_make_itself_run(void **state)
{
    struct testdb *t = *state;
    world(t);
    struct automation_save what = draft(t, "Turns", "{'when':'owner'," TREE("") "}",
                                        "{'do':'owner','how':'turns','users':['5','6']}");
    warns(t, &what, "This can go round: “Turns”");
    what = draft(t, "State", MATCH("{'field':'tag','op':'is_not','values':['A']}"),
                 ADD("1") "," TAKE("1"));
    warns(t, &what, "This can go round: “State”");
    what = draft(t, "Plain", MATCH("{'field':'tag','op':'is','values':['A']}"), ADD("2"));
    stays_silent(t, &what);
}

/* As the guide makes them: each stage's tag moves cards on from the stage before. */
static void a_flow_to_the_right_does_not_go_round(void **state)
{
    struct testdb *t = *state;
    world(t);
    (void)made(t, "Tag", ON_PAGE, ADD("1"));
    (void)made(t, "1",
               MATCH("{'field':'tag','op':'is','values':['A']},"
                     "{'field':'stage','op':'is','values':['1']}"),
               MOVE("1", "2"));
    struct automation_save what = draft(t, "2",
                                        MATCH("{'field':'tag','op':'is','values':['B']},"
                                              "{'field':'stage','op':'is','values':['2']}"),
                                        MOVE("1", "3"));
    stays_silent(t, &what);
    /* a fixed flow lets nothing go back */
    (void)made(t, "2", WHEN("stage", "3"), MOVE("1", "2"));
    what = draft(t, "3", WHEN("stage", "2"), MOVE("1", "3"));
    warns(t, &what, "It ends after one round");
}

static void segments_are_looked_through(void **state)
{
    struct testdb *t = *state;
    world(t);
    testdb_exec(
        t, "insert into segment (dataset_id, name, filter) values (7, 'Hot', "
           "'{\"version\": 2, \"subject\": \"accounts\", \"match\": \"all\", "
           "\"conditions\": [{\"field\": \"tag\", \"op\": \"is\", \"values\": [\"a\"]}]}'), "
           "(7, 'Broken', '{\"version\": 99}')");
    (void)made(t, "Off", WHEN("tag", "2"), TAKE("1"));
    struct automation_save what = draft(t, "Hot", WHEN("segment", "1"), ADD("2") "," TAKE("2"));
    stays_silent(t, &what);
    (void)made(t, "On", WHEN("tag", "2"), ADD("1"));
    warns(t, &what, "This can go round: “Hot” (put the tag B on the company), then “On”");
}

static void what_every_event_makes_true_is_told(void **state)
{
    struct testdb *t = *state;
    world(t);
    struct automation_save what =
        draft(t, "x", MATCH("{'field':'page','op':'is_not','values':['/x']}"), ADD("1"));
    warns(t, &what, "Nearly every event makes this true");
    what = draft(t, "x",
                 MATCH("{'field':'page','op':'is_not','values':['/x']},"
                       "{'field':'industry','op':'is','values':['Food']}"),
                 ADD("1"));
    stays_silent(t, &what);
    what = draft(t, "x",
                 MATCH("{'match':'any','conditions':["
                       "{'field':'event_type','op':'is','values':['pageview']},"
                       "{'field':'event_type','op':'is_not','values':['pageview']}]}"),
                 ADD("1"));
    warns(t, &what, "Nearly every event makes this true");
}

/* ---- those who match already ---- */

static void match(struct testdb *t, const char *trigger, int64_t wanted)
{
    const struct automation_save what = draft(t, "x", trigger, ADD("1"));
    int64_t n;
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    enum err err = automation_matching(t->db, DATASET, what.rule, &n);
    db_rollback(t->db);
    if (err != ERR_NONE || n != wanted) {
        fail_msg("%s: %lld (%.*s)", trigger, (long long)n, STR_ARG(t->ctx.detail));
    }
}

/* Accounts 1 to 3 with cards in stages 1, 2 and 2; leads 11 of account 1, 12 a contact without
 * company and with a card in 2, 13 anonymous and without; 11 and 12 visited. */
static void those_who_match_already_are_counted(void **state)
{
    struct testdb *t = *state;
    world(t);
    testdb_exec(t,
                "truncate account, lead, session, event, card, account_tag, lead_tag restart "
                "identity cascade");
    testdb_exec(t, "insert into account (dataset_id, id, name, score) values (7, 1, 'a', 70), "
                   "(7, 2, 'b', 20), (7, 3, 'c', 71)");
    testdb_exec(t,
                "insert into lead (dataset_id, id, account_id, email, first_at, last_at) "
                "values (7, 11, 1, 'k@a.example', now(), now()), (7, 12, null, 'k@m.example', "
                "now(), now()), (7, 13, null, null, now(), now())");
    testdb_exec(t,
                "insert into card (dataset_id, board_id, stage_id, rank, account_id, lead_id, "
                "title, owner_id) values (7, 1, 1, 1, 1, null, 'a', 5), (7, 1, 2, 1, 2, null, "
                "'b', null), (7, 1, 2, 2, 3, null, 'c', 6), (7, 1, 2, 3, null, 12, 'k', 5)");
    testdb_exec(t, "insert into account_tag (dataset_id, account_id, tag_id) values (7, 1, 2)");
    testdb_exec(t, "insert into lead_tag (dataset_id, lead_id, tag_id) values (7, 12, 2), "
                   "(7, 13, 2)");
    testdb_exec(t,
                "insert into session (dataset_id, visitor, started_at, ended_at, lead_id, "
                "events, pageviews, channel) select 7, ('00000000-0000-0000-0000-0000000000' "
                "|| n)::uuid, '2026-01-01', '2026-01-02', n, 1, 1, 1 from "
                "generate_series(11, 13) n");
    testdb_exec(t, "insert into event (dataset_id, at, visitor, type, url, name) select 7, "
                   "'2026-01-01 12:00', ('00000000-0000-0000-0000-0000000000' || n)::uuid, 1, "
                   "'https://x.example/pricing', 'n' || n from generate_series(11, 13) n");
    match(t, WHEN("stage", "2"), 3);
    match(t, WHEN("board", "1"), 4);
    match(t, WHEN("owner", "5"), 2);
    match(t, "{'when':'owner'," TREE("") "}", 3);
    match(t, WHEN("tag", "2"), 2);
    match(t, "{'when':'score','score':60," TREE("") "}", 2);
    match(t, "{'when':'score','score':70," TREE("") "}", 1);
    match(t, ON_PAGE, 2);
    match(t,
          MATCH("{'field':'page','op':'is','values':['/pricing']},"
                "{'field':'event_name','op':'is','values':['n12']}"),
          1);
    match(t,
          "{'when':'match','filter':{'version':2,'subject':'leads','match':'all',"
          "'conditions':[{'field':'page','op':'is','values':['/pricing']}]}}",
          3);
    match(t, MATCH("{'field':'owner','op':'is','values':['6']}"), 1);
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
        TEST(a_change_of_the_rule_is_a_version),
        TEST(two_who_change_the_same_do_not_overwrite_each_other),
        TEST(what_is_not_there_is_not_referred_to),
        TEST(a_dataset_has_so_many),
        TEST(switching_and_deleting),
        TEST(a_later_leadboards_rule_is_listed),
        TEST(names_are_those_of_now),
        TEST(what_is_gone_is_told_by_its_name),
        TEST(what_goes_round_is_told_with_the_path),
        TEST(what_ends_by_itself_is_told_as_that),
        TEST(one_can_make_itself_run),
        TEST(a_flow_to_the_right_does_not_go_round),
        TEST(segments_are_looked_through),
        TEST(what_every_event_makes_true_is_told),
        TEST(those_who_match_already_are_counted),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
