/*
 * traffic.h - what kind of traffic a session is: of a company's network, an internet provider's
 * or a hoster's; of the team's own office, a bot, a mail scanner; each with a reason that
 * people can read, and can overrule.
 *
 * Who decides. The most particular that is there: the team's word on the session, on the place
 * (the keyed code of an address's surroundings, fcgi/collector_network.h), on the network; then
 * the rules below. Nobody knows better than the team, so its word is kept beside the log (table
 * traffic_verdict) and outlives every rebuild.
 *
 * Names of addresses. A company may have its line from a provider and yet names of its own for
 * its addresses: a session from one is the company's (worker/jobs/reverse.c).
 *
 * What follows. Sessions of offices, bots and mail scanners do not count: they belong to nobody
 * (session.lead_id 0), identify nobody, tell nothing about anybody, and score nothing. They
 * stay where they are and can be given back. Of the others, a session from a company's network
 * says which company an anonymous lead is of (worker/derive.h); one from a provider's or a
 * hoster's says nothing of a company.
 *
 * The kind of a network is told by its owner's name, as the registries have it, by words: an
 * owner is a hoster when a word of hosting is among them ("cloud", "hosting", "vps") or it is a
 * known one, else a provider by the same ("telecom", "broadband", "fibra"), else an
 * organisation of its own. Names that mislead ("Zoom Video Communications") are in the list of
 * exceptions. A network of more than TRAFFIC_LARGE addresses that no rule knows is a
 * provider's: 99 of 100 of that size are, and the few companies that large are listed. The
 * lists are our own reading of the owners in npm's @ip-location-db/asn;
 * tests/unit/test_traffic.c has 297 owners with what they are, and prints how many are told
 * right.
 *
 * Mail scanners. Gateways open the mail and follow its links before the addressee sees it, from
 * their vendor's network or from a hoster's, and are gone. A session that begins with a mail
 * (an opened picture, a followed link) is a scanner's when its network is a mail-security
 * vendor's, or when it is a hoster's and the session is over within TRAFFIC_SCAN_US. Somebody
 * who comes through a hoster's network (a VPN, a cloud desktop) and stays is a person as soon
 * as that shows. Pictures fetched by the proxies of web mailers (Google, Yahoo) are opened by
 * people.
 */
#ifndef LEADBOARD_TRAFFIC_H
#define LEADBOARD_TRAFFIC_H

#include "shared/str.h"

#include <stdint.h>

/* Stored: session.verdict, traffic_verdict.verdict. */
enum traffic_verdict {
    TRAFFIC_UNKNOWN = 0, /* no network is known */
    TRAFFIC_COMPANY = 1,
    TRAFFIC_PROVIDER = 2,
    TRAFFIC_HOSTING = 3,
    TRAFFIC_OFFICE = 4, /* the team's own */
    TRAFFIC_BOT = 5,
    TRAFFIC_SCANNER = 6,
    TRAFFIC_PERSON = 7, /* counts, whatever its network: only people say so */
    TRAFFIC__END
};

/* Stored: session.reason. */
enum traffic_reason {
    TRAFFIC_BY_NOTHING = 0,
    TRAFFIC_BY_HAND_SESSION = 1,
    TRAFFIC_BY_HAND_PLACE = 2,
    TRAFFIC_BY_HAND_NETWORK = 3,
    TRAFFIC_BY_WORD = 4,     /* a word in the owner's name */
    TRAFFIC_BY_LIST = 5,     /* the owner is a known one */
    TRAFFIC_BY_SIZE = 6,     /* too many addresses for one company */
    TRAFFIC_BY_NAME = 7,     /* an organisation by its name: nothing says otherwise */
    TRAFFIC_BY_VENDOR = 8,   /* begins with a mail, from a mail-security vendor's network */
    TRAFFIC_BY_HASTE = 9,    /* begins with a mail, from a hoster's network, and ends at once */
    TRAFFIC_BY_OPENING = 10, /* an opened mail and nothing else, from a hoster's network */
    TRAFFIC_BY_ADDRESS = 11, /* its address has a company's name, in a provider's network */
    TRAFFIC_REASON__END
};

#define TRAFFIC_LARGE 262144
#define TRAFFIC_SCAN_US INT64_C(10000000)

/* The code of an address's surroundings - the first 24 bits of IPv4, 48 of IPv6 - in a dataset:
 * by it sessions from one place are known to be, but not from which; without the key the
 * address can't be had back, and with it only as one of 256. Never 0, but for what is no
 * address. */
int64_t traffic_place(const uint8_t *key, int64_t dataset, struct str address);

/* "company", "internet provider" ...; "" for what is none. */
const char *traffic_verdict_name(int verdict);
/* A sentence: "Its owner's name says so." */
const char *traffic_reason_text(int reason, int verdict);
/* Offices, bots and scanners do not. */
static inline bool traffic_counts(int verdict)
{
    return verdict != TRAFFIC_OFFICE && verdict != TRAFFIC_BOT && verdict != TRAFFIC_SCANNER;
}

struct traffic_network {
    int64_t number;
    struct str owner;  /* "no value": no network is known */
    int64_t addresses; /* IPv4; 0: not known */
};
struct traffic_kind {
    enum traffic_verdict verdict; /* COMPANY, PROVIDER, HOSTING or UNKNOWN */
    enum traffic_reason reason;
    bool mail_security; /* a vendor of mail gateways */
    bool picture_proxy; /* a web mailer's */
};
/* What the rules say of a network. Cost: about a microsecond. */
struct traffic_kind traffic_kind(const struct traffic_network *network);

/* What there is of a session to judge it by. */
struct traffic_session {
    struct traffic_kind kind; /* of its network; or the team's word on it, in `said` */
    enum traffic_verdict said;
    enum traffic_reason said_by;
    bool mail;   /* begins with a mail */
    bool acts;   /* more than opened pictures */
    bool named;  /* the address has a company's name (worker/address_name.h) */
    bool judged; /* false: goes on what a person began who is known already: kind alone tells */
    int64_t lasted_us;
};
enum traffic_verdict traffic_judge(const struct traffic_session *session,
                                   enum traffic_reason *out_reason);

#endif
