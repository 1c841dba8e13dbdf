/* What people do to many cards, and its undoing: each kind, without undoing what others did
 * since, two at once, and what a job does in steps. */
#include "tests/db/testjobs.h"

#include "shared/card_move.h"
#include "shared/card_operations.h"
#include "shared/cards.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <pthread.h>

#define DATASET 7
#define BOARD 1
#define ANN 1
#define BEN 2
#define NEW 1
#define LATER 2
#define DONE 3

/* Board 1 of Ann with the stages New (entry), Later, Done; accounts and cards 1..n in New, card
 * i the i-th from the top, each there for a day and brought by segment 9. Ann and Ben are
 * members, Cat is one without access to the dataset. */
static void board_with_cards(struct testdb *t, int n)
{
    testdb_exec(
        t, "truncate card, card_ledger, card_change, card_exclusion, board, stage, account, "
           "lead, operation, job, job_done, job_dead, tenant_queue, progress, worker, "
           "workspace, app_user, membership, dataset, dataset_access, tag, account_tag, "
           "lead_tag restart identity cascade");
    testdb_exec(t,
                "insert into workspace (name) values ('Acme');"
                "insert into app_user (email, name, password_hash) values ('ann@x.example', "
                "'Ann', '*'), ('ben@x.example', 'Ben', '*'), ('cat@x.example', 'Cat', '*');"
                "insert into membership values (1, 1, 4), (1, 2, 1), (1, 3, 1);"
                "insert into dataset (id, workspace_id, public_id, name) overriding system "
                "value values (7, 1, 'x', 'Site');"
                "insert into dataset_access values (2, 7);"
                "insert into board (dataset_id, name, user_id, setup_step) values (7, 'Sales', "
                "1, 0);"
                "insert into stage (dataset_id, board_id, position, name, entry) values "
                "(7, 1, 1, 'New', true), (7, 1, 2, 'Later', false), (7, 1, 3, 'Done', false)");
    testdb_exec(
        t, arena_print(
               t->ctx.arena,
               "insert into account (dataset_id, id, domain, name, visitors) overriding system "
               "value select 7, n, 'c' || n || '.example', 'Company ' || n, 1 from "
               "generate_series(1, %d) n;"
               "insert into card (dataset_id, board_id, stage_id, rank, account_id, title, "
               "domain, visitors, stage_at, stage_by_kind, stage_by) select 7, 1, 1, n, n, "
               "'Company ' || n, 'c' || n || '.example', 1, now() - interval '1 day', 3, 9 "
               "from generate_series(1, %d) n order by n;"
               "update stage set cards = %d where id = 1; analyze card",
               n, n, n)
               .p);
}

static const int64_t *numbers(struct testdb *t, int64_t from, size_t n)
{
    int64_t *ids = ARENA_ARRAY(t->ctx.arena, n + 1, int64_t);
    for (size_t i = 0; i < n; i++) {
        ids[i] = from + (int64_t)i;
    }
    return ids;
}

/* By Ann, to cards from..from + n - 1; or, with n = 0, to all of stage `from`. */
static enum err attempt(struct testdb *t, const struct card_action *action, int64_t from,
                        size_t n, struct card_done *out)
{
    const struct card_choice choice = {.dataset = DATASET,
                                       .board = BOARD,
                                       .user = ANN,
                                       .cards = numbers(t, from, n),
                                       .n = n,
                                       .all_of = n == 0 ? from : 0};
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    enum err err = card_operations_do(t->db, &choice, action, out);
    if (err == ERR_NONE) {
        assert_int_equal(db_commit(t->db), ERR_NONE);
    } else {
        db_rollback(t->db);
    }
    return err;
}

static struct card_done apply(struct testdb *t, struct card_action action, int64_t from,
                              size_t n)
{
    struct card_done done;
    assert_int_equal(attempt(t, &action, from, n, &done), ERR_NONE);
    return done;
}

static enum err try_undo(struct testdb *t, int64_t operation, int64_t user,
                         struct operation_undone *out)
{
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    enum err err = operation_undo(t->db, DATASET, operation, user, out);
    if (err == ERR_NONE) {
        assert_int_equal(db_commit(t->db), ERR_NONE);
    } else {
        db_rollback(t->db);
    }
    return err;
}

static struct operation_undone undo(struct testdb *t, int64_t operation)
{
    struct operation_undone undone;
    assert_int_equal(try_undo(t, operation, BEN, &undone), ERR_NONE);
    return undone;
}

/* As a person does, one card, to the top of a stage. */
static struct operation_row move_one(struct testdb *t, int64_t card, int64_t stage)
{
    const struct card_move move = {
        .scope = {.dataset = DATASET},
        .board = BOARD,
        .card = card,
        .user = BEN,
        .stage = stage,
        .version = (int32_t)testdb_i64(
            t, arena_print(t->ctx.arena, "select version from card where id = %lld",
                           (long long)card)
                   .p)};
    struct card_moved moved;
    assert_int_equal(card_move(t->db, &move, &moved), ERR_NONE);
    return moved.operation;
}

