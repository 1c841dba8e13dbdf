#include "worker/delivery.h"

#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/json.h"
#include "shared/mail.h"
#include "worker/letter.h"

#define PAYLOAD_BYTES 2048
#define JITTER 0.2
#define BREAK_AFTER 5 /* failures in a row */
#define BREAK_MOST_S 300
#define RETRY_AFTER_MOST_S (24 * 3600)

static const int delays_s[DELIVERY_ATTEMPTS - 1] = {
    5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600};
/* All of them, and their jitter. */
#define SCHEDULE_US ((INT64_C(5 + 300 + 1800) + 75 * 3600) * CLOCK_SECOND * 6 / 5)

double delivery_delay_s(int failed, uint32_t random)
{
    if (failed < 1 || failed >= DELIVERY_ATTEMPTS) {
        return 0;
    }
    return delays_s[failed - 1] * (1 + JITTER * ((double)random / (double)UINT32_MAX));
}

struct str delivery_origin(const struct run *run, struct str origin)
{
    struct str public_url = run->config->public_url;
    struct str base = str_is_empty(public_url) ? origin : public_url;
    return str_ends(base, STR("/")) ? str_slice(base, 0, base.n - 1) : base;
}

/* ---- opening ---- */

static enum err read_payload(struct run *run, int64_t *out_integration)
{
    const struct json *json;
    TRY(json_parse(run->ctx, run->jobs[0].payload, PAYLOAD_BYTES, &json));
    return json_id(json_get(json, "integration"), out_integration)
               ? ERR_NONE
               : ctx_fail(run->ctx, ERR_INVALID, "This job does not say where to deliver.");
}

static void fill(struct run *run, const struct sql_integration_open *row,
                 struct delivery_target *out)
{
    out->kind = (enum integration_kind)row->kind;
    out->name = row->name;
    out->user = row->user_id;
    out->url = row->url;
    out->origin = delivery_origin(run, row->origin);
    out->public_id = row->public_id;
    out->remote = row->remote;
    out->failures = row->failures;
    out->failing_us = row->failing_us;
    out->last_ok_at = row->last_ok_at_null ? 0 : row->last_ok_at;
    out->budget_used = row->budget_used;
    out->workspace = row->workspace;
    integration_settings_read(run->ctx, out->kind, row->settings, &out->settings);
}

static enum err stop(struct run *run, const struct delivery_target *target, struct str why);

static enum err open_secrets(struct run *run, struct delivery_target *target)
{
    enum err err =
        integration_secrets_open(run->db, run->config->key, target->dataset,
                                 target->integration, target->secrets, &target->n_secrets);
    if (err != ERR_DENIED) {
        return err;
    }
    struct str why = run->ctx->why;
    ctx_clear(run->ctx);
    TRY(run_fence(run));
    TRY(stop(run, target, why));
    TRY(db_commit(run->db));
    return ERR_NOT_FOUND;
}

enum err delivery_open(struct run *run, struct delivery_target *out)
{
    struct sql_integration_open row;
    *out = (struct delivery_target){.dataset = run->dataset};
    TRY(read_payload(run, &out->integration));
    TRY(run_begin(run));
    TRY(sql_integration_open(run->db,
                             &(struct sql_integration_open_in){.dataset = run->dataset,
                                                               .integration = out->integration},
                             &row));
    fill(run, &row, out);
    TRY(open_secrets(run, out));
    return db_commit(run->db);
}

/* ---- the log ---- */

/* What a receiver answers may be anything; the log is text. */
static struct str clean(struct arena *arena, struct str text)
{
    if (str_is_null(text)) {
        return text;
    }
    struct str cut = str_cut(text, DELIVERY_TEXT_MAX);
    if (str_is_utf8(cut) && str_find(cut, '\0') == cut.n) {
        return cut;
    }
    char *copy = arena_raw(arena, cut.n + 1);
    for (size_t i = 0; i < cut.n; i++) {
        unsigned char c = (unsigned char)cut.p[i];
        copy[i] = c >= 0x80 || c == 0 ? '?' : cut.p[i];
    }
    return (struct str){.p = copy, .n = cut.n};
}

struct exchange_columns {
    int64_t *ids;
    int16_t *outcomes;
    int32_t *statuses, *took;
    struct str *whats, *requests, *answers, *errors;
    size_t n;
};

