/* schema.org in JSON-LD and microdata, as pages of real companies have it. */
#include "tests/unit/pages.h"

#include "worker/company/jsonld.h"
#include "worker/company/microdata.h"

static struct organization found;
static struct str site_name;

static void read_html(struct str html)
{
    struct markup markup = markup_of(html);
    found = (struct organization){.weight = 0};
    site_name = (struct str){0};
    jsonld_read(&ctx, &markup, STR("acme.com"), &found, &site_name);
    microdata_read(&ctx, &markup, STR("acme.com"), &found, &site_name);
    assert_true(str_is_null(ctx.why));
}

static void read_jsonld(struct str json)
{
    read_html(arena_print(ctx.arena,
                          "<title>x</title><script type='application/ld+json'>%.*s</script>",
                          STR_ARG(json)));
}

static void an_organisation_with_everything(void **state)
{
    (void)state;
    read_jsonld(STR(
        "{\"@context\":\"https://schema.org\",\"@type\":\"Corporation\",\"name\":\"Acme &amp; "
        "Sons\",\"legalName\":\"Acme Holding B.V.\",\"url\":\"https://www.acme.com\",\"logo\":"
        "{\"@type\":\"ImageObject\",\"url\":\"https://cdn.acme.com/l.png\"},\"description\":"
        "\"We make\\n "
        "anvils\",\"foundingDate\":\"1949-05-01\",\"numberOfEmployees\":{\"@type\":"
        "\"QuantitativeValue\",\"minValue\":51,\"maxValue\":200},\"telephone\":\"+31 20 "
        "1234567\","
        "\"email\":\"info@acme.com\",\"address\":{\"@type\":\"PostalAddress\","
        "\"streetAddress\":"
        "\"Kade 1\",\"postalCode\":\"1011 "
        "AB\",\"addressLocality\":\"Amsterdam\",\"addressRegion\":"
        "\"Noord-Holland\",\"addressCountry\":\"NL\"},\"sameAs\":[\"https://www.linkedin.com/"
        "company/acme\",\"https://x.com/acme\"]}"));
    assert_text(found.name, "Acme &amp; Sons"); /* a script's text has no entities */
    assert_text(found.legal_name, "Acme Holding B.V.");
    assert_text(found.logo, "https://cdn.acme.com/l.png");
    assert_text(found.description, "We make anvils");
    assert_text(found.founded, "1949-05-01");
    assert_int_equal(found.employees, 51);
    assert_text(found.phone, "+31 20 1234567");
    assert_text(found.emails[0], "info@acme.com");
    assert_text(found.address, "Kade 1\n1011 AB Amsterdam\nNetherlands");
    assert_text(found.city, "Amsterdam");
    assert_text(found.region, "Noord-Holland");
    assert_text(found.country, "Netherlands");
    assert_int_equal(found.n_same_as, 2);
}

static void a_graph_with_references(void **state)
{
    (void)state;
    read_jsonld(STR(
        "{\"@context\":\"https://schema.org\",\"@graph\":[{\"@type\":\"WebPage\",\"publisher\":"
        "{\"@id\":\"https://acme.com/#org\"}},{\"@type\":\"WebSite\",\"name\":\"Acme Online\"},"
        "{\"@type\":[\"Organization\",\"Brand\"],\"@id\":\"https://acme.com/#org\",\"name\":"
        "\"Acme\",\"logo\":{\"@id\":\"https://acme.com/"
        "#logo\"},\"address\":{\"@id\":\"#adr\"}},"
        "{\"@type\":\"ImageObject\",\"@id\":\"https://acme.com/#logo\",\"contentUrl\":"
        "\"https://acme.com/logo.png\"},{\"@id\":\"#adr\",\"@type\":\"PostalAddress\","
        "\"addressLocality\":\"Gent\",\"addressCountry\":{\"@type\":\"Country\",\"name\":"
        "\"BE\"}}"
        "]}"));
    assert_text(found.name, "Acme");
    assert_text(found.logo, "https://acme.com/logo.png");
    assert_text(found.address, "Gent\nBelgium");
    assert_text(site_name, "Acme Online");
}

