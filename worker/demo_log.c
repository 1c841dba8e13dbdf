#include "worker/demo_log.h"

#include "shared/clock.h"
#include "shared/events.h"
#include "shared/sb.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define VISITORS_UNKNOWN 4300
#define SESSION_PAGES_MAX 14

/* --- the site --- */

enum group { READ, PRODUCT, DECIDE };

static const struct {
    const char *path, *title;
    enum group group;
    uint8_t weight;
} pages[] = {
    {"/", "Tidewell: maintenance planning for plants that never stop", PRODUCT, 20},
    {"/features", "Features - Tidewell", PRODUCT, 22},
    {"/customers", "Customers - Tidewell", PRODUCT, 9},
    {"/customers/harbour-mills", "How Harbour Mills halved its stops - Tidewell", PRODUCT, 7},
    {"/customers/northgate-steel", "Northgate Steel plans 4,000 jobs a month - Tidewell",
     PRODUCT, 6},
    {"/integrations", "Integrations - Tidewell", PRODUCT, 8},
    {"/integrations/sap", "Tidewell and SAP PM - Tidewell", PRODUCT, 5},
    {"/blog", "Blog - Tidewell", READ, 10},
    {"/blog/five-signs", "Five signs that your maintenance plan is a wish list - Tidewell",
     READ, 22},
    {"/blog/oee-without-spreadsheets", "OEE without spreadsheets - Tidewell", READ, 14},
    {"/blog/iso-55001-in-practice", "ISO 55001 in practice - Tidewell", READ, 15},
    {"/blog/spare-parts", "Spare parts that are there when you need them - Tidewell", READ, 10},
    {"/blog/vibration-rules", "Vibration rules for beginners - Tidewell", READ, 9},
    {"/webinars/planning", "Webinar: planning around production - Tidewell", READ, 6},
    {"/about", "About us - Tidewell", READ, 3},
    {"/careers", "Careers - Tidewell", READ, 2},
    {"/pricing", "Pricing - Tidewell", DECIDE, 30},
    {"/security", "Security - Tidewell", DECIDE, 7},
    {"/docs/getting-started", "Getting started - Tidewell documentation", DECIDE, 8},
    {"/docs/api", "API - Tidewell documentation", DECIDE, 5},
    {"/contact", "Contact - Tidewell", DECIDE, 8},
    {"/trial", "Start your trial - Tidewell", DECIDE, 10},
};
enum {
    PAGE_WEBINAR = 13,
    PAGE_CONTACT = 20,
    PAGE_TRIAL = 21,
    PAGE_PRICING = 16,
    PAGE_HOME = 0
};

/* --- how a visit comes about --- */

struct channel {
    const char *referrer, *query, *utm;
    bool is_mail;
};
static const struct channel channels[] = {
    {NULL, "", NULL, false},
    {"https://www.google.com/", "", NULL, false},
    {"https://www.bing.com/", "", NULL, false},
    {"https://duckduckgo.com/", "", NULL, false},
    {"https://www.ecosia.org/", "", NULL, false},
    {"https://www.linkedin.com/", "", NULL, false},
    {"https://www.youtube.com/", "", NULL, false},
    {"https://www.reddit.com/", "", NULL, false},
    {"https://www.plant-magazine.example/reviews/planning-software", "", NULL, false},
    {"https://forum.maintenance-pros.example/t/which-cmms", "", NULL, false},
    {"https://integrator-guild.example/partners", "", NULL, false},
    {"https://www.google.com/",
     "?utm_source=google&utm_medium=cpc&utm_campaign=brand-search&utm_term=tidewell&gclid=dm",
     "{\"source\":\"google\",\"medium\":\"cpc\",\"campaign\":\"brand-search\",\"term\":"
     "\"tidewell\",\"click\":\"gclid\",\"click_id\":\"dm\"}",
     false},
    {"https://www.google.com/",
     "?utm_source=google&utm_medium=cpc&utm_campaign=cmms-alternatives&utm_term=cmms&gclid=dm",
     "{\"source\":\"google\",\"medium\":\"cpc\",\"campaign\":\"cmms-alternatives\",\"term\":"
     "\"cmms\",\"click\":\"gclid\",\"click_id\":\"dm\"}",
     false},
    {"https://www.linkedin.com/",
     "?utm_source=linkedin&utm_medium=paid-social&utm_campaign=plant-managers-dach&li_fat_id="
     "dm",
     "{\"source\":\"linkedin\",\"medium\":\"paid-social\",\"campaign\":\"plant-managers-dach\","
     "\"click\":\"li_fat_id\",\"click_id\":\"dm\"}",
     false},
    {NULL, "?utm_source=newsletter&utm_medium=email&utm_campaign=monthly-letter",
     "{\"source\":\"newsletter\",\"medium\":\"email\",\"campaign\":\"monthly-letter\"}", true},
    {NULL, "?utm_source=newsletter&utm_medium=email&utm_campaign=webinar-invitation",
     "{\"source\":\"newsletter\",\"medium\":\"email\",\"campaign\":\"webinar-invitation\"}",
     true},
};
enum { FIRST_MAIL = 14 };
static const uint8_t unknown_channels[] = {22, 34, 5, 3, 1, 8, 2, 3, 5, 4, 2, 5, 4, 4, 0, 0};
static const uint8_t known_channels[] = {34, 18, 3, 1, 1, 7, 1, 1, 4, 2, 3, 6, 2, 3, 8, 4};

