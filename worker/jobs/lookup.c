/* lookup: reads the site of a company that somebody adds to a board by hand, and which leads
 * are known under its domain (shared/lookup.h). Payload {"lookup": "12", "progress": "34"}.
 * Unlike enrichment it is not tried again when the site does not answer: somebody waits for it.
 */
#include "worker/kinds.h"

#include "gen/sql.h"
#include "shared/json.h"
#include "shared/lookup.h"
#include "worker/company.h"

#define PAYLOAD_BYTES 2048
#define FOUND_BYTES ((size_t)256 << 10)
#define STEPS 1

struct lookup_job {
    struct run *run;
    int64_t lookup, progress;
    struct str domain;
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

/* ERR_NOT_FOUND: nobody waits for it any more. */
static enum err begin(struct lookup_job *job)
{
    struct run *run = job->run;
    struct sql_lookup_domain row;
    TRY(run_begin(run));
    TRY(sql_lookup_domain(
        run->db, &(struct sql_lookup_domain_in){.dataset = run->dataset, .lookup = job->lookup},
        &row));
    TRY(progress_start(run->db, run->dataset, job->progress, STEPS));
    job->domain = row.domain;
    return db_commit(run->db);
}

static void write_facts(struct sb *sb, const struct company_facts *facts)
{
    SB_LIT(sb, "{\"facts\":{");
    for (size_t i = 0; i < facts->n; i++) {
        sb_bytes(sb, ",", i != 0);
        json_write_str(sb, facts->fields[i]);
        sb_char(sb, ':');
        json_write_str(sb, facts->values[i]);
    }
    sb_char(sb, '}');
}

static enum err write_leads(struct lookup_job *job, struct sb *sb)
{
    struct sql_lookup_leads_rows rows;
    TRY(sql_lookup_leads(job->run->db,
                         &(struct sql_lookup_leads_in){.dataset = job->run->dataset,
                                                       .domain = job->domain,
                                                       .most = LOOKUP_LEADS},
                         &rows));
    SB_LIT(sb, ",\"leads\":[");
    for (size_t i = 0; i < rows.n; i++) {
        sb_printf(sb, "%s\"%lld\"", i == 0 ? "" : ",", (long long)rows.row[i].id);
    }
    SB_LIT(sb, "]}");
    return ERR_NONE;
}

/* In the transaction that is open. */
static enum err store(struct lookup_job *job, const struct company *company)
{
    struct sb found;
    struct str json;
    struct company_facts facts;
    company_facts(company, false, &facts);
    sb_init(&found, job->run->ctx->arena, FOUND_BYTES);
    write_facts(&found, &facts);
    TRY(write_leads(job, &found));
    TRY(sb_done(&found, &json));
    return sql_lookup_found(job->run->db,
                            &(struct sql_lookup_found_in){.dataset = job->run->dataset,
                                                          .lookup = job->lookup,
                                                          .found = json,
                                                          .icon_type = company->icon_type,
                                                          .icon = company->icon},
                            NULL);
}

static enum err look(struct lookup_job *job)
{
    struct run *run = job->run;
    struct company company;
    TRY(begin(job));
    enum err err = company_look(run, job->domain, &company);
    struct str why = run->ctx->why;
    if (err != ERR_NONE) {
        ctx_clear(run->ctx);
        company = (struct company){.url = {.p = NULL}};
    }
    TRY(run_begin(run));
    TRY(store(job, &company));
    TRY(progress_finish(run->db, run->dataset, job->progress,
                        err == ERR_NONE ? PROGRESS_DONE : PROGRESS_FAILED,
                        err == ERR_NONE ? (struct str){.p = NULL} : why));
    return run_complete(run);
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
