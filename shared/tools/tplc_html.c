#include "shared/tools/tplc_parts.h"

static const struct element *innermost(const struct tplc *c)
{
    return c->state.n_open == 0 ? NULL : c->state.open[c->state.n_open - 1].element;
}

static unsigned innermost_flags(const struct tplc *c)
{
    const struct element *element = innermost(c);
    return element == NULL ? 0 : element->flags;
}

static bool keeps_space(const struct tplc *c)
{
    for (size_t i = 0; i < c->state.n_open; i++) {
        if ((c->state.open[i].element->flags & EL_PRE) != 0) {
            return true;
        }
    }
    return false;
}

void html_flush_space(struct tplc *c)
{
    if (c->state.where == IN_TEXT && c->state.space_pending) {
        code_static(c, STR(" "));
        c->state.space = AFTER_SPACE;
    }
    c->state.space_pending = false;
}

/* ---- text ---- */

static void put_text(struct tplc *c, size_t at, struct str text)
{
    if ((innermost_flags(c) & EL_EMPTY) != 0) {
        if (str_trim(text).n != 0) {
            fail(c, at, "inline script: put it into templates/assets and use <script src>");
        }
        return;
    }
    if (keeps_space(c)) {
        code_static(c, text);
        c->state.space = AFTER_TEXT;
        return;
    }
    size_t i = 0;
    while (i < text.n) {
        size_t from = i;
        bool space = is_space(text.p[i]);
        while (i < text.n && is_space(text.p[i]) == space) {
            i++;
        }
        if (space) {
            c->state.space_pending = c->state.space_pending || c->state.space == AFTER_TEXT;
        } else {
            html_flush_space(c);
            code_static(c, str_slice(text, from, i));
            c->state.space = AFTER_TEXT;
        }
    }
}

static void text_run(struct tplc *c)
{
    size_t from = c->at;
    while (c->at < c->s.n && c->s.p[c->at] != '<' && !looking_at(c, "{{")) {
        c->at++;
    }
    put_text(c, from, str_slice(c->s, from, c->at));
}

/* White space before a tag; `outside` when it is the side that faces the neighbours. */
static void space_at_tag(struct tplc *c, const struct element *element, bool outside)
{
    bool counts =
        (element->flags & EL_INLINE) != 0 || (outside && (element->flags & EL_BOX) != 0);
    if (counts) {
        html_flush_space(c);
    }
    c->state.space_pending = false;
}

/* The same for what follows the tag. */
static void space_after_tag(struct tplc *c, const struct element *element, bool outside)
{
    if ((element->flags & EL_BOX) != 0 && outside) {
        c->state.space = AFTER_TEXT;
    } else if ((element->flags & EL_INLINE) == 0) {
        c->state.space = AFTER_BLOCK;
    }
}

/* ---- tags ---- */

static bool is_name_char(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
           ch == '-' || ch == '_' || ch == ':' || ch == '.';
}

static struct str take_name(struct tplc *c)
{
    size_t from = c->at;
    while (c->at < c->s.n && is_name_char(c->s.p[c->at])) {
        c->at++;
    }
    return str_slice(c->s, from, c->at);
}

/* After a name, a condition may follow at once (<option{{#if on}} selected{{/if}}>). */
static bool value_follows(const struct tplc *c)
{
    return looking_at(c, "{{") && !looking_at(c, "{{#") && !looking_at(c, "{{/") &&
           !looking_at(c, "{{else");
}

static void skip_space(struct tplc *c)
{
    while (c->at < c->s.n && is_space(c->s.p[c->at])) {
        c->at++;
    }
}

static void comment(struct tplc *c)
{
    struct str rest = str_slice(c->s, c->at, c->s.n);
    const char *end = memmem(rest.p + 4, rest.n - 4, "-->", 3);
    if (end == NULL) {
        fail(c, c->at, "this comment is never closed with -->");
        return;
    }
    struct str body = str_slice(rest, 0, (size_t)(end - rest.p) + 3);
    if (str_contains(body, STR("{{"))) {
        fail(c, c->at, "a value cannot stand in an HTML comment; use {{! ... }}");
        return;
    }
    c->at += body.n;
}

