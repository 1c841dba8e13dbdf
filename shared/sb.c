#include "shared/sb.h"

#include <stdarg.h>

#define FIRST_ROOM 256

void sb_init(struct sb *sb, struct arena *arena, size_t max)
{
    *sb = (struct sb){.arena = arena, .max = max};
}

/* Makes room for n more bytes; false, with overflow set, when they would pass the maximum. */
static bool fit(struct sb *sb, size_t n)
{
    if (n > sb->max - sb->n) {
        sb->overflow = true;
        return false;
    }
    if (n <= sb->room - sb->n) {
        return true;
    }
    size_t room = sb->room == 0 ? FIRST_ROOM : sb->room * 2;
    room = room < sb->n + n ? sb->n + n : room;
    room = room > sb->max ? sb->max : room;
    char *p = arena_raw(sb->arena, room);
    if (sb->n != 0) {
        memcpy(p, sb->p, sb->n);
    }
    sb->p = p;
    sb->room = room;
    return true;
}

void sb_reserve(struct sb *sb, size_t n)
{
    bool overflow = sb->overflow;
    (void)fit(sb, n > sb->max - sb->n ? sb->max - sb->n : n);
    sb->overflow = overflow;
}

void sb_bytes_grow(struct sb *sb, const void *bytes, size_t n)
{
    if (n != 0 && fit(sb, n)) {
        memcpy(sb->p + sb->n, bytes, n);
        sb->n += n;
    }
}

void sb_char(struct sb *sb, char c)
{
    if (fit(sb, 1)) {
        sb->p[sb->n++] = c;
    }
}

void sb_i64(struct sb *sb, int64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    sb_bytes(sb, digits + at, sizeof(digits) - at);
}

void sb_printf(struct sb *sb, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n < 0) {
        sb->overflow = true;
    } else if ((size_t)n < sizeof(text)) {
        sb_bytes(sb, text, (size_t)n);
    } else if (fit(sb, (size_t)n + 1)) {
        va_start(args, format);
        (void)vsnprintf(sb->p + sb->n, (size_t)n + 1, format, args);
        va_end(args);
        sb->n += (size_t)n;
    }
}

enum err sb_done(const struct sb *sb, struct str *out_text)
{
    if (sb->overflow) {
        return ERR_LIMIT;
    }
    *out_text = sb_view(sb);
    return ERR_NONE;
}
