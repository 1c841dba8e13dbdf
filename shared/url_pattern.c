#include "shared/url_pattern.h"

#include "shared/sb.h"

/* Of one byte at most: a letter as "[aA]"; half of a letter beyond ASCII as itself or encoded.
 */
#define REGEX_CHAR 14
#define REGEX_AROUND 120

static char lowered(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool starts_ci(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq_ci(str_slice(s, 0, prefix.n), prefix);
}

/* ---- reading ---- */

static bool has_scheme(struct str text)
{
    return starts_ci(text, STR("http://")) || starts_ci(text, STR("https://"));
}

static bool find_start(struct str text, enum url_pattern_start *out_start)
{
    struct str host = str_slice(text, 0, str_find(text, '/'));
    if (str_starts(text, STR("/"))) {
        *out_start = URL_PATTERN_PATH;
    } else if (str_starts(text, STR("*")) || has_scheme(text)) {
        *out_start = URL_PATTERN_WHOLE;
    } else if (str_find(host, '.') < host.n) {
        *out_start = URL_PATTERN_HOST;
    } else {
        return false;
    }
    return true;
}

static enum url_pattern_end find_end(struct str text, enum url_pattern_start start)
{
    if (str_find(text, '#') < text.n) {
        return URL_PATTERN_EXACT;
    }
    if (str_find(text, '?') < text.n) {
        return URL_PATTERN_QUERY;
    }
    return start == URL_PATTERN_HOST && str_find(text, '/') == text.n ? URL_PATTERN_SITE
                                                                      : URL_PATTERN_PAGE;
}

static bool is_clean(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c <= ' ' || c == 0x7f) {
            return false;
        }
    }
    return str_is_utf8(text);
}

enum err url_pattern_read(struct ctx *ctx, struct str text, struct url_pattern *out_pattern)
{
    struct url_pattern pattern;
    text = str_trim(text);
    if (text.n > URL_PATTERN_MAX || !is_clean(text)) {
        return ctx_fail(ctx, ERR_INVALID,
                        "The address of a page has at most %d characters, and no spaces.",
                        URL_PATTERN_MAX);
    }
    if (!find_start(text, &pattern.start)) {
        return ctx_fail(ctx, ERR_INVALID,
                        "The address of a page begins with a slash (“/pricing*”), with a host "
                        "(“example.com/docs”), or with a star (“*pricing*”).");
    }
    pattern.end = find_end(text, pattern.start);
    if (pattern.end == URL_PATTERN_PAGE && str_ends(text, STR("/"))) {
        text.n--;
    }
    if (pattern.start == URL_PATTERN_HOST && starts_ci(text, STR("www."))) {
        text = str_slice(text, 4, text.n);
    }
    pattern.glob = text;
    *out_pattern = pattern;
    return ERR_NONE;
}

/* ---- in memory ---- */

static struct str skip_digits(struct str s)
{
    size_t i = 0;
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9') {
        i++;
    }
    return str_slice(s, i, s.n);
}

/* True when this may follow what the pattern says. */
static bool may_follow(enum url_pattern_end end, struct str rest)
{
    switch (end) {
    case URL_PATTERN_SITE:
        if (rest.n > 1 && rest.p[0] == ':' && rest.p[1] >= '0' && rest.p[1] <= '9') {
            rest = skip_digits(str_slice(rest, 1, rest.n));
        }
        return rest.n == 0 || rest.p[0] == '/' || rest.p[0] == '?' || rest.p[0] == '#';
    case URL_PATTERN_PAGE:
        rest = str_starts(rest, STR("/")) ? str_slice(rest, 1, rest.n) : rest;
        return rest.n == 0 || rest.p[0] == '?' || rest.p[0] == '#';
    case URL_PATTERN_QUERY:
        return rest.n == 0 || rest.p[0] == '#';
    case URL_PATTERN_EXACT:
        break;
    }
    return rest.n == 0;
}

static int hex(char c)
{
    return c >= '0' && c <= '9'                     ? c - '0'
           : lowered(c) >= 'a' && lowered(c) <= 'f' ? lowered(c) - 'a' + 10
                                                    : -1;
}

/* How many bytes of the address stand for this one of the pattern; 0: others. */
static size_t stands_for(char c, struct str s)
{
    if (s.n > 0 && lowered(c) == lowered(s.p[0])) {
        return 1;
    }
    bool encoded = (c & 0x80) != 0 && s.n > 2 && s.p[0] == '%' && hex(s.p[1]) >= 0 &&
                   hex(s.p[1]) * 16 + hex(s.p[2]) == (unsigned char)c;
    return encoded ? 3 : 0;
}