static void doctype(struct tplc *c)
{
    static const char text[] = "<!doctype html>";
    if (!str_eq_ci(str_slice(c->s, c->at, c->at + sizeof(text) - 1), str_from(text)) ||
        c->state.n_open != 0) {
        fail(c, c->at, "only <!doctype html> at the beginning and comments may start with <!");
        return;
    }
    code_static(c, str_from(text));
    c->at += sizeof(text) - 1;
    c->state.space = AFTER_BLOCK;
}

static void end_element(struct tplc *c)
{
    size_t at = c->at;
    c->at += 2;
    struct str name = take_name(c);
    skip_space(c);
    if (name.n == 0 || c->at >= c->s.n || c->s.p[c->at] != '>') {
        fail(c, at, "an end tag is written </name>, without values");
        return;
    }
    if (c->state.n_open == 0) {
        fail(c, at, "</%.*s> closes nothing: no element is open here", STR_ARG(name));
        return;
    }
    c->at++;
    struct open_element *open = &c->state.open[c->state.n_open - 1];
    if (!str_eq(name, str_from(open->element->name))) {
        fail(c, at, "</%.*s> found, but <%s> of line %zu is still open", STR_ARG(name),
             open->element->name, line_of(c, open->at));
        return;
    }
    if (open->is_post && !open->has_csrf) {
        fail(c, open->at, "this POST form lacks {{csrf}}");
        return;
    }
    space_at_tag(c, open->element, false);
    c->state.n_open--;
    code_static(c, STR("</"));
    code_static(c, name);
    code_static(c, STR(">"));
    space_after_tag(c, open->element, true);
}

static void start_element(struct tplc *c)
{
    size_t at = c->at++;
    struct str name = take_name(c);
    if (value_follows(c)) {
        fail(c, at, "a value cannot be part of an element's name");
        return;
    }
    const struct element *element = element_find(name);
    if (element == NULL) {
        fail(c, at,
             str_eq_ci(name, STR("style"))
                 ? "<%.*s> is refused: styles belong into templates/assets/css"
                 : "unknown or refused element <%.*s> (names are lower case)",
             STR_ARG(name));
        return;
    }
    space_at_tag(c, element, true);
    c->state.where = IN_TAG;
    c->state.tag = element;
    c->state.tag_at = at;
    c->state.n_attr = 0;
    code_static(c, STR("<"));
    code_static(c, name);
}

static void markup(struct tplc *c)
{
    const struct element *element = innermost(c);
    if (element != NULL && (element->flags & EL_TEXT_ONLY) != 0 && !looking_at(c, "</")) {
        fail(c, c->at, "<%s> contains text only; write &lt; for <", element->name);
        return;
    }
    char next = c->at + 1 < c->s.n ? c->s.p[c->at + 1] : '\0';
    if (looking_at(c, "<!--")) {
        comment(c);
    } else if (next == '!') {
        doctype(c);
    } else if (next == '/') {
        end_element(c);
    } else if ((next | 0x20) >= 'a' && (next | 0x20) <= 'z') {
        start_element(c);
    } else if (next == '{') {
        fail(c, c->at, "a value cannot be an element's name; write &lt; for < in text");
    } else {
        fail(c, c->at, "write &lt; for < in text");
    }
}

/* The '>' of a start tag. */
static void end_tag(struct tplc *c, bool closed)
{
    const struct element *element = c->state.tag;
    bool is_void = (element->flags & EL_VOID) != 0;
    bool is_svg = (element->flags & EL_SVG) != 0;
    if (closed && !is_void && !is_svg) {
        fail(c, c->state.tag_at, "<%s/> does not close the element; write <%s></%s>",
             element->name, element->name, element->name);
        return;
    }
    if (c->state.n_open == TPLC_OPEN_MAX) {
        fail(c, c->state.tag_at, "elements are nested more than %d deep", TPLC_OPEN_MAX);
        return;
    }
    struct open_element *open = &c->state.open[c->state.n_open];
    *open = (struct open_element){.element = element, .at = c->state.tag_at};
    check_tag(c);
    c->state.where = IN_TEXT;
    code_static(c, closed && is_svg ? STR("/>") : STR(">"));
    c->at += closed ? 2 : 1;
    bool is_whole = is_void || closed;
    if (!is_whole) {
        c->state.n_open++;
        if (element_is(element, "textarea")) {
            code_static(c, STR("\n")); /* browsers drop the first line end: not the value's */
        }
    }
    space_after_tag(c, element, is_whole);
}

