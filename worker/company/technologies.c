#include "worker/company/technologies.h"

#include "gen/technologies.h"

/* The rules of a kind. */
#define EACH_RULE(i, kind)                                                                     \
    size_t i = technology_first[kind];                                                         \
    i < technology_first[(kind) + 1];                                                          \
    i++
#define TRACE_MAX 2000
#define NODES_MAX 3000 /* whose addresses are looked at */

static void add(struct technologies *out, const char *name)
{
    for (size_t i = 0; i < out->n; i++) {
        if (str_eq(out->names[i], str_from(name))) {
            return;
        }
    }
    if (out->n < TECHNOLOGIES_MAX) {
        out->names[out->n++] = str_from(name);
    }
}

static void lower(struct str text, char out[TRACE_MAX + 1])
{
    size_t n = text.n < TRACE_MAX ? text.n : TRACE_MAX;
    for (size_t i = 0; i < n; i++) {
        char c = text.p[i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c == '\0' ? ' ' : c;
    }
    out[n] = '\0';
}

static bool is_in(const char *text, const char *trace, bool anywhere)
{
    return anywhere ? strstr(text, trace) != NULL : strncmp(text, trace, strlen(trace)) == 0;
}

/* `text` left a trace of this kind. */
static void match(int kind, struct str text, struct technologies *out)
{
    char low[TRACE_MAX + 1];
    if (str_is_empty(text)) {
        return;
    }
    lower(text, low);
    for (EACH_RULE(i, kind)) {
        if (is_in(low, technology_rules[i].trace, kind == TRACE_SCRIPT)) {
            add(out, technology_rules[i].name);
        }
    }
}

/* "server: nginx/1.18" has the trace "server:nginx". */
static void match_header(struct str line, struct technologies *out)
{
    char low[TRACE_MAX + 1];
    size_t colon = str_find(line, ':');
    struct str name = str_trim(str_slice(line, 0, colon));
    struct str value = str_trim(str_slice(line, colon + 1, line.n));
    if (str_eq_ci(name, STR("set-cookie"))) {
        match(TRACE_COOKIE, value, out);
        return;
    }
    lower(line, low);
    for (EACH_RULE(i, TRACE_HEADER)) {
        struct str trace = str_from(technology_rules[i].trace);
        size_t at = str_find(trace, ':');
        if (colon < line.n && str_eq_ci(str_slice(trace, 0, at), name) &&
            strstr(low + (colon < TRACE_MAX ? colon + 1 : TRACE_MAX),
                   technology_rules[i].trace + at + 1) != NULL) {
            add(out, technology_rules[i].name);
        }
    }
}

/* Traces in attributes are rules like "id=__next", so few that each names its attribute. */
static void match_attributes(const struct markup_node *node, struct technologies *out)
{
    for (EACH_RULE(i, TRACE_HTML)) {
        struct str trace = str_from(technology_rules[i].trace);
        size_t equals = str_find(trace, '=');
        for (size_t a = 0; a < node->n_attributes; a++) {
            const struct markup_attribute *attribute = &node->attributes[a];
            if (str_eq_ci(attribute->name, str_slice(trace, 0, equals)) &&
                (equals == trace.n ||
                 str_eq_ci(attribute->value, str_slice(trace, equals + 1, trace.n)))) {
                add(out, technology_rules[i].name);
            }
        }
    }
}

/* Where a script, a frame, a picture or a stylesheet comes from. */
static struct str source_of(const struct markup_node *node)
{
    bool source =
        markup_is(node, "script") || markup_is(node, "iframe") || markup_is(node, "img");
    struct str url = source                    ? markup_attribute(node, "src")
                     : markup_is(node, "link") ? markup_attribute(node, "href")
                                               : (struct str){0};
    return str_starts(url, STR("data:")) ? (struct str){0} : url;
}

static void match_node(const struct markup_node *node, size_t *left, struct technologies *out)
{
    struct str source = source_of(node);
    if (!str_is_empty(source) && *left > 0) {
        (*left)--;
        match(TRACE_SCRIPT, source, out);
    } else if (markup_is(node, "meta") &&
               str_eq_ci(markup_attribute(node, "name"), STR("generator"))) {
        match(TRACE_GENERATOR, str_trim(markup_attribute(node, "content")), out);
    }
    if (node->n_attributes > 0 && !node->foreign) {
        match_attributes(node, out);
    }
}

void technologies_read(const struct markup *markup, struct str headers,
                       struct technologies *out)
{
    struct str line;
    size_t left = NODES_MAX;
    while (str_next(&headers, '\n', &line)) {
        match_header(str_trim(line), out);
    }
    for (size_t i = 0; i < markup->n; i++) {
        match_node(&markup->nodes[i], &left, out);
    }
}
