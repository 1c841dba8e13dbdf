#include "worker/company/head.h"

#include "shared/domain.h"
#include "shared/sb.h"

#define SLOGAN_FROM 24 /* a longer "name" has more than the name in it */

/* The first of each wins. */
struct found {
    struct ctx *ctx;
    const struct markup *markup;
    struct str title, og_title, og_site, og_description, meta_description, application, icon,
        refresh;
    int icon_size;
};

static void keep_first(struct str *place, struct str value)
{
    if (str_is_empty(*place) && !str_is_empty(value)) {
        *place = value;
    }
}

/* "0; url='/en/'" -> "/en/", within five seconds. */
static struct str refresh_of(struct str content)
{
    size_t semicolon = str_find(content, ';');
    struct str rest = str_trim(str_slice(content, semicolon + 1, content.n));
    int64_t seconds = -1;
    if (!str_to_i64(str_trim(str_slice(content, 0, semicolon)), &seconds) || seconds < 0 ||
        seconds > 5 || !str_eq_ci(str_slice(rest, 0, 3), STR("url"))) {
        return (struct str){0};
    }
    rest = str_trim(str_slice(rest, str_find(rest, '=') + 1, rest.n));
    bool quoted = rest.n >= 2 && (rest.p[0] == '\'' || rest.p[0] == '"') &&
                  rest.p[rest.n - 1] == rest.p[0];
    return quoted ? str_slice(rest, 1, rest.n - 1) : rest;
}

static void read_meta(struct found *found, const struct markup_node *node)
{
    if (str_eq_ci(markup_attribute(node, "http-equiv"), STR("refresh"))) {
        keep_first(&found->refresh, refresh_of(markup_attribute(node, "content")));
    }
    struct str name = markup_attribute(node, "property");
    name = str_trim(str_is_null(name) ? markup_attribute(node, "name") : name);
    struct {
        struct str name;
        struct str *place;
    } known[] = {
        {STR("og:site_name"), &found->og_site},
        {STR("og:title"), &found->og_title},
        {STR("og:description"), &found->og_description},
        {STR("description"), &found->meta_description},
        {STR("application-name"), &found->application},
        {STR("apple-mobile-web-app-title"), &found->application},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (str_eq_ci(name, known[i].name)) {
            keep_first(known[i].place,
                       markup_tidy(found->ctx, markup_attribute(node, "content"),
                                   HEAD_DESCRIPTION_MAX));
        }
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

static void read_link(struct found *found, const struct markup_node *node)
{
    bool touch = markup_has_word(node, "rel", STR("apple-touch-icon")) ||
                 markup_has_word(node, "rel", STR("apple-touch-icon-precomposed"));
    bool icon = touch || markup_has_word(node, "rel", STR("icon"));
    struct str href = str_trim(markup_attribute(node, "href")), url;
    bool drawn =
        str_ends(href, STR(".svg")) || str_contains(markup_attribute(node, "type"), STR("svg"));
    if (!icon || drawn || !markup_link(found->ctx, found->markup, href, &url)) {
        return;
    }
    int size = icon_size(markup_attribute(node, "sizes"), touch);
    /* The smallest that is sharp at 36 px doubled; else the largest. */
    bool better = found->icon_size >= 72 ? size >= 72 && size < found->icon_size
                                         : size > found->icon_size;
    if (better) {
        found->icon = url;
        found->icon_size = size;
    }
}

static void read_node(struct found *found, size_t at)
{
    const struct markup_node *node = &found->markup->nodes[at];
    if (markup_is(node, "meta")) {
        read_meta(found, node);
    } else if (markup_is(node, "link")) {
        read_link(found, node);
    } else if (markup_is(node, "title") && !node->foreign) {
        keep_first(&found->title, markup_tidy(found->ctx, markup_raw_text(found->markup, at),
                                              HEAD_DESCRIPTION_MAX));
    }
}

/* ---- the name in a title ---- */

/* Letters and digits of a text in lower case: "Acme & Sons" -> "acmesons". */
static struct str squeeze(struct ctx *ctx, struct str text)
{
    char *out = arena_cstr(ctx->arena, text);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            out[n++] = c;
        }
    }
    return (struct str){.p = out, .n = n};
}