/* ---- attributes ---- */

static void add_attr(struct tplc *c, struct str value)
{
    struct state *state = &c->state;
    if (state->n_attr == TPLC_ATTR_MAX) {
        fail(c, c->at, "more than %d attributes in one tag", TPLC_ATTR_MAX);
        return;
    }
    state->attr[state->n_attr++] =
        (struct attr){.name = state->attr_name, .value = value, .sure = true};
}

static bool is_allowed_scheme(struct str scheme)
{
    return str_eq_ci(scheme, STR("https")) || str_eq_ci(scheme, STR("http")) ||
           str_eq_ci(scheme, STR("mailto")) || str_eq_ci(scheme, STR("tel"));
}

/* Follows how far a literal piece of a URL gets. */
static void follow_url(struct tplc *c, size_t from, size_t to)
{
    for (size_t i = from; i < to && c->state.url != URL_REST && c->state.url != URL_NONE; i++) {
        char ch = c->s.p[i];
        if (ch == '/' || ch == '?' || ch == '#') {
            c->state.url = URL_REST;
        } else if (ch != ':') {
            c->state.url = c->state.url == URL_START ? URL_SCHEME : c->state.url;
        } else if ((c->state.url == URL_SCHEME || c->state.url == URL_START) &&
                   is_allowed_scheme(str_slice(c->s, c->state.value_at, i))) {
            c->state.url = URL_REST;
        } else {
            fail(c, i, "a URL may begin with https:, http:, mailto: or tel:, or be relative");
        }
    }
}

/* Attribute text as written, with line breaks and their indentation as one space. */
static void put_value(struct tplc *c, struct str text)
{
    size_t i = 0;
    while (i < text.n) {
        size_t from = i;
        bool space = is_space(text.p[i]);
        while (i < text.n && is_space(text.p[i]) == space) {
            i++;
        }
        struct str run = str_slice(text, from, i);
        code_static(c, space && str_find(run, '\n') < run.n ? STR(" ") : run);
    }
}

static void value_run(struct tplc *c)
{
    size_t from = c->at;
    while (c->at < c->s.n && c->s.p[c->at] != c->state.quote && !looking_at(c, "{{")) {
        c->at++;
    }
    if (c->at == c->s.n) {
        fail(c, c->state.value_at, "this attribute value is never closed");
        return;
    }
    follow_url(c, from, c->at);
    put_value(c, str_slice(c->s, from, c->at));
    if (c->s.p[c->at] == c->state.quote) {
        code_static(c, str_slice(c->s, c->at, c->at + 1));
        add_attr(c, str_slice(c->s, c->state.value_at, c->at));
        c->at++;
        c->state.where = IN_TAG;
    }
}

static void unquoted_value(struct tplc *c)
{
    size_t from = c->at;
    while (c->at < c->s.n && !is_space(c->s.p[c->at]) && c->s.p[c->at] != '>') {
        if (looking_at(c, "{{") || strchr("\"'<=`", c->s.p[c->at]) != NULL) {
            fail(c, c->at, "put this attribute value in quotes");
            return;
        }
        c->at++;
    }
    struct str value = str_slice(c->s, from, c->at);
    if (value.n == 0) {
        fail(c, from, "an attribute value is missing after =");
        return;
    }
    follow_url(c, from, c->at);
    code_static(c, STR("=\""));
    code_static(c, value);
    code_static(c, STR("\""));
    add_attr(c, value);
}

