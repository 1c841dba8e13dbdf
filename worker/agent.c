#include "worker/agent.h"

#include "shared/clock.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "gen/agents.h"

/* What this file makes of the rules; one more when it makes something else. */
#define REVISION 2

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define GROUPS 10
#define MATCH_STEPS 20000
#define MATCH_DEPTH 1000
#define MATCH_KIB 1024
#define ARENA_CAP ((size_t)256 << 10)

struct list {
    const struct agent_rule *rules;
    pcre2_code **codes;
    size_t n;
};

struct agent_rules {
    struct arena *arena;
    struct list browser, os, device;
    pcre2_match_data *groups;
    pcre2_match_context *limits;
};

int32_t agent_revision(void)
{
    return AGENT_DATA * 100 + REVISION;
}

/* ---- rules ---- */

static pcre2_code *compile(const struct agent_rule *rule)
{
    int error;
    PCRE2_SIZE at;
    const char *regex = &agent_text[rule->regex];
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
                                     rule->caseless ? PCRE2_CASELESS : 0, &error, &at, NULL);
    if (code == NULL) {
        abort(); /* the table is constant, and tested */
    }
    return code;
}

static struct list compile_list(struct arena *arena, const struct agent_rule *rules, size_t n)
{
    struct list list = {.rules = rules, .codes = ARENA_ARRAY(arena, n, pcre2_code *), .n = n};
    for (size_t i = 0; i < n; i++) {
        list.codes[i] = compile(&rules[i]);
    }
    return list;
}

struct agent_rules *agent_rules_new(void)
{
    struct arena *arena = arena_new(ARENA_CAP);
    struct agent_rules *rules = ARENA_NEW(arena, struct agent_rules);
    *rules = (struct agent_rules){
        .arena = arena,
        .browser = compile_list(arena, agent_browser_rules, COUNT(agent_browser_rules)),
        .os = compile_list(arena, agent_os_rules, COUNT(agent_os_rules)),
        .device = compile_list(arena, agent_device_rules, COUNT(agent_device_rules)),
        .groups = pcre2_match_data_create(GROUPS, NULL),
        .limits = pcre2_match_context_create(NULL),
    };
    if (rules->groups == NULL || rules->limits == NULL) {
        abort();
    }
    pcre2_set_match_limit(rules->limits, MATCH_STEPS);
    pcre2_set_depth_limit(rules->limits, MATCH_DEPTH);
    pcre2_set_heap_limit(rules->limits, MATCH_KIB);
    return rules;
}

static void free_list(struct list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        pcre2_code_free(list->codes[i]);
    }
}

void agent_rules_free(struct agent_rules *rules)
{
    if (rules == NULL) {
        return;
    }
    free_list(&rules->browser);
    free_list(&rules->os);
    free_list(&rules->device);
    pcre2_match_data_free(rules->groups);
    pcre2_match_context_free(rules->limits);
    arena_free(rules->arena);
}

/* ---- matching ---- */

/* A text that is read, and what the rule that matched it says. */
struct reading {
    struct arena *arena;
    const struct agent_rules *rules;
    struct str text;
    int64_t until;
    int n_groups;
};

static struct str group(const struct reading *r, int i)
{
    const PCRE2_SIZE *places = pcre2_get_ovector_pointer(r->rules->groups);
    if (i >= r->n_groups || places[2 * i] == PCRE2_UNSET || places[2 * i + 1] > r->text.n ||
        places[2 * i] >= places[2 * i + 1]) {
        return (struct str){.p = NULL};
    }
    return str_slice(r->text, places[2 * i], places[2 * i + 1]);
}

/* The first rule that matches; NULL when none does before the time is over. */
static const struct agent_rule *find(struct reading *r, const struct list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        int n = pcre2_match(list->codes[i], (PCRE2_SPTR)r->text.p, r->text.n, 0, 0,
                            r->rules->groups, r->rules->limits);
        if (n >= 0) {
            r->n_groups = n == 0 ? GROUPS : n;
            return &list->rules[i];
        }
        if (i % 16 == 15 && clock_monotonic() > r->until) {
            return NULL;
        }
    }
    return NULL;
}

/* The rule's text with what its groups matched for $1 ..., without space at the ends. */
static struct str fill(const struct reading *r, const char *pattern)
{
    struct sb sb;
    sb_init(&sb, r->arena, AGENT_BYTES * 4);
    for (const char *p = pattern; *p != '\0'; p++) {
        if (p[0] == '$' && p[1] >= '1' && p[1] <= '9') {
            sb_str(&sb, group(r, *++p - '0'));
        } else {
            sb_char(&sb, *p);
        }
    }
    struct str text = str_trim(str_cut(str_trim(sb_view(&sb)), AGENT_TEXT_MAX));
    return str_is_utf8(text) ? text : (struct str){.p = NULL};
}

/* Its nth text; where it has none, the nth group. */
static struct str said(const struct reading *r, const struct agent_rule *rule, int nth)
{
    const char *pattern = &agent_text[rule->text[nth]];
    const char standard[] = {'$', (char)('1' + nth), '\0'};
    return fill(r, *pattern != '\0' ? pattern : standard);
}

static bool is_number(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            return false;
        }
    }
    return text.n > 0 && text.n <= 6;
}

