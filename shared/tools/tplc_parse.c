#include "shared/tools/tplc_parts.h"

#include <stdarg.h>

#define WORDS_MAX 6

struct word {
    struct str text;
    bool quoted;
};

struct directive {
    size_t at;
    struct word word[WORDS_MAX];
    size_t n;
};

void fail(struct tplc *c, size_t at, const char *format, ...)
{
    if (c->failed) {
        return;
    }
    char why[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    c->failed = true;
    c->error =
        arena_print(c->arena, "%.*s:%zu: %s", STR_ARG(c->self->path), line_of(c, at), why);
}

size_t line_of(const struct tplc *c, size_t at)
{
    size_t line = 1;
    for (size_t i = 0; i < at && i < c->s.n; i++) {
        line += c->s.p[i] == '\n';
    }
    return line;
}

bool looking_at(const struct tplc *c, const char *text)
{
    return str_starts(str_slice(c->s, c->at, c->s.n), str_from(text));
}

bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ---- names and paths ---- */

static bool is_ident_char(char ch, bool first)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_' ||
           (!first && ch >= '0' && ch <= '9');
}

static size_t ident_length(struct str s)
{
    size_t n = 0;
    while (n < s.n && is_ident_char(s.p[n], n == 0)) {
        n++;
    }
    return n;
}

static bool is_ident(struct str s)
{
    return s.n != 0 && ident_length(s) == s.n;
}

/* Identifiers joined by "." or "->". */
static bool is_path(struct str s)
{
    for (;;) {
        size_t n = ident_length(s);
        if (n == 0) {
            return false;
        }
        s = str_slice(s, n, s.n);
        if (s.n == 0) {
            return true;
        }
        size_t joint = str_starts(s, STR(".")) ? 1 : str_starts(s, STR("->")) ? 2 : 0;
        if (joint == 0) {
            return false;
        }
        s = str_slice(s, joint, s.n);
    }
}

static bool is_loop_variable(const struct tplc *c, struct str name)
{
    for (size_t i = 0; i < c->n_block; i++) {
        if (c->block[i].is_each && str_eq(c->block[i].loop, name)) {
            return true;
        }
    }
    return false;
}

/* The C expression of a path; an empty one after a failure. */
static struct str path_expr(struct tplc *c, size_t at, struct word word)
{
    if (word.quoted || !is_path(word.text)) {
        fail(c, at, "'%.*s' is not the name of a value", STR_ARG(word.text));
        return STR("");
    }
    struct str path = word.text;
    struct str first = str_slice(path, 0, ident_length(path));
    struct str rest = str_slice(path, first.n, path.n);
    if (!is_loop_variable(c, first)) {
        return arena_print(c->arena, "v->%.*s", STR_ARG(path));
    }
    if (rest.n == 0) {
        return arena_print(c->arena, "(*l_%.*s)", STR_ARG(first));
    }
    rest = str_slice(rest, str_starts(rest, STR(".")) ? 1 : 2, rest.n);
    return arena_print(c->arena, "l_%.*s->%.*s", STR_ARG(first), STR_ARG(rest));
}

/* The count that belongs to an array: n_ before the last name. */
static struct str count_expr(struct tplc *c, struct str array)
{
    size_t last = array.n;
    while (last > 0 && array.p[last - 1] != '.' && array.p[last - 1] != '>') {
        last--;
    }
    return arena_print(c->arena, "%.*sn_%.*s", STR_ARG(str_slice(array, 0, last)),
                       STR_ARG(str_slice(array, last, array.n)));
}

/* "board-card" and "board_card" are the same template. */
static struct tplc_template *find_template(const struct tplc *c, struct str file)
{
    char *name = arena_cstr(c->arena, file);
    for (char *p = name; *p != '\0'; p++) {
        *p = *p == '-' ? '_' : *p;
    }
    for (size_t i = 0; i < c->set->n; i++) {
        if (str_eq(c->set->template[i].name, str_from(name))) {
            return &c->set->template[i];
        }
    }
    return NULL;
}

/* ---- words of a directive ---- */

