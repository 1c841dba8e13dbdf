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

struct accept_values {
    struct str name;
    bool lift;
};
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

static void draw_facts(struct web *web, const struct lookup *lookup, struct found_view *view)
{
    struct found_fact *facts =
        ARENA_ARRAY(web->ctx->arena, lookup->n_facts + 1, struct found_fact);
    for (size_t i = 0; i < lookup->n_facts; i++) {
        const struct lookup_fact *from = &lookup->facts[i];
        const struct fact_field *field = facts_field(from->field);
        if (field == NULL || str_eq(from->field, STR("name"))) {
            continue;
        }
        facts[view->n_facts++] =
            (struct found_fact){.label = field->label,
                                .value = str_cut(from->value, VALUE_MAX),
                                .url = field->kind == FACT_LINK ? panel_draw_link(from->value)
                                                                : (struct str){.p = NULL},
                                .wide = from->value.n > 60};
    }
    view->facts = facts;
}

static struct str found_name(const struct lookup *lookup)
{
    for (size_t i = 0; i < lookup->n_facts; i++) {
        if (str_eq(lookup->facts[i].field, STR("name"))) {
            return lookup->facts[i].value;
        }
    }
    return (struct str){.p = NULL};
}

static void draw_name(struct web *web, const struct lookup *lookup,
                      const struct lookup_known *known, struct found_view *view)
{
    struct str found = found_name(lookup), name = lookup->subject.domain;
    view->name_from = "Nothing told a better name.";
    if (known->named) {
        name = known->name;
        view->name_from = "As the company is called here already.";
    } else if (!str_is_empty(found)) {
        name = found;
        view->name_from = "As its site has it.";
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

enum err handle_card_accept(struct web *web, struct request *request, struct response *response)
{
    const struct accept_values *values = web->form.values;
    struct sql_board_get board;
    struct lookup_accepted accepted;
    if (!form_is_right(&web->form)) {
        return handle_card_found(web, request, response);
    }
    TRY(load_board(web, &board));
    const struct lookup_place place = place_of(web, board.id);
    const struct lookup_accept accept = {.name = values->name, .lift = values->lift};
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
