/*
 * sb.h - builds text that goes out. Every builder has a stated maximum.
 *
 * An append that would pass the maximum changes nothing and sets the sticky `overflow`; check
 * it once at the end (sb_done returns ERR_LIMIT then). Memory comes from the arena and is freed
 * with it.
 */
#ifndef LEADBOARD_SB_H
#define LEADBOARD_SB_H

#include "shared/arena.h"
#include "shared/err.h"

struct sb {
    struct arena *arena;
    char *p;
    size_t n, room, max;
    bool overflow;
};

void sb_init(struct sb *sb, struct arena *arena, size_t max);
/* Grows so that at least n more bytes can be appended without copying again. */
void sb_reserve(struct sb *sb, size_t n);
/* What sb_bytes does when there is no room. */
void sb_bytes_grow(struct sb *sb, const void *bytes, size_t n);
/* Always inline: a page is thousands of short constant pieces. */
static inline __attribute__((always_inline)) void sb_bytes(struct sb *sb, const void *bytes,
                                                           size_t n)
{
    if (n == 0) {
        return;
    }
    if (n <= sb->room - sb->n) { /* room is never above max */
        memcpy(sb->p + sb->n, bytes, n);
        sb->n += n;
    } else {
        sb_bytes_grow(sb, bytes, n);
    }
}
void sb_char(struct sb *sb, char c);
void sb_i64(struct sb *sb, int64_t value);
void sb_printf(struct sb *sb, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void sb_str(struct sb *sb, struct str s)
{
    sb_bytes(sb, s.p, s.n);
}
#define SB_LIT(sb, literal) sb_bytes((sb), "" literal, sizeof(literal) - 1)

/* What was built so far; valid until the next append. */
static inline struct str sb_view(const struct sb *sb)
{
    return (struct str){.p = sb->p ? sb->p : "", .n = sb->n};
}
/* ERR_LIMIT when something did not fit, else ERR_NONE and the text. */
MUST_CHECK enum err sb_done(const struct sb *sb, struct str *out_text);

#endif
