/*
 * reverse: asks for the names of visitors' addresses, where the team wants it, and notes in the
 * log which company's they are (a system event with companyDomain; worker/derive.h says what
 * follows). Without payload: whatever waits in address_wait, of sessions that are derived
 * already (others' turn comes with deriving), but not of offices, bots, scanners and hosters.
 *
 * Private. The collector puts an address there only where the team switched this on, sealed
 * with the installation's key; it goes when its answer has come, when that failed three times,
 * after an hour, or when this is switched off. What is learnt about an address is remembered in
 * this process's memory alone, for an hour, failures for a minute; in the database stays the
 * company of the session.
 *
 * Bounded, for each worker process: one such job at once, RESOLVER_AT_ONCE questions at once,
 * A_MINUTE new addresses a minute, BATCH_US for a batch; others wait, and their jobs with them.
 */
#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/crypt.h"
#include "worker/address_name.h"
#include "worker/kinds.h"
#include "worker/resolver.h"

#include <arpa/inet.h>
#include <pthread.h>

#define BATCH 64
#define BATCHES 16 /* of a run */
#define BATCH_US (20 * CLOCK_SECOND)
#define A_MINUTE 300
#define TRIES_MAX 3
#define REMEMBERED 4096
#define REMEMBERED_US CLOCK_HOUR
#define FAILED_US CLOCK_MINUTE
#define LATER_MS 20000

/* ---- what is remembered ---- */

static struct memory {
    pthread_mutex_t mutex;
    struct {
        struct resolver_question question;
        int64_t until; /* 0: free */
    } slots[REMEMBERED];
    int64_t minute; /* when it began */
    int asked;      /* in it */
} memory = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static size_t slot_of(const struct resolver_question *question)
{
    uint8_t hash[CRYPT_HASH16_BYTES];
    uint32_t slot;
    const struct str part = {(const char *)question->bytes, question->n_bytes};
    crypt_hash16(&part, 1, hash);
    memcpy(&slot, hash, sizeof(slot));
    return slot % REMEMBERED;
}

static bool is_same(const struct resolver_question *a, const struct resolver_question *b)
{
    return a->n_bytes == b->n_bytes && memcmp(a->bytes, b->bytes, a->n_bytes) == 0;
}

static bool recall(struct resolver_question *question)
{
    size_t slot = slot_of(question);
    (void)pthread_mutex_lock(&memory.mutex);
    bool known = memory.slots[slot].until > clock_monotonic() &&
                 is_same(&memory.slots[slot].question, question);
    if (known) {
        *question = memory.slots[slot].question;
    }
    (void)pthread_mutex_unlock(&memory.mutex);
    return known;
}

static void remember(const struct resolver_question *question)
{
    size_t slot = slot_of(question);
    int64_t us = question->answer == RESOLVER_FAILED ? FAILED_US : REMEMBERED_US;
    (void)pthread_mutex_lock(&memory.mutex);
    memory.slots[slot].question = *question;
    memory.slots[slot].until = clock_monotonic() + us;
    (void)pthread_mutex_unlock(&memory.mutex);
}

/* How many of n may be asked now. */
static size_t allowance(size_t n)
{
    int64_t now = clock_monotonic();
    (void)pthread_mutex_lock(&memory.mutex);
    if (memory.minute == 0 || now - memory.minute >= CLOCK_MINUTE) {
        memory.minute = now;
        memory.asked = 0;
    }
    size_t left = (size_t)(A_MINUTE - memory.asked);
    n = n < left ? n : left;
    memory.asked += (int)n;
    (void)pthread_mutex_unlock(&memory.mutex);
    return n;
}

/* ---- one batch ---- */

enum fate { WAITS, FORGOTTEN, FAILED, FOUND };

struct waiting {
    struct sql_reverse_waiting row;
    struct resolver_question question;
    bool open; /* is asked; of several of one address the first */
    enum fate fate;
    struct str domain;
};
struct batch_of_waiting {
    struct run *run;
    struct waiting *waiting;
    size_t n;
};

/* False: it was sealed with another key, or the answer would tell nothing. */
static bool read_waiting(struct run *run, struct waiting *w)
{
    struct str address;
    if (!w->row.ask ||
        !crypt_open(run->ctx->arena, run->config->key, "address", w->row.address, &address)) {
        return false;
    }
    char *text = arena_cstr(run->ctx->arena, address);
    struct in6_addr six;
    if (inet_pton(AF_INET, text, w->question.bytes) == 1) {
        w->question.n_bytes = 4;
        return true;
    }
    if (inet_pton(AF_INET6, text, &six) != 1) {
        return false;
    }
    bool mapped = IN6_IS_ADDR_V4MAPPED(&six);
    w->question.n_bytes = mapped ? 4 : 16;
    memcpy(w->question.bytes, &six.s6_addr[mapped ? 12 : 0], w->question.n_bytes);
    return true;
}

static enum err load(struct batch_of_waiting *batch)
{
    struct run *run = batch->run;
    struct sql_reverse_waiting_rows rows;
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(sql_reverse_waiting(
        run->db, &(struct sql_reverse_waiting_in){.dataset = run->dataset, .most = BATCH},
        &rows));
    batch->waiting = ARENA_ARRAY(run->ctx->arena, rows.n, struct waiting);
    batch->n = rows.n;
    for (size_t i = 0; i < rows.n; i++) {
        batch->waiting[i] = (struct waiting){.row = rows.row[i]};
        batch->waiting[i].fate = read_waiting(run, &batch->waiting[i]) ? WAITS : FORGOTTEN;
    }
    return db_commit(run->db);
}

