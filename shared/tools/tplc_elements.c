#include "shared/tools/tplc_parts.h"

#define P EL_ENDS_P
#define I EL_INLINE
#define V EL_VOID
#define S EL_SVG

static const struct element elements[] = {
    {"a", I | EL_NO_NESTING},
    {"abbr", I},
    {"address", P},
    {"article", P},
    {"aside", P},
    {"audio", EL_BOX},
    {"b", I},
    {"bdi", I},
    {"blockquote", P},
    {"body", 0},
    {"br", V},
    {"button", EL_BOX | EL_NO_NESTING},
    {"caption", 0},
    {"cite", I},
    {"code", I},
    {"col", V},
    {"colgroup", 0},
    {"data", I},
    {"datalist", 0},
    {"dd", 0},
    {"del", I},
    {"details", P},
    {"dfn", I},
    {"dialog", P},
    {"div", P},
    {"dl", P},
    {"dt", 0},
    {"em", I},
    {"fieldset", P},
    {"figcaption", P},
    {"figure", P},
    {"footer", P},
    {"form", P | EL_NO_NESTING},
    {"h1", P},
    {"h2", P},
    {"h3", P},
    {"h4", P},
    {"h5", P},
    {"h6", P},
    {"head", 0},
    {"header", P},
    {"hgroup", P},
    {"hr", V | P},
    {"html", 0},
    {"i", I},
    {"img", V | EL_BOX},
    {"input", V | EL_BOX},
    {"ins", I},
    {"kbd", I},
    {"label", I | EL_NO_NESTING},
    {"legend", 0},
    {"li", 0},
    {"link", V},
    {"main", P},
    {"mark", I},
    {"menu", P},
    {"meta", V},
    {"meter", EL_BOX},
    {"nav", P},
    {"noscript", 0},
    {"ol", P},
    {"optgroup", 0},
    {"option", 0},
    {"output", I},
    {"p", P},
    {"picture", EL_BOX},
    {"pre", P | EL_PRE},
    {"progress", EL_BOX},
    {"q", I},
    {"s", I},
    {"samp", I},
    {"script", EL_TEXT_ONLY | EL_EMPTY},
    {"search", P},
    {"section", P},
    {"select", EL_BOX},
    {"small", I},
    {"source", V},
    {"span", I},
    {"strong", I},
    {"sub", I},
    {"summary", 0},
    {"sup", I},
    {"table", P},
    {"tbody", 0},
    {"td", 0},
    {"template", 0},
    {"textarea", EL_BOX | EL_TEXT_ONLY | EL_PRE},
    {"tfoot", 0},
    {"th", 0},
    {"thead", 0},
    {"time", I},
    {"title", EL_TEXT_ONLY},
    {"tr", 0},
    {"u", I},
    {"ul", P},
    {"var", I},
    {"video", EL_BOX},
    {"wbr", V | I},
    /* drawings */
    {"svg", S | EL_BOX},
    {"circle", S},
    {"clipPath", S},
    {"defs", S},
    {"desc", S},
    {"ellipse", S},
    {"g", S},
    {"line", S},
    {"linearGradient", S},
    {"path", S},
    {"polygon", S},
    {"polyline", S},
    {"rect", S},
    {"stop", S},
    {"symbol", S},
    {"text", S},
    {"tspan", S | I},
    {"use", S},
};

#undef P
#undef I
#undef V
#undef S

const struct element *element_find(struct str name)
{
    for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
        if (str_eq(name, str_from(elements[i].name))) {
            return &elements[i];
        }
    }
    return NULL;
}

bool element_is(const struct element *element, const char *name)
{
    return element != NULL && strcmp(element->name, name) == 0;
}

static bool listed(struct str name, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (str_eq_ci(name, str_from(*list))) {
            return true;
        }
    }
    return false;
}

static bool starts_ci(struct str name, struct str prefix)
{
    return str_eq_ci(str_slice(name, 0, prefix.n), prefix);
}

enum attr_kind attr_kind(struct str name)
{
    static const char *const refused[] = {"style", "srcdoc", "hx-vars", NULL};
    static const char *const no_holes[] = {"srcset",  "imagesrcset", "ping",       "http-equiv",
                                           "hx-vals", "hx-headers",  "hx-trigger", "hx-request",
                                           "hx-ext",  "hx-sync",     NULL};
    static const char *const urls[] = {
        "href",    "src",      "action",    "formaction",  "cite",           "poster",
        "data",    "manifest", "longdesc",  "background",  "xlink:href",     "hx-get",
        "hx-post", "hx-put",   "hx-delete", "hx-push-url", "hx-replace-url", "hx-patch",
        NULL};
    if (starts_ci(name, STR("on")) || starts_ci(name, STR("hx-on")) ||
        starts_ci(name, STR("data-hx-")) || listed(name, refused)) {
        return ATTR_REFUSED;
    }
    if (listed(name, no_holes)) {
        return ATTR_NO_HOLES;
    }
    bool url = listed(name, urls) || str_ends(name, STR("-url")) ||
               str_ends(name, STR("-href")) || str_ends(name, STR("-src"));
    return url ? ATTR_URL : ATTR_PLAIN;
}
