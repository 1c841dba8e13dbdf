/* What the tests of page readers share: an arena, a page, a comparison. */
#ifndef LEADBOARD_TESTS_PAGES_H
#define LEADBOARD_TESTS_PAGES_H

#include "shared/sb.h"
#include "worker/company/markup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new((size_t)512 << 20)};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static inline struct markup markup_of(struct str html)
{
    struct markup markup;
    markup_read(&ctx, html, STR("text/html"), STR("https://www.acme.com/en/"), &markup);
    return markup;
}

#define assert_text(s, literal)                                                                \
    do {                                                                                       \
        struct str text_ = (s);                                                                \
        if (!str_eq(text_, STR(literal))) {                                                    \
            fail_msg("“%.*s” instead of “%s”", STR_ARG(text_), literal);                       \
        }                                                                                      \
    } while (0)

/* The text n times. */
static inline struct str repeat(const char *text, size_t n)
{
    struct sb sb;
    sb_init(&sb, ctx.arena, strlen(text) * n + 1);
    for (size_t i = 0; i < n; i++) {
        sb_str(&sb, str_from(text));
    }
    return sb_view(&sb);
}

#endif
