/* Notes: who is mentioned, how it is drawn, and what changed between versions. */
#include "fcgi/diff.h"
#include "fcgi/mention.h"
#include "fcgi/note_draw.h"
#include "shared/sb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new((size_t)64 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void same(struct str got, const char *expected)
{
    if (!str_eq(got, str_from(expected))) {
        fail_msg("expected '%s', got '%.*s'", expected, STR_ARG(got));
    }
}

/* ---- mentions ---- */

static struct sql_mention_people people_rows[] = {
    {.id = 1, .name = STR_INIT("Ann Lee"), .email = STR_INIT("ann@acme.example")},
    {.id = 2, .name = STR_INIT("Ann Smith"), .email = STR_INIT("a.smith@acme.example")},
    {.id = 3, .name = STR_INIT("Bo"), .email = STR_INIT("bo@acme.example")},
    {.id = 4, .name = STR_INIT("Jörg Öst"), .email = STR_INIT("jorg@acme.example")},
    {.id = 5, .name = STR_INIT("Sean O'Brien"), .email = STR_INIT("sob@acme.example")},
    {.id = 6, .name = STR_INIT("Twin"), .email = STR_INIT("t1@acme.example")},
    {.id = 7, .name = STR_INIT("Twin"), .email = STR_INIT("t2@acme.example")},
};
static const struct sql_mention_people_rows people = {
    .row = people_rows, .n = sizeof(people_rows) / sizeof(people_rows[0])};

/* "1:@Ann Lee 3:@Bo": whom a note mentions, and by which words. */
static void mentions(const char *body, const char *expected)
{
    struct note_mentions found = note_draw_mentions(arena, str_from(body), &people);
    struct sb sb;
    sb_init(&sb, arena, 4000);
    for (size_t i = 0; i < found.n; i++) {
        sb_printf(&sb, "%s%lld:%.*s", i == 0 ? "" : " ", (long long)found.users[i],
                  STR_ARG(found.words[i]));
    }
    same(sb_view(&sb), expected);
}

static void people_are_mentioned_by_name_or_address(void **state)
{
    (void)state;
    mentions("@Ann Lee please", "1:@Ann Lee");
    mentions("see @ann lee, @BO!", "1:@ann lee 3:@BO");
    mentions("(@ann@acme.example)", "1:@ann@acme.example");
    mentions("@a.smith: call", "2:@a.smith");
    mentions("@Bo.", "3:@Bo");
    mentions("**@Bo**", "3:@Bo");
    mentions("- @Bo\n- @Bo", "3:@Bo");
    mentions("@Bo and @bo@acme.example", "3:@Bo\n@bo@acme.example");
    mentions("@Jörg, @Jörg Öst", "4:@Jörg\n@Jörg Öst");
    mentions("@Sean O'Brien knows", "5:@Sean O'Brien");
}

static void the_best_fit_counts(void **state)
{
    (void)state;
    mentions("@Ann", "1:@Ann"); /* the name before the @ of an address, before a first name */
    mentions("@Ann Smith", "2:@Ann Smith");
    mentions("@Ann Smithers", "1:@Ann");
    mentions("@Twin", "");
    mentions("@t1 @t2@acme.example", "6:@t1 7:@t2@acme.example");
}

static void other_things_with_an_at_are_none(void **state)
{
    (void)state;
    mentions("mail bo@acme.example", "");
    mentions("x@Bo", "");
    mentions("@Bob", "");
    mentions("@bo.lee", "");
    mentions("@bo@other.example", "");
    mentions("`@Bo`", "");
    mentions("```\n@Bo\n```", "");
    mentions("[@Bo](https://a.example)", "");
    mentions("@", "");
    mentions("@@Bo", "");
    mentions("@nobody", "");
    mentions("@Jö", "");
}

static struct sql_mentions_of_notes drawn_rows[] = {
    {.note_id = 9, .user_id = 1, .name = STR_INIT("Ann <New> Name")},
    {.note_id = 8, .user_id = 3, .name = STR_INIT("Bo")},
};

static void mentions_are_drawn_as_who_it_is_now(void **state)
{
    (void)state;
    struct str words[] = {STR("@Ann"), STR("@ann@acme.example")};
    drawn_rows[0].words.v = words;
    drawn_rows[0].words.n = 2;
    drawn_rows[1].words.v = words;
    drawn_rows[1].words.n = 1;
    const struct sql_mentions_of_notes_rows rows = {.row = drawn_rows, .n = 2};
    same(note_draw_body(arena, STR("Hi @ann@acme.example & @Ann's, @Bo"), 9, &rows, 1).markup,
         "<p>Hi <span class=\"mention own\">@Ann &lt;New&gt; Name</span> &amp; <span "
         "class=\"mention own\">@Ann &lt;New&gt; Name</span>'s, @Bo</p>\n");
    same(
        note_draw_body(arena, STR("@Ann `@Ann` [@Ann](https://a.example)"), 9, &rows, 3).markup,
        "<p><span class=\"mention\">@Ann &lt;New&gt; Name</span> <code>@Ann</code> <a "
        "href=\"https://a.example\">@Ann</a></p>\n");
    same(note_draw_body(arena, STR("<b>@Ann</b> <script>"), 9, &rows, 3).markup,
         "<p>&lt;b&gt;<span class=\"mention\">@Ann &lt;New&gt; Name</span>&lt;/b&gt; "
         "&lt;script&gt;</p>\n");
    same(note_draw_excerpt(arena, STR(" a\nb ")), "a b");
}

