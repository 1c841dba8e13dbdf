#include "shared/clock.h"
#include "shared/log.h"
#include "shared/queue.h"
#include "worker/automate_parts.h"

#define LOCK INT64_C(0x6c65616461757401)
#define FAST_MS 50
#define SLOW_MS 300
#define TRIES 4

/* ---- a round ---- */

static bool is_about_acted(const struct round *round, const struct group *group)
{
    for (const struct group *g = round->groups; g < group; g++) {
        for (size_t i = 0; i < g->n; i++) {
            for (size_t k = 0; g->v[i]->acted && k < group->n; k++) {
                bool same = g->v[i]->account != 0 ? g->v[i]->account == group->v[k]->account
                                                  : g->v[i]->lead == group->v[k]->lead;
                if (same) {
                    return true;
                }
            }
        }
    }
    return false;
}

static size_t count_running(const struct round *round)
{
    size_t n = 0;
    for (size_t i = 0; i < round->n; i++) {
        n += round->candidates[i].fate == FATE_RUNS ? 1 : 0;
    }
    return n;
}

/* All are decided before anything is locked or changed; again, whom a change may concern. */
enum err automate_apply(struct round *round)
{
    TRY(automate_ask_all(round));
    for (size_t i = 0; i < round->n_groups; i++) {
        round->failing = round->groups[i].automation->id;
        TRY(automate_decide(round, &round->groups[i]));
    }
    round->failing = 0;
    if (round->most > AUTOMATE_BATCH && count_running(round) > AUTOMATE_BATCH) {
        round->many = true;
        return ERR_CONFLICT;
    }
    TRY(round->dry == NULL ? automate_lock(round) : ERR_NONE);
    for (size_t i = 0; i < round->n_groups; i++) {
        const struct group *group = &round->groups[i];
        round->failing = group->automation->id;
        if (round->dry == NULL && is_about_acted(round, group)) {
            TRY(automate_ask(round, group));
            TRY(automate_decide(round, group));
        }
        TRY(automate_act(round, group));
        TRY(automate_store(round, group));
    }
    round->failing = 0;
    return ERR_NONE;
}

/* The newest row that waited: they are numbered. */
static int64_t newest(const struct round *round)
{
    int64_t id = 0;
    for (size_t i = 0; i < round->done.n; i++) {
        id = round->done.v[i] > id ? round->done.v[i] : id;
    }
    return id;
}

static enum err transaction(struct round *round)
{
    TRY(db_begin(round->db, &(struct db_scope){.dataset = round->dataset}));
    TRY(sql_automate_plan(round->db, NULL));
    TRY(automate_book(round->automate, round->db, round->dataset, &round->book));
    TRY(automate_take(round));
    TRY(automate_look(round));
    automate_group(round);
    TRY(automate_apply(round));
    TRY(automate_finish(round));
    TRY(db_outgrow(round->db, newest(round)));
    return db_commit(round->db);
}

/* ---- what fails ---- */

static bool is_nobodys(enum err err)
{
    return err == ERR_CONFLICT || err == ERR_UNAVAILABLE;
}

static struct str why_of(struct arena *arena, const struct ctx *ctx, enum err err)
{
    if (err == ERR_TIMEOUT) {
        return STR("Its conditions take too long to look up.");
    }
    return str_is_null(ctx->why) ? STR("It could not be applied.") : arena_dup(arena, ctx->why);
}

