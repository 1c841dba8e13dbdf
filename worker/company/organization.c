#include "worker/company/organization.h"

#include "gen/schema.h"
#include "shared/domain.h"
#include "shared/reference.h"
#include "shared/url.h"
#include "worker/company/markup.h"

#define TEXT_MAX 200
#define DESCRIPTION_MAX 1000
#define URL_TEXT_MAX 2000
#define OBJECTS_MAX 2000 /* of a document that are looked at */

struct search {
    struct ctx *ctx;
    const struct json *document;
    struct str domain;
    struct organization *best;
    struct str *site_name;
    size_t objects;
};

/* ---- types ---- */

/* "https://schema.org/Dentist", "schema:Dentist" and "Dentist" are one. */
static struct str bare_type(struct str type)
{
    size_t from = type.n;
    while (from > 0 && strchr("/#:", type.p[from - 1]) == NULL) {
        from--;
    }
    return str_slice(type, from, type.n);
}

static int compare_row(const void *key, const void *row)
{
    const struct str *text = key;
    const char *const *name = row;
    return str_cmp(*text, str_from(*name));
}

static bool is_organization(struct str type, const char **out_industry)
{
    struct str bare = bare_type(type);
    const char *const *row =
        bsearch(&bare, schema_organizations,
                sizeof(schema_organizations) / sizeof(schema_organizations[0]),
                sizeof(schema_organizations[0]), compare_row);
    if (row == NULL) {
        return false;
    }
    *out_industry = row[1];
    return true;
}

/* @type is a text or a list of them. */
static bool has_type(const struct json *object, bool (*is)(struct str, const char **),
                     const char **out_industry)
{
    const struct json *type = json_get(object, "@type");
    if (json_kind(type) == JSON_TEXT) {
        return is(json_text(type), out_industry);
    }
    for (const struct json *one = json_first(type); one != NULL; one = json_next(one)) {
        if (is(json_text(one), out_industry)) {
            return true;
        }
    }
    return false;
}

static bool is_website(struct str type, const char **out_industry)
{
    *out_industry = NULL;
    return str_eq(bare_type(type), STR("WebSite"));
}

/* ---- values ---- */

