/*
 * api: a service that answers a domain with a JSON document, of which the provider's mapping
 * (shared/mapping.h) says where each field stands.
 */
#include "shared/mapping.h"
#include "worker/company/question.h"

static void read_answer(struct question *q, const struct json *json)
{
    struct mapping *mapping = ARENA_NEW(q->ctx.arena, struct mapping);
    struct mapping_facts *found = ARENA_NEW(q->ctx.arena, struct mapping_facts);
    enum err err = mapping_read(&q->ctx, q->provider->mapping, mapping);
    if (err != ERR_NONE) {
        question_end(q, err);
        return;
    }
    mapping_find(&q->ctx, mapping, json, found);
    for (size_t i = 0; i < found->n; i++) {
        question_fact(q, arena_cstr(q->ctx.arena, found->fields[i]), found->values[i]);
    }
    if (found->n == 0 && str_is_empty(found->logo)) {
        question_end(q, ctx_fail(&q->ctx, ERR_NOT_FOUND,
                                 "The site answered, with nothing that the mapping names."));
        return;
    }
    question_logo(q, found->logo);
}

void api_ask(struct question *question)
{
    question_json(question,
                  provider_address(&question->ctx, question->provider, question->domain),
                  STR("application/json"), read_answer);
}
