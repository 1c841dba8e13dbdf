/* channel.c: how a visit came about. */
#include "shared/channel.h"
#include "shared/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SITE "https://www.acme.example/pricing"

struct row {
    const char *url, *referrer, *source, *medium, *click;
    int type; /* 0 = pageview */
    enum channel want;
    const char *want_source;
};

static const struct row rows[] = {
    {.url = SITE, .want = CHANNEL_DIRECT},
    {.url = SITE, .referrer = "https://acme.example/", .want = CHANNEL_DIRECT},
    {.url = SITE, .referrer = "https://blog.acme.example/x", .want = CHANNEL_DIRECT},
    {.url = SITE, .referrer = "garbage", .want = CHANNEL_DIRECT},
    {.url = SITE, .referrer = "javascript:alert(1)", .want = CHANNEL_DIRECT},
    {.url = "http://localhost/a", .referrer = "http://localhost/b", .want = CHANNEL_DIRECT},
    {.url = SITE,
     .referrer = "https://www.google.com/",
     .want = CHANNEL_ORGANIC,
     .want_source = "Google"},
    {.url = SITE,
     .referrer = "https://www.google.co.uk/search?q=x",
     .want = CHANNEL_ORGANIC,
     .want_source = "Google"},
    {.url = SITE,
     .referrer = "https://duckduckgo.com/",
     .want = CHANNEL_ORGANIC,
     .want_source = "DuckDuckGo"},
    {.url = SITE,
     .referrer = "https://mail.google.com/mail/u/0",
     .want = CHANNEL_EMAIL,
     .want_source = "Gmail"},
    {.url = SITE,
     .referrer = "https://docs.google.com.evil.example/",
     .want = CHANNEL_REFERRAL,
     .want_source = "evil.example"},
    {.url = SITE,
     .referrer = "https://notgoogle.com/",
     .want = CHANNEL_REFERRAL,
     .want_source = "notgoogle.com"},
    {.url = SITE,
     .referrer = "https://lnkd.in/abc",
     .want = CHANNEL_SOCIAL,
     .want_source = "LinkedIn"},
    {.url = SITE,
     .referrer = "android-app://com.linkedin.android/",
     .want = CHANNEL_SOCIAL,
     .want_source = "LinkedIn"},
    {.url = SITE,
     .referrer = "https://l.facebook.com/l.php?u=x",
     .want = CHANNEL_SOCIAL,
     .want_source = "Facebook"},
    {.url = SITE,
     .referrer = "https://googleads.g.doubleclick.net/",
     .want = CHANNEL_PAID,
     .want_source = "Google"},
    {.url = SITE,
     .referrer = "https://blog.partner.co.uk/post",
     .want = CHANNEL_REFERRAL,
     .want_source = "partner.co.uk"},
    {.url = SITE,
     .referrer = "http://10.1.2.3/wiki",
     .want = CHANNEL_REFERRAL,
     .want_source = "10.1.2.3"},
    {.url = SITE "?gclid=x1",
     .referrer = "https://www.google.com/",
     .want = CHANNEL_PAID,
     .want_source = "Google"},
    {.url = SITE "?a=b&LI_FAT_ID=1", .want = CHANNEL_PAID},
    {.url = SITE "?gclid=",
     .referrer = "https://www.google.com/",
     .want = CHANNEL_ORGANIC,
     .want_source = "Google"},
    {.url = SITE "?notgclid=1", .want = CHANNEL_DIRECT},
    {.url = SITE, .click = "msclkid", .want = CHANNEL_PAID},
    {.url = SITE,
     .source = "google",
     .medium = "CPC",
     .want = CHANNEL_PAID,
     .want_source = "google"},
    {.url = SITE,
     .source = "linkedin",
     .medium = "paid_social",
     .want = CHANNEL_PAID,
     .want_source = "linkedin"},
    {.url = SITE,
     .source = "linkedin",
     .medium = "social-media",
     .want = CHANNEL_SOCIAL,
     .want_source = "linkedin"},
    {.url = SITE, .source = "linkedin", .want = CHANNEL_SOCIAL, .want_source = "linkedin"},
    {.url = SITE,
     .source = "facebook.com",
     .want = CHANNEL_SOCIAL,
     .want_source = "facebook.com"},
    {.url = SITE,
     .source = "spring",
     .medium = "newsletter",
     .want = CHANNEL_EMAIL,
     .want_source = "spring"},
    {.url = SITE,
     .source = "spring",
     .medium = "qr",
     .want = CHANNEL_REFERRAL,
     .want_source = "spring"},
    {.url = SITE, .medium = "organic", .want = CHANNEL_ORGANIC},
    {.url = SITE, .medium = "referral", .want = CHANNEL_REFERRAL},
    {.url = SITE, .medium = "'; drop table", .want = CHANNEL_REFERRAL},
    {.url = SITE, .type = EVENT_EMAIL_OPEN, .want = CHANNEL_EMAIL},
    {.url = SITE,
     .type = EVENT_EMAIL_CLICK,
     .source = "mc",
     .medium = "cpc",
     .want = CHANNEL_EMAIL,
     .want_source = "mc"},
    {.url = "", .referrer = "", .want = CHANNEL_DIRECT},
};

static void channels(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new(1 << 16);
        struct channel_input input = {
            .type = rows[i].type ? rows[i].type : EVENT_PAGEVIEW,
            .url = str_from(rows[i].url),
            .referrer = str_from(rows[i].referrer),
            .utm_source = str_from(rows[i].source),
            .utm_medium = str_from(rows[i].medium),
            .click = str_from(rows[i].click),
        };
        struct str source;
        enum channel channel = channel_of(arena, &input, &source);
        if (channel != rows[i].want || !str_eq(source, str_from(rows[i].want_source))) {
            fail_msg("row %zu: %s from %.*s", i, channel_name((int)channel), STR_ARG(source));
        }
        arena_free(arena);
    }
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(channel_name(CHANNEL_DIRECT), "Direct");
    assert_string_equal(channel_name(CHANNEL_PAID), "Paid");
    assert_string_equal(channel_name(0), "Unknown");
    assert_string_equal(channel_name(7), "Unknown");
    assert_string_equal(channel_name(-1), "Unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(channels), cmocka_unit_test(names)};
    return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
