/*
 * test_tplc - what compiled templates write, byte for byte (tests/golden/expected), and what
 * the compiler refuses. GOLDEN=write makes the expected files anew: look at the difference.
 */
#include "gen/golden.h"
#include "shared/tools/tplc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NASTY "<b>\"x\" & 'y'</b>\xe2\x80\xae\x01:/?#\xff \xc3\xbc"

static struct arena *arena;
static struct sb out;

static int setup(void **state)
{
    (void)state;
    arena = arena_new((size_t)256 << 20);
    sb_init(&out, arena, (size_t)16 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* ---- what is written ---- */

static struct str read_expected(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("%s is missing", path);
    }
    char *text = arena_alloc(arena, 65536);
    size_t n = fread(text, 1, 65536, file);
    (void)fclose(file);
    return str_slice((struct str){.p = text, .n = n}, 0, n == 0 ? 0 : n - 1);
}

static void check_golden(const char *name)
{
    const char *path = arena_print(arena, "tests/golden/expected/%s.html", name).p;
    struct str text;
    assert_int_equal(sb_done(&out, &text), ERR_NONE);
    const char *mode = getenv("GOLDEN");
    if (mode != NULL && strcmp(mode, "write") == 0) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        (void)fprintf(file, "%.*s\n", STR_ARG(text));
        (void)fclose(file);
    }
    struct str expected = read_expected(path);
    if (!str_eq(text, expected)) {
        fail_msg("%s: expected\n%.*s\nbut got\n%.*s", name, STR_ARG(expected), STR_ARG(text));
    }
}

static const struct golden_values values = {
    .text = STR_INIT(NASTY),
    .url = STR_INIT("https://x.example/a?b=1&c=\"d\""),
    .hostile = STR_INIT("java\tscript:alert(1)"),
    .word = "<word>",
    .markup = {STR_INIT("<em>safe</em>")},
    .big = -1234567,
    .huge = UINT64_MAX,
    .small = 1,
};

static const struct golden_tag tags[] = {{STR_INIT("Interest"), 2}, {STR_INIT("a<b"), 0}};
static const struct str words[] = {STR_INIT("x"), STR_INIT("y&z")};
static const struct golden_list list = {
    .page = {.title = STR_INIT("A & B"), .csrf = STR_INIT("page-token")},
    .csrf = STR_INIT("token\""),
    .cards = {{.name = STR_INIT("One"), .kind = GOLDEN_HOT, .tags = tags, .n_tags = 2},
              {.name = STR_INIT("Two"), .kind = GOLDEN_COLD, .done = true}},
    .n_cards = 2,
    .first = &list.cards[0],
    .words = words,
    .n_words = 2,
    .chosen = 2,
    .busy = true,
};

static void text_is_escaped(void **state)
{
    (void)state;
    tpl_golden_text(&out, &values);
    check_golden("text");
}

static void attributes_are_escaped(void **state)
{
    (void)state;
    tpl_golden_attr(&out, &values);
    check_golden("attr");
}

static void blocks_choose_and_repeat(void **state)
{
    (void)state;
    tpl_golden_blocks(&out, &list);
    check_golden("blocks");
}

static void blocks_without_anything(void **state)
{
    (void)state;
    const struct golden_card nobody = {0};
    tpl_golden_blocks(&out, &(struct golden_list){.first = &nobody});
    check_golden("blocks-empty");
}

static void white_space_is_dropped(void **state)
{
    (void)state;
    tpl_golden_space(&out, &values);
    check_golden("space");
}

static void forms_carry_their_token(void **state)
{
    (void)state;
    tpl_golden_form(&out, &list);
    check_golden("form");
}

static void layouts_wrap_pages(void **state)
{
    (void)state;
    tpl_golden_inside(&out, &list);
    check_golden("inside");
}

static void too_large_is_noticed(void **state)
{
    (void)state;
    struct str text;
    sb_init(&out, arena, 100);
    tpl_golden_form(&out, &list);
    assert_int_equal(sb_done(&out, &text), ERR_LIMIT);
}

/* ---- the compiler itself ---- */

#define PAGE "{{page struct x \"x.h\"}}\n"

static bool compile(const char *source, struct str *out_code, struct str *out_error)
{
    struct tplc_template *templates = ARENA_ARRAY(arena, 3, struct tplc_template);
    templates[0] = (struct tplc_template){
        .path = STR("t.html"), .name = STR("t"), .source = str_from(source)};
    templates[1] = (struct tplc_template){
        .path = STR("part.html"), .name = STR("part"), .source = STR(PAGE "<p></p>")};
    templates[2] = (struct tplc_template){
        .path = STR("wrap.html"), .name = STR("wrap"), .source = STR(PAGE "{{content}}")};
    struct tplc_set set = {.template = templates, .n = 3};
    bool good = tplc_compile(arena, &set, 0, out_error);
    *out_code = templates[0].code;
    return good;
}

