#include "shared/html.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define ZWNJ 0x200c
#define ZWJ 0x200d

/* One code point of UTF-8 (RFC 3629); returns its length, or 0 when there is none. */
static size_t decode(struct str s, size_t i, uint32_t *out_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char c = (unsigned char)s.p[i];
    size_t n = c >= 0xf0 && c <= 0xf4 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 ? 2 : 0;
    if (n == 0 || c > 0xf4 || s.n - i < n) {
        return 0;
    }
    uint32_t point = c & (0x7fU >> n);
    for (size_t k = 1; k < n; k++) {
        unsigned char next = (unsigned char)s.p[i + k];
        if ((next & 0xc0) != 0x80) {
            return 0;
        }
        point = point << 6 | (next & 0x3f);
    }
    if (point < least[n] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return 0;
    }
    *out_point = point;
    return n;
}

/* Characters that are not seen but change what is: sorted ranges. */
static bool is_deceptive(uint32_t point)
{
    static const uint32_t ranges[][2] = {
        {0x80, 0x9f},     {0xad, 0xad},     {0x34f, 0x34f},   {0x61c, 0x61c},
        {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164}, {0xfeff, 0xfeff},
        {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (point <= ranges[i][1]) {
            return point >= ranges[i][0];
        }
    }
    return false;
}

/* Joiners are letters' business (Persian, emoji families), but not next to ASCII. */
static bool is_joining(struct str s, size_t i, size_t n, uint32_t point)
{
    return (point == ZWJ || point == ZWNJ) && i > 0 && i + n < s.n &&
           (unsigned char)s.p[i - 1] >= 0x80 && (unsigned char)s.p[i + n] >= 0x80;
}

/* What the escapers do with a byte: p plain, m markup, q quote, c control, u part of UTF-8. */
static inline char classify(char c)
{
    /* 32 bytes a row */
    static const char table[] = "cccccccccppccpcccccccccccccccccc"
                                "ppqpppmqppppppppppppppppppppmpmp"
                                "pppppppppppppppppppppppppppppppp"
                                "pppppppppppppppppppppppppppppppc";
    return (unsigned char)c < 0x80 ? table[(unsigned char)c] : 'u';
}

static void put_entity(struct sb *sb, char c)
{
    switch (c) {
    case '&':
        SB_LIT(sb, "&amp;");
        break;
    case '<':
        SB_LIT(sb, "&lt;");
        break;
    case '>':
        SB_LIT(sb, "&gt;");
        break;
    case '"':
        SB_LIT(sb, "&quot;");
        break;
    default:
        SB_LIT(sb, "&#39;");
        break;
    }
}

static void put_control_picture(struct sb *sb, unsigned char c)
{
    const char picture[3] = {(char)0xe2, (char)0x90, (char)(c == 0x7f ? 0xa1 : 0x80 + c)};
    sb_bytes(sb, picture, sizeof(picture));
}

static void escape(struct sb *sb, struct str s, bool quotes)
{
    size_t from = 0; /* start of the run that can be copied as it is */
    size_t i = 0;
    while (i < s.n) {
        char class = classify(s.p[i]);
        size_t n = 1;
        if (class == 'p' || (class == 'q' && !quotes)) {
            i++;
            continue;
        }
        if (class == 'u') {
            uint32_t point = 0;
            n = decode(s, i, &point);
            if (n != 0 && (!is_deceptive(point) || is_joining(s, i, n, point))) {
                i += n;
                continue;
            }
        }
        sb_bytes(sb, s.p + from, i - from);
        if (class == 'u') {
            SB_LIT(sb, REPLACEMENT);
        } else if (class == 'c') {
            put_control_picture(sb, (unsigned char)s.p[i]);
        } else {
            put_entity(sb, s.p[i]);
        }
        i += n == 0 ? 1 : n;
        from = i;
    }
    if (from < s.n) {
        sb_bytes(sb, s.p + from, s.n - from);
    }
}

void html_text(struct sb *sb, struct str text)
{
    escape(sb, text, false);
}

void html_attr(struct sb *sb, struct str text)
{
    escape(sb, text, true);
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

static void put_percent(struct sb *sb, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char triple[3] = {'%', digits[(unsigned char)c >> 4], digits[(unsigned char)c & 15]};
    sb_bytes(sb, triple, sizeof(triple));
}

void html_query(struct sb *sb, struct str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (!is_unreserved(text.p[i])) {
            sb_bytes(sb, text.p + from, i - from);
            put_percent(sb, text.p[i]);
            from = i + 1;
        }
    }
    if (from < text.n) {
        sb_bytes(sb, text.p + from, text.n - from);
    }
}

/* Browsers drop tabs and line ends inside a scheme; a scheme with such bytes is none of the
 * three, so it is refused with the rest. */
static bool is_allowed(struct str url)
{
    for (size_t i = 0; i < url.n; i++) {
        char c = url.p[i];
        if (c == '/' || c == '?' || c == '#') {
            return true;
        }
        if (c == ':') {
            struct str scheme = str_slice(url, 0, i);
            return str_eq_ci(scheme, STR("http")) || str_eq_ci(scheme, STR("https")) ||
                   str_eq_ci(scheme, STR("mailto"));
        }
    }
    return true;
}

void html_url(struct sb *sb, struct str url)
{
    url = str_trim(url);
    if (!is_allowed(url)) {
        SB_LIT(sb, HTML_URL_REFUSED);
        return;
    }
    static const char reserved[] = "%:/?#[]@!$()*+,;=";
    size_t from = 0;
    for (size_t i = 0; i < url.n; i++) {
        char c = url.p[i];
        if (is_unreserved(c) || memchr(reserved, c, sizeof(reserved) - 1) != NULL) {
            continue;
        }
        sb_bytes(sb, url.p + from, i - from);
        if (c == '&') {
            SB_LIT(sb, "&amp;");
        } else {
            put_percent(sb, c);
        }
        from = i + 1;
    }
    if (from < url.n) {
        sb_bytes(sb, url.p + from, url.n - from);
    }
}
