#include "fcgi/collector_text.h"
#include "shared/sb.h"

/* Length of the control character at p, 0 when there is none. */
static size_t control_length(const char *p, size_t n)
{
    const unsigned char *u = (const unsigned char *)p;
    if (u[0] < 0x20 || u[0] == 0x7f) {
        return 1;
    }
    if (u[0] == 0xc2 && n > 1 && u[1] < 0xa0) {
        return 2; /* U+0080 to U+009F */
    }
    if (u[0] != 0xe2 || n < 3) {
        return 0;
    }
    bool separator_or_embedding = u[1] == 0x80 && u[2] >= 0xa8 && u[2] <= 0xae;
    bool mark = u[1] == 0x80 && (u[2] == 0x8e || u[2] == 0x8f);
    bool isolate = u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9;
    return separator_or_embedding || mark || isolate ? 3 : 0;
}

static size_t first_control(struct str s)
{
    size_t i = 0;
    while (i < s.n && control_length(s.p + i, s.n - i) == 0) {
        i++;
    }
    return i;
}

struct str collector_text(struct arena *arena, struct str s, size_t max)
{
    size_t clean = first_control(s);
    if (clean < s.n) {
        char *copy = arena_alloc(arena, s.n);
        size_t n = 0;
        for (size_t i = 0; i < s.n;) {
            size_t skip = control_length(s.p + i, s.n - i);
            if (skip == 0) {
                copy[n++] = s.p[i++];
            }
            i += skip;
        }
        s = (struct str){.p = copy, .n = n};
    }
    s = str_trim(str_cut(str_trim(s), max));
    return s.n > 0 ? s : (struct str){.p = NULL};
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct str collector_decode(struct arena *arena, struct str s)
{
    if (str_find(s, '%') == s.n && str_find(s, '+') == s.n) {
        return s;
    }
    char *text = arena_alloc(arena, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int high = s.p[i] == '%' && i + 2 < s.n ? hex(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex(s.p[i + 2]) : -1;
        if (low >= 0) {
            text[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            text[n++] = s.p[i] == '+' ? ' ' : s.p[i];
        }
    }
    struct str out = {.p = text, .n = n};
    return str_is_utf8(out) ? out : (struct str){.p = NULL};
}

void collector_quote(struct sb *sb, struct str s)
{
    sb_char(sb, '"');
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\') {
            sb_bytes(sb, s.p + from, i - from);
            sb_char(sb, '\\');
            from = i;
        }
    }
    sb_str(sb, str_slice(s, from, s.n));
    sb_char(sb, '"');
}
