/* What a User-Agent says: real ones, odd ones and hostile ones. */
#include "shared/clock.h"
#include "shared/ctx.h"
#include "worker/agent.h"

#include "gen/agents_truth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena *arena;
static struct agent_rules *rules;

static int setup(void **state)
{
    (void)state;
    arena = arena_new((size_t)8 << 20);
    rules = agent_rules_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    agent_rules_free(rules);
    arena_free(arena);
    return 0;
}

static struct agent read_text(const char *text)
{
    struct agent agent;
    agent_read(arena, rules, str_from(text), &agent);
    return agent;
}

static void same(const char *text, const char *what, struct str got, const char *expected)
{
    if (!str_eq(got, str_from(expected))) {
        fail_msg("%s of %s: expected '%s', got '%.*s'", what, text, expected, STR_ARG(got));
    }
}

static const struct known {
    const char *text, *browser, *version, *os, *os_version, *device;
    enum device_kind kind;
} known[] = {
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/126.0.0.0 Safari/537.36",
     "Chrome", "126", "Windows", "10 or 11", "", DEVICE_DESKTOP},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.68",
     "Edge", "126", "Windows", "10 or 11", "", DEVICE_DESKTOP},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/17.4 Safari/605.1.15",
     "Safari", "17.4", "macOS", "", "", DEVICE_DESKTOP},
    {"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
     "Firefox", "127", "Ubuntu", "", "", DEVICE_DESKTOP},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
     "like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
     "Mobile Safari", "17.5", "iOS", "17.5", "iPhone", DEVICE_PHONE},
    {"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/16.6 Mobile/15E148 Safari/604.1",
     "Mobile Safari", "16.6", "iOS", "16.6", "iPad", DEVICE_TABLET},
    {"Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/126.0.6478.71 Mobile Safari/537.36",
     "Chrome Mobile", "126", "Android", "14", "Samsung SM-S911B", DEVICE_PHONE},
    {"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/126.0.0.0 Mobile Safari/537.36",
     "Chrome Mobile", "126", "Android", "", "", DEVICE_PHONE},
    {"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/126.0.0.0 Safari/537.36",
     "Chrome", "126", "Chrome OS", "14541", "", DEVICE_DESKTOP},
    {"Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.5) AppleWebKit/537.36 (KHTML, like Gecko) "
     "85.0.4183.93/6.5 TV Safari/537.36",
     "Safari", "", "Tizen", "6.5", "Samsung SMART-TV", DEVICE_TV},
    {"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com "
     "GoogleImageProxy)",
     "GmailImageProxy", "", "", "", "", DEVICE_UNKNOWN},
    {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot",
     "2.1", "", "", "", DEVICE_BOT},
};

static void known_ones_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const struct known *k = &known[i];
        struct agent agent = read_text(k->text);
        same(k->text, "browser", agent.browser, k->browser);
        same(k->text, "version", agent.browser_version, k->version);
        same(k->text, "os", agent.os, k->os);
        same(k->text, "os version", agent.os_version, k->os_version);
        same(k->text, "device", agent.device, k->device);
        assert_int_equal(agent.kind, k->kind);
    }
}

/* Two engines that read the same rules agree; the kind is what the text was found on. */
static void real_ones_agree_with_what_is_known(void **state)
{
    static const char *const kinds[DEVICE__COUNT] = {
        [DEVICE_DESKTOP] = "desktop", [DEVICE_PHONE] = "mobile", [DEVICE_TABLET] = "tablet"};
    (void)state;
    size_t n = sizeof(truths) / sizeof(truths[0]), right = 0, judged = 0;
    for (size_t i = 0; i < n; i++) {
        const struct truth *truth = &truths[i];
        struct agent agent = read_text(truth->text);
        bool mac = str_eq(str_from(truth->os), STR("Mac OS X"));
        same(truth->text, "browser", agent.browser, truth->browser);
        same(truth->text, "os", agent.os, mac ? "macOS" : truth->os);
        judged += str_eq(str_from(truth->kind), STR("several")) ? 0 : 1;
        right += kinds[agent.kind] != NULL &&
                         str_eq(str_from(truth->kind), str_from(kinds[agent.kind]))
                     ? 1
                     : 0;
    }
    print_message("%zu of %zu devices are of the kind that they were found on\n", right,
                  judged);
    assert_true(n >= 300);
    assert_true(right * 100 >= judged * 95);
}

static void nothing_says_nothing(void **state)
{
    static const char *const texts[] = {"", " ", "-", "x", "Mozilla/5.0", "\xff\xfe\xfd"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct agent agent = read_text(texts[i]);
        assert_true(str_is_empty(agent.os) && str_is_empty(agent.device));
        assert_int_equal(agent.kind, DEVICE_UNKNOWN);
    }
}

static struct agent read_repeated(const char *head, const char *part, size_t n)
{
    struct sb sb;
    struct agent agent;
    sb_init(&sb, arena, n + 1000);
    sb_str(&sb, str_from(head));
    while (sb.n < n) {
        sb_str(&sb, str_from(part));
    }
    agent_read(arena, rules, sb_view(&sb), &agent);
    return agent;
}

/* The time is a bound for hostile texts, with room for a sanitizer and a busy machine. */
static void hostile_ones_are_bounded(void **state)
{
    static const char *const parts[] = {"a",       "; ",       " ",   "/1.", "Android;",
                                        "(((",     "1.1.1.",   "AA ", "%s",  "\xc3\xa9",
                                        "Build/ ", "Mobile; ", "0_"};
    (void)state;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        int64_t start = clock_monotonic();
        struct agent agent = read_repeated("Mozilla/5.0 (Linux; Android 4; ", parts[i], 100000);
        assert_true(clock_monotonic() - start < 20 * AGENT_US);
        assert_true(agent.browser.n <= AGENT_TEXT_MAX && agent.os.n <= AGENT_TEXT_MAX &&
                    agent.device.n <= AGENT_TEXT_MAX);
        assert_true(str_is_utf8(agent.browser) && str_is_utf8(agent.device));
    }
}

static void what_it_says_is_text_however_odd(void **state)
{
    (void)state;
    struct agent agent = read_text("<script>alert(1)</script>/1.0 (Linux; Android 9; "
                                   "<img src=x> Build/1) Mobile");
    assert_true(str_is_utf8(agent.device) && agent.device.n <= AGENT_TEXT_MAX);
    assert_int_equal(agent.kind, DEVICE_PHONE);
    assert_true(agent_revision() > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_ones_are_read),
        cmocka_unit_test(real_ones_agree_with_what_is_known),
        cmocka_unit_test(nothing_says_nothing),
        cmocka_unit_test(hostile_ones_are_bounded),
        cmocka_unit_test(what_it_says_is_text_however_odd),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
