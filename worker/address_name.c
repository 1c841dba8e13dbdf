#include "worker/address_name.h"

#include "shared/domain.h"

#define WORDS_MAX 32

/* ---- what repeats the address ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

/* The digits of the bytes as hexadecimal, most significant first. */
static size_t hex_of(const uint8_t *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    return 2 * n;
}

/* How many of the four octets stand among the decimal numbers of the host, each counted once.
 */
static int octets_in(struct str host, const uint8_t *octets)
{
    bool seen[4] = {false};
    int n = 0;
    for (size_t i = 0; i < host.n;) {
        int64_t value = 0;
        size_t from = i;
        for (; i < host.n && is_digit(host.p[i]) && i - from < 4; i++) {
            value = value * 10 + (host.p[i] - '0');
        }
        for (int k = 3; k >= 0 && i > from; k--) {
            if (!seen[k] && octets[k] == value) {
                seen[k] = true;
                n++;
                break;
            }
        }
        i += i == from ? 1 : 0;
    }
    return n;
}

/* "081169145157", as some write all of it. */
static bool has_row_of_digits(struct str host, const uint8_t *octets)
{
    char padded[13], plain[13], backwards[13];
    int n =
        snprintf(plain, sizeof(plain), "%d%d%d%d", octets[0], octets[1], octets[2], octets[3]);
    (void)snprintf(padded, sizeof(padded), "%03d%03d%03d%03d", octets[0], octets[1], octets[2],
                   octets[3]);
    (void)snprintf(backwards, sizeof(backwards), "%03d%03d%03d%03d", octets[3], octets[2],
                   octets[1], octets[0]);
    return str_contains(host, str_from(padded)) || str_contains(host, str_from(backwards)) ||
           (n >= 7 && str_contains(host, str_from(plain)));
}

static bool repeats4(struct str host, const uint8_t *octets)
{
    char hex[8];
    const uint8_t back[4] = {octets[3], octets[2], octets[1], octets[0]};
    (void)hex_of(octets, 4, hex);
    bool found = str_contains(host, (struct str){hex, sizeof(hex)});
    (void)hex_of(back, 4, hex);
    found |= str_contains(host, (struct str){hex, sizeof(hex)});
    return found || octets_in(host, octets) >= 2 || has_row_of_digits(host, octets);
}

/* Eight digits in a row of the 32, or the last two groups as groups without leading zeros. */
static bool repeats6(struct str host, const uint8_t *bytes)
{
    char hex[32], groups[2][5];
    size_t n = hex_of(bytes, 16, hex);
    for (size_t i = 0; i + 8 <= n; i++) {
        struct str run = {hex + i, 8};
        if (!str_eq(run, STR("00000000")) && str_contains(host, run)) {
            return true;
        }
    }
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(groups[i], sizeof(groups[i]), "%x",
                       (unsigned)bytes[12 + 2 * i] << 8 | bytes[13 + 2 * i]);
    }
    size_t found = 0;
    for (size_t i = 0; i < host.n;) {
        size_t from = i;
        while (i < host.n && is_hex(host.p[i])) {
            i++;
        }
        found += found < 2 && str_eq(str_slice(host, from, i), str_from(groups[found])) ? 1 : 0;
        i += i == from ? 1 : 0;
    }
    return found == 2;
}

/* ---- words ---- */

