#include "tests/db/testjobs.h"

#include "shared/clock.h"
#include "worker/claim.h"
#include "worker/members.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

void testjobs_run(struct testdb *t)
{
    const struct sql_worker_start_in start = {.host = STR("here"), .pid = 1, .slots = 8};
    struct sql_worker_start row;
    assert_int_equal(sql_worker_start(t->db, &start, &row), ERR_NONE);
    struct claimer *claimer = claim_new(t->ctx.arena);
    struct claim_room room = {.slots = 8};
    for (size_t i = 0; i < JOB_KIND__END; i++) {
        room.of[i] = 8;
    }
    size_t due;
    struct claim claim;
    assert_int_equal(claim_sweep(claimer, t->db, clock_monotonic(), &due), ERR_NONE);
    assert_int_equal(
        claim_jobs(claimer, t->db, &room, row.incarnation, clock_monotonic(), &claim),
        ERR_NONE);
    struct runner runner = {.ctx.arena = arena_new((size_t)64 << 20),
                            .db = db_new(t->conninfo, "leadboard_worker")};
    for (size_t i = 0; i < claim.n; i++) {
        runner_run(&runner, &claim.batches[i], row.incarnation);
    }
    db_free(runner.db);
    arena_free(runner.ctx.arena);
}

int testjobs_follow(struct testdb *t)
{
    static const atomic_bool stop = false;
    struct ctx ctx = {.arena = arena_new((size_t)64 << 20)};
    struct db *db = db_new(t->conninfo, "leadboard_worker");
    bool found = true, more;
    int rounds = 0;
    while (found) {
        ctx_reset(&ctx, STR("members"));
        db_use(db, &ctx);
        enum err err = members_follow(&ctx, db, &stop, &found, &more);
        if (err != ERR_NONE) {
            fail_msg("members: %s: %.*s %.*s", err_name(err), STR_ARG(ctx.why),
                     STR_ARG(ctx.detail));
        }
        rounds += found ? 1 : 0;
    }
    db_free(db);
    arena_free(ctx.arena);
    return rounds;
}
