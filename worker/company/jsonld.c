#include "worker/company/jsonld.h"

/* Without the comments that old editors put around scripts. */
static struct str unwrap(struct str text)
{
    static const struct str heads[] = {STR_INIT("<!--"), STR_INIT("//<![CDATA["),
                                       STR_INIT("/*<![CDATA[*/"), STR_INIT("<![CDATA[")};
    static const struct str tails[] = {STR_INIT("-->"), STR_INIT("//]]>"), STR_INIT("/*]]>*/"),
                                       STR_INIT("]]>"), STR_INIT(";")};
    text = str_trim(text);
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        if (str_starts(text, heads[i])) {
            text = str_trim(str_slice(text, heads[i].n, text.n));
        }
    }
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        if (str_ends(text, tails[i])) {
            text = str_trim(str_slice(text, 0, text.n - tails[i].n));
        }
    }
    return text;
}

/* Control characters mean nothing between values and are an error inside texts. */
static struct str smooth(struct ctx *ctx, struct str text)
{
    char *copy = arena_cstr(ctx->arena, text);
    for (size_t i = 0; i < text.n; i++) {
        copy[i] = (unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f ? ' ' : text.p[i];
    }
    return (struct str){.p = copy, .n = text.n};
}

static void read_block(struct ctx *ctx, struct str text, struct str domain,
                       struct organization *best, struct str *site_name)
{
    const struct json *json;
    text = unwrap(text);
    if (!str_is_empty(text) && text.n <= JSONLD_BYTES &&
        json_parse(ctx, smooth(ctx, text), JSONLD_BYTES, &json) == ERR_NONE) {
        organization_read(ctx, json, domain, best, site_name);
    }
    ctx_clear(ctx);
}

void jsonld_read(struct ctx *ctx, const struct markup *markup, struct str domain,
                 struct organization *best, struct str *site_name)
{
    size_t blocks = 0;
    for (size_t i = 0; i < markup->n && blocks < JSONLD_BLOCKS; i++) {
        const struct markup_node *node = &markup->nodes[i];
        struct str type = str_trim(markup_attribute(node, "type"));
        type = str_trim(str_slice(type, 0, str_find(type, ';')));
        if (markup_is(node, "script") && str_eq_ci(type, STR("application/ld+json"))) {
            blocks++;
            read_block(ctx, markup_raw_text(markup, i), domain, best, site_name);
        }
    }
}
