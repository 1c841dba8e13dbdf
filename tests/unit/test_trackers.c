/* Other trackers' calls, as their adapters read them: what is taken, what is refused, who may
 * say what. */
#include "fcgi/collector_leadboxer.h"
#include "fcgi/collector_matomo.h"
#include "fcgi/collector_segment.h"
#include "shared/json.h"
#include "tests/unit/intake.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct ctx ctx;
static struct collector_intake *intake;
static const struct collector_batch *batch;

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

/* How it was answered: a status and the body. */
static struct response response;

static int answer(void (*write)(const struct collector_intake *intake, struct response *out))
{
    response_init(&response, &ctx, 4096);
    write(intake, &response);
    return response.status;
}

static const char *answered(void)
{
    return arena_cstr(ctx.arena, sb_view(&response.body));
}

static void done(bool read)
{
    batch = read && intake->n_batches > 0 ? &intake->batches[0] : NULL;
    assert_int_equal(ctx.err, ERR_NONE);
}

/* ---- Matomo ---- */

static bool matomo(const char *query, const char *body)
{
    struct str uri = arena_print(ctx.arena, "/matomo.php%s%s", query[0] ? "?" : "", query);
    intake = intake_make(&ctx, body != NULL ? "POST" : "GET", uri, NULL,
                         body != NULL ? str_from(body) : STR(""));
    bool read = collector_matomo_read(intake);
    done(read);
    return read;
}

static void matomo_pages(void **state)
{
    (void)state;
    assert_true(
        matomo("idsite=d&rec=1&url=https%3A%2F%2Fa.example%2F%3Fx%3D1&action_name=A%20b&"
               "urlref=https://b.example/&_id=0123456789ABCDEF&res=800x600&lang=nl",
               NULL));
    assert_int_equal(batch->n, 1);
    assert_int_equal(batch->type[0], EVENT_PAGEVIEW);
    check_text(batch->url[0], "https://a.example/?x=1");
    check_text(batch->title[0], "A b");
    check_text(batch->referrer[0], "https://b.example/");
    check_text(batch->visitor[0], "0123456789ABCDEF");
    check_text(batch->properties[0], "{\"screen\":\"800x600\",\"language\":\"nl\"}");
    assert_int_equal(answer(collector_matomo_answer), 200);
    assert_string_equal(response.type, "image/gif");
    assert_int_equal(response.body.n, 43);
    /* The number of the site, a form body, an empty body, both; the query counts first. */
    assert_true(matomo("", "idsite=7&rec=1&url=https://a.example/"));
    assert_true(matomo("idsite=7&rec=1&url=https://a.example/", ""));
    assert_true(
        matomo("idsite=7&rec=1&url=https://a.example/1", "idsite=x&url=https://a.example/2"));
    check_text(batch->url[0], "https://a.example/1");
    /* What is not UTF-8 loses itself, not the event. */
    assert_true(
        matomo("idsite=7&rec=1&action_name=%ff&url=https://a.example/%ff&_id=short&", NULL));
    check_text(batch->title[0], NULL);
    check_text(batch->visitor[0], NULL);
    assert_true(matomo("idsite=7&rec=1&send_image=0", NULL));
    assert_int_equal(answer(collector_matomo_answer), 204);
}

