#include "fcgi/collector_intake.h"
#include "fcgi/collector_text.h"
#include "shared/inflate.h"

/* The smallest GIF there is: one transparent pixel. */
static const char gif[43] =
    "GIF89a\1\0\1\0\200\0\0\0\0\0\377\377\377!\371\4\1\0\0\0\0,\0\0\0\0\1\0"
    "\1\0\0\2\1D\0;";

bool collector_refuse(struct collector_intake *intake, int status, struct str code,
                      struct str message, const char *field)
{
    if (intake->refusal.status == 0) {
        intake->refusal = (struct collector_refusal){
            .status = status, .code = code, .message = message, .field = str_from(field)};
    }
    return false;
}

bool collector_refuse_away(struct collector_intake *intake)
{
    intake->refusal.status = 0;
    return collector_refuse(
        intake, 503, STR("unavailable"),
        STR("The events could not be stored just now. Please send them again later."), NULL);
}

static bool refuse_size(struct collector_intake *intake, size_t max)
{
    return collector_refuse(
        intake, 413, STR("too_large"),
        arena_print(intake->request->ctx->arena,
                    "One request may have %zu KB at most. Please send fewer "
                    "events at a time.",
                    max / 1024),
        NULL);
}

static bool unpack(struct collector_intake *intake, size_t max, struct str *body)
{
    enum err err = inflate_bytes(intake->request->ctx, *body, max, body);
    if (err == ERR_LIMIT) {
        return refuse_size(intake, max);
    }
    return err == ERR_NONE ||
           collector_refuse(intake, 400, STR("not_gzip"),
                            STR("The body says that it is compressed, and is not."), NULL);
}

bool collector_body(struct collector_intake *intake, size_t max, struct str *out_body)
{
    struct str encoding = request_header(intake->request, "Content-Encoding");
    enum err err = request_body(intake->request, max, out_body);
    if (err == ERR_LIMIT) {
        return refuse_size(intake, max);
    }
    if (err != ERR_NONE) {
        return collector_refuse(intake, 400, STR("incomplete"),
                                STR("The request ended before all of it had come."), NULL);
    }
    if (encoding.n == 0 || str_eq_ci(encoding, STR("identity"))) {
        return true;
    }
    if (!str_eq_ci(encoding, STR("gzip")) && !str_eq_ci(encoding, STR("x-gzip")) &&
        !str_eq_ci(encoding, STR("deflate"))) {
        return collector_refuse(intake, 415, STR("encoding"),
                                STR("A body may be compressed with gzip, or not at all."),
                                NULL);
    }
    return unpack(intake, max, out_body);
}

static struct collector_batch *find_batch(struct collector_intake *intake, struct str id)
{
    for (size_t i = 0; i < intake->n_batches; i++) {
        if (str_eq(intake->batches[i].id, id)) {
            return &intake->batches[i];
        }
    }
    return NULL;
}

enum err collector_open(struct collector_intake *intake, struct str id, struct str key,
                        size_t events, struct collector_batch **out_batch)
{
    struct arena *arena = intake->request->ctx->arena;
    struct collector_batch batch = {.id = id};
    struct collector_batch *known = find_batch(intake, id);
    if (known == NULL) {
        if (intake->n_batches == COLLECTOR_BATCHES_MAX) {
            return ERR_LIMIT;
        }
        TRY(intake->find(intake->find_context, arena, id, &batch.dataset));
    }
    const struct collector_dataset *dataset = known ? &known->dataset : &batch.dataset;
    if (key.n > 0 && !collector_dataset_has_key(arena, dataset, key)) {
        return ERR_DENIED;
    }
    if (known == NULL) {
        if (intake->batches == NULL) {
            intake->batches = ARENA_ARRAY(arena, COLLECTOR_BATCHES_MAX, struct collector_batch);
        }
        known = &intake->batches[intake->n_batches++];
        *known = batch;
        collector_batch_start(arena, events, known);
    }
    known->trusted = key.n > 0;
    *out_batch = known;
    return ERR_NONE;
}

void collector_answer_refusal(const struct collector_intake *intake, struct response *response)
{
    const struct collector_refusal *refusal = &intake->refusal;
    response_json_error(response, refusal->status, refusal->code, refusal->message,
                        refusal->field);
    if (refusal->status == 503) {
        response_header(response, "Retry-After", STR("2"));
    }
}

void collector_answer_gif(struct response *response)
{
    response->type = "image/gif";
    sb_bytes(&response->body, gif, sizeof(gif));
}

static size_t count_parts(struct str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n && n < COLLECTOR_PAIRS_MAX; i++) {
        n += text.p[i] == '&' ? 1 : 0;
    }
    return n;
}

void collector_pairs(struct ctx *ctx, struct str text, struct request_pairs *out_pairs)
{
    size_t room = count_parts(text);
    struct request_pair *pairs = ARENA_ARRAY(ctx->arena, room, struct request_pair);
    struct str part;
    size_t n = 0;
    while (n < room && str_next(&text, '&', &part)) {
        size_t equals = str_find(part, '=');
        struct str name = collector_decode(ctx->arena, str_slice(part, 0, equals));
        struct str value = collector_decode(ctx->arena, str_slice(part, equals + 1, part.n));
        if (name.n > 0 && str_is_utf8(name)) {
            pairs[n++] = (struct request_pair){
                .name = name, .value = str_is_utf8(value) ? value : (struct str){.p = NULL}};
        }
    }
    *out_pairs = (struct request_pairs){.v = pairs, .n = n};
}
