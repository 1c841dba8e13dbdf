/* forms.h: every kind of field, right and wrong; what was typed is kept. */
#include "fcgi/forms.h"

#include "shared/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

static int set_up(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new(1 << 20)};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

struct values {
    struct str name, body, password, email, link;
    int64_t age, board, since, sort;
    bool on;
    struct form_ids tags;
    struct form_texts words;
};

static const char *const sorts[] = {"name", "score", NULL};
#define AT(member) offsetof(struct values, member)
static const struct form_field fields[] = {
    {.name = "name",
     .label = "Name",
     .kind = FORM_TEXT,
     .min = 2,
     .max = 5,
     .offset = AT(name)},
    {.name = "body", .label = "Note", .kind = FORM_LINES, .max = 20, .offset = AT(body)},
    {.name = "password", .label = "Password", .kind = FORM_PASSWORD, .offset = AT(password)},
    {.name = "email", .label = "Email", .kind = FORM_EMAIL, .offset = AT(email)},
    {.name = "link", .label = "Link", .kind = FORM_URL, .max = 40, .offset = AT(link)},
    {.name = "age", .label = "Age", .kind = FORM_INT, .min = 1, .max = 150, .offset = AT(age)},
    {.name = "board", .label = "Board", .kind = FORM_ID, .offset = AT(board)},
    {.name = "since", .label = "Since", .kind = FORM_DATE, .offset = AT(since)},
    {.name = "sort", .label = "Order", .kind = FORM_ENUM, .choices = sorts, .offset = AT(sort)},
    {.name = "on", .label = "On", .kind = FORM_BOOL, .offset = AT(on)},
    {.name = "tag", .label = "Tags", .kind = FORM_IDS, .max = 3, .offset = AT(tags)},
    {.name = "word", .label = "Words", .kind = FORM_TEXTS, .max = 3, .offset = AT(words)},
};
static const struct form_spec spec = FORM_SPEC(fields, struct values);

static struct form form;

static const struct values *read(const char *body)
{
    struct request_pairs pairs;
    assert_int_equal(request_urlencoded(&ctx, str_from(body), &pairs), ERR_NONE);
    form_read(&form, &ctx, &spec, pairs);
    return form.values;
}

static void right(void **state)
{
    (void)state;
    const struct values *v = read("name=+Ada+&body=a%0D%0Ab%0Dc&password=+x+&email=a.b%2Bc@"
                                  "example.com&link=https://x.example/"
                                  "y?z&age=42&board=7&since=2026-11-21&sort=score&on=on&tag=1&"
                                  "tag=2&word=a&word=&word=b&other=x");
    assert_true(form_is_right(&form));
    assert_true(str_eq(v->name, STR("Ada")));
    assert_true(str_eq(v->body, STR("a\nb\nc")));
    assert_true(str_eq(v->password, STR(" x ")));
    assert_true(str_eq(v->email, STR("a.b+c@example.com")));
    assert_true(str_eq(v->link, STR("https://x.example/y?z")));
    assert_int_equal(v->age, 42);
    assert_int_equal(v->board, 7);
    assert_int_equal(v->since, INT64_C(20778) * CLOCK_DAY);
    assert_int_equal(v->sort, 1);
    assert_true(v->on);
    assert_int_equal(v->tags.n, 2);
    assert_int_equal(v->tags.v[1], 2);
    assert_int_equal(v->words.n, 3);
    assert_true(str_eq(v->words.v[2], STR("b")));
}

static void nothing_given(void **state)
{
    (void)state;
    const struct values *v = read("");
    assert_true(form_is_right(&form));
    assert_true(str_is_null(v->name));
    assert_int_equal(v->age, 0);
    assert_int_equal(v->sort, -1);
    assert_false(v->on);
    assert_int_equal(v->tags.n, 0);
    assert_true(str_is_null(form_message(&form, "name")));
    v = read("name=&on=0&sort=&age=");
    assert_true(form_is_right(&form));
    assert_false(str_is_null(v->name));
    assert_int_equal(v->sort, -1);
}

static void wrong(void **state)
{
    (void)state;
    static const struct {
        const char *body, *field, *message;
    } cases[] = {
        {"name=x", "name", "Name needs at least 2 characters."},
        {"name=abcdef", "name", "Name may have at most 5 characters; this has 6."},
        {"name=a%0Ab", "name", "Name contains characters that cannot be kept."},
        {"name=a%7Fb", "name", "Name contains characters that cannot be kept."},
        {"name=Ada&name=Eve", "name", "Name was sent twice. Please send the form again."},
        {"body=a%01b", "body", "Note contains characters that cannot be kept."},
        {"body=012345678901234567890", "body",
         "Note may have at most 20 characters; this has 21."},
        {"email=ada", "email", "This is not an email address. It looks like name@company.com."},
        {"link=javascript:alert(1)", "link",
         "This is not a web address. It starts with https:// or http://."},
        {"link=https://abcdefghijklmnopqrstuvwxyz.example/abc", "link",
         "This address is too long."},
        {"age=0", "age", "Age must be from 1 to 150."},
        {"age=1.5", "age", "Age must be a whole number."},
        {"age=99999999999999999999", "age", "Age must be a whole number."},
        {"board=0", "board", "Board: please choose one of the list."},
        {"board=-4", "board", "Board: please choose one of the list."},
        {"since=2026-02-29", "since", "This is not a date. It looks like 2026-11-21."},
        {"since=26-1-1", "since", "This is not a date. It looks like 2026-11-21."},
        {"sort=size", "sort", "Order: please choose one of the list."},
        {"on=maybe", "on", "On must be on or off."},
        {"tag=1&tag=x", "tag", "Tags: please choose from the list."},
        {"tag=1&tag=2&tag=3&tag=4", "tag", "Tags: at most 3, please."},
        {"word=a&word=b&word=c&word=d", "word", "Words: at most 3, please."},
        {"word=a%0Ab", "word", "Words: one of them is too long or cannot be kept."},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)read(cases[i].body);
        assert_int_equal(form.n_mistakes, 1);
        struct str message = form_message(&form, cases[i].field);
        assert_memory_equal(message.p, cases[i].message, strlen(cases[i].message));
        assert_int_equal(message.n, strlen(cases[i].message));
        assert_false(str_is_null(form_typed(&form, cases[i].field)));
    }
}

