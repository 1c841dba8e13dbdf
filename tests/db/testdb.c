#include "tests/db/testdb.h"

#include "shared/migrate.h"

#include <unistd.h>

#define ARENA_CAP ((size_t)256 << 20)

static _Noreturn void die(const struct testdb *t, const char *what)
{
    (void)fprintf(stderr, "testdb: %s: %.*s\n", what, STR_ARG(t->ctx.detail));
    exit(1);
}

static void must(struct testdb *t, enum err err, const char *what)
{
    if (err != ERR_NONE) {
        die(t, what);
    }
}

/* The same server, another database: in a URL the path, else a later dbname= wins. */
static struct str with_database(struct testdb *t, struct str name)
{
    struct str url = t->admin;
    if (!str_starts(url, STR("postgres"))) {
        return arena_print(t->keep, "%.*s dbname=%.*s", STR_ARG(url), STR_ARG(name));
    }
    size_t host = str_find(url, '/') + 2;
    size_t query = str_find(url, '?');
    struct str rest = str_slice(url, host, query);
    size_t path = host + str_find(rest, '/');
    return arena_print(t->keep, "%.*s/%.*s%.*s", STR_ARG(str_slice(url, 0, path)),
                       STR_ARG(name), STR_ARG(str_slice(url, query, url.n)));
}

static void exec_as_admin(struct testdb *t, struct str sql)
{
    struct db *db = db_new(t->admin, NULL);
    db_use(db, &t->ctx);
    must(t, db_exec_text(db, sql), "as the superuser");
    db_free(db);
}

void testdb_open(struct testdb *t, bool migrated)
{
    const char *url = getenv("TEST_DATABASE_URL");
    if (url == NULL) {
        (void)fprintf(stderr, "TEST_DATABASE_URL is not set\n");
        exit(77);
    }
    *t = (struct testdb){.ctx = {.arena = arena_new(ARENA_CAP)}, .keep = arena_new(ARENA_CAP)};
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    t->admin = str_from(url);
    t->name = arena_print(t->keep, "test_%d_%ld", (int)getpid(), now.tv_nsec);
    t->conninfo = with_database(t, t->name);
    exec_as_admin(t, arena_print(t->keep, "create database %.*s", STR_ARG(t->name)));
    t->db = testdb_connect(t, NULL);
    if (migrated) {
        must(t, migrate_run(t->db, &t->ctx, NULL), "migrate");
    }
}

void testdb_close(struct testdb *t)
{
    db_free(t->db);
    ctx_clear(&t->ctx);
    exec_as_admin(t, arena_print(t->keep, "drop database %.*s with (force)", STR_ARG(t->name)));
    arena_free(t->ctx.arena);
    arena_free(t->keep);
}

struct db *testdb_connect(struct testdb *t, const char *role)
{
    struct db *db = db_new(t->conninfo, role);
    db_use(db, &t->ctx);
    return db;
}

void testdb_exec(struct testdb *t, const char *sql)
{
    must(t, db_exec_text(t->db, str_from(sql)), sql);
}

int64_t testdb_i64(struct testdb *t, const char *sql)
{
    struct db_result result;
    must(t, db_query(t->db, str_from(sql), NULL, 0, &result), sql);
    if (result.n_rows != 1 || db_cell(&result, 0, 0)->null) {
        die(t, sql);
    }
    const struct db_value *cell = db_cell(&result, 0, 0);
    return cell->type == DB_INTEGER ? cell->as.integer : cell->as.bigint;
}

int testdb_reset(void **state)
{
    struct testdb *t = *state;
    db_use(t->db, &t->ctx);
    ctx_reset(&t->ctx, STR("test"));
    return 0;
}