static bool split(struct tplc *c, struct directive *d, struct str body)
{
    for (body = str_trim(body); body.n != 0; body = str_trim(body)) {
        if (d->n == WORDS_MAX) {
            fail(c, d->at, "too many words in {{...}}");
            return false;
        }
        struct word *word = &d->word[d->n++];
        word->quoted = body.p[0] == '"';
        size_t n = 1;
        while (n < body.n && (word->quoted ? body.p[n] != '"' : !is_space(body.p[n]))) {
            n++;
        }
        if (word->quoted && n == body.n) {
            fail(c, d->at, "a \" is not closed in {{...}}");
            return false;
        }
        word->text = word->quoted ? str_slice(body, 1, n) : str_slice(body, 0, n);
        body = str_slice(body, word->quoted ? n + 1 : n, body.n);
    }
    return true;
}

static bool expect_words(struct tplc *c, const struct directive *d, size_t n, const char *usage)
{
    if (d->n != n) {
        fail(c, d->at, "this is written {{%s}}", usage);
        return false;
    }
    return true;
}

/* Words that end up in C literals and in HTML as they are. */
static bool expect_quoted(struct tplc *c, const struct directive *d, size_t i,
                          const char *usage)
{
    struct str text = d->word[i].text;
    bool good = d->word[i].quoted && text.n != 0;
    for (size_t k = 0; k < text.n; k++) {
        good = good && (unsigned char)text.p[k] >= ' ' && strchr("\"\\<>&?", text.p[k]) == NULL;
    }
    if (!good) {
        fail(c, d->at, "this is written {{%s}}, with plain text in the quotes", usage);
    }
    return good;
}

/* ---- values ---- */

static void do_value(struct tplc *c, const struct directive *d)
{
    if (d->n != 1) {
        fail(c, d->at, "unknown directive '%.*s'", STR_ARG(d->word[0].text));
        return;
    }
    struct str value = path_expr(c, d->at, d->word[0]);
    const char *helper = html_hole(c, d->at);
    if (helper != NULL) {
        code_line(c, d->at, "%s(out, %.*s);", helper, STR_ARG(value));
    }
}

/* A formatted number or count: text without anything to escape, but not part of a URL. */
static bool expect_words_place(struct tplc *c, const struct directive *d)
{
    const char *helper = html_hole(c, d->at);
    if (helper != NULL && c->state.where == IN_VALUE && strcmp(helper, "tpl_attr") != 0) {
        fail(c, d->at, "a formatted number cannot be part of a URL");
        return false;
    }
    return helper != NULL;
}

static void do_number(struct tplc *c, const struct directive *d)
{
    struct str value = path_expr(c, d->at, d->word[1]);
    if (expect_words_place(c, d)) {
        code_line(c, d->at, "tpl_number(out, %.*s);", STR_ARG(value));
    }
}

static void do_count(struct tplc *c, const struct directive *d)
{
    static const char usage[] = "count n \"contact\" \"contacts\"";
    if (!expect_words(c, d, 4, usage) || !expect_quoted(c, d, 2, usage) ||
        !expect_quoted(c, d, 3, usage)) {
        return;
    }
    struct str value = path_expr(c, d->at, d->word[1]);
    if (expect_words_place(c, d)) {
        code_line(c, d->at, "tpl_count(out, %.*s, \"%.*s\", \"%.*s\");", STR_ARG(value),
                  STR_ARG(d->word[2].text), STR_ARG(d->word[3].text));
    }
}

static void do_time(struct tplc *c, const struct directive *d)
{
    struct str value = path_expr(c, d->at, d->word[1]);
    if (html_expect_text(c, d->at, "{{time}}") && html_hole(c, d->at) != NULL) {
        code_line(c, d->at, "tpl_time(out, %.*s);", STR_ARG(value));
    }
}

static void do_asset(struct tplc *c, const struct directive *d)
{
    if (expect_quoted(c, d, 1, "asset \"app.css\"")) {
        html_literal(c, d->at, d->word[1].text);
    }
}

static void do_icon(struct tplc *c, const struct directive *d)
{
    if (!expect_quoted(c, d, 1, "icon \"name\"") || !html_expect_text(c, d->at, "{{icon}}") ||
        html_hole(c, d->at) == NULL) {
        return;
    }
    code_static(c, STR("<svg class=\"icon\" aria-hidden=\"true\"><use href=\""));
    code_asset(c, STR("icons.svg"));
    code_static(c, STR("#"));
    code_static(c, d->word[1].text);
    code_static(c, STR("\"/></svg>"));
}

