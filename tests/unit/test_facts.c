/* What people type into the fields of a company: what is taken, how it is stored, what is said
 * of the rest. */
#include "shared/facts.h"
#include "shared/sb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new(4 << 20)};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static void taken(const char *field, const char *typed, const char *expected)
{
    struct str value;
    ctx_clear(&ctx);
    enum err err = facts_read(&ctx, facts_field(str_from(field)), str_from(typed), &value);
    if (err != ERR_NONE || !str_eq(value, str_from(expected))) {
        fail_msg("%s '%s': expected '%s', got '%.*s' (%.*s)", field, typed, expected,
                 err == ERR_NONE ? (int)value.n : 0, err == ERR_NONE ? value.p : "",
                 STR_ARG(ctx.why));
    }
}

static void refused(const char *field, const char *typed, const char *words)
{
    struct str value;
    ctx_clear(&ctx);
    assert_int_equal(facts_read(&ctx, facts_field(str_from(field)), str_from(typed), &value),
                     ERR_INVALID);
    if (!str_contains(ctx.why, str_from(words))) {
        fail_msg("%s '%s': '%.*s' does not say '%s'", field, typed, STR_ARG(ctx.why), words);
    }
}

static void texts_are_trimmed_and_bounded(void **state)
{
    (void)state;
    char *line = arena_alloc(ctx.arena, 202);
    memset(line, 'x', 201);
    taken("name", "  Acme & Sons \n", "Acme & Sons");
    taken("description", "one\ntwo", "one\ntwo");
    taken("name", line + 1, line + 1);
    refused("name", line, "at most 200");
    refused("name", "a\nb", "on one line");
    refused("city", "a\x01", "control characters");
    refused("industry", "   ", "Industry is empty");
}

static void numbers_are_whole(void **state)
{
    (void)state;
    taken("employees", "250", "250");
    taken("employees", " 1,200 ", "1200");
    taken("employees", "1.200", "1200");
    taken("employees", "12'000", "12000");
    taken("employees", "007", "7");
    refused("employees", "0", "from 1 to");
    refused("employees", "12.5", "whole number");
    refused("employees", "50-200", "whole number");
    refused("employees", "99999999999999999999999", "from 1 to");
    refused("founded", "99", "from 1000 to 2100");
    refused("founded", "last year", "whole number");
}

static void phones_have_digits(void **state)
{
    (void)state;
    taken("phone", "+31 (0)20 - 123.45/67 x 8", "+31 (0)20 - 123.45/67 x 8");
    refused("phone", "call me", "telephone");
    refused("phone", "12", "telephone");
    refused("phone", "123 <b>", "telephone");
}

static void links_lead_to_the_web(void **state)
{
    (void)state;
    taken("website", "acme.example", "https://acme.example");
    taken("website", "http://acme.example/a?b=c#d", "http://acme.example/a?b=c#d");
    taken("linkedin", "https://www.linkedin.com/company/acme",
          "https://www.linkedin.com/company/acme");
    refused("website", "javascript:alert(1)", "not a web address");
    refused("website", "https://user:pass@acme.example/", "not a web address");
    refused("website", "https://localhost/", "not a web address");
    refused("website", "https://127.0.0.1/", "not a web address");
    refused("website", "https://acme.example/\" onclick=\"x", "not a web address");
    refused("website", "ftp://acme.example/", "not a web address");
}

static void lists_have_no_doubles(void **state)
{
    (void)state;
    taken("emails", "Info@Acme.example\n\n  info@acme.example , sales@acme.example",
          "info@acme.example\nsales@acme.example");
    refused("emails", "info@acme.example\nnobody", "\"nobody\" is not an email address");
    taken("technologies", "Shopify, Go,go\nPostgreSQL", "Shopify\nGo\nPostgreSQL");
    taken("social", "x.com/acme\nhttps://mastodon.social/@acme",
          "https://x.com/acme\nhttps://mastodon.social/@acme");
    refused("social", "x.com/acme\njavascript:alert(1)", "not a web address");
    refused("technologies", " ,\n, ", "Technologies is empty");
    struct sb many;
    sb_init(&many, ctx.arena, FACT_VALUE_MAX);
    for (int i = 0; i < 21; i++) {
        sb_printf(&many, "a%d@acme.example\n", i);
    }
    refused("emails", arena_cstr(ctx.arena, sb_view(&many)), "at most 20");
}

static void every_field_is_found_by_its_name(void **state)
{
    (void)state;
    size_t n;
    const struct fact_field *fields = facts_fields(&n);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(facts_field(fields[i].name), &fields[i]);
    }
    assert_null(facts_field(STR("logo")));
    assert_null(facts_field(STR("")));
    assert_null(facts_field(STR("id")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_trimmed_and_bounded),
        cmocka_unit_test(numbers_are_whole),
        cmocka_unit_test(phones_have_digits),
        cmocka_unit_test(links_lead_to_the_web),
        cmocka_unit_test(lists_have_no_doubles),
        cmocka_unit_test(every_field_is_found_by_its_name),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
