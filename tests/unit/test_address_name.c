/* Which company an address is of by its name: most names are made by providers. */
#include "shared/str.h"
#include "worker/address_name.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct {
    const char *address, *name;
    enum traffic_verdict network;
    const char *owner, *company; /* company "": none */
} names[] = {
    /* given */
    {"198.18.7.9", "gate.acme.com", TRAFFIC_PROVIDER, "Deutsche Telekom AG", "acme.com"},
    {"198.18.7.9", "GATE.Acme.COM", TRAFFIC_PROVIDER, "Deutsche Telekom AG", "acme.com"},
    {"198.18.7.9", "gate.acme.com.", TRAFFIC_UNKNOWN, "", "acme.com"},
    {"198.18.7.9", "acme.co.uk", TRAFFIC_PROVIDER, "BT", "acme.co.uk"},
    {"198.18.7.9", "mail2.office.acme.co.uk", TRAFFIC_UNKNOWN, "", "acme.co.uk"},
    {"198.18.7.9", "fw9.acme.com", TRAFFIC_PROVIDER, "Orange S.A.", "acme.com"},
    {"198.18.7.9", "xn--gter-5qa.acme.com", TRAFFIC_PROVIDER, "Orange S.A.", "acme.com"},
    {"2001:db8:1:2::35", "mail.acme.com", TRAFFIC_PROVIDER, "Orange S.A.", "acme.com"},
    {"2001:db8:1:2:a:b:c:d", "cafe.acme.com", TRAFFIC_UNKNOWN, "", "acme.com"},
    /* a company's own network */
    {"198.18.7.9", "host-198-18-7-9.acme.com", TRAFFIC_COMPANY, "Acme Inc.", "acme.com"},
    {"198.18.7.9", "dhcp-77.acme.com", TRAFFIC_COMPANY, "Acme Inc.", "acme.com"},
    {"198.18.7.9", "proxy.siemens.com", TRAFFIC_COMPANY, "Siemens AG", "siemens.com"},
    {"198.18.7.9", "dyn-198-18-7-9.isp.com", TRAFFIC_COMPANY, "Isp GmbH", ""},
    {"198.18.7.9", "gate.example-telecom.com", TRAFFIC_COMPANY, "Example", ""},
    /* made from the address */
    {"198.18.7.9", "198-18-7-9.lines.com", TRAFFIC_PROVIDER, "Lines", ""},
    {"198.18.7.9", "9.7.18.198.lines.com", TRAFFIC_PROVIDER, "", ""},
    {"198.18.7.9", "host-7-9.lines.com", TRAFFIC_UNKNOWN, "", ""},
    {"198.18.7.9", "h198.018.007.009.lines.com", TRAFFIC_UNKNOWN, "", ""},
    {"198.18.7.9", "h198018007009.lines.com", TRAFFIC_UNKNOWN, "", ""},
    {"198.18.7.9", "h009007018198.lines.com", TRAFFIC_UNKNOWN, "", ""},
    {"198.18.77.9", "h19818779.lines.com", TRAFFIC_UNKNOWN, "", ""},
    {"217.0.43.12", "pd9002b0c.lines.com", TRAFFIC_PROVIDER, "", ""},
    {"217.0.43.12", "0c2b00d9.lines.com", TRAFFIC_PROVIDER, "", ""},
    {"2003:c0:1:2::ab:cd", "p200300c000010002000000000000ab00cd.lines.com", TRAFFIC_UNKNOWN, "",
     ""},
    {"2003:c0:1:2:1111:2222:3333:4444", "x-3333-4444.lines.com", TRAFFIC_UNKNOWN, "", ""},
    {"2003:c0:1:2:1111:2222:3333:4444", "n22223333.lines.com", TRAFFIC_UNKNOWN, "", ""},
    /* of a pool */
    {"198.18.7.9", "dyn-1-2-3-4.isp.com", TRAFFIC_PROVIDER, "Somebody", ""},
    {"198.18.7.9", "a12.dsl.lines.com", TRAFFIC_UNKNOWN, "", ""},
    {"198.18.7.9", "cust41.lines.com", TRAFFIC_PROVIDER, "", ""},
    {"198.18.7.9", "static.lines.com", TRAFFIC_PROVIDER, "", ""},
    /* the provider's own, and where people have mail */
    {"198.18.7.9", "gate.telekom.de", TRAFFIC_PROVIDER, "Deutsche Telekom AG", ""},
    {"198.18.7.9", "gate.vodafone-ip.de", TRAFFIC_PROVIDER, "Vodafone GmbH", ""},
    {"198.18.7.9", "gate.orange.fr", TRAFFIC_PROVIDER, "Orange S.A.", ""},
    {"198.18.7.9", "mail.gmail.com", TRAFFIC_UNKNOWN, "", ""},
    {"198.18.7.9", "gate.city-broadband.com", TRAFFIC_UNKNOWN, "", ""},
    {"198.18.7.9", "vm.best-hosting.com", TRAFFIC_UNKNOWN, "", ""},
    /* no domain that somebody has */
    {"198.18.7.9", "", TRAFFIC_COMPANY, "Acme", ""},
    {"198.18.7.9", "localhost", TRAFFIC_COMPANY, "Acme", ""},
    {"198.18.7.9", "printer.local", TRAFFIC_COMPANY, "Acme", ""},
    {"198.18.7.9", "co.uk", TRAFFIC_COMPANY, "Acme", ""},
    {"198.18.7.9", "198.18.7.9", TRAFFIC_COMPANY, "Acme", ""},
    {"198.18.7.9", "9.7.18.198.in-addr.arpa", TRAFFIC_UNKNOWN, "", ""},
    {"198.18.7.9", "a b.acme.com", TRAFFIC_COMPANY, "Acme", ""},
    {"198.18.7.9", "<b>.acme.com", TRAFFIC_COMPANY, "Acme", ""},
    {"198.18.7.9", "..acme.com", TRAFFIC_COMPANY, "Acme", ""},
};

