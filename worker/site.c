#include "worker/site.h"

#include "shared/url.h"

#include <errno.h>
#include <gumbo.h>
#include <iconv.h>

#define PAGE_MAX ((size_t)2 << 20)
#define NODES_MAX 200000
#define OPEN_TAGS_MAX 20000

/* Candidates in one page; the first of each wins. */
struct found {
    struct ctx *ctx;
    struct str title, og_title, og_site, og_description, meta_description, application;
    struct str icon;
    int icon_size;
    size_t nodes;
};

/* Text with white space folded and control characters dropped, at most max bytes. */
static struct str tidy(struct ctx *ctx, struct str text, size_t max)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, text.n + 1);
    bool space = false;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool is_nbsp = c == 0xc2 && i + 1 < text.n && (unsigned char)text.p[i + 1] == 0xa0;
        if (c <= ' ' || c == 0x7f || is_nbsp) {
            space = sb.n != 0;
            i += is_nbsp ? 1 : 0;
            continue;
        }
        sb_str(&sb, space ? STR(" ") : STR(""));
        space = false;
        sb_char(&sb, (char)c);
    }
    struct str tidied = str_trim(str_cut(sb_view(&sb), max));
    return str_is_empty(tidied) ? (struct str){0} : tidied;
}

static struct str attribute(const GumboNode *node, const char *name)
{
    const GumboAttribute *found = gumbo_get_attribute(&node->v.element.attributes, name);
    return found == NULL ? (struct str){0} : str_from(found->value);
}

static void keep_first(struct str *place, struct str value)
{
    if (str_is_empty(*place) && !str_is_empty(value)) {
        *place = value;
    }
}

static void read_meta(struct found *found, const GumboNode *node)
{
    struct str content = tidy(found->ctx, attribute(node, "content"), SITE_DESCRIPTION_MAX);
    struct str name = attribute(node, "property");
    name = str_is_null(name) ? attribute(node, "name") : name;
    if (str_eq_ci(name, STR("og:site_name"))) {
        keep_first(&found->og_site, content);
    } else if (str_eq_ci(name, STR("og:title"))) {
        keep_first(&found->og_title, content);
    } else if (str_eq_ci(name, STR("og:description"))) {
        keep_first(&found->og_description, content);
    } else if (str_eq_ci(name, STR("description"))) {
        keep_first(&found->meta_description, content);
    } else if (str_eq_ci(name, STR("application-name"))) {
        keep_first(&found->application, content);
    }
}

/* "180x180" gives 180; without a size icons count as 16, touch icons as 180. */
static int icon_size(struct str sizes, bool touch)
{
    int64_t size = 0;
    return str_to_i64(str_slice(sizes, 0, str_find(sizes, 'x')), &size) && size > 0 &&
                   size < 4096
               ? (int)size
               : (touch ? 180 : 16);
}

static void read_link(struct found *found, const GumboNode *node)
{
    struct str rel = attribute(node, "rel");
    struct str href = str_trim(attribute(node, "href"));
    struct str word;
    bool icon = false;
    bool touch = false;
    while (str_next(&rel, ' ', &word)) {
        touch = touch || str_eq_ci(word, STR("apple-touch-icon"));
        icon = icon || touch || str_eq_ci(word, STR("icon"));
    }
    bool drawn =
        str_ends(href, STR(".svg")) || str_contains(attribute(node, "type"), STR("svg"));
    if (!icon || drawn || str_is_empty(href) || href.n > SITE_URL_MAX) {
        return;
    }
    int size = icon_size(attribute(node, "sizes"), touch);
    /* The smallest that is sharp at 36 px doubled; else the largest. */
    bool better = found->icon_size >= 72 ? size >= 72 && size < found->icon_size
                                         : size > found->icon_size;
    if (better) {
        found->icon = arena_dup(found->ctx->arena, href);
        found->icon_size = size;
    }
}

static void read_title(struct found *found, const GumboNode *node)
{
    const GumboVector *children = &node->v.element.children;
    if (children->length > 0) {
        const GumboNode *text = children->data[0];
        if (text->type == GUMBO_NODE_TEXT) {
            keep_first(&found->title,
                       tidy(found->ctx, str_from(text->v.text.text), SITE_DESCRIPTION_MAX));
        }
    }
}

static void read_element(struct found *found, const GumboNode *node)
{
    switch ((int)node->v.element.tag) {
    case GUMBO_TAG_META:
        read_meta(found, node);
        break;
    case GUMBO_TAG_LINK:
        read_link(found, node);
        break;
    case GUMBO_TAG_TITLE:
        if (node->v.element.tag_namespace == GUMBO_NAMESPACE_HTML) {
            read_title(found, node);
        }
        break;
    default:
        break;
    }
}

static const GumboNode *after(const GumboNode *node, const GumboNode *root)
{
    while (node != root) {
        const GumboVector *siblings = &node->parent->v.element.children;
        if (node->index_within_parent + 1 < siblings->length) {
            return siblings->data[node->index_within_parent + 1];
        }
        node = node->parent;
    }
    return NULL;
}