static void attribute(struct tplc *c)
{
    size_t at = c->at;
    struct str name = take_name(c);
    if (value_follows(c)) {
        fail(c, at, "a value cannot be part of an attribute's name");
        return;
    }
    if (name.n == 0) {
        fail(c, at, "'%c' does not belong into a tag", c->s.p[at]);
        return;
    }
    check_attr(c, at, name);
    c->state.attr_name = name;
    code_static(c, STR(" "));
    code_static(c, name);
    skip_space(c);
    if (c->at >= c->s.n || c->s.p[c->at] != '=') {
        add_attr(c, STR(""));
        return;
    }
    c->at++;
    skip_space(c);
    c->state.value_at = c->at;
    c->state.url = attr_kind(name) == ATTR_URL ? URL_START : URL_NONE;
    if (c->at < c->s.n && (c->s.p[c->at] == '"' || c->s.p[c->at] == '\'')) {
        c->state.quote = c->s.p[c->at++];
        c->state.value_at = c->at;
        c->state.where = IN_VALUE;
        code_static(c, STR("="));
        code_static(c, str_slice(c->s, c->at - 1, c->at));
    } else {
        unquoted_value(c);
    }
}

static void tag_step(struct tplc *c)
{
    skip_space(c);
    if (c->at == c->s.n || looking_at(c, "{{")) {
        return;
    }
    if (c->s.p[c->at] == '>') {
        end_tag(c, false);
    } else if (looking_at(c, "/>")) {
        end_tag(c, true);
    } else {
        attribute(c);
    }
}

void html_step(struct tplc *c)
{
    if (c->state.where == IN_VALUE) {
        value_run(c);
    } else if (c->state.where == IN_TAG) {
        tag_step(c);
    } else if (c->s.p[c->at] == '<') {
        markup(c);
    } else {
        text_run(c);
    }
}

/* ---- what directives ask ---- */

static const char *url_hole(struct tplc *c, size_t at)
{
    enum url_part before = c->state.url;
    if (before == URL_MIXED) {
        fail(c, at,
             "where in the URL this value stands depends on a condition; write the whole "
             "attribute in each branch");
        return NULL;
    }
    c->state.url = before == URL_START ? URL_HOLE : before == URL_SCHEME ? URL_HOLE : before;
    return before == URL_START ? "tpl_url" : "tpl_query";
}

static const char *value_hole(struct tplc *c, size_t at)
{
    switch (attr_kind(c->state.attr_name)) {
    case ATTR_URL:
        return url_hole(c, at);
    case ATTR_PLAIN:
        return "tpl_attr";
    case ATTR_NO_HOLES:
    case ATTR_REFUSED:
        break;
    }
    fail(c, at, "a value cannot be made safe in the attribute %.*s",
         STR_ARG(c->state.attr_name));
    return NULL;
}

const char *html_hole(struct tplc *c, size_t at)
{
    if (c->state.where == IN_VALUE) {
        return value_hole(c, at);
    }
    if (c->state.where == IN_TAG) {
        fail(c, at,
             "a value cannot stand between attributes; for a boolean attribute write "
             "{{#if x}} checked{{/if}}");
        return NULL;
    }
    if ((innermost_flags(c) & EL_EMPTY) != 0) {
        fail(c, at, "a value cannot be made safe in a script; put it into a data- attribute");
        return NULL;
    }
    html_flush_space(c);
    c->state.space = AFTER_TEXT;
    return (innermost_flags(c) & EL_TEXT_ONLY) != 0 ? "tpl_plain" : "tpl_text";
}

bool html_expect_text(struct tplc *c, size_t at, const char *what)
{
    if (c->state.where != IN_TEXT || (innermost_flags(c) & EL_TEXT_ONLY) != 0) {
        fail(c, at, "%s can only stand between tags", what);
        return false;
    }
    return true;
}

void html_asset(struct tplc *c, size_t at, struct str text)
{
    if (c->state.where == IN_TAG || (innermost_flags(c) & EL_EMPTY) != 0) {
        fail(c, at, "this cannot stand here; put it into a quoted attribute value");
        return;
    }
    html_flush_space(c);
    c->state.space = AFTER_TEXT;
    if (c->state.where == IN_VALUE && c->state.url != URL_NONE) {
        c->state.url = URL_REST;
    }
    code_asset(c, text);
}
