#include "shared/str.h"

#include <errno.h>

struct str str_from(const char *text)
{
    return text == NULL ? (struct str){0} : (struct str){.p = text, .n = strlen(text)};
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool str_eq_ci(struct str a, struct str b)
{
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i])) {
            return false;
        }
    }
    return true;
}

bool str_eq_secret(struct str a, struct str b)
{
    if (a.n != b.n) {
        return false;
    }
    unsigned difference = 0;
    for (size_t i = 0; i < a.n; i++) {
        difference |= (unsigned)((unsigned char)a.p[i] ^ (unsigned char)b.p[i]);
    }
    return difference == 0;
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);
    if (order != 0) {
        return order;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq(str_slice(s, 0, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_eq(str_slice(s, s.n - suffix.n, s.n), suffix);
}

bool str_contains(struct str s, struct str needle)
{
    return needle.n == 0 || (s.n != 0 && memmem(s.p, s.n, needle.p, needle.n) != NULL);
}

size_t str_find(struct str s, char needle)
{
    const char *at = s.n == 0 ? NULL : memchr(s.p, needle, s.n);
    return at == NULL ? s.n : (size_t)(at - s.p);
}

struct str str_slice(struct str s, size_t from, size_t to)
{
    to = to > s.n ? s.n : to;
    from = from > to ? to : from;
    return (struct str){.p = s.p == NULL ? NULL : s.p + from, .n = to - from};
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    size_t from = 0;
    size_t to = s.n;
    while (from < to && is_space(s.p[from])) {
        from++;
    }
    while (to > from && is_space(s.p[to - 1])) {
        to--;
    }
    return str_slice(s, from, to);
}

bool str_next(struct str *rest, char separator, struct str *out_part)
{
    if (rest->p == NULL) {
        return false;
    }
    size_t at = str_find(*rest, separator);
    *out_part = str_slice(*rest, 0, at);
    *rest = at == rest->n ? (struct str){0} : str_slice(*rest, at + 1, rest->n);
    return true;
}

bool str_to_i64(struct str s, int64_t *out_value)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    size_t i = negative ? 1 : 0;
    if (i == s.n) {
        return false;
    }
    int64_t value = 0;
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
        int64_t digit = s.p[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value)) {
            return false;
        }
    }
    if (!negative && value == INT64_MIN) {
        return false;
    }
    *out_value = negative ? value : -value;
    return true;
}

bool str_to_double(struct str s, double *out_value)
{
    char text[64];
    if (s.n == 0 || s.n >= sizeof(text) || is_space(s.p[0])) {
        return false;
    }
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    char *end = NULL;
    errno = 0;
    double value = strtod(text, &end);
    if (end != text + s.n || errno == ERANGE || value != value || value - value != 0.0) {
        return false;
    }
    *out_value = value;
    return true;
}

/* Length of the UTF-8 sequence at s.p[i], or 0 when there is none (RFC 3629, table of section
 * 4). */
static size_t sequence(struct str s, size_t i)
{
    unsigned char c = (unsigned char)s.p[i];
    if (c < 0x80) {
        return 1;
    }
    size_t n = c >= 0xc2 && c <= 0xdf   ? 2
               : c >= 0xe0 && c <= 0xef ? 3
               : c >= 0xf0 && c <= 0xf4 ? 4
                                        : 0;
    if (n == 0 || s.n - i < n) {
        return 0;
    }
    unsigned char second = (unsigned char)s.p[i + 1];
    if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) ||
        (c == 0xf0 && second < 0x90) || (c == 0xf4 && second > 0x8f)) {
        return 0;
    }
    for (size_t k = 1; k < n; k++) {
        if (((unsigned char)s.p[i + k] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return n;
}

bool str_is_utf8(struct str s)
{
    for (size_t i = 0; i < s.n;) {
        size_t n = sequence(s, i);
        if (n == 0) {
            return false;
        }
        i += n;
    }
    return true;
}

struct str str_cut(struct str s, size_t max)
{
    if (s.n <= max) {
        return s;
    }
    size_t to = max;
    while (to > 0 && ((unsigned char)s.p[to] & 0xc0) == 0x80) {
        to--;
    }
    return str_slice(s, 0, to);
}

size_t str_utf8_length(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; i++) {
        count += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    }
    return count;
}
