/* try: an admin wants to see what a provider says of a domain, before it is switched on.
 * Payload
 * {"try": "12", "progress": "34"}. Nothing of it is kept but the row of provider_try. */
#include "worker/kinds.h"

#include "gen/sql.h"
#include "shared/json.h"
#include "worker/company/asking.h"

#define PAYLOAD_BYTES 2048

struct trial {
    struct run *run;
    int64_t id, progress;
    struct question question;
    enum err err;
};

static enum err read_payload(struct trial *trial)
{
    struct run *run = trial->run;
    const struct json *payload;
    TRY(json_parse(run->ctx, run->jobs[0].payload, PAYLOAD_BYTES, &payload));
    return json_id(json_get(payload, "try"), &trial->id) &&
                   json_id(json_get(payload, "progress"), &trial->progress)
               ? ERR_NONE
               : ctx_fail(run->ctx, ERR_INVALID, "The job does not say what to try.");
}

static enum err begin(struct trial *trial)
{
    struct run *run = trial->run;
    struct sql_provider_try_subject row;
    TRY(run_begin(run));
    TRY(sql_provider_try_subject(
        run->db,
        &(struct sql_provider_try_subject_in){.dataset = run->dataset, .id = trial->id}, &row));
    TRY(progress_start(run->db, run->dataset, trial->progress, 1));
    TRY(asking_one(run, row.source, &trial->question));
    trial->question.domain = row.domain;
    return db_commit(run->db);
}

static enum err store(struct trial *trial)
{
    struct run *run = trial->run;
    const struct answer *answer = &trial->question.answer;
    TRY(run_begin(run));
    TRY(sql_provider_try_answer(
        run->db,
        &(struct sql_provider_try_answer_in){.dataset = run->dataset,
                                             .id = trial->id,
                                             .outcome = (int16_t)answer->outcome,
                                             .facts = answer_json(run->ctx, answer),
                                             .guess = answer->guess,
                                             .message = answer->message,
                                             .has_logo = !str_is_empty(answer->icon)},
        NULL));
    TRY(progress_finish(run->db, run->dataset, trial->progress, PROGRESS_DONE,
                        (struct str){.p = NULL}));
    return run_complete(run);
}

static void on_answer(void *data, struct question *question)
{
    struct trial *trial = data;
    trial->err = store(trial);
    question_free(question);
}

enum err job_try(struct run *run)
{
    struct trial trial = {.run = run};
    TRY(read_payload(&trial));
    enum err err = begin(&trial);
    if (err == ERR_NOT_FOUND) { /* nobody waits for it any more */
        db_rollback(run->db);
        ctx_clear(run->ctx);
        TRY(run_begin(run));
        return run_complete(run);
    }
    TRY(err);
    trial.question.done = on_answer;
    trial.question.data = &trial;
    question_ask(&trial.question);
    http_run(trial.question.http);
    return trial.err;
}
