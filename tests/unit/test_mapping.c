/* Paths into JSON and the mappings made of them. */
#include "shared/mapping.h"

#include "shared/provider.h"

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

static const struct json *parse(struct str text)
{
    const struct json *json = NULL;
    assert_int_equal(json_parse(&ctx, text, (size_t)1 << 20, &json), ERR_NONE);
    return json;
}

/* The texts at the path, joined by '|'. */
static struct str at(const char *path, struct str document)
{
    struct json_path way;
    const struct json *found[10];
    struct sb sb;
    assert_true(json_path_read(ctx.arena, str_from(path), &way));
    size_t n = json_path_find(&way, parse(document), found, 10);
    sb_init(&sb, ctx.arena, 1000);
    for (size_t i = 0; i < n; i++) {
        sb_str(&sb, i > 0 ? STR("|") : STR(""));
        sb_str(&sb, json_text(found[i]));
    }
    return sb_view(&sb);
}

#define assert_text(s, literal)                                                                \
    do {                                                                                       \
        struct str text_ = (s);                                                                \
        if (!str_eq(text_, STR(literal))) {                                                    \
            fail_msg("“%.*s” instead of “%s”", STR_ARG(text_), literal);                       \
        }                                                                                      \
    } while (0)

static void paths_lead_to_values(void **state)
{
    (void)state;
    struct str json =
        STR("{\"a\":{\"b\":\"x\",\"odd name\":\"y\"},\"list\":[{\"v\":\"1\"},{\"v\":"
            "\"2\"},{\"w\":\"3\"}],\"t\":[\"p\",\"q\"]}");
    assert_text(at("a.b", json), "x");
    assert_text(at("$.a.b", json), "x");
    assert_text(at("a['odd name']", json), "y");
    assert_text(at("a[\"odd name\"]", json), "y");
    assert_text(at("list[1].v", json), "2");
    assert_text(at("list[*].v", json), "1|2");
    assert_text(at("t[*]", json), "p|q");
    assert_text(at("list[9].v", json), "");
    assert_text(at("a.b.c", json), "");
    assert_text(at("a[0]", json), "");
    assert_text(at("$[0]", STR("[\"z\"]")), "z");
    assert_text(at("$", STR("\"whole\"")), "whole");
}

static void what_is_no_path(void **state)
{
    (void)state;
    static const char *const none[] = {".a",
                                       "a.",
                                       "a..b",
                                       "a[",
                                       "a[x]",
                                       "a[-1]",
                                       "a[1",
                                       "a['b",
                                       "a['b'",
                                       "a['']",
                                       "a]b",
                                       "a[**]",
                                       "$a",
                                       "a[99999999999999999999]",
                                       "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"};
    struct json_path path;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        if (json_path_read(ctx.arena, str_from(none[i]), &path)) {
            fail_msg("“%s” is taken for a path", none[i]);
        }
    }
}

static struct str value(const struct mapping_facts *facts, const char *field)
{
    for (size_t i = 0; i < facts->n; i++) {
        if (str_eq(facts->fields[i], str_from(field))) {
            return facts->values[i];
        }
    }
    return (struct str){0};
}

static void a_mapping_finds_fields(void **state)
{
    (void)state;
    struct mapping mapping;
    struct mapping_facts facts;
    assert_int_equal(
        mapping_read(&ctx,
                     STR("# ours\n\n name = x.name | name \r\nemployees=size\nfounded = year\n"
                         "emails = people[*].mail\ntechnologies = tech\nwebsite = url\n"
                         "phone = none.there\nindustry = sector\nlogo = pic"),
                     &mapping),
        ERR_NONE);
    assert_int_equal(mapping.n, 9);
    mapping_find(
        &ctx, &mapping,
        parse(STR("{\"name\":\" Acme \",\"size\":\"51-200 people\",\"year\":1949,"
                  "\"people\":[{\"mail\":\"a@acme.com\"},{},{\"mail\":\"b@acme.com\"}],"
                  "\"tech\":[\"iron\",\"coal\"],\"url\":\"javascript:x\",\"sector\":"
                  "{\"a\":1},\"pic\":\"https://acme.com/l.png\"}")),
        &facts);
    assert_text(value(&facts, "name"), "Acme");
    assert_text(value(&facts, "employees"), "51");
    assert_text(value(&facts, "founded"), "1949");
    assert_text(value(&facts, "emails"), "a@acme.com\nb@acme.com");
    assert_text(value(&facts, "technologies"), "iron\ncoal");
    assert_true(str_is_null(value(&facts, "website"))); /* is none */
    assert_true(str_is_null(value(&facts, "industry")));
    assert_true(str_is_null(value(&facts, "phone")));
    assert_text(facts.logo, "https://acme.com/l.png");
    assert_int_equal(ctx.err, ERR_NONE);
}

static void what_is_no_mapping(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } none[] = {{"name", "Line 1 has no ="},       {"\nshoe = a", "Line 2: there is no field"},
                {"name =", "not a path"},          {"name = |", "not a path"},
                {"name = a\nname = b", "already"}, {"name = a|b|c|d|e|f|g", "more than 6"},
                {"= a", "there is no field"}};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        struct mapping mapping;
        assert_int_equal(mapping_read(&ctx, str_from(none[i].text), &mapping), ERR_INVALID);
        if (!str_contains(ctx.why, str_from(none[i].why))) {
            fail_msg("“%.*s” about “%s”", STR_ARG(ctx.why), none[i].text);
        }
        ctx_clear(&ctx);
    }
}

static void addresses_of_providers(void **state)
{
    (void)state;
    const struct provider provider = {.address =
                                          STR("https://api.example.com/{domain}/x?d={domain}")};
    assert_text(provider_address(&ctx, &provider, STR("acme.com")),
                "https://api.example.com/acme.com/x?d=acme.com");
    assert_int_equal(provider_check_address(&ctx, provider.address), ERR_NONE);
    static const struct str bad[] = {STR_INIT("https://api.example.com/"),
                                     STR_INIT("ftp://api.example.com/{domain}"),
                                     STR_INIT("https://10.0.0.1/{domain}"),
                                     STR_INIT("http://[::1]/{domain}"),
                                     STR_INIT("https://localhost/{domain}"),
                                     STR_INIT("https://{domain}/"),
                                     STR_INIT("https://a:b@x.com/{domain}"),
                                     STR_INIT("https://x.{domain}/"),
                                     STR_INIT("{domain}"),
                                     STR_INIT("")};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (provider_check_address(&ctx, bad[i]) != ERR_INVALID) {
            fail_msg("“%.*s” is taken", STR_ARG(bad[i]));
        }
        ctx_clear(&ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_lead_to_values),   cmocka_unit_test(what_is_no_path),
        cmocka_unit_test(a_mapping_finds_fields), cmocka_unit_test(what_is_no_mapping),
        cmocka_unit_test(addresses_of_providers),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