static const char *const agents[DEMO_AGENTS] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.4 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 "
    "Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
    "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 "
    "Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
};
static const uint8_t agent_weights[DEMO_AGENTS - 1] = {34, 22, 9, 8, 8, 6, 6, 2, 2, 2, 1};
enum { MAIL_AGENT = DEMO_AGENTS - 1 };
static const char *const screens[] = {"1920x1080", "1536x864", "1440x900", "2560x1440",
                                      "390x844",   "412x915",  "1280x720"};

static const struct demo_network networks[] = {
    {3320, 34403072, "Deutsche Telekom AG", "DE"},
    {3209, 12800000, "Vodafone GmbH", "DE"},
    {7922, 67800000, "Comcast Cable Communications, LLC", "US"},
    {2856, 13800000, "British Telecommunications PLC", "GB"},
    {3215, 20100000, "Orange S.A.", "FR"},
    {3301, 6800000, "Telia Company AB", "SE"},
    {1136, 7500000, "KPN B.V.", "NL"},
    {16509, 156000000, "Amazon.com, Inc.", "US"},
    {15169, 2482176, "Google LLC", "US"},
    {INT64_C(4200000011), 1024, "Halvorsen Skipsverft ASA", "NO"},
    {INT64_C(4200000012), 2048, "Northgate Freight Holdings", "GB"},
    {INT64_C(4200000013), 512, "Bergmann Feinmechanik KG", "DE"},
};
enum { N_PROVIDERS = 7, HOSTING = 7, PICTURES = 8, N_COMPANIES = 3, FIRST_COMPANY = 9 };

const struct demo_network *demo_networks(size_t *out_n)
{
    *out_n = sizeof(networks) / sizeof(networks[0]);
    return networks;
}

/* One in a hundred comes through each company's network, two through a hoster's. */
const struct demo_network *demo_network(const struct demo_event *event)
{
    uint32_t lot = event->visitor * UINT32_C(2654435761) >> 16;
    if (event->is_mail) {
        return &networks[PICTURES];
    }
    if (lot % 100 < N_COMPANIES) {
        return &networks[FIRST_COMPANY + lot % 100];
    }
    return &networks[lot % 100 < N_COMPANIES + 2 ? HOSTING : lot % N_PROVIDERS];
}

struct str demo_agent(uint16_t number)
{
    return str_from(agents[number < DEMO_AGENTS ? number : 0]);
}

/* --- making it --- */

struct maker {
    struct arena *arena;
    struct demo_random *random;
    const struct demo_log_wish *wish;
    struct demo_event *v;
    size_t n, room;
    uint32_t visitors;
};

struct visitor {
    uint32_t number;
    uint16_t agent;
    const char *screen;
    const struct demo_person *person; /* NULL: unknown, for ever */
    bool identified;
};

static struct demo_event *add(struct maker *maker, const struct visitor *visitor, int64_t at,
                              enum event_type type)
{
    if (maker->n == maker->room) {
        size_t room = maker->room == 0 ? 16384 : maker->room * 2;
        struct demo_event *v = ARENA_ARRAY(maker->arena, room, struct demo_event);
        if (maker->n > 0) {
            memcpy(v, maker->v, maker->n * sizeof(*v));
        }
        maker->v = v;
        maker->room = room;
    }
    struct demo_event *event = &maker->v[maker->n];
    *event = (struct demo_event){.at = at,
                                 .visitor = visitor->number,
                                 .order = (uint32_t)maker->n,
                                 .type = (int16_t)type,
                                 .agent = visitor->agent};
    /* The future is made all the same, so that the past does not depend on the hour. */
    maker->n += at < maker->wish->now - CLOCK_MINUTE;
    return event;
}

