#include "shared/clock.h"
#include "shared/log.h"
#include "worker/derive_parts.h"
#include "worker/rebuild.h"

#define TRIES 4

/* A restored dump counts transactions from elsewhere: what is undone gets ids of here. */
static enum err anchor(struct derive *d)
{
    struct sql_derive_anchor anchored;
    TRY(sql_derive_anchor(d->db, &anchored));
    log_event(LOG_WARN, d->ctx, "derive.anchored", LOG_STR("was", d->cursor.epoch),
              LOG_STR("is", d->cursor.epoch_now), LOG_I64("undone", anchored.undone));
    return sql_derive_lock(d->db, &d->cursor);
}

static enum err lock_cursor(struct derive *d)
{
    TRY(sql_derive_plan_send(d->db));
    TRY(sql_derive_lock_send(d->db));
    TRY(sql_derive_plan_take(d->db, NULL));
    enum err err = sql_derive_lock_take(d->db, &d->cursor);
    if (err == ERR_NOT_FOUND) {
        TRY(sql_derive_start(d->db, NULL));
        err = sql_derive_lock(d->db, &d->cursor);
    }
    TRY(err);
    d->max_id = d->cursor.max_id;
    d->rebuilding = !d->cursor.rebuild_xid_null;
    return str_eq(d->cursor.epoch, d->cursor.epoch_now) ? ERR_NONE : anchor(d);
}

static enum err load(struct derive *d)
{
    TRY(derive_scoring_load(d));
    TRY(derive_visitors_load(d));
    TRY(derive_identities_settle(d));
    derive_emails_collect(d);
    return derive_leads_load(d);
}

static enum err derive_all(struct derive *d)
{
    TRY(load(d));
    for (size_t i = 0; i < d->n_visitors; i++) {
        if (d->visitors[i].n_events > 0) {
            derive_sessions(d, &d->visitors[i]);
        }
    }
    derive_leads_count(d);
    derive_people_follow(d);
    TRY(derive_leads_number(d));
    TRY(derive_store_sessions(d));
    TRY(derive_leads_recount(d));
    TRY(derive_profiles(d));
    TRY(derive_accounts(d));
    derive_leads_score(d);
    derive_accounts_count(d);
    TRY(derive_store_leads(d));
    TRY(derive_hits_store(d));
    TRY(derive_scores_store(d));
    TRY(derive_told(d));
    return derive_cards(d);
}

static enum err move_cursor(struct derive *d)
{
    struct sql_derive_cursor_in cursor = {
        .xid = d->end_xid, .id = d->end_id, .max_id = d->max_id};
    return sql_derive_cursor(d->db, &cursor, NULL);
}

static enum err transaction(struct derive *d, int64_t limit)
{
    TRY(db_begin(d->db, NULL));
    TRY(lock_cursor(d));
    TRY(derive_events_load(d, limit));
    if (d->n_events == 0 && d->rebuilding) {
        TRY(rebuild_finish(d->db));
        d->rebuilding = false;
        TRY(derive_events_load(d, limit));
    }
    if (d->n_events > 0) {
        TRY(derive_users_load(d));
        TRY(derive_all(d));
        TRY(derive_users_store(d));
        TRY(derive_rules(d));
        TRY(move_cursor(d));
    }
    TRY(db_outgrow(d->db, d->max_id));
    return db_commit(d->db);
}

enum err derive_batch_by(struct ctx *ctx, struct db *db, struct revised *rules, int64_t limit,
                         int64_t *out_events)
{
    enum err err = ERR_CONFLICT;
    for (int i = 0; i < TRIES && err == ERR_CONFLICT; i++) {
        struct derive d = {.ctx = ctx,
                           .arena = ctx->arena,
                           .db = db,
                           .now = clock_now(),
                           .again_max = DERIVE_AGAIN_MAX,
                           .rules = rules};
        ctx_clear(ctx);
        db_use(db, ctx);
        err = transaction(&d, limit);
        if (err == ERR_NONE) {
            *out_events = (int64_t)d.n_events;
            return ERR_NONE;
        }
        db_rollback(db);
    }
    return err;
}

/* As if a batch ended where the log has been read to. */
static enum err begin_again(struct derive *d, struct ctx *ctx, struct db *db)
{
    *d = (struct derive){.ctx = ctx,
                         .arena = ctx->arena,
                         .db = db,
                         .now = clock_now(),
                         .again_max = DERIVE_WHOLE_MAX};
    TRY(lock_cursor(d));
    d->end_xid = d->cursor.xid;
    d->end_id = d->cursor.id;
    return ERR_NONE;
}

enum err derive_again(struct ctx *ctx, struct db *db, int64_t dataset,
                      const struct str *visitors, size_t n)
{
    struct derive d;
    int64_t *datasets = ARENA_ARRAY(ctx->arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        datasets[i] = dataset;
    }
    TRY(begin_again(&d, ctx, db));
    derive_visitors_force(&d, datasets, visitors, n);
    return n > 0 ? derive_all(&d) : ERR_NONE;
}

enum err derive_again_lead(struct ctx *ctx, struct db *db, int64_t dataset, int64_t lead)
{
    struct derive d;
    TRY(begin_again(&d, ctx, db));
    d.again_dataset = dataset;
    d.again_lead = lead;
    return derive_all(&d);
}

enum err derive_batch(struct ctx *ctx, struct db *db, int64_t limit, int64_t *out_events)
{
    struct revised *rules = rules_new();
    enum err err = derive_batch_by(ctx, db, rules, limit, out_events);
    revised_free(rules);
    return err;
}
