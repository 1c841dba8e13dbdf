/*
 * test_pages - what the templates of a card, the panel and a note write when everything in them
 * comes from an enemy, byte for byte (tests/golden/expected/page-*.html). GOLDEN=write makes
 * the expected files anew: look at the difference.
 */
#include "fcgi/views/board.h"
#include "fcgi/views/lead.h"
#include "fcgi/views/panel.h"
#include "gen/templates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define EVIL "\"'><script>alert(1)</script>&amp;\xe2\x80\xae\xff"

static struct arena *arena;
static struct sb out;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(4 << 20);
    sb_init(&out, arena, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* From the end of a tag to the next one. */
static struct str text_after(struct str html)
{
    return str_slice(html, 1, str_find(html, '<'));
}

/* What is another one day: the sprite's name has a hash of its content, times are "ago". */
static struct str without_the_day(struct str html)
{
    struct sb sb;
    sb_init(&sb, arena, 1 << 20);
    for (size_t i = 0; i < html.n;) {
        struct str rest = str_slice(html, i, html.n);
        if (str_starts(rest, STR("/assets/icons-"))) {
            i += str_find(rest, '#');
            SB_LIT(&sb, "/assets/icons.svg");
        } else if (html.p[i] == '>' && str_ends(text_after(rest), STR(" ago"))) {
            i += 1 + text_after(rest).n;
            SB_LIT(&sb, ">some time ago");
            continue;
        }
        sb_char(&sb, html.p[i++]);
        if (html.p[i - 1] == '>' && i < html.n && html.p[i] == '<') {
            sb_char(&sb, '\n'); /* differences are easier to read */
        }
    }
    return sb_view(&sb);
}

static void check(const char *name)
{
    struct str html;
    assert_int_equal(sb_done(&out, &html), ERR_NONE);
    html = without_the_day(html);
    const char *path = arena_print(arena, "tests/golden/expected/page-%s.html", name).p;
    const char *mode = getenv("GOLDEN");
    if (mode != NULL && strcmp(mode, "write") == 0) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(html.p, 1, html.n, file), html.n);
        assert_int_equal(fputc('\n', file), '\n');
        assert_int_equal(fclose(file), 0);
    }
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = arena_alloc(arena, 1 << 18);
    size_t n = fread(text, 1, 1 << 18, file);
    (void)fclose(file);
    struct str expected = {.p = text, .n = n == 0 ? 0 : n - 1};
    if (!str_eq(html, expected)) {
        fail_msg("%s: expected\n%.*s\nbut got\n%.*s", path, STR_ARG(expected), STR_ARG(html));
    }
}

static const struct card_tag tags[] = {{.name = STR_INIT(EVIL), .count = 2},
                                       {.name = STR_INIT("Plain")}};

static struct card_view evil_card(void)
{
    return (struct card_view){
        .id = 7,
        .board = 3,
        .version = 2,
        .title = STR(EVIL),
        .domain = STR(EVIL),
        .initials = STR("<B"),
        .hue = 5,
        .contacts = 1,
        .visitors = 1234,
        .score = 88,
        .hot = true,
        .tags = tags,
        .n_tags = 2,
        .more_tags = 3,
        .owner_initials = STR("AL"),
        .owner_name = STR(EVIL),
        .owner_hue = 1,
        .stage_days = 1400,
        .age_limit = 10,
        .why = STR(EVIL),
    };
}

static void card_of_an_enemy(void **state)
{
    (void)state;
    struct card_view view = evil_card();
    tpl_board_card(&out, &view);
    check("card");
}

static void card_with_a_picture_elsewhere(void **state)
{
    (void)state;
    struct card_view view = {
        .id = 1, .board = 1, .title = STR("A"), .logo = STR("javascript:x")};
    tpl_board_card(&out, &view);
    check("card-picture");
}