static struct visitor new_visitor(struct maker *maker, const struct demo_person *person)
{
    struct demo_random *random = maker->random;
    return (struct visitor){
        .number = maker->visitors++,
        .agent = (uint16_t)demo_random_weighted(random, agent_weights, DEMO_AGENTS - 1),
        .screen = screens[demo_random_below(random, COUNT(screens))],
        .person = person,
    };
}

/* A moment of that day when people are at work, more or less. */
static int64_t moment(struct maker *maker, int day)
{
    static const uint8_t hours[24] = {1,  1,  0,  0,  0,  1,  3, 8, 18, 26, 28, 25,
                                      16, 20, 26, 24, 20, 13, 7, 5, 5,  4,  3,  2};
    int64_t hour = (int64_t)demo_random_weighted(maker->random, hours, 24);
    int64_t second = (int64_t)demo_random_below(maker->random, 3600);
    return maker->wish->midnight + day * CLOCK_DAY + hour * CLOCK_HOUR + second * CLOCK_SECOND;
}

/* The day itself, but rarely a Saturday or Sunday. */
static int work_day(struct maker *maker, int day)
{
    int64_t weekday = (maker->wish->midnight / CLOCK_DAY + day + 4) % 7; /* 0 is Sunday */
    int to_monday = weekday == 6 ? 2 : weekday == 0 ? 1 : 0;
    if (to_monday == 0 || demo_random_chance(maker->random, 15)) {
        return day;
    }
    int moved = day + to_monday + (int)demo_random_below(maker->random, 5);
    return moved <= 0 ? moved : moved - 7;
}

static int any_day(struct maker *maker, int from, int to)
{
    return work_day(maker, (int)demo_random_between(maker->random, from, to));
}

static size_t pick_page(struct maker *maker, const uint8_t *groups, size_t last)
{
    uint8_t weights[COUNT(pages)];
    for (size_t i = 0; i < COUNT(pages); i++) {
        weights[i] = i == last ? 0 : (uint8_t)(pages[i].weight * groups[pages[i].group] / 10);
    }
    return demo_random_weighted(maker->random, weights, COUNT(pages));
}

static struct demo_event *view(struct maker *maker, const struct visitor *visitor, int64_t at,
                               size_t page, const struct channel *channel, struct str referrer)
{
    bool click = channel != NULL && channel->is_mail;
    struct demo_event *event =
        add(maker, visitor, at, click ? EVENT_EMAIL_CLICK : EVENT_PAGEVIEW);
    event->url = arena_print(maker->arena, DEMO_HOST "%s%s", pages[page].path,
                             channel != NULL ? channel->query : "");
    event->title = str_from(pages[page].title);
    event->referrer = referrer;
    event->utm = channel != NULL ? str_from(channel->utm) : (struct str){.p = NULL};
    event->properties = arena_print(maker->arena, "{\"screen\":\"%s\"}", visitor->screen);
    return event;
}

static struct str profile(struct maker *maker, const struct demo_person *person, bool whole)
{
    if (!whole) {
        return arena_print(maker->arena, "{\"email\":\"%.*s\"}", STR_ARG(person->email));
    }
    return arena_print(maker->arena,
                       "{\"email\":\"%.*s\",\"firstName\":\"%.*s\",\"lastName\":\"%.*s\","
                       "\"company\":\"%.*s\",\"jobTitle\":\"%.*s\",\"phone\":\"%.*s\"}",
                       STR_ARG(person->email), STR_ARG(person->first), STR_ARG(person->last),
                       STR_ARG(person->company->name), STR_ARG(person->job),
                       STR_ARG(person->company->phone));
}

/* A form or a sign-in on the page, by somebody who has a name. */
static void identify(struct maker *maker, struct visitor *visitor, int64_t at, size_t page)
{
    const char *name = page == PAGE_TRIAL     ? "trial"
                       : page == PAGE_CONTACT ? "contact"
                       : page == PAGE_WEBINAR ? "webinar"
                                              : NULL;
    bool sign_in = visitor->identified && name == NULL;
    struct demo_event *event = add(maker, visitor, at, sign_in ? EVENT_LOGIN : EVENT_FORM);
    event->name =
        sign_in ? (struct str){.p = NULL} : str_from(name != NULL ? name : "newsletter");
    event->url = arena_print(maker->arena, DEMO_HOST "%s", pages[page].path);
    event->title = str_from(pages[page].title);
    event->properties = profile(maker, visitor->person, name != NULL);
    visitor->identified = true;
}