static void the_company_itself_is_told_from_others(void **state)
{
    (void)state;
    read_jsonld(
        STR("[{\"@type\":\"JobPosting\",\"hiringOrganization\":{\"@type\":\"Organization\""
            ",\"name\":\"Agency\",\"logo\":\"x\",\"sameAs\":\"y\",\"telephone\":\"1\"}},"
            "{\"@type\":\"Organization\",\"name\":\"Acme\"}]"));
    assert_text(found.name, "Acme");
    read_jsonld(
        STR("[{\"@type\":\"Organization\",\"name\":\"Partner\",\"url\":\"https://partner."
            "example/\",\"logo\":\"a\",\"address\":\"b\"},{\"@type\":\"Article\","
            "\"publisher\":{\"@type\":\"Organization\",\"name\":\"Acme\"}}]"));
    assert_text(found.name, "Acme");
    read_jsonld(STR("{\"@type\":\"Organization\",\"name\":\"Only a partner\",\"url\":"
                    "\"https://partner.example/\"}"));
    assert_int_equal(found.weight, 0);
    read_jsonld(STR("{\"@type\":\"Person\",\"name\":\"Ann\"}"));
    assert_int_equal(found.weight, 0);
}

static void kinds_of_business_tell_the_industry(void **state)
{
    (void)state;
    read_jsonld(STR("{\"@type\":\"http://schema.org/AccountingService\",\"name\":\"Sum Up\"}"));
    assert_text(found.industry, "Accounting service");
    read_jsonld(STR("{\"@type\":\"LocalBusiness\",\"name\":\"Any\"}"));
    assert_true(str_is_null(found.industry));
}

static void values_of_the_wrong_type(void **state)
{
    (void)state;
    read_jsonld(STR("{\"@type\":\"Organization\",\"name\":[\"Acme\",\"Other\"],\"telephone\":"
                    "12345678,\"email\":{\"a\":1},\"address\":\"Kade 1, Amsterdam\",\"sameAs\":"
                    "\"https://x.com/acme\",\"logo\":false,\"numberOfEmployees\":\"51-200\","
                    "\"foundingDate\":1949,\"url\":17,\"description\":null,\"contactPoint\":"
                    "[{\"email\":\"sales@acme.com\"},\"x\"]}"));
    assert_text(found.name, "Acme");
    assert_text(found.phone, "12345678");
    assert_text(found.address, "Kade 1, Amsterdam");
    assert_text(found.same_as[0], "https://x.com/acme");
    assert_int_equal(found.employees, 51);
    assert_text(found.founded, "1949");
    assert_text(found.emails[0], "sales@acme.com");
}

static void wrappings_and_broken_blocks(void **state)
{
    (void)state;
    read_jsonld(STR("<!--\n{\"@type\":\"Organization\",\"name\":\"Two\nlines\"}\n-->"));
    assert_text(found.name, "Two lines");
    read_jsonld(STR("//<![CDATA[\n{\"@type\":\"Organization\",\"name\":\"A\"}\n//]]>"));
    assert_text(found.name, "A");
    read_html(
        STR("<script type='application/ld+json; charset=utf-8'>{\"@type\":\"Organization\","
            "}</script><script type=application/ld+json></script><script type="
            "'application/ld+json'>{\"@type\":\"Organization\",\"name\":\"B\"};</script>"));
    assert_text(found.name, "B");
}