static void add_exchange(struct arena *arena, struct exchange_columns *c, int64_t id,
                         const struct delivery_exchange *exchange)
{
    c->ids[c->n] = id;
    c->outcomes[c->n] = (int16_t)exchange->outcome;
    c->statuses[c->n] = exchange->status;
    c->took[c->n] = exchange->took_ms;
    c->whats[c->n] = exchange->what;
    c->requests[c->n] = clean(arena, exchange->request);
    c->answers[c->n] = clean(arena, exchange->answer);
    c->errors[c->n++] = clean(arena, exchange->error);
}

static enum err write_exchanges(struct run *run, const struct delivery_target *target,
                                const struct delivery_result *results, size_t n)
{
    struct arena *arena = run->ctx->arena;
    size_t all = 0;
    for (size_t i = 0; i < n; i++) {
        all += results[i].n_exchanges;
    }
    struct exchange_columns c = {.ids = ARENA_ARRAY(arena, all + 1, int64_t),
                                 .outcomes = ARENA_ARRAY(arena, all + 1, int16_t),
                                 .statuses = ARENA_ARRAY(arena, all + 1, int32_t),
                                 .took = ARENA_ARRAY(arena, all + 1, int32_t),
                                 .whats = ARENA_ARRAY(arena, all + 1, struct str),
                                 .requests = ARENA_ARRAY(arena, all + 1, struct str),
                                 .answers = ARENA_ARRAY(arena, all + 1, struct str),
                                 .errors = ARENA_ARRAY(arena, all + 1, struct str)};
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < results[i].n_exchanges; j++) {
            add_exchange(arena, &c, results[i].delivery.id, &results[i].exchanges[j]);
        }
    }
    if (c.n == 0) {
        return ERR_NONE;
    }
    const struct sql_outbox_attempt_in in = {.dataset = target->dataset,
                                             .integration = target->integration,
                                             .ids = {c.ids, c.n},
                                             .whats = {c.whats, c.n},
                                             .outcomes = {c.outcomes, c.n},
                                             .statuses = {c.statuses, c.n},
                                             .took = {c.took, c.n},
                                             .requests = {c.requests, c.n},
                                             .answers = {c.answers, c.n},
                                             .errors = {c.errors, c.n}};
    return sql_outbox_attempt(run->db, &in, NULL);
}

/* ---- outcomes ---- */

struct row_columns {
    int64_t *ids;
    int16_t *states;
    bool *failed;
    double *delays;
    struct str *errors, *notes;
};

static uint32_t random_bits(void)
{
    uint32_t random;
    crypt_random(&random, sizeof(random));
    return random;
}

/* Where a delivery stands after an attempt, and when it is due again. */
static enum outbox_state next_state(const struct delivery_result *result, double *out_delay_s)
{
    double asked = result->retry_after_s > RETRY_AFTER_MOST_S ? RETRY_AFTER_MOST_S
                                                              : (double)result->retry_after_s;
    *out_delay_s = asked;
    if (result->outcome == ATTEMPT_WELL) {
        return OUTBOX_DELIVERED;
    }
    if (result->outcome == ATTEMPT_HELD) {
        return OUTBOX_WAITS;
    }
    double delay = delivery_delay_s(result->delivery.attempts + 1, random_bits());
    *out_delay_s = delay > asked ? delay : asked;
    return delay == 0 || result->hopeless ? OUTBOX_GIVEN_UP : OUTBOX_WAITS;
}

static enum err write_rows(struct run *run, const struct delivery_target *target,
                           const struct delivery_result *results, size_t n)
{
    struct arena *arena = run->ctx->arena;
    struct row_columns c = {.ids = ARENA_ARRAY(arena, n, int64_t),
                            .states = ARENA_ARRAY(arena, n, int16_t),
                            .failed = ARENA_ARRAY(arena, n, bool),
                            .delays = ARENA_ARRAY(arena, n, double),
                            .errors = ARENA_ARRAY(arena, n, struct str),
                            .notes = ARENA_ARRAY(arena, n, struct str)};
    for (size_t i = 0; i < n; i++) {
        c.ids[i] = results[i].delivery.id;
        c.states[i] = (int16_t)next_state(&results[i], &c.delays[i]);
        c.failed[i] = results[i].outcome == ATTEMPT_FAILED;
        c.errors[i] = clean(arena, results[i].error);
        c.notes[i] = clean(arena, results[i].note);
    }
    const struct sql_outbox_record_in in = {.dataset = target->dataset,
                                            .integration = target->integration,
                                            .ids = {c.ids, n},
                                            .states = {c.states, n},
                                            .failed = {c.failed, n},
                                            .delays = {c.delays, n},
                                            .errors = {c.errors, n},
                                            .notes = {c.notes, n}};
    return sql_outbox_record(run->db, &in, NULL);
}