static bool is_pool_word(struct str word)
{
    static const struct str words[] = {
        STR_INIT("adsl"),       STR_INIT("broadband"),  STR_INIT("cable"),
        STR_INIT("client"),     STR_INIT("clients"),    STR_INIT("cpe"),
        STR_INIT("cust"),       STR_INIT("customer"),   STR_INIT("customers"),
        STR_INIT("dhcp"),       STR_INIT("dial"),       STR_INIT("dialin"),
        STR_INIT("dialup"),     STR_INIT("dip"),        STR_INIT("dsl"),
        STR_INIT("dyn"),        STR_INIT("dynamic"),    STR_INIT("dynamicip"),
        STR_INIT("dynip"),      STR_INIT("fibre"),      STR_INIT("fiber"),
        STR_INIT("ftth"),       STR_INIT("hfc"),        STR_INIT("home"),
        STR_INIT("ip"),         STR_INIT("ipv"),        STR_INIT("isp"),
        STR_INIT("kabel"),      STR_INIT("lte"),        STR_INIT("mobile"),
        STR_INIT("modem"),      STR_INIT("pool"),       STR_INIT("pools"),
        STR_INIT("ppp"),        STR_INIT("pppoe"),      STR_INIT("red"),
        STR_INIT("res"),        STR_INIT("resi"),       STR_INIT("residential"),
        STR_INIT("sta"),        STR_INIT("static"),     STR_INIT("staticip"),
        STR_INIT("subs"),       STR_INIT("subscriber"), STR_INIT("unknown"),
        STR_INIT("unassigned"), STR_INIT("user"),       STR_INIT("users"),
        STR_INIT("vdsl"),       STR_INIT("wifi"),       STR_INIT("wireless"),
        STR_INIT("xdsl"),
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq(word, words[i])) {
            return true;
        }
    }
    return false;
}

/* Words are what stands between digits, points and hyphens. */
static bool has_pool_word(struct str host)
{
    for (size_t i = 0; i < host.n;) {
        size_t from = i;
        while (i < host.n && host.p[i] >= 'a' && host.p[i] <= 'z') {
            i++;
        }
        if (i > from && is_pool_word(str_slice(host, from, i))) {
            return true;
        }
        i += i == from ? 1 : 0;
    }
    return false;
}

/* Letters and digits of a text in lower case. */
static struct str squeezed(struct arena *arena, struct str text)
{
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        if (is_digit(c) || (c >= 'a' && c <= 'z')) {
            out[n++] = c;
        }
    }
    return (struct str){out, n};
}

/* The name that was registered, without what it is registered under. */
static struct str label_of(struct str domain)
{
    return str_slice(domain, 0, str_find(domain, '.'));
}

/* "Vodafone GmbH" has vodafone.de, "Liberty Global" maybe liberty.example. */
static bool is_owners(struct arena *arena, struct str owner, struct str domain)
{
    struct str label = squeezed(arena, label_of(domain));
    struct str first = str_slice(owner, 0, str_find(owner, ' '));
    struct str name = squeezed(arena, owner);
    first = squeezed(arena, first);
    return (label.n >= 2 && str_contains(name, label)) ||
           (first.n >= 4 && str_contains(label, first));
}

static bool is_network_business(struct str domain)
{
    struct traffic_network network = {.owner = label_of(domain)};
    enum traffic_verdict verdict = traffic_kind(&network).verdict;
    return verdict == TRAFFIC_PROVIDER || verdict == TRAFFIC_HOSTING;
}

/* ---- the answer ---- */

static bool was_given(struct arena *arena, const struct address_name *address, struct str host,
                      struct str domain)
{
    bool repeats =
        address->n_bytes == 4 ? repeats4(host, address->bytes) : repeats6(host, address->bytes);
    if (address->network == TRAFFIC_COMPANY) {
        return !repeats || !has_pool_word(host);
    }
    return !repeats && !has_pool_word(host) && !domain_is_free_mail(domain) &&
           !is_owners(arena, address->owner, domain);
}

struct str address_name_company(struct arena *arena, const struct address_name *address)
{
    const struct str none = {.p = NULL};
    struct str name;
    if (!domain_normal(arena, address->name, &name)) {
        return none;
    }
    struct str domain = domain_registrable(name);
    if (domain.n == 0 || is_network_business(domain)) {
        return none;
    }
    struct str host = str_slice(name, 0, name.n - domain.n);
    return was_given(arena, address, host, domain) ? domain : none;
}
