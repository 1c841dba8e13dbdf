#include "fcgi/collector_bot.h"
#include "fcgi/collector_own.h"
#include "fcgi/collector_properties.h"
#include "fcgi/collector_text.h"
#include "fcgi/collector_url.h"
#include "tests/unit/intake.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW INTAKE_NOW

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

static void check_text(struct str actual, const char *expected)
{
    if (expected == NULL) {
        assert_null(actual.p);
        return;
    }
    assert_string_equal(arena_cstr(ctx.arena, actual), expected);
    assert_int_equal(actual.n, strlen(expected));
}

/* --- addresses --- */

static void addresses(void **state)
{
    static const struct {
        const char *in, *url, *host;
    } table[] = {
        {"https://example.com/a?b=c", "https://example.com/a?b=c", "example.com"},
        {"HTTPS://Example.COM", "https://example.com/", "example.com"},
        {"https://user:pass@example.com:8443/x", "https://example.com:8443/x", "example.com"},
        {"https://a@b@evil.example/x", "https://evil.example/x", "evil.example"},
        {"http://good.example\\@evil.example/", "http://good.example\\@evil.example/",
         "good.example"},
        {"http://[::1]:8080/x", "http://[::1]:8080/x", "[::1]"},
        {"https://example.com/a#access_token=1", "https://example.com/a", "example.com"},
        {"https://example.com/#/route", "https://example.com/#/route", "example.com"},
        {"https://example.com/?a=1&&b=2&", "https://example.com/?a=1&b=2", "example.com"},
        {"https://example.com/%zz?x=%g1", "https://example.com/%zz?x=%g1", "example.com"},
        {"  https://example.com/\n", "https://example.com/", "example.com"},
        {"https://b\xc3\xbc"
         "cher.example/",
         "https://b\xc3\xbc"
         "cher.example/",
         "b\xc3\xbc"
         "cher.example"},
        {"javascript:alert(1)", NULL, NULL},
        {"java\nscript:alert(1)", NULL, NULL},
        {"JaVaScRiPt://example.com/%0aalert(1)", NULL, NULL},
        {"data:text/html,<script>", NULL, NULL},
        {"file:///etc/passwd", NULL, NULL},
        {"//example.com/", NULL, NULL},
        {"/path", NULL, NULL},
        {"https://", NULL, NULL},
        {"https:///path", NULL, NULL},
        {"https://exa mple.com/", NULL, NULL},
        {"https://example.com:99x/", NULL, NULL},
        {"https://<script>/", NULL, NULL},
        {"", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct collector_url url;
        collector_url(ctx.arena, str_from(table[i].in), &url);
        check_text(url.url, table[i].url);
        check_text(url.host, table[i].host);
        check_text(url.utm, NULL);
    }
}

static void campaigns(void **state)
{
    struct collector_url url;
    (void)state;
    collector_url(ctx.arena,
                  STR("https://example.com/?utm_source=News%20letter&utm_medium=Email&x=1&"
                      "utm_campaign=a%22b%5C&utm_source=second&utm_other=1"),
                  &url);
    check_text(url.utm,
               "{\"source\":\"News letter\",\"medium\":\"Email\",\"campaign\":\"a\\\"b\\\\\"}");
    assert_true(url.from_email);
    collector_url(ctx.arena, STR("https://example.com/?gclid=abc&fbclid=d#x"), &url);
    check_text(url.utm, "{\"click\":\"gclid\",\"click_id\":\"abc\"}");
    check_text(url.url, "https://example.com/?gclid=abc&fbclid=d");
    assert_false(url.from_email);
    collector_url(ctx.arena, STR("https://example.com/?utm_source=%00%01&utm_term=%ff&gclid="),
                  &url);
    check_text(url.utm, NULL);
}

static void landing_parameters(void **state)
{
    struct collector_url url;
    (void)state;
    collector_url(ctx.arena,
                  STR("https://example.com/x?a=1&email=ann%40acme.example&firstName=Ann+M&b=2&"
                      "lb_uid=77"),
                  &url);
    check_text(url.url, "https://example.com/x?a=1&b=2");
    assert_int_equal(url.n_landing, 3);
    check_text(url.landing[0].name, "email");
    check_text(url.landing[0].value, "ann@acme.example");
    check_text(url.landing[1].value, "Ann M");
    check_text(url.landing[2].name, "lb_uid");
    /* Merge tags that the mail tool did not fill in, and twice the same name. */
    collector_url(ctx.arena,
                  STR("https://example.com/?email=*%7CEMAIL%7C*&firstName=%7B%7Bname%7D%7D&"
                      "company=A&company=B&email=none"),
                  &url);
    check_text(url.url, "https://example.com/");
    assert_int_equal(url.n_landing, 1);
    check_text(url.landing[0].value, "A");
}

static void long_addresses(void **state)
{
    char text[4096];
    struct collector_url url;
    (void)state;
    memset(text, 'a', sizeof(text));
    memcpy(text, "https://example.com/", 20);
    collector_url(ctx.arena, (struct str){text, sizeof(text)}, &url);
    assert_int_equal(url.url.n, COLLECTOR_URL_MAX);
}

static void allowed_hosts(void **state)
{
    static const struct str list[] = {STR_INIT("example.com"), STR_INIT("*.acme.example"),
                                      STR_INIT("localhost:8080")};
    (void)state;
    assert_true(collector_host_allowed(STR("example.com"), list, 3));
    assert_true(collector_host_allowed(STR("www.example.com"), list, 3));
    assert_true(collector_host_allowed(STR("shop.acme.example"), list, 3));
    assert_true(collector_host_allowed(STR("localhost"), list, 3));
    assert_false(collector_host_allowed(STR("evilexample.com"), list, 3));
    assert_false(collector_host_allowed(STR("example.com.evil.test"), list, 3));
    assert_false(collector_host_allowed(STR("com"), list, 3));
    assert_false(collector_host_allowed(STR(""), list, 3));
    assert_true(collector_host_allowed(STR("any.test"), NULL, 0));
}

/* --- text --- */

static void cleaned_text(void **state)
{
    (void)state;
    check_text(collector_text(ctx.arena, STR("  plain  "), 100), "plain");
    check_text(collector_text(ctx.arena, STR("a\x01\x7f\tb\xc2\x85"), 100), "ab");
    check_text(collector_text(ctx.arena, STR("x\xe2\x80\xaey\xe2\x81\xa6z"), 100), "xyz");
    check_text(collector_text(ctx.arena, (struct str){"a\0b", 3}, 100), "ab");
    check_text(collector_text(ctx.arena, STR("\x01 \x02"), 100), NULL);
    check_text(collector_text(ctx.arena, STR("\xc3\xa9\xc3\xa9\xc3\xa9"), 3), "\xc3\xa9");
    check_text(collector_decode(ctx.arena, STR("a%20b+c%2")), "a b c%2");
    check_text(collector_decode(ctx.arena, STR("%ff")), NULL);
}

static void bots(void **state)
{
    static const char chrome[] = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
                                 "(KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
    static const char iphone[] = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) "
                                 "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
                                 "Mobile/15E148 Safari/604.1";
    static const char mail[] = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via "
                               "ggpht.com GoogleImageProxy)";
    (void)state;
    assert_int_equal(bot_kind(str_from(chrome)), BOT_NOT);
    assert_int_equal(bot_kind(str_from(iphone)), BOT_NOT);
    assert_int_equal(bot_kind(str_from(mail)), BOT_NOT);
    assert_int_equal(bot_kind(STR("")), BOT_CRAWLER);
    assert_int_equal(bot_kind((struct str){.p = NULL}), BOT_CRAWLER);
    assert_int_equal(bot_kind(STR("  ")), BOT_CRAWLER);
    assert_int_equal(bot_kind(STR("Mozilla/5.0 (compatible; Googlebot/2.1; "
                                  "+http://www.google.com/bot.html)")),
                     BOT_CRAWLER);
    assert_int_equal(bot_kind(STR("AhrefsSiteAudit/6.1")), BOT_CRAWLER);
    assert_int_equal(bot_kind(STR("Mozilla/5.0 HeadlessChrome/131.0")), BOT_HEADLESS);
    assert_int_equal(bot_kind(STR("curl/8.5.0")), BOT_HTTP_CLIENT);
    assert_int_equal(bot_kind(STR("Wget/1.21")), BOT_HTTP_CLIENT);
    assert_int_equal(bot_kind(STR("my curl")), BOT_NOT);
    assert_int_equal(bot_kind(STR("xx sentry/1")), BOT_CRAWLER);
}

