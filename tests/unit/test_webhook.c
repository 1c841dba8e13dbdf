/* What goes over the wire to webhooks and Slack, and when it is tried again. */
#include "shared/slack.h"
#include "shared/webhook.h"
#include "worker/delivery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new((size_t)4 << 20)};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

#define ID STR("msg_p5jXN8AQM9LWM0D4loKWxJek")

/* The example of the standardwebhooks libraries. */
static void a_signature_as_others_make_it(void **state)
{
    (void)state;
    const struct str secrets[] = {STR("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")};
    struct str headers[WEBHOOK_HEADERS];
    assert_int_equal(webhook_headers(&ctx, ID, 1614265330, STR("{\"test\": 2432232314}"),
                                     secrets, 1, headers),
                     ERR_NONE);
    assert_true(str_eq(headers[0], STR("webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek")));
    assert_true(str_eq(headers[1], STR("webhook-timestamp: 1614265330")));
    assert_true(str_eq(
        headers[2], STR("webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")));
}

static void several_secrets_sign_beside_each_other(void **state)
{
    (void)state;
    const struct str secrets[] = {STR("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                                  STR("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")};
    struct str headers[WEBHOOK_HEADERS];
    assert_int_equal(webhook_headers(&ctx, ID, 1614265330, STR("{\"test\": 2432232314}"),
                                     secrets, 2, headers),
                     ERR_NONE);
    assert_true(str_starts(
        headers[2],
        STR("webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,")));
}

static void what_is_no_secret_signs_nothing(void **state)
{
    static const struct str bad[] = {STR_INIT(""), STR_INIT("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                                     STR_INIT("whsec_"), STR_INIT("whsec_AAAA"),
                                     STR_INIT("whsec_not base64 at all, really not!")};
    (void)state;
    struct str headers[WEBHOOK_HEADERS];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ctx_clear(&ctx);
        assert_int_equal(webhook_headers(&ctx, ID, 1, STR("{}"), &bad[i], 1, headers),
                         ERR_INVALID);
    }
    ctx_clear(&ctx);
    assert_int_equal(webhook_headers(&ctx, ID, 1, STR("{}"), bad, 0, headers), ERR_INVALID);
}

static void a_body_has_type_time_and_data(void **state)
{
    (void)state;
    struct str body;
    assert_int_equal(webhook_body(&ctx, STR("card.moved"), INT64_C(1667507170344522),
                                  STR("{\"a\": 1}"), &body),
                     ERR_NONE);
    assert_true(str_eq(body, STR("{\"type\":\"card.moved\",\"timestamp\":"
                                 "\"2022-11-03T20:26:10.344522Z\",\"data\":{\"a\": 1}}")));
    char *large = arena_alloc(ctx.arena, 30000);
    memset(large, ' ', 30000);
    assert_int_equal(
        webhook_body(&ctx, STR("t.x"), 0, (struct str){.p = large, .n = 30000}, &body),
        ERR_LIMIT);
    assert_true(str_eq(webhook_id(ctx.arena, STR("645495a9-35e7-4fff-bf76-77155aa218c6")),
                       STR("msg_645495a935e74fffbf7677155aa218c6")));
}

/* ---- Slack ---- */

static struct str message(const char *type, const char *data, const char *origin)
{
    struct str body = {.p = NULL};
    ctx_clear(&ctx);
    assert_int_equal(
        slack_message(&ctx, str_from(type), str_from(data), str_from(origin), &body), ERR_NONE);
    return body;
}

static void a_move_reads_like_a_sentence(void **state)
{
    (void)state;
    struct str body = message(
        "card.moved",
        "{\"board\":{\"id\":\"4\",\"name\":\"Sales\"},\"card\":{\"id\":\"9\",\"title\":"
        "\"Harbor College\",\"score\":81},\"account\":{\"domain\":\"harbor.example\","
        "\"industry\":\"Education\",\"employees\":120},\"from_stage\":{\"name\":\"Discovery\"},"
        "\"to_stage\":{\"name\":\"Interest\"},\"actor\":{\"kind\":\"user\",\"name\":\"Ann\"}}",
        "https://lb.example");
    assert_true(str_contains(body, STR("<https://lb.example/boards/4/cards/9|Harbor College> "
                                       "moved from Discovery to Interest on Sales by Ann")));
    assert_true(str_contains(
        body, STR("harbor.example \u00b7 Education \u00b7 120 employees \u00b7 score 81")));
    assert_true(str_starts(body, STR("{\"text\":\"<https://lb.example")));
}

static void a_name_is_never_a_command(void **state)
{
    (void)state;
    struct str body = message("card.created",
                              "{\"card\":{\"id\":\"9\",\"title\":\"<!channel> *A* & "
                              "<http://evil.example|B>\\n> `x`\"},\"to_stage\":{\"name\":"
                              "\"@here <!everyone>\"}}",
                              "");
    assert_false(str_contains(body, STR("<!")));
    assert_false(str_contains(body, STR("<http")));
    assert_false(str_contains(body, STR("evil.example|")));
    assert_true(str_contains(body, STR("&lt;!channel&gt;")));
    assert_true(str_contains(body, STR("&amp;")));
    assert_true(str_contains(body, STR("\u2060*A\u2060*")));
}

static void a_wrong_id_makes_no_link(void **state)
{
    (void)state;
    struct str body = message("card.removed",
                              "{\"board\":{\"id\":\"4/../..\"},\"card\":{\"id\":\"9|x\","
                              "\"title\":\"A\"}}",
                              "https://lb.example");
    assert_false(str_contains(body, STR("https://")));
    assert_true(str_contains(body, STR("*A* was removed")));
}

static void what_is_not_about_a_card_has_its_text(void **state)
{
    (void)state;
    assert_true(str_contains(message("integration.test", "{\"text\":\"It <works>.\"}", ""),
                             STR("It &lt;works&gt;.")));
    assert_true(str_contains(message("a.b", "{}", ""), STR("\"text\":\"a.b\"")));
}

/* ---- the schedule ---- */

static void attempts_follow_the_schedule(void **state)
{
    static const double seconds[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
    (void)state;
    for (int i = 0; i < DELIVERY_ATTEMPTS - 1; i++) {
        double least = delivery_delay_s(i + 1, 0), most = delivery_delay_s(i + 1, UINT32_MAX);
        assert_true(least == seconds[i]);
        assert_true(most > least && most <= least * 1.2001);
    }
    assert_true(delivery_delay_s(DELIVERY_ATTEMPTS, 7) == 0);
    assert_true(delivery_delay_s(0, 7) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_as_others_make_it),
        cmocka_unit_test(several_secrets_sign_beside_each_other),
        cmocka_unit_test(what_is_no_secret_signs_nothing),
        cmocka_unit_test(a_body_has_type_time_and_data),
        cmocka_unit_test(a_move_reads_like_a_sentence),
        cmocka_unit_test(a_name_is_never_a_command),
        cmocka_unit_test(a_wrong_id_makes_no_link),
        cmocka_unit_test(what_is_not_about_a_card_has_its_text),
        cmocka_unit_test(attempts_follow_the_schedule),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
