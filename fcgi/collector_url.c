#include "fcgi/collector_url.h"
#include "fcgi/collector_text.h"
#include "shared/sb.h"

#define VALUE_MAX 255
#define UTM_MAX 8192

enum { UTM_MEDIUM = 1, CLICK = 5, CLICK_ID = 6, UTM_COUNT = 7 };

static const struct str utm_keys[UTM_COUNT] = {
    STR_INIT("source"),  STR_INIT("medium"), STR_INIT("campaign"), STR_INIT("term"),
    STR_INIT("content"), STR_INIT("click"),  STR_INIT("click_id"),
};
static const struct str click_ids[] = {
    STR_INIT("gclid"), STR_INIT("ttclid"), STR_INIT("msclkid"), STR_INIT("twclid"),
    STR_INIT("dclid"), STR_INIT("yclid"),  STR_INIT("fbclid"),  STR_INIT("li_fat_id"),
};
/* What a link may say of who opens it, and the name it is kept under; the first is the address.
 */
static const struct {
    struct str parameter, name;
} landing[] = {
    {STR_INIT("email"), STR_INIT("email")},
    {STR_INIT("firstName"), STR_INIT("firstName")},
    {STR_INIT("lastName"), STR_INIT("lastName")},
    {STR_INIT("company"), STR_INIT("company")},
    {STR_INIT("companyName"), STR_INIT("company")},
    {STR_INIT("phone"), STR_INIT("phone")},
    {STR_INIT("jobTitle"), STR_INIT("jobTitle")},
    {STR_INIT("lb_uid"), STR_INIT("lb_uid")},
};
#define LANDING (sizeof(landing) / sizeof(*landing))

/* Where an address has its parts. */
struct parts {
    struct str scheme, authority, path, query, fragment;
};

static size_t find_any(struct str s, size_t from, const char *ends)
{
    size_t i = from;
    while (i < s.n && strchr(ends, s.p[i]) == NULL) {
        i++;
    }
    return i;
}

/* False when it is neither http nor https. */
static bool split(struct str s, struct parts *out)
{
    if (str_eq_ci(str_slice(s, 0, 7), STR("http://"))) {
        out->scheme = STR("http://");
    } else if (str_eq_ci(str_slice(s, 0, 8), STR("https://"))) {
        out->scheme = STR("https://");
    } else {
        return false;
    }
    size_t authority = out->scheme.n;
    size_t path = find_any(s, authority, "/?#\\");
    size_t query = find_any(s, path, "?#");
    size_t fragment = query < s.n && s.p[query] == '?' ? find_any(s, query, "#") : query;
    out->authority = str_slice(s, authority, path);
    out->path = str_slice(s, path, query);
    out->query = str_slice(s, query < fragment ? query + 1 : fragment, fragment);
    out->fragment = str_slice(s, fragment, s.n);
    return true;
}

static bool is_host_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || (c & 0x80) != 0;
}

/* The host, in lower case; user and password before it are left out. */
static bool find_host(struct arena *arena, struct str authority, struct str *out_host,
                      struct str *out_port)
{
    for (size_t i = authority.n; i > 0; i--) {
        if (authority.p[i - 1] == '@') {
            authority = str_slice(authority, i, authority.n);
            break;
        }
    }
    bool v6 = authority.n > 0 && authority.p[0] == '[';
    size_t end = v6 ? str_find(authority, ']') + 1 : str_find(authority, ':');
    struct str host = str_slice(authority, 0, end);
    struct str port = str_slice(authority, end, authority.n);
    int64_t number = 0;
    if (host.n == 0 || host.n > 253 ||
        (port.n > 1 && (!str_to_i64(str_slice(port, 1, port.n), &number) || number < 0))) {
        return false;
    }
    char *lower = arena_alloc(arena, host.n);
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        if (!is_host_byte(lower[i]) && !(v6 && strchr("[]:", c) != NULL)) {
            return false;
        }
    }
    *out_host = (struct str){.p = lower, .n = host.n};
    *out_port = port; /* with its colon */
    return true;
}