static void changes_with_a_card(void **state)
{
    (void)state;
    const struct changed_card cards[] = {
        {.id = 7, .stage = 4, .previous = 6, .card = evil_card()}, {.id = 8}};
    const struct stage_view stages[] = {{.id = 4, .cards = 1200, .count = STR_INIT("1,200")}};
    struct changes_view view = {.cursor = STR("12-34"),
                                .message = STR(EVIL),
                                .cards = cards,
                                .n_cards = 2,
                                .stages = stages,
                                .n_stages = 1};
    tpl_board_changes(&out, &view);
    check("changes");
}

static const struct event_view events[] = {
    {.at = STR_INIT("2026-11-21T09:41:00Z"),
     .clock = STR_INIT("09:41"),
     .kind = "Page",
     .what = STR_INIT(EVIL),
     .url = STR_INIT("https://a.example/?q=\"><b>"),
     .sub = STR_INIT(EVIL),
     .whole = STR_INIT(EVIL),
     .side = STR_INIT("2 m 10 s")},
    {.at = STR_INIT("x\" onmouseover=\"alert(1)"),
     .clock = STR_INIT("<i>"),
     .kind = "Link",
     .what = STR_INIT("link"),
     .url = STR_INIT("javascript:alert(1)")},
};
static const struct utm_view utm[] = {{.name = "campaign", .value = STR_INIT(EVIL)}};
static const struct session_view sessions[] = {{.channel = "Organic",
                                                .at = STR_INIT(EVIL),
                                                .heading = STR_INIT(EVIL),
                                                .length = STR_INIT("6 min"),
                                                .from = STR_INIT(EVIL),
                                                .utm = utm,
                                                .n_utm = 1,
                                                .events = events,
                                                .n_events = 2,
                                                .cut = 1200},
                                               {.channel = "Direct", .between = true}};
static const struct lead_view leads[] = {
    {.id = 9,
     .name = STR_INIT(EVIL),
     .email = STR_INIT(EVIL),
     .initials = STR_INIT("<"),
     .open = true,
     .channel = "Email",
     .source = STR_INIT(EVIL),
     .shown = {.lead = 9, .list = sessions, .n_list = 2, .before = 5}},
    {.id = 10, .name = STR_INIT("Anonymous visitor"), .anonymous = true, .channel = ""}};

static void panel_of_an_enemy(void **state)
{
    (void)state;
    const struct tag_chip chips[] = {
        {.id = 3, .name = STR(EVIL), .by = STR(EVIL), .title = STR(EVIL), .operation = 8},
        {.id = 4,
         .name = STR(EVIL),
         .by = STR("Ann"),
         .title = STR("Ann"),
         .account = 2,
         .account_name = STR(EVIL)}};
    const struct str others[] = {STR(EVIL)};
    struct history_piece pieces[] = {{.text = STR(EVIL)},
                                     {.text = STR(EVIL), .url = STR("javascript:alert(1)")}};
    const struct score_part_view parts[] = {
        {.name = STR("email"), .value = 15, .earned = STR(EVIL), .url = STR("/leads/9")},
        {.name = STR(EVIL),
         .value = 5,
         .earned = STR(EVIL),
         .url = STR("javascript:alert(1)"),
         .at = INT64_C(1767225600000000),
         .outside = true}};
    const struct panel_choice choices[] = {
        {.id = 5, .name = STR(EVIL), .initials = STR("<"), .current = true}};
    struct panel_view view = {.csrf = STR("token"),
                              .base = STR("/boards/3/cards/7"),
                              .here = STR("/boards/3/cards/7"),
                              .board = 3,
                              .card = 7,
                              .account = 2,
                              .stage = STR(EVIL),
                              .title = STR(EVIL),
                              .domain = STR("\"><b>.example"),
                              .about = STR(EVIL),
                              .initials = STR("AB"),
                              .score = 41,
                              .score_parts = parts,
                              .n_score_parts = 2,
                              .score_who = STR(EVIL),
                              .score_lead = 9,
                              .why = {.pieces = pieces, .n_pieces = 2},
                              .why_id = 8,
                              .owner = 5,
                              .owner_name = STR(EVIL),
                              .owner_initials = STR("<"),
                              .stages = choices,
                              .n_stages = 1,
                              .members = choices,
                              .n_members = 1,
                              .menu = {.account = 2},
                              .did = {.operation = 6, .said = STR(EVIL), .may_undo = true},
                              .n_notes = 2,
                              .n_all = 1300,
                              .n_contacts = 1,
                              .who = WHO_CONTACTS,
                              .by_score = true,
                              .leads = leads,
                              .n_leads = 2,
                              .more_leads = STR("1_2"),
                              .tags = {.csrf = STR("token"),
                                       .back = STR("//evil.example/\""),
                                       .of = "accounts",
                                       .id = 2,
                                       .chips = chips,
                                       .n_chips = 2,
                                       .others = others,
                                       .n_others = 1,
                                       .typed = STR(EVIL),
                                       .wrong = STR(EVIL),
                                       .said = STR(EVIL),
                                       .operation = 9}};
    tpl_panel_body(&out, &view);
    check("panel");
}

