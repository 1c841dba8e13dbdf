/* lookup: asks the dataset's providers about a company that somebody adds to a board by hand
 * (worker/company/asking.h), and finds which leads are known under its domain
 * (shared/lookup.h). Payload {"lookup": "12", "progress": "34"}. Whoever waits sees each answer
 * as it comes; unlike enrichment nobody is asked again who does not answer. */
#include "worker/kinds.h"

#include "gen/sql.h"
#include "shared/json.h"
#include "shared/lookup.h"
#include "worker/company/asking.h"

#define PAYLOAD_BYTES 2048
#define FOUND_BYTES ((size_t)64 << 10)
#define STEPS 1

struct lookup_job {
    struct run *run;
    int64_t lookup, progress;
    struct inquiry inquiry;
    struct asking *asking;
    enum err err; /* how it ended */
};

static enum err read_payload(struct lookup_job *job)
{
    struct run *run = job->run;
    const struct json *payload;
    TRY(json_parse(run->ctx, run->jobs[0].payload, PAYLOAD_BYTES, &payload));
    if (!json_id(json_get(payload, "lookup"), &job->lookup) ||
        !json_id(json_get(payload, "progress"), &job->progress)) {
        return ctx_fail(run->ctx, ERR_INVALID, "The job does not say what to look up.");
    }
    return ERR_NONE;
}

static struct str leads_json(struct ctx *ctx, const struct sql_lookup_leads_rows *rows)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, FOUND_BYTES);
    SB_LIT(&sb, "{\"leads\":[");
    for (size_t i = 0; i < rows->n; i++) {
        sb_printf(&sb, "%s\"%lld\"", i == 0 ? "" : ",", (long long)rows->row[i].id);
    }
    SB_LIT(&sb, "]}");
    return sb_view(&sb);
}

/* The leads can be told at once. ERR_NOT_FOUND: nobody waits for it any more. */
static enum err begin(struct lookup_job *job)
{
    struct run *run = job->run;
    struct sql_lookup_domain row;
    struct sql_lookup_leads_rows leads;
    TRY(run_begin(run));
    TRY(sql_lookup_domain(
        run->db, &(struct sql_lookup_domain_in){.dataset = run->dataset, .lookup = job->lookup},
        &row));
    TRY(progress_start(run->db, run->dataset, job->progress, STEPS));
    TRY(sql_lookup_leads(run->db,
                         &(struct sql_lookup_leads_in){.dataset = run->dataset,
                                                       .domain = row.domain,
                                                       .most = LOOKUP_LEADS},
                         &leads));
    TRY(sql_lookup_found(run->db,
                         &(struct sql_lookup_found_in){.dataset = run->dataset,
                                                       .lookup = job->lookup,
                                                       .found = leads_json(run->ctx, &leads)},
                         NULL));
    job->inquiry.domain = row.domain;
    TRY(asking_load(run, &job->inquiry, 1, &job->asking));
    return db_commit(run->db);
}

static enum err end(struct lookup_job *job)
{
    struct run *run = job->run;
    const struct inquiry *inquiry = &job->inquiry;
    struct str message = inquiry->message;
    if (str_is_empty(message) && inquiry->wait_ms > 0) {
        message = STR("Others are being asked about just now; this one's turn comes later.");
    }
    TRY(run_begin(run));
    TRY(progress_finish(run->db, run->dataset, job->progress,
                        str_is_empty(message) ? PROGRESS_DONE : PROGRESS_FAILED, message));
    return run_complete(run);
}

static void on_done(struct inquiry *inquiry)
{
    struct lookup_job *job = inquiry->data;
    job->err = end(job);
}

static enum err look(struct lookup_job *job)
{
    job->inquiry = (struct inquiry){.done = on_done, .data = job};
    TRY(begin(job));
    asking_start(job->asking);
    http_run(run_http(job->run));
    return job->err;
}

enum err job_lookup(struct run *run)
{
    struct lookup_job job = {.run = run};
    TRY(read_payload(&job));
    enum err err = look(&job);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    db_rollback(run->db);
    ctx_clear(run->ctx);
    TRY(run_begin(run));
    return run_complete(run);
}
