/* Tags put on and taken off one account or lead, by the editor in the panel and on the lead's
 * page; and what script offers to choose from. */
#include "fcgi/handlers.h"

#include "fcgi/panel_draw.h"
#include "fcgi/tag_edit.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/json.h"
#include "shared/tagging.h"

#define CHOICE_CARDS 500
#define DETAIL_MAX 1000

struct tags_values {
    struct str add, back;
    int64_t remove;
};
static const struct form_field tags_fields[] = {
    {.name = "add",
     .label = "Tag",
     .kind = FORM_TEXT,
     .max = TAG_NAME_MAX,
     .offset = offsetof(struct tags_values, add)},
    {.name = "remove",
     .label = "Tag to take off",
     .kind = FORM_ID,
     .offset = offsetof(struct tags_values, remove)},
    {.name = "back",
     .label = "Page to go back to",
     .kind = FORM_TEXT,
     .max = REQUEST_PATH_MAX,
     .offset = offsetof(struct tags_values, back)},
};
const struct form_spec tags_spec = FORM_SPEC(tags_fields, struct tags_values);

typedef enum err tagger(struct db *db, const struct tagging *tagging, bool put,
                        struct sql_i64s ids, struct sql_i64s tags, int32_t *out_n);
typedef enum err drawer(struct web *web, int64_t id, struct str title, struct str csrf,
                        struct str back, struct tags_edit_view *out);

/* An account or a lead. */
struct bearer {
    int64_t id;
    struct str title, home; /* its own page */
    tagger *change;
    drawer *draw;
};

static enum err find_tag(struct web *web, bool *out_put, struct sql_tag_get *out_tag)
{
    const struct tags_values *values = web->form.values;
    int64_t tag = values->remove;
    *out_put = tag == 0;
    if (*out_put) {
        TRY(tag_find_or_add(web->db, web->session.dataset, values->add, &tag));
    }
    return web_need(
        web,
        sql_tag_get(web->db,
                    &(struct sql_tag_get_in){.dataset = web->session.dataset, .tag = tag},
                    out_tag),
        "This tag is not there any more.");
}

static struct str detail_of(struct web *web, const struct sql_tag_get *tag)
{
    struct sb detail;
    sb_init(&detail, web->ctx->arena, DETAIL_MAX);
    sb_printf(&detail, "{\"tags\":[\"%lld\"],\"names\":[", (long long)tag->id);
    json_write_str(&detail, tag->name);
    SB_LIT(&detail, "]}");
    return sb_view(&detail);
}

struct done {
    bool put;
    struct sql_tag_get tag;
    int64_t operation;
    int32_t n;
};

static enum err apply(struct web *web, const struct bearer *bearer, struct done *out)
{
    TRY(find_tag(web, &out->put, &out->tag));
    const struct operation operation = {.dataset = web->session.dataset,
                                        .kind = out->put ? OP_TAG : OP_UNTAG,
                                        .user = web->session.user,
                                        .subject = bearer->title,
                                        .detail = detail_of(web, &out->tag)};
    TRY(operation_begin(web->db, &operation, &out->operation));
    const struct tagging tagging = {.dataset = web->session.dataset,
                                    .operation = out->operation,
                                    .actor = {.kind = ACTOR_USER, .id = web->session.user}};
    TRY(bearer->change(web->db, &tagging, out->put, (struct sql_i64s){&bearer->id, 1},
                       (struct sql_i64s){&out->tag.id, 1}, &out->n));
    return operation_end(web->db, web->session.dataset, out->operation, out->n,
                         (struct str){.p = NULL});
}

static struct str say(struct web *web, const struct bearer *bearer, const struct done *done)
{
    struct arena *arena = web->ctx->arena;
    struct str title = str_cut(bearer->title, 200), tag = done->tag.name;
    if (done->n == 0) {
        return arena_print(arena, "%.*s %s the tag %.*s.", STR_ARG(title),
                           done->put ? "already has" : "does not have", STR_ARG(tag));
    }
    return done->put ? arena_print(arena, "Tagged %.*s %.*s.", STR_ARG(title), STR_ARG(tag))
                     : arena_print(arena, "Took %.*s off %.*s.", STR_ARG(tag), STR_ARG(title));
}

static enum err draw_edit(struct web *web, const struct request *request,
                          struct response *response, const struct bearer *bearer,
                          const struct done *done, struct str wrong)
{
    const struct tags_values *values = web->form.values;
    struct tags_edit_view view;
    TRY(bearer->draw(web, bearer->id, bearer->title,
                     session_csrf(web->ctx, &web->session, request, response),
                     response_is_local(values->back) ? values->back : bearer->home, &view));
    if (done != NULL && done->n > 0) {
        view.operation = done->operation;
        view.said = say(web, bearer, done);
    }
    if (!str_is_null(wrong)) {
        view.wrong = wrong;
        view.typed = form_typed(&web->form, "add");
        response->status = 422;
    }
    tpl_tags_edit(&response->body, &view);
    return ERR_NONE;
}