static void leave(struct maker *maker, const struct visitor *visitor, int64_t at, size_t page,
                  int64_t seconds)
{
    struct demo_event *event = add(maker, visitor, at, EVENT_EXIT);
    uint32_t how = demo_random_below(maker->random, 100);
    event->url = arena_print(maker->arena, DEMO_HOST "%s", pages[page].path);
    event->title = str_from(pages[page].title);
    event->properties =
        arena_print(maker->arena, "{\"kind\":\"%s\"%s,\"seconds\":%d}",
                    how < 5    ? "download"
                    : how < 11 ? "outbound"
                               : "leave",
                    how < 5    ? ",\"link\":\"" DEMO_HOST "/files/maintenance-plan.csv\""
                    : how < 11 ? ",\"link\":\"https://www.iso.org/standard/83053.html\""
                               : "",
                    (int)seconds);
}

/* One visit; ready: how likely (percent) it is to end in a form. */
static void session(struct maker *maker, struct visitor *visitor, int64_t at,
                    const uint8_t *groups, double mean_pages, uint32_t ready)
{
    struct demo_random *random = maker->random;
    size_t which = demo_random_weighted(
        random, visitor->person != NULL ? known_channels : unknown_channels, COUNT(channels));
    if (channels[which].is_mail && !visitor->identified) {
        which = 0; /* nobody writes to a stranger */
    }
    size_t count = 1 + (size_t)demo_random_waiting(random, mean_pages);
    size_t page = demo_random_chance(random, 35) ? (size_t)PAGE_HOME
                                                 : pick_page(maker, groups, COUNT(pages));
    struct str referrer = str_from(channels[which].referrer);
    const struct channel *channel = &channels[which];
    int64_t stay = 0;
    for (size_t i = 0; i < count && i < SESSION_PAGES_MAX; i++) {
        (void)view(maker, visitor, at, page, channel, referrer);
        stay = 3 + (int64_t)demo_random_waiting(random, 55);
        stay = stay > 1200 ? 1200 : stay;
        at += stay * CLOCK_SECOND;
        if (page == PAGE_PRICING && demo_random_chance(random, 12)) {
            struct demo_event *event = add(maker, visitor, at, EVENT_CUSTOM);
            event->name = STR("Savings calculated");
            event->url = STR(DEMO_HOST "/pricing");
            event->properties = arena_print(maker->arena, "{\"machines\":%d}",
                                            (int)demo_random_between(random, 8, 900));
        }
        channel = NULL;
        referrer = arena_print(maker->arena, DEMO_HOST "%s", pages[page].path);
        if (i + 1 < count && i + 1 < SESSION_PAGES_MAX) {
            page = pick_page(maker, groups, page);
        }
    }
    if (visitor->person != NULL && demo_random_chance(random, ready)) {
        identify(maker, visitor, at - CLOCK_SECOND, page);
    }
    leave(maker, visitor, at, page, stay);
}

static void mails(struct maker *maker, const struct demo_person *person, int from)
{
    struct visitor reader = {.agent = MAIL_AGENT, .person = person};
    for (int sent = -55; sent <= -3; sent += 7) {
        int day = work_day(maker, sent + (int)demo_random_waiting(maker->random, 0.8));
        if (sent < from || day > 0 || !demo_random_chance(maker->random, 38)) {
            continue;
        }
        struct demo_event *event = add(maker, &reader, moment(maker, day), EVENT_EMAIL_OPEN);
        event->is_mail = true;
        event->email = person->email;
        event->properties = arena_print(
            maker->arena, "{\"email\":\"%.*s\",\"campaign\":\"%s\"}", STR_ARG(person->email),
            day % 2 == 0 ? "monthly-letter" : "webinar-invitation");
    }
}

