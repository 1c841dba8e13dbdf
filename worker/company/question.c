#include "worker/company/question.h"

#include "shared/clock.h"
#include "shared/facts.h"
#include "worker/icon.h"

#define ARENA_MOST                                                                             \
    ((size_t)64 << 20) /* what is read of the largest answers takes a part of it */
#define PASSAGE_MOST ((size_t)16 << 20) /* an answer of 1 MB, grown by doubling, takes 3 */
#define ALL_REQUESTS 2                  /* times the timeout of one */
#define JSON_BYTES ((size_t)1 << 20)
#define HEADERS_MOST 20
#define LEAST_MS 500 /* that a request is worth beginning */

static question_asker *const askers[] = {[PROVIDER_SITE] = site_ask,
                                         [PROVIDER_WIKIDATA] = wikidata_ask,
                                         [PROVIDER_RDAP] = rdap_ask,
                                         [PROVIDER_API] = api_ask};

static void begin(struct question *question)
{
    int64_t all_ms = (int64_t)question->provider->timeout_ms * ALL_REQUESTS;
    question->ctx = (struct ctx){.arena = arena_new(ARENA_MOST)};
    question->answer = (struct answer){.n = 0};
    question->until = clock_monotonic() + all_ms * 1000;
}

void question_ask(struct question *question)
{
    begin(question);
    askers[question->provider->kind](question);
}

void question_ask_picture(struct question *question, struct str url)
{
    begin(question);
    question_logo(question, url);
}

void question_free(struct question *question)
{
    arena_free(question->ctx.arena);
    question->ctx.arena = NULL;
}

/* A request has memory of its own, given back when its answer was read: hundreds travel at
 * once. */
struct passage {
    struct question *question;
    struct ctx ctx;
    http_done *done;
    void *data;
};

static void on_passed(void *data, enum err err, const struct http_response *response)
{
    struct passage *passage = data;
    struct question *question = passage->question;
    struct arena *arena = passage->ctx.arena;
    ctx_clear(&question->ctx);
    if (err != ERR_NONE) {
        struct str detail = arena_dup(question->ctx.arena, passage->ctx.detail);
        (void)ctx_fail_detail(&question->ctx, err, detail, "%.*s", STR_ARG(passage->ctx.why));
    }
    passage->done(passage->data, err, response); /* may end the question */
    arena_free(arena);
}

void question_fetch(struct question *question, struct http_request *request, http_done *done,
                    void *data)
{
    int64_t left_ms = (question->until - clock_monotonic()) / 1000;
    int64_t most_ms = question->provider->timeout_ms;
    if (request->timeout_ms != 0 && request->timeout_ms < most_ms) {
        most_ms = request->timeout_ms;
    }
    struct arena *arena = arena_new(PASSAGE_MOST);
    struct passage *passage = ARENA_NEW(arena, struct passage);
    *passage = (struct passage){
        .question = question, .ctx = {.arena = arena}, .done = done, .data = data};
    left_ms = left_ms < LEAST_MS ? LEAST_MS : left_ms;
    request->timeout_ms = (int)(left_ms < most_ms ? left_ms : most_ms);
    request->cancel = question->cancel;
    http_start(question->http, &passage->ctx, request, on_passed, passage);
}

void question_fact(struct question *question, const char *name, struct str text)
{
    struct answer *answer = &question->answer;
    const struct fact_field *field = facts_field(str_from(name));
    struct str value;
    bool room = answer->n < ANSWER_FACTS_MAX;
    if (room && field != NULL && !str_is_empty(text) &&
        facts_read(&question->ctx, field, text, &value) == ERR_NONE) {
        answer->fields[answer->n] = field->name;
        answer->values[answer->n++] = value;
    }
    ctx_clear(&question->ctx);
}

bool question_icon(struct question *question, struct str bytes)
{
    struct icon icon;
    if (!icon_read(question->ctx.arena, bytes, &icon)) {
        return false;
    }
    question->answer.icon = icon.bytes;
    question->answer.icon_type = str_from(icon.type);
    return true;
}

