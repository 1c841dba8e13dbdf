/*
 * mention.h - colleagues named in a note: "@Ann Lee", "@Ann" when there is one Ann, "@ann" of
 * ann@acme.example, or the whole address.
 *
 * An '@' begins a mention where a word begins; so addresses in the text are none. The longest
 * name that fits counts ("@Ann Lee" before "@Ann"), then an address or a whole name before a
 * first name. When two colleagues fit equally well it is nobody: the address decides. Letters
 * A-Z are compared without case.
 */
#ifndef LEADBOARD_MENTION_H
#define LEADBOARD_MENTION_H

#include "shared/arena.h"

#define MENTION_WORDS_MAX 8

/* A way to name somebody, without '@'. */
struct mention_word {
    struct str text;
    int strength; /* of two of the same length the greater counts */
};

struct mention_person {
    int64_t id;
    struct str name; /* as it is drawn */
    struct mention_word words[MENTION_WORDS_MAX];
    size_t n_words;
};

struct mention {
    size_t start, n; /* bytes of the text, '@' included */
    const struct mention_person *person;
};

/* All ways to name a colleague. */
struct mention_person mention_person(struct arena *arena, int64_t id, struct str name,
                                     struct str email);
/* Adds a way that was typed once ("@Ann"); more than MENTION_WORDS_MAX are left out. */
void mention_person_word(struct mention_person *person, struct str typed);
/* The first mention of text that begins at `from` or later; false: there is none. */
bool mention_next(struct str text, size_t from, const struct mention_person *people, size_t n,
                  struct mention *out_mention);

#endif
