/* A card added by hand: what is typed, what is found, and accepting it. */
#include "fcgi/handlers/board.h"

#include "fcgi/handlers/icons.h"
#include "fcgi/mark.h"
#include "fcgi/panel_draw.h"
#include "fcgi/views/lookup.h"
#include "gen/templates.h"
#include "shared/facts.h"
#include "shared/lookup.h"

#define LOOKUP_MISSING "This was looked up too long ago. Type it again."
#define REFRESH_S 3
#define VALUE_MAX 600

struct what_values {
    struct str what;
};
static const struct form_field what_fields[] = {
    {.name = "what",
     .label = "A domain or an email address",
     .kind = FORM_TEXT,
     .required = true,
     .max = 2000,
     .offset = offsetof(struct what_values, what)},
};
const struct form_spec card_add_spec = FORM_SPEC(what_fields, struct what_values);

/* The fields of a company that can be corrected, in the order of facts.h, but its name. */
#define CORRECTIONS 18
struct accept_values {
    struct str name;
    bool lift;
    struct str corrections[CORRECTIONS];
};
#define CORRECTION(i, text, words)                                                             \
    {                                                                                          \
        .name = (text), .label = (words), .kind = FORM_LINES, .max = FACT_VALUE_MAX,           \
        .offset = offsetof(struct accept_values, corrections[i])                               \
    }
static const struct form_field accept_fields[] = {
    {.name = "name",
     .label = "The name",
     .kind = FORM_TEXT,
     .max = 200,
     .offset = offsetof(struct accept_values, name)},
    {.name = "lift",
     .label = "Allow it again",
     .kind = FORM_BOOL,
     .offset = offsetof(struct accept_values, lift)},
    CORRECTION(0, "description", "Description"),
    CORRECTION(1, "industry", "Industry"),
    CORRECTION(2, "employees", "Employees"),
    CORRECTION(3, "revenue", "Revenue"),
    CORRECTION(4, "founded", "Founded"),
    CORRECTION(5, "legal_type", "Legal type"),
    CORRECTION(6, "website", "Website"),
    CORRECTION(7, "phone", "Phone"),
    CORRECTION(8, "emails", "Emails"),
    CORRECTION(9, "address", "Address"),
    CORRECTION(10, "city", "City"),
    CORRECTION(11, "region", "Region"),
    CORRECTION(12, "country", "Country"),
    CORRECTION(13, "linkedin", "LinkedIn"),
    CORRECTION(14, "social", "Social links"),
    CORRECTION(15, "technologies", "Technologies"),
    CORRECTION(16, "registered", "Domain since"),
    CORRECTION(17, "registrar", "Registrar"),
};
const struct form_spec card_accept_spec = FORM_SPEC(accept_fields, struct accept_values);

static struct lookup_place place_of(const struct web *web, int64_t board)
{
    return (struct lookup_place){
        .dataset = web->session.dataset, .board = board, .user = web->session.user};
}

/* A board whose wizard is not finished has no stage to put cards into. */
static enum err load_board(struct web *web, struct sql_board_get *board)
{
    TRY(board_load(web, board));
    return board->setup_step == 0
               ? ERR_NONE
               : web_conflict(web, "Finish setting this board up first, then add cards.");
}

/* ---- what is typed ---- */

static enum err draw_add(struct web *web, struct request *request, struct response *response,
                         const struct sql_board_get *board, const struct lookup_known *known,
                         const struct lookup_subject *subject)
{
    struct card_add_view view = {
        .page = page_make(web, request, response, "Add a card", NAV_BOARDS),
        .board = board->id,
        .board_name = board->name,
        .typed = str_cut(form_value(&web->form, "what", web_query(web, "what")), 2000),
        .wrong = form_message(&web->form, "what"),
    };
    if (known != NULL) {
        view.card = known->card;
        view.card_name = str_is_empty(known->name) ? subject->email : known->name;
        view.stage = known->stage;
        response->status = 422;
    }
    web_form_status(web, response);
    tpl_card_add(&response->body, &view);
    return ERR_NONE;
}

