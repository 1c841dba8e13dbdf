/* Any bytes as the pattern of a page and, behind the first line, an address: capitals and a
 * slash at the end change nothing, more stars only let more through. */
#include "shared/url_pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static struct str shouted(struct arena *arena, struct str s)
{
    char *p = arena_cstr(arena, s);
    for (size_t i = 0; i < s.n; i++) {
        p[i] = s.p[i] >= 'a' && s.p[i] <= 'z' ? (char)(s.p[i] - 'a' + 'A') : s.p[i];
    }
    return (struct str){.p = p, .n = s.n};
}

static void check(struct ctx *ctx, struct str text, struct str url)
{
    struct url_pattern pattern, loud, wide;
    if (url_pattern_read(ctx, text, &pattern) != ERR_NONE) {
        require(ctx->why.n > 0);
        return;
    }
    bool matches = url_pattern_matches(&pattern, url);
    require(url_pattern_regex(ctx->arena, &pattern, 1).n > 0);
    require(url_pattern_read(ctx, shouted(ctx->arena, text), &loud) == ERR_NONE);
    require(url_pattern_matches(&loud, url) == matches);
    struct str more = arena_print(ctx->arena, "%.*s*", STR_ARG(text));
    if (matches && pattern.end == URL_PATTERN_EXACT && pattern.start != URL_PATTERN_HOST &&
        url_pattern_read(ctx, more, &wide) == ERR_NONE) {
        require(url_pattern_matches(&wide, url));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_new((size_t)4 << 20)};
    struct str all = {.p = (const char *)data, .n = size};
    size_t line = str_find(all, '\n');
    check(&ctx, str_slice(all, 0, line), str_slice(all, line + 1, all.n));
    arena_free(ctx.arena);
    return 0;
}
