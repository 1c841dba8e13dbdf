/*
 * rdap: who registered the domain, and when (RFC 9082, 9083; contacts are jCards, RFC 7095).
 * Only facts of the registration are taken: since when, at which registrar, for which
 * organisation and where that is - unless a privacy service stands there instead. rdap.org, the
 * default, redirects to the registry that answers for the domain (RFC 9224).
 */
#include "shared/reference.h"
#include "worker/company/question.h"

/* The value of the jCard's first property of the name, with its parameters. */
static const struct json *card_value(const struct json *entity, const char *name,
                                     const struct json **out_parameters)
{
    const struct json *list = json_next(json_first(json_get(entity, "vcardArray")));
    for (const struct json *one = json_first(list); one != NULL; one = json_next(one)) {
        const struct json *key = json_first(one);
        if (str_eq_ci(json_text(key), str_from(name))) {
            *out_parameters = json_next(key);
            return json_next(json_next(*out_parameters));
        }
    }
    return NULL;
}

static bool has_role(const struct json *entity, const char *role)
{
    const struct json *roles = json_get(entity, "roles");
    for (const struct json *one = json_first(roles); one != NULL; one = json_next(one)) {
        if (str_eq(json_text(one), str_from(role))) {
            return true;
        }
    }
    return false;
}

static const struct json *find_entity(const struct json *domain, const char *role)
{
    const struct json *entities = json_get(domain, "entities");
    for (const struct json *one = json_first(entities); one != NULL; one = json_next(one)) {
        if (has_role(one, role)) {
            return one;
        }
    }
    return NULL;
}

/* What stands where a name was taken out. */
static bool is_hidden(struct ctx *ctx, struct str text)
{
    static const char *const words[] = {
        "redact",         "privacy",          "whois",         "withheld", "by proxy",
        "data protected", "identity protect", "not disclosed", "gdpr",     "masking",
        "private person", "private registra"};
    char *low = arena_cstr(ctx->arena, str_cut(text, 200));
    for (char *c = low; *c != '\0'; c++) {
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstr(low, words[i]) != NULL) {
            return true;
        }
    }
    return str_is_empty(text);
}

static void keep(struct question *q, const char *field, struct str text)
{
    if (!is_hidden(&q->ctx, text)) {
        question_fact(q, field, str_trim(text));
    }
}

/* The seven parts of an address: box, extension, street, city, region, code, country. */
static void read_place(struct question *q, const struct json *registrant)
{
    static const char *const fields[] = {NULL, NULL, NULL, "city", "region", NULL, "country"};
    const struct json *parameters = NULL;
    const struct json *adr = card_value(registrant, "adr", &parameters);
    struct str code = json_text(json_get(parameters, "cc"));
    size_t i = 0;
    for (const struct json *part = json_first(adr); part != NULL && i < 7;
         part = json_next(part), i++) {
        struct str text = json_text(part);
        if (i == 6) {
            text = reference_country(str_is_empty(text) ? code : text);
        }
        if (fields[i] != NULL) {
            keep(q, fields[i], text);
        }
    }
}

static void read_date(struct question *q, const struct json *domain)
{
    const struct json *events = json_get(domain, "events");
    for (const struct json *one = json_first(events); one != NULL; one = json_next(one)) {
        if (str_eq(json_text(json_get(one, "eventAction")), STR("registration"))) {
            keep(q, "registered", str_slice(json_text(json_get(one, "eventDate")), 0, 10));
            return;
        }
    }
}

static void read_domain(struct question *q, const struct json *domain)
{
    const struct json *parameters = NULL;
    const struct json *registrant = find_entity(domain, "registrant");
    const struct json *registrar = find_entity(domain, "registrar");
    read_date(q, domain);
    keep(q, "registrar", json_text(card_value(registrar, "fn", &parameters)));
    /* The place of a privacy service says nothing, and a person is no company. */
    struct str org = json_text(card_value(registrant, "org", &parameters));
    if (!is_hidden(&q->ctx, org)) {
        keep(q, "name", org);
        read_place(q, registrant);
    }
    question_end(q, q->answer.n > 0 ? ERR_NONE
                                    : ctx_fail(&q->ctx, ERR_NOT_FOUND,
                                               "The site says nothing of this domain."));
}

void rdap_ask(struct question *question)
{
    question_json(question,
                  provider_address(&question->ctx, question->provider, question->domain),
                  STR("application/rdap+json, application/json"), read_domain);
}
