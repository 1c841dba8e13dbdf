#include "shared/tools/tplc_parts.h"

/* ---- one attribute ---- */

static const struct attr *attr_find(const struct state *state, struct str name)
{
    for (size_t i = 0; i < state->n_attr; i++) {
        if (str_eq_ci(state->attr[i].name, name)) {
            return &state->attr[i];
        }
    }
    return NULL;
}

void check_attr(struct tplc *c, size_t at, struct str name)
{
    if (attr_kind(name) == ATTR_REFUSED) {
        fail(c, at,
             "the attribute %.*s is refused: styles and script belong into "
             "templates/assets",
             STR_ARG(name));
        return;
    }
    if (attr_find(&c->state, name) != NULL) {
        fail(c, at, "the attribute %.*s is written twice", STR_ARG(name));
        return;
    }
    if (str_eq_ci(name, STR("formmethod"))) {
        fail(c, at, "formmethod is refused: give the form its method");
    }
}

/* ---- one start tag ---- */

static bool is_dynamic(const struct attr *attr)
{
    return str_contains(attr->value, STR("{{"));
}

/* Present in every branch, and not empty unless it has a value to fill it. */
static bool is_sure(const struct tplc *c, const char *name)
{
    const struct attr *attr = attr_find(&c->state, str_from(name));
    return attr != NULL && attr->sure && str_trim(attr->value).n != 0;
}

static bool may_be(const struct tplc *c, const char *name, const char *value)
{
    const struct attr *attr = attr_find(&c->state, str_from(name));
    return attr != NULL &&
           (is_dynamic(attr) || str_eq_ci(str_trim(attr->value), str_from(value)));
}

static bool must_be(const struct tplc *c, const char *name, const char *value)
{
    const struct attr *attr = attr_find(&c->state, str_from(name));
    return attr != NULL && attr->sure && str_eq_ci(attr->value, str_from(value));
}

static bool is_inside(const struct tplc *c, const char *name)
{
    for (size_t i = 0; i < c->state.n_open; i++) {
        if (element_is(c->state.open[i].element, name)) {
            return true;
        }
    }
    return false;
}

static void note_control(struct tplc *c, struct control *list, size_t *n, struct str id)
{
    if (*n == TPLC_CONTROL_MAX) {
        fail(c, c->state.tag_at, "more than %d labelled controls in one template",
             TPLC_CONTROL_MAX);
        return;
    }
    list[(*n)++] = (struct control){.id = id, .at = c->state.tag_at};
}

/* A control without a label of its own must be named by a <label for> of this template. */
static void check_control(struct tplc *c)
{
    if (is_sure(c, "aria-label") || is_sure(c, "aria-labelledby") || is_inside(c, "label")) {
        return;
    }
    const struct attr *id = attr_find(&c->state, STR("id"));
    note_control(c, c->controls, &c->n_controls, id == NULL ? STR("") : id->value);
}

static void check_input(struct tplc *c)
{
    static const char *const unlabelled[] = {"hidden", "submit", "reset", "button"};
    for (size_t i = 0; i < sizeof(unlabelled) / sizeof(unlabelled[0]); i++) {
        if (must_be(c, "type", unlabelled[i])) {
            return;
        }
    }
    if (must_be(c, "type", "image")) {
        if (attr_find(&c->state, STR("alt")) == NULL) {
            fail(c, c->state.tag_at, "<input type=image> lacks alt");
        }
        return;
    }
    check_control(c);
}

static void check_img(struct tplc *c)
{
    const struct attr *alt = attr_find(&c->state, STR("alt"));
    if (alt == NULL || !alt->sure) {
        fail(c, c->state.tag_at, "<img> lacks alt (alt=\"\" for a picture that says nothing)");
    }
}

static void check_button(struct tplc *c)
{
    if (!is_sure(c, "type")) {
        fail(c, c->state.tag_at, "<button> lacks type: submit or button");
    }
}

static void check_form(struct tplc *c)
{
    const struct attr *method = attr_find(&c->state, STR("method"));
    if (method != NULL && (is_dynamic(method) || !method->sure)) {
        fail(c, c->state.tag_at, "a form's method must be written out, without condition");
        return;
    }
    c->state.open[c->state.n_open].is_post =
        method != NULL && str_eq_ci(str_trim(method->value), STR("post"));
}

static void check_script(struct tplc *c)
{
    if (!is_sure(c, "src")) {
        fail(c, c->state.tag_at, "<script> lacks src: inline script is refused");
    }
}

static void check_label(struct tplc *c)
{
    const struct attr *id = attr_find(&c->state, STR("for"));
    if (id != NULL) {
        note_control(c, c->labels, &c->n_labels, id->value);
    }
}

static void check_meta(struct tplc *c)
{
    const struct attr *content = attr_find(&c->state, STR("content"));
    if (attr_find(&c->state, STR("http-equiv")) != NULL && content != NULL &&
        is_dynamic(content)) {
        fail(c, c->state.tag_at, "a value cannot be made safe in <meta http-equiv>");
    }
}