static void is_number(struct testdb *t, const char *sql, int64_t expected)
{
    int64_t found = testdb_i64(t, sql);
    if (found != expected) {
        fail_msg("%s: %lld, not %lld", sql, (long long)found, (long long)expected);
    }
}

/* Counts are those of the cards, and every card has its ledger in order. */
static void all_adds_up(struct testdb *t)
{
    is_number(t,
              "select count(*) from stage s where cards <> (select count(*) from card c where "
              "c.dataset_id = s.dataset_id and c.stage_id = s.id)",
              0);
    is_number(t,
              "select count(*) from card c join stage s on s.id = c.stage_id where s.board_id "
              "<> c.board_id",
              0);
}

/* The cards of a stage from the top, as digits. */
static void stage_holds(struct testdb *t, int stage, int64_t digits)
{
    is_number(t,
              arena_print(t->ctx.arena,
                          "select coalesce(string_agg(id::text, '' order by rank, id), "
                          "'0')::bigint from card where stage_id = %d",
                          stage)
                  .p,
              digits);
}

#define MOVE(to) ((struct card_action){.kind = OP_MOVE, .stage = (to)})
#define GIVE(to) ((struct card_action){.kind = OP_OWNER, .owner = (to)})
#define REMOVE(keep_off) ((struct card_action){.kind = OP_REMOVE, .exclude = (keep_off)})

/* ---- moving ---- */

static void a_move_keeps_the_order_and_undo_the_place(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 6);
    (void)apply(t, MOVE(LATER), 5, 2);
    struct card_done done = apply(t, MOVE(LATER), 2, 2);
    assert_int_equal(done.n, 2);
    stage_holds(t, LATER, 2356);
    stage_holds(t, NEW, 14);
    is_number(t,
              "select count(*) from card where id in (2, 3) and version = 2 and stage_by_kind "
              "= 1 and stage_by = 1 and stage_at > now() - interval '1 hour'",
              2);
    is_number(t,
              "select count(*) from card_ledger where kind = 2 and from_stage = 1 and to_stage "
              "= 2 and actor_id = 1 and operation_id = 2",
              2);
    struct operation_undone undone = undo(t, done.operation);
    assert_int_equal(undone.undone, 2);
    assert_int_equal(undone.kept, 0);
    stage_holds(t, NEW, 1234);
    stage_holds(t, LATER, 56);
    is_number(t,
              "select count(*) from card where id in (2, 3) and version = 3 and rank = id and "
              "stage_by_kind = 3 and stage_by = 9 and stage_at between now() - interval '25 "
              "hours' and now() - interval '23 hours'",
              2);
    is_number(t,
              "select count(*) from card_ledger where kind = 2 and from_stage = 2 and to_stage "
              "= 1 and actor_id = 2 and detail = '{\"undo\": \"2\"}'",
              2);
    is_number(t, "select n from operation where kind = 13 and undoes = 2", 2);
    all_adds_up(t);
}

static void a_move_takes_cards_of_several_stages(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 6);
    (void)apply(t, MOVE(LATER), 1, 2);
    struct card_done done = apply(t, MOVE(DONE), 1, 4); /* 1, 2 of Later; 3, 4 of New */
    assert_int_equal(done.n, 4);
    stage_holds(t, DONE, 3412); /* New stands left of Later */
    assert_int_equal(undo(t, done.operation).undone, 4);
    stage_holds(t, LATER, 12);
    stage_holds(t, NEW, 3456);
    all_adds_up(t);
}

static void those_there_already_stay_where_they_are(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 4);
    struct card_done done = apply(t, MOVE(NEW), 1, 4);
    assert_int_equal(done.n, 0);
    stage_holds(t, NEW, 1234);
    struct operation_undone undone;
    assert_int_equal(try_undo(t, done.operation, ANN, &undone), ERR_INVALID);
    done = apply(t, MOVE(LATER), 90, 5); /* no such cards */
    assert_int_equal(done.n, 0);
    is_number(t, "select count(*) from card_ledger", 0);
    all_adds_up(t);
}

static void several_go_where_they_were_dropped(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 9);
    (void)apply(t, MOVE(LATER), 7, 3);
    struct card_action behind = MOVE(LATER);
    behind.after = 7;
    struct card_done done = apply(t, behind, 1, 3);
    stage_holds(t, LATER, 712389);
    is_number(t, "select max(scale(trim_scale(rank))) from card where id <= 3", 1);
    assert_int_equal(undo(t, done.operation).undone, 3);
    stage_holds(t, NEW, 123456);
    struct card_action ahead = MOVE(LATER);
    ahead.before = 7;
    (void)apply(t, ahead, 1, 2); /* the first of the stage */
    stage_holds(t, LATER, 12789);
    behind.after = 9;
    (void)apply(t, behind, 3, 2); /* the last */
    stage_holds(t, LATER, 1278934);
    behind.after = 5;
    (void)apply(t, behind, 6, 1); /* is not there: the top */
    stage_holds(t, LATER, 61278934);
    all_adds_up(t);
}