static bool find_name(const struct str *names, size_t n, struct str name, size_t *out_at)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(names[i], name)) {
            *out_at = i;
            return true;
        }
    }
    return false;
}

/* "{{email}}", "*|EMAIL|*", "%%email%%", "%EMAIL%", "[email]", "<email>", "$[EMAIL]$". */
bool collector_is_merge_tag(struct str value)
{
    return value.n > 1 && (strchr("{[<%", value.p[0]) != NULL || str_starts(value, STR("*|")) ||
                           str_starts(value, STR("$[")) || str_starts(value, STR("${")) ||
                           str_starts(value, STR("#{")));
}

struct str collector_mend_email(struct arena *arena, struct str email)
{
    if (str_find(email, ' ') == email.n) {
        return email;
    }
    char *text = arena_cstr(arena, email);
    for (size_t i = 0; i < email.n; i++) {
        text[i] = text[i] == ' ' ? '+' : text[i];
    }
    return (struct str){.p = text, .n = email.n};
}

static bool find_landing(struct str name, size_t *out_which)
{
    for (size_t i = 0; i < LANDING; i++) {
        if (str_eq(name, landing[i].parameter)) {
            *out_which = i;
            return true;
        }
    }
    return false;
}

static void add_landing(struct collector_url *url, size_t which, struct str value)
{
    bool no_email = which == 0 && str_find(value, '@') == value.n;
    for (size_t i = 0; i < url->n_landing; i++) {
        if (str_eq(url->landing[i].name, landing[which].name)) {
            return;
        }
    }
    if (value.n > 0 && !no_email && !collector_is_merge_tag(value)) {
        url->landing[url->n_landing++] =
            (struct collector_landing){.name = landing[which].name, .value = value};
    }
}

/* utm_x, or what Matomo calls it; *out_first: the name that counts where both are there. */
static bool find_utm(struct str name, size_t *out_which, bool *out_first)
{
    static const struct str prefixes[] = {STR_INIT("utm_"), STR_INIT("mtm_"),
                                          STR_INIT("matomo_"), STR_INIT("pk_"),
                                          STR_INIT("piwik_")};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
        if (!str_starts(name, prefixes[i])) {
            continue;
        }
        struct str key = str_slice(name, prefixes[i].n, name.n);
        *out_first = i == 0;
        if (i > 0 && (str_eq(key, STR("kwd")) || str_eq(key, STR("keyword")))) {
            key = STR("term");
        }
        return find_name(utm_keys, CLICK, key, out_which);
    }
    return false;
}

/* What is read of one query. */
struct reading {
    struct arena *arena;
    struct collector_url *url;
    struct str utm[UTM_COUNT];
    bool second[UTM_COUNT]; /* the name was Matomo's */
};

static void note_utm(struct reading *reading, size_t which, bool first, struct str value)
{
    bool better = str_is_null(reading->utm[which]) || (first && reading->second[which]);
    if (value.n > 0 && better) {
        reading->utm[which] = value;
        reading->second[which] = !first;
    }
}

static void note_landing(struct reading *reading, struct str name, size_t which,
                         struct str value)
{
    if (str_eq(name, STR("fromEmail"))) {
        bool usable = str_find(value, '@') < value.n && !collector_is_merge_tag(value);
        if (usable && str_is_null(reading->url->from)) {
            reading->url->from = collector_mend_email(reading->arena, value);
        }
        return;
    }
    add_landing(reading->url, which,
                which == 0 ? collector_mend_email(reading->arena, value) : value);
}

