/* leadboard-worker: runs background jobs, follows the event log, publishes changes. Any number
 * of them, on any number of machines. */
#include "shared/config.h"
#include "shared/crypt.h"
#include "shared/memory.h"
#include "worker/loop.h"

#include <malloc.h>
#include <signal.h>
#include <uv.h>

#define ARENA_CAP ((size_t)16 << 20)
#define POOL_EXTRA 2 /* the control connection, and stopping a statement */

/* Sessions of the worker: statements are planned for the size of the batch and of the table as
 * they are; nothing waits, or holds locks, for long. A conninfo with options of its own has its
 * way. */
static const char session_options[] =
    "-c plan_cache_mode=force_custom_plan -c statement_timeout=30s -c lock_timeout=2s "
    "-c idle_in_transaction_session_timeout=15s";

int main(int argc, char **argv)
{
    /* One heap for all threads: they are many and allocate little. */
    (void)mallopt(M_ARENA_MAX, 1);
    struct arena *arena = arena_new(ARENA_CAP);
    struct ctx ctx = {.arena = arena};
    struct config config;
    int status = config_start(&ctx, CONFIG_WORKER, "worker", argc, argv, &config);
    if (status < 0) {
        if (!crypt_init()) {
            return 1;
        }
        (void)signal(SIGPIPE, SIG_IGN);
        (void)setenv("PGOPTIONS", session_options, 0);
        struct str pool = arena_print(arena, "%lld", (long long)config.slots + POOL_EXTRA);
        (void)uv_os_setenv("UV_THREADPOOL_SIZE", pool.p);
        memory_settle();
        status = loop_run(arena, &config);
    }
    arena_free(arena);
    return status;
}
