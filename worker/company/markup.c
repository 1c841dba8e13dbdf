#include "worker/company/markup.h"

#include "shared/sb.h"
#include "shared/url.h"

#include <gumbo.h>
#include <iconv.h>

#include <errno.h>
#include <setjmp.h>

#define PARSE_BYTES ((size_t)32 << 20) /* that gumbo may take for a page */
#define LINK_MAX 2000

/* ---- text ---- */

struct str markup_tidy(struct ctx *ctx, struct str text, size_t max)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, max + 2);
    bool space = false;
    for (size_t i = 0; i < text.n && sb.n <= max; i++) {
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

/* ---- encodings ---- */

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

/* Encodings of the standard whose converters of the C library are plain tables. Others are not
 * opened: a site names what it likes, and not every converter was made for hostile text. */
static const char *known_charset(struct str name)
{
    static const char *const known[][2] = {
        {"utf-8", "UTF-8"},
        {"iso-8859-2", "ISO-8859-2"},
        {"iso-8859-3", "ISO-8859-3"},
        {"iso-8859-4", "ISO-8859-4"},
        {"iso-8859-5", "ISO-8859-5"},
        {"iso-8859-6", "ISO-8859-6"},
        {"iso-8859-7", "ISO-8859-7"},
        {"iso-8859-8", "ISO-8859-8"},
        {"iso-8859-10", "ISO-8859-10"},
        {"iso-8859-13", "ISO-8859-13"},
        {"iso-8859-14", "ISO-8859-14"},
        {"iso-8859-15", "ISO-8859-15"},
        {"iso-8859-16", "ISO-8859-16"},
        {"koi8-r", "KOI8-R"},
        {"koi8-u", "KOI8-U"},
        {"macintosh", "MACINTOSH"},
        {"ibm866", "IBM866"},
        {"windows-874", "CP874"},
        {"windows-1250", "CP1250"},
        {"windows-1251", "CP1251"},
        {"windows-1253", "CP1253"},
        {"windows-1254", "CP1254"},
        {"iso-8859-9", "CP1254"},
        {"windows-1255", "CP1255"},
        {"windows-1256", "CP1256"},
        {"windows-1257", "CP1257"},
        {"windows-1258", "CP1258"},
        {"gbk", "GBK"},
        {"gb2312", "GBK"},
        {"gb18030", "GB18030"},
        {"big5", "BIG5"},
        {"euc-jp", "EUC-JP"},
        {"shift_jis", "SHIFT_JIS"},
        {"euc-kr", "EUC-KR"},
        {"utf-16le", "UTF-16LE"},
        {"utf-16be", "UTF-16BE"},
        {"utf-16", "UTF-16LE"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (str_eq_ci(name, str_from(known[i][0]))) {
            return known[i][1];
        }
    }
    return "CP1252"; /* what Latin-1, ASCII and mistakes mean on the web */
}

static struct str convert(struct ctx *ctx, struct str html, const char *charset)
{
    iconv_t converter = iconv_open("UTF-8", charset);
    if (converter == (iconv_t)-1) {
        return (struct str){0};
    }
    size_t room = html.n * 3 + 16;
    char *out = arena_alloc(ctx->arena, room);
    char *to = out;
    char *from = (char *)(uintptr_t)html.p; /* iconv reads it only */
    size_t left = html.n;
    while (left > 0 && iconv(converter, &from, &left, &to, &room) == (size_t)-1 &&
           errno != E2BIG) {
        from++; /* a byte that means nothing there */
        left--;
    }
    (void)iconv_close(converter);
    return (struct str){.p = out, .n = (size_t)(to - out)};
}

static struct str to_utf8(struct ctx *ctx, struct str html, struct str content_type)
{
    if (str_starts(html, STR("\xef\xbb\xbf"))) {
        html = str_slice(html, 3, html.n);
    }
    if (str_is_utf8(html) && memchr(html.p, '\0', html.n) == NULL) {
        return html;
    }
    struct str charset = charset_of(content_type);
    if (str_starts(html, STR("\xff\xfe")) || str_starts(html, STR("\xfe\xff"))) {
        charset = html.p[0] == '\xff' ? STR("utf-16le") : STR("utf-16be");
        html = str_slice(html, 2, html.n);
    } else if (str_is_empty(charset)) {
        charset = charset_of(str_slice(html, 0, 2048));
        /* A page whose <meta> can be read as it stands is not in UTF-16. */
        charset = str_starts(charset, STR("utf-16")) || str_starts(charset, STR("UTF-16"))
                      ? STR("utf-8")
                      : charset;
    }
    const char *known = known_charset(charset);
    if (strcmp(known, "UTF-8") == 0) {
        known = "CP1252"; /* it says so and is not */
    }
    return convert(ctx, html, known);
}

/* ---- parsing ---- */

/* gumbo takes its memory here, and never hears that there is none left. */
struct keeper {
    struct arena *arena;
    size_t most; /* of arena_used */
    jmp_buf enough;
};

static void *keep(void *data, size_t size)
{
    struct keeper *keeper = data;
    if (arena_used(keeper->arena) + size > keeper->most) {
        longjmp(keeper->enough, 1);
    }
    return arena_raw(keeper->arena, size);
}

static void forget(void *data, void *memory)
{
    (void)data, (void)memory; /* all goes with the arena */
}

static GumboOutput *parse(struct ctx *ctx, struct str html)
{
    struct keeper keeper = {.arena = ctx->arena, .most = arena_used(ctx->arena) + PARSE_BYTES};
    GumboOptions options = kGumboDefaultOptions;
    options.max_errors = 0;
    options.allocator = keep;
    options.deallocator = forget;
    options.userdata = &keeper;
    return setjmp(keeper.enough) != 0 ? NULL
                                      : gumbo_parse_with_options(&options, html.p, html.n);
}

/* Up to the tag that is one too many. */
static struct str bound_tags(struct str html)
{
    size_t opened = 0;
    for (size_t i = 0; i + 1 < html.n; i++) {
        char next = (char)(html.p[i + 1] | 0x20);
        if (html.p[i] == '<' && next >= 'a' && next <= 'z' && ++opened > MARKUP_TAGS) {
            return str_slice(html, 0, i);
        }
    }
    return html;
}

/* ---- the flat list ---- */

static bool is_element(const GumboNode *node)
{
    return node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
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
static const GumboNode *following(const GumboNode *node, const GumboNode *root)
{
    if (is_element(node) && node->v.element.children.length > 0) {
        return node->v.element.children.data[0];
    }
    return after(node, root);
}

static struct str tag_of(struct ctx *ctx, const GumboElement *element)
{
    if (element->tag != GUMBO_TAG_UNKNOWN) {
        return str_from(gumbo_normalized_tagname(element->tag));
    }
    GumboStringPiece piece = element->original_tag;
    gumbo_tag_from_original_text(&piece);
    char *tag = arena_cstr(ctx->arena, (struct str){.p = piece.data, .n = piece.length});
    for (char *c = tag; *c != '\0'; c++) {
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
    }
    return str_from(tag);
}

static void fill(struct ctx *ctx, const GumboNode *from, struct markup_node *node)
{
    if (!is_element(from)) {
        bool has_text = from->type == GUMBO_NODE_TEXT || from->type == GUMBO_NODE_CDATA ||
                        from->type == GUMBO_NODE_WHITESPACE;
        node->text = has_text ? str_from(from->v.text.text) : (struct str){0};
        return;
    }
    const GumboElement *element = &from->v.element;
    struct markup_attribute *attributes =
        ARENA_ARRAY(ctx->arena, element->attributes.length, struct markup_attribute);
    for (unsigned int i = 0; i < element->attributes.length; i++) {
        const GumboAttribute *attribute = element->attributes.data[i];
        attributes[i] = (struct markup_attribute){.name = str_from(attribute->name),
                                                  .value = str_from(attribute->value)};
    }
    node->tag = tag_of(ctx, element);
    node->attributes = attributes;
    node->n_attributes = element->attributes.length;
    node->foreign = element->tag_namespace != GUMBO_NAMESPACE_HTML;
}

/* A node's end is known when the next one that is not below it comes. */
static void set_ends(struct markup_node *nodes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        nodes[i].end = i + 1;
    }
    for (size_t i = n; i-- > 1;) {
        struct markup_node *parent = &nodes[nodes[i].parent];
        parent->end = parent->end > nodes[i].end ? parent->end : nodes[i].end;
    }
}

/* gumbo's indexes of our nodes: where each one's parent is. */
struct place {
    const GumboNode *node;
    size_t index;
};

static void flatten(struct ctx *ctx, const GumboNode *root, struct markup *out)
{
    size_t n = 0, depth = 0;
    for (const GumboNode *node = root; node != NULL; node = following(node, root)) {
        n++;
    }
    struct markup_node *nodes = ARENA_ARRAY(ctx->arena, n, struct markup_node);
    struct place *open = ARENA_ARRAY(ctx->arena, n + 1, struct place);
    size_t i = 0;
    for (const GumboNode *node = root; node != NULL; node = following(node, root), i++) {
        fill(ctx, node, &nodes[i]);
        while (depth > 0 && open[depth - 1].node != node->parent) {
            depth--;
        }
        nodes[i].parent = depth > 0 ? open[depth - 1].index : 0;
        open[depth++] = (struct place){.node = node, .index = i};
    }
    set_ends(nodes, n);
    out->nodes = nodes;
    out->n = n;
}

static void follow_base(struct ctx *ctx, struct markup *markup)
{
    for (size_t i = 0; i < markup->n; i++) {
        struct str base = markup_attribute(&markup->nodes[i], "href");
        struct str url;
        if (markup_is(&markup->nodes[i], "base") && !str_is_empty(base)) {
            markup->url = markup_link(ctx, markup, base, &url) ? url : markup->url;
            return;
        }
    }
}

void markup_read(struct ctx *ctx, struct str html, struct str content_type, struct str url,
                 struct markup *out)
{
    *out = (struct markup){.url = url};
    struct str text = str_slice(html, 0, MARKUP_BYTES);
    text = str_is_empty(text) ? text : to_utf8(ctx, text, content_type);
    if (str_is_empty(text)) {
        return;
    }
    const GumboOutput *output = parse(ctx, bound_tags(text));
    if (output != NULL) {
        flatten(ctx, output->root, out);
        follow_base(ctx, out);
    }
}

/* ---- reading ---- */

struct str markup_attribute(const struct markup_node *node, const char *name)
{
    struct str wanted = str_from(name);
    for (size_t i = 0; i < node->n_attributes; i++) {
        if (str_eq(node->attributes[i].name, wanted)) {
            return node->attributes[i].value;
        }
    }
    return (struct str){0};
}

bool markup_is(const struct markup_node *node, const char *tag)
{
    return str_eq(node->tag, str_from(tag));
}

bool markup_has_word(const struct markup_node *node, const char *name, struct str word)
{
    struct str rest = markup_attribute(node, name), one;
    while (str_next(&rest, ' ', &one)) {
        if (str_eq_ci(str_trim(one), word)) {
            return true;
        }
    }
    return false;
}

static bool is_silent(const struct markup_node *node)
{
    static const struct str silent[] = {STR_INIT("script"),   STR_INIT("style"),
                                        STR_INIT("noscript"), STR_INIT("template"),
                                        STR_INIT("svg"),      STR_INIT("iframe")};
    for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
        if (str_eq(node->tag, silent[i])) {
            return true;
        }
    }
    return false;
}

/* Elements that stand in a line: no space between them and what is before. */
static bool is_inline(const struct markup_node *node)
{
    static const struct str inlines[] = {STR_INIT("a"),   STR_INIT("b"),     STR_INIT("i"),
                                         STR_INIT("em"),  STR_INIT("span"),  STR_INIT("strong"),
                                         STR_INIT("sup"), STR_INIT("small"), STR_INIT("wbr")};
    for (size_t i = 0; i < sizeof(inlines) / sizeof(inlines[0]); i++) {
        if (str_eq(node->tag, inlines[i])) {
            return true;
        }
    }
    return false;
}

/* Whether a block ends right before the node. */
static bool is_after_block(const struct markup *markup, size_t node)
{
    for (size_t i = node - 1; i != markup->nodes[node].parent; i = markup->nodes[i].parent) {
        const struct markup_node *one = &markup->nodes[i];
        if (!str_is_empty(one->tag) && !is_inline(one)) {
            return true;
        }
    }
    return false;
}

struct str markup_text(struct ctx *ctx, const struct markup *markup, size_t node, size_t max)
{
    struct sb sb;
    size_t most = max * 4 + 64; /* before it is folded */
    sb_init(&sb, ctx->arena, most + 2);
    for (size_t i = node; i < markup->nodes[node].end && sb.n < most;) {
        const struct markup_node *one = &markup->nodes[i];
        if (is_silent(one)) {
            i = one->end;
            continue;
        }
        if (i > node && is_after_block(markup, i)) {
            sb_char(&sb, ' ');
        }
        if (str_is_empty(one->tag)) {
            sb_str(&sb, str_cut(one->text, most - sb.n));
        } else if (!is_inline(one)) {
            sb_char(&sb, ' ');
        }
        i++;
    }
    return markup_tidy(ctx, sb_view(&sb), max);
}

struct str markup_raw_text(const struct markup *markup, size_t node)
{
    bool has = node + 1 < markup->nodes[node].end;
    return has ? markup->nodes[node + 1].text : (struct str){0};
}

bool markup_link(struct ctx *ctx, const struct markup *markup, struct str href,
                 struct str *out_url)
{
    struct str link = str_trim(href), url;
    if (str_is_empty(link) || link.n > LINK_MAX || memchr(link.p, '\0', link.n) != NULL ||
        !url_join(ctx->arena, markup->url, link, &url) || url.n > LINK_MAX) {
        return false;
    }
    *out_url = url;
    return true;
}
