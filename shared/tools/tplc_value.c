#include "shared/tools/tplc_parts.h"

void do_value(struct tplc *c, const struct directive *d)
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

void do_number(struct tplc *c, const struct directive *d)
{
    struct str value = path_expr(c, d->at, d->word[1]);
    if (expect_words_place(c, d)) {
        code_line(c, d->at, "tpl_number(out, %.*s);", STR_ARG(value));
    }
}

void do_count(struct tplc *c, const struct directive *d)
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

void do_time(struct tplc *c, const struct directive *d)
{
    struct str value = path_expr(c, d->at, d->word[1]);
    if (html_expect_text(c, d->at, "{{time}}") && html_hole(c, d->at) != NULL) {
        code_line(c, d->at, "tpl_time(out, %.*s);", STR_ARG(value));
    }
}

void do_asset(struct tplc *c, const struct directive *d)
{
    if (expect_quoted(c, d, 1, "asset \"app.css\"")) {
        html_asset(c, d->at, d->word[1].text);
    }
}

void do_icon(struct tplc *c, const struct directive *d)
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

void do_csrf(struct tplc *c, const struct directive *d)
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

void do_partial(struct tplc *c, const struct directive *d)
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
