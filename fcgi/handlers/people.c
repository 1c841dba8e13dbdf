/* Linking a lead to a company, merging leads, merging companies: look for the other one, see
 * what will happen, do it. */
#include "shared/people.h"

#include "fcgi/handlers.h"
#include "fcgi/handlers/people.h"
#include "fcgi/mark.h"
#include "fcgi/views/people_work.h"
#include "gen/sql.h"
#include "gen/templates.h"

#include <stdarg.h>

#define LEAD_MISSING "This lead does not exist, or you may not see it."
#define ACCOUNT_MISSING "This company does not exist, or you may not see it."

struct people_values {
    int64_t with, stays;
};
static const struct form_field people_fields[] = {
    {.name = "with",
     .label = "The other one",
     .kind = FORM_ID,
     .offset = offsetof(struct people_values, with)},
    {.name = "stays",
     .label = "The one that stays",
     .kind = FORM_ID,
     .offset = offsetof(struct people_values, stays)},
};
const struct form_spec people_spec = FORM_SPEC(people_fields, struct people_values);

enum err people_shown_as(struct web *web, int64_t account, int64_t lead, int64_t *out_id)
{
    struct sql_people_shown_as_rows rows;
    const struct sql_people_shown_as_in in = {.dataset = web->session.dataset,
                                              .account = account,
                                              .account_null = account == 0,
                                              .lead = lead,
                                              .lead_null = lead == 0};
    TRY(sql_people_shown_as(web->db, &in, &rows));
    *out_id = rows.n > 0 ? rows.row[0].id : 0;
    return ERR_NONE;
}

/* ---- sides ------------------------------------------------------------------- */

static struct str joined(struct web *web, struct str a, struct str b)
{
    if (str_is_empty(a) || str_is_empty(b)) {
        return str_is_empty(a) ? b : a;
    }
    return arena_print(web->ctx->arena, "%.*s · %.*s", STR_ARG(a), STR_ARG(b));
}

static enum err account_side(struct web *web, int64_t id, struct people_side *out)
{
    struct sql_people_account_side row;
    TRY(web_need(web,
                 sql_people_account_side(web->db,
                                         &(struct sql_people_account_side_in){
                                             .dataset = web->session.dataset, .account = id},
                                         &row),
                 ACCOUNT_MISSING));
    if (!row.merged_into_null) {
        return web_not_found(web, "This company was merged with another one.");
    }
    *out = (struct people_side){.id = row.id,
                                .name = row.name,
                                .about = str_eq(row.name, row.domain) ? (struct str){.p = NULL}
                                                                      : row.domain,
                                .initials = mark_initials(web->ctx->arena, row.name),
                                .hue = mark_hue(row.name),
                                .leads = row.leads,
                                .contacts = row.contacts,
                                .sessions = row.sessions,
                                .cards = row.cards,
                                .notes = row.notes,
                                .last_at = row.last_at_null ? 0 : row.last_at,
                                .account = true};
    return ERR_NONE;
}

static enum err lead_side(struct web *web, int64_t id, struct people_side *out,
                          bool *out_contact, int64_t *out_account)
{
    struct sql_people_lead_side row;
    TRY(web_need(web,
                 sql_people_lead_side(web->db,
                                      &(struct sql_people_lead_side_in){
                                          .dataset = web->session.dataset, .lead = id},
                                      &row),
                 LEAD_MISSING));
    if (!row.merged_into_null) {
        return web_not_found(web, "This lead was merged with another one.");
    }
    struct str email = str_eq(row.name, row.email) ? (struct str){.p = NULL} : row.email;
    *out = (struct people_side){.id = row.id,
                                .name = row.name,
                                .about = joined(web, email, row.account),
                                .initials = str_is_null(row.email)
                                                ? STR("?")
                                                : mark_initials(web->ctx->arena, row.name),
                                .hue = mark_hue(row.name),
                                .sessions = row.sessions,
                                .cards = row.cards,
                                .notes = row.notes,
                                .last_at = row.last_at};
    *out_contact = !str_is_null(row.email);
    *out_account = row.account_id_null ? 0 : row.account_id;
    return ERR_NONE;
}

/* ---- the page ---------------------------------------------------------------- */