/* Only the last star is tried again: those before it have taken as little as they can. */
static bool glob_matches(const struct url_pattern *pattern, struct str s)
{
    struct str glob = pattern->glob;
    size_t g = 0, i = 0, star = SIZE_MAX, star_at = 0, n;
    for (;;) {
        if (g < glob.n && glob.p[g] == '*') {
            star = g++;
            star_at = i;
        } else if (g == glob.n && may_follow(pattern->end, str_slice(s, i, s.n))) {
            return true;
        } else if (g < glob.n && (n = stands_for(glob.p[g], str_slice(s, i, s.n))) > 0) {
            g++;
            i += n;
        } else if (star != SIZE_MAX && star_at < s.n) {
            g = star + 1;
            i = ++star_at;
        } else {
            return false;
        }
    }
}

static struct str after_host(struct str s)
{
    size_t i = 0;
    while (i < s.n && s.p[i] != '/' && s.p[i] != '?' && s.p[i] != '#') {
        i++;
    }
    return str_slice(s, i, s.n);
}

bool url_pattern_matches(const struct url_pattern *pattern, struct str url)
{
    if (pattern->start == URL_PATTERN_WHOLE) {
        return glob_matches(pattern, url);
    }
    if (!has_scheme(url)) {
        return false;
    }
    struct str rest = str_slice(url, lowered(url.p[4]) == 's' ? 8 : 7, url.n);
    if (pattern->start == URL_PATTERN_PATH) {
        return glob_matches(pattern, after_host(rest));
    }
    return glob_matches(pattern, rest) ||
           (starts_ci(rest, STR("www.")) && glob_matches(pattern, str_slice(rest, 4, rest.n)));
}

/* ---- as a regular expression ---- */

static void write_ascii(struct sb *sb, char c)
{
    if (c == '*') {
        SB_LIT(sb, ".*");
    } else if (lowered(c) >= 'a' && lowered(c) <= 'z') {
        sb_printf(sb, "[%c%c]", lowered(c), lowered(c) & ~0x20);
    } else {
        if (c < '0' || c > '9') {
            sb_char(sb, '\\');
        }
        sb_char(sb, c);
    }
}

/* As it is, or encoded. Takes the letter off the text. */
static void write_letter(struct sb *sb, struct str *text)
{
    size_t n = 1;
    while (n < text->n && ((unsigned char)text->p[n] & 0xc0) == 0x80) {
        n++;
    }
    SB_LIT(sb, "(?:");
    sb_bytes(sb, text->p, n);
    sb_char(sb, '|');
    for (size_t i = 0; i < n; i++) {
        static const char *const digits[] = {"0",    "1",    "2",    "3",   "4",    "5",
                                             "6",    "7",    "8",    "9",   "[aA]", "[bB]",
                                             "[cC]", "[dD]", "[eE]", "[fF]"};
        unsigned char c = (unsigned char)text->p[i];
        sb_printf(sb, "%%%s%s", digits[c >> 4], digits[c & 15]);
    }
    sb_char(sb, ')');
    *text = str_slice(*text, n, text->n);
}

static void write_pattern(struct sb *sb, const struct url_pattern *pattern)
{
    static const char *const starts[] = {
        [URL_PATTERN_WHOLE] = "",
        [URL_PATTERN_HOST] = "[hH][tT][tT][pP][sS]?://(?:[wW][wW][wW]\\.)?",
        [URL_PATTERN_PATH] = "[hH][tT][tT][pP][sS]?://[^/?#]*",
    };
    static const char *const ends[] = {
        [URL_PATTERN_PAGE] = "/?(?:[?#].*)?",
        [URL_PATTERN_QUERY] = "(?:#.*)?",
        [URL_PATTERN_EXACT] = "",
        [URL_PATTERN_SITE] = "(?::[0-9]+)?(?:[/?#].*)?",
    };
    sb_str(sb, str_from(starts[pattern->start]));
    struct str rest = pattern->glob;
    while (rest.n > 0) {
        if ((rest.p[0] & 0x80) != 0) {
            write_letter(sb, &rest);
            continue;
        }
        char c = rest.p[0];
        rest = str_slice(rest, 1, rest.n);
        if (c != '*' || rest.n == 0 || rest.p[0] != '*') {
            write_ascii(sb, c);
        }
    }
    sb_str(sb, str_from(ends[pattern->end]));
}

struct str url_pattern_regex(struct arena *arena, const struct url_pattern *patterns, size_t n)
{
    struct sb sb;
    sb_init(&sb, arena, 20 + n * (URL_PATTERN_MAX * REGEX_CHAR + REGEX_AROUND));
    SB_LIT(&sb, "^(?:");
    for (size_t i = 0; i < n; i++) {
        sb_str(&sb, i == 0 ? STR("") : STR("|"));
        write_pattern(&sb, &patterns[i]);
    }
    SB_LIT(&sb, ")$");
    return sb_view(&sb);
}
