#include "worker/company/microdata.h"

#define VALUE_MAX 2000
#define PROPERTIES_MAX 100          /* of an item */
#define SPEND_MAX ((size_t)8 << 20) /* of the arena, for all */

struct writer {
    struct ctx *ctx;
    const struct markup *markup;
    struct sb sb;
    size_t most; /* of arena_used */
};

static bool is_spent(const struct writer *writer)
{
    return writer->sb.overflow || arena_used(writer->ctx->arena) > writer->most;
}

static void write_item(struct writer *writer, size_t item, int depth);

static bool is_item(const struct markup_node *node)
{
    return !str_is_null(markup_attribute(node, "itemscope"));
}

/* An element's value by its kind (HTML Standard, 5.2.4). */
static struct str value_of(struct writer *writer, size_t at)
{
    static const struct {
        const char *tag, *attribute;
        bool link;
    } kinds[] = {
        {"meta", "content", false}, {"audio", "src", true},      {"embed", "src", true},
        {"iframe", "src", true},    {"img", "src", true},        {"source", "src", true},
        {"video", "src", true},     {"a", "href", true},         {"area", "href", true},
        {"link", "href", true},     {"object", "data", true},    {"data", "value", false},
        {"meter", "value", false},  {"time", "datetime", false},
    };
    const struct markup_node *node = &writer->markup->nodes[at];
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!markup_is(node, kinds[i].tag)) {
            continue;
        }
        struct str value = markup_attribute(node, kinds[i].attribute), url;
        if (str_is_null(value)) {
            break;
        }
        bool web = kinds[i].link && markup_link(writer->ctx, writer->markup, value, &url);
        return web ? url : markup_tidy(writer->ctx, value, VALUE_MAX);
    }
    /* Not of the standard, and usual: <span itemprop="telephone" content="+31 ..."> */
    struct str content = markup_attribute(node, "content");
    return str_is_empty(content) ? markup_text(writer->ctx, writer->markup, at, VALUE_MAX)
                                 : markup_tidy(writer->ctx, content, VALUE_MAX);
}

/* "mailto:a@b" and "tel:1" as the value they carry. */
static struct str plain(struct str value)
{
    static const struct str schemes[] = {STR_INIT("mailto:"), STR_INIT("tel:")};
    for (size_t i = 0; i < 2; i++) {
        if (str_starts(value, schemes[i])) {
            return str_slice(value, schemes[i].n, value.n);
        }
    }
    return value;
}

static void write_property(struct writer *writer, struct str names, size_t at, int depth)
{
    const struct markup_node *node = &writer->markup->nodes[at];
    struct str name;
    while (str_next(&names, ' ', &name)) {
        if (str_is_empty(str_trim(name))) {
            continue;
        }
        sb_char(&writer->sb, ',');
        json_write_str(&writer->sb, str_trim(name));
        sb_char(&writer->sb, ':');
        if (is_item(node)) {
            write_item(writer, at, depth + 1);
            return; /* under its first name alone */
        }
        struct str value = plain(value_of(writer, at));
        json_write_str(&writer->sb, str_is_null(value) ? STR("") : value);
    }
}

/* The properties of an item are those below it that are in no item between. Of several of one
 * name JSON readers take the first; for sameAs all count, so they become a list. */
static void write_same_as(struct writer *writer, size_t item)
{
    const struct markup *markup = writer->markup;
    size_t n = 0;
    for (size_t i = item + 1; i < markup->nodes[item].end && n < PROPERTIES_MAX;) {
        const struct markup_node *node = &markup->nodes[i];
        if (markup_has_word(node, "itemprop", STR("sameAs")) && !is_item(node)) {
            sb_str(&writer->sb, n++ == 0 ? STR(",\"sameAs\":[") : STR(","));
            struct str value = value_of(writer, i);
            json_write_str(&writer->sb, str_is_null(value) ? STR("") : value);
        }
        i = is_item(node) ? node->end : i + 1;
    }
    sb_str(&writer->sb, n > 0 ? STR("]") : STR(""));
}

static void write_item(struct writer *writer, size_t item, int depth)
{
    const struct markup *markup = writer->markup;
    const struct markup_node *node = &markup->nodes[item];
    struct str type = str_trim(markup_attribute(node, "itemtype"));
    int left = depth > MICRODATA_DEPTH ? 0 : PROPERTIES_MAX;
    SB_LIT(&writer->sb, "{\"@type\":");
    type = str_slice(type, 0, str_find(type, ' '));
    json_write_str(&writer->sb, str_is_null(type) ? STR("") : type);
    write_same_as(writer, item);
    for (size_t i = item + 1; i < node->end && left > 0 && !is_spent(writer);) {
        const struct markup_node *one = &markup->nodes[i];
        struct str names = markup_attribute(one, "itemprop");
        if (!str_is_empty(names) && !str_eq(names, STR("sameAs"))) {
            write_property(writer, names, i, depth);
            left--;
        }
        i = is_item(one) ? one->end : i + 1;
    }
    sb_char(&writer->sb, '}');
}

struct str microdata_json(struct ctx *ctx, const struct markup *markup)
{
    struct writer writer = {
        .ctx = ctx, .markup = markup, .most = arena_used(ctx->arena) + SPEND_MAX};
    struct sb *sb = &writer.sb;
    size_t whole = 1; /* bytes up to the last item that is complete */
    sb_init(sb, ctx->arena, MICRODATA_BYTES);
    sb_char(sb, '[');
    for (size_t i = 0; i < markup->n; i++) {
        const struct markup_node *node = &markup->nodes[i];
        if (is_item(node) && str_is_empty(markup_attribute(node, "itemprop"))) {
            sb_str(sb, sb->n > 1 ? STR(",") : STR(""));
            write_item(&writer, i, 0);
            if (sb->overflow || sb->n == sb->max) {
                break;
            }
            whole = sb->n;
            if (is_spent(&writer)) {
                break;
            }
        }
    }
    sb->overflow = false;
    sb->n = whole;
    sb_char(sb, ']');
    return sb_view(sb);
}

void microdata_read(struct ctx *ctx, const struct markup *markup, struct str domain,
                    struct organization *best, struct str *site_name)
{
    const struct json *json;
    struct str text = microdata_json(ctx, markup);
    if (text.n > 2 && json_parse(ctx, text, MICRODATA_BYTES, &json) == ERR_NONE) {
        organization_read(ctx, json, domain, best, site_name);
    }
    ctx_clear(ctx);
}