static int64_t query_id(const struct web *web, const char *name)
{
    int64_t id;
    return str_to_i64(web_query(web, name), &id) && id > 0 ? id : 0;
}

static enum err find_accounts(struct web *web, int64_t but, struct people_view *view)
{
    struct sql_people_find_accounts_rows rows;
    const struct sql_people_find_accounts_in in = {
        .dataset = web->session.dataset, .text = view->q, .but = but};
    TRY(sql_people_find_accounts(web->db, &in, &rows));
    struct people_found *found = ARENA_ARRAY(web->ctx->arena, rows.n, struct people_found);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_people_find_accounts *row = &rows.row[i];
        struct str domain =
            str_eq(row->domain, row->name) ? (struct str){.p = NULL} : row->domain;
        found[i] = (struct people_found){
            .id = row->id,
            .chosen = row->id == view->with,
            .name = row->name,
            .about = joined(web, domain,
                            arena_print(web->ctx->arena, "%d %s", (int)row->leads,
                                        row->leads == 1 ? "lead" : "leads"))};
    }
    view->found = found;
    view->n_found = rows.n;
    return ERR_NONE;
}

static enum err find_leads(struct web *web, int64_t but, struct people_view *view)
{
    struct sql_people_find_leads_rows rows;
    const struct sql_people_find_leads_in in = {
        .dataset = web->session.dataset, .text = view->q, .but = but};
    TRY(sql_people_find_leads(web->db, &in, &rows));
    struct people_found *found = ARENA_ARRAY(web->ctx->arena, rows.n, struct people_found);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_people_find_leads *row = &rows.row[i];
        struct str email = str_eq(row->email, row->name) ? (struct str){.p = NULL} : row->email;
        found[i] = (struct people_found){.id = row->id,
                                         .chosen = row->id == view->with,
                                         .name = row->name,
                                         .about = joined(web, email, row->account)};
    }
    view->found = found;
    view->n_found = rows.n;
    return ERR_NONE;
}

static struct people_view begin_view(struct web *web, const struct request *request,
                                     struct response *response, const char *what,
                                     struct str name)
{
    struct str q = str_cut(str_trim(web_query(web, "q")), 200);
    struct people_view view = {
        .page = page_make(web, request, response, what, NAV_NONE),
        .q = q,
        .searched = q.n > 0,
        .with = query_id(web, "with"),
    };
    view.page.title = arena_print(web->ctx->arena, "%s %.*s", what, STR_ARG(name));
    return view;
}

