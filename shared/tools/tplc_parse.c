#include "shared/tools/tplc_parts.h"

#include <stdarg.h>

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

bool is_ident(struct str s)
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

bool is_loop_variable(const struct tplc *c, struct str name)
{
    for (size_t i = 0; i < c->n_block; i++) {
        if (c->block[i].is_each && str_eq(c->block[i].loop, name)) {
            return true;
        }
    }
    return false;
}

/* The C expression of a path; an empty one after a failure. */
struct str path_expr(struct tplc *c, size_t at, struct word word)
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
struct str count_expr(struct tplc *c, struct str array)
{
    size_t last = array.n;
    while (last > 0 && array.p[last - 1] != '.' && array.p[last - 1] != '>') {
        last--;
    }
    return arena_print(c->arena, "%.*sn_%.*s", STR_ARG(str_slice(array, 0, last)),
                       STR_ARG(str_slice(array, last, array.n)));
}

/* "board-card" and "board_card" are the same template. */
struct tplc_template *find_template(const struct tplc *c, struct str file)
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
        if (d->n == TPLC_WORDS_MAX) {
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

bool expect_words(struct tplc *c, const struct directive *d, size_t n, const char *usage)
{
    if (d->n != n) {
        fail(c, d->at, "this is written {{%s}}", usage);
        return false;
    }
    return true;
}

/* Words that end up in C literals and in HTML as they are. */
bool expect_quoted(struct tplc *c, const struct directive *d, size_t i, const char *usage)
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
