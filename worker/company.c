#include "worker/company.h"
#include "worker/icon.h"

#define PAGE_BYTES ((size_t)512 << 10)
#define FETCH_MS 15000

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

static enum err fetch(struct run *run, struct str url, size_t max_bytes, bool cut,
                      struct http_response *out)
{
    struct http_request request = {
        .url = url,
        .max_bytes = max_bytes,
        .cut = cut,
        .timeout_ms = FETCH_MS,
        .cancel = run->stop,
    };
    TRY(http_fetch(run->ctx, run_http(run), &request, out));
    if (out->status >= 500 || out->status == 429) {
        return ctx_fail(run->ctx, ERR_UNAVAILABLE, "The site answered with error %d.",
                        out->status);
    }
    if (out->status >= 400) {
        return ctx_fail(run->ctx, ERR_NOT_FOUND, "The site answered with error %d.",
                        out->status);
    }
    return ERR_NONE;
}

/* The encrypted site first; the plain one only where no encrypted one answers. */
static enum err fetch_home(struct run *run, struct str domain, struct http_response *out)
{
    struct arena *arena = run->ctx->arena;
    struct str url = arena_print(arena, "https://%.*s/", STR_ARG(domain));
    enum err err = fetch(run, url, PAGE_BYTES, true, out);
    if (err != ERR_UNAVAILABLE && err != ERR_TIMEOUT) {
        return err;
    }
    ctx_clear(run->ctx);
    return fetch(run, arena_print(arena, "http://%.*s/", STR_ARG(domain)), PAGE_BYTES, true,
                 out);
}

/* An icon is nice to have: whatever goes wrong with it, the profile stands. */
static void fetch_icon(struct run *run, struct company *company)
{
    struct http_response answer;
    struct icon icon;
    if (str_is_empty(company->site.icon) ||
        fetch(run, company->site.icon, ICON_BYTES_MAX, false, &answer) != ERR_NONE) {
        ctx_clear(run->ctx);
        return;
    }
    if (icon_read(run->ctx->arena, answer.body, &icon)) {
        company->icon = icon.bytes;
        company->icon_type = str_from(icon.type);
    }
}

enum err company_look(struct run *run, struct str domain, struct company *out)
{
    struct http_response home;
    *out = (struct company){.url = {.p = NULL}};
    if (str_is_empty(run->config->fetch_connect_to) && is_reserved(domain)) {
        return ctx_fail(run->ctx, ERR_NOT_FOUND, "This domain is reserved and has no site.");
    }
    TRY(fetch_home(run, domain, &home));
    site_read(run->ctx, home.body, home.content_type, home.url, &out->site);
    out->url = home.url;
    fetch_icon(run, out);
    return ERR_NONE;
}

static void add(struct company_facts *facts, struct str field, struct str value)
{
    if (!str_is_empty(value)) {
        facts->fields[facts->n] = field;
        facts->values[facts->n++] = value;
    }
}

void company_facts(const struct company *company, bool named, struct company_facts *out)
{
    out->n = 0;
    if (company->site.name_is_stated || !named) { /* a guess beats no form */
        add(out, STR("name"), company->site.name);
    }
    add(out, STR("description"), company->site.description);
    add(out, STR("website"), company->url);
}