/* When somebody's visits begin and end; the keener, the later they end. */
static void days_of(struct maker *maker, enum demo_heat heat, int *out_first, int *out_last)
{
    int first =
        (int)demo_random_between(maker->random, -DEMO_DAYS, heat == DEMO_HOT ? -12 : -1);
    int earliest_end = heat == DEMO_HOT ? -7 : heat == DEMO_WARM ? first * 2 / 3 : first;
    *out_first = first;
    *out_last = (int)demo_random_between(maker->random, earliest_end, 0);
}

/* Somebody of a company, known sooner or later. */
static void contact(struct maker *maker, const struct demo_person *person)
{
    static const uint8_t groups[3][3] = {{14, 8, 4}, {8, 12, 9}, {4, 9, 16}};
    static const int32_t sessions_from[] = {1, 3, 7};
    static const int32_t sessions_to[] = {3, 9, 22};
    static const double pages_mean[] = {1.6, 2.8, 3.8};
    struct demo_random *random = maker->random;
    enum demo_heat heat = person->company->heat;
    int n = (int)demo_random_between(random, sessions_from[heat], sessions_to[heat]);
    struct visitor visitor = new_visitor(maker, person);
    struct visitor phone = new_visitor(maker, person);
    int known_at = (int)demo_random_below(random, (uint32_t)(n + 1) / 2 + 1);
    int first = 0;
    int last = 0;
    int known_since = 1;
    days_of(maker, heat, &first, &last);
    for (int i = 0; i < n; i++) {
        bool on_phone = visitor.identified && demo_random_chance(random, 8);
        /* Everybody is known at the latest by the last visit. */
        uint32_t ready = i == known_at || i == n - 1 ? 100 : visitor.identified ? 14 : 0;
        int day = work_day(maker, first + (last - first) * i / (n > 1 ? n - 1 : 1));
        session(maker, on_phone ? &phone : &visitor, moment(maker, day), groups[heat],
                pages_mean[heat], on_phone ? 60 : ready);
        known_since = visitor.identified && known_since > 0 ? day : known_since;
    }
    mails(maker, person, known_since + 1);
}

static void company(struct maker *maker, const struct demo_company *company)
{
    static const int32_t contacts_to[] = {1, 3, 6};
    static const int32_t others_to[] = {1, 3, 5};
    static const uint8_t looking[3] = {12, 10, 6};
    struct demo_random *random = maker->random;
    int people = (int)demo_random_between(random, company->heat == DEMO_HOT ? 2 : 1,
                                          contacts_to[company->heat]);
    for (int i = 0; i < people; i++) {
        struct demo_person *person = ARENA_NEW(maker->arena, struct demo_person);
        demo_person(maker->arena, random, company, (size_t)i, person);
        contact(maker, person);
    }
    int others = (int)demo_random_between(random, 0, others_to[company->heat]);
    for (int i = 0; i < others; i++) {
        struct visitor visitor = new_visitor(maker, NULL);
        session(maker, &visitor, moment(maker, any_day(maker, -DEMO_DAYS, 0)), looking, 2, 0);
    }
}

static void stranger(struct maker *maker)
{
    static const uint8_t reading[3] = {18, 8, 3};
    struct visitor visitor = new_visitor(maker, NULL);
    int day = any_day(maker, -DEMO_DAYS, 0);
    int visits = 1 + (int)demo_random_waiting(maker->random, 0.45);
    for (int i = 0; i < visits && day <= 0; i++) {
        session(maker, &visitor, moment(maker, day), reading, 1.1, 0);
        day = work_day(maker, day + 1 + (int)demo_random_waiting(maker->random, 6));
    }
}

static int by_time(const void *a, const void *b)
{
    const struct demo_event *left = a;
    const struct demo_event *right = b;
    if (left->at != right->at) {
        return left->at < right->at ? -1 : 1;
    }
    return left->order < right->order ? -1 : 1;
}

void demo_log_make(struct arena *arena, struct demo_random *random,
                   const struct demo_log_wish *wish, struct demo_log *out_log)
{
    struct maker maker = {.arena = arena, .random = random, .wish = wish};
    for (size_t i = 0; i < wish->n_companies; i++) {
        company(&maker, &wish->companies[i]);
    }
    for (size_t i = 0; wish->events > 0 ? maker.n < wish->events : i < VISITORS_UNKNOWN; i++) {
        stranger(&maker);
    }
    maker.n = wish->events > 0 && maker.n > wish->events ? wish->events : maker.n;
    qsort(maker.v, maker.n, sizeof(*maker.v), by_time);
    *out_log = (struct demo_log){.v = maker.v, .n = maker.n};
}