/* ---- differences ---- */

/* "=same -old[er] +new[er] ~3": the brackets are round what changed within a line. */
static void diff(const char *before, const char *after, size_t context, const char *expected)
{
    static const char signs[] = {'=', '-', '+', '~'};
    struct diff diff = diff_lines(arena, str_from(before), str_from(after), context);
    struct sb sb;
    sb_init(&sb, arena, 100000);
    for (size_t i = 0; i < diff.n_lines; i++) {
        const struct diff_line *line = &diff.lines[i];
        sb_printf(&sb, "%s%c", i == 0 ? "" : "|", signs[line->kind]);
        if (line->kind == DIFF_SKIPPED) {
            sb_i64(&sb, line->skipped);
        }
        for (size_t k = 0; k < line->n_parts; k++) {
            sb_printf(&sb, line->parts[k].changed ? "[%.*s]" : "%.*s",
                      STR_ARG(line->parts[k].text));
        }
    }
    same(sb_view(&sb), expected);
}

static void lines_that_changed_are_told(void **state)
{
    (void)state;
    diff("a\nb\nc", "a\nc", SIZE_MAX, "=a|-b|=c");
    diff("a\nc", "a\nb\nc", SIZE_MAX, "=a|+b|=c");
    diff("a\nb\nc", "a\nb\nc", SIZE_MAX, "=a|=b|=c");
    diff("", "a", SIZE_MAX, "-|+a");
    diff("a", "", SIZE_MAX, "-a|+");
    diff("same", "same", SIZE_MAX, "=same");
    diff("call them", "something else", SIZE_MAX, "-call them|+something else");
    diff("a\nb", "b\na", SIZE_MAX, "-a|=b|+a");
}

static void words_within_a_line_are_told(void **state)
{
    (void)state;
    diff("call Ann on Monday", "call Bo on Monday", SIZE_MAX,
         "-call [Ann] on Monday|+call [Bo] on Monday");
    diff("one two three", "one two three four", SIZE_MAX,
         "-one two three|+one two three[ four]");
    diff("a long line with one word more", "a long line with more", SIZE_MAX,
         "-a long line with [one word ]more|+a long line with more");
    diff("keep x this y here", "keep this here", SIZE_MAX,
         "-keep [x ]this[ y] here|+keep this here");
}

static void lines_far_from_a_change_are_counted(void **state)
{
    (void)state;
    diff("1\n2\n3\n4\n5\n6\nx", "1\n2\n3\n4\n5\n6\ny", 2, "~4|=5|=6|-x|+y");
    diff("x\n1\n2\n3\n4\n5\n6", "y\n1\n2\n3\n4\n5\n6", 2, "-x|+y|=1|=2|~4");
    diff("x\n1\n2\n3\n4\n5\nz", "y\n1\n2\n3\n4\n5\nw", 1, "-x|+y|=1|~3|=5|-z|+w");
    diff("x\n1\n2\n3\nz", "y\n1\n2\n3\nw", 1, "-x|+y|=1|=2|=3|-z|+w");
    diff("1\n2\n3", "1\n2\n3", 1, "~3");
}

static void large_texts_are_bounded(void **state)
{
    (void)state;
    struct sb a, b;
    sb_init(&a, arena, 20000);
    sb_init(&b, arena, 20000);
    for (int i = 0; i < 2000; i++) {
        sb_printf(&a, "a%d\n", i);
        sb_printf(&b, "b%d x y z\n", i % 7);
    }
    size_t used = arena_used(arena);
    struct diff diff = diff_lines(arena, sb_view(&a), sb_view(&b), 3);
    assert_true(diff.n_lines > 1000);
    assert_true(arena_used(arena) - used < (size_t)4 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_are_mentioned_by_name_or_address),
        cmocka_unit_test(the_best_fit_counts),
        cmocka_unit_test(other_things_with_an_at_are_none),
        cmocka_unit_test(mentions_are_drawn_as_who_it_is_now),
        cmocka_unit_test(lines_that_changed_are_told),
        cmocka_unit_test(words_within_a_line_are_told),
        cmocka_unit_test(lines_far_from_a_change_are_counted),
        cmocka_unit_test(large_texts_are_bounded),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