/* The row waits longer, or is given up. */
static enum err put_off(struct round *failed, struct candidate *candidate, struct str why)
{
    struct round *round = failed;
    const struct sql_automate_failed_in in = {.dataset = round->dataset,
                                              .automation = candidate->automation->id,
                                              .row = candidate->pending,
                                              .why = why};
    TRY(db_begin(round->db, &(struct db_scope){.dataset = round->dataset}));
    TRY(sql_automate_failed(round->db, &in, NULL));
    if (candidate->tries + 1 >= AUTOMATE_TRIES) {
        struct sql_automate_run_ids_rows ids;
        int16_t cause = (int16_t)candidate->cause;
        TRY(sql_automate_run_ids(
            round->db,
            &(struct sql_automate_run_ids_in){.dataset = round->dataset,
                                              .automation = candidate->automation->id,
                                              .subject = {&candidate->subject, 1},
                                              .cause = {&cause, 1},
                                              .cause_id = {&candidate->cause_id, 1}},
            &ids));
        candidate->n_did = 1;
        candidate->did[0] = (struct automation_did){
            .text = arena_print(round->arena, "Given up after %d tries: %.*s", AUTOMATE_TRIES,
                                STR_ARG(why))};
        candidate->changed = candidate->acted = false;
        candidate->why = str_is_null(candidate->why) ? STR("") : candidate->why;
        candidate->run = ids.n > 0 ? ids.row[0].id : 0;
        TRY(ids.n > 0 ? automate_store_failed(round, candidate) : ERR_NONE);
        TRY(sql_automate_done(round->db,
                              &(struct sql_automate_done_in){.dataset = round->dataset,
                                                             .ids = {&candidate->pending, 1}},
                              NULL));
    }
    return db_commit(round->db);
}

static struct round begin(struct automate *automate, struct ctx *ctx, struct db *db,
                          int64_t dataset)
{
    ctx_clear(ctx);
    return (struct round){
        .automate = automate, .ctx = ctx, .arena = ctx->arena, .db = db, .dataset = dataset};
}

/* One row by itself. */
static enum err run_alone(struct automate *automate, struct ctx *ctx, struct db *db,
                          int64_t dataset, int64_t row)
{
    enum err err = ERR_CONFLICT;
    for (int i = 0; i < TRIES && err == ERR_CONFLICT; i++) {
        struct round round = begin(automate, ctx, db, dataset);
        round.alone_row = row;
        round.most = 1;
        err = transaction(&round);
        if (err == ERR_NONE) {
            return ERR_NONE;
        }
        db_rollback(db);
        if (!is_nobodys(err) && round.failing != 0) {
            struct str why = why_of(ctx->arena, ctx, err);
            log_event(LOG_WARN, ctx, "automate.failed", LOG_I64("automation", round.failing),
                      LOG_TEXT("err", err_name(err)), LOG_STR("why", why),
                      LOG_STR("detail", ctx->detail));
            ctx_clear(ctx);
            return put_off(&round, &round.candidates[0], why);
        }
    }
    return err;
}

/* Rows of an automation that failed among others. */
struct failed {
    int64_t *rows;
    size_t n, room;
    int64_t *automations;
    size_t n_automations;
};

static void note_failed(struct failed *failed, const struct round *round)
{
    struct arena *arena = round->arena;
    int64_t *rows = ARENA_ARRAY(arena, failed->n + round->n, int64_t);
    int64_t *automations = ARENA_ARRAY(arena, failed->n_automations + 1, int64_t);
    for (size_t i = 0; i < failed->n; i++) {
        rows[i] = failed->rows[i];
    }
    for (size_t i = 0; i < failed->n_automations; i++) {
        automations[i] = failed->automations[i];
    }
    for (size_t i = 0; i < round->n; i++) {
        if (round->candidates[i].automation->id == round->failing) {
            rows[failed->n++] = round->candidates[i].pending;
        }
    }
    automations[failed->n_automations++] = round->failing;
    failed->rows = rows;
    failed->automations = automations;
}

