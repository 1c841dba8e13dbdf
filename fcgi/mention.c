#include "fcgi/mention.h"

static bool is_word(char c)
{
    unsigned char u = (unsigned char)c;
    return (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') ||
           u == '_' || u >= 0x80;
}

/* What joins the parts of an address: ann.lee, ann-lee, ann+x, ann@acme. */
static bool is_joint(char c)
{
    return c == '.' || c == '-' || c == '+' || c == '@';
}

static bool begins_word(struct str text, size_t at)
{
    return at == 0 || (!is_word(text.p[at - 1]) && !is_joint(text.p[at - 1]));
}

static bool ends_word(struct str text, size_t end)
{
    if (end >= text.n) {
        return true;
    }
    bool joined = is_joint(text.p[end]) && end + 1 < text.n && is_word(text.p[end + 1]);
    return !is_word(text.p[end]) && !joined;
}

static void add_word(struct mention_person *person, struct str text, int strength)
{
    if (!str_is_empty(text) && person->n_words < MENTION_WORDS_MAX) {
        person->words[person->n_words++] =
            (struct mention_word){.text = text, .strength = strength};
    }
}

struct mention_person mention_person(struct arena *arena, int64_t id, struct str name,
                                     struct str email)
{
    struct mention_person person = {.id = id, .name = arena_dup(arena, name)};
    name = person.name;
    email = arena_dup(arena, email);
    add_word(&person, email, 3);
    add_word(&person, name, 2);
    add_word(&person, str_slice(email, 0, str_find(email, '@')), 1);
    if (str_find(name, ' ') < name.n) {
        add_word(&person, str_slice(name, 0, str_find(name, ' ')), 0);
    }
    return person;
}

void mention_person_word(struct mention_person *person, struct str typed)
{
    add_word(person, str_starts(typed, STR("@")) ? str_slice(typed, 1, typed.n) : typed, 0);
}

struct best {
    const struct mention_person *person;
    struct mention_word word;
    bool shared; /* somebody else fits as well */
};

static void consider(struct best *best, const struct mention_person *person,
                     const struct mention_word *word)
{
    bool equal = best->person != NULL && word->text.n == best->word.text.n &&
                 word->strength == best->word.strength;
    if (equal) {
        best->shared = best->shared || person->id != best->person->id;
    } else if (best->person == NULL || word->text.n > best->word.text.n ||
               (word->text.n == best->word.text.n && word->strength > best->word.strength)) {
        *best = (struct best){.person = person, .word = *word};
    }
}

/* Who is named by what follows the '@' at `at`. */
static bool resolve(struct str text, size_t at, const struct mention_person *people, size_t n,
                    struct mention *out)
{
    struct best best = {.person = NULL};
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < people[i].n_words; k++) {
            const struct mention_word *word = &people[i].words[k];
            size_t end = at + 1 + word->text.n;
            if (end <= text.n && str_eq_ci(str_slice(text, at + 1, end), word->text) &&
                ends_word(text, end)) {
                consider(&best, &people[i], word);
            }
        }
    }
    if (best.person == NULL || best.shared) {
        return false;
    }
    *out = (struct mention){.start = at, .n = best.word.text.n + 1, .person = best.person};
    return true;
}

bool mention_next(struct str text, size_t from, const struct mention_person *people, size_t n,
                  struct mention *out_mention)
{
    for (size_t at = from; at < text.n; at++) {
        if (text.p[at] == '@' && begins_word(text, at) &&
            resolve(text, at, people, n, out_mention)) {
            return true;
        }
    }
    return false;
}
