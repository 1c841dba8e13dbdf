/*
 * collector_url.h - a page's address as the tracker reports it: what of it is kept, and what it
 * tells about where the visitor came from and who it is.
 *
 * Reads bytes rather than asking a URL library: every event passes here, an address is kept as
 * it was sent, and a wrong %XX in it must not lose the event.
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_URL_H
#define LEADBOARD_FCGI_COLLECTOR_URL_H

#include "shared/arena.h"

#define COLLECTOR_URL_MAX 2048
#define COLLECTOR_LANDING_MAX 7

struct collector_landing {
    struct str name, value; /* decoded, clean */
};

struct collector_url {
    /* Without user, password, landing-page parameters and a fragment that is no route. "No
     * value" for anything but http and https. */
    struct str url;
    struct str host; /* lower case, without port */
    /* JSON object of source, medium, campaign, term, content, click (the name of the
     * advertiser's parameter, such as gclid) and click_id; "no value" when there is none. Links
     * that were made for Matomo (mtm_, matomo_, pk_, piwik_ instead of utm_) count where those
     * say nothing. */
    struct str utm;
    bool from_email; /* utm_medium=email */
    struct str from; /* fromEmail: who sent the mail that this is a link of */
    /* email, firstName, lastName, company, phone, jobTitle, lb_uid, where the address has them.
     */
    struct collector_landing landing[COLLECTOR_LANDING_MAX];
    size_t n_landing;
};

/* s is valid UTF-8. The text of *out_url is of the arena or a part of s. */
void collector_url(struct arena *arena, struct str s, struct collector_url *out_url);

/* True for what a mail tool leaves where it knows nothing of a person: "*|EMAIL|*", "%EMAIL%".
 */
bool collector_is_merge_tag(struct str value);
/* An address in a link that was not encoded: its '+' was read as a space. */
struct str collector_mend_email(struct arena *arena, struct str email);

/* True when host is one of the allowed ones or below one; "*." and a port in these do not
 * matter. An empty list allows all. */
bool collector_host_allowed(struct str host, const struct str *allowed, size_t n);

#endif
