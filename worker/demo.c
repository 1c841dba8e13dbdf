#include "worker/demo.h"

#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/crypt.h"
#include "shared/events.h"
#include "worker/demo_board.h"
#include "worker/demo_log.h"
#include "worker/derive.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define SEED UINT64_C(20260321)
#define COMPANIES 340
#define EVENTS_AT_ONCE 4000
#define DERIVE_AT_ONCE 2000         /* so that scores have a history */
#define ARENA_CAP ((size_t)4 << 30) /* of generating; a million events take half of it */
#define BATCH_CAP ((size_t)512 << 20)

struct wish {
    struct str dataset;
    int64_t companies, events, board_cards;
    bool derive;
};

struct demo {
    struct ctx *ctx;
    struct db *db;
    const struct config *config;
    struct wish wish;
    struct demo_team team;
    struct demo_random random;
    struct demo_company *companies;
    int64_t midnight;
};

/* --- options --- */

static enum err read_number(struct ctx *ctx, struct str option, struct str value,
                            int64_t *out_number)
{
    int64_t number = 0;
    if (!str_to_i64(value, &number) || number < 1 || number > 10000000) {
        return ctx_fail(ctx, ERR_INVALID, "%.*s takes a number from 1 to 10000000.",
                        STR_ARG(option));
    }
    *out_number = number;
    return ERR_NONE;
}

static enum err read_wish(struct ctx *ctx, int argc, char **argv, struct wish *out_wish)
{
    struct wish wish = {.dataset = STR("demo"), .companies = COMPANIES, .derive = true};
    for (int i = 0; i < argc; i++) {
        struct str option = str_from(argv[i]);
        if (str_eq(option, STR("--no-derive"))) {
            wish.derive = false;
            continue;
        }
        struct str value = i + 1 < argc ? str_from(argv[++i]) : (struct str){.p = NULL};
        if (str_eq(option, STR("--dataset")) && value.n > 0 && value.n <= 64) {
            wish.dataset = value;
        } else if (str_eq(option, STR("--companies"))) {
            TRY(read_number(ctx, option, value, &wish.companies));
        } else if (str_eq(option, STR("--events"))) {
            TRY(read_number(ctx, option, value, &wish.events));
        } else if (str_eq(option, STR("--board-cards"))) {
            TRY(read_number(ctx, option, value, &wish.board_cards));
        } else {
            return ctx_fail(
                ctx, ERR_INVALID,
                "demo takes --dataset ID, --companies N, --events N, --board-cards N "
                "and --no-derive.");
        }
    }
    /* A board can only be as large as the dataset. */
    wish.companies = wish.companies < wish.board_cards ? wish.board_cards : wish.companies;
    *out_wish = wish;
    return ERR_NONE;
}

/* --- people and the dataset --- */

static enum err add_member(struct demo *demo, int64_t workspace, size_t which)
{
    static const struct {
        struct str email, name;
        int16_t role;
    } people[DEMO_TEAM] = {
        {{.p = NULL}, STR_INIT("Dana Demo"), 4},
        {STR_INIT("mira.holt@leadboard.example"), STR_INIT("Mira Holt"), 3},
        {STR_INIT("jonas.reyes@leadboard.example"), STR_INIT("Jonas Reyes"), 1},
        {STR_INIT("sofie.lindgren@leadboard.example"), STR_INIT("Sofie Lindgren"), 1},
    };
    struct sql_demo_user_add_in user = {.email = people[which].email,
                                        .name = people[which].name};
    if (which == 0) {
        user.email = demo->config->owner_email;
    }
    struct sql_demo_member_add_in member = {.email = user.email,
                                            .workspace = workspace,
                                            .dataset = demo->team.dataset,
                                            .role = people[which].role};
    struct sql_demo_member_add made;
    /* Colleagues sign in with the same password as the owner. */
    TRY(crypt_password_hash(demo->ctx, demo->config->owner_password, &user.password_hash));
    TRY(sql_demo_user_add(demo->db, &user, NULL));
    TRY(sql_demo_member_add(demo->db, &member, &made));
    demo->team.user[which] = made.user;
    return ERR_NONE;
}

static enum err make_workspace(struct demo *demo, int64_t *out_workspace)
{
    struct sql_workspace_create_in in = {
        .name = STR("Tidewell"),
        .user_name = STR("Dana Demo"),
        .email = demo->config->owner_email,
        .dataset_name = STR("Tidewell website"),
        .public_id = demo->wish.dataset,
        .only_first = true,
    };
    struct sql_workspace_create made;
    TRY(crypt_password_hash(demo->ctx, demo->config->owner_password, &in.password_hash));
    TRY(sql_workspace_create(demo->db, &in, &made));
    *out_workspace = made.workspace_id;
    return ERR_NONE;
}