static enum err go_back(struct web *web, struct request *request, struct response *response,
                        const struct bearer *bearer, const struct done *done)
{
    const struct tags_values *values = web->form.values;
    struct str back = response_is_local(values->back) ? values->back : bearer->home;
    return web_redirect_saying(web, request, response, back, "%.*s",
                               STR_ARG(say(web, bearer, done)));
}

/* With script, a name that can't be a tag is said beside the input; nothing has been written by
 * then. */
static enum err answer(struct web *web, struct request *request, struct response *response,
                       const struct bearer *bearer)
{
    struct done done = {0};
    enum err err = form_is_right(&web->form) ? apply(web, bearer, &done)
                                             : ctx_fail(web->ctx, ERR_INVALID, "%.*s",
                                                        STR_ARG(web->form.mistakes[0].message));
    if (web_is_partial(request) && (err == ERR_INVALID || err == ERR_LIMIT)) {
        struct str wrong = web->ctx->why;
        ctx_clear(web->ctx);
        return draw_edit(web, request, response, bearer, NULL, wrong);
    }
    TRY(err);
    return web_is_partial(request)
               ? draw_edit(web, request, response, bearer, &done, (struct str){.p = NULL})
               : go_back(web, request, response, bearer, &done);
}

static enum err load_account(struct web *web, struct bearer *out)
{
    struct sql_account_name row;
    TRY(web_need(web,
                 sql_account_name(web->db,
                                  &(struct sql_account_name_in){.dataset = web->session.dataset,
                                                                .account = web->ids[0]},
                                  &row),
                 "This company does not exist, or you may not see it."));
    *out = (struct bearer){
        .id = web->ids[0],
        .title = row.name,
        .home = arena_print(web->ctx->arena, "/accounts/%lld", (long long)web->ids[0]),
        .change = tagging_accounts,
        .draw = tag_edit_account};
    return ERR_NONE;
}

static enum err load_lead(struct web *web, struct bearer *out)
{
    struct sql_lead_name row;
    TRY(web_need(web,
                 sql_lead_name(web->db,
                               &(struct sql_lead_name_in){.dataset = web->session.dataset,
                                                          .lead = web->ids[0]},
                               &row),
                 "This lead does not exist, or you may not see it."));
    *out = (struct bearer){
        .id = web->ids[0],
        .title = panel_draw_name(web->ctx, row.first_name, row.last_name, row.email),
        .home = arena_print(web->ctx->arena, "/leads/%lld", (long long)web->ids[0]),
        .change = tagging_leads,
        .draw = tag_edit_lead};
    return ERR_NONE;
}

enum err handle_account_tags(struct web *web, struct request *request,
                             struct response *response)
{
    struct bearer bearer;
    TRY(load_account(web, &bearer));
    return answer(web, request, response, &bearer);
}

enum err handle_lead_tags(struct web *web, struct request *request, struct response *response)
{
    struct bearer bearer;
    TRY(load_lead(web, &bearer));
    return answer(web, request, response, &bearer);
}

/* ---- for script ---- */

/* ?card=, repeated. */
static struct sql_i64s read_cards(struct web *web)
{
    int64_t *cards = ARENA_ARRAY(web->ctx->arena, CHOICE_CARDS, int64_t);
    size_t n = 0;
    for (size_t i = 0; i < web->query.n && n < CHOICE_CARDS; i++) {
        if (str_eq(web->query.v[i].name, STR("card")) &&
            str_to_i64(web->query.v[i].value, &cards[n])) {
            n++;
        }
    }
    return (struct sql_i64s){cards, n};
}

/* Tags by name, each with how many of the given cards have it. */
enum err handle_tags(struct web *web, struct request *request, struct response *response)
{
    struct sql_tag_choices_rows rows;
    if (!web_is_partial(request)) {
        return web_redirect(response, "/settings/tags");
    }
    struct str text = str_trim(web_query(web, "q"));
    const struct sql_tag_choices_in in = {
        .dataset = web->session.dataset,
        .text = str_is_empty(text) ? (struct str){.p = NULL} : str_cut(text, TAG_NAME_MAX * 4),
        .cards = read_cards(web)};
    TRY(sql_tag_choices(web->db, &in, &rows));
    struct tag_choice *tags = ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct tag_choice);
    for (size_t i = 0; i < rows.n; i++) {
        tags[i] = (struct tag_choice){
            .id = rows.row[i].id, .name = rows.row[i].name, .on = rows.row[i].on};
    }
    const struct tag_choices_view view = {.tags = tags, .n_tags = rows.n};
    tpl_tag_choices(&response->body, &view);
    return ERR_NONE;
}
