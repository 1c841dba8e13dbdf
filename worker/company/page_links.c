#include "worker/company/page_links.h"

#include "shared/url.h"

#define LINKS_READ 3000 /* of a page */
#define TEXT_MAX 60     /* a longer text is no menu entry */
#define KINDS 3

/* Words of a kind of page, in its address or its link's text, the surest first. */
static const char *const words[KINDS][24] = {
    {"impressum", "imprint", "legal-notice", "legal notice", "mentions-legales",
     "mentions légales", "mentions-légales", "aviso-legal", "aviso legal", "note-legali",
     "note legali", "colophon", "colofon", "impresum", "impressum-datenschutz", "legal", NULL},
    {"contact-us", "contactus", "contact", "kontakt", "contacto", "contatti", "contato",
     "contactez", "kontakta", "yhteystiedot", "kapcsolat", "kontakty", "iletisim", "contacts",
     NULL},
    {"about-us",  "aboutus",   "about us",      "about",           "ueber-uns", "über uns",
     "uber-uns",  "over-ons",  "over ons",      "qui-sommes-nous", "a-propos",  "à propos",
     "chi-siamo", "chi siamo", "quienes-somos", "sobre-nosotros",  "sobre",     "om-oss",
     "om-os",     "company",   "unternehmen",   "o-nas",           NULL},
};

struct choice {
    struct str url;
    int weight;
};

static struct str lower(struct ctx *ctx, struct str text)
{
    char *copy = arena_cstr(ctx->arena, text);
    for (size_t i = 0; i < text.n; i++) {
        copy[i] = text.p[i] >= 'A' && text.p[i] <= 'Z' ? (char)(text.p[i] | 0x20) : text.p[i];
    }
    return (struct str){.p = copy, .n = text.n};
}

/* A path that is the word weighs more than one that has it, a text that is more than one that
 * has; a page that is not far down more than one that is. */
static int weigh(struct str path, struct str text, struct str word)
{
    int weight = 0;
    struct str last = path;
    while (str_ends(last, STR("/"))) {
        last = str_slice(last, 0, last.n - 1);
    }
    size_t slash = last.n;
    while (slash > 0 && last.p[slash - 1] != '/') {
        slash--;
    }
    last = str_slice(last, slash, last.n);
    last = str_slice(last, 0, str_find(last, '.'));
    weight += str_eq(last, word) ? 20 : str_contains(last, word) ? 8 : 0;
    weight += str_eq(text, word) ? 20 : text.n <= 25 && str_contains(text, word) ? 6 : 0;
    for (size_t i = 0; weight > 0 && i < path.n; i++) {
        weight -= path.p[i] == '/';
    }
    return weight;
}

static bool is_page(struct str path)
{
    static const struct str files[] = {STR_INIT(".pdf"), STR_INIT(".jpg"), STR_INIT(".png"),
                                       STR_INIT(".zip"), STR_INIT(".vcf"), STR_INIT(".docx")};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (str_ends(path, files[i])) {
            return false;
        }
    }
    return true;
}

static void consider(struct ctx *ctx, const struct markup *markup, size_t at,
                     const struct url *base, struct choice best[KINDS])
{
    struct str url;
    struct url parts;
    struct str href = markup_attribute(&markup->nodes[at], "href");
    if (!markup_link(ctx, markup, str_slice(href, 0, str_find(href, '#')), &url) ||
        !url_parse(ctx->arena, url, &parts) || !str_eq(parts.host, base->host) ||
        str_eq(parts.path, base->path)) {
        return;
    }
    struct str path = lower(ctx, parts.path);
    struct str text = lower(ctx, markup_text(ctx, markup, at, TEXT_MAX));
    for (size_t kind = 0; kind < KINDS && is_page(path); kind++) {
        for (size_t w = 0; words[kind][w] != NULL; w++) {
            int weight = weigh(path, text, str_from(words[kind][w]));
            if (weight > best[kind].weight) {
                best[kind] = (struct choice){.url = url, .weight = weight};
            }
        }
    }
}

void page_links_read(struct ctx *ctx, const struct markup *markup, struct page_links *out)
{
    struct choice best[KINDS] = {{.weight = 0}};
    struct url base;
    size_t left = LINKS_READ;
    *out = (struct page_links){.n = 0};
    if (!url_parse(ctx->arena, markup->url, &base)) {
        return;
    }
    for (size_t i = 0; i < markup->n && left > 0; i++) {
        if (markup_is(&markup->nodes[i], "a")) {
            left--;
            consider(ctx, markup, i, &base, best);
        }
    }
    for (size_t kind = 0; kind < KINDS && out->n < PAGE_LINKS_MAX; kind++) {
        bool again = out->n > 0 && str_eq(best[kind].url, out->urls[0]);
        if (best[kind].weight > 0 && !again) {
            out->urls[out->n++] = best[kind].url;
        }
    }
}