static void several_are_put_elsewhere_in_their_stage(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 6);
    (void)apply(t, MOVE(LATER), 6, 1);
    struct card_action within = MOVE(NEW);
    within.after = 1;
    struct card_done done = apply(t, within, 4, 3); /* 4 and 5 are there, 6 is not */
    assert_int_equal(done.n, 3);
    stage_holds(t, NEW, 145623);
    is_number(t, "select count(*) from card where id in (4, 5) and stage_by_kind = 3", 2);
    within.after = 5; /* is carried itself */
    (void)apply(t, within, 4, 2);
    stage_holds(t, NEW, 145623);
    assert_int_equal(undo(t, done.operation).undone, 3);
    stage_holds(t, NEW, 12345);
    stage_holds(t, LATER, 6);
    all_adds_up(t);
}

static void a_hundred_drops_into_one_gap_keep_their_order(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 100);
    (void)apply(t, MOVE(LATER), 1, 2);
    struct card_action behind = MOVE(LATER);
    behind.after = 1;
    for (int64_t card = 3; card < 99; card += 3) {
        (void)apply(t, behind, card, 3);
    }
    is_number(t,
              "select count(*) from (select id, lag(id) over (order by rank, id) as before from "
              "card where stage_id = 2) c where id = 99 and before = 98 or id = 3 and before = 8",
              1);
    is_number(t, "select count(distinct rank) - count(*) from card where stage_id = 2", 0);
    all_adds_up(t);
}

static void undo_leaves_what_was_moved_since(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 5);
    struct card_done done = apply(t, MOVE(LATER), 1, 4);
    (void)move_one(t, 1, DONE);
    (void)move_one(t, 2, LATER); /* within the stage: placed by hand */
    (void)move_one(t, 3, DONE);
    (void)move_one(t, 3, LATER); /* away and back is a decision too */
    testdb_exec(t, "update card set owner_id = 2, version = version + 1 where id = 4");
    struct operation_undone undone = undo(t, done.operation);
    assert_int_equal(undone.undone, 1);
    assert_int_equal(undone.kept, 3);
    stage_holds(t, NEW, 45);
    is_number(t, "select count(*) from card where id = 4 and owner_id = 2", 1);
    is_number(t, "select stage_id from card where id = 1", DONE);
    is_number(t, "select (detail ->> 'kept')::bigint from operation where kind = 13", 3);
    all_adds_up(t);
}

static void undo_of_a_move_from_a_deleted_stage_goes_to_the_entry(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 4);
    (void)apply(t, MOVE(LATER), 1, 3);
    struct card_done done = apply(t, MOVE(DONE), 1, 3);
    testdb_exec(t, "delete from stage where id = 2");
    struct operation_undone undone = undo(t, done.operation);
    assert_int_equal(undone.undone, 3);
    assert_int_equal(undone.elsewhere, 3);
    stage_holds(t, NEW, 1234);
    is_number(t,
              "select count(*) from card where stage_by_kind = 1 and stage_by = 2 and stage_at "
              "> now() - interval '1 hour'",
              3);
    all_adds_up(t);
}

static void one_move_is_an_operation_too(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 3);
    struct operation_row moved = move_one(t, 3, LATER);
    assert_true(str_eq(moved.subject, STR("Company 3")));
    is_number(t,
              "select count(*) from operation where kind = 1 and n = 1 and user_id = 2 and "
              "subject = 'Company 3' and detail = '{\"to\": \"2\", \"stage\": \"Later\", "
              "\"within\": false}'",
              1);
    assert_int_equal(undo(t, moved.id).undone, 1);
    stage_holds(t, NEW, 123);
    moved = move_one(t, 3, NEW);
    stage_holds(t, NEW, 312);
    assert_int_equal(undo(t, moved.id).undone, 1);
    stage_holds(t, NEW, 123);
    is_number(t,
              "select count(*) from card where id = 3 and stage_by = 9 and stage_at < now() - "
              "interval '23 hours'",
              1);
    all_adds_up(t);
}

static void a_stage_of_another_board_is_refused(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 2);
    testdb_exec(t, "insert into board (dataset_id, name, user_id) values (7, 'Other', 1);"
                   "insert into stage (dataset_id, board_id, position, name, entry) values "
                   "(7, 2, 1, 'Foreign', true);"
                   "insert into account (dataset_id, id, name) overriding system value values "
                   "(7, 50, 'Else');"
                   "insert into card (dataset_id, board_id, stage_id, rank, account_id, title) "
                   "values (7, 2, 4, 1, 50, 'Else'); update stage set cards = 1 where id = 4");
    struct card_done done;
    const struct card_action foreign = MOVE(4), gone = MOVE(99), merge = {.kind = OP_LINK};
    assert_int_equal(attempt(t, &foreign, 1, 2, &done), ERR_INVALID);
    assert_int_equal(attempt(t, &gone, 1, 2, &done), ERR_INVALID);
    assert_int_equal(attempt(t, &merge, 1, 2, &done), ERR_INVALID);
    assert_int_equal(
        attempt(t, &(struct card_action){.kind = OP_MOVE, .stage = LATER}, 1, 501, &done),
        ERR_LIMIT);
    is_number(t, "select count(*) from operation", 0);
    done = apply(t, MOVE(LATER), 1, 10); /* card 3 is on the other board */
    assert_int_equal(done.n, 2);
    is_number(t, "select stage_id from card where board_id = 2", 4);
    all_adds_up(t);
}

