#include "fcgi/note_draw.h"

#include "fcgi/mention.h"
#include "shared/markdown.h"
#include "shared/sb.h"

#define EXCERPT_MAX 160

/* ---- drawing ---- */

struct drawing {
    struct arena *arena;
    const struct mention_person *people;
    size_t n;
    int64_t user;
};

static bool find_mark(void *of, struct str text, size_t from, struct markdown_mark *out_mark)
{
    const struct drawing *drawing = of;
    struct mention mention;
    if (!mention_next(text, from, drawing->people, drawing->n, &mention)) {
        return false;
    }
    *out_mark = (struct markdown_mark){
        .start = mention.start,
        .n = mention.n,
        .shown = arena_print(drawing->arena, "@%.*s", STR_ARG(mention.person->name)),
        .own = mention.person->id == drawing->user,
    };
    return true;
}

struct html note_draw_body(struct arena *arena, struct str body, int64_t note,
                           const struct sql_mentions_of_notes_rows *mentions, int64_t user)
{
    struct mention_person *people = ARENA_ARRAY(arena, mentions->n, struct mention_person);
    struct drawing drawing = {.arena = arena, .people = people, .user = user};
    for (size_t i = 0; i < mentions->n; i++) {
        const struct sql_mentions_of_notes *row = &mentions->row[i];
        if (row->note_id != note) {
            continue;
        }
        struct mention_person *person = &people[drawing.n++];
        *person = (struct mention_person){.id = row->user_id, .name = row->name};
        for (size_t k = 0; k < row->words.n; k++) {
            mention_person_word(person, row->words.v[k]);
        }
    }
    return markdown_html_marked(arena, body, find_mark, &drawing);
}

struct str note_draw_excerpt(struct arena *arena, struct str body)
{
    struct str cut = str_cut(str_trim(body), EXCERPT_MAX);
    struct sb sb;
    sb_init(&sb, arena, EXCERPT_MAX + 8);
    for (size_t i = 0; i < cut.n; i++) {
        sb_char(&sb, cut.p[i] == '\n' ? ' ' : cut.p[i]);
    }
    if (cut.n < str_trim(body).n) {
        SB_LIT(&sb, "…");
    }
    return sb_view(&sb);
}

/* ---- who ---- */

struct collecting {
    struct arena *arena;
    const struct mention_person *people;
    size_t n;
    struct note_mentions found;
};

static void collect(struct collecting *collecting, int64_t user, struct str word)
{
    struct note_mentions *found = &collecting->found;
    size_t i = 0;
    while (i < found->n && found->users[i] != user) {
        i++;
    }
    if (i == found->n) {
        found->users[i] = user;
        found->words[i] = arena_dup(collecting->arena, word);
        found->n++;
        return;
    }
    struct str rest = found->words[i], known;
    size_t n = 1;
    while (str_next(&rest, '\n', &known)) {
        if (str_eq_ci(known, word)) {
            return;
        }
        n++;
    }
    if (n <= MENTION_WORDS_MAX) {
        found->words[i] = arena_print(collecting->arena, "%.*s\n%.*s", STR_ARG(found->words[i]),
                                      STR_ARG(word));
    }
}

/* Draws nothing: the document is only walked through. */
static bool find_people(void *of, struct str text, size_t from, struct markdown_mark *out_mark)
{
    struct collecting *collecting = of;
    struct mention mention;
    (void)out_mark;
    while (mention_next(text, from, collecting->people, collecting->n, &mention)) {
        from = mention.start + mention.n;
        collect(collecting, mention.person->id, str_slice(text, mention.start, from));
    }
    return false;
}

struct note_mentions note_draw_mentions(struct arena *arena, struct str body,
                                        const struct sql_mention_people_rows *people)
{
    struct mention_person *persons = ARENA_ARRAY(arena, people->n, struct mention_person);
    for (size_t i = 0; i < people->n; i++) {
        persons[i] =
            mention_person(arena, people->row[i].id, people->row[i].name, people->row[i].email);
    }
    struct collecting collecting = {
        .arena = arena,
        .people = persons,
        .n = people->n,
        .found = {.users = ARENA_ARRAY(arena, people->n, int64_t),
                  .words = ARENA_ARRAY(arena, people->n, struct str)},
    };
    if (str_find(body, '@') < body.n) {
        (void)markdown_html_marked(arena, body, find_people, &collecting);
    }
    return collecting.found;
}
