/* settle: the order of the dataset's providers has changed, so for each company whose facts
 * come from more than nobody it is decided anew which ones count. Some companies a transaction;
 * safe to repeat. */
#include "worker/kinds.h"

#include "gen/sql.h"
#include "shared/facts.h"

#define STEP_ACCOUNTS 100

static enum err settle_account(struct run *run, int64_t account)
{
    enum err err = facts_settle(run->db, run->dataset, account);
    if (err == ERR_NOT_FOUND) { /* erased meanwhile */
        return ERR_NONE;
    }
    TRY(err);
    return sql_enrich_cards_update(
        run->db,
        &(struct sql_enrich_cards_update_in){.dataset = run->dataset, .account = account},
        NULL);
}

static enum err step(struct run *run, int64_t *after, bool *out_more)
{
    struct sql_facts_contested_rows rows;
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(sql_facts_contested(run->db,
                            &(struct sql_facts_contested_in){.dataset = run->dataset,
                                                             .after = *after,
                                                             .most = STEP_ACCOUNTS},
                            &rows));
    for (size_t i = 0; i < rows.n; i++) {
        TRY(settle_account(run, rows.row[i].id));
        *after = rows.row[i].id;
    }
    *out_more = rows.n == STEP_ACCOUNTS;
    return db_commit(run->db);
}

enum err job_settle(struct run *run)
{
    int64_t after = 0;
    for (bool more = true; more;) {
        TRY(step(run, &after, &more));
    }
    return ERR_NONE;
}
