#include "worker/company/contacts.h"

#include "shared/domain.h"
#include "shared/sb.h"
#include "shared/url.h"

#define TEXT_BYTES ((size_t)100 << 10) /* of a page that are searched */
#define ADDRESS_MAX 300
#define PHONE_MAX 60
#define LINKS_READ 5000 /* of a page */

/* ---- mail ---- */

static bool is_known(const struct str *list, size_t n, struct str text)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq_ci(list[i], text)) {
            return true;
        }
    }
    return false;
}

/* Examples in forms, and file names that look like addresses ("logo@2x.png"). */
static bool is_filler(const struct email *email)
{
    static const struct str ends[] = {STR_INIT(".png"),        STR_INIT(".jpg"),
                                      STR_INIT(".svg"),        STR_INIT(".webp"),
                                      STR_INIT(".gif"),        STR_INIT("example.com"),
                                      STR_INIT("domain.com"),  STR_INIT("sentry.io"),
                                      STR_INIT("example.org"), STR_INIT("wixpress.com")};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (str_ends(email->domain, ends[i])) {
            return true;
        }
    }
    return false;
}

void contacts_add_email(struct ctx *ctx, struct str text, struct str domain,
                        struct contacts *out)
{
    struct email email;
    if (text.n > 254 || !email_parse(ctx->arena, text, &email) || is_filler(&email) ||
        is_known(out->emails, out->n_emails, email.address)) {
        return;
    }
    bool own = str_eq(domain_registrable(email.domain), domain_registrable(domain));
    size_t at = own ? out->n_own_emails : out->n_emails;
    if (at >= CONTACTS_EMAILS) {
        return;
    }
    size_t last = out->n_emails < CONTACTS_EMAILS ? out->n_emails : CONTACTS_EMAILS - 1;
    memmove(&out->emails[at + 1], &out->emails[at], (last - at) * sizeof(struct str));
    out->emails[at] = arena_dup(ctx->arena, email.address);
    out->n_emails = last + 1;
    out->n_own_emails += own;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Cloudflare's data-cfemail: hexadecimal, the first byte is what the others are XORed with. */
static struct str unhide(struct ctx *ctx, struct str text)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, 260);
    int key = 0;
    for (size_t i = 0; i + 1 < text.n && text.n < 500; i += 2) {
        int high = hex(text.p[i]), low = hex(text.p[i + 1]);
        if (high < 0 || low < 0) {
            return (struct str){0};
        }
        int byte = high * 16 + low;
        if (i == 0) {
            key = byte;
        } else {
            sb_char(&sb, (char)(byte ^ key));
        }
    }
    return sb_view(&sb);
}

static bool may_be_of_address(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr(".-_+", c) != NULL;
}

static void search_text(struct ctx *ctx, struct str text, struct str domain,
                        struct contacts *out)
{
    for (size_t i = str_find(text, '@'); i < text.n;) {
        size_t from = i, to = i + 1;
        while (from > 0 && i - from < 64 && text.p[from - 1] != '\0' &&
               may_be_of_address(text.p[from - 1])) {
            from--;
        }
        while (to < text.n && to - i < 190 && text.p[to] != '\0' &&
               may_be_of_address(text.p[to])) {
            to++;
        }
        while (to > i && text.p[to - 1] == '.') {
            to--; /* the end of a sentence */
        }
        contacts_add_email(ctx, str_slice(text, from, to), domain, out);
        i = to + str_find(str_slice(text, to, text.n), '@');
    }
}

/* ---- telephone ---- */

/* "tel:+49%2030-12345;ext=1" -> "+49 30-12345" */
static struct str read_tel(struct ctx *ctx, struct str text)
{
    struct sb sb;
    int digits = 0;
    sb_init(&sb, ctx->arena, PHONE_MAX);
    for (size_t i = 0; i < text.n && text.p[i] != ';' && text.p[i] != '?'; i++) {
        char c = text.p[i];
        if (str_starts(str_slice(text, i, text.n), STR("%20"))) {
            c = ' ';
            i += 2;
        } else if (str_starts(str_slice(text, i, text.n), STR("%2B")) ||
                   str_starts(str_slice(text, i, text.n), STR("%2b"))) {
            c = '+';
            i += 2;
        }
        if (c == '\0' || strchr("0123456789+()-./ ", c) == NULL) {
            return (struct str){0};
        }
        digits += c >= '0' && c <= '9';
        sb_char(&sb, c);
    }
    struct str phone = str_trim(sb_view(&sb));
    return digits >= 6 && digits <= 16 && !sb.overflow ? phone : (struct str){0};
}

/* ---- profiles ---- */

struct network {
    const char *host;
    const char *path;  /* that a profile's begins with; NULL: any */
    const char *never; /* words of paths that are for sharing and the like, between spaces */
};