static void check_html(struct tplc *c)
{
    if (!is_sure(c, "lang")) {
        fail(c, c->state.tag_at, "<html> lacks lang");
    }
}

static void check_target(struct tplc *c)
{
    if (!may_be(c, "target", "_blank")) {
        return;
    }
    const struct attr *rel = attr_find(&c->state, STR("rel"));
    struct str rest = rel != NULL && rel->sure ? rel->value : STR("");
    struct str word;
    while (str_next(&rest, ' ', &word)) {
        if (str_eq_ci(word, STR("noopener")) || str_eq_ci(word, STR("noreferrer"))) {
            return;
        }
    }
    fail(c, c->state.tag_at, "target=_blank lacks rel=\"noopener\"");
}

static void check_nesting(struct tplc *c)
{
    const struct element *element = c->state.tag;
    for (size_t i = c->state.n_open; i > 0; i--) {
        const struct open_element *open = &c->state.open[i - 1];
        if (element_is(open->element, "p") && (element->flags & EL_ENDS_P) != 0) {
            fail(c, c->state.tag_at, "a browser ends the <p> of line %zu before this <%s>",
                 line_of(c, open->at), element->name);
        }
        if (open->element == element && (element->flags & EL_NO_NESTING) != 0) {
            fail(c, c->state.tag_at, "<%s> inside the <%s> of line %zu", element->name,
                 element->name, line_of(c, open->at));
        }
        if (element_is(open->element, "button") && element_is(element, "a")) {
            fail(c, c->state.tag_at, "<a> inside the <button> of line %zu",
                 line_of(c, open->at));
        }
    }
}

void check_tag(struct tplc *c)
{
    static const struct {
        const char *element;
        void (*check)(struct tplc *c);
    } checks[] = {
        {"input", check_input},   {"select", check_control}, {"textarea", check_control},
        {"img", check_img},       {"button", check_button},  {"form", check_form},
        {"script", check_script}, {"label", check_label},    {"meta", check_meta},
        {"html", check_html},
    };
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        if (element_is(c->state.tag, checks[i].element)) {
            checks[i].check(c);
        }
    }
    check_target(c);
    check_nesting(c);
}

/* ---- the whole template ---- */

void check_labels(struct tplc *c)
{
    for (size_t i = 0; i < c->n_controls; i++) {
        bool named = false;
        for (size_t k = 0; k < c->n_labels && !named; k++) {
            named = c->controls[i].id.n != 0 && str_eq(c->controls[i].id, c->labels[k].id);
        }
        if (!named) {
            fail(c, c->controls[i].at,
                 "this control lacks a label: <label for>, a <label> around it, aria-label or "
                 "aria-labelledby");
            return;
        }
    }
}

/* ---- branches ---- */

static bool same_open(const struct state *a, const struct state *b)
{
    if (a->n_open != b->n_open) {
        return false;
    }
    for (size_t i = 0; i < a->n_open; i++) {
        const struct open_element *x = &a->open[i];
        const struct open_element *y = &b->open[i];
        if (x->element != y->element || x->is_post != y->is_post ||
            x->has_csrf != y->has_csrf) {
            return false;
        }
    }
    return true;
}

/* An attribute is sure when both have it; with two values it counts as one that is not
 * known. */
static bool merge_attrs(struct state *merged, const struct state *other)
{
    for (size_t i = 0; i < merged->n_attr; i++) {
        struct attr *mine = &merged->attr[i];
        const struct attr *theirs = attr_find(other, mine->name);
        mine->sure = mine->sure && theirs != NULL && theirs->sure;
        if (theirs != NULL && !str_eq(mine->value, theirs->value)) {
            mine->value = STR("{{}}");
        }
    }
    for (size_t i = 0; i < other->n_attr; i++) {
        if (attr_find(merged, other->attr[i].name) == NULL) {
            if (merged->n_attr == TPLC_ATTR_MAX) {
                return false;
            }
            merged->attr[merged->n_attr] = other->attr[i];
            merged->attr[merged->n_attr++].sure = false;
        }
    }
    return true;
}

bool state_merge(struct state *merged, const struct state *other)
{
    if (merged->where != other->where || !same_open(merged, other)) {
        return false;
    }
    if (merged->where != IN_TEXT &&
        (merged->tag != other->tag || merged->tag_at != other->tag_at ||
         !merge_attrs(merged, other))) {
        return false;
    }
    if (merged->where == IN_VALUE && merged->value_at != other->value_at) {
        return false;
    }
    merged->url = merged->url == other->url ? merged->url : URL_MIXED;
    merged->space = merged->space == other->space                               ? merged->space
                    : merged->space == AFTER_TEXT || other->space == AFTER_TEXT ? AFTER_TEXT
                                                                                : AFTER_SPACE;
    return true;
}