/* In document order without recursion: a page may be nested as deep as it likes. */
static void walk(struct found *found, const GumboNode *root)
{
    const GumboNode *node = root;
    while (node != NULL && found->nodes++ < NODES_MAX) {
        const GumboNode *child = NULL;
        if (node->type == GUMBO_NODE_ELEMENT) {
            read_element(found, node);
            if (node->v.element.children.length > 0) {
                child = node->v.element.children.data[0];
            }
        }
        node = child != NULL ? child : after(node, root);
    }
}

/* The charset that a Content-Type or a <meta> names, "no value" when none. */
static struct str charset_of(struct str text)
{
    const char *at = text.n == 0 ? NULL : memmem(text.p, text.n, "charset=", 8);
    if (at == NULL) {
        return (struct str){0};
    }
    struct str rest = str_slice(text, (size_t)(at - text.p) + 8, text.n);
    size_t from = rest.n > 0 && (rest.p[0] == '"' || rest.p[0] == '\'') ? 1 : 0;
    size_t to = from;
    while (to < rest.n && to - from < 40 && strchr("\"' ;>/\t\r\n", rest.p[to]) == NULL) {
        to++;
    }
    return str_slice(rest, from, to);
}

static struct str to_utf8(struct ctx *ctx, struct str html, struct str content_type)
{
    if (str_is_utf8(html)) {
        return html;
    }
    struct str charset = charset_of(content_type);
    charset = str_is_empty(charset) ? charset_of(str_slice(html, 0, 2048)) : charset;
    bool named = !str_is_empty(charset) && !str_eq_ci(charset, STR("utf-8"));
    iconv_t converter =
        iconv_open("UTF-8", named ? arena_cstr(ctx->arena, charset) : "WINDOWS-1252");
    if (converter == (iconv_t)-1) {
        converter = iconv_open("UTF-8", "WINDOWS-1252");
    }
    if (converter == (iconv_t)-1) {
        return (struct str){0};
    }
    size_t room = html.n * 3 + 16;
    char *out = arena_alloc(ctx->arena, room);
    char *to = out;
    char *from = arena_cstr(ctx->arena, html);
    size_t left = html.n;
    while (left > 0 && iconv(converter, &from, &left, &to, &room) == (size_t)-1 &&
           errno != E2BIG) {
        from++; /* a byte that means nothing there */
        left--;
    }
    (void)iconv_close(converter);
    return (struct str){.p = out, .n = (size_t)(to - out)};
}

/* "Pricing - Acme Inc." or "Acme Inc. | Anvils": companies put their name at the shorter end.
 */
static struct str name_in_title(struct ctx *ctx, struct str title)
{
    static const struct str separators[] = {STR_INIT(" | "), STR_INIT(" - "), STR_INIT(" – "),
                                            STR_INIT(" — "), STR_INIT(" · "), STR_INIT(": ")};
    for (size_t i = 0; i < sizeof(separators) / sizeof(separators[0]); i++) {
        const char *at =
            title.n == 0 ? NULL : memmem(title.p, title.n, separators[i].p, separators[i].n);
        if (at != NULL) {
            struct str first = str_slice(title, 0, (size_t)(at - title.p));
            struct str rest = str_slice(title, first.n + separators[i].n, title.n);
            struct str shorter = first.n <= rest.n ? first : rest;
            return tidy(ctx, shorter, SITE_NAME_MAX);
        }
    }
    return tidy(ctx, title, SITE_NAME_MAX);
}

static void parse(struct found *found, struct str html)
{
    GumboOptions options = kGumboDefaultOptions;
    options.max_errors = 0;
    GumboOutput *output = gumbo_parse_with_options(&options, html.p, html.n);
    if (output != NULL) {
        walk(found, output->root);
        gumbo_destroy_output(&options, output);
    }
}

/* gumbo frees its tree recursively, so the depth is bounded before it is built. */
static bool is_too_deep(struct str html)
{
    size_t opened = 0;
    for (size_t i = 0; i + 1 < html.n; i++) {
        bool opens = html.p[i] == '<' &&
                     ((html.p[i + 1] | 0x20) >= 'a' && (html.p[i + 1] | 0x20) <= 'z');
        opened += opens ? 1 : 0;
    }
    return opened > OPEN_TAGS_MAX;
}

void site_read(struct ctx *ctx, struct str html, struct str content_type, struct str url,
               struct site *out_site)
{
    struct found found = {.ctx = ctx};
    struct str text = to_utf8(ctx, str_slice(html, 0, PAGE_MAX), content_type);
    if (!str_is_empty(text) && !is_too_deep(text)) {
        parse(&found, text);
    }
    struct str title = str_is_empty(found.title) ? found.og_title : found.title;
    *out_site = (struct site){
        .name = str_cut(str_is_empty(found.og_site) ? found.application : found.og_site,
                        SITE_NAME_MAX),
        .title = str_is_empty(found.og_title) ? found.title : found.og_title,
        .description =
            str_is_empty(found.og_description) ? found.meta_description : found.og_description,
    };
    out_site->name_is_stated = !str_is_empty(out_site->name);
    struct str icon;
    if (!str_is_empty(found.icon) && url_join(ctx->arena, url, found.icon, &icon) &&
        icon.n <= SITE_URL_MAX) {
        out_site->icon = icon;
    }
    if (str_is_empty(out_site->name)) {
        out_site->name = name_in_title(ctx, title);
    }
}