/* "17.4", and "153" of 153.0. */
static struct str version(const struct reading *r, struct str major, struct str minor)
{
    if (!is_number(major)) {
        return str_is_null(major) || major.n > 12 ? (struct str){.p = NULL} : major;
    }
    return is_number(minor) && !str_eq(minor, STR("0"))
               ? arena_print(r->arena, "%.*s.%.*s", STR_ARG(major), STR_ARG(minor))
               : arena_dup(r->arena, major);
}

/* ---- what it means ---- */

static bool is_other(struct str name)
{
    return str_is_empty(name) || str_eq(name, STR("Other"));
}

static void read_browser(struct reading *r, struct agent *agent)
{
    const struct agent_rule *rule = find(r, &r->rules->browser);
    if (rule == NULL || is_other(said(r, rule, 0))) {
        return;
    }
    agent->browser = said(r, rule, 0);
    agent->browser_version = version(r, said(r, rule, 1), said(r, rule, 2));
}

/* Chrome and others say these of every Windows since 10, macOS since 11, Android since 10. */
static struct str true_version(struct str os, struct str version)
{
    if (str_eq(os, STR("Windows")) && str_eq(version, STR("10"))) {
        return STR("10 or 11");
    }
    if ((str_eq(os, STR("macOS")) && str_starts(version, STR("10.15"))) ||
        (str_eq(os, STR("Android")) && str_eq(version, STR("10")))) {
        return (struct str){.p = NULL};
    }
    return version;
}

/* Fetches pictures of mails for others: what system it names is nobody's. */
static bool is_proxy(struct str browser)
{
    return str_ends(browser, STR("ImageProxy")) || str_ends(browser, STR("MailProxy"));
}

static void read_os(struct reading *r, struct agent *agent)
{
    const struct agent_rule *rule = find(r, &r->rules->os);
    if (rule == NULL || is_other(said(r, rule, 0))) {
        return;
    }
    agent->os = said(r, rule, 0);
    if (str_eq(agent->os, STR("Mac OS X")) || str_eq(agent->os, STR("Mac OS"))) {
        agent->os = STR("macOS");
    }
    agent->os_version = true_version(agent->os, version(r, said(r, rule, 1), said(r, rule, 2)));
}

/* "K" is what Chrome calls every Android device. */
static bool is_device(struct str name)
{
    return !is_other(name) && !str_starts(name, STR("Generic")) && !str_eq(name, STR("K")) &&
           !str_eq(name, STR("Mac")) && !str_eq(name, STR("Linux")) &&
           !str_starts(name, STR("Desktop"));
}

static bool is_one_of(struct str name, const struct str *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(name, names[i])) {
            return true;
        }
    }
    return false;
}

static bool is_tv(struct str text)
{
    return str_contains(text, STR("SmartTV")) || str_contains(text, STR("SMART-TV")) ||
           str_contains(text, STR("Smart TV")) || str_contains(text, STR("Android TV")) ||
           str_contains(text, STR("AppleTV")) || str_contains(text, STR("GoogleTV")) ||
           str_contains(text, STR("HbbTV")) || str_contains(text, STR("Web0S")) ||
           str_contains(text, STR("BRAVIA")) || str_contains(text, STR("AFTT"));
}

static enum device_kind kind_of(struct str text, struct str device, struct str os)
{
    static const struct str computers[] = {
        STR_INIT("Windows"), STR_INIT("macOS"),     STR_INIT("Linux"),  STR_INIT("Ubuntu"),
        STR_INIT("Fedora"),  STR_INIT("Chrome OS"), STR_INIT("Debian"), STR_INIT("FreeBSD"),
        STR_INIT("OpenBSD"), STR_INIT("NetBSD"),    STR_INIT("Gentoo"), STR_INIT("Red Hat")};
    if (str_eq(device, STR("Spider"))) {
        return DEVICE_BOT;
    }
    if (is_tv(text)) {
        return DEVICE_TV;
    }
    if (str_contains(text, STR("iPad")) || str_contains(text, STR("Tablet"))) {
        return DEVICE_TABLET;
    }
    if (str_contains(text, STR("Mobi")) || str_contains(text, STR("iPhone")) ||
        str_contains(text, STR("Phone"))) {
        return DEVICE_PHONE;
    }
    if (str_eq(os, STR("Android"))) {
        return DEVICE_TABLET; /* phones say Mobile */
    }
    return is_one_of(os, computers, COUNT(computers)) ? DEVICE_DESKTOP : DEVICE_UNKNOWN;
}

static void read_device(struct reading *r, struct agent *agent)
{
    const struct agent_rule *rule = find(r, &r->rules->device);
    struct str name = rule == NULL ? (struct str){.p = NULL} : said(r, rule, 0);
    agent->kind = kind_of(r->text, name, agent->os);
    if (is_device(name) && (agent->kind == DEVICE_PHONE || agent->kind == DEVICE_TABLET ||
                            agent->kind == DEVICE_TV)) {
        agent->device = name;
    }
}

void agent_read(struct arena *arena, const struct agent_rules *rules, struct str text,
                struct agent *out_agent)
{
    struct reading reading = {.arena = arena,
                              .rules = rules,
                              .text = str_cut(text, AGENT_BYTES),
                              .until = clock_monotonic() + AGENT_US};
    *out_agent = (struct agent){.kind = DEVICE_UNKNOWN};
    if (str_is_empty(text)) {
        return;
    }
    read_browser(&reading, out_agent);
    if (!is_proxy(out_agent->browser)) {
        read_os(&reading, out_agent);
        read_device(&reading, out_agent);
    }
}
