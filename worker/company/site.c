#include "worker/company/site.h"

#include "shared/url.h"
#include "worker/company/profile.h"
#include "worker/company/robots.h"
#include "worker/icon.h"

#define ICONS 3
#define ICON_MS 5000 /* the pages are worth more */

/* Where a site may be found, in the order of trying. */
enum door { DOOR_TLS, DOOR_TLS_WWW, DOOR_PLAIN, DOOR_PLAIN_WWW, DOORS };

struct site {
    struct question *q;
    enum door door;
    bool nameless;    /* the domain itself leads nowhere */
    struct str wrong; /* the certificate's fault, told when no door opens */
    int hops;
    struct str url;  /* of the page that is wanted next */
    struct str host; /* that robots is of */
    struct robots robots;
    struct profile profile;
    struct str icons[ICONS];
    size_t n_icons, next_icon;
    size_t next_link;
    bool forwarded; /* the page that is under way was where another one sent us */
};

static void ask_robots(struct site *site);
static void ask_home(struct site *site);
static void ask_icon(struct site *site);
static void ask_more(struct site *site);
static void fetch_more(struct site *site, struct str url);

/* ---- addresses ---- */

/* "https://host" of an address. */
static struct str origin_of(struct ctx *ctx, struct str url)
{
    struct str root;
    return url_join(ctx->arena, url, STR("/"), &root) ? str_slice(root, 0, root.n - 1)
                                                      : (struct str){0};
}

static struct str path_of(struct ctx *ctx, struct str url)
{
    struct url parts;
    if (!url_parse(ctx->arena, url, &parts)) {
        return STR("/");
    }
    return str_is_empty(parts.query) ? parts.path
                                     : arena_print(ctx->arena, "%.*s?%.*s", STR_ARG(parts.path),
                                                   STR_ARG(parts.query));
}

static bool may_read(struct site *site, struct str url)
{
    struct ctx *ctx = &site->q->ctx;
    return !str_eq(origin_of(ctx, url), site->host) ||
           robots_allow(ctx, &site->robots, path_of(ctx, url));
}

/* ---- doors ---- */

static void knock(struct site *site, enum door door)
{
    static const char *const starts[DOORS] = {
        [DOOR_TLS] = "https://",
        [DOOR_TLS_WWW] = "https://www.",
        [DOOR_PLAIN] = "http://",
        [DOOR_PLAIN_WWW] = "http://www.",
    };
    site->door = door;
    site->url =
        arena_print(site->q->ctx.arena, "%s%.*s/", starts[door], STR_ARG(site->q->domain));
    ask_robots(site);
}

/* The next door, DOORS when there is none. */
static enum door next_door(const struct site *site, enum http_fault fault)
{
    bool www = str_starts(site->q->domain, STR("www."));
    bool elsewhere = !www && (fault == HTTP_NO_NAME || fault == HTTP_NO_CERTIFICATE);
    switch (site->door) {
    case DOOR_TLS:
        return elsewhere ? DOOR_TLS_WWW : fault == HTTP_NO_NAME ? DOORS : DOOR_PLAIN;
    case DOOR_TLS_WWW:
        return !site->nameless ? DOOR_PLAIN : fault == HTTP_NO_NAME ? DOORS : DOOR_PLAIN_WWW;
    case DOOR_PLAIN:
    case DOOR_PLAIN_WWW:
    case DOORS:
        break;
    }
    return DOORS;
}

/* Nothing was heard from this address. */
static void try_elsewhere(struct site *site, enum err err, enum http_fault fault)
{
    struct ctx *ctx = &site->q->ctx;
    bool may = (err == ERR_UNAVAILABLE || err == ERR_TIMEOUT) && site->hops == 0;
    site->nameless = site->nameless || (site->door == DOOR_TLS && fault == HTTP_NO_NAME);
    if (fault == HTTP_NO_CERTIFICATE && str_is_empty(site->wrong)) {
        site->wrong = ctx->why;
    }
    enum door door = may ? next_door(site, fault) : DOORS;
    if (door != DOORS) {
        knock(site, door);
        return;
    }
    if (!str_is_empty(site->wrong)) {
        ctx_clear(ctx);
        err = ctx_fail(ctx, ERR_UNAVAILABLE, "%.*s", STR_ARG(site->wrong));
    }
    question_end(site->q, err);
}

/* ---- robots.txt ---- */