static void do_csrf(struct tplc *c, const struct directive *d)
{
    struct word path = d->n == 2 ? d->word[1] : (struct word){.text = STR("csrf")};
    if (d->n > 2 || !html_expect_text(c, d->at, "{{csrf}}")) {
        fail(c, d->at, "this is written {{csrf}} or {{csrf path}}");
        return;
    }
    for (size_t i = c->state.n_open; i > 0; i--) {
        struct open_element *open = &c->state.open[i - 1];
        if (open->is_post) {
            open->has_csrf = true;
            code_line(c, d->at, "tpl_csrf(out, %.*s);", STR_ARG(path_expr(c, d->at, path)));
            return;
        }
    }
    fail(c, d->at, "{{csrf}} belongs into a form with method=\"post\"");
}

/* A partial that ends with a block needs no white space after it. */
static bool ends_with_block(struct str source)
{
    source = str_trim(source);
    size_t at = source.n;
    while (at > 0 && source.p[at - 1] != '/') {
        at--;
    }
    const struct element *last =
        element_find(str_slice(source, at, source.n - (source.n > at)));
    return last != NULL && (last->flags & (EL_INLINE | EL_BOX)) == 0;
}

static void do_partial(struct tplc *c, const struct directive *d)
{
    if (d->n < 2 || d->n > 3) {
        fail(c, d->at, "this is written {{> partial}} or {{> partial path}}");
        return;
    }
    struct tplc_template *partial = find_template(c, d->word[1].text);
    if (partial == NULL || d->word[1].quoted) {
        fail(c, d->at, "there is no template '%.*s.html'", STR_ARG(d->word[1].text));
        return;
    }
    if (str_contains(partial->source, STR("{{content}}"))) {
        fail(c, d->at, "'%.*s' is a layout, not a partial", STR_ARG(d->word[1].text));
        return;
    }
    if (!html_expect_text(c, d->at, "a partial") || html_hole(c, d->at) == NULL) {
        return;
    }
    struct str view = STR("v");
    if (d->n == 3) {
        struct str path = path_expr(c, d->at, d->word[2]);
        bool item = str_starts(path, STR("(*"));
        view = item ? str_slice(path, 2, path.n - 1)
                    : arena_print(c->arena, "&%.*s", STR_ARG(path));
    }
    code_line(c, d->at, "tpl_%.*s(out, %.*s);", STR_ARG(partial->name), STR_ARG(view));
    c->state.space = ends_with_block(partial->source) ? AFTER_BLOCK : AFTER_TEXT;
}

/* ---- blocks ---- */

static struct block *block_push(struct tplc *c, size_t at)
{
    if (c->n_block == TPLC_BLOCK_MAX) {
        fail(c, at, "blocks are nested more than %d deep", TPLC_BLOCK_MAX);
        return NULL;
    }
    html_flush_space(c);
    struct block *block = &c->block[c->n_block++];
    *block = (struct block){.at = at, .before = c->state};
    return block;
}

static struct block *block_top(struct tplc *c, bool is_each)
{
    struct block *top = c->n_block == 0 ? NULL : &c->block[c->n_block - 1];
    return top != NULL && top->is_each == is_each ? top : NULL;
}

/* A branch ends here: its state must be that of the branches before it. */
static void end_branch(struct tplc *c, struct block *block, size_t at)
{
    html_flush_space(c);
    if (!block->has_merged) {
        block->merged = c->state;
        block->has_merged = true;
    } else if (!state_merge(&block->merged, &c->state)) {
        fail(c, at,
             "the branches of the {{#%s}} of line %zu end in different places of the HTML",
             block->is_each ? "each" : "if", line_of(c, block->at));
    }
}

/* As if the block had an empty branch. */
static void end_skipped(struct tplc *c, struct block *block, size_t at)
{
    c->state = block->before;
    end_branch(c, block, at);
}

