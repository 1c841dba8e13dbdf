/*
 * wikidata: what Wikidata knows of the organisation whose official website (P856) is on the
 * domain, in one SPARQL query (query.wikidata.org, SPARQL 1.1 JSON results).
 *
 * Of several such items (a company, its product, a brand) only organisations count (P31/P279*
 * of Q43229), and of these the one that most Wikipedias write about. Years, names of countries
 * and industries come as labels in English, else in the item's own languages.
 */
#include "worker/company/question.h"

#include "shared/sb.h"

#define QUERY_MAX 6000

/* What is asked of the item; label: it is an item itself, whose name counts. */
static const struct {
    const char *property, *name;
    bool label;
} wanted[] = {
    {"P452", "industry", true},   {"P1128", "employees", false}, {"P571", "inception", false},
    {"P17", "country", true},     {"P159", "city", true},        {"P1454", "legal", true},
    {"P154", "logo", false},      {"P1329", "phone", false},     {"P968", "email", false},
    {"P4264", "linkedin", false}, {"P2002", "twitter", false},   {"P2013", "facebook", false},
    {"P2003", "instagram", false}};
#define WANTED (sizeof(wanted) / sizeof(wanted[0]))

/* ---- the question ---- */

static void write_query(struct sb *sb, struct str domain)
{
    static const char *const forms[] = {"https://", "https://www.", "http://", "http://www."};
    SB_LIT(sb, "SELECT ?item ?itemLabel ?itemDescription ?links");
    for (size_t i = 0; i < WANTED; i++) {
        sb_printf(sb, " ?%s%s", wanted[i].name, wanted[i].label ? "Label" : "");
    }
    SB_LIT(sb, " WHERE { VALUES ?site {");
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        sb_printf(sb, " <%s%.*s> <%s%.*s/>", forms[i], STR_ARG(domain), forms[i],
                  STR_ARG(domain));
    }
    SB_LIT(sb, " } ?item wdt:P856 ?site ; wikibase:sitelinks ?links . "
               "FILTER EXISTS { ?item wdt:P31/wdt:P279* wd:Q43229 }");
    for (size_t i = 0; i < WANTED; i++) {
        sb_printf(sb, " OPTIONAL { ?item wdt:%s ?%s }", wanted[i].property, wanted[i].name);
    }
    SB_LIT(sb, " SERVICE wikibase:label { bd:serviceParam wikibase:language "
               "\"en,mul,de,fr,es,nl,it,pt,sv\" } } ORDER BY DESC(?links) ?item LIMIT 10");
}

static void write_encoded(struct sb *sb, struct str text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            sb_char(sb, (char)c);
        } else {
            sb_char(sb, '%');
            sb_char(sb, digits[c >> 4]);
            sb_char(sb, digits[c & 15]);
        }
    }
}

static struct str address(struct question *q)
{
    struct sb query, url;
    struct str base = q->provider->address;
    sb_init(&query, q->ctx.arena, QUERY_MAX);
    sb_init(&url, q->ctx.arena, (size_t)3 * QUERY_MAX);
    write_query(&query, q->domain);
    sb_str(&url, base);
    sb_str(&url, str_find(base, '?') < base.n ? STR("&") : STR("?"));
    SB_LIT(&url, "format=json&query=");
    write_encoded(&url, sb_view(&query));
    return sb_view(&url);
}

/* ---- the answer ---- */

static struct str get(const struct json *row, const char *name)
{
    return json_text(json_get(json_get(row, name), "value"));
}

/* A label that is only the item's number says nothing. */
static struct str label(const struct json *row, const char *name)
{
    struct str text = get(row, name);
    int64_t number;
    bool bare =
        text.n > 1 && text.p[0] == 'Q' && str_to_i64(str_slice(text, 1, text.n), &number);
    return bare ? (struct str){0} : text;
}

static void add_profile(struct sb *sb, const char *base, struct str name)
{
    if (!str_is_empty(name)) {
        sb_printf(sb, "%s%s%.*s", sb->n > 0 ? "\n" : "", base, STR_ARG(name));
    }
}

static void read_profiles(struct question *q, const struct json *row)
{
    struct sb sb, linkedin;
    sb_init(&sb, q->ctx.arena, 2000);
    sb_init(&linkedin, q->ctx.arena, 500);
    add_profile(&linkedin, "https://www.linkedin.com/company/", get(row, "linkedin"));
    add_profile(&sb, "https://x.com/", get(row, "twitter"));
    add_profile(&sb, "https://facebook.com/", get(row, "facebook"));
    add_profile(&sb, "https://instagram.com/", get(row, "instagram"));
    question_fact(q, "linkedin", sb_view(&linkedin));
    question_fact(q, "social", sb_view(&sb));
}

/* A small PNG, also of a drawing. */
static struct str logo_url(struct question *q, struct str logo)
{
    struct str secure = str_starts(logo, STR("http://")) ? str_slice(logo, 7, logo.n)
                                                         : str_slice(logo, 8, logo.n);
    return str_is_empty(logo)
               ? logo
               : arena_print(q->ctx.arena, "https://%.*s?width=128", STR_ARG(secure));
}

static void read_results(struct question *q, const struct json *json)
{
    const struct json *row = json_first(json_get(json_get(json, "results"), "bindings"));
    if (json_kind(row) != JSON_OBJECT) {
        question_end(q, ctx_fail(&q->ctx, ERR_NOT_FOUND,
                                 "The site knows no organisation with this website."));
        return;
    }
    struct str email = get(row, "email");
    email = str_starts(email, STR("mailto:")) ? str_slice(email, 7, email.n) : email;
    question_fact(q, "name", label(row, "itemLabel"));
    question_fact(q, "description", label(row, "itemDescription"));
    question_fact(q, "industry", label(row, "industryLabel"));
    question_fact(q, "employees", get(row, "employees"));
    question_fact(q, "founded", str_slice(get(row, "inception"), 0, 4));
    question_fact(q, "country", label(row, "countryLabel"));
    question_fact(q, "city", label(row, "cityLabel"));
    question_fact(q, "legal_type", label(row, "legalLabel"));
    question_fact(q, "phone", get(row, "phone"));
    question_fact(q, "emails", email);
    read_profiles(q, row);
    question_logo(q, logo_url(q, get(row, "logo")));
}

void wikidata_ask(struct question *question)
{
    question_json(question, address(question), STR("application/sparql-results+json"),
                  read_results);
}