static void matomo_kinds(void **state)
{
    static const struct {
        const char *query;
        int type;
        const char *name, *properties;
    } table[] = {
        {"e_c=Video&e_a=Play&e_v=x", EVENT_CUSTOM, "Video: Play",
         "{\"category\":\"Video\",\"action\":\"Play\",\"value\":\"x\"}"},
        {"e_c=%20&e_a=x&url=https://a.example", EVENT_PAGEVIEW, NULL, NULL},
        {"link=https://B.example", EVENT_EXIT, NULL,
         "{\"kind\":\"outbound\",\"link\":\"https://b.example/\"}"},
        {"link=javascript:x", EVENT_EXIT, NULL, "{\"kind\":\"outbound\"}"},
        {"download=https://a.example/x.pdf", EVENT_EXIT, NULL,
         "{\"kind\":\"download\",\"link\":\"https://a.example/x.pdf\"}"},
        {"ping=1&e_c=x&e_a=y", EVENT_EXIT, NULL, "{\"kind\":\"stay\"}"},
        {"ping=0", EVENT_PAGEVIEW, NULL, NULL},
        {"idgoal=0&ec_id=A1&revenue=12.50&ec_items=%5B%5B%22x%22%5D%5D", EVENT_CUSTOM, "Order",
         "{\"order\":\"A1\",\"revenue\":12.5,\"items\":\"[[\\\"x\\\"]]\"}"},
        {"idgoal=0&revenue=1e999", EVENT_CUSTOM, "Cart", "{\"revenue\":\"1e999\"}"},
        {"c_n=Ad&c_i=click", EVENT_CUSTOM, "Content used: Ad",
         "{\"content\":\"Ad\",\"interaction\":\"click\"}"},
        {"dimension1=a&dimension=b&dimension1000=c&dimensionx=d&dimension-1=e", EVENT_PAGEVIEW,
         NULL, "{\"dimension1\":\"a\"}"},
        {"_cvar={%221%22:[%22plan%22,%22big%22],%222%22:[%22x%22],%223%22:5}&cvar=[",
         EVENT_PAGEVIEW, NULL, "{\"plan\":\"big\"}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct str query = arena_print(ctx.arena, "idsite=d&rec=1&%s", table[i].query);
        if (!matomo(arena_cstr(ctx.arena, query), NULL) || batch->n != 1 ||
            batch->type[0] != table[i].type) {
            fail_msg("%s was not understood", table[i].query);
        }
        check_text(batch->name[0], table[i].name);
        check_text(batch->properties[0], table[i].properties);
    }
    assert_true(matomo("idsite=d&rec=1&ca=1&fa_vid=x", NULL));
    assert_int_equal(batch->n, 0);
    assert_true(matomo("idsite=d&rec=1&new_visit=1", NULL));
    check_text(batch->utm[0], "{\"visit\":\"new\"}");
    assert_true(matomo("idsite=d&rec=1&new_visit=1&url=https://a.example/?utm_source=x", NULL));
    check_text(batch->utm[0], "{\"visit\":\"new\",\"source\":\"x\"}");
}

static void matomo_people(void **state)
{
    (void)state;
    assert_true(
        matomo("idsite=d&rec=1&uid=42&cid=00000000000000aa&_id=00000000000000bb", NULL));
    assert_int_equal(batch->n, 2);
    check_text(batch->visitor[0], "00000000000000aa");
    check_text(batch->name[1], "user");
    assert_int_equal(batch->type[1], EVENT_LOGIN);
    check_text(batch->properties[1], "{\"userId\":\"42\"}");
    assert_false(str_is_null(batch->message[1]));
    assert_null(batch->message[0].p);
    assert_true(matomo("idsite=d&rec=1&uid=Ann@b.example&e_c=a&e_a=b", NULL));
    check_text(batch->visitor[0], "email:ann@b.example");
    check_text(batch->properties[1], "{\"email\":\"Ann@b.example\"}");
    assert_true(matomo("idsite=d&rec=1&uid=42", NULL));
    check_text(batch->visitor[0], "user:42");
}

static void matomo_tokens(void **state)
{
    static const char *const needing[] = {"cip=192.0.2.1", "cdt=1700000000",
                                          "country=nl",    "cdt=2023-01-02+03:04:05",
                                          "lat=1",         "cdo=90000"};
    (void)state;
    for (size_t i = 0; i < sizeof(needing) / sizeof(*needing); i++) {
        static const char *const tokens[] = {"", "&token_auth=d.wrong", "&token_auth=x"};
        struct str query;
        for (size_t k = 0; k < 3; k++) {
            query = arena_print(ctx.arena, "idsite=d&rec=1&%s%s", needing[i], tokens[k]);
            assert_false(matomo(arena_cstr(ctx.arena, query), NULL));
            check_text(intake->refusal.code, "token_needed");
            assert_int_equal(answer(collector_matomo_answer), 400);
            assert_int_equal(response.body.n, 43);
        }
        query = arena_print(ctx.arena, "idsite=d&rec=1&%s&token_auth=d.secret", needing[i]);
        assert_true(matomo(arena_cstr(ctx.arena, query), NULL));
        assert_true(batch->trusted);
    }
    assert_true(matomo(
        "idsite=d&rec=1&cip=192.0.2.1&cdt=1700000000&token_auth=d.secret&city=Delft", NULL));
    check_text(batch->ip[0], "192.0.2.1");
    assert_int_equal(batch->at[0], INT64_C(1700000000) * CLOCK_SECOND);
    check_text(batch->properties[0], "{\"city\":\"Delft\"}");
    /* Yesterday anybody may say. */
    assert_true(matomo("idsite=d&rec=1&cdo=-3600&ua=Mozilla", NULL));
    assert_int_equal(batch->at[0], INTAKE_NOW - CLOCK_HOUR);
    check_text(batch->agent[0], "Mozilla");
    /* No times. */
    assert_false(matomo("idsite=d&rec=1&cdt=yesterday", NULL));
    assert_false(matomo("idsite=d&rec=1&cdo=x", NULL));
    assert_false(matomo("idsite=d&rec=1&cdt=nan", NULL));
}

static void matomo_refusals(void **state)
{
    (void)state;
    assert_false(matomo("", NULL));
    assert_false(matomo("", ""));
    assert_false(matomo("idsite=d", NULL));
    assert_false(matomo("rec=1", NULL));
    assert_false(matomo("idsite=d&rec=2", NULL));
    check_text(intake->refusal.code, "invalid");
    assert_false(matomo("idsite=8&rec=1", NULL));
    check_text(intake->refusal.code, "unknown_site");
    assert_false(matomo("", "idsite=8&rec=1"));
    assert_int_equal(answer(collector_matomo_answer), 400);
    assert_non_null(strstr(answered(), "unknown_site"));
}

static void matomo_bulk(void **state)
{
    (void)state;
    assert_true(
        matomo("", " {\"requests\":[\"?idsite=7&rec=1&url=https://a.example/1\",{\"idsite\":7,"
                   "\"rec\":\"1\",\"url\":\"https://a.example/"
                   "2\",\"_cvar\":{\"1\":[\"a\",\"b\"]},\"x\":1e400},"
                   "\"idsite=9&rec=1\",5,\"\",\"matomo.php?idsite=d&rec=1&cip=192.0.2.1\"]}"));
    assert_int_equal(batch->n, 2);
    check_text(batch->url[1], "https://a.example/2");
    check_text(batch->properties[1], "{\"a\":\"b\"}");
    assert_int_equal(answer(collector_matomo_answer), 200);
    assert_string_equal(answered(), "{\"status\":\"success\",\"tracked\":2,\"invalid\":4}");
    assert_true(matomo("",
                       "{\"requests\":[\"?idsite=d&rec=1&cip=192.0.2.1\",\"?idsite=x&rec=1\"],"
                       "\"token_auth\":\"d.secret\"}"));
    check_text(batch->ip[0], "192.0.2.1");
    assert_int_equal(answer(collector_matomo_answer), 200);
    assert_string_equal(
        answered(),
        "{\"status\":\"success\",\"tracked\":1,\"invalid\":1,\"invalid_indices\":[1]}");
    assert_true(matomo("", "{\"requests\":[\"?idsite=d&rec=1\"],\"send_image\":0}"));
    assert_int_equal(answer(collector_matomo_answer), 204);
    assert_false(matomo("", "{\"requests\":[\"?idsite=x&rec=1\",\"?rec=1\"]}"));
    assert_int_equal(answer(collector_matomo_answer), 400);
    assert_string_equal(answered(), "{\"status\":\"error\",\"tracked\":0,\"invalid\":2}");
    assert_false(matomo("", "{\"requests\":[]}"));
    assert_false(matomo("", "{\"requests\":{}}"));
    assert_false(matomo("", "{\"requests\":[\"?idsite=d&rec=1\"]"));
    assert_int_equal(intake->refusal.status, 400);
}

/* ---- Segment ---- */

static bool segment_with(const char *call, const char *body, const char *const *headers)
{
    intake = intake_make(&ctx, "POST", arena_print(ctx.arena, "/v1/%s", call), headers,
                         str_from(body));
    bool read = collector_segment_read(intake);
    done(read);
    return read;
}

static bool segment(const char *call, const char *body)
{
    static const char *const basic[] = {"HTTP_AUTHORIZATION=Basic ZDo=", NULL}; /* "d:" */
    return segment_with(call, body, basic);
}

static void segment_keys(void **state)
{
    static const char event[] = "{\"anonymousId\":\"v\",\"event\":\"E\"}";
    static const char keyed[] = "{\"anonymousId\":\"v\",\"event\":\"E\",\"writeKey\":\"d\"}";
    static const char *const right[][2] = {
        {"HTTP_AUTHORIZATION=Basic ZDo=", NULL},           /* d: */
        {"HTTP_AUTHORIZATION=basic ZDpwYXNzd29yZA", NULL}, /* d:password */
        {"HTTP_AUTHORIZATION=Bearer d", NULL},
        {"HTTP_AUTHORIZATION=Basic ZC5zZWNyZXQ6", NULL}, /* d.secret: */
    };
    static const char *const wrong[][2] = {
        {NULL, NULL},
        {"HTTP_AUTHORIZATION=Basic ????", NULL},
        {"HTTP_AUTHORIZATION=Basic ", NULL},
        {"HTTP_AUTHORIZATION=Basic eDo=", NULL},     /* x: */
        {"HTTP_AUTHORIZATION=Basic ZC54Og==", NULL}, /* d.x: */
        {"HTTP_AUTHORIZATION=Digest d", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++) {
        assert_true(segment_with("track", event, right[i]));
        assert_int_equal(batch->trusted, i == 3);
        assert_int_equal(answer(collector_segment_answer), 200);
        assert_string_equal(answered(), "{\"success\":true}");
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_false(segment_with("track", event, wrong[i]));
        assert_int_equal(answer(collector_segment_answer), 401);
        assert_true(segment_with("track", keyed, wrong[i]));
    }
}

static void segment_calls(void **state)
{
    (void)state;
    assert_true(segment(
        "t",
        "{\"anonymousId\":\"v\",\"event\":\"E\",\"messageId\":\"m\","
        "\"timestamp\":\"2026-11-21T10:00:00.000Z\",\"sentAt\":\"2026-11-21T10:00:02Z\","
        "\"context\":{\"ip\":\"192.0.2.1\",\"userAgent\":\"UA\"},\"properties\":{\"a\":[1]}}"));
    assert_int_equal(batch->type[0], EVENT_CUSTOM);
    assert_int_equal(batch->at[0], INTAKE_NOW - 2 * CLOCK_SECOND);
    check_text(batch->properties[0], "{\"a\":[1]}");
    check_text(batch->ip[0], NULL);
    check_text(batch->agent[0], "UA");
    assert_false(str_is_null(batch->message[0]));
    assert_true(segment("i",
                        "{\"userId\":7,\"traits\":{\"email\":\"a@b.example\",\"company\":\"C\","
                        "\"password\":\"x\",\"address\":{\"city\":\"D\"}}}"));
    check_text(batch->visitor[0], "user:7");
    check_text(batch->properties[0], "{\"userId\":\"7\",\"email\":\"a@b.example\",\"company\":"
                                     "\"C\",\"address\":{\"city\":\"D\"}}");
    assert_true(segment("identify", "{\"userId\":\"Ann@b.example\"}"));
    check_text(batch->visitor[0], "email:ann@b.example");
    check_text(batch->properties[0], "{\"email\":\"Ann@b.example\"}");
    assert_true(segment(
        "p",
        "{\"anonymousId\":\"v\",\"userId\":\"a@b.example\",\"properties\":{\"url\":\"https://"
        "a.example/\",\"company\":\"C\",\"E-mail\":\"x@y.example\",\"n\":1}}"));
    assert_int_equal(batch->n, 2);
    check_text(batch->properties[0], "{\"n\":1}");
    check_text(batch->properties[1], "{\"email\":\"a@b.example\"}");
    assert_true(segment("alias", "{\"previousId\":\"p\",\"userId\":\"u\"}"));
    check_text(batch->visitor[0], "p");
    check_text(batch->properties[0], "{\"userId\":\"u\"}");
    assert_true(segment(
        "group",
        "{\"userId\":\"u\",\"groupId\":5,\"traits\":{\"id\":\"x\",\"domain\":\"c.example\","
        "\"website\":\"https://d.example\",\"employees\":7,\"industry\":{}}}"));
    check_text(
        batch->properties[0],
        "{\"userId\":\"u\",\"groupId\":\"5\",\"companyDomain\":\"c.example\","
        "\"companyEmployees\":7,"
        "\"account\":{\"id\":\"5\",\"domain\":\"c.example\",\"website\":\"https://d.example\","
        "\"employees\":7,\"industry\":{}}}");
    assert_true(
        segment("identify",
                "{\"userId\":\"u\",\"traits\":{\"company\":{\"name\":\"C\",\"industry\":\"I\","
                "\"employee_count\":\"12\",\"url\":\"c.example\",\"plan\":\"x\"}}}"));
    check_text(batch->properties[0], "{\"userId\":\"u\",\"company\":\"C\",\"companyDomain\":"
                                     "\"c.example\",\"companyIndustry\":\"I\","
                                     "\"companyEmployees\":\"12\"}");
}

static void segment_batches(void **state)
{
    (void)state;
    assert_true(segment(
        "batch", "{\"sentAt\":\"2026-11-21T10:00:02Z\",\"batch\":["
                 "{\"type\":\"track\",\"event\":\"A\",\"userId\":\"u\",\"messageId\":\"1\"},"
                 "{\"type\":\"track\",\"event\":\"A\",\"userId\":\"u\",\"messageId\":\"1\"},"
                 "{\"type\":\"track\",\"userId\":\"u\"},{\"type\":\"page\"},{\"type\":\"x\","
                 "\"userId\":\"u\"},"
                 "5,null,{\"type\":\"batch\",\"userId\":\"u\"},{\"type\":\"screen\",\"userId\":"
                 "\"u\",\"name\":\"S\"}]}"));
    assert_int_equal(batch->n, 3);
    check_text(batch->name[0], "A");
    check_text(batch->name[1], "user");
    check_text(batch->title[2], "S");
    assert_int_equal(answer(collector_segment_answer), 200);
    assert_true(segment("import", "{\"batch\":[{\"type\":\"page\",\"userId\":\"u\"}]}"));
    assert_true(segment("b", "{\"batch\":[{\"type\":\"page\",\"userId\":\"u\"}]}"));
}

static void segment_refusals(void **state)
{
    static const struct {
        const char *call, *body;
        int status;
    } table[] = {
        {"track", "", 400},
        {"track", "[]", 400},
        {"track", "{", 400},
        {"track", "{\"event\":\"E\"}", 400},
        {"track", "{\"userId\":\"u\"}", 400},
        {"track", "{\"userId\":{},\"event\":\"E\"}", 400},
        {"alias", "{\"userId\":\"u\"}", 400},
        {"alias", "{\"previousId\":\"u\",\"anonymousId\":\"v\"}", 400},
        {"batch", "{}", 400},
        {"batch", "{\"batch\":[]}", 400},
        {"batch", "{\"batch\":{}}", 400},
        {"batch", "{\"batch\":[{\"type\":\"page\"}]}", 400},
        {"nothing", "{}", 404},
        {"", "{}", 404},
        {"track/x", "{}", 404},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        if (segment(table[i].call, table[i].body) ||
            intake->refusal.status != table[i].status) {
            fail_msg("%s %s was answered %d", table[i].call, table[i].body,
                     intake->refusal.status);
        }
        assert_true(intake->refusal.message.n > 0);
    }
    char *id = arena_alloc(ctx.arena, COLLECTOR_VISITOR_MAX + 2);
    memset(id, 'a', COLLECTOR_VISITOR_MAX + 1);
    struct str body = arena_print(ctx.arena, "{\"event\":\"E\",\"anonymousId\":\"%s\"}", id);
    assert_false(segment("track", arena_cstr(ctx.arena, body)));
    assert_false(segment("m", "{\"series\":[]}"));
    assert_int_equal(answer(collector_segment_answer), 200);
}

static void segment_settings(void **state)
{
    const struct json *root = NULL;
    (void)state;
    intake = intake_make(&ctx, "GET", STR("/v1/projects/d/settings"), NULL, STR(""));
    assert_false(collector_segment_settings(intake));
    assert_int_equal(answer(collector_segment_settings_answer), 200);
    assert_int_equal(json_parse(&ctx, sb_view(&response.body), 4096, &root), ERR_NONE);
    const struct json *io = json_get(json_get(root, "integrations"), "Segment.io");
    check_text(json_text(json_get(io, "apiKey")), "d");
    check_text(json_text(json_get(io, "apiHost")), "lb.example/v1");
    check_text(json_text(json_get(io, "protocol")), "http");
    intake = intake_make(&ctx, "GET", STR("/v1/projects/x/settings"), NULL, STR(""));
    assert_false(collector_segment_settings(intake));
    assert_int_equal(answer(collector_segment_settings_answer), 401);
    intake = intake_make(&ctx, "GET", STR("/v1/projects/d"), NULL, STR(""));
    assert_false(collector_segment_settings(intake));
    assert_int_equal(answer(collector_segment_settings_answer), 404);
}

/* ---- LeadBoxer ---- */

static bool leadboxer(const char *query, const char *body)
{
    struct str uri = arena_print(ctx.arena, "/log?%s", query);
    intake = intake_make(&ctx, body != NULL ? "POST" : "GET", uri, NULL,
                         body != NULL ? str_from(body) : STR(""));
    bool read = collector_leadboxer_read(intake);
    done(read);
    return read;
}

static void leadboxer_calls(void **state)
{
    (void)state;
    assert_true(leadboxer("si=d&ti=Please%20track%20me", NULL));
    assert_int_equal(batch->type[0], EVENT_CUSTOM);
    check_text(batch->name[0], "Please track me");
    assert_false(intake->proxied);
    assert_true(leadboxer(
        "si=d&uid=16.45&email=j.doe+x@acme.example&name=John%20Doe&role=Boss&proxy=true&sid=1",
        NULL));
    check_text(batch->visitor[0], "16.45");
    assert_true(intake->proxied);
    assert_int_equal(batch->type[0], EVENT_EMAIL_OPEN);
    check_text(
        batch->properties[0],
        "{\"email\":\"j.doe+x@acme.example\",\"name\":\"John Doe\",\"jobTitle\":\"Boss\"}");
    assert_true(leadboxer("si=d&ti=Form-Submit&uid=16.45&email=j.doe@acme.example", NULL));
    assert_int_equal(batch->type[0], EVENT_LOGIN);
    check_text(batch->name[0], "Form-Submit");
    assert_true(leadboxer(
        "datasetId=d&campaign=May&email=J@acme.example&firstName=%25FIRSTNAME%25", NULL));
    assert_int_equal(batch->type[0], EVENT_EMAIL_OPEN);
    check_text(batch->visitor[0], "email:j@acme.example");
    check_text(batch->properties[0], "{\"campaign\":\"May\",\"email\":\"J@acme.example\"}");
    assert_true(leadboxer("si=d&uid=1.2&ti=Home&lc=https://a.example/&rf=https://b.example/"
                          "&eid=e1&email=a@b.example",
                          NULL));
    assert_int_equal(batch->n, 2);
    assert_int_equal(batch->type[0], EVENT_PAGEVIEW);
    check_text(batch->title[0], "Home");
    assert_int_equal(batch->type[1], EVENT_LOGIN);
    assert_false(str_eq(batch->message[0], batch->message[1]));
    assert_true(leadboxer("", "si=d&ti=x"));
    assert_int_equal(answer(collector_leadboxer_answer), 204);
    assert_true(leadboxer("si=7", NULL));
}

static void leadboxer_refusals(void **state)
{
    (void)state;
    assert_false(leadboxer("", NULL));
    assert_false(leadboxer("ti=x", NULL));
    assert_false(leadboxer("si=nobody", NULL));
    assert_int_equal(answer(collector_leadboxer_answer), 200); /* no broken picture */
    assert_int_equal(response.body.n, 43);
    assert_false(leadboxer("si=nobody", ""));
    assert_int_equal(answer(collector_leadboxer_answer), 404);
}

/* ---- bodies ---- */

static void packed_bodies(void **state)
{
    /* gzip of {"anonymousId":"v","event":"E"} */
    static const uint8_t packed[] = {
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xab, 0x56, 0x4a,
        0xcc, 0xcb, 0xcf, 0xab, 0xcc, 0xcd, 0x2f, 0x2d, 0xf6, 0x4c, 0x51, 0xb2, 0x52,
        0x2a, 0x53, 0xd2, 0x51, 0x4a, 0x2d, 0x4b, 0xcd, 0x2b, 0x51, 0xb2, 0x52, 0x72,
        0x55, 0xaa, 0x05, 0x00, 0x91, 0x73, 0x80, 0x6b, 0x1f, 0x00, 0x00, 0x00};
    static const char *const headers[] = {
        "HTTP_AUTHORIZATION=Basic ZDo=", "HTTP_CONTENT_ENCODING=gzip", NULL};
    static const char *const brotli[] = {"HTTP_CONTENT_ENCODING=br", NULL};
    struct str body = {(const char *)packed, sizeof(packed)};
    struct str out;
    (void)state;
    intake = intake_make(&ctx, "POST", STR("/v1/t"), headers, body);
    bool read = collector_segment_read(intake);
    if (!read) {
        fail_msg("%.*s", STR_ARG(intake->refusal.message));
    }
    assert_int_equal(intake->batches[0].n, 1);
    for (size_t cut = 0; cut < body.n; cut++) {
        intake = intake_make(&ctx, "POST", STR("/v1/t"), headers, str_slice(body, 0, cut));
        assert_false(collector_segment_read(intake));
        assert_int_equal(intake->refusal.status, 400);
    }
    intake = intake_make(&ctx, "POST", STR("/v1/t"), headers, body);
    assert_false(collector_body(intake, 30, &out)); /* unpacked it has 31 */
    assert_int_equal(intake->refusal.status, 413);
    intake = intake_make(&ctx, "POST", STR("/v1/t"), brotli, body);
    assert_false(collector_segment_read(intake));
    assert_int_equal(intake->refusal.status, 415);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(matomo_pages),       TEST(matomo_kinds),     TEST(matomo_people),
        TEST(matomo_tokens),      TEST(matomo_refusals),  TEST(matomo_bulk),
        TEST(segment_keys),       TEST(segment_calls),    TEST(segment_batches),
        TEST(segment_refusals),   TEST(segment_settings), TEST(leadboxer_calls),
        TEST(leadboxer_refusals), TEST(packed_bodies),
    };
    return cmocka_run_group_tests_name("trackers", tests, NULL, NULL);
}