static enum err make_dataset(struct demo *demo, int64_t workspace)
{
    struct sql_dataset_create_in in = {
        .workspace = workspace,
        .name = str_eq(demo->wish.dataset, STR("demo")) ? STR("Tidewell website")
                                                        : demo->wish.dataset,
        .public_id = demo->wish.dataset,
    };
    struct sql_dataset_create made;
    TRY(db_begin(demo->db, &(struct db_scope){.workspace = workspace}));
    TRY(sql_dataset_create(demo->db, &in, &made));
    return db_commit(demo->db);
}

static enum err prepare(struct demo *demo)
{
    struct sql_demo_workspace_in workspace_in = {.email = demo->config->owner_email};
    struct sql_demo_dataset_in dataset_in = {.public_id = demo->wish.dataset};
    struct sql_demo_workspace found;
    struct sql_demo_dataset dataset;
    int64_t workspace = 0;
    enum err err = sql_demo_workspace(demo->db, &workspace_in, &found);
    if (err == ERR_NOT_FOUND) {
        TRY(make_workspace(demo, &workspace));
    } else {
        TRY(err);
        workspace = found.workspace;
    }
    err = sql_demo_dataset(demo->db, &dataset_in, &dataset);
    if (err == ERR_NOT_FOUND) {
        TRY(make_dataset(demo, workspace));
        err = sql_demo_dataset(demo->db, &dataset_in, &dataset);
    }
    TRY(err);
    demo->team.dataset = dataset.dataset;
    for (size_t i = 0; i < DEMO_TEAM; i++) {
        TRY(add_member(demo, workspace, i));
    }
    return ERR_NONE;
}

/* --- the log --- */

static enum err add_agents(struct demo *demo)
{
    int64_t hashes[DEMO_AGENTS];
    struct str texts[DEMO_AGENTS];
    for (uint16_t i = 0; i < DEMO_AGENTS; i++) {
        texts[i] = demo_agent(i);
        hashes[i] = event_agent(texts[i]);
    }
    struct sql_demo_agents_add_in in = {.hash = {hashes, DEMO_AGENTS},
                                        .agent = {texts, DEMO_AGENTS}};
    return sql_demo_agents_add(demo->db, &in, NULL);
}

static enum err add_networks(struct demo *demo)
{
    size_t n;
    const struct demo_network *networks = demo_networks(&n);
    int64_t *numbers = ARENA_ARRAY(demo->ctx->arena, n * 2, int64_t);
    struct str *owners = ARENA_ARRAY(demo->ctx->arena, n, struct str);
    for (size_t i = 0; i < n; i++) {
        numbers[i] = networks[i].number;
        numbers[n + i] = networks[i].addresses;
        owners[i] = str_from(networks[i].owner);
    }
    struct sql_demo_networks_add_in in = {
        .network = {numbers, n}, .name = {owners, n}, .addresses = {numbers + n, n}};
    return sql_demo_networks_add(demo->db, &in, NULL);
}

/* As the collector names it. */
static struct str visitor_of(struct arena *arena, int64_t dataset,
                             const struct demo_event *event)
{
    struct str id = event->is_mail ? arena_print(arena, "email:%.*s", STR_ARG(event->email))
                                   : arena_print(arena, "demo-%u", (unsigned)event->visitor);
    uint8_t *bytes = arena_alloc(arena, EVENT_VISITOR_BYTES);
    event_visitor(dataset, id, bytes);
    return (struct str){.p = (const char *)bytes, .n = EVENT_VISITOR_BYTES};
}

static enum err add_events(struct demo *demo, struct arena *arena, const struct demo_event *v,
                           size_t n)
{
    struct str *texts = ARENA_ARRAY(arena, n * 8, struct str);
    int64_t *numbers = ARENA_ARRAY(arena, n * 4, int64_t);
    int16_t *types = ARENA_ARRAY(arena, n, int16_t);
    for (size_t i = 0; i < n; i++) {
        const struct demo_network *network = demo_network(&v[i]);
        const struct str values[] = {visitor_of(arena, demo->team.dataset, &v[i]),
                                     v[i].name,
                                     v[i].url,
                                     v[i].title,
                                     v[i].referrer,
                                     v[i].utm,
                                     v[i].properties,
                                     str_from(network->country)};
        for (size_t k = 0; k < COUNT(values); k++) {
            texts[k * n + i] = values[k];
        }
        numbers[i] = v[i].at;
        numbers[n + i] = event_agent(demo_agent(v[i].agent));
        numbers[2 * n + i] = network->number;
        numbers[3 * n + i] = 1 + v[i].visitor / 3;
        types[i] = v[i].type;
    }
    struct sql_demo_events_add_in in = {
        .dataset = demo->team.dataset,
        .at = {numbers, n},
        .visitor = {texts, n},
        .type = {types, n},
        .name = {texts + n, n},
        .url = {texts + 2 * n, n},
        .title = {texts + 3 * n, n},
        .referrer = {texts + 4 * n, n},
        .utm = {texts + 5 * n, n},
        .properties = {texts + 6 * n, n},
        .agent = {numbers + n, n},
        .network = {numbers + 2 * n, n},
        .place = {numbers + 3 * n, n},
        .country = {texts + 7 * n, n},
    };
    return sql_demo_events_add(demo->db, &in, NULL);
}

