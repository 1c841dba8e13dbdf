#include "worker/derive_parts.h"

/* What the tracked service says of the companies of its own people (derive.h): facts of the
 * source "customer", by the time of the event that said so. */

#define TOLD_FIELDS 2

struct told {
    int64_t dataset, account, at;
    struct str field, value;
};

static bool is_count(struct str value)
{
    int64_t n;
    return value.n <= 9 && str_to_i64(value, &n) && n >= 0;
}

static size_t collect(const struct derive_lead *lead, struct told *told)
{
    static const struct {
        struct str key, field;
    } names[TOLD_FIELDS] = {{STR_INIT("companyIndustry"), STR_INIT("industry")},
                            {STR_INIT("companyEmployees"), STR_INIT("employees")}};
    size_t n = 0;
    for (const struct derive_fact *fact = lead->facts; fact != NULL; fact = fact->next) {
        for (size_t i = 0; i < TOLD_FIELDS && !fact->standard; i++) {
            bool fits = i != 1 || is_count(fact->value);
            if (fits && fact->at != INT64_MIN && str_eq(fact->key, names[i].key)) {
                told[n++] = (struct told){.dataset = lead->dataset,
                                          .account = lead->account->id,
                                          .at = fact->at,
                                          .field = names[i].field,
                                          .value = str_cut(fact->value, 200)};
            }
        }
    }
    return n;
}

/* Of somebody whom the team linked to another company it says nothing about that one. */
static bool may_tell(const struct derive_lead *lead)
{
    return lead->touched && lead->into == NULL && !lead->gone && lead->facts != NULL &&
           lead->account != NULL && !lead->linked && lead->told_domain.n > 0;
}

static enum err put(struct derive *d, const struct told *told)
{
    const struct str fields = told->field;
    TRY(sql_facts_keep(d->db,
                       &(struct sql_facts_keep_in){.dataset = told->dataset,
                                                   .account = told->account,
                                                   .fields = {&fields, 1}},
                       NULL));
    TRY(sql_derive_told_put(d->db,
                            &(struct sql_derive_told_put_in){.dataset = told->dataset,
                                                             .account = told->account,
                                                             .field = told->field,
                                                             .value = told->value,
                                                             .at = told->at},
                            NULL));
    return sql_facts_settle(d->db,
                            &(struct sql_facts_settle_in){.dataset = told->dataset,
                                                          .account = told->account,
                                                          .fields = {&fields, 1}},
                            NULL);
}

enum err derive_told(struct derive *d)
{
    for (const struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        struct told told[DERIVE_FACTS_MAX + 8];
        size_t n = may_tell(lead) ? collect(lead, told) : 0;
        for (size_t i = 0; i < n; i++) {
            TRY(put(d, &told[i]));
        }
    }
    return ERR_NONE;
}
