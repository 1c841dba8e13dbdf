/* Any bytes as a segment's tree: what is read can be written and read again, and says the same.
 */
#include "shared/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_new((size_t)16 << 20)};
    struct filter_node root;
    struct filter_node again;
    struct str json;
    if (filter_parse(&ctx, (struct str){.p = (const char *)data, .n = size}, &root) ==
        ERR_NONE) {
        if (filter_json(&ctx, &root, &json) != ERR_NONE ||
            filter_parse(&ctx, json, &again) != ERR_NONE ||
            !str_eq(filter_sentence(&ctx, &root), filter_sentence(&ctx, &again))) {
            abort();
        }
    }
    arena_free(ctx.arena);
    return 0;
}
