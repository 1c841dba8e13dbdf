/* Any bytes as a mapping, and, behind the first NUL, as the answer that it is used on. */
#include "shared/mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_new((size_t)64 << 20)};
    struct str bytes = {.p = (const char *)data, .n = size};
    size_t end = str_find(bytes, '\0');
    struct mapping *mapping = ARENA_NEW(ctx.arena, struct mapping);
    struct mapping_facts *facts = ARENA_NEW(ctx.arena, struct mapping_facts);
    const struct json *answer = NULL;
    struct str text = str_slice(bytes, 0, end);
    bool good = mapping_read(&ctx, text, mapping) == ERR_NONE;
    if (!good && str_is_empty(ctx.why)) {
        abort(); /* a refusal has a sentence */
    }
    ctx_clear(&ctx);
    if (good && json_parse(&ctx, str_slice(bytes, end + 1, size), (size_t)1 << 20, &answer) ==
                    ERR_NONE) {
        mapping_find(&ctx, mapping, answer, facts);
        for (size_t i = 0; i < facts->n; i++) {
            if (!str_is_utf8(facts->values[i]) || facts->values[i].n > FACT_VALUE_MAX) {
                abort();
            }
        }
    }
    arena_free(ctx.arena);
    return 0;
}