enum err handle_card_add(struct web *web, struct request *request, struct response *response)
{
    struct sql_board_get board;
    TRY(load_board(web, &board));
    return draw_add(web, request, response, &board, NULL, NULL);
}

enum err handle_card_add_post(struct web *web, struct request *request,
                              struct response *response)
{
    const struct what_values *values = web->form.values;
    struct sql_board_get board;
    struct lookup_subject subject;
    struct lookup_known known;
    int64_t id;
    TRY(load_board(web, &board));
    if (form_is_right(&web->form) &&
        lookup_read(web->ctx, values->what, &subject) != ERR_NONE) {
        form_refuse(&web->form, "what", "%.*s", STR_ARG(web->ctx->why));
        ctx_clear(web->ctx);
    }
    if (!form_is_right(&web->form)) {
        return draw_add(web, request, response, &board, NULL, NULL);
    }
    const struct lookup_place place = place_of(web, board.id);
    TRY(lookup_look(web->db, &place, &subject, &known));
    if (known.card != 0) {
        return draw_add(web, request, response, &board, &known, &subject);
    }
    TRY(lookup_begin(web->db, &place, &subject, &id));
    web->wake = true;
    return web_redirect(response, "/boards/%lld/add/%lld", (long long)board.id, (long long)id);
}

/* ---- what is found ---- */

/* What the providers say of a field: the first counts. */
static const struct lookup_fact *find_fact(const struct lookup *lookup, struct str field,
                                           size_t *out_n)
{
    const struct lookup_fact *first = NULL;
    *out_n = 0;
    for (size_t i = 0; i < lookup->n_facts; i++) {
        if (str_eq(lookup->facts[i].field, field)) {
            first = first == NULL ? &lookup->facts[i] : first;
            (*out_n)++;
        }
    }
    return first;
}

static const struct found_other *draw_others(struct web *web, const struct lookup_fact *first,
                                             size_t n, size_t *out_n)
{
    struct found_other *others = ARENA_ARRAY(web->ctx->arena, n + 1, struct found_other);
    *out_n = 0;
    for (size_t i = 1; i < n; i++) {
        if (!str_eq(first[i].value, first[0].value)) {
            others[(*out_n)++] = (struct found_other){
                .value = str_cut(first[i].value, VALUE_MAX), .source = first[i].source};
        }
    }
    return others;
}

static struct found_fact draw_fact(struct web *web, const struct fact_field *field,
                                   const struct lookup_fact *first, size_t n)
{
    const char *name = arena_cstr(web->ctx->arena, field->name);
    struct str value = first == NULL ? (struct str){.p = NULL} : first->value;
    struct found_fact fact = {
        .field = field->name,
        .label = field->label,
        .value = str_cut(value, VALUE_MAX),
        .url = field->kind == FACT_LINK ? panel_draw_link(value) : (struct str){.p = NULL},
        .typed = form_value(&web->form, name, value),
        .wrong = form_message(&web->form, name),
        .lines = field->kind == FACT_LINES || facts_is_list(field),
        .wide = value.n > 60 || field->kind == FACT_LINES || facts_is_list(field),
    };
    if (first != NULL) {
        fact.source = first->source;
        fact.at = first->at;
        fact.others = draw_others(web, first, n, &fact.n_others);
    }
    return fact;
}