static void companies(void **state)
{
    struct arena *arena = arena_new((size_t)1 << 20);
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        uint8_t bytes[16];
        bool four = inet_pton(AF_INET, names[i].address, bytes) == 1;
        assert_true(four || inet_pton(AF_INET6, names[i].address, bytes) == 1);
        struct str company = address_name_company(
            arena, &(struct address_name){.bytes = bytes,
                                          .n_bytes = four ? 4 : 16,
                                          .name = str_from(names[i].name),
                                          .network = names[i].network,
                                          .owner = str_from(names[i].owner)});
        if (!str_eq(company, str_from(names[i].company)) &&
            (company.n > 0 || names[i].company[0] != '\0')) {
            fail_msg("%s %s: %.*s", names[i].address, names[i].name, STR_ARG(company));
        }
    }
    arena_free(arena);
}

/* Nothing that a server may say breaks it: every cut of a long name, every byte in it. */
static void whatever_servers_say(void **state)
{
    static const uint8_t four[4] = {255, 255, 255, 255}, six[16] = {0x20, 1, [15] = 255};
    char text[300];
    (void)state;
    for (size_t n = 0; n <= sizeof(text); n++) {
        struct arena *arena = arena_new((size_t)1 << 20);
        for (size_t i = 0; i < n; i++) {
            text[i] = i % 60 == 59 ? '.' : (char)(i * 7 + n);
        }
        struct address_name name = {
            .bytes = four, .n_bytes = 4, .name = {text, n}, .owner = {text, n / 2}};
        (void)address_name_company(arena, &name);
        memset(text, n % 2 ? '2' : 'f', n);
        (void)address_name_company(arena, &name);
        name.bytes = six;
        name.n_bytes = 16;
        (void)address_name_company(arena, &name);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(companies),
        cmocka_unit_test(whatever_servers_say),
    };
    return cmocka_run_group_tests_name("address_name", tests, NULL, NULL);
}
