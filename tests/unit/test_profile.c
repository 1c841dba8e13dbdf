/* Whole pages, as companies write them: the head, contacts, links, technologies, and the facts
 * that come of all. */
#include "tests/unit/pages.h"

#include "worker/company/profile.h"

static struct head head_of(struct str html)
{
    struct markup markup = markup_of(html);
    struct head head;
    head_read(&ctx, &markup, STR("acme.com"), &head);
    return head;
}

static struct contacts contacts_of(struct str html, bool in_text)
{
    struct markup markup = markup_of(html);
    struct contacts contacts = {.n_emails = 0};
    contacts_read(&ctx, &markup, STR("acme.com"), in_text, &contacts);
    return contacts;
}

static struct str fact(const struct profile_facts *facts, const char *field)
{
    for (size_t i = 0; i < facts->n; i++) {
        if (str_eq(facts->fields[i], str_from(field))) {
            return facts->values[i];
        }
    }
    return (struct str){0};
}

/* ---- head ---- */

static void open_graph_wins(void **state)
{
    (void)state;
    struct head head = head_of(STR(
        "<!doctype html><title>Home | Acme Inc.</title><meta name=description content=second>"
        "<meta property=og:site_name content='Acme'><meta property='og:title' content='Anvils'>"
        "<meta property=og:description content='  We   make\n anvils. '>"
        "<link rel='shortcut icon' href=/favicon.ico><link rel=apple-touch-icon "
        "href=touch.png>"));
    assert_text(head.name, "Acme");
    assert_true(head.name_is_stated);
    assert_text(head.title, "Anvils");
    assert_text(head.description, "We make anvils.");
    assert_text(head.icon, "https://www.acme.com/en/touch.png");
}

static void the_name_in_a_title(void **state)
{
    (void)state;
    assert_text(head_of(STR("<title>Bolt &amp; Sons | The best anvils</title>")).name,
                "Bolt & Sons");
    assert_text(head_of(STR("<title>Anvils for everyone – Bolt</title>")).name, "Bolt");
    assert_text(head_of(STR("<title>Home</title>")).name, "Home");
    assert_text(head_of(STR("<title>Home - The Anvil People</title>")).name,
                "The Anvil People");
    assert_text(head_of(STR("<title>CRM | Acme Anvils and More | Pricing</title>")).name,
                "Acme Anvils and More");
    assert_text(head_of(STR("<title>Bolt</title><svg><title>logo</title></svg>")).name, "Bolt");
    assert_text(head_of(STR("<svg><title>logo</title></svg>")).name, "");
    assert_text(head_of(STR("<title><b>Bolt</b><script>x</script></title>")).name,
                "<b>Bolt</b><script>x</script>");
    assert_text(
        head_of(STR("<meta property=og:site_name content='Acme | The best anvils in town, "
                    "and more'>"))
            .name,
        "Acme");
    struct head longer =
        head_of(arena_print(ctx.arena, "<title>%.*s", STR_ARG(repeat("ü ", 100000))));
    assert_true(longer.name.n <= HEAD_NAME_MAX && str_is_utf8(longer.name));
}

static void icons(void **state)
{
    (void)state;
    assert_text(head_of(STR("<link rel=icon sizes=512x512 href=/b.png><link rel=icon "
                            "sizes=96x96 href=/m.png><link rel=icon sizes=16x16 href=/s.png>"))
                    .icon,
                "https://www.acme.com/m.png");
    static const struct str none[] = {
        STR_INIT("<link rel=icon href='javascript:alert(1)'>"),
        STR_INIT("<link rel=icon href='data:image/png;base64,xx'>"),
        STR_INIT("<link rel=icon href=/logo.svg>"),
        STR_INIT("<link rel=icon type=image/svg+xml href=/logo>"),
        STR_INIT("<link rel=stylesheet href=/icon.png>"),
        STR_INIT("<link rel=icon href=''>")};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_true(str_is_null(head_of(none[i]).icon));
    }
}

/* ---- contacts ---- */

