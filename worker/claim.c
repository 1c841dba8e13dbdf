#include "worker/claim.h"

#include "gen/sql.h"
#include "shared/clock.h"

#define LANES_MAX 1000 /* as many as job_sweep gives */
#define HOT_US CLOCK_SECOND
#define HOT_PAUSE_US 4000 /* between looks where work was found within HOT_US */
#define LOW_MARGIN_US (2 * CLOCK_SECOND)
#define LOW_SHORT_US CLOCK_SECOND
#define LOW_AGE_US (5 * CLOCK_SECOND)
#define ROWS_MAX 1000       /* of one claim: others wait while it runs */
#define NO_BOUND INT64_C(0) /* 1970: before every job */

struct lane {
    int64_t dataset;
    enum job_kind kind;
    int64_t low_at;   /* of the database's clock */
    int64_t swept_us; /* when it was last asked about without a bound */
    int64_t found_us; /* when work was last found */
    int64_t due_us;   /* when to look next */
};

struct claimer {
    struct lane lanes[LANES_MAX];
    size_t n;
    uint32_t turn; /* for the weights of the priorities */
};

struct claimer *claim_new(struct arena *arena)
{
    return ARENA_NEW(arena, struct claimer);
}

static struct lane *find_lane(struct claimer *claimer, int64_t dataset, int16_t kind)
{
    for (size_t i = 0; i < claimer->n; i++) {
        struct lane *lane = &claimer->lanes[i];
        if (lane->dataset == dataset && lane->kind == (enum job_kind)kind) {
            return lane;
        }
    }
    return NULL;
}

static struct lane *add_lane(struct claimer *claimer, int64_t dataset, int16_t kind)
{
    struct lane *lane = find_lane(claimer, dataset, kind);
    if (lane == NULL && claimer->n < LANES_MAX) {
        lane = &claimer->lanes[claimer->n++];
        *lane = (struct lane){.dataset = dataset,
                              .kind = (enum job_kind)kind,
                              .low_at = NO_BOUND,
                              .due_us = INT64_MAX};
    }
    return lane;
}

static bool is_known(int16_t kind)
{
    return kind > 0 && kind < JOB_KIND__END && kinds[kind].name != NULL;
}

enum err claim_sweep(struct claimer *claimer, struct db *db, int64_t now_us, size_t *out_found)
{
    struct sql_job_sweep_rows rows;
    TRY(sql_job_sweep(db, &rows));
    size_t found = 0;
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_job_sweep *row = &rows.row[i];
        struct lane *lane =
            is_known(row->kind) ? add_lane(claimer, row->dataset, row->kind) : NULL;
        if (lane == NULL) {
            continue;
        }
        int64_t due_us = row->wait_us <= 0 ? now_us : now_us + row->wait_us;
        lane->due_us = due_us < lane->due_us ? due_us : lane->due_us;
        if (row->wait_us <= 0) {
            lane->low_at = NO_BOUND; /* there is work that the bound may hide */
            found++;
        }
    }
    *out_found = found;
    return ERR_NONE;
}

void claim_due(const struct claimer *claimer, int64_t out_due_us[JOB_KIND__END])
{
    for (size_t i = 0; i < JOB_KIND__END; i++) {
        out_due_us[i] = INT64_MAX;
    }
    for (size_t i = 0; i < claimer->n; i++) {
        const struct lane *lane = &claimer->lanes[i];
        if (lane->due_us < out_due_us[lane->kind]) {
            out_due_us[lane->kind] = lane->due_us;
        }
    }
}

/* A queue where nothing was found is looked at often for a while, then left to the sweep. */
static void settle_lane(struct lane *lane, int64_t now_us)
{
    if (lane->due_us <= now_us) {
        lane->due_us = now_us - lane->found_us < HOT_US ? now_us + HOT_PAUSE_US : INT64_MAX;
    }
}

