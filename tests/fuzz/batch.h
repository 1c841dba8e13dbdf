/*
 * batch.h - what must hold for whatever an adapter of the collector takes: PostgreSQL takes it
 * too.
 */
#ifndef LEADBOARD_TESTS_FUZZ_BATCH_H
#define LEADBOARD_TESTS_FUZZ_BATCH_H

#include "shared/json.h"
#include "tests/unit/intake.h"

static inline void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static inline void must_be_text(struct str text, size_t max)
{
    must(text.n <= max && str_is_utf8(text) &&
         memchr(text.n > 0 ? text.p : "x", 0, text.n) == NULL);
}

static inline void must_be_json(struct ctx *ctx, struct str text)
{
    const struct json *json = NULL;
    if (!str_is_null(text)) {
        must(json_parse(ctx, text, (size_t)1 << 20, &json) == ERR_NONE);
        must(json_kind(json) == JSON_OBJECT);
    }
}

static inline void must_be_storable(struct ctx *ctx, const struct collector_batch *batch)
{
    must(batch->n <= batch->room);
    int64_t earliest = INTAKE_NOW - (batch->trusted ? 3650 : 1) * CLOCK_DAY;
    for (size_t i = 0; i < batch->n; i++) {
        must_be_text(batch->url[i], 2048);
        must_be_text(batch->referrer[i], 2048);
        must_be_text(batch->title[i], COLLECTOR_TITLE_MAX);
        must_be_text(batch->name[i], COLLECTOR_NAME_MAX);
        must_be_json(ctx, batch->utm[i]);
        must_be_json(ctx, batch->properties[i]);
        must(str_is_null(batch->url[i]) || str_starts(batch->url[i], STR("http")));
        must(batch->at[i] >= earliest && batch->at[i] <= INTAKE_NOW + CLOCK_MINUTE);
        must(batch->type[i] > 0 && batch->type[i] < EVENT_SYSTEM);
        must(str_is_null(batch->message[i]) || batch->message[i].n == EVENT_VISITOR_BYTES);
    }
}

/* Reads the request with one adapter; a refusal has a status and a sentence, and every outcome
 * an answer. */
static inline void must_read(struct ctx *ctx, struct collector_intake *intake,
                             bool (*read)(struct collector_intake *intake),
                             void (*answer)(const struct collector_intake *intake,
                                            struct response *response))
{
    struct response response;
    bool taken = read(intake);
    must(ctx->err == ERR_NONE);
    for (size_t i = 0; taken && i < intake->n_batches; i++) {
        must_be_storable(ctx, &intake->batches[i]);
    }
    int status = intake->refusal.status;
    must(status == 0 || (status >= 400 && status < 500 && intake->refusal.message.n > 0));
    must(!taken || status == 0);
    response_init(&response, ctx, 4096);
    answer(intake, &response);
    must(!response.body.overflow && !response.broken);
}

/* A ctx that is new for each input. */
static inline struct ctx *fuzz_ctx(void)
{
    static struct ctx ctx;
    if (ctx.arena == NULL) {
        ctx.arena = arena_new((size_t)256 << 20);
    }
    ctx_reset(&ctx, STR("fuzz"));
    return &ctx;
}

/* A query string of any bytes, as nginx would hand it over. */
static inline struct str fuzz_uri(struct ctx *ctx, const char *path, struct str text)
{
    char *query = arena_cstr(ctx->arena, text);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c > ' ' && c != '#' && c != 0x7f) {
            query[n++] = c;
        }
    }
    return arena_print(ctx->arena, "%s?%.*s", path, (int)n, query);
}

#endif
