/* Notes of hostile bytes: mentions lie within the text and do not overlap, what is drawn has no
 * markup of the writer's, and a difference has all lines of both texts in their order. The
 * bytes before the first 0xff are one text, those after it the other. */
#include "fcgi/diff.h"
#include "fcgi/mention.h"
#include "fcgi/note_draw.h"
#include "shared/sb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_mentions(struct arena *arena, struct str text)
{
    const struct mention_person people[] = {
        mention_person(arena, 1, STR("Ann Lee"), STR("ann@acme.example")),
        mention_person(arena, 2, STR("Ann"), STR("a.n@acme.example")),
        mention_person(arena, 3, STR("@"), STR("b")),
    };
    struct mention mention;
    for (size_t from = 0; mention_next(text, from, people, 3, &mention);) {
        require(mention.start >= from && mention.n >= 2 &&
                mention.start + mention.n <= text.n && text.p[mention.start] == '@');
        from = mention.start + mention.n;
    }
}

static void check_drawing(struct arena *arena, struct str text)
{
    struct sql_mention_people row = {
        .id = 1, .name = STR("Ann"), .email = STR("ann@acme.example")};
    const struct sql_mention_people_rows people = {.row = &row, .n = 1};
    struct note_mentions found = note_draw_mentions(arena, text, &people);
    require(found.n <= 1);
    struct sql_mentions_of_notes drawn = {.note_id = 1, .user_id = 1, .name = STR("<Ann>")};
    drawn.words.v = found.words;
    drawn.words.n = found.n;
    const struct sql_mentions_of_notes_rows rows = {.row = &drawn, .n = 1};
    struct str html = note_draw_body(arena, text, 1, &rows, 1).markup;
    require(!str_contains(html, STR("<script")) && !str_contains(html, STR("<Ann")) &&
            !str_contains(html, STR("<img")));
}

/* The lines that are not of the other text, joined, are the text. */
static void check_side(struct arena *arena, const struct diff *diff, enum diff_kind other,
                       struct str text)
{
    struct sb sb;
    bool first = true;
    sb_init(&sb, arena, text.n + 16);
    for (size_t i = 0; i < diff->n_lines; i++) {
        const struct diff_line *line = &diff->lines[i];
        require(line->kind != DIFF_SKIPPED);
        if (line->kind == other) {
            continue;
        }
        if (!first) {
            sb_char(&sb, '\n');
        }
        first = false;
        for (size_t k = 0; k < line->n_parts; k++) {
            sb_str(&sb, line->parts[k].text);
        }
    }
    require(str_eq(sb_view(&sb), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)256 << 20);
    struct str text = {.p = (const char *)data, .n = size};
    size_t cut = str_find(text, (char)0xff);
    struct str a = str_slice(text, 0, cut);
    struct str b = str_slice(text, cut < size ? cut + 1 : cut, size);
    check_mentions(arena, text);
    check_drawing(arena, arena_dup(arena, a));
    struct diff diff = diff_lines(arena, a, b, SIZE_MAX);
    check_side(arena, &diff, DIFF_ADDED, a);
    check_side(arena, &diff, DIFF_REMOVED, b);
    (void)diff_lines(arena, a, b, size % 4);
    arena_free(arena);
    return 0;
}