static struct str condition(struct tplc *c, const struct directive *d, size_t first)
{
    static const char usage[] = "#if value}}, {{#if !value}} or {{#if value == CONSTANT";
    size_t n = d->n - first;
    if (n == 3) {
        struct str op = d->word[first + 1].text;
        struct str right = d->word[first + 2].text;
        int64_t number = 0;
        bool constant = is_ident(right) || str_to_i64(right, &number);
        if (!d->word[first + 2].quoted && constant &&
            (str_eq(op, STR("==")) || str_eq(op, STR("!=")))) {
            struct str left = path_expr(c, d->at, d->word[first]);
            return arena_print(c->arena, "%.*s %.*s %.*s", STR_ARG(left), STR_ARG(op),
                               STR_ARG(right));
        }
    }
    if (n != 1) {
        fail(c, d->at, "this is written {{%s}}", usage);
        return STR("");
    }
    struct word word = d->word[first];
    bool negated = !word.quoted && str_starts(word.text, STR("!"));
    word.text = str_slice(word.text, negated ? 1 : 0, word.text.n);
    return arena_print(c->arena, "%stpl_true(%.*s)", negated ? "!" : "",
                       STR_ARG(path_expr(c, d->at, word)));
}

static void do_if(struct tplc *c, const struct directive *d)
{
    struct str test = condition(c, d, 1);
    if (!c->failed && block_push(c, d->at) != NULL) {
        code_line(c, d->at, "if (%.*s) {", STR_ARG(test));
        c->depth++;
    }
}

static void open_else(struct tplc *c, struct block *block, const struct directive *d)
{
    c->state = block->before;
    block->has_else = d->n == 1;
    c->depth--;
    if (block->is_each) {
        code_line(c, d->at, "}");
        code_line(c, d->at, "if (%.*s == 0) {", STR_ARG(block->if_empty));
    } else if (d->n == 1) {
        code_line(c, d->at, "} else {");
    } else {
        code_line(c, d->at, "} else if (%.*s) {", STR_ARG(condition(c, d, 2)));
    }
    c->depth++;
}

static void do_else(struct tplc *c, const struct directive *d)
{
    struct block *block = c->n_block == 0 ? NULL : &c->block[c->n_block - 1];
    if (block == NULL || block->has_else) {
        fail(c, d->at, "{{else}} without {{#if}} or {{#each}}, or a second one");
        return;
    }
    bool is_else_if = d->n > 1;
    if (is_else_if && (block->is_each || !str_eq(d->word[1].text, STR("if")) || d->n < 3)) {
        fail(c, d->at, "this is written {{else}} or {{else if value}}");
        return;
    }
    end_branch(c, block, d->at);
    if (block->is_each) {
        block->loop = STR(""); /* the variable is not known when there is nothing */
    }
    open_else(c, block, d);
}

static void close_block(struct tplc *c, struct block *block, size_t at)
{
    end_branch(c, block, at);
    if (!block->has_else || block->is_each) {
        end_skipped(c, block, at);
    }
    c->state = block->merged;
    c->n_block--;
    c->depth--;
    code_line(c, at, "}");
}

static void do_end_if(struct tplc *c, const struct directive *d)
{
    struct block *block = block_top(c, false);
    if (block == NULL) {
        fail(c, d->at, "{{/if}} closes no {{#if}}");
        return;
    }
    close_block(c, block, d->at);
}

static void do_each(struct tplc *c, const struct directive *d)
{
    static const char usage[] = "#each list as item";
    if (!expect_words(c, d, 4, usage)) {
        return;
    }
    struct str name = d->word[3].text;
    if (!str_eq(d->word[2].text, STR("as")) || d->word[3].quoted || !is_ident(name)) {
        fail(c, d->at, "this is written {{%s}}", usage);
        return;
    }
    if (is_loop_variable(c, name)) {
        fail(c, d->at, "an outer {{#each}} has the name '%.*s' already", STR_ARG(name));
        return;
    }
    if (c->state.where == IN_TAG) {
        fail(c, d->at, "{{#each}} cannot stand between attributes");
        return;
    }
    if (c->state.where == IN_VALUE && c->state.url != URL_NONE && c->state.url != URL_REST) {
        fail(c, d->at, "{{#each}} cannot make the beginning of a URL");
        return;
    }
    struct str array = path_expr(c, d->at, d->word[1]);
    struct block *block = c->failed ? NULL : block_push(c, d->at);
    if (block == NULL) {
        return;
    }
    block->is_each = true;
    block->loop = name;
    block->if_empty = count_expr(c, array);
    code_line(c, d->at, "for (size_t i_%.*s = 0; i_%.*s < %.*s; i_%.*s++) {", STR_ARG(name),
              STR_ARG(name), STR_ARG(block->if_empty), STR_ARG(name));
    c->depth++;
    code_line(c, d->at, "const __typeof__(%.*s[0]) *l_%.*s = &%.*s[i_%.*s];", STR_ARG(array),
              STR_ARG(name), STR_ARG(array), STR_ARG(name));
    code_line(c, d->at, "(void)l_%.*s;", STR_ARG(name));
}

