#include "shared/channel.h"
#include "shared/domain.h"
#include "shared/events.h"
#include "shared/reference.h"
#include "shared/url.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *const names[] = {
    [CHANNEL_DIRECT] = "Direct", [CHANNEL_ORGANIC] = "Organic",   [CHANNEL_SOCIAL] = "Social",
    [CHANNEL_EMAIL] = "Email",   [CHANNEL_REFERRAL] = "Referral", [CHANNEL_PAID] = "Paid",
};

const char *channel_name(int channel)
{
    bool known = channel >= CHANNEL_DIRECT && channel <= CHANNEL_PAID;
    return known ? names[channel] : "Unknown";
}

/* Click ids of ad networks: Google, TikTok, Microsoft, X, Google display, Yandex, Meta,
 * LinkedIn. */
static const struct str click_ids[] = {
    STR_INIT("gclid"), STR_INIT("ttclid"), STR_INIT("msclkid"), STR_INIT("twclid"),
    STR_INIT("dclid"), STR_INIT("yclid"),  STR_INIT("fbclid"),  STR_INIT("li_fat_id"),
};

struct medium {
    struct str word;
    bool prefix;
    enum channel channel;
};
static const struct medium mediums[] = {
    {STR_INIT("paid"), true, CHANNEL_PAID},
    {STR_INIT("cpc"), false, CHANNEL_PAID},
    {STR_INIT("ppc"), false, CHANNEL_PAID},
    {STR_INIT("cpm"), false, CHANNEL_PAID},
    {STR_INIT("cpv"), false, CHANNEL_PAID},
    {STR_INIT("cpa"), false, CHANNEL_PAID},
    {STR_INIT("display"), false, CHANNEL_PAID},
    {STR_INIT("banner"), false, CHANNEL_PAID},
    {STR_INIT("retargeting"), false, CHANNEL_PAID},
    {STR_INIT("email"), true, CHANNEL_EMAIL},
    {STR_INIT("e-mail"), false, CHANNEL_EMAIL},
    {STR_INIT("e_mail"), false, CHANNEL_EMAIL},
    {STR_INIT("newsletter"), false, CHANNEL_EMAIL},
    {STR_INIT("social"), true, CHANNEL_SOCIAL},
    {STR_INIT("organic"), false, CHANNEL_ORGANIC},
    {STR_INIT("referral"), false, CHANNEL_REFERRAL},
};

static bool channel_of_medium(struct str medium, enum channel *out_channel)
{
    for (size_t i = 0; i < LENGTH(mediums); i++) {
        struct str start = mediums[i].prefix ? str_slice(medium, 0, mediums[i].word.n) : medium;
        if (str_eq_ci(start, mediums[i].word)) {
            *out_channel = mediums[i].channel;
            return true;
        }
    }
    return false;
}

static enum channel channel_of_kind(enum reference_kind kind)
{
    static const enum channel channels[] = {
        [REFERENCE_SITE] = CHANNEL_REFERRAL, [REFERENCE_SEARCH] = CHANNEL_ORGANIC,
        [REFERENCE_SOCIAL] = CHANNEL_SOCIAL, [REFERENCE_EMAIL] = CHANNEL_EMAIL,
        [REFERENCE_PAID] = CHANNEL_PAID,
    };
    return channels[kind];
}

/* utm_source is written by people: "google", "facebook.com", "LinkedIn". */
static bool channel_of_source(struct arena *arena, struct str source, enum channel *out_channel)
{
    struct str host, name;
    enum reference_kind kind;
    if (source.n == 0 || source.n > 100 || !domain_host(arena, source, &host)) {
        return false;
    }
    if (str_find(host, '.') == host.n) {
        host = arena_print(arena, "%.*s.com", STR_ARG(host));
    }
    if (!reference_referrer(host, STR("/"), &kind, &name) || kind == REFERENCE_SITE) {
        return false;
    }
    *out_channel = channel_of_kind(kind);
    return true;
}

static bool has_click_id(const struct channel_input *input, const struct url *page)
{
    struct str value;
    if (input->click.n > 0) {
        return true;
    }
    for (size_t i = 0; page->query.n > 0 && i < LENGTH(click_ids); i++) {
        if (url_param(page, click_ids[i], &value) && value.n > 0) {
            return true;
        }
    }
    return false;
}

static bool same_site(struct str a, struct str b)
{
    struct str site = domain_registrable(a);
    return str_eq(a, b) || (site.n > 0 && str_eq(site, domain_registrable(b)));
}

/* Where the referrer leads; *out_source stays as it is for direct. */
static enum channel channel_of_referrer(struct arena *arena, struct str referrer,
                                        const struct url *page, struct str *out_source)
{
    struct url from;
    enum reference_kind kind;
    if (!url_parse(arena, referrer, &from) || same_site(from.host, page->host)) {
        return CHANNEL_DIRECT;
    }
    if (reference_referrer(from.host, from.path, &kind, out_source)) {
        return channel_of_kind(kind);
    }
    struct str site = domain_registrable(from.host);
    *out_source = site.n > 0 ? site : from.host;
    return CHANNEL_REFERRAL;
}

enum channel channel_of(struct arena *arena, const struct channel_input *input,
                        struct str *out_source)
{
    struct url page = {0};
    struct str source = {0};
    enum channel named;
    (void)url_parse(arena, input->url, &page);
    enum channel channel = channel_of_referrer(arena, input->referrer, &page, &source);
    *out_source = input->utm_source.n > 0 ? input->utm_source : source;
    if (input->type == EVENT_EMAIL_OPEN || input->type == EVENT_EMAIL_CLICK) {
        return CHANNEL_EMAIL;
    }
    if (has_click_id(input, &page)) {
        return CHANNEL_PAID;
    }
    if (channel_of_medium(input->utm_medium, &named) ||
        channel_of_source(arena, input->utm_source, &named)) {
        return named;
    }
    bool tagged = input->utm_source.n > 0 || input->utm_medium.n > 0;
    return channel == CHANNEL_DIRECT && tagged ? CHANNEL_REFERRAL : channel;
}