static void mail_addresses(void **state)
{
    (void)state;
    struct contacts c = contacts_of(
        STR("<a href='mailto:Ann@partner.example?subject=x'>a</a><a "
            "href='MAILTO:info@acme.com'>b"
            "</a><a href='mailto:info@acme.com'>c</a><a href='mailto:you@example.com'>d</a>"
            "<a href='mailto:logo@2x.png'>e</a><a href='mailto:'>f</a>"
            "<span class=__cf_email__ "
            "data-cfemail='543d3a323b143537393179353a223d38277a373b39'>"
            "hidden</span><p>sales@acme.com</p>"),
        false);
    assert_int_equal(c.n_emails, 3);
    assert_text(c.emails[0], "info@acme.com");
    assert_int_equal(c.n_own_emails, 1);
    assert_text(c.emails[1], "ann@partner.example");
    assert_text(c.emails[2], "info@acme-anvils.com");
    c = contacts_of(STR("<p>Write to sales@acme.com, or to: <b>jobs@acme.com</b>. @acme x@ @@ "
                        "a@b</p>"),
                    true);
    assert_int_equal(c.n_emails, 2);
    assert_text(c.emails[1], "jobs@acme.com");
    c = contacts_of(repeat("<a href='mailto:a@x.example'>a</a> @", 5000), true);
    assert_int_equal(c.n_emails, 1);
    struct sb sb;
    sb_init(&sb, ctx.arena, 100000);
    for (int i = 0; i < 50; i++) {
        sb_printf(&sb, "<a href=mailto:a%d@other.org>", i);
    }
    SB_LIT(&sb, "<a href=mailto:late@acme.com>");
    c = contacts_of(sb_view(&sb), false);
    assert_int_equal(c.n_emails, CONTACTS_EMAILS);
    assert_text(c.emails[0], "late@acme.com");
}

static void telephones(void **state)
{
    (void)state;
    assert_text(contacts_of(STR("<a href='tel:112'>short</a><a "
                                "href='tel:+31%2020-123%204567;ext=5'>x</a>"),
                            false)
                    .phone,
                "+31 20-123 4567");
    assert_true(str_is_null(contacts_of(STR("<a href='tel:CALL-ME-NOW'>x</a>"), false).phone));
    assert_true(str_is_null(contacts_of(STR("<a href='tel:'>x</a>"), false).phone));
}

static void profiles_elsewhere(void **state)
{
    (void)state;
    struct contacts c = contacts_of(
        STR("<a href='https://www.linkedin.com/company/acme/?trk=x'>1</a>"
            "<a href='https://nl.linkedin.com/in/ann'>2</a>"
            "<a href='https://www.linkedin.com/shareArticle?url=x'>3</a>"
            "<a href='//twitter.com/acme'>4</a><a href='https://twitter.com/intent/tweet'>5</a>"
            "<a href='https://www.facebook.com/profile.php?id=12'>6</a>"
            "<a href='https://www.facebook.com/sharer/sharer.php?u=x'>7</a>"
            "<a href='https://www.facebook.com/'>8</a><a href='https://youtu.example/x'>9</a>"
            "<a href='https://www.youtube.com/watch?v=1'>10</a>"
            "<a href='https://www.youtube.com/@acme/'>11</a>"
            "<a href='https://eviltwitter.com/acme'>12</a>"
            "<a href='https://twitter.com/acme/'>13</a>"),
        false);
    assert_text(c.linkedin, "https://www.linkedin.com/company/acme");
    assert_int_equal(c.n_links, 3);
    assert_text(c.links[0], "https://twitter.com/acme");
    assert_text(c.links[1], "https://www.facebook.com/profile.php?id=12");
    assert_text(c.links[2], "https://www.youtube.com/@acme");
}

static void places(void **state)
{
    (void)state;
    assert_text(contacts_of(STR("<address>Posted by Ann</address><address>Kade 1<br>1011 AB "
                                "Amsterdam</address>"),
                            false)
                    .address,
                "Kade 1 1011 AB Amsterdam");
}

/* ---- links and technologies ---- */

static void pages_worth_a_look(void **state)
{
    (void)state;
    struct page_links links;
    struct markup markup = markup_of(STR(
        "<a href='/en/'>Home</a><a href='/blog/contact-lenses-explained'>Contact lenses "
        "explained at length</a><a href='/kontakt/'>Kontakt</a><a href='/ueber-uns'>Wir</a>"
        "<a href='https://other.example/impressum'>Impressum</a><a href='/i.html#x'>Impressum"
        "</a><a href='/contact.pdf'>Contact</a><a href='javascript:contact()'>Contact</a>"));
    page_links_read(&ctx, &markup, &links);
    assert_int_equal(links.n, 2);
    assert_text(links.urls[0], "https://www.acme.com/i.html");
    assert_text(links.urls[1], "https://www.acme.com/kontakt/");
    markup = markup_of(STR("<a href=/contact>Contact & about us</a><a href=/shop>Shop</a>"));
    page_links_read(&ctx, &markup, &links);
    assert_int_equal(links.n, 1);
    markup = markup_of(STR("<p>nothing"));
    page_links_read(&ctx, &markup, &links);
    assert_int_equal(links.n, 0);
}

static bool uses(const struct technologies *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (str_eq(list->names[i], str_from(name))) {
            return true;
        }
    }
    return false;
}