static const struct waiting *first_of_address(const struct batch_of_waiting *batch, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (batch->waiting[k].open &&
            is_same(&batch->waiting[k].question, &batch->waiting[i].question)) {
            return &batch->waiting[k];
        }
    }
    return NULL;
}

static void settle(struct run *run, struct waiting *w)
{
    const struct resolver_question *question = &w->question;
    const struct address_name name = {.bytes = question->bytes,
                                      .n_bytes = question->n_bytes,
                                      .name = str_from(question->name),
                                      .network = (enum traffic_verdict)w->row.verdict,
                                      .owner = w->row.owner};
    if (question->answer == RESOLVER_FAILED) {
        w->fate = w->row.tries + 1 >= TRIES_MAX ? FORGOTTEN : FAILED;
        return;
    }
    w->fate = FORGOTTEN;
    if (question->answer == RESOLVER_NAMED) {
        w->domain = address_name_company(run->ctx->arena, &name);
        w->fate = w->domain.n > 0 ? FOUND : FORGOTTEN;
    }
}

/* What is known is settled at once; one that failed a short while ago waits on. */
static size_t choose(struct batch_of_waiting *batch, struct waiting **out_open)
{
    size_t n = 0;
    for (size_t i = 0; i < batch->n; i++) {
        struct waiting *w = &batch->waiting[i];
        if (w->fate != WAITS) {
            continue;
        }
        if (recall(&w->question)) {
            if (w->question.answer != RESOLVER_FAILED) {
                settle(batch->run, w);
            }
        } else if (first_of_address(batch, i) == NULL) {
            w->open = true;
            out_open[n++] = w;
        }
    }
    return n;
}

static enum err ask(struct batch_of_waiting *batch)
{
    struct run *run = batch->run;
    struct waiting **open = ARENA_ARRAY(run->ctx->arena, batch->n, struct waiting *);
    size_t n = allowance(choose(batch, open));
    struct resolver_question *questions =
        ARENA_ARRAY(run->ctx->arena, n, struct resolver_question);
    for (size_t i = 0; i < n; i++) {
        questions[i] = open[i]->question;
    }
    if (n == 0) {
        return ERR_NONE;
    }
    TRY(resolver_ask(run->ctx, run->config->dns_server, questions, n,
                     clock_monotonic() + BATCH_US, run->stop));
    if (atomic_load(run->stop)) {
        return ctx_fail(run->ctx, ERR_TIMEOUT, "It was asked to stop.");
    }
    for (size_t i = 0; i < n; i++) {
        remember(&questions[i]);
        open[i]->question = questions[i];
        settle(run, open[i]);
    }
    return ERR_NONE;
}

/* The rows of one fate. */
struct rows {
    int64_t *at;
    struct str *visitors, *domains;
    size_t n;
};

static struct rows rows_of(const struct batch_of_waiting *batch, enum fate fate)
{
    struct arena *arena = batch->run->ctx->arena;
    struct rows rows = {.at = ARENA_ARRAY(arena, batch->n, int64_t),
                        .visitors = ARENA_ARRAY(arena, batch->n, struct str),
                        .domains = ARENA_ARRAY(arena, batch->n, struct str)};
    for (size_t i = 0; i < batch->n; i++) {
        if (batch->waiting[i].fate == fate) {
            rows.at[rows.n] = batch->waiting[i].row.at;
            rows.domains[rows.n] = batch->waiting[i].domain;
            rows.visitors[rows.n++] = batch->waiting[i].row.visitor;
        }
    }
    return rows;
}

static enum err forget(struct run *run, struct rows rows)
{
    return rows.n == 0 ? ERR_NONE
                       : sql_reverse_forget(
                             run->db,
                             &(struct sql_reverse_forget_in){.dataset = run->dataset,
                                                             .visitor = {rows.visitors, rows.n},
                                                             .at = {rows.at, rows.n}},
                             NULL);
}

/* *out_more: something was settled, so that there may be more to do. */
static enum err store(const struct batch_of_waiting *batch, bool *out_more)
{
    struct run *run = batch->run;
    struct rows forgotten = rows_of(batch, FORGOTTEN), failed = rows_of(batch, FAILED),
                found = rows_of(batch, FOUND);
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(forget(run, forgotten));
    TRY(forget(run, found));
    if (failed.n > 0) {
        TRY(sql_reverse_failed(
            run->db,
            &(struct sql_reverse_failed_in){.dataset = run->dataset,
                                            .visitor = {failed.visitors, failed.n},
                                            .at = {failed.at, failed.n}},
            NULL));
    }
    if (found.n > 0) {
        TRY(sql_reverse_found(
            run->db,
            &(struct sql_reverse_found_in){.dataset = run->dataset,
                                           .visitor = {found.visitors, found.n},
                                           .at = {found.at, found.n},
                                           .domain = {found.domains, found.n}},
            NULL));
    }
    *out_more = forgotten.n + failed.n + found.n > 0;
    return db_commit(run->db);
}

enum err job_reverse(struct run *run)
{
    for (int i = 0; i < BATCHES; i++) {
        struct batch_of_waiting batch = {.run = run};
        bool more;
        TRY(load(&batch));
        if (batch.n == 0) {
            TRY(run_begin(run));
            return run_complete(run);
        }
        TRY(ask(&batch));
        TRY(store(&batch, &more));
        if (!more) {
            return run_snooze(run, LATER_MS);
        }
    }
    return run_snooze(run, 1); /* with fresh memory */
}
