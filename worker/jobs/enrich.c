/* enrich: asks the dataset's providers about companies (worker/company/asking.h), many at once,
 * and stores what they know, each with its source. Payload {"account": "12"}; with "fresh":
 * true whatever is known already. Running it again asks only whom it has to.
 *
 * With "logo": "https://..." and "user": "3" the picture there becomes the company's logo, by
 * the word of that user, and nobody is asked.
 *
 * Each job of the batch ends when its own company is done. Where a provider could not be asked
 * it is tried again with back-off, and the account says why meanwhile; the last attempt leaves
 * it at that. Where one was asked too often the job comes back when its turn has come. */
#include "worker/kinds.h"

#include "gen/sql.h"
#include "shared/facts.h"
#include "shared/json.h"
#include "worker/company/asking.h"

#define PAYLOAD_BYTES 2048

struct subject {
    struct run part; /* its job */
    int64_t account;
    bool fresh, ended;
    struct str domain; /* "no value": none, or no account */
    struct inquiry *inquiry;
    struct str logo; /* that somebody chose; "no value": the job is to ask */
    int64_t user;
    struct question picture;
};

/* ---- ends ---- */

static enum err note_result(struct subject *subject, struct str message)
{
    return sql_enrich_done(subject->part.db,
                           &(struct sql_enrich_done_in){.dataset = subject->part.dataset,
                                                        .account = subject->account,
                                                        .message = message},
                           NULL);
}

static enum err store(struct subject *subject)
{
    struct run *part = &subject->part;
    size_t n;
    const struct str *sources = asking_sources(subject->inquiry->asking, &n);
    TRY(facts_take(part->db, part->dataset, subject->account, subject->domain, sources, n));
    TRY(note_result(subject, subject->inquiry->message));
    return sql_enrich_cards_update(part->db,
                                   &(struct sql_enrich_cards_update_in){
                                       .dataset = part->dataset, .account = subject->account},
                                   NULL);
}

/* What is known now is stored whatever comes later. */
static enum err end(struct subject *subject)
{
    struct run *part = &subject->part;
    const struct inquiry *inquiry = subject->inquiry;
    bool again = inquiry->failed && !run_is_last(part);
    TRY(run_begin(part));
    if (inquiry->wait_ms == 0 && !again) {
        TRY(store(subject));
        return run_complete(part);
    }
    TRY(run_hold(part));
    TRY(store(subject));
    TRY(db_commit(part->db));
    return inquiry->wait_ms > 0
               ? run_snooze(part, inquiry->wait_ms)
               : ctx_fail(part->ctx, ERR_UNAVAILABLE, "%.*s", STR_ARG(inquiry->message));
}

/* Merged or erased meanwhile: nothing is left to do. */
static enum err end_without_account(struct subject *subject)
{
    db_rollback(subject->part.db);
    ctx_clear(subject->part.ctx);
    TRY(run_begin(&subject->part));
    return run_complete(&subject->part);
}

static void end_subject(struct subject *subject, enum err err)
{
    subject->ended = true;
    if (err != ERR_NONE) {
        run_fail(&subject->part, err);
    }
}

static void on_done(struct inquiry *inquiry)
{
    struct subject *subject = inquiry->data;
    struct run *part = &subject->part;
    enum err err = end(subject);
    if (err == ERR_NOT_FOUND && !part->lost) {
        err = end_without_account(subject);
    }
    end_subject(subject, err);
}

/* ---- a logo by hand ---- */

static enum err store_logo(struct subject *subject)
{
    struct run *part = &subject->part;
    const struct answer *answer = &subject->picture.answer;
    const struct str field = STR("logo");
    struct sql_account_icon_put row;
    TRY(run_begin(part));
    if (str_is_empty(answer->icon)) {
        TRY(note_result(subject, STR("At the address that was given for the logo there is no "
                                     "picture (PNG, JPEG, GIF, WebP or ICO, at most 64 KB).")));
        return run_complete(part);
    }
    TRY(sql_account_icon_put(part->db,
                             &(struct sql_account_icon_put_in){.dataset = part->dataset,
                                                               .account = subject->account,
                                                               .source = STR(FACT_HAND),
                                                               .media_type = answer->icon_type,
                                                               .bytes = answer->icon},
                             &row));
    TRY(facts_put(part->db, &(struct facts_put){.dataset = part->dataset,
                                                .account = subject->account,
                                                .source = STR(FACT_HAND),
                                                .user = subject->user,
                                                .fields = &field,
                                                .values = &row.value,
                                                .n = 1}));
    TRY(sql_enrich_cards_update(part->db,
                                &(struct sql_enrich_cards_update_in){
                                    .dataset = part->dataset, .account = subject->account},
                                NULL));
    return run_complete(part);
}