/* The object of this @id that says more than its @id. */
static const struct json *find_id(const struct json *json, struct str id, size_t *left)
{
    if (*left == 0) {
        return NULL;
    }
    (*left)--;
    if (json_kind(json) == JSON_OBJECT && json_count(json) > 1 &&
        str_eq(json_text(json_get(json, "@id")), id)) {
        return json;
    }
    for (const struct json *one = json_first(json); one != NULL; one = json_next(one)) {
        enum json_kind kind = json_kind(one);
        const struct json *found =
            kind == JSON_OBJECT || kind == JSON_ARRAY ? find_id(one, id, left) : NULL;
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

/* The first of a list, the end of a reference. */
static const struct json *settle(const struct search *search, const struct json *value)
{
    if (json_kind(value) == JSON_ARRAY) {
        value = json_first(value);
    }
    struct str id = json_text(json_get(value, "@id"));
    if (!str_is_empty(id) && json_count(value) == 1) {
        size_t left = OBJECTS_MAX;
        const struct json *found = find_id(search->document, id, &left);
        return found == NULL ? value : found;
    }
    return value;
}

static const struct json *member(const struct search *search, const struct json *object,
                                 const char *name)
{
    return settle(search, json_get(object, name));
}

static struct str number_text(struct ctx *ctx, const struct json *value)
{
    int64_t number;
    return json_i64(value, &number) ? arena_print(ctx->arena, "%lld", (long long)number)
                                    : (struct str){.p = NULL};
}

/* A text; of an object its name, value or address. */
static struct str text_of(const struct search *search, const struct json *value, size_t max)
{
    static const char *const members[] = {"name", "@value", "url", "contentUrl", "@id"};
    struct str text = json_text(value);
    for (size_t i = 0; json_kind(value) == JSON_OBJECT && str_is_empty(text) &&
                       i < sizeof(members) / sizeof(members[0]);
         i++) {
        text = json_text(json_get(value, members[i]));
    }
    text = json_kind(value) == JSON_NUMBER ? number_text(search->ctx, value) : text;
    return markup_tidy(search->ctx, text, max);
}

static struct str get_text(const struct search *search, const struct json *object,
                           const char *name, size_t max)
{
    return text_of(search, member(search, object, name), max);
}

/* An address on the web: an ImageObject has it under "url". */
static struct str get_url(const struct search *search, const struct json *object,
                          const char *name)
{
    const struct json *value = member(search, object, name);
    if (json_kind(value) != JSON_OBJECT) {
        return markup_tidy(search->ctx, json_text(value), URL_TEXT_MAX);
    }
    struct str url = get_text(search, value, "contentUrl", URL_TEXT_MAX);
    return str_is_empty(url) ? get_text(search, value, "url", URL_TEXT_MAX) : url;
}

/* Each text of a value that may be one or a list. */
static size_t texts_of(const struct search *search, const struct json *value, struct str *out,
                       size_t n, size_t most)
{
    if (json_kind(value) == JSON_TEXT && n < most) {
        struct str text = markup_tidy(search->ctx, json_text(value), URL_TEXT_MAX);
        out[n] = text;
        return str_is_empty(text) ? n : n + 1;
    }
    if (json_kind(value) == JSON_ARRAY) {
        for (const struct json *one = json_first(value); one != NULL && n < most;
             one = json_next(one)) {
            if (json_kind(one) == JSON_TEXT) {
                n = texts_of(search, one, out, n, most);
            }
        }
    }
    return n;
}

/* ---- an organisation ---- */

static void add_line(struct sb *sb, struct str first, struct str second)
{
    bool has = !str_is_empty(first) || !str_is_empty(second);
    sb_str(sb, has && sb->n > 0 ? STR("\n") : STR(""));
    sb_str(sb, first);
    sb_str(sb, !str_is_empty(first) && !str_is_empty(second) ? STR(" ") : STR(""));
    sb_str(sb, second);
}

static void read_address(const struct search *search, const struct json *object,
                         struct organization *out)
{
    const struct json *address = member(search, object, "address");
    if (json_kind(address) == JSON_NONE) {
        address = member(search, member(search, object, "location"), "address");
    }
    if (json_kind(address) == JSON_TEXT) {
        out->address = markup_tidy(search->ctx, json_text(address), TEXT_MAX);
        return;
    }
    struct sb sb;
    sb_init(&sb, search->ctx->arena, (size_t)5 * TEXT_MAX);
    out->city = get_text(search, address, "addressLocality", TEXT_MAX);
    out->region = get_text(search, address, "addressRegion", TEXT_MAX);
    out->country = reference_country(get_text(search, address, "addressCountry", TEXT_MAX));
    add_line(&sb, get_text(search, address, "streetAddress", TEXT_MAX), (struct str){0});
    add_line(&sb, get_text(search, address, "postalCode", TEXT_MAX), out->city);
    bool placed = sb.n > 0; /* a country alone is no address */
    add_line(&sb, out->country, (struct str){0});
    out->address = placed ? sb_view(&sb) : (struct str){0};
}

static int64_t read_employees(const struct search *search, const struct json *object)
{
    static const char *const members[] = {"value", "minValue"};
    const struct json *value = member(search, object, "numberOfEmployees");
    struct str text = json_text(value);
    int64_t number = 0;
    for (size_t i = 0; json_kind(value) == JSON_OBJECT && number == 0 && i < 2; i++) {
        const struct json *one = json_get(value, members[i]);
        (void)(json_i64(one, &number) || str_to_i64(json_text(one), &number));
    }
    if (json_kind(value) != JSON_OBJECT && !json_i64(value, &number)) {
        size_t n = 0;
        while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9') {
            n++; /* "51-200" begins with 51 */
        }
        (void)str_to_i64(str_slice(text, 0, n), &number);
    }
    return number > 0 ? number : 0;
}

/* Its own, else that of a way to contact it. */
static void read_contact(const struct search *search, const struct json *object,
                         struct organization *out)
{
    const struct json *contact = json_get(object, "contactPoint");
    out->phone = get_text(search, object, "telephone", TEXT_MAX);
    out->n_emails =
        texts_of(search, json_get(object, "email"), out->emails, 0, ORGANIZATION_EMAILS);
    contact = json_kind(contact) == JSON_ARRAY ? json_first(contact) : contact;
    for (; contact != NULL; contact = json_next(contact)) {
        const struct json *one = settle(search, contact);
        if (str_is_empty(out->phone)) {
            out->phone = get_text(search, one, "telephone", TEXT_MAX);
        }
        out->n_emails = texts_of(search, json_get(one, "email"), out->emails, out->n_emails,
                                 ORGANIZATION_EMAILS);
    }
}

struct str organization_legal_type(struct str name)
{
    static const char *const types[] = {
        "AB",  "AG",      "AS",          "ASA",  "ApS", "A/S",          "BV",      "BVBA",
        "CIC", "Corp",    "Corporation", "EURL", "GbR", "GmbH & Co KG", "GmbH",    "Inc",
        "KG",  "Kft",     "LLC",         "LLP",  "Lda", "Limited",      "Ltd",     "Ltda",
        "NV",  "OG",      "OHG",         "Oy",   "Oyj", "PLC",          "Pty Ltd", "Pvt Ltd",
        "SA",  "SARL",    "SAS",         "SE",   "SIA", "SL",           "SNC",     "SRL",
        "SpA", "Sp z oo", "UAB",         "UG",   "VOF", "doo",          "eG",      "eK",
        "eV",  "sro"};
    char plain[TEXT_MAX + 1]; /* its end without dots: "B.V." is BV */
    struct str end = str_slice(name, name.n > TEXT_MAX ? name.n - TEXT_MAX : 0, name.n);
    size_t n = 0;
    for (size_t i = 0; i < end.n; i++) {
        plain[n] = end.p[i];
        n += end.p[i] != '.' && end.p[i] != ',';
    }
    struct str text = {.p = plain, .n = n}, found = {0};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct str type = str_from(types[i]);
        struct str last = str_slice(text, n > type.n ? n - type.n : 0, n);
        bool same = type.n > 2 ? str_eq_ci(last, type) : str_eq(last, type);
        if (same && n > type.n && plain[n - type.n - 1] == ' ' && type.n > found.n) {
            found = type;
        }
    }
    return found;
}