static void draw_facts(struct web *web, const struct lookup *lookup, struct found_view *view)
{
    size_t n_fields, n;
    const struct fact_field *fields = facts_fields(&n_fields);
    struct found_fact *facts = ARENA_ARRAY(web->ctx->arena, n_fields, struct found_fact);
    struct found_fact *unknown = ARENA_ARRAY(web->ctx->arena, n_fields, struct found_fact);
    for (size_t i = 0; i < n_fields; i++) {
        const struct lookup_fact *first = find_fact(lookup, fields[i].name, &n);
        struct found_fact fact = draw_fact(web, &fields[i], first, n);
        view->fields_found += first != NULL;
        if (str_eq(fields[i].name, STR("name"))) {
            view->names = fact.others;
            view->n_names = fact.n_others;
        } else if (first != NULL) {
            facts[view->n_facts++] = fact;
        } else {
            unknown[view->n_unknown++] = fact;
            view->unknown_open = view->unknown_open || !str_is_empty(fact.typed);
        }
    }
    view->facts = facts;
    view->unknown = unknown;
}

static void draw_providers(struct web *web, const struct lookup *lookup,
                           struct found_view *view)
{
    struct found_provider *list =
        ARENA_ARRAY(web->ctx->arena, lookup->n_providers + 1, struct found_provider);
    for (size_t i = 0; i < lookup->n_providers; i++) {
        const struct lookup_provider *from = &lookup->providers[i];
        list[i] = (struct found_provider){.name = from->name,
                                          .message = from->message,
                                          .asking = from->state == LOOKUP_ASKING,
                                          .knows = from->state == LOOKUP_KNOWS,
                                          .failed = from->state == LOOKUP_NO_ANSWER,
                                          .facts = from->facts};
        view->answered += from->state != LOOKUP_ASKING;
    }
    view->providers = list;
    view->n_providers = lookup->n_providers;
}

static void draw_name(struct web *web, const struct lookup *lookup,
                      const struct lookup_known *known, struct found_view *view)
{
    size_t n;
    const struct lookup_fact *found = find_fact(lookup, STR("name"), &n);
    struct str name = lookup->subject.domain;
    view->name_from = STR("Nothing told a better name.");
    if (known->named) {
        name = known->name;
        view->name_from = STR("As the company is called here already.");
    } else if (found != NULL) {
        name = found->value;
        view->name_from = arena_print(web->ctx->arena, "%.*s says so.", STR_ARG(found->source));
    }
    view->name = form_value(&web->form, "name", name);
    view->name_wrong = form_message(&web->form, "name");
    struct str shown = str_is_null(lookup->subject.domain) ? lookup->subject.email : name;
    view->initials = mark_initials(web->ctx->arena, shown);
    view->hue = mark_hue(shown);
}

static void draw_known(const struct lookup *lookup, const struct lookup_known *known,
                       struct found_view *view)
{
    view->account = known->account;
    view->account_name = known->account == 0 ? (struct str){.p = NULL} : known->name;
    view->knows_lead = known->lead != 0;
    view->leads = known->leads;
    view->new_leads = (int64_t)lookup->n_leads;
    view->card = known->card;
    view->stage = known->stage;
    view->hidden = known->hidden;
    view->excluded = known->excluded;
    view->excluded_by = known->excluded_by;
    view->excluded_at = known->excluded_at;
}

enum err handle_card_found(struct web *web, struct request *request, struct response *response)
{
    struct sql_board_get board;
    struct lookup lookup;
    struct lookup_known known;
    TRY(load_board(web, &board));
    const struct lookup_place place = place_of(web, board.id);
    TRY(web_need(web, lookup_get(web->db, &place, web->ids[1], &lookup), LOOKUP_MISSING));
    TRY(lookup_look(web->db, &place, &lookup.subject, &known));
    struct found_view view = {
        .page = page_make(web, request, response, "Add a card", NAV_BOARDS),
        .board = board.id,
        .id = lookup.id,
        .board_name = board.name,
        .domain = lookup.subject.domain,
        .email = lookup.subject.email,
        .running = lookup.running,
        .has_icon = lookup.has_icon,
        .message = lookup.message,
    };
    view.csrf = view.page.csrf;
    view.page.refresh_s = lookup.running ? REFRESH_S : 0;
    draw_facts(web, &lookup, &view);
    draw_providers(web, &lookup, &view);
    draw_name(web, &lookup, &known, &view);
    draw_known(&lookup, &known, &view);
    response_header(response, "Vary", STR("HX-Request"));
    web_form_status(web, response);
    if (web_is_partial(request)) {
        tpl_card_add_found(&response->body, &view);
    } else {
        tpl_card_add_page(&response->body, &view);
    }
    return ERR_NONE;
}