/* Notes what one "name=value" tells; false when it must not stay in the address. */
static bool note_parameter(struct reading *reading, struct str part)
{
    struct arena *arena = reading->arena;
    size_t equals = str_find(part, '=');
    struct str name = collector_decode(arena, str_slice(part, 0, equals));
    struct str raw = str_slice(part, equals + 1, part.n);
    size_t which = 0;
    bool first = false;
    bool is_utm = find_utm(name, &which, &first);
    bool is_click =
        !is_utm && find_name(click_ids, sizeof(click_ids) / sizeof(*click_ids), name, &which);
    bool is_landing =
        !is_utm && !is_click && (find_landing(name, &which) || str_eq(name, STR("fromEmail")));
    if (!is_utm && !is_click && !is_landing) {
        return true;
    }
    struct str value = collector_text(arena, collector_decode(arena, raw), VALUE_MAX);
    if (is_landing) {
        note_landing(reading, name, which, value);
        return false;
    }
    if (is_click && value.n > 0 && str_is_null(reading->utm[CLICK])) {
        reading->utm[CLICK] = click_ids[which];
        reading->utm[CLICK_ID] = value;
    } else if (is_utm) {
        note_utm(reading, which, first, value);
    }
    return true;
}

/* The query without what must not stay, into out. */
static void read_query(struct reading *reading, struct str query, struct sb *out)
{
    char separator = '?';
    struct str part = {.p = NULL};
    while (str_next(&query, '&', &part)) {
        if (part.n > 0 && note_parameter(reading, part)) {
            sb_char(out, separator);
            sb_str(out, part);
            separator = '&';
        }
    }
}

static struct str utm_json(struct arena *arena, const struct str *utm)
{
    struct sb sb;
    sb_init(&sb, arena, UTM_MAX);
    for (size_t i = 0; i < UTM_COUNT; i++) {
        if (!str_is_null(utm[i])) {
            sb_char(&sb, sb.n == 0 ? '{' : ',');
            collector_quote(&sb, utm_keys[i]);
            sb_char(&sb, ':');
            collector_quote(&sb, utm[i]);
        }
    }
    if (sb.n == 0) {
        return (struct str){.p = NULL};
    }
    sb_char(&sb, '}');
    return sb_view(&sb);
}

void collector_url(struct arena *arena, struct str s, struct collector_url *out_url)
{
    *out_url = (struct collector_url){.n_landing = 0};
    struct reading reading = {.arena = arena, .url = out_url};
    struct parts parts;
    struct str host;
    struct str port;
    if (!split(collector_text(arena, s, COLLECTOR_URL_MAX), &parts) ||
        !find_host(arena, parts.authority, &host, &port)) {
        return;
    }
    struct sb url;
    sb_init(&url, arena, COLLECTOR_URL_MAX + 1);
    sb_reserve(&url, s.n);
    sb_str(&url, parts.scheme);
    sb_str(&url, host);
    sb_str(&url, port);
    sb_str(&url, parts.path.n > 0 ? parts.path : STR("/"));
    read_query(&reading, parts.query, &url);
    if (parts.fragment.n > 1 && (parts.fragment.p[1] == '/' || parts.fragment.p[1] == '!')) {
        sb_str(&url, parts.fragment);
    }
    out_url->url = str_cut(sb_view(&url), COLLECTOR_URL_MAX);
    out_url->host = host;
    out_url->utm = utm_json(arena, reading.utm);
    out_url->from_email = str_eq_ci(reading.utm[UTM_MEDIUM], STR("email"));
}

static bool host_matches(struct str host, struct str allowed)
{
    allowed = str_trim(allowed);
    if (str_starts(allowed, STR("*."))) {
        allowed = str_slice(allowed, 2, allowed.n);
    }
    if (!str_starts(allowed, STR("["))) {
        allowed = str_slice(allowed, 0, str_find(allowed, ':'));
    }
    if (allowed.n == 0 || host.n < allowed.n) {
        return false;
    }
    size_t above = host.n - allowed.n;
    return str_eq_ci(str_slice(host, above, host.n), allowed) &&
           (above == 0 || host.p[above - 1] == '.');
}

bool collector_host_allowed(struct str host, const struct str *allowed, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (host_matches(host, allowed[i])) {
            return true;
        }
    }
    return n == 0;
}