static void check_code(const char *body, const char *expected)
{
    struct str code, error;
    if (!compile(arena_print(arena, "%s%s", PAGE, body).p, &code, &error)) {
        fail_msg("%s\nwas refused: %.*s", body, STR_ARG(error));
    }
    if (!str_contains(code, str_from(expected))) {
        fail_msg("%s\nlacks %s:\n%.*s", body, expected, STR_ARG(code));
    }
}

static void code_is_compact(void **state)
{
    (void)state;
    check_code("<p>\n <b>x</b> <!-- y -->\n</p>\n\n<hr>",
               "SB_LIT(out, \"<p><b>x</b></p><hr>\");");
    check_code("<link href=\"{{asset \"app.css\"}}\">",
               "SB_LIT(out, \"<link href=\\\"\" ASSET_app_css \"\\\">\");");
    check_code("<p>{{icon \"plus\"}}</p>", "\" ASSET_icons_svg \"#plus\\\"/></svg></p>\"");
    check_code("a\n\n{{b}}", "#line 4 \"t.html\"\n    tpl_text(out, v->b);");
    check_code("{{#each a.b as c}}{{#each c.d as e}}{{e}}{{e.f->g}}{{/each}}{{/each}}",
               "l_c->n_d; i_e++");
    check_code("{{> part}}{{> part a.b}}", "tpl_part(out, &v->a.b);");
    check_code("why?\?/", "\"why\\?\\?/\"");
    check_code("{{time}}{{number}}{{count}}{{page}}", "tpl_text(out, v->count);");
}

static void accepted(void **state)
{
    static const char *const accepted_list[] = {
        "<textarea id=\"a\"></textarea><label for=\"a\">A</label>",
        "<p>{{#if a}}<b>x</b>{{/if}}</p>",
        "{{#if a}}<div>{{else}}<div class=\"b\">{{/if}}</div>",
        "<option{{#if a}} selected{{/if}}>a</option>",
        "<img src=\"/a.png\" alt=\"\">",
        "<img src=\"/a.png\" {{#if b}}alt=\"b\"{{else}}alt=\"c\"{{/if}}>",
        "<input type=\"hidden\" name=\"a\" value=\"{{b}}\"><input type=submit value=Go>",
        "<a target=\"_blank\" rel=\"nofollow noopener\" href=\"{{a}}\">a</a>",
        "<a href=\"/a{{#if b}}?q={{b}}{{/if}}\">a</a>",
        "<script src=\"/a.js\" defer>\n</script>",
        "<svg><use href=\"#a\"/><path d=\"M0 0\"></path></svg>",
        "<br><hr/><p>a &lt; b > c & d</p>",
        "<div hidden data-a='\"'></div>",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(accepted_list) / sizeof(accepted_list[0]); i++) {
        check_code(accepted_list[i], "void tpl_t(");
    }
}

