#include "worker/agents.h"

#include "gen/sql.h"
#include "worker/agent.h"

#define LOCK INT64_C(0x6c65616461677401)
#define ROWS_MAX 200
#define FAST_MS 1000
#define SLOW_MS 4000
#define IDLE_ROUNDS 3 /* then the rules are let go of */

struct state {
    struct agent_rules *rules;
    int idle, wait_ms;
    bool deferred;
};

static void free_rules(void *argument)
{
    struct state *state = argument;
    agent_rules_free(state->rules);
    state->rules = NULL;
}

static void need_rules(struct service *service, struct state *state)
{
    if (!state->deferred) {
        arena_defer(service->keep, free_rules, state);
        state->deferred = true;
    }
    if (state->rules == NULL) {
        state->rules = agent_rules_new();
    }
}

struct columns {
    int64_t *hash;
    struct str *browser, *browser_version, *os, *os_version, *device;
    int16_t *kind;
};

static struct columns columns_of(struct arena *arena, size_t n)
{
    return (struct columns){
        .hash = ARENA_ARRAY(arena, n, int64_t),
        .browser = ARENA_ARRAY(arena, n, struct str),
        .browser_version = ARENA_ARRAY(arena, n, struct str),
        .os = ARENA_ARRAY(arena, n, struct str),
        .os_version = ARENA_ARRAY(arena, n, struct str),
        .device = ARENA_ARRAY(arena, n, struct str),
        .kind = ARENA_ARRAY(arena, n, int16_t),
    };
}

static struct str or_null(struct str text)
{
    return str_is_empty(text) ? (struct str){.p = NULL} : text;
}

static void read_one(struct arena *arena, const struct agent_rules *rules,
                     const struct sql_agents_unread *row, struct columns *c, size_t i)
{
    struct agent agent;
    agent_read(arena, rules, row->agent, &agent);
    c->hash[i] = row->hash;
    c->browser[i] = or_null(agent.browser);
    c->browser_version[i] = or_null(agent.browser_version);
    c->os[i] = or_null(agent.os);
    c->os_version[i] = or_null(agent.os_version);
    c->device[i] = or_null(agent.device);
    c->kind[i] = (int16_t)agent.kind;
}

/* As far as it comes before it is to stop: texts can be made to take their time. */
static enum err read_rows(struct service *service, const struct agent_rules *rules,
                          const struct sql_agents_unread_rows *rows)
{
    struct columns c = columns_of(service->ctx->arena, rows->n);
    size_t n = 0;
    while (n < rows->n && (n == 0 || !atomic_load(service->stop))) {
        read_one(service->ctx->arena, rules, &rows->row[n], &c, n);
        n++;
    }
    struct sql_agents_save_in save = {
        .revision = agent_revision(),
        .hash = {c.hash, n},
        .browser = {c.browser, n},
        .browser_version = {c.browser_version, n},
        .os = {c.os, n},
        .os_version = {c.os_version, n},
        .device = {c.device, n},
        .kind = {c.kind, n},
    };
    return sql_agents_save(service->db, &save, NULL);
}

static enum err step(struct service *service, int *out_wait_ms)
{
    struct state *state = service->state;
    struct sql_agents_unread_rows rows;
    TRY(sql_agents_unread(
        service->db,
        &(struct sql_agents_unread_in){.revision = agent_revision(), .limit = ROWS_MAX},
        &rows));
    if (rows.n > 0) {
        need_rules(service, state);
        TRY(read_rows(service, state->rules, &rows));
        state->idle = 0;
    } else if (++state->idle == IDLE_ROUNDS) {
        free_rules(state);
    }
    service_pace(&state->wait_ms, rows.n == ROWS_MAX, rows.n > 0, FAST_MS, SLOW_MS);
    *out_wait_ms = state->wait_ms;
    return ERR_NONE;
}

const struct service_kind agents_service = {
    .name = "agents", .lock = LOCK, .state_size = sizeof(struct state), .step = step};
