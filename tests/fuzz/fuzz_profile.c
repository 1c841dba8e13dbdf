/* Any bytes as a page of a company's site - HTML, JSON-LD, microdata, links, headers: reading
 * them neither crashes nor exceeds a bound, and every fact that comes of it is one that a
 * person could have typed. The bytes after the first NUL are the answer's headers. */
#include "shared/facts.h"
#include "worker/company/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_new((size_t)64 << 20)};
    struct str bytes = {.p = (const char *)data, .n = size};
    size_t end = str_find(bytes, '\0');
    const struct profile_page page = {.html = str_slice(bytes, 0, end),
                                      .content_type = STR("text/html"),
                                      .url = STR("https://a.example/"),
                                      .headers = str_slice(bytes, end + 1, size),
                                      .home = size % 2 == 0};
    struct profile profile;
    struct profile_facts facts;
    struct str icons[3];
    profile_init(&profile, STR("a.example"));
    profile_add(&ctx, &profile, &page);
    profile_add(&ctx, &profile, &page);
    profile_facts(&ctx, &profile, &facts);
    for (size_t i = 0; i < facts.n; i++) {
        struct str again;
        const struct fact_field *field = facts_field(facts.fields[i]);
        if (field == NULL || !str_is_utf8(facts.values[i]) ||
            facts_read(&ctx, field, facts.values[i], &again) != ERR_NONE ||
            !str_eq(again, facts.values[i])) {
            abort();
        }
    }
    if (profile_icons(&ctx, &profile, icons, 3) > 3) {
        abort();
    }
    arena_free(ctx.arena);
    return 0;
}