static const struct {
    const char *body, *error; /* the body begins in line 2 */
} refused_list[] = {
    /* values where no escaping helps */
    {"<a href={{u}}>a</a>", "t.html:2: put this attribute value in quotes"},
    {"<a href=x{{u}}>a</a>", "t.html:2: put this attribute value in quotes"},
    {"<{{a}}>", "t.html:2: a value cannot be an element's name"},
    {"<h{{n}}>x</h1>", "t.html:2: a value cannot be part of an element's name"},
    {"<p>\n</{{a}}>", "t.html:3: an end tag is written </name>"},
    {"<p {{a}}>", "t.html:2: a value cannot stand between attributes"},
    {"<p data-{{a}}=\"b\">", "t.html:2: a value cannot be part of an attribute's name"},
    {"<!-- {{a}} -->", "t.html:2: a value cannot stand in an HTML comment"},
    {"<script src=\"/a.js\">{{a}}</script>",
     "t.html:2: a value cannot be made safe in a script"},
    {"<img alt=\"\" srcset=\"{{a}}\">", "cannot be made safe in the attribute srcset"},
    {"<div hx-vals=\"{{a}}\"></div>", "cannot be made safe in the attribute hx-vals"},
    {"<meta http-equiv=\"refresh\" content=\"{{a}}\">", "<meta http-equiv>"},
    {"<a href=\"javascript:x()\">a</a>", "t.html:2: a URL may begin with https:"},
    {"<img alt=\"\" src=\"data:image/png;x\">", "a URL may begin with https:"},
    {"<a href=\"{{scheme}}:x\">a</a>", "a URL may begin with https:"},
    {"<a href=\"{{#if a}}/b{{/if}}{{c}}\">a</a>", "depends on a condition"},
    {"<a href=\"{{#each a as b}}{{b}}{{/each}}\">a</a>", "cannot make the beginning of a URL"},
    {"<a href=\"{{number n}}\">a</a>", "a formatted number cannot be part of a URL"},
    {"<p title=\"{{time at}}\"></p>", "{{time}} can only stand between tags"},
    {"<p title=\"{{> part}}\"></p>", "a partial can only stand between tags"},
    {"<title>{{icon \"x\"}}</title>", "{{icon}} can only stand between tags"},
    /* inline script and style */
    {"<script>x()</script>", "t.html:2: <script> lacks src"},
    {"<script src=\"/a.js\">x()</script>", "t.html:2: inline script"},
    {"<style>p{}</style>", "t.html:2: <style> is refused"},
    {"<p style=\"color:red\"></p>", "the attribute style is refused"},
    {"<p onclick=\"x()\"></p>", "the attribute onclick is refused"},
    {"<p ONCLICK=\"x()\"></p>", "the attribute ONCLICK is refused"},
    {"<p hx-on:click=\"x()\"></p>", "the attribute hx-on:click is refused"},
    {"<iframe srcdoc=\"{{a}}\"></iframe>", "unknown or refused element <iframe>"},
    {"<div srcdoc=\"{{a}}\"></div>", "the attribute srcdoc is refused"},
    /* structure */
    {"<div>", "t.html:2: <div> is never closed"},
    {"<div>\n<p>\n</div>", "t.html:4: </div> found, but <p> of line 3 is still open"},
    {"</div>", "t.html:2: </div> closes nothing"},
    {"<blink>x</blink>", "unknown or refused element <blink>"},
    {"<DIV></DIV>", "unknown or refused element <DIV>"},
    {"<div/>", "<div/> does not close the element"},
    {"<p><div></div></p>", "a browser ends the <p> of line 2"},
    {"<a href=\"/\"><a href=\"/\">x</a></a>", "<a> inside the <a> of line 2"},
    {"<p class=\"a\" class=\"b\"></p>", "the attribute class is written twice"},
    {"<p class=\"a></p>", "this attribute value is never closed"},
    {"<p class=></p>", "an attribute value is missing"},
    {"<p", "t.html:2: this tag is never closed"},
    {"<p \"></p>", "'\"' does not belong into a tag"},
    {"a < b", "write &lt; for < in text"},
    {"<title><b>x</b></title>", "<title> contains text only"},
    {"<!-- x", "this comment is never closed"},
    {"<p></p><!entity x>", "only <!doctype html>"},
    /* branches */
    {"{{#if a}}<div>{{/if}}</div>", "t.html:2: the branches of the {{#if}} of line 2 end in"},
    {"{{#if a}}<div>{{else}}<p>{{/if}}", "the branches of the {{#if}}"},
    {"{{#each a as b}}<li>{{/each}}", "the branches of the {{#each}}"},
    {"<p{{#if a}} class=\"{{/if}}\"></p>", "the branches of the {{#if}}"},
    {"<p class=\"{{#if a}}\" id=\"{{/if}}\"></p>", "the branches of the {{#if}}"},
    {"{{#if a}}x", "t.html:2: this {{#if}} is never closed"},
    {"{{#each a as b}}x", "t.html:2: this {{#each}} is never closed"},
    {"{{/if}}", "{{/if}} closes no {{#if}}"},
    {"{{#if a}}{{/each}}{{/if}}", "{{/each}} closes no {{#each}}"},
    {"{{else}}", "{{else}} without {{#if}}"},
    {"{{#if a}}{{else}}{{else}}{{/if}}", "or a second one"},
    {"{{#each a as b}}{{#each c as b}}{{/each}}{{/each}}", "has the name 'b' already"},
    {"<p {{#each a as b}}x{{/each}}></p>", "{{#each}} cannot stand between attributes"},
    /* forms and labels */
    {"<form method=\"post\"></form>", "t.html:2: this POST form lacks {{csrf}}"},
    {"<form method=\"post\">{{#if a}}{{csrf}}{{/if}}</form>", "the branches of the {{#if}}"},
    {"<form method=\"{{m}}\"></form>", "a form's method must be written out"},
    {"<form>{{csrf}}</form>", "{{csrf}} belongs into a form"},
    {"{{csrf}}", "{{csrf}} belongs into a form"},
    {"<button type=\"submit\" formmethod=\"post\">x</button>", "formmethod is refused"},
    {"<input name=\"a\">", "t.html:2: this control lacks a label"},
    {"<input id=\"a\"><label for=\"b\">B</label>", "this control lacks a label"},
    {"<select></select>", "this control lacks a label"},
    {"<textarea></textarea>", "this control lacks a label"},
    {"<input type=\"{{t}}\">", "this control lacks a label"},
    {"<input {{#if a}}type=\"hidden\"{{/if}}>", "this control lacks a label"},
    {"<img src=\"/a.png\">", "<img> lacks alt"},
    {"<img {{#if a}}alt=\"\"{{/if}}>", "<img> lacks alt"},
    {"<button>x</button>", "<button> lacks type"},
    {"<a target=\"_blank\" href=\"/\">x</a>", "target=_blank lacks rel"},
    {"<a target=\"{{t}}\" href=\"/\">x</a>", "target=_blank lacks rel"},
    {"<html></html>", "<html> lacks lang"},
    /* directives */
    {"{{a", "t.html:2: this {{ is never closed with }}"},
    {"{{a {{b}}", "this {{ is never closed with }}"},
    {"{{}}", "{{}} is empty"},
    {"{{a b}}", "unknown directive 'a'"},
    {"{{#unless a}}", "unknown directive '#unless'"},
    {"{{a-b}}", "'a-b' is not the name of a value"},
    {"{{a.}}", "'a.' is not the name of a value"},
    {"{{\"a\"}}", "'a' is not the name of a value"},
    {"{{f(x)}}", "'f(x)' is not the name of a value"},
    {"{{#if}}{{/if}}", "this is written {{#if value}}"},
    {"{{#if a == b.c}}{{/if}}", "this is written {{#if value}}"},
    {"{{#if a && b}}{{/if}}", "this is written {{#if value}}"},
    {"{{#each a}}{{/each}}", "this is written {{#each list as item}}"},
    {"{{count n \"a\"}}", "this is written {{count n"},
    {"{{count n \"<a>\" \"b\"}}", "with plain text in the quotes"},
    {"{{> nothing}}", "there is no template 'nothing.html'"},
    {"{{> wrap}}", "'wrap' is a layout, not a partial"},
    {"{{#if a}}{{content}}{{/if}}", "{{content}} stands once in a layout"},
    {"{{content}}{{content}}", "{{content}} stands once in a layout"},
    {"<p></p>{{layout wrap page}}", "{{layout}} in the second"},
    {"{{layout part page}}", "there is no layout 'part.html'"},
    {"{{layout wrap page}}{{content}}", "a layout cannot have a layout"},
};