static void lead_of_an_enemy(void **state)
{
    (void)state;
    const struct score_part_view parts[] = {
        {.name = STR("email"), .value = 15, .most = 15, .percent = 100},
        {.name = STR(EVIL),
         .words = STR(EVIL),
         .value = -5,
         .most = -10,
         .percent = 50,
         .negative = true,
         .earned = STR(EVIL),
         .url = STR("javascript:alert(1)"),
         .at = INT64_C(1767225600000000)}};
    const struct score_mark marks[] = {{.x = 500, .label = STR(EVIL)}};
    const struct score_row scores[] = {{.when = STR(EVIL), .score = 3}};
    const struct chart_bar bars[] = {
        {.x = 1, .y = 50, .width = 8, .height = 50, .label = STR(EVIL)}};
    const struct activity_row rows[] = {{.when = STR(EVIL), .sessions = 1, .events = 1200}};
    const struct touch_view touches[] = {{.name = "Source",
                                          .first = STR(EVIL),
                                          .first_url = STR("javascript:alert(1)"),
                                          .last = STR(EVIL)}};
    const struct fact_view facts[] = {{.name = STR(EVIL), .value = STR(EVIL)}};
    const struct browser_view browsers[] = {
        {.name = STR(EVIL), .about = STR(EVIL), .kind = DEVICE_PHONE},
        {.name = STR("Unknown browser"), .kind = 99}};
    const struct panel_card cards[] = {
        {.board = 1, .card = 2, .board_name = STR(EVIL), .stage = STR(EVIL)}};
    struct lead_page_view view = {
        .lead = {.id = 9, .name = STR(EVIL), .email = STR(EVIL), .initials = STR("<")},
        .menu = {.lead = 9},
        .tags = {.of = "leads", .id = 9, .csrf = STR("token")},
        .job = STR(EVIL),
        .account = 4,
        .account_name = STR(EVIL),
        .account_logo = STR("javascript:x"),
        .back = STR("javascript:alert(1)"),
        .back_name = STR(EVIL),
        .parts = parts,
        .n_parts = 2,
        .none = parts,
        .n_none = 1,
        .count_none = 1,
        .score_version = 3,
        .score_full = true,
        .scores = {.line = STR(EVIL),
                   .area = STR(EVIL),
                   .about = STR(EVIL),
                   .marks = marks,
                   .n_marks = 1,
                   .rows = scores,
                   .n_rows = 1},
        .frequency = STR(EVIL),
        .activity = {.width = 10,
                     .bars = bars,
                     .n_bars = 1,
                     .about = STR(EVIL),
                     .rows = rows,
                     .n_rows = 1},
        .touches = touches,
        .n_touches = 1,
        .facts = facts,
        .n_facts = 1,
        .browsers = browsers,
        .n_browsers = 2,
        .cards = cards,
        .n_cards = 1,
        .notes = {.base = STR("/leads/9"), .lead = 9, .csrf = STR("token")},
    };
    tpl_lead_body(&out, &view);
    check("lead");
}