/* What a number of results says about the integration. */
struct tally {
    bool ok;
    int32_t failed; /* since the last that went well */
    int32_t cost;
    int64_t slow_s;
    struct str slow_why;
    struct str stop;
    const struct delivery_result *given_up; /* the first one */
};

static struct tally count(const struct delivery_target *target,
                          const struct delivery_result *results, size_t n)
{
    struct tally tally = {0};
    for (size_t i = 0; i < n; i++) {
        const struct delivery_result *result = &results[i];
        double delay;
        tally.ok = tally.ok || result->outcome == ATTEMPT_WELL;
        tally.failed = result->outcome == ATTEMPT_WELL     ? 0
                       : result->outcome == ATTEMPT_FAILED ? tally.failed + 1
                                                           : tally.failed;
        tally.cost += result->cost;
        if (result->slow_s > tally.slow_s) {
            tally.slow_s = result->slow_s;
            tally.slow_why = result->slow_why;
        }
        tally.stop = str_is_null(tally.stop) ? result->stop : tally.stop;
        if (tally.given_up == NULL && next_state(result, &delay) == OUTBOX_GIVEN_UP) {
            tally.given_up = result;
        }
    }
    int32_t in_a_row = tally.ok ? tally.failed : target->failures + tally.failed;
    if (tally.failed > 0 && in_a_row >= BREAK_AFTER) {
        int64_t pause = INT64_C(10) * (in_a_row - BREAK_AFTER + 1);
        pause = pause > BREAK_MOST_S ? BREAK_MOST_S : pause;
        if (pause > tally.slow_s) {
            tally.slow_s = pause;
            tally.slow_why = STR("The last attempts failed, so it is left alone for a moment.");
        }
    }
    return tally;
}

/* ---- giving up ---- */

static struct str page_of(struct run *run, const struct delivery_target *target)
{
    return str_is_empty(target->origin)
               ? (struct str){.p = NULL}
               : arena_print(run->ctx->arena, "%.*s/integrations/%lld", STR_ARG(target->origin),
                             (long long)target->integration);
}

/* To who made it. `once`: names the mail, so that there is one. */
static enum err tell_maker(struct run *run, const struct delivery_target *target,
                           struct str once, struct str subject, const struct str *paragraphs,
                           size_t n)
{
    struct sql_notice_person person;
    enum err err = sql_notice_person(
        run->db,
        &(struct sql_notice_person_in){.dataset = target->dataset, .user = target->user},
        &person);
    if (err == ERR_NOT_FOUND) {
        return ERR_NONE;
    }
    TRY(err);
    struct letter letter;
    struct mail mail = {.workspace = person.workspace,
                        .dataset = target->dataset,
                        .key = once,
                        .user = target->user,
                        .to = person.email,
                        .to_name = person.name,
                        .subject = subject};
    letter_open(&letter, run->ctx->arena, subject);
    for (size_t i = 0; i < n; i++) {
        letter_paragraph(&letter, paragraphs[i]);
    }
    letter_button(&letter, STR("Open the integration"), page_of(run, target));
    letter_close(&letter, STR("You get this because you set up this integration in LeadBoard."),
                 &mail.text, &mail.html);
    return mail_add(run->db, &mail, NULL);
}

static enum err stop(struct run *run, const struct delivery_target *target, struct str why)
{
    struct arena *arena = run->ctx->arena;
    const struct sql_integration_stop_in in = {
        .dataset = target->dataset, .integration = target->integration, .why = why};
    struct sql_integration_stop row;
    enum err err = sql_integration_stop(run->db, &in, &row);
    if (err == ERR_NOT_FOUND) {
        return ERR_NONE;
    }
    TRY(err);
    log_event(LOG_WARN, run->ctx, "integration.stopped",
              LOG_I64("integration", target->integration));
    const struct str paragraphs[] = {
        arena_print(arena, "LeadBoard has stopped sending to %.*s (%s).", STR_ARG(target->name),
                    integration_kind_name(target->kind)),
        why,
        STR("What is to be sent waits. Put right what is wrong, then switch it on again: what "
            "waits can be sent then, or left out."),
    };
    return tell_maker(
        run, target,
        arena_print(arena, "integration:%lld:%lld:stopped:%lld", (long long)target->dataset,
                    (long long)target->integration, (long long)clock_now()),
        arena_print(arena, "LeadBoard has stopped sending to %.*s", STR_ARG(target->name)),
        paragraphs, 3);
}

