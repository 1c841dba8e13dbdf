/* robots.txt: which rules count, and what they allow (examples of RFC 9309 among them). */
#include "worker/company/robots.h"

#include "shared/sb.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new((size_t)64 << 20)};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static bool allows(struct str text, const char *path)
{
    struct robots robots;
    robots_read(&ctx, text, &robots);
    return robots_allow(&ctx, &robots, str_from(path));
}

static void our_group_counts_else_everybodys(void **state)
{
    (void)state;
    struct str text = STR("User-agent: *\nDisallow: /\n\nUser-Agent: leadboard/2.0\nDisallow: "
                          "/private\n\nuser-agent: LEADBOARD\nDisallow: /secret # really\n");
    assert_true(allows(text, "/"));
    assert_false(allows(text, "/private/x"));
    assert_false(allows(text, "/secret"));
    assert_false(allows(STR("User-agent: *\nDisallow: /"), "/"));
    assert_true(allows(STR("User-agent: OtherBot\nDisallow: /"), "/"));
    assert_true(allows(STR("User-agent: LeadBoardX\nDisallow: /"), "/"));
    assert_true(allows(STR("User-agent: *\nDisallow:"), "/"));
    assert_true(allows(STR("Disallow: /"), "/")); /* of no group */
    assert_false(allows(STR("User-agent: a\nUser-agent: LeadBoard\nDisallow: /"), "/"));
    assert_true(
        allows(STR("User-agent: LeadBoard\nAllow: /\nUser-agent: b\nDisallow: /"), "/"));
    assert_false(allows(STR("\xef\xbb\xbfUser-agent: *\r\nDisallow: /\r\n"), "/"));
    assert_false(allows(STR("User-agent: *\rDisallow: /\r"), "/x"));
    assert_false(
        allows(STR("User-agent: *\nCrawl-delay: 9\nSitemap: https://a/\nDisallow: /"), "/x"));
}

static void the_longest_rule_decides(void **state)
{
    (void)state;
    struct str text = STR("User-agent: *\nAllow: /example/page/\nDisallow: /example/page/"
                          "disallowed.gif\nDisallow: /example\nAllow: /both\nDisallow: /both");
    assert_true(allows(text, "/example/page/x"));
    assert_false(allows(text, "/example/page/disallowed.gif"));
    assert_false(allows(text, "/example/other"));
    assert_true(allows(text, "/both"));
    assert_true(allows(STR("User-agent: *\nDisallow: /both\nAllow: /both"), "/both"));
    assert_true(allows(text, "/"));
}

static void stars_and_ends(void **state)
{
    (void)state;
    struct str text = STR("User-agent: *\nDisallow: /*.pdf$\nDisallow: /a*c*e\nDisallow: /only$"
                          "\nDisallow: *?session=");
    assert_false(allows(text, "/x/y.pdf"));
    assert_true(allows(text, "/x/y.pdf?download"));
    assert_true(allows(text, "/x.pdfs"));
    assert_false(allows(text, "/abcde"));
    assert_false(allows(text, "/abXcc--exyz"));
    assert_true(allows(text, "/abed"));
    assert_false(allows(text, "/only"));
    assert_true(allows(text, "/only/this"));
    assert_false(allows(text, "/x?session=1"));
}

static void encoding_does_not_matter(void **state)
{
    (void)state;
    assert_false(allows(STR("User-agent: *\nDisallow: /foo/bar/%62%61%7A"), "/foo/bar/baz"));
    assert_false(allows(STR("User-agent: *\nDisallow: /foo/b\xc3\xa4r"), "/foo/b%c3%A4r"));
    assert_false(allows(STR("User-agent: *\nDisallow: /foo/b%C3%A4r"), "/foo/b\xc3\xa4r"));
    assert_true(allows(STR("User-agent: *\nDisallow: /a%2Fb"), "/a/b"));
    assert_false(allows(STR("User-agent: *\nDisallow: /100%"), "/100%"));
    assert_false(allows(STR("User-agent: *\nDisallow: /100%"), "/100%25"));
    assert_false(allows(STR("User-agent: *\nDisallow: /%%655"), "/%25e5")); /* not %E5 */
    assert_true(allows(STR("User-agent: *\nDisallow: /%%655"), "/%e5"));
}

static void hostile_files(void **state)
{
    (void)state;
    struct sb sb;
    sb_init(&sb, ctx.arena, (size_t)4 << 20);
    SB_LIT(&sb, "User-agent: *\nDisallow: /x");
    for (int i = 0; i < 900; i++) {
        SB_LIT(&sb, "*a");
    }
    SB_LIT(&sb, "b\n");
    for (int i = 0; i < 100000; i++) {
        SB_LIT(&sb, "Disallow: /y\n");
    }
    struct sb path;
    sb_init(&path, ctx.arena, 8000);
    SB_LIT(&path, "/x");
    for (int i = 0; i < 3000; i++) {
        SB_LIT(&path, "a");
    }
    assert_true(allows(sb_view(&sb), arena_cstr(ctx.arena, sb_view(&path))));
    assert_false(allows(sb_view(&sb), "/yes"));
    assert_true(allows(STR(""), "/"));
    assert_true(allows(STR("\0\0\xff\xfe:::\n:\n#\n%%%"), "/"));
    assert_true(allows(STR("<!doctype html><title>Not found</title>"), "/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_group_counts_else_everybodys),
        cmocka_unit_test(the_longest_rule_decides),
        cmocka_unit_test(stars_and_ends),
        cmocka_unit_test(encoding_does_not_matter),
        cmocka_unit_test(hostile_files),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