static void note_of_an_enemy(void **state)
{
    (void)state;
    struct note_view view = {.id = 4,
                             .author = STR(EVIL),
                             .initials = STR("&"),
                             .csrf = STR("\"token"),
                             .back = STR("//evil.example/\""),
                             .may_edit = true,
                             .pinned = true,
                             .body = {.markup = STR("<p>safe</p>")}};
    tpl_note(&out, &view);
    check("note");
}

static void details_and_history_of_an_enemy(void **state)
{
    (void)state;
    const struct detail_entry entries[] = {
        {.text = STR(EVIL), .url = STR("javascript:alert(1)")}, {.text = STR(EVIL)}};
    const struct detail_source others[] = {
        {.value = STR(EVIL), .says = STR(EVIL), .by = STR(EVIL)}};
    struct detail_view detail = {.field = STR("social"),
                                 .label = "Social links",
                                 .entries = entries,
                                 .n_entries = 2,
                                 .hand = true,
                                 .source = {.says = STR("by hand"), .by = STR(EVIL)},
                                 .others = others,
                                 .n_others = 1,
                                 .input = "text",
                                 .typed = STR(EVIL),
                                 .wrong = STR(EVIL),
                                 .csrf = STR("\"token"),
                                 .action = STR("/accounts/2/details"),
                                 .base = STR("/accounts/2")};
    tpl_panel_detail(&out, &detail);
    detail.editing = true;
    tpl_panel_detail(&out, &detail);
    struct history_piece pieces[] = {{.text = STR(EVIL), .url = STR("javascript:alert(1)")}};
    struct history_view row = {.id = 3,
                               .sentence = {.pieces = pieces, .n_pieces = 1},
                               .operation = 4,
                               .note = 5,
                               .undone_at = 1,
                               .undone_by = STR(EVIL),
                               .csrf = STR("\"token"),
                               .back = STR("//evil.example/\"")};
    tpl_panel_history_row(&out, &row);
    check("details");
}

static void writing_to_an_enemy(void **state)
{
    (void)state;
    const struct diff_part parts[] = {{.text = STR(EVIL), .changed = true},
                                      {.text = STR(EVIL)}};
    const struct diff_line lines[] = {{.kind = DIFF_SAME, .parts = parts, .n_parts = 2},
                                      {.kind = DIFF_REMOVED, .parts = parts, .n_parts = 2},
                                      {.kind = DIFF_ADDED, .parts = parts, .n_parts = 2},
                                      {.kind = DIFF_SKIPPED, .skipped = 3}};
    struct note_form_view form = {.note = 4,
                                  .version = 2,
                                  .csrf = STR("\"token"),
                                  .action = STR("/notes/4"),
                                  .back = STR("//evil.example/\""),
                                  .body = STR("</textarea>" EVIL),
                                  .wrong = STR(EVIL),
                                  .conflict = true,
                                  .who = STR(EVIL),
                                  .diff = {.lines = lines, .n_lines = 4}};
    tpl_note_form(&out, &form);
    struct note_deleted_view deleted = {.id = 4,
                                        .author = STR(EVIL),
                                        .deleter = STR(EVIL),
                                        .excerpt = STR(EVIL),
                                        .csrf = STR("\"token"),
                                        .back = STR("/x\""),
                                        .may_restore = true};
    tpl_note_deleted(&out, &deleted);
    const struct mention_option options[] = {{.name = STR(EVIL),
                                              .email = STR(EVIL),
                                              .word = STR("\" onclick=\"x"),
                                              .initials = STR("<")}};
    struct mention_options_view offered = {.list = options, .n_list = 1};
    tpl_mention_options(&out, &offered);
    check("writing");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(card_of_an_enemy),
        TEST(card_with_a_picture_elsewhere),
        TEST(changes_with_a_card),
        TEST(panel_of_an_enemy),
        TEST(note_of_an_enemy),
        TEST(lead_of_an_enemy),
        TEST(details_and_history_of_an_enemy),
        TEST(writing_to_an_enemy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
