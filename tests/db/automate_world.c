#include "tests/db/automate_world.h"

#include "worker/automate.h"
#include "worker/derive.h"
#include "worker/handover.h"
#include "worker/revised.h"
#include "worker/rules.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

void automate_world(struct testdb *t)
{
    testdb_exec(t,
                "truncate workspace, app_user, membership, dataset, board, stage, tag, card, "
                "card_ledger, card_change, card_exclusion, integration, outbox, mail, segment, "
                "operation, automation, automation_version, automation_state, "
                "automation_pending, automation_run, automation_subject, automation_turn, "
                "automation_property, event, log_cursor, visitor, session, lead, account, "
                "lead_tag, account_tag, tag_removed, account_fact, job, progress "
                "restart identity cascade");
    testdb_exec(t, "insert into workspace (name) values ('W')");
    testdb_exec(t,
                "insert into app_user (id, email, name, password_hash) overriding system "
                "value values (5, 'ann@x.example', 'Ann', ''), (6, 'bo@x.example', 'Bo', '')");
    testdb_exec(t, "insert into membership (workspace_id, user_id, role) values (1, 5, 4), "
                   "(1, 6, 3)");
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
    testdb_exec(t, "insert into integration (dataset_id, kind, name, user_id, origin) values "
                   "(7, 1, 'Shop', 5, 'https://lb.example'), (7, 2, 'Chat', 5, null), "
                   "(7, 3, 'CRM', 5, null)");
    /* ledgers that are followed begin now */
    automate_settle(t);
}

/* ---- automations ---- */

static struct str quoted(struct testdb *t, const char *text)
{
    char *copy = arena_cstr(t->ctx.arena, str_from(text));
    for (char *p = copy; *p != '\0'; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    return str_from(copy);
}

struct automation_save automate_draft(struct testdb *t, const char *name, const char *trigger,
                                      const char *actions)
{
    struct automation_rule *rule = ARENA_NEW(t->ctx.arena, struct automation_rule);
    struct str list = arena_print(t->ctx.arena, "[%s]", actions);
    ctx_clear(&t->ctx);
    if (automation_parse(&t->ctx, quoted(t, trigger), quoted(t, list.p), rule) != ERR_NONE) {
        fail_msg("%s: %.*s", name, STR_ARG(t->ctx.why));
    }
    return (struct automation_save){.dataset = WORLD_DATASET,
                                    .user = ANN,
                                    .name = str_from(name),
                                    .enabled = true,
                                    .cooldown_s = AUTOMATION_COOLDOWN_S,
                                    .rule = rule};
}

int64_t automate_save(struct testdb *t, const struct automation_save *save)
{
    int64_t id;
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    if (automation_save(t->db, save, &id) != ERR_NONE) {
        fail_msg("%.*s: %.*s %.*s", STR_ARG(save->name), STR_ARG(t->ctx.why),
                 STR_ARG(t->ctx.detail));
    }
    assert_int_equal(db_commit(t->db), ERR_NONE);
    return id;
}

int64_t automate_made(struct testdb *t, const char *name, const char *trigger,
                      const char *actions)
{
    const struct automation_save save = automate_draft(t, name, trigger, actions);
    return automate_save(t, &save);
}

/* ---- events ---- */

static struct str literal(struct testdb *t, const char *text)
{
    return text == NULL ? STR("null") : arena_print(t->ctx.arena, "'%s'", text);
}

void automate_event(struct testdb *t, const struct happened *event)
{
    struct str properties = event->email != NULL
                                ? arena_print(t->ctx.arena, "{\"email\": \"%s\"}", event->email)
                                : str_from(event->properties);
    testdb_exec(t,
                arena_print(t->ctx.arena,
                            "insert into event (dataset_id, visitor, at, type, url, name, "
                            "properties) values (%d, '00000000-0000-0000-0000-%012d', "
                            "now() - interval '%d seconds', %d, %.*s, %.*s, %.*s)",
                            WORLD_DATASET, event->visitor, event->ago,
                            event->type == 0 ? 1 : event->type, STR_ARG(literal(t, event->url)),
                            STR_ARG(literal(t, event->name)), STR_ARG(literal(t, properties.p)))
                    .p);
}

void automate_view(struct testdb *t, int visitor, const char *email, const char *url)
{
    const struct happened known = {
        .visitor = visitor, .type = 6, .email = email, .url = "https://x.example/", .ago = 1};
    const struct happened view = {.visitor = visitor, .url = url};
    if (email != NULL) {
        automate_event(t, &known);
    }
    automate_event(t, &view);
}

/* ---- carrying on ---- */

static void check(struct testdb *t, enum err err, const char *what)
{
    if (err != ERR_NONE) {
        fail_msg("%s: %.*s %.*s", what, STR_ARG(t->ctx.why), STR_ARG(t->ctx.detail));
    }
}

static bool settle_once(struct testdb *t, struct db *db, struct revised *rules,
                        struct automate *automate)
{
    int64_t events = 0;
    int rows = 0;
    bool found = false, more = false;
    check(t, derive_batch_by(&t->ctx, db, rules, 1000, &events), "derive");
    check(t, handover_follow(db, &rows), "handover");
    check(t, automate_rounds(automate, &t->ctx, db, &found, &more), "automate");
    return events > 0 || rows > 0 || found;
}

void automate_settle(struct testdb *t)
{
    struct db *db = testdb_connect(t, "leadboard_worker");
    struct revised *rules = rules_new();
    struct automate *automate = automate_new(NULL);
    int rounds = 0;
    while (settle_once(t, db, rules, automate)) {
        assert_true(++rounds < 100);
    }
    automate_free(automate);
    revised_free(rules);
    db_free(db);
    db_use(t->db, &t->ctx);
}

enum err automate_round(struct testdb *t)
{
    bool found, more;
    struct db *db = testdb_connect(t, "leadboard_worker");
    struct automate *automate = automate_new(NULL);
    enum err err = automate_rounds(automate, &t->ctx, db, &found, &more);
    automate_free(automate);
    db_free(db);
    db_use(t->db, &t->ctx);
    return err;
}

/* ---- looking ---- */

int64_t rows_of(struct testdb *t, const char *table, const char *condition, ...)
{
    char where[2000];
    va_list args;
    va_start(args, condition);
    (void)vsnprintf(where, sizeof(where), condition, args);
    va_end(args);
    return testdb_i64(
        t, arena_print(t->ctx.arena, "select count(*) from %s where %s", table, where).p);
}

struct str automate_said(struct testdb *t, int64_t automation)
{
    struct db_result result;
    struct sb sb;
    struct automation_did did[AUTOMATION_ACTIONS_MAX];
    size_t n;
    struct str sql = arena_print(t->ctx.arena,
                                 "select said::text from automation_run where automation_id = "
                                 "%lld order by id desc limit 1",
                                 (long long)automation);
    check(t, db_query(t->db, sql, NULL, 0, &result), "said");
    sb_init(&sb, t->ctx.arena, 8000);
    if (result.n_rows > 0) {
        automation_run_said(&t->ctx, db_cell(&result, 0, 0)->as.text, did, &n);
        for (size_t i = 0; i < n; i++) {
            sb_printf(&sb, "%s%c%.*s", i == 0 ? "" : "\n", did[i].did ? '+' : '-',
                      STR_ARG(did[i].text));
        }
    }
    return sb_view(&sb);
}