/* All of it in one transaction: a history is there or not. */
static enum err add_log(struct demo *demo, const struct demo_log *log)
{
    struct ctx *ctx = demo->ctx;
    struct arena *whole = ctx->arena;
    struct arena *batch = arena_new(BATCH_CAP);
    enum err err = db_begin(demo->db, NULL);
    ctx->arena = batch; /* statements, too, take their memory there */
    for (size_t i = 0; i < log->n && err == ERR_NONE; i += EVENTS_AT_ONCE) {
        size_t n = log->n - i < EVENTS_AT_ONCE ? log->n - i : EVENTS_AT_ONCE;
        arena_reset(batch);
        err = add_events(demo, batch, &log->v[i], n);
    }
    ctx->arena = whole;
    err = err == ERR_NONE ? db_commit(demo->db) : err;
    arena_free(batch);
    return err;
}

static enum err make_log(struct demo *demo)
{
    struct sql_demo_log_exists exists;
    TRY(sql_demo_log_exists(
        demo->db, &(struct sql_demo_log_exists_in){.dataset = demo->team.dataset}, &exists));
    if (exists.found) {
        log_event(LOG_INFO, demo->ctx, "demo.found", LOG_STR("dataset", demo->wish.dataset));
        return ERR_NONE;
    }
    struct demo_log_wish wish = {
        .companies = demo->companies,
        .n_companies = (size_t)demo->wish.companies,
        .midnight = demo->midnight,
        .now = demo->team.now,
        .events = (size_t)demo->wish.events,
    };
    struct demo_log log;
    demo_log_make(demo->ctx->arena, &demo->random, &wish, &log);
    TRY(add_agents(demo));
    TRY(add_networks(demo));
    TRY(add_log(demo, &log));
    log_event(LOG_INFO, demo->ctx, "demo.logged", LOG_I64("events", log.n));
    return ERR_NONE;
}

static enum err derive(struct demo *demo)
{
    struct ctx *ctx = demo->ctx;
    struct arena *whole = ctx->arena;
    struct arena *batch = arena_new(BATCH_CAP);
    enum err err = ERR_NONE;
    int64_t events = DERIVE_AT_ONCE;
    ctx->arena = batch;
    while (err == ERR_NONE && events == DERIVE_AT_ONCE) {
        arena_reset(batch);
        err = derive_batch(ctx, demo->db, DERIVE_AT_ONCE, &events);
    }
    ctx->arena = whole;
    arena_free(batch);
    return err;
}

static enum err run(struct demo *demo)
{
    demo_random_init(&demo->random, SEED);
    demo->companies =
        demo_companies(demo->ctx->arena, &demo->random, (size_t)demo->wish.companies);
    TRY(prepare(demo));
    TRY(make_log(demo));
    if (!demo->wish.derive) {
        return ERR_NONE;
    }
    TRY(derive(demo));
    /* Anew, so that the boards do not depend on whether the log was made just now. */
    demo_random_init(&demo->random, SEED + 1);
    TRY(demo_board_fill(demo->ctx, demo->db, &demo->random, &demo->team, demo->companies,
                        (size_t)demo->wish.companies, demo->wish.board_cards == 0));
    return demo->wish.board_cards == 0
               ? ERR_NONE
               : demo_board_sized(demo->ctx, demo->db, &demo->random, &demo->team,
                                  (size_t)demo->wish.board_cards);
}

enum err demo_run(struct ctx *ctx, struct db *db, const struct config *config, int argc,
                  char **argv)
{
    struct config own = *config;
    if (own.owner_email.n == 0) {
        own.owner_email = STR("demo@leadboard.example");
    }
    if (own.owner_password.n == 0) {
        own.owner_password = STR("leadboard-demo");
    }
    int64_t now = clock_now();
    struct demo demo = {
        .ctx = ctx,
        .db = db,
        .config = &own,
        .team = {.now = now},
        .midnight = now / CLOCK_DAY * CLOCK_DAY,
    };
    TRY(read_wish(ctx, argc, argv, &demo.wish));
    struct arena *callers = ctx->arena;
    struct arena *arena = arena_new(ARENA_CAP);
    ctx->arena = arena;
    enum err err = run(&demo);
    /* The reason must outlive the memory it was found in. */
    ctx->why = arena_dup(callers, ctx->why);
    ctx->detail = arena_dup(callers, ctx->detail);
    db_rollback(db);
    ctx->arena = callers;
    arena_free(arena);
    return err;
}