/* --- requests --- */

static struct collector_batch batch;
static struct collector_refusal refusal;

static bool keep(struct collector_intake *intake, bool read)
{
    refusal = intake->refusal;
    batch = (struct collector_batch){.n = 0};
    if (read) {
        assert_int_equal(intake->n_batches, 1);
        batch = intake->batches[0];
    }
    return read;
}

static bool read_body_with(struct str body, const char *const *headers)
{
    struct collector_intake *intake = intake_make(&ctx, "POST", STR("/e"), headers, body);
    return keep(intake, collector_own_read(intake));
}

static bool read_body(struct str body)
{
    return read_body_with(body, NULL);
}

static bool read_pixel(const char *query, const char *page)
{
    struct str referer = arena_print(ctx.arena, "HTTP_REFERER=%s", page);
    const char *headers[] = {arena_cstr(ctx.arena, referer), NULL};
    struct collector_intake *intake =
        intake_make(&ctx, "GET", arena_print(ctx.arena, "/e.gif?%s", query), headers, STR(""));
    return keep(intake, collector_pixel_read(intake));
}

static void one_event(void **state)
{
    (void)state;
    assert_true(read_body(
        STR("{\"dataset\":\"d\",\"visitor\":\"v\",\"type\":\"pageview\",\"url\":\"https://"
            "example.com/?utm_source=x\",\"title\":\"T\\u0007i\",\"referrer\":\"javascript:x\","
            "\"properties\":{\"a\":1,\"b\":\"x\\\"y\",\"c\":[true,null]}}")));
    assert_int_equal(batch.n, 1);
    check_text(batch.id, "d");
    check_text(batch.visitor[0], "v");
    assert_int_equal(batch.at[0], NOW);
    assert_int_equal(batch.type[0], 1);
    check_text(batch.title[0], "Ti");
    check_text(batch.referrer[0], NULL);
    check_text(batch.host[0], "example.com");
    check_text(batch.utm[0], "{\"source\":\"x\"}");
    check_text(batch.properties[0], "{\"a\":1,\"b\":\"x\\\"y\",\"c\":[true,null]}");
    check_text(batch.name[0], NULL);
}

