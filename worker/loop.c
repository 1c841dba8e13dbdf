#include "worker/loop.h"

#include "shared/clock.h"
#include "shared/crypt.h"
#include "shared/log.h"
#include "shared/memory.h"
#include "worker/control.h"
#include "worker/hint.h"
#include "worker/services.h"
#include "worker/slots.h"

#include <signal.h>
#include <unistd.h>

#define BEAT_US (5 * CLOCK_SECOND)
#define LAPSE_US (10 * CLOCK_SECOND)
#define REAP_US (5 * CLOCK_SECOND)
#define CRON_US (15 * CLOCK_SECOND)
#define SWEEP_LEAST_US CLOCK_SECOND
#define SWEEP_MOST_US (5 * CLOCK_SECOND)
#define SETTLE_US (10 * CLOCK_SECOND)
#define RETRY_US CLOCK_SECOND /* after the database was away */
#define DRAIN_STOP_US (5 * CLOCK_SECOND)
#define DRAIN_MOST_US (9 * CLOCK_SECOND)
#define WATCH_MS 500
#define DRAIN_WATCH_MS 50
#define ROUND_ARENA_CAP ((size_t)16 << 20)

struct loop {
    const struct config *config;
    uv_loop_t uv;
    uv_timer_t plan_timer, watch_timer;
    uv_signal_t on_term, on_int;
    uv_work_t control_work;
    struct slots *slots;
    struct control *control;
    struct hint *hint;
    struct services *services;

    struct arena *round_arena;
    struct control_request request;
    struct control_answer answer;
    bool control_busy;

    int64_t incarnation; /* 0: must enter */
    bool lapsed;         /* jobs were stopped; enter again when they have ended */
    int64_t beat_us, beat_ok_us, reap_us, cron_us, sweep_us; /* when next; beat_ok: when last */
    int64_t sweep_pause_us;
    int64_t claim_due_us[JOB_KIND__END];
    int64_t retry_us;  /* not before */
    int64_t settle_us; /* memory, next */
    bool hinted;

    int64_t drain_us; /* since when; 0: not draining */
    bool drain_stopped, leaving, left;
};

static void plan(struct loop *loop);

/* ---- the control connection ---- */

static void control_run(uv_work_t *work)
{
    struct loop *loop = work->data;
    control_round(loop->control, &loop->request, &loop->answer);
}

static int64_t jitter(int64_t around_us)
{
    uint32_t random;
    crypt_random(&random, sizeof(random));
    return around_us / 2 + (int64_t)((double)around_us * ((double)random / (double)UINT32_MAX));
}

static void note_sweep(struct loop *loop, int64_t now_us)
{
    bool found = loop->answer.due > 0 || loop->answer.claim.n > 0;
    loop->sweep_pause_us = found ? SWEEP_LEAST_US : loop->sweep_pause_us * 2;
    if (loop->sweep_pause_us > SWEEP_MOST_US) {
        loop->sweep_pause_us = SWEEP_MOST_US;
    }
    int64_t pause_us = jitter(loop->sweep_pause_us);
    loop->sweep_us = now_us + (pause_us > SWEEP_MOST_US ? SWEEP_MOST_US : pause_us);
}

static void lapse(struct loop *loop)
{
    log_event(LOG_WARN, NULL, "worker.lapsed", LOG_I64("busy", slots_busy(loop->slots)));
    loop->lapsed = true;
    slots_stop_all(loop->slots, SLOTS_DRAIN);
}

/* Before a beat is sent or noted: one that comes late does not make up for those left out, as
 * others may have taken the jobs over. */
static void watch_beats(struct loop *loop, int64_t now_us)
{
    if (loop->incarnation != 0 && !loop->lapsed && now_us - loop->beat_ok_us > LAPSE_US) {
        lapse(loop);
    }
}

static void note_beat(struct loop *loop, int64_t now_us)
{
    if (loop->request.enter && loop->answer.beat_ok) {
        loop->lapsed = false;
        loop->beat_ok_us = now_us;
    }
    watch_beats(loop, now_us);
    if (loop->answer.beat_ok) {
        loop->beat_ok_us = now_us;
    }
    if (loop->answer.gone && !loop->lapsed) {
        lapse(loop);
    }
    for (size_t i = 0; i < loop->answer.n_cancelled; i++) {
        slots_stop_job(loop->slots, loop->answer.cancelled[i], SLOTS_CANCEL);
    }
}

