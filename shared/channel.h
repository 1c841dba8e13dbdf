/*
 * channel.h - how a visit came about, from its landing event. Numbers are stored and never
 * change.
 *
 * The first rule that answers wins:
 *   1. an opened or clicked email                                   email
 *   2. a click id of an ad network (gclid, ttclid ...)              paid
 *   3. utm_medium: cpc, ppc, cpm, display, paid*, retargeting ...   paid
 *      email, newsletter ...                                        email
 *      social*, organic, referral                                   as named
 *   4. utm_source that names a known site, or its domain            as the list says
 *   5. the referrer: none, or the site itself                       direct
 *      search engine, social site, web mailer, ad server            organic, social, email,
 * paid any other site                                               referral With a utm_source
 * or another utm_medium, but without a referrer, it is a referral.
 */
#ifndef LEADBOARD_CHANNEL_H
#define LEADBOARD_CHANNEL_H

#include "shared/arena.h"

enum channel {
    CHANNEL_DIRECT = 1,
    CHANNEL_ORGANIC = 2,
    CHANNEL_SOCIAL = 3,
    CHANNEL_EMAIL = 4,
    CHANNEL_REFERRAL = 5,
    CHANNEL_PAID = 6
};

/* "Direct", "Organic" ...; "Unknown" for a number that is none. */
const char *channel_name(int channel);

struct channel_input {
    int type; /* enum event_type */
    struct str url, referrer;
    struct str utm_source, utm_medium;
    struct str click; /* the click id found at the door; url is looked through too */
};

/* *out_source is utm_source, else the list's name of the referrer ("Google"), else its domain;
 * "no value" for direct. It lives in the input, in the arena or for ever. */
enum channel channel_of(struct arena *arena, const struct channel_input *input,
                        struct str *out_source);

#endif
