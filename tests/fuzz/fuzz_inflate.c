/* Bodies that claim to be packed: never more comes out than is allowed. The first byte says how
 * much. */
#include "shared/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ctx ctx;
    struct str out = {.p = NULL};
    if (size == 0) {
        return 0;
    }
    if (ctx.arena == NULL) {
        ctx.arena = arena_new((size_t)16 << 20);
    }
    ctx_reset(&ctx, STR("fuzz"));
    size_t max = (size_t)data[0] * 1024 + 1;
    struct str packed = {.p = (const char *)data + 1, .n = size - 1};
    enum err err = inflate_bytes(&ctx, packed, max, &out);
    if (ctx.err != ERR_NONE || (err == ERR_NONE ? out.n > max : !str_is_null(out))) {
        abort();
    }
    return 0;
}