static void settle(struct loop *loop, int64_t now_us)
{
    if (now_us >= loop->settle_us && slots_busy(loop->slots) == 0) {
        memory_settle();
        loop->settle_us = now_us + SETTLE_US;
    }
}

static void control_done(uv_work_t *work, int status)
{
    (void)status;
    struct loop *loop = work->data;
    const struct control_answer *answer = &loop->answer;
    int64_t now_us = clock_monotonic();
    loop->control_busy = false;
    loop->incarnation = answer->incarnation;
    memcpy(loop->claim_due_us, answer->claim_due_us, sizeof(loop->claim_due_us));
    note_beat(loop, now_us);
    settle(loop, now_us);
    if (loop->request.sweep) {
        note_sweep(loop, now_us);
    }
    loop->retry_us = answer->err == ERR_NONE ? 0 : now_us + RETRY_US;
    loop->left = loop->request.leave && answer->err == ERR_NONE;
    for (size_t i = 0; i < answer->claim.n; i++) {
        slots_start(loop->slots, &answer->claim.batches[i], answer->incarnation);
    }
    plan(loop);
}

static bool due(int64_t *next_us, int64_t now_us, int64_t period_us)
{
    if (*next_us > now_us) {
        return false;
    }
    *next_us = now_us + period_us;
    return true;
}

