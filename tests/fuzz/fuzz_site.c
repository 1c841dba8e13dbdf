/* Any bytes as a company's home page: reading them neither crashes nor exceeds a bound. */
#include "worker/site.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_new((size_t)64 << 20)};
    struct site site;
    site_read(&ctx, (struct str){.p = (const char *)data, .n = size}, STR("text/html"),
              STR("https://a.example/"), &site);
    bool bounded = site.name.n <= SITE_NAME_MAX && site.description.n <= SITE_DESCRIPTION_MAX &&
                   site.icon.n <= SITE_URL_MAX;
    if (!bounded || !str_is_utf8(site.name) || !str_is_utf8(site.description)) {
        abort();
    }
    arena_free(ctx.arena);
    return 0;
}