static void hostile_json(void **state)
{
    (void)state;
    read_jsonld(arena_print(ctx.arena, "%.*s\"x\"%.*s", STR_ARG(repeat("[", 10000)),
                            STR_ARG(repeat("]", 10000))));
    assert_int_equal(found.weight, 0);
    read_jsonld(arena_print(ctx.arena, "{\"@type\":\"Organization\",\"name\":\"%.*s\"}",
                            STR_ARG(repeat("a", 500000))));
    assert_int_equal(found.name.n, 200);
    /* Thousands of references to one long text. */
    struct sb sb;
    sb_init(&sb, ctx.arena, (size_t)2 << 20);
    SB_LIT(&sb, "[{\"@id\":\"#n\",\"name\":\"");
    sb_str(&sb, repeat("long ", 50000));
    SB_LIT(&sb, "\"}");
    for (int i = 0; i < 5000; i++) {
        SB_LIT(&sb, ",{\"@type\":\"Organization\",\"name\":{\"@id\":\"#n\"}}");
    }
    SB_LIT(&sb, "]");
    read_jsonld(sb_view(&sb));
    assert_true(str_starts(found.name, STR("long long")));
    /* References that go round. */
    read_jsonld(STR("[{\"@id\":\"#a\"},{\"@type\":\"Organization\",\"@id\":\"#a\",\"address\":"
                    "{\"@id\":\"#a\"},\"name\":{\"@id\":\"#a\"}}]"));
    read_jsonld(STR("{\"@type\":\"Organization\",\"name\":\"<script>alert(1)<\\/script>\"}"));
    assert_text(found.name, "<script>alert(1)</script>"); /* pages escape it */
}

static void microdata_items(void **state)
{
    (void)state;
    read_html(STR(
        "<body itemscope itemtype='https://schema.org/WebPage'><div itemscope itemtype="
        "'http://schema.org/Dentist'><h1 itemprop=name>Dr. <b>Tooth</b></h1><a itemprop=url "
        "href=/>home</a><img itemprop=logo src=/l.png><div itemprop=address itemscope itemtype="
        "'http://schema.org/PostalAddress'><span itemprop=streetAddress>Kade 1</span>, <span "
        "itemprop='addressLocality'>Breda</span><meta itemprop=addressCountry content=NL></div>"
        "<a itemprop='telephone' href='tel:+3176123456'>call</a><a itemprop=sameAs "
        "href='https://x.com/t'>x</a><a itemprop=sameAs "
        "href='https://facebook.com/t'>f</a></div>"));
    assert_text(found.name, "Dr. Tooth");
    assert_text(found.industry, "Dentist");
    assert_text(found.logo, "https://www.acme.com/l.png");
    assert_text(found.address, "Kade 1\nBreda\nNetherlands");
    assert_int_equal(found.n_same_as, 2);
    assert_true(found.weight > 10); /* its url is on the domain */
}

static void hostile_microdata(void **state)
{
    (void)state;
    read_html(repeat("<div itemscope itemprop='a b c d e f g h'>", 20000));
    read_html(repeat("<div itemscope itemtype=https://schema.org/Organization><p itemprop=name>"
                     "                                                            ",
                     8000));
    read_html(
        repeat("<i itemscope itemtype=https://schema.org/Organization><b itemprop=name>Acme"
               "</b></i>",
               9000));
    assert_text(found.name, "Acme");
    read_html(
        STR("<p itemprop=name>orphan<div itemscope><b itemprop>x</b><b itemprop=' '>y</b>"));
    assert_int_equal(found.weight, 0);
}

static void legal_types_and_countries(void **state)
{
    (void)state;
    assert_text(organization_legal_type(STR("Acme Holding B.V.")), "BV");
    assert_text(organization_legal_type(STR("Müller GmbH & Co. KG")), "GmbH & Co KG");
    assert_text(organization_legal_type(STR("MÜLLER GMBH")), "GmbH");
    assert_text(organization_legal_type(STR("Acme, Inc.")), "Inc");
    assert_text(organization_legal_type(STR("Firma Sp. z o.o.")), "Sp z oo");
    assert_true(str_is_null(organization_legal_type(STR("Kids on a tour as"))));
    assert_true(str_is_null(organization_legal_type(STR("GmbH"))));
    assert_true(str_is_null(organization_legal_type(STR(""))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_organisation_with_everything),
        cmocka_unit_test(a_graph_with_references),
        cmocka_unit_test(the_company_itself_is_told_from_others),
        cmocka_unit_test(kinds_of_business_tell_the_industry),
        cmocka_unit_test(values_of_the_wrong_type),
        cmocka_unit_test(wrappings_and_broken_blocks),
        cmocka_unit_test(hostile_json),
        cmocka_unit_test(microdata_items),
        cmocka_unit_test(hostile_microdata),
        cmocka_unit_test(legal_types_and_countries),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
