#include "worker/service.h"

#include "gen/sql.h"
#include "shared/log.h"

#include <uv.h>

#define ARENA_CAP ((size_t)512 << 20)
#define KEEP_CAP ((size_t)1 << 20)
#define LOCK_WAIT_MS 2000
#define ERROR_WAIT_MS 1000

struct service_thread {
    const struct service_kind *kind;
    struct service service;
    struct ctx ctx;
    int32_t backend; /* whose session holds the lock; 0: not held */
    atomic_bool stop, ended;
    uv_thread_t thread;
    uv_mutex_t mutex;
    uv_cond_t wake;
};

void service_pace(int *wait_ms, bool more, bool found, int fast_ms, int slow_ms)
{
    if (more) {
        *wait_ms = 0;
    } else if (found || *wait_ms < fast_ms) {
        *wait_ms = fast_ms;
    } else {
        *wait_ms = *wait_ms * 2 > slow_ms ? slow_ms : *wait_ms * 2;
    }
}

/* The connection may be another one than a moment ago, and then the lock is not ours. */
static enum err hold_lock(struct service_thread *thread, bool *out_held)
{
    const struct sql_service_lock_in in = {.lock = thread->kind->lock,
                                           .backend = thread->backend};
    struct sql_service_lock row;
    TRY(sql_service_lock(thread->service.db, &in, &row));
    thread->service.fresh = row.held && row.backend != thread->backend;
    if (thread->service.fresh) {
        log_event(LOG_INFO, NULL, "service.taken", LOG_TEXT("service", thread->kind->name));
    }
    thread->backend = row.held ? row.backend : 0;
    *out_held = row.held;
    return ERR_NONE;
}

static enum err round_once(struct service_thread *thread, int *out_wait_ms)
{
    bool held;
    TRY(hold_lock(thread, &held));
    if (!held) {
        *out_wait_ms = LOCK_WAIT_MS;
        return ERR_NONE;
    }
    return thread->kind->step(&thread->service, out_wait_ms);
}

static void pause_for(struct service_thread *thread, int wait_ms)
{
    uv_mutex_lock(&thread->mutex);
    if (wait_ms > 0 && !atomic_load(&thread->stop)) {
        (void)uv_cond_timedwait(&thread->wake, &thread->mutex, (uint64_t)wait_ms * 1000000);
    }
    uv_mutex_unlock(&thread->mutex);
}

static void thread_main(void *argument)
{
    struct service_thread *thread = argument;
    while (!atomic_load(&thread->stop)) {
        int wait_ms = ERROR_WAIT_MS;
        ctx_reset(&thread->ctx, str_from(thread->kind->name));
        db_use(thread->service.db, &thread->ctx);
        enum err err = round_once(thread, &wait_ms);
        if (err != ERR_NONE) {
            wait_ms = ERROR_WAIT_MS;
            log_event(err == ERR_UNAVAILABLE ? LOG_WARN : LOG_ERROR, &thread->ctx,
                      "service.failed", LOG_TEXT("err", err_name(err)),
                      LOG_STR("why", thread->ctx.why), LOG_STR("detail", thread->ctx.detail));
        }
        db_unuse(thread->service.db);
        pause_for(thread, wait_ms);
    }
    atomic_store(&thread->ended, true);
}

struct service_thread *service_start(struct arena *arena, const struct service_kind *kind,
                                     const struct config *config)
{
    struct service_thread *thread = ARENA_NEW(arena, struct service_thread);
    thread->kind = kind;
    thread->ctx.arena = arena_new(ARENA_CAP);
    struct arena *keep = arena_new(KEEP_CAP);
    thread->service =
        (struct service){.ctx = &thread->ctx,
                         .db = db_new(config->database_url_worker, "leadboard_worker"),
                         .config = config,
                         .stop = &thread->stop,
                         .state = arena_alloc(keep, kind->state_size + 1),
                         .keep = keep};
    if (uv_mutex_init(&thread->mutex) != 0 || uv_cond_init(&thread->wake) != 0 ||
        uv_thread_create(&thread->thread, thread_main, thread) != 0) {
        log_event(LOG_ERROR, NULL, "service.failed", LOG_TEXT("service", kind->name),
                  LOG_TEXT("why", "no thread could be started"));
        abort();
    }
    return thread;
}

void service_stop(struct service_thread *thread)
{
    uv_mutex_lock(&thread->mutex);
    atomic_store(&thread->stop, true);
    uv_cond_signal(&thread->wake);
    uv_mutex_unlock(&thread->mutex);
}

bool service_has_ended(const struct service_thread *thread)
{
    return atomic_load(&thread->ended);
}

void service_cancel(struct service_thread *thread)
{
    db_cancel(thread->service.db);
}

void service_join(struct service_thread *thread)
{
    (void)uv_thread_join(&thread->thread);
    db_free(thread->service.db);
    arena_free(thread->service.keep);
    arena_free(thread->ctx.arena);
    uv_cond_destroy(&thread->wake);
    uv_mutex_destroy(&thread->mutex);
}