static void do_end_each(struct tplc *c, const struct directive *d)
{
    struct block *block = block_top(c, true);
    if (block == NULL) {
        fail(c, d->at, "{{/each}} closes no {{#each}}");
        return;
    }
    close_block(c, block, d->at);
}

/* ---- beginning and layout ---- */

static void do_content(struct tplc *c, const struct directive *d)
{
    if (c->n_block != 0 || c->self->is_layout || !html_expect_text(c, d->at, "{{content}}")) {
        fail(c, d->at, "{{content}} stands once in a layout, in no block");
        return;
    }
    html_flush_space(c);
    c->state.space = AFTER_BLOCK;
    c->self->is_layout = true;
    code_end(c);
    code_begin(c, "_close");
}

static void do_late(struct tplc *c, const struct directive *d)
{
    fail(c, d->at, "{{page}} stands in the first line, {{layout}} in the second");
}

static bool take_directive(struct tplc *c, struct directive *d)
{
    *d = (struct directive){.at = c->at};
    struct str rest = str_slice(c->s, c->at + 2, c->s.n);
    const char *end = memmem(rest.p, rest.n, "}}", 2);
    struct str body = end == NULL ? rest : str_slice(rest, 0, (size_t)(end - rest.p));
    if (end == NULL || (str_contains(body, STR("{{")) && !str_starts(body, STR("!")))) {
        fail(c, c->at, "this {{ is never closed with }}");
        return false;
    }
    c->at += body.n + 4;
    if (str_starts(body, STR("!"))) {
        return true;
    }
    if (str_starts(body, STR(">"))) {
        d->word[d->n++].text = str_slice(body, 0, 1);
        body = str_slice(body, 1, body.n);
    }
    if (!split(c, d, body)) {
        return false;
    }
    if (d->n == 0) {
        fail(c, d->at, "{{}} is empty");
        return false;
    }
    return true;
}

static const struct {
    const char *word;
    size_t words_min; /* with fewer words it is the value of that name */
    void (*run)(struct tplc *c, const struct directive *d);
    const char *usage; /* exactly words_min words when set */
} directives[] = {
    {"#if", 1, do_if, NULL},
    {"#each", 1, do_each, NULL},
    {"else", 1, do_else, NULL},
    {"/if", 1, do_end_if, "/if"},
    {"/each", 1, do_end_each, "/each"},
    {">", 1, do_partial, NULL},
    {"csrf", 1, do_csrf, NULL},
    {"content", 1, do_content, "content"},
    {"asset", 2, do_asset, "asset \"app.css\""},
    {"icon", 2, do_icon, "icon \"name\""},
    {"number", 2, do_number, "number value"},
    {"time", 2, do_time, "time value"},
    {"count", 2, do_count, NULL},
    {"page", 2, do_late, NULL},
    {"layout", 2, do_late, NULL},
};

static void directive(struct tplc *c)
{
    struct directive d;
    if (!take_directive(c, &d) || d.n == 0) {
        return;
    }
    struct str first = d.word[0].text;
    for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
        if (!d.word[0].quoted && d.n >= directives[i].words_min &&
            str_eq(first, str_from(directives[i].word))) {
            if (directives[i].usage == NULL ||
                expect_words(c, &d, directives[i].words_min, directives[i].usage)) {
                directives[i].run(c, &d);
            }
            return;
        }
    }
    if (str_starts(first, STR("#")) || str_starts(first, STR("/"))) {
        fail(c, d.at, "unknown directive '%.*s'", STR_ARG(first));
        return;
    }
    do_value(c, &d);
}

static void skip_blank(struct tplc *c)
{
    while (c->at < c->s.n && is_space(c->s.p[c->at])) {
        c->at++;
    }
}

