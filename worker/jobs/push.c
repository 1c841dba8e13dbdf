/*
 * push: brings what waits for a CRM there, one company after the other. Payload
 * {"integration": "12"}. How nothing comes to be there twice is said in crm.h.
 */
#include "worker/kinds.h"

#include "gen/sql.h"
#include "shared/cards.h"
#include "shared/clock.h"
#include "worker/crm.h"

#define WINDOW 2000
#define RUN_US (60 * CLOCK_SECOND)
#define RUN_MOST 40
#define MEMORY_MOST ((size_t)60 << 20)
#define BUSY_S 5 /* when another still pushes the same company */

struct pushing {
    struct run *run;
    struct delivery_target target;
    bool resting;
    int64_t busy[RUN_MOST]; /* lanes that were tried in this run */
    size_t n;
};

/* ---- one of them ---- */

/* Different datasets may have the same company, and push it to the same place. */
static struct str lock_of(const struct crm *crm)
{
    struct arena *arena = crm->run->ctx->arena;
    const char *kind = integration_kind_word(crm->target->kind);
    if (crm->has_company && !str_is_empty(crm->company.domain)) {
        return arena_print(arena, "%s/%.*s", kind, STR_ARG(crm->company.domain));
    }
    return arena_print(
        arena, "%s/%lld/%lld", kind, (long long)crm->target->dataset,
        (long long)(crm->has_company ? crm->company.ids.v[0] : -crm->people[0].ids.v[0]));
}

static enum err push_locked(struct crm *crm)
{
    struct sql_crm_lock held;
    struct sql_crm_unlock freed;
    struct str lock = lock_of(crm);
    TRY(sql_crm_lock(crm->run->db, &(struct sql_crm_lock_in){.what = lock}, &held));
    if (!held.held) {
        crm->result->outcome = ATTEMPT_HELD;
        crm->result->retry_after_s = BUSY_S;
        crm->result->error = STR("Another push of this company is under way.");
        return ERR_LIMIT;
    }
    enum err err =
        crm->target->kind == INTEGRATION_PIPEDRIVE ? pipedrive_push(crm) : hubspot_push(crm);
    db_rollback(crm->run->db); /* what a failure left open */
    enum err unlocked =
        sql_crm_unlock(crm->run->db, &(struct sql_crm_unlock_in){.what = lock}, &freed);
    return err != ERR_NONE ? err : unlocked;
}

static enum err push(struct crm *crm)
{
    if (str_eq(crm->delivery->type, STR(OUTBOX_TEST))) {
        return crm->target->kind == INTEGRATION_PIPEDRIVE ? pipedrive_test(crm)
                                                          : hubspot_test(crm);
    }
    enum err err = crm_load(crm);
    if (err == ERR_NOT_FOUND) {
        return crm_fail(crm, true,
                        STR("There is nobody to push: the company is hidden or gone, "
                            "or the lead has no address."));
    }
    TRY(err);
    return push_locked(crm);
}

/* ---- its history ---- */

static bool is_final(const struct crm *crm)
{
    const struct delivery_result *result = crm->result;
    return result->outcome == ATTEMPT_WELL ||
           (result->outcome == ATTEMPT_FAILED &&
            (result->hopeless || crm->delivery->attempts + 1 >= DELIVERY_ATTEMPTS));
}

/* In the transaction that is open. user: who asked for it is in the outbox. */
static enum err write_history(struct crm *crm)
{
    struct sb sb;
    struct sql_crm_ledger_in in = {.dataset = crm->target->dataset,
                                   .card = crm->delivery->card,
                                   .user = crm->delivery->user,
                                   .user_null = crm->delivery->user == 0};
    if (crm->delivery->card == 0 || !is_final(crm)) {
        return ERR_NONE;
    }
    sb_init(&sb, crm->run->ctx->arena, 8000);
    sb_printf(&sb, "{\"integration_id\":\"%lld\",\"delivery\":\"%lld\",\"well\":%s,\"to\":",
              (long long)crm->target->integration, (long long)crm->delivery->id,
              crm->result->outcome == ATTEMPT_WELL ? "true" : "false");
    json_write_str(&sb, crm->target->name);
    SB_LIT(&sb, ",\"what\":");
    json_write_str(&sb, sb_view(&crm->did));
    SB_LIT(&sb, ",\"why\":");
    json_write_str(&sb, crm->result->outcome == ATTEMPT_WELL
                            ? sb_view(&crm->note)
                            : str_cut(crm->result->error, 500));
    sb_char(&sb, '}');
    TRY(sb_done(&sb, &in.detail));
    return sql_crm_ledger(crm->run->db, &in, NULL);
}