/* True when the part is how the domain is called: "Acme & Sons" of acme-sons.com. */
static bool is_named(struct ctx *ctx, struct str part, struct str domain)
{
    struct str label = domain_registrable(domain);
    label = squeeze(ctx, str_slice(label, 0, str_find(label, '.')));
    struct str squeezed = squeeze(ctx, part);
    return label.n >= 3 && squeezed.n >= 2 &&
           (str_starts(squeezed, label) || (squeezed.n >= 4 && str_starts(label, squeezed)));
}

/* Pages that are called so have the company's name in another part. */
static bool is_page_name(struct str part)
{
    static const struct str names[] = {
        STR_INIT("home"),  STR_INIT("homepage"),   STR_INIT("home page"), STR_INIT("welcome"),
        STR_INIT("start"), STR_INIT("startseite"), STR_INIT("accueil"),   STR_INIT("inicio"),
        STR_INIT("index"), STR_INIT("willkommen"), STR_INIT("bienvenue"), STR_INIT("hem")};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq_ci(part, names[i])) {
            return true;
        }
    }
    return false;
}

/* Takes the part up to the next separator off *rest. */
static struct str next_part(struct str *rest)
{
    static const struct str separators[] = {STR_INIT(" | "), STR_INIT(" – "), STR_INIT(" — "),
                                            STR_INIT(" - "), STR_INIT(" · "), STR_INIT(" :: "),
                                            STR_INIT(": "),  STR_INIT(" » "), STR_INIT(" • ")};
    size_t at = rest->n, skip = 0;
    for (size_t i = 0; i < sizeof(separators) / sizeof(separators[0]); i++) {
        const char *found =
            rest->n == 0 ? NULL : memmem(rest->p, rest->n, separators[i].p, separators[i].n);
        if (found != NULL && (size_t)(found - rest->p) < at) {
            at = (size_t)(found - rest->p);
            skip = separators[i].n;
        }
    }
    struct str part = str_trim(str_slice(*rest, 0, at));
    *rest = str_slice(*rest, at + skip, rest->n);
    return part;
}

/* The part that the domain is called after; else, of "Product page | Acme" and "Acme - We make
 * anvils", the shortest; whole where it has no parts. */
static struct str name_in_title(struct ctx *ctx, struct str title, struct str domain)
{
    struct str rest = title, shortest = {0};
    while (!str_is_empty(rest)) {
        struct str part = next_part(&rest);
        if (str_is_empty(part) || is_page_name(part)) {
            continue;
        }
        if (is_named(ctx, part, domain)) {
            return str_cut(part, HEAD_NAME_MAX);
        }
        shortest = str_is_empty(shortest) || part.n < shortest.n ? part : shortest;
    }
    return str_is_empty(shortest) ? str_cut(title, HEAD_NAME_MAX)
                                  : str_cut(shortest, HEAD_NAME_MAX);
}

void head_read(struct ctx *ctx, const struct markup *markup, struct str domain,
               struct head *out)
{
    struct found found = {.ctx = ctx, .markup = markup};
    for (size_t i = 0; i < markup->n; i++) {
        read_node(&found, i);
    }
    struct str stated = str_is_empty(found.og_site) ? found.application : found.og_site;
    struct str title = str_is_empty(found.title) ? found.og_title : found.title;
    *out = (struct head){
        .name = str_cut(stated, HEAD_NAME_MAX),
        .name_is_stated = !str_is_empty(stated),
        .title = str_is_empty(found.og_title) ? found.title : found.og_title,
        .description =
            str_is_empty(found.og_description) ? found.meta_description : found.og_description,
        .refresh = found.refresh,
        .icon = found.icon,
    };
    if (str_is_empty(out->name)) {
        out->name = name_in_title(ctx, title, domain);
    } else if (out->name.n > SLOGAN_FROM) {
        out->name = name_in_title(ctx, stated, domain);
    }
}