enum err question_status(struct question *question, const struct http_response *response)
{
    if (response->status < 400) {
        return ERR_NONE;
    }
    bool later = response->status >= 500 || response->status == 429 || response->status == 408;
    enum err err = later                     ? ERR_UNAVAILABLE
                   : response->status == 404 ? ERR_NOT_FOUND
                                             : ERR_DENIED;
    return ctx_fail(&question->ctx, err, "The site answered with error %d.", response->status);
}

/* ---- pictures and documents ---- */

static void on_logo(void *data, enum err err, const struct http_response *response)
{
    struct question *question = data;
    if (err == ERR_NONE && response->status < 300) {
        (void)question_icon(question, response->body);
    }
    ctx_clear(&question->ctx); /* without a picture the facts stand */
    question_end(question, ERR_NONE);
}

void question_logo(struct question *question, struct str url)
{
    if (str_is_empty(url)) {
        question_end(question, ERR_NONE);
        return;
    }
    struct http_request request = {.url = url, .max_bytes = ICON_BYTES_MAX, .patient = true};
    question_fetch(question, &request, on_logo, question);
}

static enum err read_json(struct question *question, const struct http_response *response,
                          const struct json **out)
{
    struct ctx *ctx = &question->ctx;
    if (response->status == 401 || response->status == 403) {
        return ctx_fail(ctx, ERR_DENIED, "The site refused to answer us (error %d).",
                        response->status);
    }
    TRY(question_status(question, response));
    if (response->status >= 300) {
        return ctx_fail(ctx, ERR_INVALID,
                        "The site sends us elsewhere; set the address that it sends us to.");
    }
    if (json_parse(ctx, response->body, JSON_BYTES, out) != ERR_NONE) {
        ctx_clear(ctx);
        return ctx_fail(ctx, ERR_INVALID, "The site's answer is not JSON that can be read.");
    }
    return ERR_NONE;
}

struct document {
    struct question *question;
    void (*read)(struct question *question, const struct json *json);
};

static void on_document(void *data, enum err err, const struct http_response *response)
{
    struct document *document = data;
    struct question *question = document->question;
    const struct json *json = NULL;
    err = err == ERR_NONE ? read_json(question, response, &json) : err;
    if (err != ERR_NONE) {
        question_end(question, err);
        return;
    }
    document->read(question, json);
}

void question_json(struct question *question, struct str url, struct str accept,
                   void (*read)(struct question *question, const struct json *json))
{
    struct arena *arena = question->ctx.arena;
    struct document *document = ARENA_NEW(arena, struct document);
    struct str headers[HEADERS_MOST + 1];
    size_t n = 0;
    *document = (struct document){.question = question, .read = read};
    headers[n++] = arena_print(arena, "Accept: %.*s", STR_ARG(accept));
    for (size_t i = 0; i < question->n_headers && n <= HEADERS_MOST; i++) {
        headers[n++] = question->headers[i];
    }
    struct http_request request = {.url = url,
                                   .headers = headers,
                                   .n_headers = n,
                                   .max_bytes = JSON_BYTES,
                                   .stay = question->n_headers > 0, /* they hold keys */
                                   .patient = true};
    question_fetch(question, &request, on_document, document);
}

/* ---- ends ---- */

static enum answer_outcome outcome_of(enum err err)
{
    switch (err) {
    case ERR_NONE:
        return ANSWER_FACTS;
    case ERR_NOT_FOUND:
        return ANSWER_NOTHING;
    case ERR_TIMEOUT:
    case ERR_UNAVAILABLE:
        return ANSWER_FAILED;
    case ERR_INVALID:
    case ERR_CONFLICT:
    case ERR_DENIED:
    case ERR_LIMIT:
    case ERR_INTERNAL:
    case ERR__COUNT:
        break;
    }
    return ANSWER_REFUSED;
}

/* "The site took too long" is said of the provider by its name, unless it is the company's. */
static struct str say(struct question *question)
{
    struct str why = question->ctx.why, site = STR("The site");
    if (question->provider->kind == PROVIDER_SITE || !str_starts(why, site)) {
        return why;
    }
    return arena_print(question->ctx.arena, "%.*s%.*s", STR_ARG(question->provider->name),
                       STR_ARG(str_slice(why, site.n, why.n)));
}

void question_end(struct question *question, enum err err)
{
    question->answer.outcome = outcome_of(err);
    question->answer.message = err == ERR_NONE ? (struct str){0} : say(question);
    question->done(question->data, question);
}
