#include "shared/migrate.h"

#include "shared/db_value.h"
#include "shared/log.h"

/* Any constant will do; it only has to be the same in every program. */
#define LOCK_KEY "7165420931"

static const char create_table[] =
    "select pg_advisory_xact_lock(" LOCK_KEY ");"
    "create table if not exists schema_migration ("
    " name text primary key, applied_at timestamptz not null default now());"
    "grant select on schema_migration to public;";

static enum err is_applied(struct db *db, const char *name, bool *out_applied)
{
    struct db_value value = DB_VALUE_TEXT(str_from(name));
    struct db_result result;
    TRY(db_query(db, STR("select from schema_migration where name = $1"), &value, 1, &result));
    *out_applied = result.n_rows != 0;
    return ERR_NONE;
}

static enum err apply(struct db *db, struct ctx *ctx, const struct migration *migration)
{
    struct db_value name = DB_VALUE_TEXT(str_from(migration->name));
    struct db_result result;
    if (db_exec_text(db, str_from(migration->sql)) != ERR_NONE) {
        struct str detail =
            arena_print(ctx->arena, "migration=%s %.*s", migration->name, STR_ARG(ctx->detail));
        ctx_clear(ctx);
        return ctx_fail_detail(ctx, ERR_INTERNAL, detail, "Migration %s failed.",
                               migration->name);
    }
    TRY(db_query(db, STR("insert into schema_migration (name) values ($1)"), &name, 1,
                 &result));
    return ERR_NONE;
}

/* One transaction; the lock in it makes a second program wait, and find it applied. */
static enum err apply_if_missing(struct db *db, struct ctx *ctx,
                                 const struct migration *migration, int *applied)
{
    bool done = false;
    TRY(db_begin(db, NULL));
    TRY(db_exec_text(db, STR("select pg_advisory_xact_lock(" LOCK_KEY ")")));
    TRY(is_applied(db, migration->name, &done));
    if (done) {
        db_rollback(db);
        return ERR_NONE;
    }
    TRY(apply(db, ctx, migration));
    TRY(db_commit(db));
    (*applied)++;
    log_event(LOG_INFO, ctx, "migration.applied", LOG_TEXT("name", migration->name));
    return ERR_NONE;
}

static bool is_known(struct str name)
{
    for (const struct migration *m = migrations; m->name != NULL; m++) {
        if (str_eq(name, str_from(m->name))) {
            return true;
        }
    }
    return false;
}

static enum err refuse_newer(struct db *db, struct ctx *ctx)
{
    struct db_result result;
    TRY(db_query(db, STR("select name from schema_migration order by name"), NULL, 0, &result));
    for (size_t i = 0; i < result.n_rows; i++) {
        struct str name = db_cell(&result, i, 0)->as.text;
        if (!is_known(name)) {
            return ctx_fail(ctx, ERR_CONFLICT,
                            "The database was migrated by a newer version of LeadBoard: it has "
                            "\"%.*s\", which this version does not know.",
                            STR_ARG(name));
        }
    }
    return ERR_NONE;
}

enum err migrate_run(struct db *db, struct ctx *ctx, int *out_applied)
{
    int applied = 0;
    db_use(db, ctx);
    enum err err = db_exec_text(db, str_from(create_table));
    if (err == ERR_NONE) {
        err = refuse_newer(db, ctx);
    }
    for (const struct migration *m = migrations; err == ERR_NONE && m->name != NULL; m++) {
        err = apply_if_missing(db, ctx, m, &applied);
    }
    db_rollback(db);
    if (err == ERR_NONE && out_applied != NULL) {
        *out_applied = applied;
    }
    return err;
}

enum err migrate_is_current(struct db *db, struct ctx *ctx, bool *out_current)
{
    struct db_result result;
    db_use(db, ctx);
    TRY(db_query(db, STR("select to_regclass('schema_migration') is not null"), NULL, 0,
                 &result));
    if (!db_cell(&result, 0, 0)->as.boolean) {
        *out_current = false;
        return ERR_NONE;
    }
    for (const struct migration *m = migrations; m->name != NULL; m++) {
        bool applied = false;
        TRY(is_applied(db, m->name, &applied));
        if (!applied) {
            *out_current = false;
            return ERR_NONE;
        }
    }
    *out_current = true;
    return ERR_NONE;
}
