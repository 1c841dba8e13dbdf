/* enqueue DATABASE-URL DATASET RATE SECONDS: adds no-op jobs at that rate as a program would,
 * each in a transaction of its own with the hint after it, and prints each job's id and when
 * its commit was answered (microseconds since 1970). */
#include "shared/clock.h"
#include "shared/queue.h"

#include <poll.h>

struct plan {
    int64_t dataset, rate, seconds;
};

static enum err add(struct db *db, struct queue_hint *hint, int64_t dataset)
{
    int64_t id;
    const struct db_scope scope = {.dataset = dataset};
    TRY(db_begin(db, &scope));
    TRY(queue_add(db, JOB_NOOP, &(struct queue_job){.dataset = dataset}, NULL, &id));
    TRY(db_commit(db));
    int64_t committed_at = clock_now();
    queue_wake(hint, db);
    (void)printf("%lld %lld\n", (long long)id, (long long)committed_at);
    return ERR_NONE;
}

static enum err add_all(struct ctx *ctx, struct db *db, const struct plan *plan)
{
    struct queue_hint hint = {.off = false};
    int64_t start = clock_monotonic();
    for (int64_t i = 0; i < plan->rate * plan->seconds; i++) {
        int64_t due = start + i * CLOCK_SECOND / plan->rate;
        int64_t wait_us = due - clock_monotonic();
        if (wait_us > 0) {
            (void)poll(NULL, 0, (int)(wait_us / 1000));
        }
        ctx_reset(ctx, STR("enqueue"));
        TRY(add(db, &hint, plan->dataset));
    }
    return ERR_NONE;
}

static bool number(const char *text, int64_t *out)
{
    return str_to_i64(str_from(text), out) && *out > 0;
}

int main(int argc, char **argv)
{
    struct plan plan;
    if (argc != 5 || !number(argv[2], &plan.dataset) || !number(argv[3], &plan.rate) ||
        !number(argv[4], &plan.seconds)) {
        (void)fprintf(stderr, "usage: enqueue DATABASE-URL DATASET RATE SECONDS\n");
        return 2;
    }
    struct ctx ctx = {.arena = arena_new((size_t)1 << 20)};
    struct db *db = db_new(str_from(argv[1]), NULL);
    db_use(db, &ctx);
    enum err err = add_all(&ctx, db, &plan);
    if (err != ERR_NONE) {
        (void)fprintf(stderr, "enqueue: %.*s\n", STR_ARG(ctx.detail));
    }
    db_free(db);
    arena_free(ctx.arena);
    return err == ERR_NONE ? 0 : 1;
}