/* ---- which one ---- */

/* What it is to what it stands in. */
static int relation_weight(struct str key)
{
    static const struct {
        const char *key;
        int weight;
    } relations[] = {{"@graph", 4},   {"publisher", 3},       {"mainEntity", 3},
                     {"about", 2},    {"copyrightHolder", 2}, {"sourceOrganization", 2},
                     {"provider", 1}, {"creator", 1},         {"mainEntityOfPage", 2},
                     {"isPartOf", 1}, {"seller", 0},          {"brand", 0},
                     {"@reverse", 0}};
    if (str_is_empty(key)) {
        return 4;
    }
    for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++) {
        if (str_eq(key, str_from(relations[i].key))) {
            return relations[i].weight;
        }
    }
    return -4;
}

static bool is_on_domain(struct ctx *ctx, struct str address, struct str domain)
{
    struct url url;
    struct str host;
    return url_parse(ctx->arena, address, &url) && domain_normal(ctx->arena, url.host, &host) &&
           str_eq(domain_registrable(host), domain_registrable(domain));
}

static int weigh(const struct search *search, const struct json *object, struct str key)
{
    static const char *const members[] = {"address",   "sameAs",      "logo",
                                          "telephone", "description", "legalName"};
    struct str url = get_url(search, object, "url");
    bool absolute = str_starts(url, STR("http://")) || str_starts(url, STR("https://"));
    int weight = 1 + relation_weight(key);
    if (absolute) {
        weight += is_on_domain(search->ctx, url, search->domain) ? 8 : -100;
    }
    weight += str_is_empty(get_text(search, object, "name", TEXT_MAX)) ? 0 : 3;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        weight += json_kind(json_get(object, members[i])) == JSON_NONE ? 0 : 1;
    }
    return weight;
}

static void take(const struct search *search, const struct json *object, const char *industry,
                 int weight)
{
    struct organization *out = search->best;
    *out = (struct organization){
        .weight = weight,
        .name = get_text(search, object, "name", TEXT_MAX),
        .legal_name = get_text(search, object, "legalName", TEXT_MAX),
        .description = get_text(search, object, "description", DESCRIPTION_MAX),
        .logo = get_url(search, object, "logo"),
        .founded = get_text(search, object, "foundingDate", TEXT_MAX),
        .industry = get_text(search, object, "industry", TEXT_MAX),
        .employees = read_employees(search, object),
    };
    out->industry = str_is_empty(out->industry) ? str_from(industry) : out->industry;
    read_address(search, object, out);
    read_contact(search, object, out);
    out->n_same_as =
        texts_of(search, json_get(object, "sameAs"), out->same_as, 0, ORGANIZATION_LINKS);
}

/* The parser bounds the depth. */
static void visit(struct search *search, const struct json *json, struct str key)
{
    const char *industry = NULL;
    if (search->objects >= OBJECTS_MAX) {
        return;
    }
    if (json_kind(json) == JSON_OBJECT) {
        search->objects++;
        bool known = has_type(json, is_organization, &industry);
        int weight = known ? weigh(search, json, key) : 0;
        if (weight > search->best->weight) {
            take(search, json, industry, weight);
        }
        if (str_is_empty(*search->site_name) && has_type(json, is_website, &industry)) {
            *search->site_name = get_text(search, json, "name", TEXT_MAX);
        }
    }
    for (const struct json *one = json_first(json); one != NULL; one = json_next(one)) {
        if (json_kind(one) == JSON_OBJECT || json_kind(one) == JSON_ARRAY) {
            visit(search, one, json_kind(json) == JSON_ARRAY ? key : json_key(one));
        }
    }
}

void organization_read(struct ctx *ctx, const struct json *document, struct str domain,
                       struct organization *best, struct str *site_name)
{
    struct search search = {.ctx = ctx,
                            .document = document,
                            .domain = domain,
                            .best = best,
                            .site_name = site_name};
    visit(&search, document, (struct str){0});
}