static void more_than_200_draw_the_board_anew(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 201);
    (void)apply(t, MOVE(LATER), 1, 200);
    is_number(t, "select count(*) from card_change where card_id is not null", 200);
    testdb_exec(t, "truncate card_change");
    struct card_done done = apply(t, MOVE(DONE), 1, 201);
    is_number(t, "select count(*) from card_change", 1);
    is_number(t, "select count(*) from card_change where card_id is null", 1);
    testdb_exec(t, "truncate card_change");
    (void)undo(t, done.operation);
    is_number(t, "select count(*) from card_change where card_id is null", 1);
    all_adds_up(t);
}

/* ---- owners ---- */

static void cards_are_given_and_given_back(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 4);
    testdb_exec(t, "update card set owner_id = 1 where id = 1");
    struct card_done done = apply(t, GIVE(BEN), 1, 3);
    assert_int_equal(done.n, 3);
    assert_int_equal(apply(t, GIVE(BEN), 1, 3).n, 0);
    is_number(t,
              "select count(*) from card_ledger where kind = 3 and detail = '{\"from\": \"1\", "
              "\"to\": \"2\"}'",
              1);
    is_number(t, "select count(*) from card where owner_id = 2 and version = 2", 3);
    testdb_exec(t, "update stage set name = 'Renamed' where id = 1");
    (void)apply(t, GIVE(ANN), 3, 1); /* somebody else's since */
    struct operation_undone undone = undo(t, done.operation);
    assert_int_equal(undone.undone, 2);
    assert_int_equal(undone.kept, 1);
    is_number(t, "select owner_id from card where id = 1", ANN);
    is_number(t, "select count(*) from card where id = 2 and owner_id is null", 1);
    is_number(t, "select owner_id from card where id = 3", ANN);
    done = apply(t, GIVE(0), 1, 4);
    assert_int_equal(done.n, 2);
    is_number(t, "select count(*) from card where owner_id is null", 4);
    assert_int_equal(undo(t, done.operation).undone, 2);
    is_number(t, "select count(*) from card where owner_id = 1", 2);
    all_adds_up(t);
}

static void given_away_and_back_again_is_kept(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 1);
    struct card_done done = apply(t, GIVE(BEN), 1, 1);
    (void)apply(t, GIVE(ANN), 1, 1);
    (void)apply(t, GIVE(BEN), 1, 1);
    assert_int_equal(undo(t, done.operation).kept, 1);
    is_number(t, "select owner_id from card", BEN);
}

static void only_who_may_see_the_board_gets_cards(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 1);
    testdb_exec(t, "insert into workspace (name) values ('Rival');"
                   "insert into app_user (email, name, password_hash) values ('d@x.example', "
                   "'Dan', '*'), ('e@x.example', 'Eve', '*');"
                   "insert into membership values (2, 4, 4), (1, 5, 4);"
                   "update app_user set disabled_at = now() where id = 5");
    struct card_done done;
    const int64_t nobody[] = {3, 4, 5, 99}; /* no access, another workspace, disabled, none */
    for (size_t i = 0; i < 4; i++) {
        const struct card_action give = GIVE(nobody[i]);
        assert_int_equal(attempt(t, &give, 1, 1, &done), ERR_INVALID);
        assert_true(str_contains(t->ctx.why, STR("may see this board")));
        ctx_clear(&t->ctx);
    }
    testdb_exec(t, "update board set visibility = 1");
    const struct card_action ben = GIVE(BEN), ann = GIVE(ANN);
    assert_int_equal(attempt(t, &ben, 1, 1, &done), ERR_INVALID);
    ctx_clear(&t->ctx);
    assert_int_equal(attempt(t, &ann, 1, 1, &done), ERR_NONE);
    is_number(t, "select owner_id from card", ANN);
}

/* ---- removing ---- */

static void removed_cards_come_back_as_they_were(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 4);
    testdb_exec(
        t, "update card set owner_id = 2, version = 5 where id = 2;"
           "insert into lead (dataset_id, id, email, first_at, last_at) overriding system "
           "value values (7, 1, 'a@gmail.example', now(), now());"
           "insert into card (dataset_id, board_id, stage_id, rank, lead_id, title) values "
           "(7, 1, 2, 3.25, 1, 'a@gmail.example'); update stage set cards = 1 where id = 2;"
           "create table kept as select * from card");
    struct card_done done = apply(t, REMOVE(false), 2, 4);
    assert_int_equal(done.n, 4);
    is_number(t, "select count(*) from card", 1);
    is_number(t, "select count(*) from card_exclusion", 0);
    is_number(t, "select count(*) from card_ledger where kind = 6 and from_stage is not null",
              4);
    all_adds_up(t);
    testdb_exec(t, "update account set name = 'Renamed', contacts = 3 where id = 2");
    struct operation_undone undone = undo(t, done.operation);
    assert_int_equal(undone.undone, 4);
    is_number(t,
              "select count(*) from card c join kept k using (dataset_id, id, board_id, "
              "stage_id, rank, stage_at, stage_by_kind, created_at) where "
              "(c.account_id, c.lead_id, c.owner_id, c.stage_by) is not distinct from "
              "(k.account_id, k.lead_id, k.owner_id, k.stage_by) and c.version = k.version + "
              "(k.id > 1)::integer",
              5);
    is_number(
        t, "select count(*) from card where id = 2 and title = 'Renamed' and contacts = 3", 1);
    is_number(t,
              "select count(*) from card_ledger where kind = 10 and to_stage is not null and "
              "operation_id = 2",
              4);
    testdb_exec(t, "drop table kept");
    all_adds_up(t);
}

