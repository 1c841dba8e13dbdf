#include "worker/mailhead.h"

#include "shared/clock.h"
#include "shared/crypt.h"

#define LINE_MAX_CHARS 76
#define PLAIN_WORD_MAX 900 /* can't be folded; a line has 998 at most (RFC 5322, 2.1.1) */
#define WORD_BYTES 39 /* of text in an encoded word: 52 characters of base64, and its frame */
#define TEXT_MAX 2000 /* bytes: encoded they fit */
#define HEAD_MAX 4000
#define ADDRESS_MAX 254

static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c >= 0x7f || c < ' ') {
            return false;
        }
    }
    return !str_contains(text, STR("=?"));
}

/* What would end a line is a space. Invalid UTF-8 is cut at its first byte. */
static struct str tame(struct arena *arena, struct str text)
{
    struct str cut = str_is_utf8(text) ? text : STR("?");
    char *copy = arena_cstr(arena, cut);
    for (size_t i = 0; i < cut.n; i++) {
        unsigned char c = (unsigned char)copy[i];
        copy[i] = c < ' ' || c == 0x7f ? ' ' : copy[i];
    }
    return str_trim((struct str){.p = copy, .n = cut.n});
}

/* =?UTF-8?B?...?= words, none of which cuts a character, a line each. */
static void add_words(struct sb *sb, struct str text)
{
    bool first = true;
    while (text.n > 0) {
        struct str word = str_cut(text, WORD_BYTES);
        sb_bytes(sb, "\r\n ", first ? 0 : 3);
        SB_LIT(sb, "=?UTF-8?B?");
        sb_str(sb, crypt_base64(sb->arena, word));
        SB_LIT(sb, "?=");
        text = str_slice(text, word.n, text.n);
        first = false;
    }
}

static bool can_be_folded(struct str text)
{
    struct str rest = text, word;
    while (str_next(&rest, ' ', &word)) {
        if (word.n > PLAIN_WORD_MAX) {
            return false;
        }
    }
    return true;
}

/* Folded between words (RFC 5322, 2.2.3), of several spaces between two one stays. */
static void add_plain(struct sb *sb, struct str text)
{
    size_t line = sb->n;
    struct str rest = text, word;
    bool first = true;
    while (str_next(&rest, ' ', &word)) {
        if (word.n == 0) {
            continue;
        }
        bool fold = !first && line + 1 + word.n > LINE_MAX_CHARS;
        sb_bytes(sb, fold ? "\r\n " : " ", first ? 0 : fold ? 3 : 1);
        line = fold ? 1 + word.n : line + (first ? 0 : 1) + word.n;
        sb_str(sb, word);
        first = false;
    }
}

struct str mailhead_text(struct arena *arena, const char *field, struct str text)
{
    struct sb sb;
    struct str tamed = tame(arena, str_cut(text, TEXT_MAX));
    sb_init(&sb, arena, HEAD_MAX);
    sb_printf(&sb, "%s: ", field);
    if (is_plain(tamed) && can_be_folded(tamed)) {
        add_plain(&sb, tamed);
    } else {
        add_words(&sb, tamed);
    }
    return sb_view(&sb);
}

/* Letters, digits and what mail addresses have in practice; one '@'. Others, quoted local parts
 * among them, are valid and nobody's. */
bool mailhead_is_address(struct str address)
{
    size_t at = str_find(address, '@');
    if (address.n > ADDRESS_MAX || at == 0 || at + 1 >= address.n) {
        return false;
    }
    for (size_t i = 0; i < address.n; i++) {
        char c = address.p[i];
        bool letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool mark = c != '\0' && strchr(i < at ? "!#$%&'*+-/=?^_`{|}~." : "-.", c) != NULL;
        if (i != at && !letter && !mark) {
            return false;
        }
    }
    return true;
}

static void add_quoted(struct sb *sb, struct str name)
{
    sb_char(sb, '"');
    for (size_t i = 0; i < name.n; i++) {
        sb_bytes(sb, "\\", name.p[i] == '"' || name.p[i] == '\\');
        sb_char(sb, name.p[i]);
    }
    sb_char(sb, '"');
}

enum err mailhead_address(struct ctx *ctx, const char *field, struct str name,
                          struct str address, struct str *out_line)
{
    struct sb sb;
    struct str tamed = tame(ctx->arena, str_cut(name, 200));
    if (!mailhead_is_address(address)) {
        return ctx_fail(ctx, ERR_INVALID, "%.*s is not an address that mail can be sent to.",
                        STR_ARG(str_cut(address, 100)));
    }
    sb_init(&sb, ctx->arena, HEAD_MAX);
    sb_printf(&sb, "%s: ", field);
    if (tamed.n > 0 && is_plain(tamed)) {
        add_quoted(&sb, tamed);
    } else {
        add_words(&sb, tamed);
    }
    sb_printf(&sb, "%s<%.*s>",
              tamed.n == 0   ? ""
              : tamed.n < 30 ? " "
                             : "\r\n ",
              STR_ARG(address));
    *out_line = sb_view(&sb);
    return ERR_NONE;
}

struct str mailhead_date(struct arena *arena, int64_t at)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct clock_date date = clock_date(at);
    return arena_print(arena, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000",
                       days[(at / CLOCK_DAY) % 7], date.day, months[date.month - 1], date.year,
                       date.hour, date.minute, date.second);
}

struct str mailhead_id(struct arena *arena, struct str uid, struct str address)
{
    struct str domain = str_slice(address, str_find(address, '@') + 1, address.n);
    return arena_print(arena, "Message-ID: <%.*s@%.*s>", STR_ARG(uid), STR_ARG(domain));
}
