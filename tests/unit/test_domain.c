/* domain.c, url.c: what is a domain, an email address, an address of a page - and what is not.
 */
#include "shared/domain.h"
#include "shared/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena *arena;

static void check_text(struct str got, const char *want)
{
    char *text = str_is_null(got) ? NULL : arena_cstr(arena, got);
    if (want == NULL) {
        assert_null(text);
    } else {
        assert_non_null(text);
        assert_string_equal(text, want);
    }
}

static void normal(void **state)
{
    static const char *const good[][2] = {
        {"Example.COM", "example.com"},
        {"example.com.", "example.com"},
        {"M\303\274nchen.de", "xn--mnchen-3ya.de"},
        {"a_b.example.com", "a_b.example.com"},
        {"stra\303\237e.de", "xn--strae-oqa.de"},
    };
    static const char *const bad[] = {
        "",
        ".",
        "com",
        "localhost",
        "a..b",
        "-a.com",
        "a-.com",
        "a b.com",
        "127.0.0.1",
        "2130706433",
        "[::1]",
        "a.com/x",
        "a@b.com",
        "a.com:80",
        "<script>.com",
        "\377\376.com",
        "0x7f.1",
        "..",
        "\342\200\256.com",
    };
    struct str out;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(domain_normal(arena, str_from(good[i][0]), &out));
        check_text(out, good[i][1]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(domain_normal(arena, str_from(bad[i]), &out));
    }
    assert_false(domain_normal(arena, STR("a\0.com"), &out));
    char *longest = arena_alloc(arena, 300);
    memset(longest, 'a', 299);
    assert_false(domain_normal(arena, str_from(longest), &out));
    assert_true(domain_host(arena, STR("LOCALHOST"), &out));
    assert_true(domain_host(arena, STR("[::1]"), &out));
    assert_false(domain_host(arena, STR("[::g]"), &out));
}

static void registrable(void **state)
{
    static const char *const cases[][2] = {
        {"example.com", "example.com"},
        {"www.shop.example.co.uk", "example.co.uk"},
        {"foo.github.io", "foo.github.io"},
        {"a.foo.github.io", "foo.github.io"},
        {"co.uk", NULL},
        {"github.io", NULL},
        {"com", NULL},
        {"10.0.0.1", NULL},
        {"printer.local", NULL},
        {"db.internal", NULL},
        {"www.acme.example", "acme.example"},
        {"xn--mnchen-3ya.de", "xn--mnchen-3ya.de"},
        {"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_text(domain_registrable(str_from(cases[i][0])), cases[i][1]);
    }
}

static void free_mail(void **state)
{
    (void)state;
    assert_true(domain_is_free_mail(STR("gmail.com")));
    assert_true(domain_is_free_mail(STR("t-online.de")));
    assert_true(domain_is_free_mail(STR("yahoo.co.uk")));
    assert_true(domain_is_free_mail(STR("mx.gmail.com")));
    assert_false(domain_is_free_mail(STR("notgmail.com")));
    assert_false(domain_is_free_mail(STR("siemens.com")));
    assert_false(domain_is_free_mail(STR("")));
    check_text(email_company_domain(STR("mail.siemens.com")), "siemens.com");
    check_text(email_company_domain(STR("gmail.com")), NULL);
    check_text(email_company_domain(STR("co.uk")), NULL);
}

static void emails(void **state)
{
    static const char *const good[][2] = {
        {"Jane.Doe@Example.COM", "jane.doe@example.com"},
        {"  a+b@mail.example.co.uk\n", "a+b@mail.example.co.uk"},
        {"mailto:x@y.de", "x@y.de"},
        {"x@M\303\274nchen.de", "x@xn--mnchen-3ya.de"},
    };
    static const char *const bad[] = {
        "",
        "@",
        "a@",
        "@b.com",
        "a@b",
        "a@@b.com",
        "a b@c.com",
        "a@b.com,c@d.com",
        "\"a b\"@c.com",
        ".a@b.com",
        "a.@b.com",
        "a..b@c.com",
        "A <a@b.com>",
        "a@127.0.0.1",
        "a@[::1]",
        "a@localhost",
        "a@b.com\r\nBcc: c@d.com",
        "\303\274@b.com",
        "a@b..com",
        "null",
        "javascript:alert(1)@x",
    };
    struct email email;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(email_parse(arena, str_from(good[i][0]), &email));
        check_text(email.address, good[i][1]);
    }
    check_text(email.domain, "xn--mnchen-3ya.de");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(email_parse(arena, str_from(bad[i]), &email));
    }
    assert_false(email_parse(arena, (struct str){0}, &email));
    assert_false(email_parse(arena, STR("a\0b@c.com"), &email));
    char *local = arena_alloc(arena, 80);
    memset(local, 'a', 65);
    assert_false(email_parse(arena, arena_print(arena, "%s@b.com", local), &email));
}

static void urls(void **state)
{
    static const char *const bad[] = {
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//x",
        "http://",
        "https://user:pw@example.com/",
        "http://a b.com/",
        "about:blank",
        "ftp://example.com/",
        "http://ex\001ample.com/",
    };
    struct url url;
    struct str value;
    (void)state;
    assert_true(
        url_parse(arena, STR("HTTPS://WWW.Example.com:8443/a/b?x=1&GCLID=abc&y"), &url));
    check_text(url.scheme, "https");
    check_text(url.host, "www.example.com");
    check_text(url.path, "/a/b");
    assert_true(url_param(&url, STR("gclid"), &value));
    check_text(value, "abc");
    assert_true(url_param(&url, STR("y"), &value));
    assert_int_equal(value.n, 0);
    assert_false(url_param(&url, STR("z"), &value));
    assert_true(url_parse(arena, STR("http://m\303\274nchen.de"), &url));
    check_text(url.host, "xn--mnchen-3ya.de");
    check_text(url.path, "/");
    assert_true(url_parse(arena, STR("android-app://com.linkedin.android/"), &url));
    check_text(url.host, "com.linkedin.android");
    assert_true(url_parse(arena, STR("http://localhost:8080/demo/"), &url));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(url_parse(arena, str_from(bad[i]), &url));
    }
    assert_false(url_parse(arena, STR("http://a\0b.com/"), &url));
}

static int setup(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(normal, setup, teardown),
        cmocka_unit_test_setup_teardown(registrable, setup, teardown),
        cmocka_unit_test_setup_teardown(free_mail, setup, teardown),
        cmocka_unit_test_setup_teardown(emails, setup, teardown),
        cmocka_unit_test_setup_teardown(urls, setup, teardown),
    };
    return cmocka_run_group_tests_name("domain", tests, NULL, NULL);
}
