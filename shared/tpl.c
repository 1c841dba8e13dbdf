#include "shared/tpl.h"

#include "shared/clock.h"

void tpl_html(struct sb *out, struct html html)
{
    sb_str(out, html.markup);
}

void tpl_text_c(struct sb *out, const char *text)
{
    html_text(out, str_from(text));
}

void tpl_attr_c(struct sb *out, const char *text)
{
    html_attr(out, str_from(text));
}

void tpl_url_c(struct sb *out, const char *text)
{
    html_url(out, str_from(text));
}

void tpl_query_c(struct sb *out, const char *text)
{
    html_query(out, str_from(text));
}

void tpl_signed(struct sb *out, int64_t value)
{
    sb_i64(out, value);
}

/* Digits from the right, a comma between groups of `group` digits (0: none). */
static void put_digits(struct sb *out, uint64_t value, bool negative, unsigned group)
{
    char text[32];
    size_t at = sizeof(text);
    for (unsigned n = 0; n == 0 || value != 0; n++) {
        if (group != 0 && n != 0 && n % group == 0) {
            text[--at] = ',';
        }
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    }
    if (negative) {
        text[--at] = '-';
    }
    sb_bytes(out, text + at, sizeof(text) - at);
}

void tpl_unsigned(struct sb *out, uint64_t value)
{
    put_digits(out, value, false, 0);
}

void tpl_number(struct sb *out, int64_t value)
{
    bool negative = value < 0;
    put_digits(out, negative ? 0 - (uint64_t)value : (uint64_t)value, negative, 3);
}

void tpl_count(struct sb *out, int64_t value, const char *one, const char *many)
{
    tpl_number(out, value);
    sb_char(out, ' ');
    sb_str(out, str_from(value == 1 ? one : many));
}

/* The title is for readers without script; with script it is rewritten in their time zone. */
static void put_exact(struct sb *out, int64_t at)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct clock_date d = clock_date(at);
    sb_i64(out, d.day);
    sb_char(out, ' ');
    sb_bytes(out, months + (size_t)(d.month - 1) * 3, 3);
    sb_char(out, ' ');
    sb_i64(out, d.year);
    const char clock[] = {',',
                          ' ',
                          (char)('0' + d.hour / 10),
                          (char)('0' + d.hour % 10),
                          ':',
                          (char)('0' + d.minute / 10),
                          (char)('0' + d.minute % 10),
                          ' ',
                          'U',
                          'T',
                          'C'};
    sb_bytes(out, clock, sizeof(clock));
}

void tpl_time(struct sb *out, int64_t at)
{
    if (at == 0 || at == INT64_MIN) {
        SB_LIT(out, "never");
        return;
    }
    SB_LIT(out, "<time datetime=\"");
    clock_rfc3339(out, at);
    SB_LIT(out, "\" title=\"");
    put_exact(out, at);
    SB_LIT(out, "\">");
    clock_relative(out, at, clock_now());
    SB_LIT(out, "</time>");
}

void tpl_csrf(struct sb *out, struct str token)
{
    SB_LIT(out, "<input type=\"hidden\" name=\"csrf\" value=\"");
    html_attr(out, token);
    SB_LIT(out, "\">");
}