static void check_refused(const char *source, const char *expected)
{
    struct str code, error;
    if (compile(source, &code, &error)) {
        fail_msg("accepted: %s", source);
    }
    if (!str_contains(error, str_from(expected))) {
        fail_msg("%s\nwas refused with '%.*s' instead of '%s'", source, STR_ARG(error),
                 expected);
    }
}

static void refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused_list) / sizeof(refused_list[0]); i++) {
        check_refused(arena_print(arena, "%s%s", PAGE, refused_list[i].body).p,
                      refused_list[i].error);
    }
}

static void refused_beginnings(void **state)
{
    (void)state;
    check_refused("", "t.html:1: a template begins with {{page struct");
    check_refused("<p></p>", "a template begins with {{page struct");
    check_refused("{{page board}}", "this is written {{page struct");
    check_refused("{{page struct x x.h}}", "this is written {{page struct");
    check_refused("{{page union x \"x.h\"}}", "this is written {{page struct");
    check_refused(PAGE "\xff", "t.html:1: a template is text in UTF-8");
}

static void refused_when_too_deep(void **state)
{
    (void)state;
    struct sb source;
    sb_init(&source, arena, 100000);
    SB_LIT(&source, PAGE);
    for (int i = 0; i < 100; i++) {
        SB_LIT(&source, "<div>");
    }
    sb_char(&source, '\0');
    check_refused(source.p, "elements are nested more than");
    source.n = 0;
    SB_LIT(&source, PAGE);
    for (int i = 0; i < 100; i++) {
        SB_LIT(&source, "{{#if a}}");
    }
    sb_char(&source, '\0');
    check_refused(source.p, "blocks are nested more than");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(text_is_escaped),
        TEST(attributes_are_escaped),
        TEST(blocks_choose_and_repeat),
        TEST(blocks_without_anything),
        TEST(white_space_is_dropped),
        TEST(forms_carry_their_token),
        TEST(layouts_wrap_pages),
        TEST(too_large_is_noticed),
        TEST(code_is_compact),
        TEST(accepted),
        TEST(refused),
        TEST(refused_beginnings),
        TEST(refused_when_too_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
