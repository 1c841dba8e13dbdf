/* enrich: reads what a company's own site says of it - name, description, icon - and stores it
 * with its source. Payload {"account": "12"}. No transaction is open while the network is;
 * running it again only fetches again. */
#include "worker/kinds.h"

#include "gen/sql.h"
#include "shared/facts.h"
#include "shared/json.h"
#include "worker/company.h"

#define PAYLOAD_BYTES 2048

static enum err store(struct run *run, int64_t account, bool named,
                      const struct company *company)
{
    struct company_facts facts;
    company_facts(company, named, &facts);
    if (!str_is_empty(company->icon)) {
        struct sql_account_icon_put_in icon = {.dataset = run->dataset,
                                               .account = account,
                                               .media_type = company->icon_type,
                                               .bytes = company->icon};
        TRY(sql_account_icon_put(run->db, &icon, NULL));
        facts.fields[facts.n] = STR("logo");
        facts.values[facts.n++] =
            arena_print(run->ctx->arena, "/accounts/%lld/icon", (long long)account);
    }
    const struct facts_put put = {.dataset = run->dataset,
                                  .account = account,
                                  .source = STR("site"),
                                  .fields = facts.fields,
                                  .values = facts.values,
                                  .n = facts.n};
    TRY(facts_put(run->db, &put));
    struct sql_enrich_cards_update_in cards = {.dataset = run->dataset, .account = account};
    return sql_enrich_cards_update(run->db, &cards, NULL);
}

static enum err note_result(struct run *run, int64_t account, struct str message)
{
    struct sql_enrich_done_in done = {
        .dataset = run->dataset, .account = account, .message = message};
    return sql_enrich_done(run->db, &done, NULL);
}

/* Says on the account why nothing was found. Where a later try can help, the job stays. */
static enum err give_up(struct run *run, int64_t account, enum err err)
{
    struct str why = run->ctx->why;
    bool again = err == ERR_UNAVAILABLE || err == ERR_TIMEOUT;
    ctx_clear(run->ctx);
    TRY(run_begin(run));
    if (!again) {
        TRY(note_result(run, account, why));
        return run_complete(run);
    }
    TRY(run_hold(run));
    TRY(note_result(run, account, why));
    TRY(db_commit(run->db));
    return ctx_fail(run->ctx, err, "%.*s", STR_ARG(why));
}

static enum err read_account(struct run *run, int64_t *out_id,
                             struct sql_enrich_account_get *out)
{
    const struct json *payload = NULL;
    TRY(json_parse(run->ctx, run->jobs[0].payload, PAYLOAD_BYTES, &payload));
    if (!json_id(json_get(payload, "account"), out_id)) {
        return ctx_fail(run->ctx, ERR_INVALID, "The job does not say which account it is for.");
    }
    TRY(run_begin(run));
    struct sql_enrich_account_get_in get = {.dataset = run->dataset, .account = *out_id};
    TRY(sql_enrich_account_get(run->db, &get, out));
    return db_commit(run->db);
}

enum err job_enrich(struct run *run)
{
    int64_t account = 0;
    struct sql_enrich_account_get row;
    enum err err = read_account(run, &account, &row);
    if (err == ERR_NOT_FOUND) { /* merged or erased meanwhile: nothing left to do */
        TRY(run_begin(run));
        return run_complete(run);
    }
    TRY(err);
    struct company company;
    err = str_is_empty(row.domain)
              ? ctx_fail(run->ctx, ERR_NOT_FOUND, "No domain is known to look at.")
              : company_look(run, row.domain, &company);
    if (err != ERR_NONE) {
        return give_up(run, account, err);
    }
    TRY(run_begin(run));
    TRY(store(run, account, row.named, &company));
    TRY(note_result(run, account, (struct str){0}));
    return run_complete(run);
}
