/*
 * str.h - text that comes in: a pointer and a length, never owned, never assumed
 * NUL-terminated.
 *
 * A struct str with p == NULL is "no value" (SQL NULL, missing form field); n is then 0. All
 * functions accept it and treat it as empty unless they say otherwise. Nothing here allocates.
 */
#ifndef LEADBOARD_STR_H
#define LEADBOARD_STR_H

#include "shared/banned.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *p;
    size_t n;
};

/* A struct str over a string literal. */
#define STR(literal) ((struct str){.p = "" literal, .n = sizeof(literal) - 1})
/* For constant initialisers, where a compound literal is not allowed. */
#define STR_INIT(literal)                                                                      \
    {                                                                                          \
        .p = "" literal, .n = sizeof(literal) - 1                                              \
    }

/* Arguments for printf's "%.*s". */
#define STR_ARG(s) (int)(s).n, (s).n ? (s).p : ""

/* A NUL-terminated string as a str; NULL gives "no value". The text is not copied. */
struct str str_from(const char *text);
static inline bool str_is_null(struct str s)
{
    return s.p == NULL;
}
static inline bool str_is_empty(struct str s)
{
    return s.n == 0;
}

bool str_eq(struct str a, struct str b);
/* Equal when ASCII letters are compared without case. */
bool str_eq_ci(struct str a, struct str b);
/* Compares in constant time; lengths may leak. For tokens and digests. */
bool str_eq_secret(struct str a, struct str b);
/* <0, 0, >0 by bytes. */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_contains(struct str s, struct str needle);
/* Index of the first needle, or s.n. */
size_t str_find(struct str s, char needle);

/* Bytes [from, to) of s, clamped to its length. */
struct str str_slice(struct str s, size_t from, size_t to);
/* Without ASCII white space at both ends. */
struct str str_trim(struct str s);
/* Takes the text up to the next separator off *rest into *out_part; false when *rest is used
 * up. */
bool str_next(struct str *rest, char separator, struct str *out_part);

/* A whole decimal number with optional '-', no spaces; false when it is not one or does not
 * fit. */
bool str_to_i64(struct str s, int64_t *out_value);
bool str_to_double(struct str s, double *out_value);

bool str_is_utf8(struct str s);
/* At most max bytes of s, never cutting a UTF-8 sequence in two. */
struct str str_cut(struct str s, size_t max);
/* Number of code points in valid UTF-8. */
size_t str_utf8_length(struct str s);

#endif
