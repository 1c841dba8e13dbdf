/*
 * fuzz_html - whatever the bytes, the escapers' output stays in its context.
 */
#include "shared/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void refuse(struct str out, const char *bytes)
{
    for (const char *p = bytes; *p != '\0'; p++) {
        if (str_find(out, *p) != out.n) {
            (void)fprintf(stderr, "a raw %c in: %.*s\n", *p, STR_ARG(out));
            abort();
        }
    }
}

/* Every '&' begins one of the five entities that the escapers write. */
static void check_entities(struct str out)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (size_t i = 0; i < out.n; i++) {
        bool known = out.p[i] != '&';
        for (size_t k = 0; k < sizeof(entities) / sizeof(entities[0]); k++) {
            known = known || str_starts(str_slice(out, i, out.n), str_from(entities[k]));
        }
        if (!known) {
            abort();
        }
    }
}

static void check_visible(struct str out)
{
    if (!str_is_utf8(out)) {
        abort();
    }
    for (size_t i = 0; i < out.n; i++) {
        unsigned char c = (unsigned char)out.p[i];
        if (c == 0x7f || (c < ' ' && c != '\t' && c != '\n' && c != '\r')) {
            abort();
        }
    }
    static const char *const hidden[] = {"\u202e", "\u2066", "\u200b", "\ufeff", "\u2028"};
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        if (str_contains(out, str_from(hidden[i]))) {
            abort();
        }
    }
}

static void check_scheme(struct str out)
{
    size_t colon = str_find(out, ':');
    size_t end = 0;
    while (end < out.n && strchr("/?#", out.p[end]) == NULL) {
        end++;
    }
    struct str scheme = str_slice(out, 0, colon);
    if (colon < end && !str_eq_ci(scheme, STR("http")) && !str_eq_ci(scheme, STR("https")) &&
        !str_eq_ci(scheme, STR("mailto")) && !str_eq(out, STR(HTML_URL_REFUSED))) {
        abort();
    }
}

static struct str run(struct arena *arena, void (*escape)(struct sb *, struct str),
                      struct str in)
{
    struct sb sb;
    sb_init(&sb, arena, (size_t)16 << 20);
    escape(&sb, in);
    return sb_view(&sb);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)64 << 20);
    struct str in = arena_dup(arena, (struct str){.p = (const char *)data, .n = size});
    struct str text = run(arena, html_text, in);
    refuse(text, "<>");
    check_entities(text);
    check_visible(text);
    struct str attr = run(arena, html_attr, in);
    refuse(attr, "<>\"'");
    check_entities(attr);
    check_visible(attr);
    struct str url = run(arena, html_url, in);
    refuse(url, "<>\"' `\\\n\r\t");
    check_entities(url);
    check_scheme(url);
    struct str query = run(arena, html_query, in);
    refuse(query, "<>\"' &?#/:+=;,");
    arena_free(arena);
    return 0;
}
