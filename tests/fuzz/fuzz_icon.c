/* Any bytes as an icon: what is kept is bounded, and reading it again changes nothing. */
#include "worker/icon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)16 << 20);
    struct icon icon, again;
    if (icon_read(arena, (struct str){.p = (const char *)data, .n = size}, &icon) &&
        (icon.bytes.n > ICON_BYTES_MAX || !icon_read(arena, icon.bytes, &again) ||
         !str_eq(icon.bytes, again.bytes))) {
        abort();
    }
    arena_free(arena);
    return 0;
}