static void the_excluded_stay_away_until_it_is_undone(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 3);
    struct card_done done = apply(t, REMOVE(true), 1, 2);
    is_number(t, "select count(*) from card_exclusion where user_id = 1 and operation_id = 1",
              2);
    const struct cards_add add = {.dataset = DATASET,
                                  .board = BOARD,
                                  .ids = numbers(t, 1, 3),
                                  .n = 3,
                                  .actor = {.kind = ACTOR_REFRESH}};
    struct cards_added added;
    assert_int_equal(cards_add_accounts(t->db, &add, &added), ERR_NONE);
    assert_int_equal(added.added, 0);
    assert_int_equal(added.excluded, 2);
    assert_int_equal(undo(t, done.operation).undone, 2);
    is_number(t, "select count(*) from card_exclusion", 0);
    stage_holds(t, NEW, 123);
    all_adds_up(t);
}

static void undo_of_a_removal_keeps_what_came_back(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 5);
    struct card_done done = apply(t, REMOVE(false), 1, 5);
    const struct cards_add add = {.dataset = DATASET,
                                  .board = BOARD,
                                  .ids = numbers(t, 1, 1),
                                  .n = 1,
                                  .actor = {.kind = ACTOR_REFRESH}};
    struct cards_added added;
    assert_int_equal(cards_add_accounts(t->db, &add, &added), ERR_NONE);
    testdb_exec(
        t, "update account set hidden = true where id = 5;"
           "delete from account where id = 2;" /* erased */
           "insert into card_exclusion (dataset_id, board_id, account_id) values (7, 1, 3)");
    struct operation_undone undone = undo(t, done.operation);
    assert_int_equal(undone.undone, 1);
    assert_int_equal(undone.kept, 4);
    is_number(t, "select count(*) from card where account_id = 1 and id > 5", 1);
    is_number(t, "select count(*) from card where id = 4", 1);
    is_number(t, "select count(*) from card", 2);
    is_number(t, "select count(*) from card_exclusion", 1);
    all_adds_up(t);
}

static void removed_from_a_deleted_stage_comes_to_the_entry(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 3);
    (void)apply(t, MOVE(LATER), 1, 2);
    struct card_done done = apply(t, REMOVE(false), 1, 2);
    testdb_exec(t, "delete from stage where id = 2");
    struct operation_undone undone = undo(t, done.operation);
    assert_int_equal(undone.undone, 2);
    assert_int_equal(undone.elsewhere, 2);
    stage_holds(t, NEW, 123);
    all_adds_up(t);
}

static void nothing_comes_back_to_a_deleted_board(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 2);
    struct card_done done = apply(t, REMOVE(false), 1, 2);
    testdb_exec(t, "delete from stage");
    assert_int_equal(undo(t, done.operation).kept, 2);
    is_number(t, "select count(*) from card", 0);
}

/* ---- undoing, of any kind ---- */

static void undone_is_undone_once(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 2);
    struct card_done done = apply(t, MOVE(LATER), 1, 2);
    struct operation_undone undone, again;
    assert_int_equal(try_undo(t, done.operation, BEN, &undone), ERR_NONE);
    assert_int_equal(try_undo(t, done.operation, ANN, &again), ERR_CONFLICT);
    assert_true(str_contains(t->ctx.why, STR("already, by Ben")));
    ctx_clear(&t->ctx);
    assert_int_equal(try_undo(t, undone.id, ANN, &again), ERR_INVALID);
    ctx_clear(&t->ctx);
    assert_int_equal(try_undo(t, 99, ANN, &again), ERR_NOT_FOUND);
    ctx_clear(&t->ctx);
    done = apply(t, MOVE(DONE), 1, 2);
    testdb_exec(t, "update operation set at = now() - interval '31 days'");
    assert_int_equal(try_undo(t, done.operation, ANN, &again), ERR_INVALID);
    assert_true(str_contains(t->ctx.why, STR("30 days")));
    all_adds_up(t);
}

static void the_newest_of_mine_is_undone_first(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 4);
    (void)apply(t, MOVE(LATER), 1, 1);
    struct card_done second = apply(t, GIVE(BEN), 2, 1);
    (void)move_one(t, 3, LATER);     /* Ben's */
    (void)apply(t, MOVE(NEW), 4, 1); /* changed nothing */
    struct operation_row row;
    assert_int_equal(operation_last(t->db, DATASET, ANN, BOARD, &row), ERR_NONE);
    assert_int_equal(row.id, second.operation);
    (void)undo(t, row.id);
    assert_int_equal(operation_last(t->db, DATASET, ANN, 0, &row), ERR_NONE);
    assert_int_equal(row.id, 1);
    assert_int_equal(operation_last(t->db, DATASET, ANN, 2, &row), ERR_NOT_FOUND);
    assert_int_equal(operation_last(t->db, DATASET, 3, BOARD, &row), ERR_NOT_FOUND);
}

