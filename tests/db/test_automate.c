/* Automations at work: what happens makes them run, once, in order, within their limits; what
 * they do and what they leave. */
#include "tests/db/automate_world.h"

#include "shared/operation.h"
#include "shared/tag.h"
#include "worker/automate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct testdb *T;

#define SAYS(automation, expected)                                                             \
    do {                                                                                       \
        struct str said_ = automate_said(T, automation);                                       \
        if (!str_eq(said_, STR(expected))) {                                                   \
            fail_msg("line %d: said '%.*s'", __LINE__, STR_ARG(said_));                        \
        }                                                                                      \
    } while (0)
#define COUNT(expected, table, ...)                                                            \
    do {                                                                                       \
        int64_t n_ = rows_of(T, table, __VA_ARGS__);                                           \
        if (n_ != (expected)) {                                                                \
            fail_msg("line %d: %lld rows", __LINE__, (long long)n_);                           \
        }                                                                                      \
    } while (0)

static int fresh(void **state)
{
    (void)testdb_reset(state);
    T = *state;
    automate_world(T);
    return 0;
}

/* ---- from an event to what follows ---- */

static void an_event_puts_a_tag_and_a_card(void **state)
{
    (void)state;
    int64_t id = automate_made(T, "Pricing", ON_PAGE("/pricing*"), ADD("1") "," PUT("1", "2"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/pricing/all");
    automate_settle(T);
    SAYS(id, "+Put the tag A on\n+Card created in Interest of Sales");
    COUNT(1, "account_tag", "tag_id = 1 and by_rule = %lld and operation_id is not null",
          (long long)id);
    COUNT(1, "card",
          "stage_id = 2 and account_id is not null and stage_by_kind = 4 and "
          "stage_by = %lld",
          (long long)id);
    COUNT(1, "stage", "id = 2 and cards = 1");
    COUNT(1, "card_ledger",
          "kind = 1 and to_stage = 2 and actor_kind = 4 and actor_id = %lld and "
          "detail ->> 'cause' = 'visited https://x.example/pricing/all' and "
          "detail ->> 'version' = '1' and detail ->> 'run' is not null and "
          "detail ->> 'event' is not null and detail ->> 'lead_id' is not null",
          (long long)id);
    COUNT(1, "automation_run",
          "automation_id = %lld and state = 1 and cause = 1 and depth = 0 and "
          "account_id is not null and lead_id is not null and card_id is not "
          "null and operation_id is not null and "
          "why = 'visited https://x.example/pricing/all'",
          (long long)id);
    COUNT(1, "operation",
          "kind = 14 and n = 1 and user_id is null and "
          "detail ->> 'name' = 'Pricing'");
    COUNT(0, "automation_pending", "true");
    COUNT(1, "automation", "fired = 1 and fired_at is not null");
}

static void a_card_that_is_there_is_moved(void **state)
{
    (void)state;
    int64_t put = automate_made(T, "Put", ON_PAGE("/a"), PUT("1", "1"));
    int64_t move = automate_made(T, "Move", ON_PAGE("/b"), PUT("1", "2"));
    int64_t create = automate_made(T, "Create", ON_PAGE("/c"), CARD("create", "1", "3"));
    int64_t only = automate_made(T, "Only", ON_PAGE("/d"), CARD("move", "2", "5"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_settle(T);
    automate_view(T, 1, NULL, "https://x.example/b");
    automate_settle(T);
    SAYS(put, "+Card created in New of Sales");
    SAYS(move, "+Moved from New to Interest of Sales");
    automate_view(T, 1, NULL, "https://x.example/c");
    automate_view(T, 1, NULL, "https://x.example/d");
    automate_settle(T);
    SAYS(create, "-There is a card already, in Interest");
    SAYS(only, "-Not moved: there is no card");
    COUNT(1, "card", "stage_id = 2");
    COUNT(2, "automation_run", "state = 2 and operation_id is null");
    COUNT(2, "operation", "true");
}

static void fixed_flow_is_obeyed_and_said(void **state)
{
    (void)state;
    int64_t right = automate_made(T, "Right", ON_PAGE("/a"), PUT("1", "3") "," PUT("2", "5"));
    int64_t left = automate_made(T, "Left", ON_PAGE("/b"), PUT("1", "2") "," PUT("2", "4"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_settle(T);
    automate_view(T, 1, NULL, "https://x.example/b");
    automate_settle(T);
    SAYS(right, "+Card created in Decision of Sales\n+Card created in Out of Free");
    SAYS(left, "-Not moved from Decision to Interest of Sales: fixed flow\n"
               "+Moved from Out to In of Free");
    COUNT(1, "card", "board_id = 1 and stage_id = 3");
    COUNT(1, "card", "board_id = 2 and stage_id = 4");
}

static void what_the_event_leaves_open_is_asked(void **state)
{
    (void)state;
    (void)automate_made(T, "Food",
                        MATCH(PAGE("/a") ",{'field':'industry','op':'is','values':"
                                         "['Food']}"),
                        ADD("1"));
    (void)automate_made(T, "Steel",
                        MATCH(PAGE("/a") ",{'field':'industry','op':'is','values':"
                                         "['Steel']}"),
                        ADD("2"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/");
    automate_settle(T);
    testdb_exec(T, "update account set industry = 'Steel'");
    automate_view(T, 1, NULL, "https://x.example/a");
    automate_settle(T);
    COUNT(0, "account_tag", "tag_id = 1");
    COUNT(1, "account_tag", "tag_id = 2");
    COUNT(1, "automation_run", "true");
}

/* ---- once ---- */

static void one_event_fires_once(void **state)
{
    (void)state;
    struct automation_save save = automate_draft(T, "x", ON_PAGE("/a"), ADD("1"));
    save.cooldown_s = 0;
    (void)automate_save(T, &save);
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_settle(T);
    /* as if the row had come back */
    testdb_exec(T,
                "insert into automation_pending (dataset_id, automation_id, version, cause, "
                "cause_id, cause_at, visitor, bits) select 7, 1, 1, 1, id, at, visitor, 1 from "
                "event where type = 1");
    automate_settle(T);
    COUNT(1, "automation_run", "true");
    COUNT(1, "automation", "fired = 1");
    COUNT(0, "automation_pending", "true");
}

/* More than one round applies: none is lost or done twice. */
static void many_at_once_are_done_in_rounds(void **state)
{
    (void)state;
    (void)automate_made(T, "x", ON_PAGE("/a"), ADD("1") "," PUT("1", "1"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/b");
    automate_settle(T);
    testdb_exec(T, "insert into account (dataset_id, id, domain, name) overriding system value "
                   "select 7, 1000 + n, 'c' || n || '.example', 'C' || n from "
                   "generate_series(1, 1200) n");
    testdb_exec(T,
                "insert into automation_pending (dataset_id, automation_id, version, cause, "
                "cause_id, cause_at, subject, bits) select 7, 1, 1, 1, n, now(), 1000 + n, 1 "
                "from generate_series(1, 1200) n");
    assert_int_equal(automate_round(T), ERR_NONE);
    COUNT(AUTOMATE_BATCH, "automation_run", "true");
    COUNT(1200 - AUTOMATE_BATCH, "automation_pending", "true");
    automate_settle(T);
    COUNT(1200, "automation_run", "true");
    COUNT(1200, "card", "true");
    COUNT(0, "automation_pending", "true");
}

static void the_cool_down_counts_by_what_happened(void **state)
{
    (void)state;
    struct automation_save save = automate_draft(T, "x", ON_PAGE("/a"), ADD("1"));
    save.cooldown_s = 600;
    (void)automate_save(T, &save);
    automate_view(T, 1, "kim@harbor.example", "https://x.example/");
    static const int ago[] = {2000, 1500, 1399, 901, 899, 10};
    for (size_t i = 0; i < 6; i++) {
        const struct happened view = {
            .visitor = 1, .url = "https://x.example/a", .ago = ago[i]};
        automate_event(T, &view);
    }
    automate_settle(T);
    /* 2000, 1399, 10; 1500 and 901, 899 are held */
    COUNT(3, "automation_run", "true");
    COUNT(1, "automation_run", "held = 1");
    COUNT(1, "automation_run", "held = 2");
    const struct happened late = {.visitor = 1, .url = "https://x.example/a", .ago = 5};
    automate_event(T, &late);
    automate_settle(T);
    COUNT(3, "automation_run", "true");
    COUNT(2, "automation_run", "held = 1");
}

static void without_a_cool_down_each_counts(void **state)
{
    (void)state;
    struct automation_save save =
        automate_draft(T, "x", ON_PAGE("/a"), "{'do':'webhook','integration':'1'}");
    save.cooldown_s = 0;
    (void)automate_save(T, &save);
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    for (int i = 0; i < 4; i++) {
        automate_view(T, 1, NULL, "https://x.example/a");
    }
    automate_settle(T);
    COUNT(5, "automation_run", "state = 1");
    COUNT(5, "outbox", "true");
}

static void once_only_is_once_for_each(void **state)
{
    (void)state;
    struct automation_save save = automate_draft(T, "x", ON_PAGE("/a"), ADD("1"));
    save.once = true;
    save.cooldown_s = 0;
    (void)automate_save(T, &save);
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_view(T, 1, NULL, "https://x.example/a");
    automate_view(T, 2, "lou@other.example", "https://x.example/a");
    automate_view(T, 3, "max@harbor.example", "https://x.example/a");
    automate_settle(T);
    automate_view(T, 1, NULL, "https://x.example/a");
    automate_settle(T);
    COUNT(2, "automation_run", "true");
    COUNT(2, "account_tag", "true");
}

/* ---- for whom ---- */

static void companies_people_and_nobody(void **state)
{
    (void)state;
    int64_t companies =
        automate_made(T, "Companies", ON_PAGE("/a"), ADD("1") "," PUT("1", "1"));
    int64_t people = automate_made(T, "People", MATCH_PEOPLE(PAGE("/a")), ADD_PERSON("2"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_view(T, 2, "max@harbor.example", "https://x.example/a");
    automate_view(T, 3, "lou@gmail.com", "https://x.example/a");
    automate_view(T, 4, NULL, "https://x.example/a");
    automate_settle(T);
    COUNT(2, "automation_run", "automation_id = %lld", (long long)companies);
    COUNT(1, "automation_run", "automation_id = %lld and subject > 0", (long long)companies);
    COUNT(1, "automation_run",
          "automation_id = %lld and subject < 0 and account_id is null and "
          "said ->> 0 like '%%no company is known%%' and state = 1",
          (long long)companies);
    COUNT(1, "card", "lead_id is not null");
    COUNT(1, "card", "account_id is not null");
    COUNT(4, "automation_run", "automation_id = %lld and subject < 0 and state = 1",
          (long long)people);
    COUNT(4, "lead_tag", "tag_id = 2");
}

static void what_is_hidden_is_left_alone(void **state)
{
    (void)state;
    (void)automate_made(T, "x", ON_PAGE("/a"), ADD("1"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/");
    automate_view(T, 2, "lou@other.example", "https://x.example/");
    automate_settle(T);
    testdb_exec(T, "update account set hidden = true where domain = 'harbor.example'");
    testdb_exec(T, "update lead set hidden = true where email = 'lou@other.example'");
    automate_view(T, 1, NULL, "https://x.example/a");
    automate_view(T, 2, NULL, "https://x.example/a");
    automate_settle(T);
    COUNT(0, "automation_run", "true");
}

/* ---- order ---- */

static void what_happened_first_is_done_first(void **state)
{
    (void)state;
    /* the later rule is about the earlier event */
    int64_t second = automate_made(T, "Second", ON_PAGE("/b"), PUT("2", "5"));
    int64_t first = automate_made(T, "First", ON_PAGE("/a"), PUT("2", "4"));
    for (int i = 1; i < 6; i++) {
        automate_view(T, i, arena_print(T->ctx.arena, "kim@c%d.example", i).p,
                      i % 2 == 0 ? "https://x.example/b" : "https://x.example/a");
        automate_view(T, i, NULL, i % 2 == 0 ? "https://x.example/a" : "https://x.example/b");
    }
    automate_settle(T);
    COUNT(10, "automation_run", "state = 1");
    COUNT(3, "card", "stage_id = 5");
    COUNT(2, "card", "stage_id = 4");
    COUNT(5, "automation_run", "automation_id = %lld", (long long)first);
    COUNT(5, "automation_run", "automation_id = %lld", (long long)second);
}

static void what_one_did_counts_for_the_next(void **state)
{
    (void)state;
    (void)automate_made(T, "Tag", ON_PAGE("/a"), ADD("1"));
    (void)automate_made(
        T, "Tagged", MATCH(PAGE("/b") ",{'field':'tag','op':'is','values':['A']}"), ADD("2"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_view(T, 1, NULL, "https://x.example/b");
    automate_view(T, 2, "lou@other.example", "https://x.example/b");
    automate_view(T, 2, NULL, "https://x.example/a");
    automate_settle(T);
    COUNT(2, "account_tag", "tag_id = 1");
    COUNT(1, "account_tag", "tag_id = 2");
}

/* ---- one makes another run ---- */

static void tags_stages_boards_and_owners_make_others_run(void **state)
{
    (void)state;
    (void)automate_made(T, "1", ON_PAGE("/a"), ADD("1"));
    int64_t tag = automate_made(T, "2", WHEN("tag", "1"), PUT("1", "2"));
    int64_t board =
        automate_made(T, "3", WHEN("board", "1"), "{'do':'owner','how':'fixed','users':['6']}");
    int64_t owner = automate_made(T, "4", WHEN("owner", "6"), PUT("1", "3"));
    int64_t stage = automate_made(T, "5",
                                  WHEN_AND("stage", "3",
                                           "{'field':'tag','op':'is',"
                                           "'values':['A']}"),
                                  ADD("2"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_settle(T);
    SAYS(tag, "+Card created in Interest of Sales");
    SAYS(board, "+Given to Bo");
    SAYS(owner, "+Moved from Interest to Decision of Sales");
    SAYS(stage, "+Put the tag B on");
    COUNT(1, "automation_run",
          "automation_id = %lld and depth = 1 and why = 'the tag A was put "
          "on'",
          (long long)tag);
    COUNT(1, "automation_run",
          "automation_id = %lld and depth = 2 and why = 'the card came onto "
          "Sales'",
          (long long)board);
    COUNT(1, "automation_run",
          "automation_id = %lld and depth = 3 and why = 'the card was given "
          "to Bo'",
          (long long)owner);
    COUNT(1, "automation_run",
          "automation_id = %lld and depth = 4 and why = 'the card entered "
          "Decision of Sales'",
          (long long)stage);
}

static void what_goes_round_is_stopped(void **state)
{
    (void)state;
    struct automation_save out = automate_draft(T, "Out", WHEN("stage", "4"), PUT("2", "5"));
    struct automation_save in = automate_draft(T, "In", WHEN("stage", "5"), PUT("2", "4"));
    out.cooldown_s = in.cooldown_s = 0;
    (void)automate_save(T, &out);
    (void)automate_save(T, &in);
    (void)automate_made(T, "Start", ON_PAGE("/a"), PUT("2", "4"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_settle(T);
    COUNT(8, "automation_run", "state = 1");
    COUNT(1, "automation_run",
          "state = 3 and depth = 8 and said ->> 0 like "
          "'%%8 automations ran one after the other%%'");
}

static void the_cool_down_stops_it_too(void **state)
{
    (void)state;
    (void)automate_made(T, "Out", WHEN("stage", "4"), PUT("2", "5"));
    (void)automate_made(T, "In", WHEN("stage", "5"), PUT("2", "4"));
    (void)automate_made(T, "Start", ON_PAGE("/a"), PUT("2", "4"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_settle(T);
    COUNT(3, "automation_run", "state = 1");
    COUNT(1, "automation_run", "held = 1");
}

static void what_people_do_makes_them_run_and_undoing_does_not(void **state)
{
    (void)state;
    int64_t id = automate_made(T, "x", WHEN("stage", "5"), ADD("1"));
    (void)automate_made(T, "Start", ON_PAGE("/a"), PUT("2", "4"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_settle(T);
    COUNT(0, "automation_run", "automation_id = %lld", (long long)id);
    testdb_exec(T, "insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, "
                   "to_stage, actor_kind, actor_id, detail) select 7, id, 2, 2, 4, 5, 1, 5, "
                   "'{\"undo\": \"1\"}' from card");
    automate_settle(T);
    COUNT(0, "automation_run", "automation_id = %lld", (long long)id);
    testdb_exec(T, "insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, "
                   "to_stage, actor_kind, actor_id) select 7, id, 2, 2, 4, 5, 1, 5 from card");
    automate_settle(T);
    COUNT(1, "automation_run", "automation_id = %lld and cause = 3 and depth = 0",
          (long long)id);
}

/* ---- owners ---- */

static void owners_take_turns(void **state)
{
    (void)state;
    int64_t id = automate_made(T, "x", ON_PAGE("/a"),
                               PUT("1", "1") ",{'do':'owner','how':'turns','board':'1','users':"
                                             "['6','5'],'keep':true}");
    for (int i = 1; i <= 3; i++) {
        automate_view(T, i, arena_print(T->ctx.arena, "kim@c%d.example", i).p,
                      "https://x.example/a");
    }
    automate_settle(T);
    COUNT(2, "card", "owner_id = 6");
    COUNT(1, "card", "owner_id = 5");
    automate_view(T, 4, "kim@c4.example", "https://x.example/a");
    automate_settle(T);
    SAYS(id, "+Card created in New of Sales\n+Given to Ann");
    COUNT(2, "automation_turn", "given = 2");
    testdb_exec(T, "update automation_subject set run_at = now() - interval '1 hour'");
    automate_view(T, 4, NULL, "https://x.example/a");
    automate_settle(T);
    SAYS(id, "-It is in New of Sales already\n-Not given: it is Ann’s already");
    testdb_exec(T, "update app_user set disabled_at = now() where id = 6");
    automate_view(T, 5, "kim@c5.example", "https://x.example/a");
    automate_settle(T);
    SAYS(id, "+Card created in New of Sales\n+Given to Ann");
}

static void the_sender_of_the_mail_owns_it(void **state)
{
    (void)state;
    int64_t id = automate_made(T, "x",
                               MATCH("{'field':'event_type','op':'is','values':"
                                     "['email_click','form']}"),
                               PUT("1", "1") ",{'do':'owner','how':'sender'}");
    automate_view(T, 1, "kim@harbor.example", "https://x.example/");
    const struct happened click = {.visitor = 1,
                                   .type = 4,
                                   .url = "https://x.example/",
                                   .properties = "{\"fromEmail\": \"BO@x.example\"}"};
    automate_event(T, &click);
    automate_settle(T);
    SAYS(id, "+Card created in New of Sales\n+Given to Bo");
    /* the latest mail that they had counts for what is no mail */
    testdb_exec(T, "update card set owner_id = null");
    testdb_exec(T, "update automation_subject set run_at = now() - interval '1 hour'");
    const struct happened form = {.visitor = 1, .type = 5, .url = "https://x.example/"};
    automate_event(T, &form);
    automate_settle(T);
    SAYS(id, "-It is in New of Sales already\n+Given to Bo");
    const struct happened stranger = {.visitor = 2,
                                      .type = 4,
                                      .url = "https://x.example/",
                                      .properties = "{\"fromEmail\": \"who@y.example\", "
                                                    "\"email\": \"lou@other.example\"}"};
    automate_event(T, &stranger);
    automate_settle(T);
    SAYS(id, "+Card created in New of Sales\n-Not given: nobody of the team who may see the "
             "board has the address who@y.example");
}

static void a_board_of_one_person_is_given_to_nobody_else(void **state)
{
    (void)state;
    testdb_exec(T, "update board set visibility = 1");
    int64_t id = automate_made(T, "x", ON_PAGE("/a"),
                               PUT("1", "1") ",{'do':'owner','how':'fixed','users':['6']}");
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_settle(T);
    SAYS(id,
         "+Card created in New of Sales\n-Not given: Bo is not a member any more, or may not "
         "see the board");
}

/* ---- properties, tags, removing ---- */

static void properties_are_set(void **state)
{
    (void)state;
    int64_t id = automate_made(
        T, "x", ON_PAGE("/a"),
        "{'do':'set_property','to':'person','key':'plan','value':'pro'},"
        "{'do':'set_property','to':'company','key':'came by','from':'utm_source'},"
        "{'do':'set_property','to':'company','key':'industry','value':'Food'},"
        "{'do':'set_property','to':'company','key':'employees','value':'many'},"
        "{'do':'set_property','to':'company','key':'term','from':'utm_term'}");
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a?utm_source=news");
    testdb_exec(T, "update event set utm = '{\"source\": \"news\"}'");
    automate_settle(T);
    SAYS(id, "+Set plan to “pro”\n+Set came by to “news”\n+Set Industry to “Food”\n"
             "-Not set: Employees is a whole number, like 250.\n-Not set: the visit has no "
             "utm_term");
    COUNT(1, "lead", "properties ->> 'plan' = 'pro' and not stamps ? 'plan'");
    COUNT(1, "account", "properties ->> 'came by' = 'news' and industry = 'Food'");
    COUNT(3, "automation_property", "was is null");
    testdb_exec(T, "delete from automation_subject");
    automate_view(T, 1, NULL, "https://x.example/a");
    automate_settle(T);
    SAYS(id, "-plan is “pro” already\n-came by is “news” already\n-Industry is “Food” already\n"
             "-Not set: Employees is a whole number, like 250.\n-Not set: the visit has no "
             "utm_term");
}

static void tags_come_off_and_cards_go(void **state)
{
    (void)state;
    (void)automate_made(T, "On", ON_PAGE("/a"), ADD("1") "," PUT("1", "1"));
    int64_t off =
        automate_made(T, "Off", ON_PAGE("/b"),
                      TAKE("1") ",{'do':'remove_card','board':'1','exclude':true}," TAKE("1"));
    int64_t again = automate_made(T, "Again", ON_PAGE("/c"), PUT("1", "1"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_settle(T);
    automate_view(T, 1, NULL, "https://x.example/b");
    automate_settle(T);
    SAYS(off,
         "+Took the tag A off\n+Removed from Sales, never to return\n-The tag A is not on");
    COUNT(0, "card", "true");
    COUNT(1, "card_ledger",
          "kind = 6 and actor_kind = 4 and actor_id = %lld and "
          "detail ->> 'cause' = 'visited https://x.example/b'",
          (long long)off);
    automate_view(T, 1, NULL, "https://x.example/c");
    automate_settle(T);
    SAYS(again, "-No card: it was removed from the board, never to return");
}

/* ---- telling ---- */

static void others_are_told(void **state)
{
    (void)state;
    int64_t id = automate_made(
        T, "Hot lead", ON_PAGE("/a"),
        PUT("1",
            "2") ",{'do':'webhook','integration':'1'},"
                 "{'do':'slack','integration':'2','text':'{company} ({domain}) is in {stage}: "
                 "{why} {unknown'},"
                 "{'do':'push','integration':'3'},"
                 "{'do':'owner','how':'fixed','users':['5']},"
                 "{'do':'mail','how':'owner','subject':'{company}','text':'Hello {owner},\\n"
                 "{person}: {why}\\n{link}'},"
                 "{'do':'mail','how':'addresses','subject':'x','text':'y','addresses':"
                 "['a@x.example','b@x.example']}");
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_settle(T);
    SAYS(id,
         "+Card created in Interest of Sales\n+Handed to Shop, to be sent\n+Handed to Chat, to "
         "be sent\n+Handed to CRM, to be pushed\n+Given to Ann\n+Mail to Ann\n+Mail to 2 "
         "addresses");
    COUNT(1, "outbox",
          "integration_id = 1 and type = 'automation.ran' and card_id is not null and "
          "data #>> '{automation,name}' = 'Hot lead' and data #>> "
          "'{automation,why}' = 'visited https://x.example/a' and data #>> "
          "'{card,stage,name}' = 'Interest'");
    COUNT(1, "outbox",
          "integration_id = 2 and data ->> 'text' = 'harbor.example (harbor.example) "
          "is in Interest: visited https://x.example/a {unknown'");
    COUNT(1, "outbox",
          "integration_id = 3 and type = 'crm.push' and data ->> 'reason' = 'Hot lead: "
          "visited https://x.example/a'");
    COUNT(1, "mail",
          "to_email = 'ann@x.example' and subject = 'harbor.example' and body like "
          "'%%Hello Ann,%%kim@harbor.example: visited https://x.example/a%%"
          "https://lb.example/boards/1/cards/1%%'");
    COUNT(2, "mail", "subject = 'x'");
    testdb_exec(T, "update integration set enabled = false where id = 1");
    testdb_exec(T, "update integration set deleted_at = now() where id = 2");
    testdb_exec(T, "update card set owner_id = null");
    testdb_exec(T, "delete from automation_subject");
    testdb_exec(T, "update app_user set disabled_at = now() where id = 5");
    automate_view(T, 1, NULL, "https://x.example/a");
    automate_settle(T);
    SAYS(id,
         "-It is in Interest of Sales already\n-Not sent: Shop is switched off\n-Not sent: the "
         "integration is gone. The automation is to be changed\n+Handed to CRM, to be pushed\n"
         "-Not given: Ann is not a member any more, or may not see the board\n-No mail: nobody "
         "owns the card\n+Mail to 2 addresses");
}

static void whoever_has_no_card_is_told_of_as_well(void **state)
{
    (void)state;
    int64_t id =
        automate_made(T, "x", MATCH_PEOPLE(PAGE("/a")),
                      "{'do':'webhook','integration':'1'},{'do':'push','integration':'3'},"
                      "{'do':'mail','how':'owner','subject':'x','text':'y'}");
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_settle(T);
    SAYS(id, "+Handed to Shop, to be sent\n+Handed to CRM, to be pushed\n-No mail: there is no "
             "card");
    COUNT(1, "outbox",
          "integration_id = 1 and card_id is null and data #>> '{account,domain}' = "
          "'harbor.example' and data #>> '{lead,email}' = 'kim@harbor.example'");
    COUNT(1, "outbox", "integration_id = 3 and account_id is not null");
}

/* ---- what is gone, off or changed ---- */

static void what_is_gone_is_left_out_and_the_rest_is_done(void **state)
{
    (void)state;
    int64_t id = automate_made(T, "x", ON_PAGE("/a"),
                               ADD("1") "," PUT("1", "3") "," PUT(
                                   "2", "5") ",{'do':'remove_card','board':'2'}," ADD("2"));
    testdb_exec(T, "delete from tag where id = 1");
    testdb_exec(T, "delete from stage where id = 3");
    testdb_exec(T, "update board set deleted_at = now() where id = 2");
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_settle(T);
    SAYS(id,
         "-Not tagged: the tag is gone. The automation is to be changed\n-Not done: the stage "
         "is gone. The automation is to be changed\n-Not done: the board is gone. The "
         "automation is to be changed\n-Not done: the board is gone. The automation is to be "
         "changed\n+Put the tag B on");
}

static void what_waits_for_another_version_is_dropped(void **state)
{
    (void)state;
    int64_t id = automate_made(T, "x", ON_PAGE("/a"), ADD("1"));
    int64_t off = automate_made(T, "off", ON_PAGE("/a"), ADD("2"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    testdb_exec(T,
                "insert into automation_pending (dataset_id, automation_id, version, cause, "
                "cause_id, cause_at, visitor, bits) select 7, k, 1, 1, id, at, visitor, 1 from "
                "event, generate_series(1, 2) k where type = 1");
    struct automation_save save = automate_draft(T, "x", ON_PAGE("/b"), ADD("1"));
    save.id = id;
    (void)automate_save(T, &save);
    assert_int_equal(db_begin(T->db, NULL), ERR_NONE);
    assert_int_equal(automation_switch(T->db, WORLD_DATASET, off, false), ERR_NONE);
    assert_int_equal(db_commit(T->db), ERR_NONE);
    automate_settle(T);
    COUNT(0, "automation_run", "true");
    COUNT(0, "automation_pending", "true");
}

/* ---- failing ---- */

/* A tag that can't be put on anything. */
static void break_tag(int tag)
{
    testdb_exec(
        T,
        arena_print(T->ctx.arena,
                    "alter table account_tag add constraint broken check (tag_id <> %d)", tag)
            .p);
}

static void mend_tag(void)
{
    testdb_exec(T, "alter table account_tag drop constraint broken");
}

static void one_that_fails_does_not_stop_others(void **state)
{
    (void)state;
    int64_t bad = automate_made(T, "Bad", ON_PAGE("/a"), ADD("2"));
    int64_t good = automate_made(T, "Good", ON_PAGE("/a"), ADD("1"));
    break_tag(2);
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_view(T, 2, "lou@other.example", "https://x.example/a");
    automate_settle(T);
    COUNT(2, "automation_run", "automation_id = %lld and state = 1", (long long)good);
    COUNT(0, "automation_run", "automation_id = %lld", (long long)bad);
    COUNT(2, "automation_pending", "automation_id = %lld and tries = 1 and due_at > now()",
          (long long)bad);
    COUNT(1, "automation",
          "id = %lld and problem is not null and failures = 2 and "
          "retry_at > now()",
          (long long)bad);
    COUNT(0, "operation", "detail ->> 'name' = 'Bad'");
    mend_tag();
    testdb_exec(T, "update automation_pending set due_at = now()");
    automate_settle(T);
    COUNT(2, "automation_run", "automation_id = %lld and state = 1", (long long)bad);
    COUNT(1, "automation",
          "id = %lld and problem is null and failures = 0 and retry_at is null",
          (long long)bad);
    COUNT(0, "automation_pending", "true");
}

static void one_row_that_fails_does_not_stop_the_others_of_its_automation(void **state)
{
    (void)state;
    int64_t id = automate_made(T, "x", ON_PAGE("/a"), ADD("1"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/");
    automate_view(T, 2, "lou@other.example", "https://x.example/");
    automate_settle(T);
    int64_t account = testdb_i64(T, "select id from account where domain = 'harbor.example'");
    testdb_exec(T,
                arena_print(T->ctx.arena,
                            "alter table account_tag add constraint broken check (account_id "
                            "<> %lld)",
                            (long long)account)
                    .p);
    automate_view(T, 1, NULL, "https://x.example/a");
    automate_view(T, 2, NULL, "https://x.example/a");
    automate_settle(T);
    COUNT(1, "automation_run", "automation_id = %lld and state = 1", (long long)id);
    COUNT(1, "automation_pending", "tries = 1");
    for (int i = 0; i < 5; i++) {
        testdb_exec(T, "update automation_pending set due_at = now()");
        testdb_exec(T, "update automation set retry_at = null");
        automate_settle(T);
    }
    mend_tag();
    COUNT(0, "automation_pending", "true");
    COUNT(1, "automation_run", "state = 4 and said ->> 0 like '%%Given up after 6 tries%%'");
}

static void again_and_again_failing_is_left_alone_for_a_while(void **state)
{
    (void)state;
    int64_t id = automate_made(T, "x", ON_PAGE("/a"), ADD("1"));
    break_tag(1);
    testdb_exec(T, "update automation set failures = 5, retry_at = now() + interval '1 hour', "
                   "problem = 'x'");
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    struct db *db = testdb_connect(T, "leadboard_worker");
    db_free(db);
    db_use(T->db, &T->ctx);
    testdb_exec(T,
                "insert into automation_pending (dataset_id, automation_id, version, cause, "
                "cause_id, cause_at, visitor, bits) select 7, 1, 1, 1, id, at, visitor, 1 from "
                "event where type = 1");
    assert_int_equal(automate_round(T), ERR_NONE);
    COUNT(1, "automation_pending", "tries = 0");
    mend_tag();
    (void)id;
}

/* ---- undo ---- */

static int64_t operation_named(const char *name)
{
    return testdb_i64(
        T, arena_print(T->ctx.arena,
                       "select max(id) from operation where detail ->> 'name' = '%s'", name)
               .p);
}

static struct operation_undone undo_as(struct db *db, int64_t operation)
{
    struct operation_undone undone;
    const struct db_scope scope = {.workspace = 1, .dataset = WORLD_DATASET};
    assert_int_equal(db_begin(db, &scope), ERR_NONE);
    if (operation_undo(db, WORLD_DATASET, operation, ANN, &undone) != ERR_NONE) {
        fail_msg("%.*s %.*s", STR_ARG(T->ctx.why), STR_ARG(T->ctx.detail));
    }
    assert_int_equal(db_commit(db), ERR_NONE);
    return undone;
}

/* As the web program does. */
static struct operation_undone undo(int64_t operation)
{
    struct db *db = testdb_connect(T, "leadboard_web");
    struct operation_undone undone = undo_as(db, operation);
    db_free(db);
    db_use(T->db, &T->ctx);
    return undone;
}

#define EVERYTHING                                                                             \
    ADD("1")                                                                                   \
    "," ADD_PERSON("2") "," TAKE(                                                              \
        "3") ",{'do':'set_property','to':'person','key':"                                      \
             "'plan','value':'pro'},{'do':'set_property','to':'company','key':'size','value':" \
             "'big'},"                                                                         \
             "{'do':'set_property','to':'company','key':'industry','value':'Food'}," PUT(      \
                 "1",                                                                          \
                 "2") "," PUT("2",                                                             \
                              "5") ",{'do':'owner','how':'fixed','board':'2','users':['6']},"  \
                                   "{'do':'webhook','integration':'1'}"

/* What a run can change, as text: two of these are equal when nothing is left of it. */
static struct str picture(void)
{
    struct db_result result;
    assert_int_equal(
        db_query(
            T->db,
            STR("select concat_ws(E'\\n', "
                "(select string_agg(concat_ws(' ', board_id, stage_id, rank, account_id, "
                "owner_id, stage_by_kind, stage_by, tags), E'\\n' order by id) from card), "
                "(select string_agg(concat_ws(' ', id, cards), ',' order by id) from stage), "
                "(select string_agg(concat_ws(' ', account_id, tag_id, by_user), ',' order by "
                "account_id, tag_id) from account_tag), "
                "(select string_agg(concat_ws(' ', lead_id, tag_id), ',' order by lead_id, "
                "tag_id) from lead_tag), "
                "(select string_agg(concat_ws(' ', properties, stamps), ',' order by id) from "
                "lead), (select string_agg(concat_ws(' ', properties, industry), ',' order by "
                "id) from account))"),
            NULL, 0, &result),
        ERR_NONE);
    return db_cell(&result, 0, 0)->as.text;
}

static void start_of_undo(void)
{
    (void)automate_made(T, "Start", ON_PAGE("/start"), ADD("3") "," PUT("1", "1"));
    const struct happened form = {.visitor = 1,
                                  .type = 5,
                                  .url = "https://x.example/start",
                                  .properties = "{\"email\": \"kim@harbor.example\", "
                                                "\"plan\": \"free\"}",
                                  .ago = 3};
    automate_event(T, &form);
    automate_view(T, 1, NULL, "https://x.example/start");
    automate_settle(T);
    testdb_exec(T, "update account_tag set by_user = 5, by_rule = null");
}

static void undoing_leaves_nothing_behind(void **state)
{
    (void)state;
    start_of_undo();
    (void)automate_made(T, "Everything", ON_PAGE("/a"), EVERYTHING);
    struct str before = picture();
    automate_view(T, 1, NULL, "https://x.example/a");
    automate_settle(T);
    COUNT(2, "card", "true");
    COUNT(1, "outbox", "state = 0");
    struct operation_undone undone = undo(operation_named("Everything"));
    assert_int_equal(undone.kept, 0);
    struct str after = picture();
    if (!str_eq(before, after)) {
        fail_msg("before:\n%.*s\nafter:\n%.*s", STR_ARG(before), STR_ARG(after));
    }
    COUNT(1, "outbox", "state = 3");
    COUNT(1, "operation", "detail ->> 'name' = 'Everything' and undone_at is not null");
    automate_settle(T);
    COUNT(2, "automation_run", "true");
}

static void undoing_leaves_what_people_did_since(void **state)
{
    (void)state;
    start_of_undo();
    (void)automate_made(T, "Everything", ON_PAGE("/a"), EVERYTHING);
    automate_view(T, 1, NULL, "https://x.example/a");
    automate_settle(T);
    testdb_exec(T, "update outbox set state = 1");
    /* Ann moved one card, gave the other to herself, changed a property, and put the tag back
     */
    testdb_exec(T, "update card set stage_id = 3, version = version + 1 where board_id = 1");
    testdb_exec(
        T, "insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, "
           "to_stage, actor_kind, actor_id) select 7, id, 1, 2, 2, 3, 1, 5 from card where "
           "board_id = 1");
    testdb_exec(T, "update card set owner_id = 5 where board_id = 2");
    testdb_exec(T,
                "insert into card_ledger (dataset_id, card_id, board_id, kind, actor_kind, "
                "actor_id, detail) select 7, id, 2, 3, 1, 5, '{\"to\": \"5\"}' from card where "
                "board_id = 2");
    testdb_exec(T, "update account set properties = properties || '{\"size\": \"huge\"}'");
    testdb_exec(
        T, "insert into account_tag (dataset_id, account_id, tag_id, by_user) select 7, id, "
           "3, 5 from account");
    struct operation_undone undone = undo(operation_named("Everything"));
    COUNT(1, "card", "board_id = 1 and stage_id = 3");
    COUNT(1, "card", "board_id = 2 and stage_id = 5 and owner_id = 5");
    COUNT(1, "account", "properties ->> 'size' = 'huge' and industry is null");
    COUNT(1, "account_tag", "tag_id = 3 and by_user = 5 and operation_id is null");
    COUNT(0, "account_tag", "tag_id = 1");
    COUNT(0, "lead_tag", "true");
    assert_int_equal(undone.kept, 4);
    COUNT(1, "operation", "kind = 13 and detail -> 'sent' ->> 0 = '1 to Shop'");
    COUNT(1, "outbox", "state = 1");
}

static void what_was_removed_comes_back(void **state)
{
    (void)state;
    start_of_undo();
    (void)automate_made(T, "Off", ON_PAGE("/a"),
                        "{'do':'remove_card','board':'1','exclude':true}");
    struct str before = picture();
    automate_view(T, 1, NULL, "https://x.example/a");
    automate_settle(T);
    COUNT(0, "card", "true");
    COUNT(1, "card_exclusion", "true");
    struct operation_undone undone = undo(operation_named("Off"));
    assert_int_equal(undone.undone, 1);
    COUNT(0, "card_exclusion", "true");
    if (!str_eq(before, picture())) {
        fail_msg("after:\n%.*s", STR_ARG(picture()));
    }
}

static void several_moves_of_one_run_go_back(void **state)
{
    (void)state;
    start_of_undo();
    (void)automate_made(T, "Twice", ON_PAGE("/a"), PUT("1", "2") "," PUT("1", "3"));
    struct str before = picture();
    automate_view(T, 1, NULL, "https://x.example/a");
    automate_settle(T);
    COUNT(1, "card", "stage_id = 3");
    struct operation_undone undone = undo(operation_named("Twice"));
    assert_int_equal(undone.undone, 2);
    assert_int_equal(undone.kept, 0);
    if (!str_eq(before, picture())) {
        fail_msg("after:\n%.*s", STR_ARG(picture()));
    }
}

/* ---- renamed tags ---- */

static void a_renamed_tag_is_renamed_in_automations(void **state)
{
    (void)state;
    int64_t id = automate_made(
        T, "x", MATCH(PAGE("/a") ",{'field':'account_tag','op':'is','values':['a']}"),
        ADD("2"));
    automate_view(T, 1, "kim@harbor.example", "https://x.example/");
    automate_settle(T);
    testdb_exec(T,
                "insert into account_tag (dataset_id, account_id, tag_id) select 7, id, 1 from "
                "account");
    assert_int_equal(db_begin(T->db, NULL), ERR_NONE);
    assert_int_equal(tag_rename(T->db, WORLD_DATASET, 1, STR("Aardvark")), ERR_NONE);
    assert_int_equal(db_commit(T->db), ERR_NONE);
    COUNT(1, "automation_version", "trigger::text like '%%Aardvark%%' and version = 1");
    automate_view(T, 1, NULL, "https://x.example/a");
    automate_settle(T);
    SAYS(id, "+Put the tag B on");
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

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_event_puts_a_tag_and_a_card),
        TEST(a_card_that_is_there_is_moved),
        TEST(fixed_flow_is_obeyed_and_said),
        TEST(what_the_event_leaves_open_is_asked),
        TEST(one_event_fires_once),
        TEST(many_at_once_are_done_in_rounds),
        TEST(the_cool_down_counts_by_what_happened),
        TEST(without_a_cool_down_each_counts),
        TEST(once_only_is_once_for_each),
        TEST(companies_people_and_nobody),
        TEST(what_is_hidden_is_left_alone),
        TEST(what_happened_first_is_done_first),
        TEST(what_one_did_counts_for_the_next),
        TEST(tags_stages_boards_and_owners_make_others_run),
        TEST(what_goes_round_is_stopped),
        TEST(the_cool_down_stops_it_too),
        TEST(what_people_do_makes_them_run_and_undoing_does_not),
        TEST(owners_take_turns),
        TEST(the_sender_of_the_mail_owns_it),
        TEST(a_board_of_one_person_is_given_to_nobody_else),
        TEST(properties_are_set),
        TEST(tags_come_off_and_cards_go),
        TEST(others_are_told),
        TEST(whoever_has_no_card_is_told_of_as_well),
        TEST(what_is_gone_is_left_out_and_the_rest_is_done),
        TEST(what_waits_for_another_version_is_dropped),
        TEST(one_that_fails_does_not_stop_others),
        TEST(one_row_that_fails_does_not_stop_the_others_of_its_automation),
        TEST(again_and_again_failing_is_left_alone_for_a_while),
        TEST(undoing_leaves_nothing_behind),
        TEST(undoing_leaves_what_people_did_since),
        TEST(what_was_removed_comes_back),
        TEST(several_moves_of_one_run_go_back),
        TEST(a_renamed_tag_is_renamed_in_automations),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