/* {{page struct board_view "fcgi/views/board.h"}} */
static void take_page(struct tplc *c)
{
    static const char usage[] = "page struct board_view \"fcgi/views/board.h\"";
    struct directive d = {0};
    skip_blank(c);
    if (!looking_at(c, "{{page ") || !take_directive(c, &d)) {
        fail(c, c->at, "a template begins with {{%s}}", usage);
        return;
    }
    if (expect_words(c, &d, 4, usage) && expect_quoted(c, &d, 3, usage) &&
        (!str_eq(d.word[1].text, STR("struct")) || !is_ident(d.word[2].text))) {
        fail(c, d.at, "this is written {{%s}}", usage);
    }
    if (!c->failed) {
        c->self->type = arena_print(c->arena, "struct %.*s", STR_ARG(d.word[2].text));
        c->self->header = d.word[3].text;
    }
}

/* {{layout layout page}} */
static void take_layout(struct tplc *c)
{
    struct directive d = {0};
    skip_blank(c);
    if (c->failed || !looking_at(c, "{{layout ") || !take_directive(c, &d) ||
        !expect_words(c, &d, 3, "layout layout page")) {
        return;
    }
    struct tplc_template *layout = find_template(c, d.word[1].text);
    if (layout == NULL || layout == c->self ||
        !str_contains(layout->source, STR("{{content}}"))) {
        fail(c, d.at, "there is no layout '%.*s.html' with {{content}}",
             STR_ARG(d.word[1].text));
        return;
    }
    c->layout = layout->name;
    c->layout_view = path_expr(c, d.at, d.word[2]);
    if (str_contains(c->s, STR("{{content}}"))) {
        fail(c, d.at, "a layout cannot have a layout");
    }
}

static void check_end(struct tplc *c)
{
    if (c->n_block != 0) {
        const struct block *block = &c->block[c->n_block - 1];
        fail(c, block->at, "this {{#%s}} is never closed", block->is_each ? "each" : "if");
    }
    if (c->state.where != IN_TEXT) {
        fail(c, c->state.tag_at, "this tag is never closed");
    }
    if (c->state.n_open != 0) {
        const struct open_element *open = &c->state.open[c->state.n_open - 1];
        fail(c, open->at, "<%s> is never closed", open->element->name);
    }
    check_labels(c);
}

static void body(struct tplc *c)
{
    bool is_layout = str_contains(c->s, STR("{{content}}"));
    code_begin(c, is_layout ? "_open" : "");
    if (c->layout.n != 0) {
        sb_printf(&c->code, "    tpl_%.*s_open(out, &%.*s);\n", STR_ARG(c->layout),
                  STR_ARG(c->layout_view));
    }
    while (!c->failed && c->at < c->s.n) {
        if (looking_at(c, "{{")) {
            directive(c);
        } else {
            html_step(c);
        }
    }
    if (c->failed) {
        return;
    }
    check_end(c);
    if (c->layout.n != 0) {
        code_line(c, 0, "tpl_%.*s_close(out, &%.*s);", STR_ARG(c->layout),
                  STR_ARG(c->layout_view));
    }
    code_end(c);
}

bool tplc_compile(struct arena *arena, const struct tplc_set *set, size_t index,
                  struct str *out_error)
{
    struct tplc *c = ARENA_NEW(arena, struct tplc);
    c->arena = arena;
    c->set = set;
    c->self = &set->template[index];
    c->s = c->self->source;
    sb_init(&c->code, arena, (size_t)32 << 20);
    sb_init(&c->literal, arena, (size_t)1 << 20);
    if (!str_is_utf8(c->s) || memchr(c->s.p, '\0', c->s.n) != NULL) {
        fail(c, 0, "a template is text in UTF-8");
    }
    if (!is_ident(c->self->name)) {
        fail(c, 0, "a template's file name has letters, digits, - and _ only");
    }
    if (!c->failed) {
        take_page(c);
        take_layout(c);
    }
    if (!c->failed) {
        body(c);
    }
    if (c->code.overflow || c->literal.overflow) {
        fail(c, 0, "this template is too large");
    }
    c->self->code = sb_view(&c->code);
    *out_error = c->error;
    return !c->failed;
}