static void a_chain_is_undone_backwards(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 5);
    testdb_exec(t, "create table kept as select * from card");
    int64_t operations[] = {
        apply(t, MOVE(LATER), 1, 3).operation, apply(t, GIVE(BEN), 2, 3).operation,
        apply(t, MOVE(DONE), 2, 3).operation, apply(t, REMOVE(true), 1, 2).operation};
    for (size_t i = 4; i > 0; i--) {
        assert_int_equal(undo(t, operations[i - 1]).kept, 0);
    }
    is_number(t,
              "select count(*) from card c join kept k using (dataset_id, id, stage_id, rank, "
              "stage_at, stage_by_kind, stage_by, account_id) where c.owner_id is null",
              5);
    testdb_exec(t, "drop table kept");
    all_adds_up(t);
}

/* ---- two at once ---- */

struct mover {
    struct testdb *t;
    int number;
    int32_t moved, undone;
    pthread_t thread;
};

/* One card, as somebody who saw it a moment ago. */
static bool move_one_of(struct db *db, int64_t card, int64_t stage)
{
    struct sql_card_get seen;
    struct card_moved moved;
    assert_int_equal(
        sql_card_get(db,
                     &(struct sql_card_get_in){
                         .dataset = DATASET, .board = BOARD, .card = card, .user = ANN},
                     &seen),
        ERR_NONE);
    const struct card_move move = {.scope = {.dataset = DATASET},
                                   .board = BOARD,
                                   .card = card,
                                   .user = ANN,
                                   .stage = stage,
                                   .version = seen.version};
    enum err err = card_move(db, &move, &moved);
    assert_true(err == ERR_NONE || err == ERR_NOT_FOUND); /* somebody was faster */
    return err == ERR_NONE;
}

/* Moves overlapping ranges to and fro, and undoes half of it. */
static void *move_about(void *argument)
{
    struct mover *mover = argument;
    struct ctx ctx = {.arena = arena_new((size_t)32 << 20)};
    struct db *db = db_new(mover->t->conninfo, "leadboard_worker");
    db_use(db, &ctx);
    for (int round = 0; round < 25; round++) {
        int64_t ids[40];
        for (int i = 0; i < 40; i++) { /* in no order */
            ids[i] = 1 + (mover->number * 13 + round * 7 + i * 17) % 80;
        }
        const struct card_choice choice = {
            .dataset = DATASET, .board = BOARD, .user = ANN, .cards = ids, .n = 40};
        const struct card_action moves = MOVE(1 + (round + mover->number) % 3),
                                 gives = GIVE(1 + round % 2);
        const struct card_action *action = round % 5 == 4 ? &gives : &moves;
        struct card_done done;
        struct operation_undone undone;
        assert_int_equal(db_begin(db, NULL), ERR_NONE);
        assert_int_equal(card_operations_do(db, &choice, action, &done), ERR_NONE);
        assert_int_equal(db_commit(db), ERR_NONE);
        mover->moved += done.n + move_one_of(db, ids[round], 1 + round % 3);
        if (round % 2 == 1 && done.n > 0) {
            assert_int_equal(db_begin(db, NULL), ERR_NONE);
            assert_int_equal(operation_undo(db, DATASET, done.operation, BEN, &undone),
                             ERR_NONE);
            assert_int_equal(db_commit(db), ERR_NONE);
            assert_int_equal(undone.undone + undone.kept, done.n);
            mover->undone += undone.undone;
        }
    }
    db_free(db);
    arena_free(ctx.arena);
    return NULL;
}

static void many_at_once_end_with_right_counts(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 80);
    struct mover movers[4];
    int32_t changes = 0;
    for (int i = 0; i < 4; i++) {
        movers[i] = (struct mover){.t = t, .number = i};
        assert_int_equal(pthread_create(&movers[i].thread, NULL, move_about, &movers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(movers[i].thread, NULL), 0);
        changes += movers[i].moved + movers[i].undone;
    }
    is_number(t, "select count(*) from card", 80);
    is_number(t, "select count(*) from card_ledger", changes);
    is_number(t, "select sum(version - 1) from card", changes);
    /* each card is where the last row of its ledger says */
    is_number(t,
              "select count(*) from card c join lateral (select to_stage from card_ledger l "
              "where l.dataset_id = 7 and l.card_id = c.id and l.kind = 2 order by l.id desc "
              "limit 1) l on l.to_stage <> c.stage_id",
              0);
    all_adds_up(t);
}

static void *undo_first(void *argument)
{
    struct mover *mover = argument;
    struct ctx ctx = {.arena = arena_new((size_t)4 << 20)};
    struct db *db = db_new(mover->t->conninfo, "leadboard_worker");
    struct operation_undone undone;
    db_use(db, &ctx);
    assert_int_equal(db_begin(db, NULL), ERR_NONE);
    enum err err = operation_undo(db, DATASET, 1, BEN, &undone);
    if (err == ERR_NONE) {
        assert_int_equal(db_commit(db), ERR_NONE);
        mover->undone = undone.undone;
    } else {
        assert_int_equal(err, ERR_CONFLICT);
        db_rollback(db);
    }
    db_free(db);
    arena_free(ctx.arena);
    return NULL;
}