static void on_robots(void *data, enum err err, const struct http_response *response)
{
    struct site *site = data;
    struct ctx *ctx = &site->q->ctx;
    if (err != ERR_NONE && err != ERR_LIMIT) { /* too many redirects: there is none */
        try_elsewhere(site, err, response->fault);
        return;
    }
    site->robots = (struct robots){.n = 0};
    if (err == ERR_NONE && (response->status >= 500 || response->status == 429)) {
        question_end(
            site->q,
            ctx_fail(ctx, ERR_UNAVAILABLE,
                     "The site's robots.txt can't be read now (error %d), so its pages "
                     "are left alone.",
                     response->status));
        return;
    }
    if (err == ERR_NONE && response->status < 300) {
        robots_read(ctx, response->body, &site->robots);
    }
    ask_home(site);
}

static void ask_robots(struct site *site)
{
    struct ctx *ctx = &site->q->ctx;
    site->host = origin_of(ctx, site->url);
    struct http_request request = {
        .url = arena_print(ctx->arena, "%.*s/robots.txt", STR_ARG(site->host)),
        .max_bytes = ROBOTS_BYTES,
        .cut = true,
        .keep = true,
    };
    question_fetch(site->q, &request, on_robots, site);
}

/* ---- behind the home page ---- */

static void finish(struct site *site)
{
    struct question *q = site->q;
    struct profile_facts facts;
    profile_facts(&q->ctx, &site->profile, &facts);
    for (size_t i = 0; i < facts.n; i++) {
        if (facts.name_is_guessed && str_eq(facts.fields[i], STR("name"))) {
            q->answer.guess = facts.values[i];
        } else if (q->answer.n < ANSWER_FACTS_MAX) {
            q->answer.fields[q->answer.n] = facts.fields[i];
            q->answer.values[q->answer.n++] = facts.values[i];
        }
    }
    question_end(q, ERR_NONE);
}

/* The answer's own page, when it is one. */
static bool is_page(const struct http_response *response)
{
    static const struct str types[] = {STR_INIT("text/"), STR_INIT("application/xhtml"),
                                       STR_INIT("application/xml"),
                                       STR_INIT("application/octet-stream")};
    bool known = str_is_empty(response->content_type);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct str start = str_slice(response->content_type, 0, types[i].n);
        known = known || str_eq_ci(start, types[i]);
    }
    return known && response->status >= 200 && response->status < 300;
}

static void add_page(struct site *site, struct str url, const struct http_response *response,
                     bool home)
{
    profile_add(&site->q->ctx, &site->profile,
                &(struct profile_page){.html = response->body,
                                       .content_type = response->content_type,
                                       .url = url,
                                       .headers = response->headers,
                                       .home = home});
}

/* Where a redirect leads; false when it does not say. */
static bool forward(struct site *site, struct str url, const struct http_response *response,
                    struct str *out_url)
{
    struct str location = http_header(response, STR("location"));
    return response->status >= 300 && response->status < 400 && !str_is_empty(location) &&
           url_join(site->q->ctx.arena, url, location, out_url);
}

static void on_more(void *data, enum err err, const struct http_response *response)
{
    struct site *site = data;
    struct str url;
    if (err == ERR_NONE && is_page(response)) {
        add_page(site, site->url, response, false);
    } else if (err == ERR_NONE && !site->forwarded &&
               forward(site, site->url, response, &url) &&
               str_eq(origin_of(&site->q->ctx, url), site->host) && may_read(site, url)) {
        site->forwarded = true;
        fetch_more(site, url);
        return;
    }
    ctx_clear(&site->q->ctx); /* whatever went wrong with it, the profile stands */
    ask_more(site);
}

static void fetch_more(struct site *site, struct str url)
{
    site->url = url;
    struct http_request request = {.url = url,
                                   .max_bytes = SITE_MORE_BYTES,
                                   .cut = true,
                                   .stay = true,
                                   .keep = true,
                                   .last = site->next_link == site->profile.links.n};
    question_fetch(site->q, &request, on_more, site);
}

static void ask_more(struct site *site)
{
    const struct page_links *links = &site->profile.links;
    while (site->next_link < links->n && !may_read(site, links->urls[site->next_link])) {
        site->next_link++;
    }
    if (site->next_link == links->n) {
        finish(site);
        return;
    }
    site->forwarded = false;
    fetch_more(site, links->urls[site->next_link++]);
}

static void on_icon(void *data, enum err err, const struct http_response *response)
{
    struct site *site = data;
    bool good =
        err == ERR_NONE && response->status < 300 && question_icon(site->q, response->body);
    ctx_clear(&site->q->ctx);
    if (good || err == ERR_TIMEOUT) {
        ask_more(site);
    } else {
        ask_icon(site);
    }
}

