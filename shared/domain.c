#include "shared/domain.h"
#include "shared/reference.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <libpsl.h>

#define DOMAIN_MAX 253
#define EMAIL_MAX 254
#define LOCAL_MAX 64

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static struct str lower(struct arena *arena, struct str text)
{
    char *p = arena_alloc(arena, text.n + 1);
    for (size_t i = 0; i < text.n; i++) {
        bool capital = text.p[i] >= 'A' && text.p[i] <= 'Z';
        p[i] = (char)(capital ? text.p[i] - 'A' + 'a' : text.p[i]);
    }
    return (struct str){.p = p, .n = text.n};
}

static bool labels_are_valid(struct str name)
{
    struct str rest = name, label;
    if (name.n == 0 || name.n > DOMAIN_MAX || name.p[name.n - 1] == '.') {
        return false;
    }
    while (str_next(&rest, '.', &label)) {
        if (label.n == 0 || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-') {
            return false;
        }
        for (size_t i = 0; i < label.n; i++) {
            /* An underscore is not allowed in host names, but people run such hosts. */
            if (!is_alnum(label.p[i]) && label.p[i] != '-' && label.p[i] != '_') {
                return false;
            }
        }
    }
    return true;
}

/* Also the shorthand forms that no domain can look like: the last label is a number. */
static bool is_ip(struct str host)
{
    size_t dot = host.n;
    while (dot > 0 && host.p[dot - 1] != '.') {
        dot--;
    }
    for (size_t i = dot; i < host.n; i++) {
        if (host.p[i] < '0' || host.p[i] > '9') {
            return false;
        }
    }
    return host.n > 0;
}

static bool is_ipv6(struct arena *arena, struct str host)
{
    struct in6_addr address;
    return host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']' &&
           inet_pton(AF_INET6, arena_cstr(arena, str_slice(host, 1, host.n - 1)), &address) ==
               1;
}

static bool to_ascii(struct arena *arena, struct str text, struct str *out_name)
{
    char *ascii = NULL;
    int failed = idn2_lookup_u8((const uint8_t *)arena_cstr(arena, text), (uint8_t **)&ascii,
                                IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (failed != IDN2_OK) {
        return false;
    }
    *out_name = arena_dup(arena, str_from(ascii));
    idn2_free(ascii);
    return true;
}

bool domain_host(struct arena *arena, struct str text, struct str *out_host)
{
    if (text.n == 0 || text.n > 4 * DOMAIN_MAX || memchr(text.p, '\0', text.n) != NULL) {
        return false;
    }
    struct str host = lower(arena, text);
    if (is_ipv6(arena, host)) {
        *out_host = host;
        return true;
    }
    for (size_t i = 0; i < host.n; i++) {
        if ((unsigned char)host.p[i] >= 0x80) {
            if (!to_ascii(arena, host, &host)) {
                return false;
            }
            break;
        }
    }
    if (host.n > 1 && host.p[host.n - 1] == '.') {
        host.n--;
    }
    if (!labels_are_valid(host)) {
        return false;
    }
    *out_host = host;
    return true;
}

bool domain_normal(struct arena *arena, struct str text, struct str *out_domain)
{
    struct str host;
    if (!domain_host(arena, text, &host) || host.p[0] == '[' || is_ip(host) ||
        str_find(host, '.') == host.n) {
        return false;
    }
    *out_domain = host;
    return true;
}

static bool is_private_name(struct str domain)
{
    static const struct str endings[] = {
        STR_INIT(".local"),    STR_INIT(".localhost"),   STR_INIT(".internal"),
        STR_INIT(".lan"),      STR_INIT(".localdomain"), STR_INIT(".home.arpa"),
        STR_INIT(".invalid"),  STR_INIT(".onion"),       STR_INIT(".corp"),
        STR_INIT(".intranet"),
    };
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (str_ends(domain, endings[i])) {
            return true;
        }
    }
    return false;
}

struct str domain_registrable(struct str domain)
{
    char name[DOMAIN_MAX + 1];
    if (domain.n == 0 || domain.n > DOMAIN_MAX || domain.p[0] == '[' || is_ip(domain) ||
        is_private_name(domain) || str_find(domain, '.') == domain.n) {
        return (struct str){0};
    }
    memcpy(name, domain.p, domain.n);
    name[domain.n] = '\0';
    const char *registrable = psl_registrable_domain(psl_builtin(), name);
    if (registrable == NULL) {
        return (struct str){0};
    }
    return str_slice(domain, (size_t)(registrable - name), domain.n);
}

bool domain_is_free_mail(struct str domain)
{
    return reference_is_free_mail(domain) || reference_is_free_mail(domain_registrable(domain));
}

/* RFC 5321's dot-string. */
static bool local_is_valid(struct str local)
{
    if (local.n == 0 || local.n > LOCAL_MAX || local.p[0] == '.' ||
        local.p[local.n - 1] == '.' || str_contains(local, STR(".."))) {
        return false;
    }
    for (size_t i = 0; i < local.n; i++) {
        if (!is_alnum(local.p[i]) && memchr(".!#$%&'*+-/=?^_`{|}~", local.p[i], 20) == NULL) {
            return false;
        }
    }
    return true;
}

bool email_parse(struct arena *arena, struct str text, struct email *out_email)
{
    text = str_trim(text);
    if (str_eq_ci(str_slice(text, 0, 7), STR("mailto:"))) {
        text = str_slice(text, 7, text.n);
    }
    size_t at = str_find(text, '@');
    if (at == text.n || text.n > 4 * EMAIL_MAX) {
        return false;
    }
    struct str local = lower(arena, str_slice(text, 0, at)), domain;
    if (!local_is_valid(local) ||
        !domain_normal(arena, str_slice(text, at + 1, text.n), &domain) ||
        local.n + 1 + domain.n > EMAIL_MAX) {
        return false;
    }
    out_email->address = arena_print(arena, "%.*s@%.*s", STR_ARG(local), STR_ARG(domain));
    out_email->domain = str_slice(out_email->address, local.n + 1, out_email->address.n);
    return true;
}

struct str email_company_domain(struct str domain)
{
    return domain_is_free_mail(domain) ? (struct str){0} : domain_registrable(domain);
}