static enum err finish_one(struct pushing *pushing, struct crm *crm)
{
    struct run *run = pushing->run;
    bool resting = false;
    crm->result->exchanges = crm->exchanges;
    crm->result->n_exchanges = crm->n_exchanges;
    crm->result->note = crm->note.n > 0 ? sb_view(&crm->note) : (struct str){.p = NULL};
    TRY(run_begin(run));
    TRY(run_fence(run));
    TRY(delivery_write(run, &pushing->target, crm->result, 1, &resting));
    TRY(write_history(crm));
    TRY(db_commit(run->db));
    pushing->resting = pushing->resting || resting;
    return ERR_NONE;
}

static enum err push_one(struct pushing *pushing, const struct delivery *delivery)
{
    struct run *run = pushing->run;
    struct crm *crm = ARENA_NEW(run->ctx->arena, struct crm);
    struct delivery_result result = {.delivery = *delivery, .outcome = ATTEMPT_FAILED};
    *crm = (struct crm){
        .run = run, .target = &pushing->target, .delivery = delivery, .result = &result};
    if (pushing->target.kind == INTEGRATION_PIPEDRIVE) {
        pipedrive_begin(crm);
    } else {
        hubspot_begin(crm);
    }
    enum err err = push(crm);
    if (err == ERR_NONE) {
        crm_forgive(crm);
        result.outcome = ATTEMPT_WELL;
    } else if (str_is_null(result.error)) {
        return err; /* of the database: the lease was lost, say */
    }
    db_rollback(run->db);
    ctx_clear(run->ctx);
    return finish_one(pushing, crm);
}

/* ---- all that are due ---- */

static struct delivery read_row(const struct sql_outbox_take *row)
{
    return (struct delivery){.id = row->id,
                             .lane = row->lane,
                             .uid = row->uid,
                             .type = row->type,
                             .data = row->data,
                             .at = row->at,
                             .first_at = row->first_at_null ? 0 : row->first_at,
                             .attempts = row->attempts,
                             .card = row->card_null ? 0 : row->card,
                             .account = row->account_null ? 0 : row->account,
                             .lead = row->lead_null ? 0 : row->lead,
                             .user = row->user_id_null ? 0 : row->user_id};
}

static enum err next(struct pushing *pushing, struct delivery *out)
{
    struct sql_outbox_take_rows rows;
    const struct sql_outbox_take_in in = {.dataset = pushing->target.dataset,
                                          .integration = pushing->target.integration,
                                          .after = 0,
                                          .busy = {pushing->busy, pushing->n},
                                          .window = WINDOW,
                                          .most = 1};
    TRY(sql_outbox_take(pushing->run->db, &in, &rows));
    if (rows.n == 0 || rows.row[0].id_null) {
        return ERR_NOT_FOUND;
    }
    *out = read_row(&rows.row[0]);
    return ERR_NONE;
}

static enum err push_all(struct pushing *pushing)
{
    struct run *run = pushing->run;
    int64_t end_us = clock_monotonic() + RUN_US;
    while (!pushing->resting && pushing->n < RUN_MOST && clock_monotonic() < end_us &&
           !atomic_load(run->stop) && arena_used(run->ctx->arena) < MEMORY_MOST) {
        struct delivery *delivery = ARENA_NEW(run->ctx->arena, struct delivery);
        enum err err = next(pushing, delivery);
        if (err == ERR_NOT_FOUND) {
            return ERR_NONE;
        }
        TRY(err);
        TRY(push_one(pushing, delivery));
        pushing->busy[pushing->n++] = delivery->lane;
    }
    return ERR_NONE;
}

enum err job_push(struct run *run)
{
    struct pushing *pushing = ARENA_NEW(run->ctx->arena, struct pushing);
    pushing->run = run;
    enum err err = delivery_open(run, &pushing->target);
    if (err == ERR_NOT_FOUND || (err == ERR_NONE && pushing->target.n_secrets == 0)) {
        db_rollback(run->db);
        ctx_clear(run->ctx);
        return ERR_NONE;
    }
    TRY(err);
    return push_all(pushing);
}