/* The others first, then what failed, row by row. */
static enum err run_dataset(struct automate *automate, struct ctx *ctx, struct db *db,
                            int64_t dataset, bool *out_more)
{
    struct failed failed = {.n = 0};
    enum err err = ERR_CONFLICT;
    bool many = false;
    for (int i = 0; err != ERR_NONE; i++) {
        struct round round = begin(automate, ctx, db, dataset);
        round.left = (struct sql_i64s){failed.automations, failed.n_automations};
        round.most = many ? AUTOMATE_BATCH : AUTOMATE_TAKEN;
        err = transaction(&round);
        many = many || round.many;
        *out_more = *out_more || round.more;
        if (err == ERR_NONE) {
            break;
        }
        db_rollback(db);
        if (!is_nobodys(err) && round.failing != 0) {
            note_failed(&failed, &round);
        } else if (err != ERR_CONFLICT || i >= TRIES) {
            return err;
        }
    }
    for (size_t i = 0; i < failed.n; i++) {
        TRY(run_alone(automate, ctx, db, dataset, failed.rows[i]));
    }
    return ERR_NONE;
}

enum err automate_rounds(struct automate *automate, struct ctx *ctx, struct db *db,
                         bool *out_found, bool *out_more)
{
    struct sql_automate_datasets_rows rows;
    *out_more = false;
    TRY(sql_automate_datasets(db, &rows));
    *out_found = rows.n > 0;
    for (size_t i = 0; i < rows.n; i++) {
        TRY(run_dataset(automate, ctx, db, rows.row[i].dataset, out_more));
    }
    return ERR_NONE;
}

/* ---- those who match already ---- */

static void add_enrolled(struct round *round, const struct automate_enrolment *enrolment,
                         const struct booked *automation)
{
    round->candidates = ARENA_ARRAY(round->arena, enrolment->ids.n, struct candidate);
    for (size_t i = 0; i < enrolment->ids.n; i++) {
        int64_t id = enrolment->ids.v[i];
        round->candidates[round->n++] =
            (struct candidate){.automation = automation,
                               .cause = CAUSE_ENROLLED,
                               .cause_id = enrolment->progress,
                               .cause_at = round->now,
                               .about = enrolment->leads ? -id : id};
    }
}

enum err automate_enrol(struct automate *automate, struct ctx *ctx, struct db *db,
                        const struct automate_enrolment *enrolment, int32_t *out_done)
{
    struct round round = begin(automate, ctx, db, enrolment->dataset);
    TRY(sql_automate_plan(db, NULL));
    TRY(automate_book(automate, db, enrolment->dataset, &round.book));
    const struct booked *automation = book_find(round.book, enrolment->automation);
    if (automation == NULL || automation->version != enrolment->version) {
        return ctx_fail(ctx, ERR_NOT_FOUND,
                        "The automation was switched off or changed meanwhile.");
    }
    round.enrolment = enrolment->operation;
    round.now = clock_now();
    add_enrolled(&round, enrolment, automation);
    TRY(automate_look(&round));
    automate_group(&round);
    TRY(automate_apply(&round));
    *out_done = 0;
    for (size_t i = 0; i < round.n; i++) {
        *out_done += round.candidates[i].acted ? 1 : 0;
    }
    int32_t changed = 0;
    for (size_t i = 0; i < round.n_operations; i++) {
        changed += round.operations[i].n;
    }
    return operation_end(db, enrolment->dataset, enrolment->operation, changed,
                         (struct str){.p = NULL});
}

/* ---- the service ---- */

struct state {
    struct automate *automate;
    int wait_ms;
    struct queue_hint hint;
};

static void free_automate(void *automate)
{
    automate_free(automate);
}

static enum err step(struct service *service, int *out_wait_ms)
{
    struct state *state = service->state;
    bool found, more;
    if (state->automate == NULL) {
        state->automate = automate_new(service->config);
        arena_defer(service->keep, free_automate, state->automate);
    }
    TRY(automate_rounds(state->automate, service->ctx, service->db, &found, &more));
    if (found) {
        state->hint.off = !service->config->notify;
        queue_wake(&state->hint, service->db);
    }
    service_pace(&state->wait_ms, more, found, FAST_MS, SLOW_MS);
    *out_wait_ms = state->wait_ms;
    return ERR_NONE;
}

const struct service_kind automate_service = {
    .name = "automate", .lock = LOCK, .state_size = sizeof(struct state), .step = step};
