/* derive DATABASE-URL BATCH: reads the event log to its end as the worker does, without cards
 * going out to anybody, and prints: events, batches, seconds, and the median and slowest batch
 * in milliseconds. */
#include "shared/clock.h"
#include "worker/derive.h"

#define BATCHES_MAX 1000000

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    int64_t batch, events = 0, n = 0, done = 1;
    if (argc != 3 || !str_to_i64(str_from(argv[2]), &batch) || batch < 1) {
        (void)fprintf(stderr, "usage: derive DATABASE-URL BATCH\n");
        return 2;
    }
    struct ctx ctx = {.arena = arena_new((size_t)1 << 30)};
    struct arena *keep = arena_new((size_t)64 << 20);
    int64_t *took = ARENA_ARRAY(keep, BATCHES_MAX, int64_t);
    struct db *db = db_new(str_from(argv[1]), "leadboard_worker");
    int64_t start = clock_monotonic();
    while (done > 0 && n < BATCHES_MAX) {
        int64_t from = clock_monotonic();
        if (derive_batch(&ctx, db, batch, &done) != ERR_NONE) {
            (void)fprintf(stderr, "derive: %.*s\n", STR_ARG(ctx.detail));
            return 1;
        }
        took[n] = clock_monotonic() - from;
        n += done > 0 ? 1 : 0;
        events += done;
        ctx_reset(&ctx, STR("bench"));
    }
    double seconds = (double)(clock_monotonic() - start) / 1e6;
    qsort(took, (size_t)n, sizeof(*took), compare);
    (void)printf("%lld %lld %.3f %.2f %.2f\n", (long long)events, (long long)n, seconds,
                 n ? (double)took[n / 2] / 1e3 : 0, n ? (double)took[n - 1] / 1e3 : 0);
    db_free(db);
    arena_free(keep);
    arena_free(ctx.arena);
    return 0;
}
