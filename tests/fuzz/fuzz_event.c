/* Bodies of POST /e: what is accepted must be something PostgreSQL takes. */
#include "fcgi/collector_event.h"
#include "shared/clock.h"
#include "shared/json.h"

#define NOW (INT64_C(1795290000) * CLOCK_SECOND)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_text(struct str text, size_t max)
{
    must(text.n <= max && str_is_utf8(text) &&
         memchr(text.n > 0 ? text.p : "x", 0, text.n) == NULL);
}

static void check_json(struct ctx *ctx, struct str text)
{
    const struct json *json = NULL;
    if (!str_is_null(text)) {
        must(json_parse(ctx, text, (size_t)1 << 20, &json) == ERR_NONE);
        must(json_kind(json) == JSON_OBJECT);
    }
}

static void check(struct ctx *ctx, const struct collector_batch *batch)
{
    must(batch->n > 0 && batch->n <= (size_t)2 * COLLECTOR_EVENTS_MAX);
    for (size_t i = 0; i < batch->n; i++) {
        check_text(batch->url[i], 2048);
        check_text(batch->referrer[i], 2048);
        check_text(batch->title[i], COLLECTOR_TITLE_MAX);
        check_text(batch->name[i], COLLECTOR_NAME_MAX);
        check_json(ctx, batch->utm[i]);
        check_json(ctx, batch->properties[i]);
        must(str_is_null(batch->url[i]) || str_starts(batch->url[i], STR("http")));
        must(batch->at[i] >= NOW - CLOCK_DAY && batch->at[i] <= NOW + CLOCK_MINUTE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ctx ctx;
    if (ctx.arena == NULL) {
        ctx.arena = arena_new((size_t)256 << 20);
    }
    struct str text = {.p = (const char *)data, .n = size};
    struct collector_batch batch;
    struct collector_refusal refusal;
    ctx_reset(&ctx, STR("fuzz"));
    if (collector_read_json(&ctx, text, NOW, &batch, &refusal)) {
        check(&ctx, &batch);
    } else {
        must(refusal.status >= 400 && refusal.status < 500);
    }
    if (str_is_utf8(text) && collector_read_query(&ctx, text, text, NOW, &batch)) {
        check(&ctx, &batch);
    }
    return 0;
}
