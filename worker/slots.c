#include "worker/slots.h"

#include "shared/clock.h"
#include "shared/log.h"

#define RUN_CAP ((size_t)256 << 20)
#define BATCH_CAP ((size_t)8 << 20)
#define IGNORED_US (30 * CLOCK_SECOND)

struct slot {
    struct slots *slots;
    struct runner runner;
    struct arena *arena; /* of the batch */
    struct batch batch;
    int64_t worker;
    bool busy;
    bool stopping; /* `stopper` is on its way */
    bool told;     /* to stop, since stopped_us */
    int64_t deadline_us, stopped_us;
    uv_work_t work, stopper;
};

struct slots {
    uv_loop_t *uv;
    const struct config *config;
    void (*on_idle)(void *data);
    void *data;
    size_t n;
    struct slot slot[];
};

struct slots *slots_new(struct arena *arena, uv_loop_t *uv, const struct config *config,
                        void (*on_idle)(void *data), void *data)
{
    size_t n = (size_t)config->slots;
    struct slots *slots = arena_alloc(arena, sizeof(*slots) + n * sizeof(struct slot));
    *slots =
        (struct slots){.uv = uv, .config = config, .on_idle = on_idle, .data = data, .n = n};
    for (size_t i = 0; i < n; i++) {
        slots->slot[i].slots = slots;
    }
    return slots;
}

void slots_free(struct slots *slots)
{
    for (size_t i = 0; i < slots->n; i++) {
        struct slot *slot = &slots->slot[i];
        if (slot->arena != NULL) {
            db_free(slot->runner.db);
            http_free(slot->runner.http);
            arena_free(slot->runner.ctx.arena);
            arena_free(slot->arena);
        }
    }
}

static bool is_busy(const struct slot *slot)
{
    return slot->busy || slot->stopping;
}

static size_t most_slots(const struct slots *slots, const struct kind *kind)
{
    size_t half = (slots->n + 1) / 2;
    return kind->parallel <= 0             ? slots->n
           : (size_t)kind->parallel < half ? (size_t)kind->parallel
                                           : half;
}

struct claim_room slots_room(const struct slots *slots)
{
    struct claim_room room = {0};
    size_t running[JOB_KIND__END] = {0};
    for (size_t i = 0; i < slots->n; i++) {
        if (is_busy(&slots->slot[i])) {
            running[slots->slot[i].batch.kind]++;
        } else {
            room.slots++;
        }
    }
    for (size_t i = 0; i < JOB_KIND__END; i++) {
        size_t most = most_slots(slots, &kinds[i]);
        size_t left = most > running[i] ? most - running[i] : 0;
        room.of[i] = kinds[i].name == NULL ? 0 : left < room.slots ? left : room.slots;
    }
    return room;
}

size_t slots_busy(const struct slots *slots)
{
    size_t n = 0;
    for (size_t i = 0; i < slots->n; i++) {
        n += is_busy(&slots->slot[i]) ? 1 : 0;
    }
    return n;
}

size_t slots_jobs(const struct slots *slots, struct arena *arena, int64_t **out_ids)
{
    size_t n = 0;
    for (size_t i = 0; i < slots->n; i++) {
        n += slots->slot[i].busy ? slots->slot[i].batch.n : 0;
    }
    int64_t *ids = ARENA_ARRAY(arena, n + 1, int64_t);
    n = 0;
    for (size_t i = 0; i < slots->n; i++) {
        const struct slot *slot = &slots->slot[i];
        for (size_t j = 0; slot->busy && j < slot->batch.n; j++) {
            ids[n++] = slot->batch.jobs[j].id;
        }
    }
    *out_ids = ids;
    return n;
}

/* ---- running ---- */

static void work_run(uv_work_t *work)
{
    struct slot *slot = work->data;
    runner_run(&slot->runner, &slot->batch, slot->worker);
}

static void work_done(uv_work_t *work, int status)
{
    (void)status;
    struct slot *slot = work->data;
    slot->busy = false;
    slot->slots->on_idle(slot->slots->data);
}

