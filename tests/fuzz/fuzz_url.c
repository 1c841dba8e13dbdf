/* Addresses, domains, email addresses and channels of hostile bytes. What is accepted must be
 * normal: accepted again, unchanged, and free of bytes that could mean something elsewhere. */
#include "shared/channel.h"
#include "shared/domain.h"
#include "shared/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_host(struct arena *arena, struct str host)
{
    struct str again;
    require(domain_host(arena, host, &again) && str_eq(host, again));
    for (size_t i = 0; i < host.n; i++) {
        require(host.p[i] > ' ' && host.p[i] < 127 && strchr("\"'<>&/@\\", host.p[i]) == NULL);
    }
    struct str site = domain_registrable(host);
    require(site.n == 0 || (str_ends(host, site) && str_eq(site, domain_registrable(site))));
    (void)domain_is_free_mail(host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(1 << 20);
    struct str text = {.p = (const char *)data, .n = size}, first, source, host;
    struct str rest = text;
    struct url url;
    struct email email, again;
    if (url_parse(arena, text, &url)) {
        check_host(arena, url.host);
        (void)url_param(&url, STR("gclid"), &source);
    }
    if (domain_host(arena, text, &host)) {
        check_host(arena, host);
    }
    if (email_parse(arena, text, &email)) {
        check_host(arena, email.domain);
        require(email_parse(arena, email.address, &again) &&
                str_eq(email.address, again.address));
    }
    if (str_next(&rest, '\n', &first)) {
        struct channel_input input = {.type = 1, .url = first, .referrer = rest};
        enum channel channel = channel_of(arena, &input, &source);
        require(channel >= CHANNEL_DIRECT && channel <= CHANNEL_PAID);
        input.utm_medium = first;
        input.utm_source = rest;
        (void)channel_of(arena, &input, &source);
    }
    arena_free(arena);
    return 0;
}