static void forget_cold(struct claimer *claimer)
{
    for (size_t i = claimer->n; i-- > 0;) {
        if (claimer->lanes[i].due_us == INT64_MAX) {
            claimer->lanes[i] = claimer->lanes[--claimer->n];
        }
    }
}

/* ---- turns ---- */

struct turn {
    struct lane *lane;
    size_t slots;
    int64_t asked;
};

static enum err take_turns(struct claimer *claimer, struct db *db,
                           const struct claim_room *room, int64_t now_us,
                           struct sql_job_turn_rows *out_rows)
{
    struct arena *arena = db_ctx(db)->arena;
    int64_t *datasets = ARENA_ARRAY(arena, claimer->n + 1, int64_t);
    int16_t *kind_numbers = ARENA_ARRAY(arena, claimer->n + 1, int16_t);
    int64_t *lows = ARENA_ARRAY(arena, claimer->n + 1, int64_t);
    size_t n = 0;
    for (size_t i = 0; i < claimer->n; i++) {
        struct lane *lane = &claimer->lanes[i];
        if (lane->due_us > now_us || room->of[lane->kind] == 0) {
            continue;
        }
        if (now_us - lane->swept_us >= LOW_AGE_US) {
            lane->low_at = NO_BOUND;
        }
        if (lane->low_at == NO_BOUND) {
            lane->swept_us = now_us;
        }
        datasets[n] = lane->dataset;
        kind_numbers[n] = (int16_t)lane->kind;
        lows[n++] = lane->low_at;
    }
    *out_rows = (struct sql_job_turn_rows){0};
    if (n == 0) {
        return ERR_NONE;
    }
    const struct sql_job_turn_in in = {.dataset = {datasets, n},
                                       .kind = {kind_numbers, n},
                                       .low = {(const int64_t *)lows, n},
                                       .most = (int32_t)room->slots};
    return sql_job_turn(db, &in, out_rows);
}

/* A slot for each queue whose kind has room, then what is left over round and round. */
static size_t share_slots(struct claimer *claimer, const struct sql_job_turn_rows *rows,
                          struct claim_room room, struct turn *turns)
{
    size_t n = 0;
    for (size_t i = 0; i < rows->n && room.slots > 0; i++) {
        struct lane *lane = find_lane(claimer, rows->row[i].dataset, rows->row[i].kind);
        if (lane != NULL && room.of[lane->kind] > 0) {
            turns[n++] = (struct turn){.lane = lane, .slots = 1};
            room.of[lane->kind]--;
            room.slots--;
        }
    }
    for (bool gave = true; gave && room.slots > 0;) {
        gave = false;
        for (size_t i = 0; i < n && room.slots > 0; i++) {
            size_t *left = &room.of[turns[i].lane->kind];
            if (*left > 0) {
                turns[i].slots++;
                (*left)--;
                room.slots--;
                gave = true;
            }
        }
    }
    return n;
}

/* ---- claims ---- */

/* Which priority goes first: soon 8, normal 3, later 1 of 12 times. */
static void choose_priorities(uint32_t turn, int16_t out_prio[3])
{
    static const int16_t orders[3][3] = {{QUEUE_SOON, QUEUE_NORMAL, QUEUE_LATER},
                                         {QUEUE_NORMAL, QUEUE_SOON, QUEUE_LATER},
                                         {QUEUE_LATER, QUEUE_SOON, QUEUE_NORMAL}};
    static const uint8_t of_turn[12] = {0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 2};
    memcpy(out_prio, orders[of_turn[turn % 12]], 3 * sizeof(int16_t));
}

static enum err send_claim(struct claimer *claimer, struct db *db, struct turn *turn,
                           int64_t worker)
{
    const struct lane *lane = turn->lane;
    const struct kind *kind = &kinds[lane->kind];
    int64_t most = (int64_t)turn->slots * kind->batch;
    turn->asked = most > ROWS_MAX ? ROWS_MAX : most;
    int16_t prio[3];
    choose_priorities(claimer->turn++, prio);
    const struct sql_job_claim_in in = {.dataset = lane->dataset,
                                        .kind = (int16_t)lane->kind,
                                        .first = prio[0],
                                        .second = prio[1],
                                        .third = prio[2],
                                        .low = lane->low_at,
                                        .most = (int32_t)turn->asked,
                                        .worker = worker,
                                        .timeout = kind->timeout_s};
    return sql_job_claim_send(db, &in);
}