static void traces_of_technologies(void **state)
{
    (void)state;
    struct technologies t = {.n = 0};
    struct markup markup = markup_of(STR(
        "<meta name=Generator content='WordPress 6.4.2'><script src='https://x/WP-Content/a."
        "js'></script><script src='https://www.googletagmanager.com/gtag/js?id=1'></script>"
        "<div id=__next></div><script src='data:text/javascript,cdn.shopify.com'></script>"
        "<p>We use Drupal</p>"));
    technologies_read(&markup,
                      STR("HTTP/2 200\r\nServer: nginx/1.22\r\ncf-ray: 8a\r\nX-Powered-By: "
                          "PHP/8.1\r\nSet-Cookie: PHPSESSID=1; path=/\r\nX-Note: cf-ray\r\n"),
                      &t);
    assert_int_equal(t.n, 6);
    assert_true(uses(&t, "WordPress") && uses(&t, "Google Analytics") && uses(&t, "Next.js"));
    assert_true(uses(&t, "nginx") && uses(&t, "Cloudflare") && uses(&t, "PHP"));
}

/* ---- the whole ---- */

static void a_profile_of_two_pages(void **state)
{
    (void)state;
    struct profile p;
    struct profile_facts f;
    struct str icon_list[3];
    profile_init(&p, STR("acme.com"));
    profile_add(&ctx, &p,
                &(struct profile_page){
                    .html = STR("<title>Welcome</title><meta name=description content='Anvils'>"
                                "<link rel=icon href=/i.png><a href=/impressum>Impressum</a>"
                                "<a href=https://x.com/acme>X</a>"),
                    .content_type = STR("text/html"),
                    .url = STR("https://www.acme.com/"),
                    .headers = STR("Server: nginx\r\n"),
                    .home = true});
    assert_text(p.links.urls[0], "https://www.acme.com/impressum");
    profile_add(
        &ctx, &p,
        &(struct profile_page){
            .html =
                STR("<title>Impressum</title><p>info@acme.com</p><script type=application/"
                    "ld+json>{\"@type\":\"Organization\",\"name\":\"Acme GmbH\",\"logo\":"
                    "\"/logo.png\",\"telephone\":\"not a number\",\"foundingDate\":\"1949-05\""
                    ",\"address\":{\"addressLocality\":\"Berlin\",\"addressCountry\":\"DE\"},"
                    "\"sameAs\":[\"https://x.com/acme\",\"https://facebook.com/acme\"]}"
                    "</script><a href='tel:+49 30 123456'>x</a>"),
            .content_type = STR("text/html"),
            .url = STR("https://www.acme.com/impressum")});
    profile_facts(&ctx, &p, &f);
    assert_text(fact(&f, "name"), "Acme GmbH");
    assert_false(f.name_is_guessed);
    assert_text(fact(&f, "description"), "Anvils");
    assert_text(fact(&f, "legal_type"), "GmbH");
    assert_text(fact(&f, "founded"), "1949");
    assert_text(fact(&f, "website"), "https://www.acme.com/");
    assert_text(fact(&f, "emails"), "info@acme.com");
    assert_text(fact(&f, "address"), "Berlin\nGermany");
    assert_text(fact(&f, "country"), "Germany");
    assert_text(fact(&f, "social"), "https://x.com/acme\nhttps://facebook.com/acme");
    assert_text(fact(&f, "technologies"), "nginx");
    assert_true(str_is_null(fact(&f, "phone"))); /* schema.org's is none, and it said it */
    assert_int_equal(profile_icons(&ctx, &p, icon_list, 3), 3);
    assert_text(icon_list[0], "https://www.acme.com/i.png");
    assert_text(icon_list[1], "https://www.acme.com/logo.png");
    assert_text(icon_list[2], "https://www.acme.com/favicon.ico");
}

static void a_page_that_says_nothing(void **state)
{
    (void)state;
    struct profile p;
    struct profile_facts f;
    profile_init(&p, STR("acme.com"));
    profile_add(&ctx, &p,
                &(struct profile_page){.html = STR("\x89PNG\r\n\0\0"),
                                       .url = STR("https://acme.com/"),
                                       .home = true});
    profile_facts(&ctx, &p, &f);
    assert_int_equal(f.n, 1);
    assert_text(fact(&f, "website"), "https://acme.com/");
    assert_true(f.name_is_guessed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_graph_wins),
        cmocka_unit_test(the_name_in_a_title),
        cmocka_unit_test(icons),
        cmocka_unit_test(mail_addresses),
        cmocka_unit_test(telephones),
        cmocka_unit_test(profiles_elsewhere),
        cmocka_unit_test(places),
        cmocka_unit_test(pages_worth_a_look),
        cmocka_unit_test(traces_of_technologies),
        cmocka_unit_test(a_profile_of_two_pages),
        cmocka_unit_test(a_page_that_says_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
