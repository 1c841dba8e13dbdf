#include "worker/hint.h"

#include "shared/db_listen.h"
#include "shared/queue.h"

#include <poll.h>
#include <stdatomic.h>

#define ARENA_CAP ((size_t)1 << 20)
#define POLL_MS 500 /* how soon the thread sees that it should end */
#define RECONNECT_MS 2000

struct hint {
    struct ctx ctx;
    struct db_listen *listen;
    void (*on_hint)(void *data);
    void *data;
    uv_async_t async;
    uv_thread_t thread;
    atomic_bool stop;
    bool started;
};

static void on_async(uv_async_t *async)
{
    struct hint *hint = async->data;
    hint->on_hint(hint->data);
}

/* Having just connected counts as a hint: some may have been missed. */
static bool open_listen(struct hint *hint)
{
    ctx_reset(&hint->ctx, STR("hint"));
    if (db_listen_open(hint->listen, &hint->ctx) == ERR_NONE) {
        (void)uv_async_send(&hint->async);
        return true;
    }
    log_event(LOG_WARN, &hint->ctx, "hint.unavailable", LOG_STR("detail", hint->ctx.detail));
    for (int ms = 0; ms < RECONNECT_MS && !atomic_load(&hint->stop); ms += 100) {
        (void)poll(NULL, 0, 100);
    }
    return false;
}

static void listen_once(struct hint *hint)
{
    struct pollfd fd = {.fd = db_listen_socket(hint->listen), .events = POLLIN};
    if (fd.fd < 0) {
        (void)open_listen(hint);
        return;
    }
    if (poll(&fd, 1, POLL_MS) <= 0) {
        return;
    }
    bool alive = db_listen_read(hint->listen);
    struct db_note note;
    bool any = false;
    while (alive && db_listen_next(hint->listen, &note)) {
        any = true;
    }
    if (any) {
        (void)uv_async_send(&hint->async);
    }
}

static void thread_main(void *argument)
{
    struct hint *hint = argument;
    while (!atomic_load(&hint->stop)) {
        listen_once(hint);
    }
}

struct hint *hint_start(struct arena *arena, uv_loop_t *uv, const struct config *config,
                        void (*on_hint)(void *data), void *data)
{
    static const char *const channels[] = {QUEUE_CHANNEL, NULL};
    struct hint *hint = ARENA_NEW(arena, struct hint);
    hint->on_hint = on_hint;
    hint->data = data;
    if (!config->notify) {
        return hint;
    }
    hint->ctx.arena = arena_new(ARENA_CAP);
    hint->listen = db_listen_new(config->database_url_worker, channels);
    hint->async.data = hint;
    hint->started = uv_async_init(uv, &hint->async, on_async) == 0 &&
                    uv_thread_create(&hint->thread, thread_main, hint) == 0;
    return hint;
}

void hint_stop(struct hint *hint)
{
    if (!hint->started) {
        return;
    }
    atomic_store(&hint->stop, true);
    (void)uv_thread_join(&hint->thread);
    uv_close((uv_handle_t *)&hint->async, NULL);
    db_listen_free(hint->listen);
    arena_free(hint->ctx.arena);
}
