#include "fcgi/mark.h"

/* The text of one UTF-8 sequence at *at, which moves behind it. */
static struct str next_letter(struct str s, size_t *at)
{
    size_t from = (*at)++;
    while (*at < s.n && ((unsigned char)s.p[*at] & 0xc0) == 0x80) {
        (*at)++;
    }
    return str_slice(s, from, *at);
}

static bool is_letter(struct str letter)
{
    char c = letter.p[0];
    return letter.n > 1 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

static size_t put_upper(char *p, size_t n, struct str letter)
{
    for (size_t i = 0; i < letter.n; i++) {
        char c = letter.p[i];
        p[n++] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    }
    return n;
}

struct str mark_initials(struct arena *arena, struct str name)
{
    char found[16];
    size_t n = 0;
    size_t letters = 0;
    struct str second = {.p = NULL}; /* of the first word, when there is no other */
    bool in_word = false;
    for (size_t at = 0; at < name.n && letters < 2;) {
        struct str letter = next_letter(name, &at);
        if (letter.p[0] == '@' || letter.n > 4) {
            break;
        }
        if (!is_letter(letter)) {
            in_word = false;
            continue;
        }
        if (!in_word) {
            n = put_upper(found, n, letter);
            letters++;
        } else if (second.p == NULL) {
            second = letter;
        }
        in_word = true;
    }
    if (letters == 1 && second.p != NULL) {
        n = put_upper(found, n, second);
    }
    return n == 0 ? STR("?") : arena_dup(arena, (struct str){.p = found, .n = n});
}

int64_t mark_hue(struct str key)
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (size_t i = 0; i < key.n; i++) {
        hash = (hash ^ (unsigned char)key.p[i]) * 16777619U;
    }
    return (int64_t)((hash ^ hash >> 15) % MARK_HUES);
}