static void on_picture(void *data, struct question *question)
{
    struct subject *subject = data;
    enum err err = store_logo(subject);
    if (err == ERR_NOT_FOUND && !subject->part.lost) {
        err = end_without_account(subject);
    }
    end_subject(subject, err);
    question_free(question);
}

static void ask_picture(struct subject *subject)
{
    struct run *part = &subject->part;
    subject->picture = (struct question){.http = run_http(part),
                                         .config = part->config,
                                         .cancel = part->stop,
                                         .provider = provider_default(PROVIDER_SITE),
                                         .domain = subject->domain,
                                         .done = on_picture,
                                         .data = subject};
    question_ask_picture(&subject->picture, subject->logo);
}

/* ---- beginnings ---- */

static enum err read_payload(struct subject *subject)
{
    struct run *part = &subject->part;
    const struct json *payload;
    TRY(json_parse(part->ctx, part->jobs[0].payload, PAYLOAD_BYTES, &payload));
    (void)json_bool(json_get(payload, "fresh"), &subject->fresh);
    (void)json_id(json_get(payload, "user"), &subject->user);
    subject->logo = json_text(json_get(payload, "logo"));
    return json_id(json_get(payload, "account"), &subject->account)
               ? ERR_NONE
               : ctx_fail(part->ctx, ERR_INVALID,
                          "The job does not say which account it is for.");
}

static struct subject *read_payloads(struct run *run)
{
    struct subject *subjects = ARENA_ARRAY(run->ctx->arena, run->n, struct subject);
    for (size_t i = 0; i < run->n; i++) {
        subjects[i].part = run_part(run, i);
        enum err err = read_payload(&subjects[i]);
        if (err != ERR_NONE) {
            end_subject(&subjects[i], err);
        }
    }
    return subjects;
}

static enum err read_domains(struct run *run, struct subject *subjects)
{
    struct sql_enrich_accounts_get_rows rows;
    int64_t *ids = ARENA_ARRAY(run->ctx->arena, run->n, int64_t);
    for (size_t i = 0; i < run->n; i++) {
        ids[i] = subjects[i].account;
    }
    TRY(sql_enrich_accounts_get(run->db,
                                &(struct sql_enrich_accounts_get_in){.dataset = run->dataset,
                                                                     .accounts = {ids, run->n}},
                                &rows));
    for (size_t i = 0; i < run->n; i++) {
        for (size_t r = 0; r < rows.n; r++) {
            if (rows.row[r].id == subjects[i].account) {
                subjects[i].domain = rows.row[r].domain;
            }
        }
    }
    return ERR_NONE;
}

/* Without a domain there is nobody to ask. */
static void end_nameless(struct subject *subject)
{
    struct run *part = &subject->part;
    enum err err = run_begin(part);
    err = err == ERR_NONE ? note_result(subject, STR("No domain is known to look at.")) : err;
    err = err == ERR_NONE ? run_complete(part) : err;
    end_subject(subject, err);
}

static enum err load(struct run *run, struct subject *subjects, struct asking **out)
{
    struct inquiry *inquiries = ARENA_ARRAY(run->ctx->arena, run->n, struct inquiry);
    size_t n = 0;
    TRY(run_begin(run));
    TRY(read_domains(run, subjects));
    for (size_t i = 0; i < run->n; i++) {
        if (subjects[i].ended || !str_is_empty(subjects[i].logo) ||
            str_is_empty(subjects[i].domain)) {
            continue;
        }
        subjects[i].inquiry = &inquiries[n];
        inquiries[n++] = (struct inquiry){.domain = subjects[i].domain,
                                          .fresh = subjects[i].fresh,
                                          .done = on_done,
                                          .data = &subjects[i]};
    }
    TRY(asking_load(run, inquiries, n, out));
    return db_commit(run->db);
}

enum err job_enrich(struct run *run)
{
    struct subject *subjects = read_payloads(run);
    struct asking *asking;
    TRY(load(run, subjects, &asking));
    for (size_t i = 0; i < run->n; i++) {
        if (!subjects[i].ended && !str_is_empty(subjects[i].logo)) {
            ask_picture(&subjects[i]);
        } else if (!subjects[i].ended && subjects[i].inquiry == NULL) {
            end_nameless(&subjects[i]);
        }
    }
    asking_start(asking);
    http_run(run_http(run));
    return ERR_NONE;
}
