/* What people know of a company: a field typed by hand, and taken back. */
#include "fcgi/handlers/panel.h"
#include "gen/templates.h"
#include "shared/cards.h"
#include "shared/facts.h"
#include "shared/json.h"

#define ACCOUNT_MISSING "This company does not exist, or you may not see it."

struct detail_values {
    struct str field, value, back;
    bool clear;
};
static const struct form_field detail_fields[] = {
    {.name = "field",
     .label = "Field",
     .kind = FORM_TEXT,
     .required = true,
     .max = 40,
     .offset = offsetof(struct detail_values, field)},
    {.name = "value",
     .label = "Value",
     .kind = FORM_LINES,
     .max = FACT_VALUE_MAX,
     .offset = offsetof(struct detail_values, value)},
    {.name = "clear",
     .label = "Take back",
     .kind = FORM_BOOL,
     .offset = offsetof(struct detail_values, clear)},
    {.name = "back",
     .label = "Page to go back to",
     .kind = FORM_TEXT,
     .max = 500,
     .offset = offsetof(struct detail_values, back)},
};
const struct form_spec detail_spec = FORM_SPEC(detail_fields, struct detail_values);

/* The company's page with this field's form open. */
static enum err draw_page(struct web *web, struct request *request, struct response *response,
                          struct panel_view *panel, const struct detail_view *open)
{
    panel->tab = TAB_DETAILS;
    TRY(panel_load(web, panel));
    struct detail_view *details =
        ARENA_ARRAY(web->ctx->arena, panel->n_details + 1, struct detail_view);
    size_t n = panel->n_details;
    for (size_t i = 0; i < panel->n_details; i++) {
        bool same = str_eq(panel->details[i].field, open->field);
        details[i] = same ? *open : panel->details[i];
        n = same ? i : n;
    }
    if (n == panel->n_details) {
        details[panel->n_details++] = *open;
    }
    panel->details = details;
    panel->page.title = panel->title;
    panel_answer(request, response, panel);
    return ERR_NONE;
}

/* The form once more, with what was typed and what is wrong with it: alone for htmx. */
static enum err draw_again(struct web *web, struct request *request, struct response *response,
                           const struct fact_field *field, struct str wrong)
{
    struct str back = form_typed(&web->form, "back");
    struct panel_view panel = {
        .base = arena_print(web->ctx->arena, "/accounts/%lld", (long long)web->ids[0]),
        .account = web->ids[0]};
    struct detail_view view;
    panel.page = page_make(web, request, response, "Company", NAV_NONE);
    panel.csrf = panel.page.csrf;
    TRY(panel_details_field(web, &panel, field, &view));
    view.base = response_is_local(back) ? back : panel.base;
    view.editing = true;
    view.typed = form_typed(&web->form, "value");
    view.wrong = wrong;
    response->status = 422;
    if (!web_is_partial(request)) {
        return draw_page(web, request, response, &panel, &view);
    }
    response_header(response, "HX-Retarget",
                    arena_print(web->ctx->arena, "#detail-%.*s", STR_ARG(field->name)));
    tpl_panel_detail(&response->body, &view);
    return ERR_NONE;
}

/* The cards of the company follow, and say who did it. */
static enum err tell_cards(struct web *web, const struct fact_field *field, struct str value)
{
    int64_t dataset = web->session.dataset, account = web->ids[0];
    struct sb detail;
    sb_init(&detail, web->ctx->arena, 2000);
    sb_printf(&detail, "{\"field\":\"%.*s\",\"to\":", STR_ARG(field->name));
    json_write_str(&detail, str_is_null(value) ? value : str_cut(value, 200));
    sb_char(&detail, '}');
    TRY(sql_cards_touch(
        web->db,
        &(struct sql_cards_touch_in){
            .dataset = dataset,
            .account = account,
            .lead_null = true,
            .kind = str_eq(field->name, STR("name")) ? CARD_RENAMED : CARD_ENRICHED,
            .user = web->session.user,
            .detail = sb_view(&detail),
        },
        NULL));
    return cards_refresh_accounts(web->db, &dataset, &account, 1, NULL);
}

static enum err store(struct web *web, const struct fact_field *field, struct str value)
{
    if (str_is_null(value)) {
        int64_t n;
        TRY(facts_remove(web->db, web->session.dataset, web->ids[0], STR(FACT_HAND),
                         &field->name, 1, &n));
        return n > 0 ? ERR_NONE
                     : ctx_fail(web->ctx, ERR_INVALID,
                                "Nobody typed this by hand, so there is nothing to take back. "
                                "Type what is right instead.");
    }
    return facts_put(web->db, &(struct facts_put){.dataset = web->session.dataset,
                                                  .account = web->ids[0],
                                                  .source = STR(FACT_HAND),
                                                  .user = web->session.user,
                                                  .fields = &field->name,
                                                  .values = &value,
                                                  .n = 1});
}

enum err handle_detail_save(struct web *web, struct request *request, struct response *response)
{
    const struct detail_values *values = web->form.values;
    const struct fact_field *field = facts_field(form_typed(&web->form, "field"));
    struct str value = {.p = NULL}, back = form_typed(&web->form, "back");
    if (field == NULL) {
        return ctx_fail(web->ctx, ERR_INVALID, "There is no such field.");
    }
    if (!form_is_right(&web->form)) {
        return draw_again(web, request, response, field, web->form.mistakes[0].message);
    }
    enum err err = values->clear || str_is_empty(str_trim(values->value))
                       ? ERR_NONE
                       : facts_read(web->ctx, field, values->value, &value);
    if (err == ERR_NONE) {
        err = web_need(web, store(web, field, value), ACCOUNT_MISSING);
    }
    if (err == ERR_INVALID ||
        (err == ERR_CONFLICT && !str_contains(web->ctx->detail, STR("sqlstate")))) {
        struct str wrong = web->ctx->why;
        ctx_clear(web->ctx);
        return draw_again(web, request, response, field, wrong);
    }
    TRY(err);
    TRY(tell_cards(web, field, value));
    if (!response_is_local(back)) {
        back = arena_print(web->ctx->arena, "/accounts/%lld", (long long)web->ids[0]);
    }
    return web_redirect(response, "%.*s?tab=details&saved=%.*s", STR_ARG(back),
                        STR_ARG(field->name));
}