static void one_that_makes_two(void **state)
{
    (void)state;
    assert_true(read_body(STR(
        "{\"dataset\":\"d\",\"events\":[{\"type\":\"pageview\",\"url\":\"https://example.com/"
        "?utm_medium=email&email=a@b.example\"},{\"type\":\"identify\",\"properties\":"
        "{\"E-Mail\":\"x@y.example\",\"first_name\":\"Ann\",\"plan\":\"big\"}}]}")));
    check_text(batch.visitor[0], NULL);
    assert_int_equal(batch.n, 3);
    assert_int_equal(batch.type[0], 4);
    check_text(batch.url[0], "https://example.com/?utm_medium=email");
    assert_int_equal(batch.type[1], 6);
    check_text(batch.properties[1], "{\"email\":\"a@b.example\"}");
    assert_int_equal(batch.type[2], 6);
    check_text(batch.properties[2],
               "{\"email\":\"x@y.example\",\"firstName\":\"Ann\",\"plan\":\"big\"}");
}

static void clocks(void **state)
{
    static const struct {
        const char *times;
        int64_t at;
    } table[] = {
        {"\"at\":1795289999000", NOW - CLOCK_SECOND},
        {"\"at\":1000,\"sent\":3000", NOW - 2 * CLOCK_SECOND},
        {"\"at\":9995290000000,\"sent\":9995290001000", NOW - CLOCK_SECOND},
        {"\"at\":0", NOW - CLOCK_DAY},
        {"\"at\":-1e300", NOW - CLOCK_DAY},
        {"\"at\":1e300", NOW + CLOCK_MINUTE},
        {"\"at\":1e300,\"sent\":1e300", NOW - CLOCK_DAY},
        {"\"at\":null", NOW},
        {"\"sent\":1", NOW},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        assert_true(read_body(arena_print(
            ctx.arena, "{\"dataset\":\"d\",\"type\":\"pageview\",%s}", table[i].times)));
        int64_t off = batch.at[0] - table[i].at;
        if (off < -1000 || off > 1000) {
            fail_msg("%s is off by %lld us", table[i].times, (long long)off);
        }
    }
}