static void note_found(struct lane *lane, const struct sql_job_claim_rows *rows, int64_t asked,
                       int64_t now_us)
{
    int64_t low_at = INT64_MAX;
    for (size_t i = 0; i < rows->n; i++) {
        low_at = rows->row[i].run_at < low_at ? rows->row[i].run_at : low_at;
    }
    if (rows->n > 0) {
        lane->found_us = now_us;
        lane->low_at = low_at - LOW_MARGIN_US;
    }
    if ((int64_t)rows->n < asked && now_us - lane->swept_us >= LOW_SHORT_US) {
        lane->low_at = NO_BOUND;
    }
    lane->due_us = (int64_t)rows->n < asked ? lane->due_us : now_us;
}

/* As many batches as the rows need; the turn has a slot for each. */
static void make_batches(struct arena *arena, const struct lane *lane,
                         const struct sql_job_claim_rows *rows, struct claim *claim)
{
    size_t most = (size_t)kinds[lane->kind].batch;
    for (size_t from = 0; from < rows->n; from += most) {
        size_t n = rows->n - from < most ? rows->n - from : most;
        struct batch *batch = &claim->batches[claim->n++];
        *batch = (struct batch){.kind = lane->kind,
                                .dataset = lane->dataset,
                                .jobs = ARENA_ARRAY(arena, n, struct job),
                                .n = n};
        for (size_t i = 0; i < n; i++) {
            const struct sql_job_claim *row = &rows->row[from + i];
            batch->jobs[i] = (struct job){.id = row->id,
                                          .attempt = row->attempt,
                                          .crash_count = row->crash_count,
                                          .max_attempts = row->max_attempts,
                                          .payload = row->payload};
        }
    }
}

static enum err claim_turns(struct claimer *claimer, struct db *db, struct turn *turns,
                            size_t n, int64_t worker, int64_t now_us, struct claim *out)
{
    TRY(db_begin(db, NULL));
    for (size_t i = 0; i < n; i++) {
        TRY(send_claim(claimer, db, &turns[i], worker));
    }
    TRY(db_commit_send(db));
    struct sql_job_claim_rows *rows =
        ARENA_ARRAY(db_ctx(db)->arena, n, struct sql_job_claim_rows);
    for (size_t i = 0; i < n; i++) {
        TRY(sql_job_claim_take(db, &rows[i]));
    }
    TRY(db_commit(db));
    for (size_t i = 0; i < n; i++) {
        note_found(turns[i].lane, &rows[i], turns[i].asked, now_us);
        make_batches(db_ctx(db)->arena, turns[i].lane, &rows[i], out);
    }
    return ERR_NONE;
}

enum err claim_jobs(struct claimer *claimer, struct db *db, const struct claim_room *room,
                    int64_t worker, int64_t now_us, struct claim *out)
{
    struct arena *arena = db_ctx(db)->arena;
    struct claim claim = {.batches = ARENA_ARRAY(arena, room->slots, struct batch)};
    struct turn *turns = ARENA_ARRAY(arena, room->slots, struct turn);
    struct sql_job_turn_rows rows;
    TRY(take_turns(claimer, db, room, now_us, &rows));
    size_t n = share_slots(claimer, &rows, *room, turns);
    if (n > 0) {
        TRY(claim_turns(claimer, db, turns, n, worker, now_us, &claim));
    }
    for (size_t i = 0; i < claimer->n; i++) {
        struct lane *lane = &claimer->lanes[i];
        if (room->of[lane->kind] > 0 && lane->found_us != now_us) {
            settle_lane(lane, now_us);
        }
    }
    forget_cold(claimer);
    *out = claim;
    return ERR_NONE;
}
