#include "worker/company/robots.h"

#include "shared/sb.h"

#define LINE_MAX_BYTES 2000 /* longer ones mean nothing */

/* ---- paths ---- */

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

static void write_octet(struct sb *sb, unsigned char c, bool encoded)
{
    static const char digits[] = "0123456789ABCDEF";
    if (is_unreserved(c) || (!encoded && c > ' ' && c < 0x7f)) {
        sb_char(sb, (char)c);
        return;
    }
    sb_char(sb, '%');
    sb_char(sb, digits[c >> 4]);
    sb_char(sb, digits[c & 15]);
}

/* The one spelling of all that mean the same (RFC 9309, 2.2.2). A percent that begins no code
 * is coded itself: bare, it would make another code with what is decoded behind it. */
static struct str normal(struct ctx *ctx, struct str path)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, path.n * 3 + 1);
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        int high = c == '%' && i + 2 < path.n ? hex(path.p[i + 1]) : -1;
        int low = high >= 0 ? hex(path.p[i + 2]) : -1;
        if (low >= 0) {
            write_octet(&sb, (unsigned char)(high * 16 + low), true);
            i += 2;
        } else {
            write_octet(&sb, c, c == '%');
        }
    }
    return sb_view(&sb);
}

/* `*` is any text, `$` at the end is the end; else the rule is a beginning. */
static bool matches(struct str rule, struct str path)
{
    bool whole = str_ends(rule, STR("$"));
    size_t n = rule.n - (whole ? 1 : 0);
    size_t r = 0, p = 0, star = SIZE_MAX, from = 0;
    while (r < n || (whole && p < path.n)) {
        if (r < n && rule.p[r] == '*') {
            star = r++;
            from = p;
        } else if (r < n && p < path.n && rule.p[r] == path.p[p]) {
            r++;
            p++;
        } else if (star != SIZE_MAX && from < path.n) {
            r = star + 1; /* the star stands for one more */
            p = ++from;
        } else {
            return false;
        }
    }
    return true;
}

/* ---- groups ---- */

struct reading {
    struct ctx *ctx;
    struct robots_rule *ours, *others;
    size_t n_ours, n_others, most;
    bool names_us, in_ours, in_others;
    bool has_rules; /* the group has begun its rules: another User-agent begins another */
};

static bool is_us(struct str agent)
{
    size_t n = 0;
    while (n < agent.n &&
           ((agent.p[n] | 0x20) >= 'a' ? (agent.p[n] | 0x20) <= 'z' : agent.p[n] == '-')) {
        n++;
    }
    return str_eq_ci(str_slice(agent, 0, n), STR(ROBOTS_TOKEN));
}

static void read_agent(struct reading *reading, struct str agent)
{
    if (reading->has_rules) {
        reading->in_ours = reading->in_others = reading->has_rules = false;
    }
    reading->in_ours = reading->in_ours || is_us(agent);
    reading->names_us = reading->names_us || reading->in_ours;
    reading->in_others = reading->in_others || str_eq(agent, STR("*"));
}

static void read_rule(struct reading *reading, struct str path, bool allow)
{
    reading->has_rules = true;
    if (str_is_empty(path)) {
        return;
    }
    const struct robots_rule rule = {.path = normal(reading->ctx, path), .allow = allow};
    if (reading->in_ours && reading->n_ours < reading->most) {
        reading->ours[reading->n_ours++] = rule;
    }
    if (reading->in_others && reading->n_others < reading->most) {
        reading->others[reading->n_others++] = rule;
    }
}

static void read_line(struct reading *reading, struct str line)
{
    line = str_slice(line, 0, str_find(line, '#'));
    size_t colon = str_find(line, ':');
    if (colon == line.n || line.n > LINE_MAX_BYTES) {
        return;
    }
    struct str key = str_trim(str_slice(line, 0, colon));
    struct str value = str_trim(str_slice(line, colon + 1, line.n));
    if (str_eq_ci(key, STR("user-agent"))) {
        read_agent(reading, value);
    } else if (str_eq_ci(key, STR("allow"))) {
        read_rule(reading, value, true);
    } else if (str_eq_ci(key, STR("disallow"))) {
        read_rule(reading, value, false);
    }
}

/* No more rules than lines. */
static size_t most_rules(struct str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n && n < ROBOTS_RULES; i++) {
        n += text.p[i] == '\n' || text.p[i] == '\r';
    }
    return n;
}

void robots_read(struct ctx *ctx, struct str text, struct robots *out)
{
    struct str rest = str_slice(text, 0, ROBOTS_BYTES), line, piece;
    size_t most = most_rules(rest);
    struct reading reading = {.ctx = ctx,
                              .most = most,
                              .ours = ARENA_ARRAY(ctx->arena, most, struct robots_rule),
                              .others = ARENA_ARRAY(ctx->arena, most, struct robots_rule)};
    rest = str_starts(rest, STR("\xef\xbb\xbf")) ? str_slice(rest, 3, rest.n) : rest;
    while (str_next(&rest, '\n', &line)) {
        while (str_next(&line, '\r', &piece)) {
            read_line(&reading, piece);
        }
    }
    *out = reading.names_us ? (struct robots){.rules = reading.ours, .n = reading.n_ours}
                            : (struct robots){.rules = reading.others, .n = reading.n_others};
}

bool robots_allow(struct ctx *ctx, const struct robots *robots, struct str path)
{
    struct str asked = normal(ctx, str_is_empty(path) ? STR("/") : path);
    size_t longest = 0;
    bool allow = true;
    for (size_t i = 0; i < robots->n; i++) {
        const struct robots_rule *rule = &robots->rules[i];
        if (rule->path.n >= longest && matches(rule->path, asked)) {
            allow = rule->allow || (rule->path.n == longest && allow && longest > 0);
            longest = rule->path.n;
        }
    }
    return allow;
}