static void refusals(void **state)
{
    static const struct {
        const char *body;
        int status;
        const char *field;
    } table[] = {
        {"", 400, NULL},
        {"x", 400, NULL},
        {"[]", 400, NULL},
        {"\"a\"", 400, NULL},
        {"{\"dataset\":\"d\"", 400, NULL},
        {"{\"dataset\":\"d\\u0000\",\"type\":\"pageview\"}", 400, NULL},
        {"{\"dataset\":\"\xff\",\"type\":\"pageview\"}", 400, NULL},
        {"{}", 422, "dataset"},
        {"{\"dataset\":1}", 422, "dataset"},
        {"{\"dataset\":\"\"}", 422, "dataset"},
        {"{\"dataset\":\"d\"}", 422, "type"},
        {"{\"dataset\":\"d\",\"type\":\"system\"}", 422, "type"},
        {"{\"dataset\":\"d\",\"type\":\"toString\"}", 422, "type"},
        {"{\"dataset\":\"d\",\"type\":1}", 422, "type"},
        {"{\"dataset\":\"d\",\"type\":\"pageview\",\"url\":1}", 422, "url"},
        {"{\"dataset\":\"d\",\"type\":\"pageview\",\"title\":[]}", 422, "title"},
        {"{\"dataset\":\"d\",\"type\":\"custom\",\"name\":{}}", 422, "name"},
        {"{\"dataset\":\"d\",\"type\":\"pageview\",\"at\":\"1\"}", 422, "at"},
        {"{\"dataset\":\"d\",\"type\":\"pageview\",\"properties\":[]}", 422, "properties"},
        {"{\"dataset\":\"d\",\"type\":\"pageview\",\"visitor\":1}", 422, "visitor"},
        {"{\"dataset\":\"d\",\"type\":\"pageview\",\"visitor\":\"\"}", 422, "visitor"},
        {"{\"dataset\":\"d\",\"type\":\"pageview\",\"sent\":\"x\"}", 422, "sent"},
        {"{\"dataset\":\"d\",\"events\":[]}", 422, "events"},
        {"{\"dataset\":\"d\",\"events\":{}}", 422, "events"},
        {"{\"dataset\":\"d\",\"events\":null}", 422, "events"},
        {"{\"dataset\":\"d\",\"events\":[1]}", 422, "events"},
        {"{\"dataset\":\"d\",\"events\":[{\"type\":\"pageview\"},{\"type\":\"x\"}]}", 422,
         "events[1].type"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        if (read_body(str_from(table[i].body)) || refusal.status != table[i].status) {
            fail_msg("%s was answered %d", table[i].body, refusal.status);
        }
        check_text(refusal.field, table[i].field);
        assert_true(refusal.message.n > 0);
        assert_int_equal(ctx.err, ERR_NONE);
    }
}

static struct str repeat(const char *head, const char *part, size_t n, const char *tail)
{
    struct sb sb;
    sb_init(&sb, ctx.arena, (size_t)4 << 20);
    sb_str(&sb, str_from(head));
    for (size_t i = 0; i < n; i++) {
        sb_str(&sb, str_from(part));
    }
    sb_str(&sb, str_from(tail));
    return sb_view(&sb);
}

static void too_much(void **state)
{
    (void)state;
    assert_false(
        read_body(repeat("{\"dataset\":\"d\",\"type\":\"pageview\",\"x\":", "[", 100000, "")));
    assert_int_equal(refusal.status, 400);
    assert_false(read_body(repeat("{\"dataset\":\"d\",\"events\":[{\"type\":\"pageview\"}",
                                  ",{\"type\":\"pageview\"}", 500, "]}")));
    assert_int_equal(refusal.status, 413);
    assert_true(read_body(repeat("{\"dataset\":\"d\",\"events\":[{\"type\":\"pageview\"}",
                                 ",{\"type\":\"pageview\"}", 499, "]}")));
    assert_int_equal(batch.n, 500);
    assert_true(read_body(repeat("{\"dataset\":\"d\",\"type\":\"pageview\",\"title\":\"",
                                 "\xc3\xa9", 1000, "\"}")));
    assert_int_equal(batch.title[0].n, COLLECTOR_TITLE_MAX);
    assert_true(
        read_body(repeat("{\"dataset\":\"d\",\"type\":\"custom\",\"properties\":{\"a\":\"", "x",
                         100000, "\"}}")));
    assert_int_equal(batch.properties[0].n, COLLECTOR_VALUE_MAX + 8);
    assert_true(
        read_body(repeat("{\"dataset\":\"d\",\"type\":\"custom\",\"properties\":{\"a\":1",
                         ",\"b\":2", 100, "}}")));
    assert_int_equal(batch.properties[0].n, 1 + 6 * COLLECTOR_PROPERTIES_MAX);
}

static struct str properties_of(enum event_type type, const char *text)
{
    const struct json *json = NULL;
    assert_int_equal(json_parse(&ctx, str_from(text), 1 << 20, &json), ERR_NONE);
    return collector_properties(&ctx, type, json);
}

static void properties(void **state)
{
    (void)state;
    check_text(properties_of(EVENT_CUSTOM, "{}"), NULL);
    check_text(properties_of(EVENT_CUSTOM, "{\"\":1,\"\\u0001\":2}"), NULL);
    check_text(properties_of(EVENT_CUSTOM, "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}}"),
               "{\"a\":{\"b\":{\"c\":{\"d\":null}}}}");
    check_text(properties_of(EVENT_CUSTOM, "{\"n\":1e400}"), "{\"n\":null}");
    check_text(properties_of(EVENT_CUSTOM, "{\"email\":\"a\",\"E-mail\":1}"),
               "{\"email\":\"a\",\"E-mail\":1}");
    check_text(
        properties_of(EVENT_FORM, "{\"Your Email\":\"a\",\"tel\":\"1\",\"Position\":\"b\"}"),
        "{\"email\":\"a\",\"phone\":\"1\",\"jobTitle\":\"b\"}");
    check_text(properties_of(EVENT_EXIT, "{\"kind\":\"outbound\",\"link\":\"javascript:x\","
                                         "\"seconds\":1e99}"),
               "{\"kind\":\"outbound\",\"seconds\":86400}");
    check_text(properties_of(EVENT_EXIT, "{\"link\":\"https://X.example\",\"seconds\":\"9\"}"),
               "{\"link\":\"https://x.example/\"}");
}

static void pixels(void **state)
{
    (void)state;
    assert_true(
        read_pixel("dataset=d&email=Ann%40Acme.example&campaign=may", "https://mail.example/"));
    check_text(batch.id, "d");
    check_text(batch.visitor[0], "email:ann@acme.example");
    assert_int_equal(batch.type[0], 3);
    check_text(batch.url[0], NULL);
    check_text(batch.properties[0], "{\"email\":\"Ann@Acme.example\",\"campaign\":\"may\"}");
    assert_true(read_pixel("dataset=d&type=pageview&visitor=v", "https://example.com/page"));
    check_text(batch.url[0], "https://example.com/page");
    check_text(batch.properties[0], NULL);
    /* A mail tool that knows nothing of the person, or encodes nothing. */
    assert_true(read_pixel(
        "dataset=d&email=*%7CEMAIL%7C*&firstName=%25FNAME%25&fromEmail=me+x@b.example", ""));
    check_text(batch.visitor[0], NULL);
    check_text(batch.properties[0], "{\"fromEmail\":\"me+x@b.example\"}");
    assert_false(read_pixel("", ""));
    assert_false(read_pixel("dataset=d&type=x", ""));
    assert_true(read_pixel("dataset=d&a=%ff&b=%0&email=%EMAIL%&c=%%emailaddr%%", ""));
    check_text(batch.properties[0], NULL);
    check_text(batch.utm[0], NULL);
    assert_true(read_pixel("dataset=d&campaign=May%zz&source=S", ""));
    check_text(batch.properties[0], "{\"campaign\":\"May%zz\",\"source\":\"S\"}");
    check_text(batch.utm[0], "{\"medium\":\"email\",\"campaign\":\"May%zz\",\"source\":\"S\"}");
    assert_false(read_pixel("dataset=nobody", ""));
}

/* --- ids, servers, what nobody must know --- */

static void ids_count_once(void **state)
{
    (void)state;
    assert_true(read_body(STR("{\"dataset\":\"d\",\"visitor\":\"v\",\"sent\":1000,\"events\":["
                              "{\"type\":\"pageview\",\"id\":\"a\",\"at\":5,\"url\":\"https://"
                              "a.example/?email=a@b.example\"},"
                              "{\"type\":\"custom\",\"id\":\"a\",\"at\":5},{\"type\":"
                              "\"custom\",\"id\":\"a\",\"at\":86400005},"
                              "{\"type\":\"custom\",\"id\":\"b\"},{\"type\":\"custom\"}]}")));
    assert_int_equal(batch.n, 5);
    assert_true(batch.has_messages);
    assert_int_equal(batch.type[1], 6);
    assert_true(str_eq(batch.message[0], batch.message[1]));
    assert_int_equal(batch.day[0], 0);
    assert_true(str_eq(batch.message[0], batch.message[2]));
    assert_int_equal(batch.day[2], 1);
    assert_false(str_eq(batch.message[2], batch.message[3]));
    assert_int_equal(batch.day[3], NOW / CLOCK_DAY);
    assert_null(batch.message[4].p);
    struct str first = arena_dup(ctx.arena, batch.message[0]);
    assert_true(read_body(STR(
        "{\"dataset\":\"d\",\"visitor\":\"w\",\"type\":\"custom\",\"id\":\"a\",\"at\":5}")));
    assert_false(str_eq(batch.message[0], first));
    assert_false(read_body(STR("{\"dataset\":\"d\",\"type\":\"custom\",\"id\":5}")));
    check_text(refusal.field, "id");
}

static void servers(void **state)
{
    static const char body[] = "{\"dataset\":\"d\",\"type\":\"custom\",\"at\":1700000000000,"
                               "\"ip\":\"192.0.2.9\",\"agent\":\"Mozilla/5.0 x\"}";
    static const char *const right[] = {"HTTP_AUTHORIZATION=Bearer d.secret", NULL};
    static const char *const wrong[] = {"HTTP_AUTHORIZATION=Bearer d.secrets", NULL};
    (void)state;
    assert_true(read_body_with(str_from(body), right));
    assert_int_equal(batch.at[0], INT64_C(1700000000) * CLOCK_SECOND);
    check_text(batch.ip[0], "192.0.2.9");
    check_text(batch.agent[0], "Mozilla/5.0 x");
    assert_true(read_body_with(str_from(body), NULL));
    assert_int_equal(batch.at[0], NOW - CLOCK_DAY);
    check_text(batch.ip[0], NULL);
    check_text(batch.agent[0], NULL);
    assert_false(read_body_with(str_from(body), wrong));
    assert_int_equal(refusal.status, 401);
}

static void secrets(void **state)
{
    (void)state;
    check_text(
        properties_of(
            EVENT_FORM,
            "{\"password\":\"x\",\"New-Password\":\"x\",\"note\":\"4111 1111 1111 1111\","
            "\"cvc\":\"123\",\"IBAN\":\"x\",\"csrf_token\":\"x\",\"className\":\"a\","
            "\"secretary\":\"b\",\"phone\":\"4111 1111 1111 1112\"}"),
        "{\"className\":\"a\",\"secretary\":\"b\",\"phone\":\"4111 1111 1111 1112\"}");
    check_text(properties_of(EVENT_LOGIN, "{\"pwd\":\"x\",\"token\":\"x\"}"), NULL);
    check_text(properties_of(EVENT_CUSTOM, "{\"token\":\"x\"}"), "{\"token\":\"x\"}");
}

static void whole_names(void **state)
{
    (void)state;
    check_text(properties_of(EVENT_FORM, "{\"name\":\"Ann van Dyke\"}"),
               "{\"name\":\"Ann van Dyke\",\"firstName\":\"Ann\",\"lastName\":\"van Dyke\"}");
    check_text(properties_of(EVENT_FORM, "{\"Full_Name\":\"Ann\"}"),
               "{\"Full_Name\":\"Ann\",\"firstName\":\"Ann\"}");
    check_text(properties_of(EVENT_FORM, "{\"name\":\"Acme Ltd\",\"lname\":\"Miller\"}"),
               "{\"name\":\"Acme Ltd\",\"lastName\":\"Miller\"}");
    check_text(properties_of(EVENT_CUSTOM, "{\"name\":\"A B\"}"), "{\"name\":\"A B\"}");
}

static void mails(void **state)
{
    struct collector_url url;
    (void)state;
    collector_url(ctx.arena,
                  STR("https://example.com/?utm_medium=email&email=ann+x@acme.example&"
                      "fromEmail=sales%40us.example&a=1"),
                  &url);
    check_text(url.url, "https://example.com/?utm_medium=email&a=1");
    check_text(url.landing[0].value, "ann+x@acme.example");
    check_text(url.from, "sales@us.example");
    assert_true(
        read_body(STR("{\"dataset\":\"d\",\"type\":\"pageview\",\"url\":\"https://example.com/"
                      "?utm_medium=email&fromEmail=s@us.example\",\"properties\":{\"a\":1}}")));
    assert_int_equal(batch.n, 1);
    assert_int_equal(batch.type[0], 4);
    check_text(batch.properties[0], "{\"fromEmail\":\"s@us.example\",\"a\":1}");
    collector_url(ctx.arena, STR("https://example.com/?fromEmail=%5Bowner%5D&x=1"), &url);
    check_text(url.url, "https://example.com/?x=1");
    check_text(url.from, NULL);
}

static void matomo_campaigns(void **state)
{
    struct collector_url url;
    (void)state;
    collector_url(
        ctx.arena,
        STR("https://example.com/?mtm_campaign=A&pk_kwd=k&utm_campaign=B&mtm_source=s"), &url);
    check_text(url.utm, "{\"source\":\"s\",\"campaign\":\"B\",\"term\":\"k\"}");
    collector_url(ctx.arena, STR("https://example.com/?utm_campaign=&piwik_campaign=P&mtm_x=1"),
                  &url);
    check_text(url.utm, "{\"campaign\":\"P\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(campaigns, setup, teardown),
        cmocka_unit_test_setup_teardown(landing_parameters, setup, teardown),
        cmocka_unit_test_setup_teardown(long_addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(allowed_hosts, setup, teardown),
        cmocka_unit_test_setup_teardown(cleaned_text, setup, teardown),
        cmocka_unit_test_setup_teardown(bots, setup, teardown),
        cmocka_unit_test_setup_teardown(one_event, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_makes_two, setup, teardown),
        cmocka_unit_test_setup_teardown(clocks, setup, teardown),
        cmocka_unit_test_setup_teardown(refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(too_much, setup, teardown),
        cmocka_unit_test_setup_teardown(properties, setup, teardown),
        cmocka_unit_test_setup_teardown(pixels, setup, teardown),
        cmocka_unit_test_setup_teardown(ids_count_once, setup, teardown),
        cmocka_unit_test_setup_teardown(servers, setup, teardown),
        cmocka_unit_test_setup_teardown(secrets, setup, teardown),
        cmocka_unit_test_setup_teardown(whole_names, setup, teardown),
        cmocka_unit_test_setup_teardown(mails, setup, teardown),
        cmocka_unit_test_setup_teardown(matomo_campaigns, setup, teardown),
    };
    return cmocka_run_group_tests_name("collector", tests, NULL, NULL);
}