static void two_undo_it_once(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 50);
    (void)apply(t, MOVE(LATER), 1, 50);
    struct mover undoers[4];
    int32_t undone = 0;
    for (int i = 0; i < 4; i++) {
        undoers[i] = (struct mover){.t = t, .number = i};
        assert_int_equal(pthread_create(&undoers[i].thread, NULL, undo_first, &undoers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(undoers[i].thread, NULL), 0);
        undone += undoers[i].undone;
    }
    assert_int_equal(undone, 50);
    is_number(t, "select count(*) from operation where kind = 13", 1);
    is_number(t, "select count(*) from card where version = 3 and stage_id = 1", 50);
    all_adds_up(t);
}

/* ---- by a job ---- */

static struct progress progress_of(struct testdb *t, int64_t id)
{
    struct progress progress;
    assert_int_equal(progress_get(t->db, DATASET, id, &progress), ERR_NONE);
    return progress;
}

static void a_large_stage_is_moved_by_a_job(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 1234);
    (void)apply(t, MOVE(LATER), 1, 2);
    struct card_done done = apply(t, MOVE(LATER), NEW, 0);
    assert_int_equal(done.n, 0);
    assert_true(done.progress != 0);
    is_number(t, "select count(*) from card where stage_id = 2", 2);
    struct operation_undone undone;
    assert_int_equal(try_undo(t, done.operation, ANN, &undone), ERR_CONFLICT); /* not done */
    ctx_clear(&t->ctx);
    testjobs_run(t);
    struct progress progress = progress_of(t, done.progress);
    assert_int_equal(progress.state, PROGRESS_DONE);
    assert_int_equal(progress.total, 1232);
    assert_int_equal(progress.done, 1232);
    assert_true(str_eq(progress.result, STR("{\"changed\": 1232}")));
    is_number(t, "select n from operation where id = 2", 1232);
    is_number(t, "select count(*) from card where stage_id = 2", 1234);
    /* above those that were there, in the order they had */
    is_number(t,
              "select count(*) from (select id, row_number() over (order by rank, id) as nr "
              "from card) k where nr <> case when id <= 2 then 1232 + id else id - 2 end",
              0);
    all_adds_up(t);
    (void)move_one(t, 700, DONE);
    undone = undo(t, done.operation);
    assert_true(undone.progress != 0);
    struct operation_undone again;
    assert_int_equal(try_undo(t, done.operation, ANN, &again), ERR_CONFLICT);
    ctx_clear(&t->ctx);
    testjobs_run(t);
    progress = progress_of(t, undone.progress);
    assert_int_equal(progress.state, PROGRESS_DONE);
    is_number(t, "select n from operation where kind = 13", 1231);
    is_number(t, "select (detail ->> 'kept')::bigint from operation where kind = 13", 1);
    is_number(t, "select count(*) from card where stage_id = 1 and rank = id and stage_by = 9",
              1231);
    all_adds_up(t);
}

static void a_job_goes_on_where_it_was_killed(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 1700);
    struct card_done done = apply(t, REMOVE(true), NEW, 0);
    struct card_step step;
    /* as the job does, and is killed: two steps are committed, a third is not */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
        assert_int_equal(card_operations_step(t->db, DATASET, done.operation, &step), ERR_NONE);
        if (i < 2) {
            assert_int_equal(db_commit(t->db), ERR_NONE);
        } else {
            db_rollback(t->db);
        }
    }
    is_number(t, "select count(*) from card", 700);
    testjobs_run(t);
    assert_int_equal(progress_of(t, done.progress).done, 1700);
    is_number(t, "select count(*) from card", 0);
    is_number(t, "select n from operation where id = 1", 1700);
    is_number(t, "select count(distinct card_id) from card_ledger where kind = 6", 1700);
    is_number(t, "select count(*) from card_ledger", 1700);
    is_number(t, "select count(*) from card_exclusion", 1700);
    all_adds_up(t);
    struct operation_undone undone = undo(t, done.operation);
    bool more;
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(operation_undo_step(t->db, DATASET, undone.id, &undone, &more), ERR_NONE);
    assert_true(more);
    assert_int_equal(undone.undone, 500);
    assert_int_equal(db_commit(t->db), ERR_NONE);
    testjobs_run(t);
    is_number(t, "select count(*) from card where rank = id and account_id = id", 1700);
    is_number(t, "select count(*) from card_exclusion", 0);
    is_number(t, "select n from operation where kind = 13", 1700);
    all_adds_up(t);
}

static void a_job_takes_what_was_there_when_it_was_asked_for(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 600);
    (void)apply(t, MOVE(LATER), 600, 1);
    testdb_exec(t, "select pg_sleep(0.01)");
    struct card_done done = apply(t, GIVE(BEN), NEW, 0);
    (void)move_one(t, 600, NEW); /* later */
    (void)move_one(t, 1, DONE);
    testjobs_run(t);
    is_number(t, "select count(*) from card where owner_id = 2", 598);
    is_number(t, "select count(*) from card where owner_id = 2 and id in (1, 600)", 0);
    is_number(t,
              arena_print(t->ctx.arena, "select n from operation where id = %lld",
                          (long long)done.operation)
                  .p,
              598);
    all_adds_up(t);
}

