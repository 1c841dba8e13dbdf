#include "shared/live.h"

#include "shared/crypt.h"

struct str live_channel(struct arena *arena, const uint8_t *key, int64_t dataset, int64_t board)
{
    const struct str parts[] = {arena_print(arena, "%lld", (long long)dataset),
                                arena_print(arena, "%lld", (long long)board)};
    return crypt_mac_text(arena, key, "live", parts, 2);
}
