/* Any bytes as robots.txt, and as a path: no crash, no time without end. */
#include "worker/company/robots.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_new((size_t)64 << 20)};
    struct str bytes = {.p = (const char *)data, .n = size};
    size_t end = str_find(bytes, '\0');
    struct robots robots;
    robots_read(&ctx, str_slice(bytes, 0, end), &robots);
    (void)robots_allow(&ctx, &robots, str_slice(bytes, end + 1, size));
    for (size_t i = 0; i < robots.n; i++) {
        /* A rule that is only a beginning allows or closes itself: it matches its own path. */
        bool plain = str_find(robots.rules[i].path, '*') == robots.rules[i].path.n &&
                     str_find(robots.rules[i].path, '$') == robots.rules[i].path.n;
        if (plain && robots.n == 1 &&
            robots_allow(&ctx, &robots, robots.rules[i].path) != robots.rules[i].allow) {
            abort();
        }
    }
    arena_free(ctx.arena);
    return 0;
}