/* Cards with a score of 50 and more, few at once and many by a job. */
static void only_what_passes_the_filter_is_meant(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 1500);
    testdb_exec(t,
                "update card set score = 90 where id <= 7; update card set score = 60 where id "
                "between 101 and 801");
    struct card_filter filter = CARD_FILTER_ALL;
    const struct card_choice choice = {
        .dataset = DATASET, .board = BOARD, .user = ANN, .all_of = NEW, .filter = &filter};
    const struct card_action move = MOVE(LATER);
    struct card_done done;
    filter.min = 80;
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(card_operations_do(t->db, &choice, &move, &done), ERR_NONE);
    assert_int_equal(db_commit(t->db), ERR_NONE);
    assert_int_equal(done.n, 7);
    stage_holds(t, LATER, 1234567);
    filter.min = 50;
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(card_operations_do(t->db, &choice, &move, &done), ERR_NONE);
    assert_int_equal(db_commit(t->db), ERR_NONE);
    assert_true(done.progress != 0);
    testjobs_run(t);
    assert_int_equal(progress_of(t, done.progress).state, PROGRESS_DONE);
    is_number(t, "select count(*) from card where stage_id = 2", 708);
    is_number(t, "select count(*) from card where stage_id = 2 and score < 50", 0);
    is_number(t, "select n from operation where id = 2", 701);
    all_adds_up(t);
}

static void a_cancelled_job_stops_and_can_be_undone(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 1200);
    struct card_done done = apply(t, MOVE(DONE), NEW, 0);
    struct card_step step;
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(card_operations_step(t->db, DATASET, done.operation, &step), ERR_NONE);
    assert_int_equal(db_commit(t->db), ERR_NONE);
    assert_int_equal(step.changed, 500);
    struct operation_undone undone;
    assert_int_equal(try_undo(t, done.operation, ANN, &undone), ERR_CONFLICT); /* under way */
    ctx_clear(&t->ctx);
    assert_int_equal(progress_cancel(t->db, DATASET, done.progress), ERR_NONE);
    testjobs_run(t);
    is_number(t, "select count(*) from card where stage_id = 3", 500);
    is_number(t, "select count(*) from job", 0);
    assert_int_equal(undo(t, done.operation).undone, 500);
    stage_holds(t, DONE, 0);
    all_adds_up(t);
}

static void a_job_whose_stage_is_gone_says_so(void **state)
{
    struct testdb *t = *state;
    board_with_cards(t, 600);
    struct card_done done = apply(t, MOVE(DONE), NEW, 0);
    testdb_exec(t, "delete from stage where id = 3");
    testjobs_run(t);
    struct progress progress = progress_of(t, done.progress);
    assert_int_equal(progress.state, PROGRESS_FAILED);
    assert_true(str_contains(progress.message, STR("no longer on this board")));
    is_number(t, "select count(*) from card where stage_id = 1", 600);
    is_number(t, "select count(*) from job", 0);
    all_adds_up(t);
}

static int group_setup(void **state)
{
    static struct testdb t;
    testdb_open(&t, true);
    *state = &t;
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
        TEST(a_move_keeps_the_order_and_undo_the_place),
        TEST(a_move_takes_cards_of_several_stages),
        TEST(those_there_already_stay_where_they_are),
        TEST(several_go_where_they_were_dropped),
        TEST(several_are_put_elsewhere_in_their_stage),
        TEST(a_hundred_drops_into_one_gap_keep_their_order),
        TEST(undo_leaves_what_was_moved_since),
        TEST(undo_of_a_move_from_a_deleted_stage_goes_to_the_entry),
        TEST(one_move_is_an_operation_too),
        TEST(a_stage_of_another_board_is_refused),
        TEST(more_than_200_draw_the_board_anew),
        TEST(cards_are_given_and_given_back),
        TEST(given_away_and_back_again_is_kept),
        TEST(only_who_may_see_the_board_gets_cards),
        TEST(removed_cards_come_back_as_they_were),
        TEST(the_excluded_stay_away_until_it_is_undone),
        TEST(undo_of_a_removal_keeps_what_came_back),
        TEST(removed_from_a_deleted_stage_comes_to_the_entry),
        TEST(nothing_comes_back_to_a_deleted_board),
        TEST(undone_is_undone_once),
        TEST(the_newest_of_mine_is_undone_first),
        TEST(a_chain_is_undone_backwards),
        TEST(many_at_once_end_with_right_counts),
        TEST(two_undo_it_once),
        TEST(a_large_stage_is_moved_by_a_job),
        TEST(a_job_goes_on_where_it_was_killed),
        TEST(a_job_takes_what_was_there_when_it_was_asked_for),
        TEST(only_what_passes_the_filter_is_meant),
        TEST(a_cancelled_job_stops_and_can_be_undone),
        TEST(a_job_whose_stage_is_gone_says_so),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
