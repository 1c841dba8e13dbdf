/* Settings > Enrichment: a provider tried with a domain, and what would be stored. */
#include "fcgi/handlers/providers.h"

#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/facts.h"
#include "shared/json.h"
#include "shared/lookup.h"

#define FACTS_BYTES ((size_t)1 << 20)
#define REFRESH_S 3
#define VALUE_MAX 1000

struct try_values {
    struct str source, domain;
};
static const struct form_field try_fields[] = {
    {.name = "source",
     .label = "Provider",
     .kind = FORM_TEXT,
     .required = true,
     .max = 40,
     .offset = offsetof(struct try_values, source)},
    {.name = "domain",
     .label = "A domain",
     .kind = FORM_TEXT,
     .required = true,
     .max = 300,
     .offset = offsetof(struct try_values, domain)},
};
const struct form_spec provider_try_spec = FORM_SPEC(try_fields, struct try_values);

/* A row, and the job that fills it. */
static enum err begin(struct web *web, struct str source, struct str domain, int64_t *out_id)
{
    struct arena *arena = web->ctx->arena;
    int64_t dataset = web->session.dataset, progress;
    struct sql_provider_try_add row;
    TRY(sql_provider_try_add(
        web->db,
        &(struct sql_provider_try_add_in){
            .dataset = dataset, .source = source, .domain = domain, .user = web->session.user},
        &row));
    TRY(progress_create(web->db, dataset, JOB_TRY, row.id, web->session.user, &progress));
    const struct queue_job job = {
        .dataset = dataset,
        .uniq = arena_print(arena, "progress:%lld", (long long)progress),
        .payload = arena_print(arena, "{\"try\":\"%lld\",\"progress\":\"%lld\"}",
                               (long long)row.id, (long long)progress)};
    *out_id = row.id;
    web->wake = true;
    return queue_add(web->db, JOB_TRY, &job, &(struct queue_opts){.prio = QUEUE_SOON}, NULL);
}

enum err handle_provider_try(struct web *web, struct request *request,
                             struct response *response)
{
    const struct try_values *values = web->form.values;
    struct lookup_subject subject;
    struct provider *list;
    size_t n;
    int64_t id;
    if (form_is_right(&web->form) &&
        (lookup_read(web->ctx, values->domain, &subject) != ERR_NONE ||
         str_is_null(subject.domain))) {
        form_refuse(&web->form, "domain", "%.*s",
                    STR_ARG(str_is_empty(web->ctx->why) ? STR("Type a company's domain.")
                                                        : web->ctx->why));
        ctx_clear(web->ctx);
    }
    if (!form_is_right(&web->form)) {
        return handle_provider(web, request, response);
    }
    TRY(providers_read(web, &list, &n));
    if (provider_find(list, n, values->source) == NULL) {
        return web_not_found(web, PROVIDER_MISSING);
    }
    TRY(begin(web, values->source, subject.domain, &id));
    return web_redirect(response, "/settings/enrichment/tries/%lld", (long long)id);
}

static enum err draw_facts(struct web *web, struct str text, struct try_view *view)
{
    const struct json *json;
    size_t n;
    const struct fact_field *fields = facts_fields(&n);
    struct try_fact *facts = ARENA_ARRAY(web->ctx->arena, n, struct try_fact);
    TRY(json_parse(web->ctx, text, FACTS_BYTES, &json));
    for (size_t i = 0; i < n; i++) {
        const char *name = arena_cstr(web->ctx->arena, fields[i].name);
        struct str value = json_text(json_get(json, name));
        if (!str_is_empty(value)) {
            facts[view->n_facts++] =
                (struct try_fact){.label = fields[i].label, .value = str_cut(value, VALUE_MAX)};
        }
    }
    view->facts = facts;
    return ERR_NONE;
}

/* The job has one attempt: when it is gone without an answer, there will be none. */
static enum err is_given_up(struct web *web, int64_t id, bool *out)
{
    struct progress progress;
    enum err err = progress_latest(web->db, web->session.dataset, JOB_TRY, id, &progress);
    *out = err == ERR_NOT_FOUND || (err == ERR_NONE && progress.state > PROGRESS_RUNNING);
    return err == ERR_NOT_FOUND ? ERR_NONE : err;
}

enum err handle_provider_tried(struct web *web, struct request *request,
                               struct response *response)
{
    struct sql_provider_try_get row;
    struct provider *list;
    size_t n;
    bool given_up;
    TRY(is_given_up(web, web->ids[0],
                    &given_up)); /* first: it may be answered between the two */
    TRY(web_need(web,
                 sql_provider_try_get(web->db,
                                      &(struct sql_provider_try_get_in){
                                          .dataset = web->session.dataset, .id = web->ids[0]},
                                      &row),
                 "This was tried too long ago. Try it again."));
    TRY(providers_read(web, &list, &n));
    const struct provider *provider = provider_find(list, n, row.source);
    struct try_view view = {
        .page = page_make(web, request, response, "Enrichment", NAV_SETTINGS),
        .source = row.source,
        .name = provider == NULL ? row.source : provider->name,
        .domain = row.domain,
        .id = web->ids[0],
        .running = row.outcome_null && !given_up,
        .knows = !row.outcome_null && row.outcome == ANSWER_FACTS,
        .message =
            row.outcome_null ? STR("This could not be finished. Try it again.") : row.message,
        .guess = row.guess,
        .has_logo = row.has_logo,
    };
    view.page.refresh_s = view.running ? REFRESH_S : 0;
    TRY(draw_facts(web, row.facts, &view));
    response_header(response, "Vary", STR("HX-Request"));
    if (web_is_partial(request)) {
        tpl_provider_tried(&response->body, &view);
    } else {
        tpl_provider_try(&response->body, &view);
    }
    return ERR_NONE;
}