static const struct network networks[] = {
    {"linkedin.com", NULL, " sharearticle share cws sharing feed login signup legal help "},
    {"facebook.com", NULL,
     " sharer sharer.php share share.php dialog plugins tr login policies privacy help "
     "events "},
    {"fb.com", NULL, " sharer "},
    {"instagram.com", NULL, " p reel explore accounts legal share "},
    {"twitter.com", NULL, " intent share home search hashtag widgets.js privacy tos i "},
    {"x.com", NULL, " intent share home search hashtag privacy tos i "},
    {"youtube.com", NULL, " watch embed results playlist shorts feed t about iframe_api s "},
    {"tiktok.com", "/@", " "},
    {"pinterest.com", NULL, " pin "},
    {"xing.com", NULL, " app spi social share "},
    {"kununu.com", NULL, " "},
    {"github.com", NULL, " sponsors features login about site topics marketplace "},
    {"gitlab.com", NULL, " users explore "},
    {"vimeo.com", NULL, " video channels "},
    {"threads.net", "/@", " "},
    {"threads.com", "/@", " "},
    {"bsky.app", "/profile", " "},
    {"crunchbase.com", "/organization", " "},
    {"glassdoor.com", NULL, " "},
    {"trustpilot.com", "/review", " "},
    {"wikipedia.org", "/wiki", " "},
    {"medium.com", NULL, " m p "},
};

static bool is_below(struct str host, struct str domain)
{
    return str_eq(host, domain) || (host.n > domain.n && str_ends(host, domain) &&
                                    host.p[host.n - domain.n - 1] == '.');
}

static bool is_profile(struct ctx *ctx, const struct url *url)
{
    for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
        const struct network *network = &networks[i];
        if (!is_below(url->host, str_from(network->host))) {
            continue;
        }
        struct str path = str_slice(url->path, 1, url->path.n);
        struct str first = str_slice(path, 0, str_find(path, '/'));
        char *word =
            arena_print(ctx->arena, " %.*s ", STR_ARG(first)).n < 100
                ? arena_cstr(ctx->arena, arena_print(ctx->arena, " %.*s ", STR_ARG(first)))
                : NULL;
        for (char *c = word; c != NULL && *c != '\0'; c++) {
            *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
        }
        return !str_is_empty(first) && word != NULL && strstr(network->never, word) == NULL &&
               (network->path == NULL || str_starts(url->path, str_from(network->path)));
    }
    return false;
}

static bool is_company_page(const struct url *url)
{
    static const struct str paths[] = {STR_INIT("/company/"), STR_INIT("/school/"),
                                       STR_INIT("/showcase/"), STR_INIT("/companies/")};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (str_starts(url->path, paths[i])) {
            return true;
        }
    }
    return false;
}

void contacts_add_link(struct ctx *ctx, struct str text, struct contacts *out)
{
    struct url url;
    if (text.n > 500 || !url_parse(ctx->arena, text, &url) || !is_profile(ctx, &url)) {
        return;
    }
    bool query_counts = str_contains(url.path, STR("profile.php"));
    struct str path = url.path;
    while (path.n > 1 && str_ends(path, STR("/"))) {
        path = str_slice(path, 0, path.n - 1);
    }
    struct str link =
        arena_print(ctx->arena, "https://%.*s%.*s%s%.*s", STR_ARG(url.host), STR_ARG(path),
                    query_counts ? "?" : "", STR_ARG(query_counts ? url.query : STR("")));
    if (is_below(url.host, STR("linkedin.com"))) {
        bool company = is_company_page(&url);
        out->linkedin = str_is_empty(out->linkedin) && company ? link : out->linkedin;
        return; /* people's pages are no profile of the company */
    }
    if (out->n_links < CONTACTS_LINKS && !is_known(out->links, out->n_links, link)) {
        out->links[out->n_links++] = link;
    }
}

/* ---- the page ---- */

static void read_href(struct ctx *ctx, const struct markup *markup, struct str href,
                      struct str domain, struct contacts *out)
{
    struct str url;
    href = str_trim(href);
    if (str_eq_ci(str_slice(href, 0, 7), STR("mailto:"))) {
        struct str address = str_slice(href, 7, href.n);
        contacts_add_email(ctx, str_slice(address, 0, str_find(address, '?')), domain, out);
    } else if (str_eq_ci(str_slice(href, 0, 4), STR("tel:"))) {
        struct str phone = read_tel(ctx, str_slice(href, 4, href.n));
        out->phone = str_is_empty(out->phone) && !str_is_empty(phone) ? phone : out->phone;
    } else if (str_contains(href, STR("//")) && markup_link(ctx, markup, href, &url)) {
        contacts_add_link(ctx, url, out);
    }
}

/* A place has a number in it, and is not one line of "Written by". */
static bool looks_like_a_place(struct str text)
{
    bool digit = false;
    for (size_t i = 0; i < text.n; i++) {
        digit = digit || (text.p[i] >= '0' && text.p[i] <= '9');
    }
    return digit && text.n >= 15 && text.n < ADDRESS_MAX && str_find(text, '@') == text.n;
}

void contacts_read(struct ctx *ctx, const struct markup *markup, struct str domain,
                   bool in_text, struct contacts *out)
{
    size_t left = LINKS_READ;
    for (size_t i = 0; i < markup->n && left > 0; i++) {
        const struct markup_node *node = &markup->nodes[i];
        struct str hidden = markup_attribute(node, "data-cfemail");
        if (!str_is_empty(hidden)) {
            left--;
            contacts_add_email(ctx, unhide(ctx, hidden), domain, out);
        } else if (markup_is(node, "a") || markup_is(node, "area")) {
            left--;
            read_href(ctx, markup, markup_attribute(node, "href"), domain, out);
        } else if (markup_is(node, "address") && str_is_empty(out->address)) {
            left--;
            struct str text = markup_text(ctx, markup, i, ADDRESS_MAX);
            out->address = looks_like_a_place(text) ? text : out->address;
        }
    }
    if (in_text && markup->n > 0) {
        search_text(ctx, markup_text(ctx, markup, 0, TEXT_BYTES), domain, out);
    }
}