static void ask_icon(struct site *site)
{
    while (site->next_icon < site->n_icons && !may_read(site, site->icons[site->next_icon])) {
        site->next_icon++;
    }
    if (site->next_icon == site->n_icons) {
        ask_more(site);
        return;
    }
    struct str url = site->icons[site->next_icon++];
    struct http_request request = {.url = url,
                                   .max_bytes = ICON_BYTES_MAX,
                                   .keep = str_eq(origin_of(&site->q->ctx, url), site->host),
                                   .last = site->profile.links.n == 0,
                                   .timeout_ms = ICON_MS};
    question_fetch(site->q, &request, on_icon, site);
}

/* One after the other, over the connection that brought the home page. */
static void ask_the_rest(struct site *site)
{
    site->n_icons = profile_icons(&site->q->ctx, &site->profile, site->icons, ICONS);
    ask_icon(site);
}

/* ---- the home page ---- */

static void go_on(struct site *site, struct str url)
{
    if (++site->hops > SITE_HOPS) {
        question_end(site->q, ctx_fail(&site->q->ctx, ERR_LIMIT,
                                       "The site sends us from page to page."));
        return;
    }
    site->url = url;
    if (str_eq(origin_of(&site->q->ctx, url), site->host)) {
        ask_home(site);
    } else {
        ask_robots(site);
    }
}

/* A page that only sends on to another. */
static bool is_forwarded(struct site *site, struct str *out_url)
{
    const struct head *head = &site->profile.head;
    return !str_is_empty(head->refresh) && str_is_empty(head->description) &&
           !str_eq(head->refresh, site->url) &&
           url_join(site->q->ctx.arena, site->url, head->refresh, out_url);
}

static void read_home(struct site *site, const struct http_response *response)
{
    struct str url;
    add_page(site, site->url, response, true);
    if (is_forwarded(site, &url)) {
        profile_init(&site->profile, site->q->domain);
        go_on(site, url);
        return;
    }
    ask_the_rest(site);
}

static void on_home(void *data, enum err err, const struct http_response *response)
{
    struct site *site = data;
    struct ctx *ctx = &site->q->ctx;
    struct str url;
    if (err != ERR_NONE) {
        question_end(site->q, err);
        return;
    }
    err = question_status(site->q, response);
    if (err != ERR_NONE) {
        /* A page that is gone does not take back what it said before. */
        question_end(site->q, err == ERR_NOT_FOUND ? ERR_DENIED : err);
    } else if (forward(site, site->url, response, &url)) {
        go_on(site, url);
    } else if (response->status >= 300) {
        question_end(site->q,
                     ctx_fail(ctx, ERR_INVALID, "The site's address cannot be opened."));
    } else if (!is_page(response)) {
        question_end(site->q,
                     ctx_fail(ctx, ERR_INVALID,
                              "The site has no page at its address, but a file (%.*s).",
                              STR_ARG(str_cut(response->content_type, 60))));
    } else {
        read_home(site, response);
    }
}

static void ask_home(struct site *site)
{
    if (!may_read(site, site->url)) {
        question_end(site->q,
                     ctx_fail(&site->q->ctx, ERR_DENIED,
                              "The site's robots.txt asks not to be read by programs."));
        return;
    }
    struct http_request request = {.url = site->url,
                                   .max_bytes = SITE_PAGE_BYTES,
                                   .cut = true,
                                   .stay = true,
                                   .keep = true};
    question_fetch(site->q, &request, on_home, site);
}

/* Top-level domains that lead nowhere by design (RFC 6761, RFC 2606). */
static bool is_reserved(struct str domain)
{
    static const struct str reserved[] = {STR_INIT(".example"), STR_INIT(".test"),
                                          STR_INIT(".invalid"), STR_INIT(".localhost"),
                                          STR_INIT(".local")};
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (str_ends(domain, reserved[i])) {
            return true;
        }
    }
    return false;
}

void site_ask(struct question *question)
{
    if (str_is_empty(question->config->fetch_connect_to) && is_reserved(question->domain)) {
        question_end(question, ctx_fail(&question->ctx, ERR_DENIED,
                                        "This domain is reserved and has no site."));
        return;
    }
    struct site *site = ARENA_NEW(question->ctx.arena, struct site);
    *site = (struct site){.q = question};
    question->state = site;
    profile_init(&site->profile, question->domain);
    knock(site, DOOR_TLS);
}
