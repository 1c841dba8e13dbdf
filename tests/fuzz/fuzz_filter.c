/* Any bytes as a filter's tree: what is read can be written and read again, and says the same;
 * one event decides it the same way each time, and leaves nothing that it could have decided.
 */
#include "shared/filter_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_words(struct ctx *ctx, const struct filter *filter)
{
    struct filter again;
    struct str json, twice;
    require(filter_json(ctx, filter, &json) == ERR_NONE);
    require(filter_parse(ctx, json, &again) == ERR_NONE);
    require(filter_json(ctx, &again, &twice) == ERR_NONE && str_eq(json, twice));
    require(str_eq(filter_sentence(ctx, filter, NULL), filter_sentence(ctx, &again, NULL)));
    require(filter_on(filter) == filter_on(&again));
}

static void check_event(struct ctx *ctx, const struct filter *filter)
{
    static const struct str keys[] = {STR_INIT("plan"), STR_INIT("link")};
    static const struct str values[] = {STR_INIT("12"), STR_INIT("https://x.example/a?b#c")};
    const struct filter_event event = {.type = 1 + (int)(filter->root.n_nodes % 8),
                                       .name = STR("Trial"),
                                       .url = STR("https://www.x.example:8080/pricing/?p=1#t"),
                                       .keys = keys,
                                       .values = values,
                                       .n_properties = 2};
    const struct filter_event_rule *rule = filter_event_rule(ctx->arena, filter);
    uint64_t bits = filter_event_bits(rule, &event);
    require(bits == filter_event_bits(rule, &event));
    if (filter_event_verdict(rule, bits) == FILTER_OPEN) {
        struct filter rest = filter_event_rest(ctx, rule, bits);
        require(filter_event_count(filter_event_rule(ctx->arena, &rest)) == 0);
        check_words(ctx, &rest);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_new((size_t)64 << 20)};
    struct filter filter;
    if (filter_parse(&ctx, (struct str){.p = (const char *)data, .n = size}, &filter) ==
        ERR_NONE) {
        check_words(&ctx, &filter);
        check_event(&ctx, &filter);
    }
    arena_free(ctx.arena);
    return 0;
}