/* One mail an hour, however many. */
static enum err tell_given_up(struct run *run, const struct delivery_target *target,
                              const struct delivery_result *result)
{
    struct arena *arena = run->ctx->arena;
    const struct str paragraphs[] = {
        arena_print(arena,
                    "Something could not be delivered to %.*s (%s), and LeadBoard does "
                    "not try it any more. Other deliveries go on.",
                    STR_ARG(target->name), integration_kind_name(target->kind)),
        arena_print(arena, "The last answer: %.*s", STR_ARG(str_cut(result->error, 500))),
        STR("The delivery log shows what was sent and answered, and can send it again."),
    };
    return tell_maker(run, target,
                      arena_print(arena, "integration:%lld:%lld:given-up:%lld",
                                  (long long)target->dataset, (long long)target->integration,
                                  (long long)(clock_now() / CLOCK_HOUR)),
                      arena_print(arena, "LeadBoard could not deliver something to %.*s",
                                  STR_ARG(target->name)),
                      paragraphs, 3);
}

/* Whether what was given up means that nothing gets through. */
static struct str reason_to_stop(struct run *run, const struct delivery_target *target,
                                 const struct tally *tally)
{
    struct str error = {.p = NULL};
    if (!str_is_null(tally->stop) || tally->ok) {
        return tally->stop;
    }
    if (tally->given_up != NULL && !tally->given_up->hopeless &&
        target->last_ok_at <= tally->given_up->delivery.first_at) {
        error = tally->given_up->error;
    } else if (tally->failed > 0 && target->failing_us > SCHEDULE_US) {
        error = STR("Nothing has got through for more than three days.");
    } else {
        return error;
    }
    return arena_print(run->ctx->arena,
                       "All attempts have failed, for three days. The last answer: %.*s",
                       STR_ARG(str_cut(error, 500)));
}

static enum err write_tally(struct run *run, struct delivery_target *target,
                            const struct tally *tally)
{
    struct sql_integration_result row;
    const struct sql_integration_result_in in = {.dataset = target->dataset,
                                                 .integration = target->integration,
                                                 .ok = tally->ok,
                                                 .failed = tally->failed,
                                                 .slow_s = (double)tally->slow_s,
                                                 .slow_s_null = tally->slow_s == 0,
                                                 .slow_why = tally->slow_why,
                                                 .budget = tally->cost};
    enum err err = sql_integration_result(run->db, &in, &row);
    if (err == ERR_NOT_FOUND) {
        return ERR_NONE; /* deleted */
    }
    TRY(err);
    target->failures = row.failures;
    target->budget_used += tally->cost;
    if (tally->ok) {
        target->last_ok_at = clock_now();
        target->failing_us = 0;
    }
    return ERR_NONE;
}

enum err delivery_write(struct run *run, struct delivery_target *target,
                        const struct delivery_result *results, size_t n, bool *out_resting)
{
    struct tally tally = count(target, results, n);
    struct str why = reason_to_stop(run, target, &tally);
    TRY(write_rows(run, target, results, n));
    TRY(write_exchanges(run, target, results, n));
    TRY(write_tally(run, target, &tally));
    if (!str_is_null(why)) {
        TRY(stop(run, target, why));
    } else if (tally.given_up != NULL) {
        TRY(tell_given_up(run, target, tally.given_up));
    }
    *out_resting = !str_is_null(why) || tally.slow_s > 0;
    return ERR_NONE;
}

enum err delivery_record(struct run *run, struct delivery_target *target,
                         const struct delivery_result *results, size_t n, bool *out_resting)
{
    TRY(run_begin(run));
    TRY(run_fence(run));
    TRY(delivery_write(run, target, results, n, out_resting));
    return db_commit(run->db);
}
