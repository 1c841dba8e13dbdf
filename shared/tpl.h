/*
 * tpl.h - what compiled templates call. Handlers include "gen/templates.h" instead.
 *
 * A value is written by its C type and by the place where it stands: struct str, const char *
 * and whole numbers everywhere; struct html only between tags. Any other type (bool, double, a
 * pointer to something else) does not compile: format it in the view.
 */
#ifndef LEADBOARD_TPL_H
#define LEADBOARD_TPL_H

#include "shared/html.h"

/* clang-format off */
#define TPL_SIGNED(f)                                                                          \
    signed char: f, short: f, int: f, long: f, long long: f
#define TPL_UNSIGNED(f)                                                                        \
    unsigned char: f, unsigned short: f, unsigned: f, unsigned long: f, unsigned long long: f
#define TPL_TEXT(name)                                                                         \
    struct str: html_##name, char *: tpl_##name##_c, const char *: tpl_##name##_c
#define TPL_VALUE(name) TPL_TEXT(name), TPL_SIGNED(tpl_signed), TPL_UNSIGNED(tpl_unsigned)

/* {{value}} between tags, in title and textarea, in an attribute, as a URL, inside a URL. */
#define tpl_text(out, value)                                                                   \
    _Generic((value), struct html: tpl_html, TPL_VALUE(text))((out), (value))
#define tpl_plain(out, value) _Generic((value), TPL_VALUE(text))((out), (value))
#define tpl_attr(out, value) _Generic((value), TPL_VALUE(attr))((out), (value))
#define tpl_url(out, value) _Generic((value), TPL_VALUE(url))((out), (value))
#define tpl_query(out, value) _Generic((value), TPL_VALUE(query))((out), (value))

/* {{#if value}}: a number other than 0, a text that is not empty, a pointer that is not
 * NULL. */
#define tpl_true(value)                                                                        \
    _Generic((value), struct str: tpl_true_str, struct html: tpl_true_html,                    \
        char *: tpl_true_c, const char *: tpl_true_c, bool: tpl_true_bool,                     \
        double: tpl_true_double, TPL_SIGNED(tpl_true_signed),                                  \
        TPL_UNSIGNED(tpl_true_unsigned), default: tpl_true_pointer)(value)
/* clang-format on */

void tpl_html(struct sb *out, struct html html);
void tpl_text_c(struct sb *out, const char *text);
void tpl_attr_c(struct sb *out, const char *text);
void tpl_url_c(struct sb *out, const char *text);
void tpl_query_c(struct sb *out, const char *text);
void tpl_signed(struct sb *out, int64_t value);
void tpl_unsigned(struct sb *out, uint64_t value);

/* {{number n}}: "12,480" */
void tpl_number(struct sb *out, int64_t value);
/* {{count n "contact" "contacts"}}: "1 contact", "1,234 contacts" */
void tpl_count(struct sb *out, int64_t value, const char *one, const char *many);
/* {{time at}}: a time element that reads "8 h ago" and carries the exact time; "never" for 0
 * and for no value (INT64_MIN). */
void tpl_time(struct sb *out, int64_t at);
/* {{csrf}}: the hidden field of a form. */
void tpl_csrf(struct sb *out, struct str token);

static inline bool tpl_true_str(struct str value)
{
    return value.n != 0;
}
static inline bool tpl_true_html(struct html value)
{
    return value.markup.n != 0;
}
static inline bool tpl_true_c(const char *value)
{
    return value != NULL && value[0] != '\0';
}
static inline bool tpl_true_bool(bool value)
{
    return value;
}
static inline bool tpl_true_double(double value)
{
    return value < 0 || value > 0;
}
static inline bool tpl_true_signed(int64_t value)
{
    return value != 0;
}
static inline bool tpl_true_unsigned(uint64_t value)
{
    return value != 0;
}
static inline bool tpl_true_pointer(const void *value)
{
    return value != NULL;
}

#endif