static void characters_are_counted_not_bytes(void **state)
{
    (void)state;
    (void)read("name=%C3%A4%C3%B6%C3%BC%C3%9F%E2%82%AC");
    assert_true(form_is_right(&form));
}

static void needed(void **state)
{
    (void)state;
    static const struct form_field must[] = {
        {.name = "name",
         .label = "Name",
         .kind = FORM_TEXT,
         .required = true,
         .offset = AT(name)},
        {.name = "board",
         .label = "Board",
         .kind = FORM_ID,
         .required = true,
         .offset = AT(board)},
        {.name = "tag",
         .label = "Tags",
         .kind = FORM_IDS,
         .required = true,
         .offset = AT(tags)},
    };
    static const struct form_spec strict = FORM_SPEC(must, struct values);
    struct request_pairs pairs;
    assert_int_equal(request_urlencoded(&ctx, STR("name=+++"), &pairs), ERR_NONE);
    form_read(&form, &ctx, &strict, pairs);
    assert_int_equal(form.n_mistakes, 3);
    assert_true(str_eq(form_message(&form, "name"), STR("Name is needed.")));
    assert_true(str_eq(form_message(&form, "tag"), STR("Tags: please choose at least one.")));
}

static void drawn_again(void **state)
{
    (void)state;
    (void)read("name=x");
    form_refuse(&form, "", "Nothing was %s.", "stored");
    assert_true(str_eq(form_message(&form, ""), STR("Nothing was stored.")));
    assert_true(str_eq(form_value(&form, "name", STR("stored")), STR("x")));
    assert_true(str_eq(form_value(&form, "email", STR("stored")), STR("stored")));
    for (size_t i = 0; i < 200; i++) {
        form_refuse(&form, "name", "more");
    }
    assert_int_equal(form.n_mistakes, FORM_MISTAKES_MAX);
}

/* Rows of a form are lists side by side: one bad text takes none of them away. */
static void lists_are_kept(void **state)
{
    (void)state;
    char body[400] = "word=a&word=b&word=";
    memset(body + strlen(body), 'x', 201);
    const struct values *v = read(body);
    assert_int_equal(form.n_mistakes, 1);
    assert_true(str_starts(form_list_message(&form), STR("Words: one of them is too long")));
    assert_int_equal(v->words.n, 3);
    assert_true(str_eq(v->words.v[1], STR("b")));
    assert_int_equal(v->words.v[2].n, 201);
    v = read("name=x&word=a%01&word=b");
    assert_true(str_starts(form_list_message(&form), STR("Words: one of them")));
    assert_int_equal(v->words.n, 2);
    (void)read("name=x&word=a");
    assert_true(str_is_null(form_list_message(&form)));
    form_refuse(&form, "", "Nothing was stored.");
    assert_true(str_eq(form_list_message(&form), STR("Nothing was stored.")));
}

static void addresses(void **state)
{
    (void)state;
    static const char *const emails[] = {"a@b", "a.b+c@x-y.example",
                                         "\xc3\xa4@b\xc3\xbc.example"};
    static const char *const no_emails[] = {"",      "a",     "@b",        "a@",     "a@b@c",
                                            "a b@c", "a@b c", "<a@b.com>", "a@.com", "a@b..com",
                                            "a@b.",  "a\r@b", "a,b@c",     "a@b/c"};
    static const char *const urls[] = {"http://a", "https://a.example:8080/x?y#z",
                                       "https://b\xc3\xbc/"};
    static const char *const no_urls[] = {
        "",           "http://",     "//a",        "ftp://a",     "https://a b",
        "https://@a", "https://u@a", "https:///x", "https://a\"", "data:x"};
    for (size_t i = 0; i < sizeof(emails) / sizeof(emails[0]); i++) {
        assert_true(form_is_email(str_from(emails[i])));
    }
    for (size_t i = 0; i < sizeof(no_emails) / sizeof(no_emails[0]); i++) {
        assert_false(form_is_email(str_from(no_emails[i])));
    }
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        assert_true(form_is_url(str_from(urls[i])));
    }
    for (size_t i = 0; i < sizeof(no_urls) / sizeof(no_urls[0]); i++) {
        assert_false(form_is_url(str_from(no_urls[i])));
    }
}

static void dates(void **state)
{
    (void)state;
    int64_t at;
    assert_true(form_is_date(STR("1970-01-01"), &at));
    assert_int_equal(at, 0);
    for (int64_t day = 0; day < 60000; day += 17) {
        struct clock_date date = clock_date(day * CLOCK_DAY);
        struct str text =
            arena_print(ctx.arena, "%04d-%02d-%02d", date.year, date.month, date.day);
        assert_true(form_is_date(text, &at));
        assert_int_equal(at, day * CLOCK_DAY);
    }
    assert_false(form_is_date(STR("2026-13-01"), &at));
    assert_false(form_is_date(STR("2026-00-01"), &at));
    assert_false(form_is_date(STR("2026-01-32"), &at));
    assert_false(form_is_date(STR("1969-12-31"), &at));
    assert_false(form_is_date(STR("2026/01/01"), &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(right, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_given, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(characters_are_counted_not_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(needed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(drawn_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dates, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
