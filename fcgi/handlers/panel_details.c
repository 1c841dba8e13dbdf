/* The tab Details: what is known of a company, and where from. */
#include "fcgi/handlers/panel.h"
#include "fcgi/panel_draw.h"

struct fact_source {
    const struct sql_account_facts_rows *rows;
    struct fact_view *facts;
    size_t n;
};

static void add_fact(struct fact_source *from, const char *field, const char *name,
                     struct str value)
{
    if (str_is_empty(value)) {
        return;
    }
    struct fact_view *fact = &from->facts[from->n++];
    *fact = (struct fact_view){.name = str_from(name), .value = value};
    for (size_t i = 0; i < from->rows->n; i++) {
        const struct sql_account_facts *row = &from->rows->row[i];
        if (str_eq(row->field, str_from(field))) {
            fact->source = str_eq(row->source, STR("hand")) ? STR("by hand") : row->source;
            fact->by = row->user;
            fact->at = row->fetched_at;
        }
    }
}

static struct str number_text(struct web *web, bool null, int32_t number)
{
    return null ? (struct str){.p = NULL} : arena_print(web->ctx->arena, "%d", (int)number);
}

enum err panel_details_load(struct web *web, struct panel_view *view,
                            const struct sql_account_get *account)
{
    struct sql_account_facts_rows rows;
    TRY(sql_account_facts(web->db,
                          &(struct sql_account_facts_in){.dataset = web->session.dataset,
                                                         .account = view->account},
                          &rows));
    struct fact_source from = {.rows = &rows,
                               .facts = ARENA_ARRAY(web->ctx->arena, 20, struct fact_view)};
    add_fact(&from, "description", "Description", str_cut(account->description, 2000));
    from.facts[0].wide = from.n == 1;
    add_fact(&from, "industry", "Industry", account->industry);
    add_fact(&from, "employees", "Employees",
             number_text(web, account->employees_null, account->employees));
    add_fact(&from, "revenue", "Revenue", account->revenue);
    add_fact(&from, "founded", "Founded",
             number_text(web, account->founded_null, account->founded));
    add_fact(&from, "address", "Address", account->address);
    add_fact(&from, "city", "City", account->city);
    add_fact(&from, "region", "Region", account->region);
    add_fact(&from, "country", "Country", account->country);
    add_fact(&from, "phone", "Phone", account->phone);
    add_fact(&from, "email", "Email", account->email);
    add_fact(&from, "website", "Website", account->website);
    if (from.n > 0 && !str_is_empty(account->website)) {
        from.facts[from.n - 1].url = panel_draw_link(account->website);
    }
    add_fact(&from, "linkedin", "LinkedIn", account->linkedin);
    if (from.n > 0 && !str_is_empty(account->linkedin)) {
        from.facts[from.n - 1].url = panel_draw_link(account->linkedin);
    }
    view->facts = from.facts;
    view->n_facts = from.n;
    view->enriched_at = account->enriched_at_null ? 0 : account->enriched_at;
    view->enrich_message = account->enrich_message;
    return ERR_NONE;
}