/* At most eight. */
static void effect(struct web *web, struct people_view *view, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void effect(struct web *web, struct people_view *view, const char *format, ...)
{
    char text[700];
    va_list args;
    struct str *effects = ARENA_ARRAY(web->ctx->arena, view->n_effects + 1, struct str);
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    for (size_t i = 0; i < view->n_effects; i++) {
        effects[i] = view->effects[i];
    }
    effects[view->n_effects++] = arena_dup(web->ctx->arena, str_from(text));
    view->effects = effects;
}

static void choose(struct web *web, struct people_view *view, struct people_side from,
                   struct people_side into)
{
    struct people_side *sides = ARENA_ARRAY(web->ctx->arena, 2, struct people_side);
    into.stays = true;
    sides[0] = from;
    sides[1] = into;
    view->sides = sides;
    view->n_sides = 2;
    view->chosen = true;
    view->stays = into.id;
}

/* The link of a merge or a link to another company, as a path of this lead or company. */
static struct str path_of(struct web *web, const char *what, const char *end)
{
    return arena_print(web->ctx->arena, "/%s/%lld%s", what, (long long)web->ids[0], end);
}

/* ---- companies --------------------------------------------------------------- */

static void account_effects(struct web *web, struct people_view *view,
                            const struct people_side *from, const struct people_side *into)
{
    effect(web, view, "All leads, tags and notes of %.*s become those of %.*s.",
           STR_ARG(from->name), STR_ARG(into->name));
    effect(web, view,
           "On boards where both have a card, one stays, in the stage that is further; "
           "where only %.*s has one, it becomes that of %.*s.",
           STR_ARG(from->name), STR_ARG(into->name));
    effect(web, view, "%.*s keeps its name and details.", STR_ARG(into->name));
    effect(web, view, "Who comes from %.*s later counts for %.*s too.",
           STR_ARG(str_is_empty(from->about) ? from->name : from->about), STR_ARG(into->name));
    effect(web, view, "It can be undone for %d days.", OPERATION_DAYS);
}

enum err handle_account_merge(struct web *web, struct request *request,
                              struct response *response)
{
    struct people_side own, other;
    TRY(account_side(web, web->ids[0], &own));
    struct people_view view = begin_view(web, request, response, "Merge", own.name);
    view.action = path_of(web, "accounts", "/merge");
    view.back = path_of(web, "accounts", "");
    view.verb = STR("Merge");
    view.look_for = STR("Which company is the same one?");
    view.hint = STR("A part of its name, or its domain.");
    if (view.with != 0) {
        TRY(account_side(web, view.with, &other));
        bool swap = query_id(web, "swap") == own.id;
        choose(web, &view, swap ? own : other, swap ? other : own);
        account_effects(web, &view, &view.sides[0], &view.sides[1]);
        view.may_swap = true;
        if (own.id == other.id) {
            view.chosen = false;
            view.wrong = STR("A company can't be merged with itself.");
        }
    }
    if (view.searched) {
        TRY(find_accounts(web, own.id, &view));
    }
    tpl_people(&response->body, &view);
    return ERR_NONE;
}

/* The one of the path and the other one; `stays` says which. */
static enum err pair_of(struct web *web, struct people_pair *out)
{
    const struct people_values *values = web->form.values;
    int64_t own = web->ids[0];
    if (!form_is_right(&web->form) || values->with == 0) {
        return ctx_fail(web->ctx, ERR_INVALID, "Choose the other one first.");
    }
    bool other_stays = values->stays == values->with;
    *out = (struct people_pair){.dataset = web->session.dataset,
                                .user = web->session.user,
                                .from = other_stays ? own : values->with,
                                .into = other_stays ? values->with : own};
    return ERR_NONE;
}

/* Says what was done, and offers to undo it. */
static enum err go_to(struct response *response, int64_t operation)
{
    return web_redirect(response, "/operations/%lld", (long long)operation);
}

enum err handle_account_merge_post(struct web *web, struct request *request,
                                   struct response *response)
{
    struct people_pair pair;
    int64_t operation;
    (void)request;
    TRY(pair_of(web, &pair));
    TRY(people_merge_accounts(web->db, &pair, &operation));
    return go_to(response, operation);
}

/* ---- leads ------------------------------------------------------------------- */

static void lead_effects(struct web *web, struct people_view *view, bool contact)
{
    const struct people_side *from = &view->sides[0], *into = &view->sides[1];
    effect(web, view, "All visits, tags and notes of %.*s become those of %.*s.",
           STR_ARG(from->name), STR_ARG(into->name));
    effect(web, view, "Of each value %.*s keeps its own, and takes those it does not have.",
           STR_ARG(into->name));
    if (contact) {
        effect(web, view, "Whoever says the address of %.*s later is %.*s.",
               STR_ARG(from->name), STR_ARG(into->name));
    } else {
        effect(web, view, "What is done on this browser later counts for %.*s too.",
               STR_ARG(into->name));
    }
    effect(web, view, "It can be undone for %d days.", OPERATION_DAYS);
}

static enum err choose_lead(struct web *web, struct people_view *view,
                            const struct people_side *own, bool own_contact)
{
    struct people_side other;
    bool other_contact;
    int64_t account;
    TRY(lead_side(web, view->with, &other, &other_contact, &account));
    if (own->id == other.id || (!own_contact && !other_contact)) {
        view->wrong = own->id == other.id
                          ? STR("A lead can't be merged with itself.")
                          : STR("Both are anonymous: nothing says who they are. Once one of "
                                "them is known they can be merged.");
        return ERR_NONE;
    }
    bool swap = !own_contact || (other_contact && query_id(web, "swap") == own->id);
    choose(web, view, swap ? *own : other, swap ? other : *own);
    lead_effects(web, view, own_contact && other_contact);
    view->may_swap = own_contact && other_contact;
    return ERR_NONE;
}

enum err handle_lead_merge(struct web *web, struct request *request, struct response *response)
{
    struct people_side own;
    bool contact;
    int64_t account;
    TRY(lead_side(web, web->ids[0], &own, &contact, &account));
    struct people_view view = begin_view(web, request, response, "Merge", own.name);
    view.action = path_of(web, "leads", "/merge");
    view.back = path_of(web, "leads", "");
    view.verb = STR("Merge");
    view.look_for = STR("Which lead is the same person?");
    view.hint = STR("A part of the name or of the address.");
    if (view.with != 0) {
        TRY(choose_lead(web, &view, &own, contact));
    }
    if (view.searched) {
        TRY(find_leads(web, own.id, &view));
    }
    tpl_people(&response->body, &view);
    return ERR_NONE;
}

enum err handle_lead_merge_post(struct web *web, struct request *request,
                                struct response *response)
{
    struct people_pair pair;
    int64_t operation, stays;
    (void)request;
    TRY(pair_of(web, &pair));
    TRY(people_merge_leads(web->db, &pair, &operation, &stays));
    return go_to(response, operation);
}

enum err handle_lead_link(struct web *web, struct request *request, struct response *response)
{
    struct people_side own, company;
    bool contact;
    int64_t account;
    TRY(lead_side(web, web->ids[0], &own, &contact, &account));
    struct people_view view = begin_view(web, request, response, "Link", own.name);
    view.action = path_of(web, "leads", "/link");
    view.back = path_of(web, "leads", "");
    view.verb = STR("Link");
    view.look_for = STR("To which company?");
    view.hint = STR("A part of its name, or its domain.");
    if (view.with != 0) {
        TRY(account_side(web, view.with, &company));
        choose(web, &view, own, company);
        view.stays = 0;
        effect(web, &view, "%.*s belongs to %.*s, whatever its address or a form says later.",
               STR_ARG(own.name), STR_ARG(company.name));
        effect(web, &view, "Its visits count for %.*s%s.", STR_ARG(company.name),
               account == 0 ? "; a card of its own becomes that of the company"
                            : " and no more for the company it is of now");
        effect(web, &view, "It can be undone for %d days.", OPERATION_DAYS);
    }
    if (view.searched) {
        TRY(find_accounts(web, account, &view));
    }
    tpl_people(&response->body, &view);
    return ERR_NONE;
}

static enum err link_to(struct web *web, struct response *response, int64_t account)
{
    int64_t operation;
    const struct people_pair pair = {.dataset = web->session.dataset,
                                     .user = web->session.user,
                                     .from = web->ids[0],
                                     .into = account};
    TRY(people_link(web->db, &pair, &operation));
    return go_to(response, operation);
}

enum err handle_lead_link_post(struct web *web, struct request *request,
                               struct response *response)
{
    const struct people_values *values = web->form.values;
    (void)request;
    if (!form_is_right(&web->form) || values->with == 0) {
        return ctx_fail(web->ctx, ERR_INVALID, "Choose the company first.");
    }
    return link_to(web, response, values->with);
}

enum err handle_lead_unlink(struct web *web, struct request *request, struct response *response)
{
    struct people_side own;
    bool contact;
    int64_t account;
    TRY(lead_side(web, web->ids[0], &own, &contact, &account));
    struct people_view view = begin_view(web, request, response, "Unlink", own.name);
    view.action = path_of(web, "leads", "/unlink");
    view.back = path_of(web, "leads", "");
    view.verb = STR("Unlink");
    view.with = 0;
    if (account == 0) {
        view.wrong = STR("This lead is of no company.");
    } else {
        struct people_side *sides = ARENA_NEW(web->ctx->arena, struct people_side);
        *sides = own;
        view.sides = sides;
        view.n_sides = 1;
        view.chosen = true;
        effect(web, &view, "%.*s belongs to no company, whatever its address or a form says.",
               STR_ARG(own.name));
        effect(web, &view, "Its visits do not count for the company any more.");
        effect(web, &view, "It can be undone for %d days.", OPERATION_DAYS);
    }
    tpl_people(&response->body, &view);
    return ERR_NONE;
}

enum err handle_lead_unlink_post(struct web *web, struct request *request,
                                 struct response *response)
{
    (void)request;
    return link_to(web, response, 0);
}