static bool must_enter(const struct loop *loop)
{
    return loop->lapsed || loop->incarnation == 0;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When there is next something to look for that there is room for. */
static int64_t look_due(const struct loop *loop, const struct claim_room *room)
{
    int64_t due_us = room->slots > 0 ? loop->sweep_us : INT64_MAX;
    for (size_t i = 0; i < JOB_KIND__END; i++) {
        due_us = room->of[i] > 0 ? earlier(due_us, loop->claim_due_us[i]) : due_us;
    }
    return due_us;
}

static bool may_leave(const struct loop *loop)
{
    return loop->drain_us != 0 && slots_busy(loop->slots) == 0 &&
           services_have_ended(loop->services);
}

/* What to ask now; false when there is nothing. */
static bool make_request(struct loop *loop, int64_t now_us)
{
    struct control_request request = {.room = slots_room(loop->slots)};
    if (must_enter(loop)) {
        request.enter = slots_busy(loop->slots) == 0 && loop->drain_us == 0;
        request.leave = may_leave(loop);
        loop->request = request;
        return request.enter || request.leave;
    }
    request.leave = loop->leaving || may_leave(loop);
    request.beat = due(&loop->beat_us, now_us, BEAT_US);
    request.reap = due(&loop->reap_us, now_us, REAP_US);
    request.cron = loop->drain_us == 0 && due(&loop->cron_us, now_us, CRON_US);
    if (loop->drain_us == 0 && request.room.slots > 0) {
        request.sweep = loop->hinted || loop->sweep_us <= now_us;
        request.claim = look_due(loop, &request.room) <= now_us;
    }
    if (request.reap) {
        arena_reset(loop->round_arena);
        request.n_running = slots_jobs(loop->slots, loop->round_arena, &request.running);
    }
    loop->hinted = loop->hinted && !request.sweep;
    loop->request = request;
    return request.leave || request.beat || request.reap || request.cron || request.sweep ||
           request.claim;
}

/* ---- when to do what ---- */

static void on_plan_timer(uv_timer_t *timer)
{
    plan(timer->data);
}

/* When there is next something to ask. Who must enter waits for the jobs to end, which is told.
 */
static int64_t next_request(const struct loop *loop, int64_t now_us)
{
    if (must_enter(loop)) {
        return now_us + CLOCK_SECOND;
    }
    int64_t next_us = earlier(loop->beat_us, loop->reap_us);
    if (loop->drain_us == 0) {
        struct claim_room room = slots_room(loop->slots);
        next_us = earlier(next_us, earlier(loop->cron_us, look_due(loop, &room)));
    }
    return next_us;
}

/* Never 0 ms: libuv would not come to anything else. */
static void arm_timer(struct loop *loop, int64_t now_us)
{
    int64_t next_us = next_request(loop, now_us);
    next_us = next_us < loop->retry_us ? loop->retry_us : next_us;
    int64_t wait_us = next_us > now_us ? next_us - now_us : 1;
    uv_update_time(&loop->uv);
    (void)uv_timer_start(&loop->plan_timer, on_plan_timer, (uint64_t)(wait_us + 999) / 1000, 0);
}

static void plan(struct loop *loop)
{
    int64_t now_us = clock_monotonic();
    watch_beats(loop, now_us);
    if (loop->left) {
        uv_stop(&loop->uv);
    } else if (!loop->control_busy && now_us >= loop->retry_us && make_request(loop, now_us)) {
        loop->control_busy = true;
        (void)uv_queue_work(&loop->uv, &loop->control_work, control_run, control_done);
    } else if (!loop->control_busy) {
        arm_timer(loop, now_us);
    }
}

static void on_idle_slot(void *data)
{
    plan(data);
}

static void on_hint(void *data)
{
    struct loop *loop = data;
    loop->hinted = true;
    plan(loop);
}

/* ---- deadlines, lapses, the end ---- */

static void watch_drain(struct loop *loop, int64_t now_us)
{
    if (now_us - loop->drain_us >= DRAIN_STOP_US && !loop->drain_stopped) {
        loop->drain_stopped = true;
        slots_stop_all(loop->slots, SLOTS_DRAIN);
        services_cancel(loop->services);
    }
    loop->leaving = loop->leaving || now_us - loop->drain_us >= DRAIN_MOST_US - CLOCK_SECOND;
    if (now_us - loop->drain_us >= DRAIN_MOST_US) {
        log_event(LOG_WARN, NULL, "worker.forced", LOG_I64("busy", slots_busy(loop->slots)));
        _exit(1);
    }
    plan(loop);
}

static void on_watch_timer(uv_timer_t *timer)
{
    struct loop *loop = timer->data;
    int64_t now_us = clock_monotonic();
    if (slots_watch(loop->slots)) {
        log_event(LOG_ERROR, NULL, "worker.stuck", LOG_TEXT("why", "a job cannot be stopped"));
        _exit(70);
    }
    watch_beats(loop, now_us);
    if (loop->drain_us != 0) {
        watch_drain(loop, now_us);
    }
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct loop *loop = signal->data;
    log_event(LOG_INFO, NULL, "worker.drain", LOG_I64("signal", number),
              LOG_I64("busy", slots_busy(loop->slots)));
    if (loop->drain_us != 0) {
        _exit(1);
    }
    loop->drain_us = clock_monotonic();
    services_stop(loop->services);
    (void)uv_timer_start(&loop->watch_timer, on_watch_timer, 0, DRAIN_WATCH_MS);
}

static void start_handles(struct loop *loop)
{
    (void)uv_timer_init(&loop->uv, &loop->plan_timer);
    (void)uv_timer_init(&loop->uv, &loop->watch_timer);
    (void)uv_signal_init(&loop->uv, &loop->on_term);
    (void)uv_signal_init(&loop->uv, &loop->on_int);
    loop->plan_timer.data = loop->watch_timer.data = loop->control_work.data = loop;
    loop->on_term.data = loop->on_int.data = loop;
    (void)uv_timer_start(&loop->watch_timer, on_watch_timer, WATCH_MS, WATCH_MS);
    (void)uv_signal_start(&loop->on_term, on_signal, SIGTERM);
    (void)uv_signal_start(&loop->on_int, on_signal, SIGINT);
}

static void close_handles(struct loop *loop)
{
    uv_close((uv_handle_t *)&loop->plan_timer, NULL);
    uv_close((uv_handle_t *)&loop->watch_timer, NULL);
    uv_close((uv_handle_t *)&loop->on_term, NULL);
    uv_close((uv_handle_t *)&loop->on_int, NULL);
    hint_stop(loop->hint);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    (void)uv_loop_close(&loop->uv);
}

int loop_run(struct arena *arena, const struct config *config)
{
    struct loop *loop = ARENA_NEW(arena, struct loop);
    loop->config = config;
    loop->sweep_pause_us = SWEEP_LEAST_US;
    loop->round_arena = arena_new(ROUND_ARENA_CAP);
    (void)uv_loop_init(&loop->uv);
    start_handles(loop);
    loop->slots = slots_new(arena, &loop->uv, config, on_idle_slot, loop);
    loop->control = control_new(arena, config);
    loop->hint = hint_start(arena, &loop->uv, config, on_hint, loop);
    loop->services = services_start(arena, config);
    plan(loop);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    if (slots_busy(loop->slots) > 0 || !services_have_ended(loop->services)) {
        _exit(0); /* what still runs was given back, and its threads cannot be ended */
    }
    close_handles(loop);
    services_join(loop->services);
    slots_free(loop->slots);
    control_free(loop->control);
    arena_free(loop->round_arena);
    log_event(LOG_INFO, NULL, "worker.left", LOG_I64("incarnation", loop->incarnation));
    return 0;
}
