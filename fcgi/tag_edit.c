#include "fcgi/tag_edit.h"

#include "gen/sql.h"
#include "shared/clock.h"

/* What the two statements' rows have in common. */
struct origin {
    struct str user, rule;
    bool by_rule;
    int64_t ideal, at, operation, operation_n;
};

static struct str by_whom(const struct origin *origin)
{
    if (!str_is_empty(origin->user)) {
        return origin->user;
    }
    if (!str_is_empty(origin->rule)) {
        return origin->rule;
    }
    return origin->ideal != 0 ? STR("the ideal customer profile")
           : origin->by_rule  ? STR("an automation")
                              : STR("an import");
}

static struct tag_chip draw_chip(struct web *web, int64_t id, struct str name,
                                 const struct origin *origin)
{
    struct sb title;
    sb_init(&title, web->ctx->arena, 400);
    sb_str(&title, str_cut(by_whom(origin), 200));
    SB_LIT(&title, ", ");
    clock_relative(&title, origin->at, clock_now());
    return (struct tag_chip){.id = id,
                             .name = name,
                             .at = origin->at,
                             .by = by_whom(origin),
                             .title = sb_view(&title),
                             .operation = origin->operation_n > 1 ? origin->operation : 0,
                             .ideal = origin->ideal};
}

/* Names for the list behind the input: what is not on it yet. */
static enum err load_others(struct web *web, struct tags_edit_view *view)
{
    struct sql_tag_list_rows rows;
    TRY(sql_tag_list(web->db, &(struct sql_tag_list_in){.dataset = web->session.dataset},
                     &rows));
    struct str *others = ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct str);
    for (size_t i = 0; i < rows.n; i++) {
        bool on = false;
        for (size_t k = 0; k < view->n_chips && !on; k++) {
            on = view->chips[k].id == rows.row[i].id && view->chips[k].account == 0;
        }
        if (!on) {
            others[view->n_others++] = rows.row[i].name;
        }
    }
    view->others = others;
    return ERR_NONE;
}

enum err tag_edit_account(struct web *web, int64_t account, struct str title, struct str csrf,
                          struct str back, struct tags_edit_view *out)
{
    struct sql_tags_of_account_rows rows;
    TRY(sql_tags_of_account(
        web->db,
        &(struct sql_tags_of_account_in){.dataset = web->session.dataset, .account = account},
        &rows));
    struct tag_chip *chips = ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct tag_chip);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_tags_of_account *row = &rows.row[i];
        const struct origin origin = {.user = row->user,
                                      .rule = row->rule_name,
                                      .by_rule = !row->rule_null,
                                      .ideal = row->ideal_null ? 0 : row->ideal,
                                      .at = row->at,
                                      .operation = row->operation_null ? 0 : row->operation,
                                      .operation_n =
                                          row->operation_n_null ? 0 : row->operation_n};
        chips[i] = draw_chip(web, row->id, row->name, &origin);
    }
    *out = (struct tags_edit_view){.csrf = csrf,
                                   .back = back,
                                   .of = "accounts",
                                   .id = account,
                                   .title = title,
                                   .chips = chips,
                                   .n_chips = rows.n};
    return load_others(web, out);
}

enum err tag_edit_lead(struct web *web, int64_t lead, struct str title, struct str csrf,
                       struct str back, struct tags_edit_view *out)
{
    struct sql_tags_of_lead_rows rows;
    TRY(sql_tags_of_lead(
        web->db, &(struct sql_tags_of_lead_in){.dataset = web->session.dataset, .lead = lead},
        &rows));
    struct tag_chip *chips = ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct tag_chip);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_tags_of_lead *row = &rows.row[i];
        const struct origin origin = {.user = row->user,
                                      .rule = row->rule_name,
                                      .by_rule = !row->rule_null,
                                      .ideal = row->ideal_null ? 0 : row->ideal,
                                      .at = row->at,
                                      .operation = row->operation_null ? 0 : row->operation,
                                      .operation_n =
                                          row->operation_n_null ? 0 : row->operation_n};
        chips[i] = draw_chip(web, row->id, row->name, &origin);
        chips[i].account = row->account_null ? 0 : row->account;
        chips[i].account_name = row->account_name;
    }
    *out = (struct tags_edit_view){.csrf = csrf,
                                   .back = back,
                                   .of = "leads",
                                   .id = lead,
                                   .title = title,
                                   .chips = chips,
                                   .n_chips = rows.n};
    return load_others(web, out);
}