enum err handle_card_found_icon(struct web *web, struct request *request,
                                struct response *response)
{
    struct sql_board_get board;
    struct sql_lookup_icon icon;
    (void)request;
    TRY(board_load(web, &board));
    TRY(web_need(web,
                 sql_lookup_icon(web->db,
                                 &(struct sql_lookup_icon_in){.dataset = web->session.dataset,
                                                              .board = board.id,
                                                              .lookup = web->ids[1]},
                                 &icon),
                 "No icon was found."));
    return icon_answer(response, icon.media_type, icon.bytes);
}

/* ---- accepting ---- */

/* A field that reads as it was found is no correction; one that was emptied is left to the
 * providers. What can't be stored is told at its field. */
static void read_correction(struct web *web, const struct lookup *lookup,
                            const struct fact_field *field, struct str typed,
                            struct lookup_accept *accept, struct str *fields,
                            struct str *values)
{
    size_t n;
    const struct lookup_fact *first = find_fact(lookup, field->name, &n);
    struct str value, text = str_trim(typed);
    if (str_is_empty(text) || (first != NULL && str_eq(text, str_trim(first->value)))) {
        return;
    }
    if (facts_read(web->ctx, field, text, &value) != ERR_NONE) {
        form_refuse(&web->form, arena_cstr(web->ctx->arena, field->name), "%.*s",
                    STR_ARG(web->ctx->why));
        ctx_clear(web->ctx);
    } else if (first == NULL || !str_eq(value, first->value)) {
        fields[accept->n] = field->name;
        values[accept->n++] = value;
    }
}

static void read_corrections(struct web *web, const struct lookup *lookup,
                             struct lookup_accept *accept)
{
    const struct accept_values *typed = web->form.values;
    size_t n_fields, correction = 0;
    const struct fact_field *all = facts_fields(&n_fields);
    struct str *fields = ARENA_ARRAY(web->ctx->arena, n_fields, struct str);
    struct str *values = ARENA_ARRAY(web->ctx->arena, n_fields, struct str);
    bool company = !str_is_null(lookup->subject.domain);
    for (size_t i = 0; company && i < n_fields && correction < CORRECTIONS; i++) {
        if (!str_eq(all[i].name, STR("name"))) {
            read_correction(web, lookup, &all[i], typed->corrections[correction++], accept,
                            fields, values);
        }
    }
    accept->fields = fields;
    accept->values = values;
}

enum err handle_card_accept(struct web *web, struct request *request, struct response *response)
{
    const struct accept_values *values = web->form.values;
    struct sql_board_get board;
    struct lookup lookup;
    struct lookup_accepted accepted;
    if (!form_is_right(&web->form)) {
        return handle_card_found(web, request, response);
    }
    TRY(load_board(web, &board));
    const struct lookup_place place = place_of(web, board.id);
    struct lookup_accept accept = {.name = values->name, .lift = values->lift};
    TRY(web_need(web, lookup_get(web->db, &place, web->ids[1], &lookup), LOOKUP_MISSING));
    read_corrections(web, &lookup, &accept);
    if (!form_is_right(&web->form)) {
        return handle_card_found(web, request, response);
    }
    TRY(web_need(web, lookup_accept(web->db, &place, web->ids[1], &accept, &accepted),
                 LOOKUP_MISSING));
    if (accepted.excluded || accepted.operation == 0) {
        return web_redirect(response, "/boards/%lld/add/%lld", (long long)board.id,
                            (long long)web->ids[1]);
    }
    web->wake = true;
    return web_redirect(response, "/boards/%lld?did=%lld#c%lld", (long long)board.id,
                        (long long)accepted.operation, (long long)accepted.card);
}