static void open_slot(struct slot *slot)
{
    const struct config *config = slot->slots->config;
    slot->arena = arena_new(BATCH_CAP);
    slot->runner.ctx.arena = arena_new(RUN_CAP);
    slot->runner.config = config;
    slot->runner.db = db_new(config->database_url_worker, "leadboard_worker");
    slot->work.data = slot->stopper.data = slot;
}

static void copy_batch(struct slot *slot, const struct batch *batch)
{
    arena_reset(slot->arena);
    slot->batch = *batch;
    slot->batch.jobs = ARENA_ARRAY(slot->arena, batch->n, struct job);
    for (size_t i = 0; i < batch->n; i++) {
        slot->batch.jobs[i] = batch->jobs[i];
        slot->batch.jobs[i].payload = arena_dup(slot->arena, batch->jobs[i].payload);
    }
}

static struct slot *find_free(struct slots *slots)
{
    for (size_t i = 0; i < slots->n; i++) {
        if (!is_busy(&slots->slot[i])) {
            return &slots->slot[i];
        }
    }
    return NULL;
}

void slots_start(struct slots *slots, const struct batch *batch, int64_t worker)
{
    struct slot *slot = find_free(slots);
    if (slot == NULL) {
        abort(); /* more was claimed than there is room for */
    }
    if (slot->arena == NULL) {
        open_slot(slot);
    }
    copy_batch(slot, batch);
    atomic_store(&slot->runner.stop, false);
    atomic_store(&slot->runner.draining, false);
    atomic_store(&slot->runner.cancelled, false);
    slot->worker = worker;
    slot->busy = true;
    slot->told = false;
    slot->deadline_us = clock_monotonic() + kinds[batch->kind].timeout_s * CLOCK_SECOND;
    (void)uv_queue_work(slots->uv, &slot->work, work_run, work_done);
}

/* ---- stopping ---- */

/* Not in the loop: it waits for the server, which may hang. */
static void stopper_run(uv_work_t *work)
{
    struct slot *slot = work->data;
    db_cancel(slot->runner.db);
}

static void stopper_done(uv_work_t *work, int status)
{
    (void)status;
    struct slot *slot = work->data;
    slot->stopping = false;
    if (!slot->busy) {
        slot->slots->on_idle(slot->slots->data);
    }
}

static void stop_slot(struct slot *slot, enum slots_stop why)
{
    atomic_store(&slot->runner.draining, why == SLOTS_DRAIN);
    atomic_store(&slot->runner.cancelled, why == SLOTS_CANCEL);
    atomic_store(&slot->runner.stop, true);
    if (slot->told) {
        return;
    }
    slot->told = true;
    slot->stopped_us = clock_monotonic();
    slot->stopping = true;
    (void)uv_queue_work(slot->slots->uv, &slot->stopper, stopper_run, stopper_done);
}

void slots_stop_all(struct slots *slots, enum slots_stop why)
{
    for (size_t i = 0; i < slots->n; i++) {
        if (slots->slot[i].busy) {
            stop_slot(&slots->slot[i], why);
        }
    }
}

void slots_stop_job(struct slots *slots, int64_t id, enum slots_stop why)
{
    for (size_t i = 0; i < slots->n; i++) {
        struct slot *slot = &slots->slot[i];
        for (size_t j = 0; slot->busy && j < slot->batch.n; j++) {
            /* The others of a batch would be stopped with it: they are short. */
            if (slot->batch.jobs[j].id == id && slot->batch.n == 1) {
                stop_slot(slot, why);
            }
        }
    }
}

bool slots_watch(struct slots *slots)
{
    int64_t now_us = clock_monotonic();
    bool ignored = false;
    for (size_t i = 0; i < slots->n; i++) {
        struct slot *slot = &slots->slot[i];
        if (!slot->busy || now_us < slot->deadline_us) {
            continue;
        }
        if (!slot->told) {
            log_event(LOG_WARN, NULL, "job.deadline", LOG_I64("job", slot->batch.jobs[0].id),
                      LOG_TEXT("kind", kinds[slot->batch.kind].name));
            stop_slot(slot, SLOTS_DEADLINE);
        }
        ignored = ignored || now_us - slot->stopped_us > IGNORED_US;
    }
    return ignored;
}
