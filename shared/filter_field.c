#include "shared/events.h"
#include "shared/filter_parts.h"

static const char *const channels[] = {"direct",   "organic", "social", "email",
                                       "referral", "paid",    NULL};
/* As event_type_name has them, in the order of their numbers. */
static const char *const types[] = {"pageview", "exit",   "email_open", "email_click", "form",
                                    "login",    "custom", "system",     NULL};
static const char *const persons[] = {"contact", "anonymous", NULL};

#define VIEWS (FILTER_TYPE(EVENT_PAGEVIEW) | FILTER_TYPE(EVENT_EMAIL_CLICK))
#define MAILS (FILTER_TYPE(EVENT_EMAIL_OPEN) | FILTER_TYPE(EVENT_EMAIL_CLICK))

struct row {
    struct filter_field field;
    struct filter_source source;
};

/* clang-format off */
#define FIELD(n, l, k, t) \
    .field.name = n, .field.label = l, .field.kind = FILTER_##k, .field.topic = FILTER_OF_##t
#define SOURCE(s, o, q) .source.side = SIDE_##s, .source.on = o, .source.sql = q
#define COMPANY(n, l, k, q) {FIELD(n, l, k, COMPANY), SOURCE(ACCOUNT, FILTER_ON_ACCOUNT, q)}
#define PERSON(n, l, k, q) {FIELD(n, l, k, PERSON), SOURCE(LEAD, FILTER_ON_LEAD, q)}
#define ORIGIN(n, l, k, q) {FIELD(n, l, k, ORIGIN), SOURCE(LEAD, FILTER_ON_LEAD, q)}
#define COUNT(n, l, k, of_account, of_lead) \
    {FIELD(n, l, k, BEHAVIOUR), SOURCE(OWN, FILTER_ON_COUNTS, of_account), .source.lead = of_lead}
#define EVENT(n, l, k, which, q, p) \
    FIELD(n, l, k, BEHAVIOUR), SOURCE(EVENT, FILTER_ON_EVENTS, q), .source.types = which, \
    .source.part = PART_##p, \
    .source.folded = "lower(" q " collate \"C\")", .field.event = true, .field.days = FILTER_DAYS_MAY
#define WORK(n, l, k, s, o, q) FIELD(n, l, k, WORK), SOURCE(s, o, q)
#define SAID(y, n) .field.yes = y, .field.no = n
#define NOUN(n) .field.noun = n
#define NAMED(n) .field.noun = n, .field.named = true

static const struct row rows[] = {
    {FIELD("company", "company name", TEXT, COMPANY), SOURCE(ACCOUNT, FILTER_ON_ACCOUNT, "a.name"),
     .source.folded = "a.name_lower"},
    {FIELD("domain", "domain", TEXT, COMPANY), SOURCE(ACCOUNT, FILTER_ON_ACCOUNT, "a.domain"),
     .source.folded = "a.domain"},
    COMPANY("industry", "industry", TEXT, "a.industry"),
    COMPANY("employees", "employees", NUMBER, "a.employees"),
    COMPANY("country", "country", TEXT, "a.country"),
    COMPANY("region", "region", TEXT, "a.region"),
    COMPANY("city", "city", TEXT, "a.city"),
    COMPANY("address", "address", TEXT, "a.address"),
    COMPANY("revenue", "revenue", TEXT, "a.revenue"),
    COMPANY("founded", "year of foundation", NUMBER, "a.founded"),
    COMPANY("legal_type", "legal type", TEXT, "a.legal_type"),
    COMPANY("description", "description", TEXT, "a.description"),
    COMPANY("website", "website", TEXT, "a.website"),
    COMPANY("linkedin", "LinkedIn page", TEXT, "a.linkedin"),
    COMPANY("company_phone", "company phone", TEXT, "a.phone"),
    COMPANY("company_emails", "company email", LIST, "a.emails"),
    COMPANY("social", "social links", LIST, "a.social"),
    COMPANY("technologies", "technologies", LIST, "a.technologies"),
    {FIELD("leads", "people known", NUMBER, COMPANY), SOURCE(ACCOUNT, FILTER_ON_SIZE, "a.leads")},
    {FIELD("contacts", "contacts", NUMBER, COMPANY), SOURCE(ACCOUNT, FILTER_ON_SIZE, "a.contacts")},
    {FIELD("account_property", "property of the company", PROPERTY, COMPANY), NOUN("company"),
     SOURCE(ACCOUNT, FILTER_ON_ACCOUNT, "a.properties")},

    {FIELD("person", "contact or anonymous", CHOICE, PERSON), .field.choices = persons,
     SAID("is", "is not"), SOURCE(LEAD, FILTER_ON_LEAD, "case when l.email is null then 2 else 1 end")},
    {FIELD("email", "email address", TEXT, PERSON), SOURCE(LEAD, FILTER_ON_LEAD, "l.email"),
     .source.folded = "l.email_lower"},
    PERSON("first_name", "first name", TEXT, "l.first_name"),
    PERSON("last_name", "last name", TEXT, "l.last_name"),
    PERSON("job_title", "job title", TEXT, "l.job_title"),
    PERSON("phone", "phone", TEXT, "l.phone"),
    PERSON("lead_company", "company as typed in forms", TEXT, "l.company"),
    {FIELD("property", "property of the person", PROPERTY, PERSON), NOUN("person"),
     SOURCE(LEAD, FILTER_ON_LEAD, "l.properties")},

    {FIELD("score", "leadscore", NUMBER, BEHAVIOUR), SOURCE(OWN, FILTER_ON_SCORE, "a.score"),
     .source.lead = "l.score"},
    COUNT("last_seen", "last seen", TIME, "a.last_at", "l.last_at"),
    COUNT("first_seen", "first seen", TIME, "a.first_at", "l.first_at"),
    COUNT("sessions", "visits", NUMBER, "a.sessions", "l.sessions"),
    COUNT("pageviews", "pageviews", NUMBER, "a.pageviews", "l.pageviews"),
    COUNT("forms", "forms submitted", NUMBER,
          "(select coalesce(sum(x.forms), 0) from lead x where x.dataset_id = a.dataset_id"
          " and x.account_id = a.id and not x.hidden)", "l.forms"),
    COUNT("events", "events", NUMBER, "a.events", "l.events"),
    COUNT("visitors", "browsers", NUMBER, "a.visitors", "l.visitors"),
    {EVENT("page", "page visited", PAGE, VIEWS, "e.url", URL), SAID("visited", "did not visit"), NOUN("page")},
    {EVENT("page_title", "title of a page", TEXT, VIEWS, "e.title", TITLE), SAID("saw", "did not see"),
     NAMED("page titled")},
    {EVENT("form", "form submitted", TEXT, FILTER_TYPE(EVENT_FORM), "e.name", NAME),
     SAID("submitted", "did not submit"), NAMED("form")},
    {EVENT("event_type", "type of event", CHOICE, 0, "e.type", TYPE), .field.choices = types,
     SAID("had", "did not have"), NAMED("event of type")},
    {EVENT("event_name", "name of event", TEXT, 0, "e.name", NAME), SAID("had", "did not have"), NAMED("event")},
    {EVENT("event_url", "address of event", PAGE, 0, "e.url", URL), SAID("had an event on", "had no event on"),
     NOUN("page")},
    {EVENT("event_property", "property of event", PROPERTY, 0, "e.properties", PROPERTY),
     SAID("had an event whose", "had no event whose")},
    {EVENT("exit_link", "exit link", PAGE, FILTER_TYPE(EVENT_EXIT), "(e.properties ->> 'link')", PROPERTY),
     .source.key = "link",
     SAID("followed a link to", "did not follow a link to"), NOUN("page")},
    {EVENT("from_email", "sender of a mail", TEXT, MAILS, "(e.properties ->> 'fromEmail')", PROPERTY),
     .source.key = "fromEmail",
     SAID("opened or clicked a mail from", "neither opened nor clicked a mail from"), NOUN("sender")},

    {FIELD("target", "conversion target", TARGET, BEHAVIOUR), SOURCE(TARGET, FILTER_ON_EVENTS, "t.id"),
     SAID("reached", "did not reach"), NAMED("target"), .field.days = FILTER_DAYS_MAY, .field.counted = true},

    {FIELD("channel", "last channel", CHOICE, ORIGIN), .field.choices = channels,
     SOURCE(LEAD, FILTER_ON_LEAD, "l.last_channel")},
    {FIELD("first_channel", "first channel", CHOICE, ORIGIN), .field.choices = channels,
     SOURCE(LEAD, FILTER_ON_LEAD, "l.first_channel")},
    ORIGIN("last_source", "last source", TEXT, "l.last_source"),
    ORIGIN("last_medium", "last medium", TEXT, "l.last_medium"),
    ORIGIN("last_campaign", "last campaign", TEXT, "l.last_campaign"),
    ORIGIN("last_term", "last term", TEXT, "l.last_term"),
    ORIGIN("last_content", "last content", TEXT, "l.last_content"),
    ORIGIN("last_referrer", "last referrer", PAGE, "l.last_referrer"),
    ORIGIN("last_landing", "last landing page", PAGE, "l.last_landing"),
    ORIGIN("first_source", "first source", TEXT, "l.first_source"),
    ORIGIN("first_medium", "first medium", TEXT, "l.first_medium"),
    ORIGIN("first_campaign", "first campaign", TEXT, "l.first_campaign"),
    ORIGIN("first_term", "first term", TEXT, "l.first_term"),
    ORIGIN("first_content", "first content", TEXT, "l.first_content"),
    ORIGIN("first_referrer", "first referrer", PAGE, "l.first_referrer"),
    ORIGIN("first_landing", "first landing page", PAGE, "l.first_landing"),

    {WORK("text", "any name, domain or address", SEARCH, NAME, FILTER_ON_ACCOUNT | FILTER_ON_LEAD, "")},
    {WORK("tag", "tag", TAG, TAG, FILTER_ON_TAGS, ""), SAID("is tagged", "is not tagged")},
    {WORK("account_tag", "tag of the company", TAG, ACCOUNT_TAG, FILTER_ON_TAGS, ""),
     SAID("has a company tagged", "has no company tagged")},
    {WORK("lead_tag", "tag of the person", TAG, LEAD_TAG, FILTER_ON_TAGS, ""),
     SAID("has a person tagged", "has no person tagged")},
    {WORK("owner", "owner of a card", USER, CARD, FILTER_ON_CARDS, "coalesce(c.owner_id, 0)"),
     SAID("has a card of", "has no card of")},
    {WORK("board", "board", BOARD, CARD, FILTER_ON_CARDS, "c.board_id"), SAID("is on", "is not on"),
     NAMED("board")},
    {WORK("stage", "stage", STAGE, CARD, FILTER_ON_CARDS, "c.stage_id"), SAID("is in", "is not in"),
     NAMED("stage")},
    {WORK("stage_entered", "stage entered", STAGE, MOVE, FILTER_ON_CARDS, "g.to_stage"),
     SAID("entered", "did not enter"), NAMED("stage"), .field.days = FILTER_DAYS_MAY},
    {WORK("stage_longer", "time in a stage", STAGE, CARD, FILTER_ON_CARDS, "c.stage_id"),
     SAID("has been in", "has not been in"), NAMED("stage"), .field.days = FILTER_DAYS_MUST},
    {WORK("segment", "segment", SEGMENT, MEMBER, FILTER_ON_SEGMENTS, "m.segment_id"),
     SAID("is in", "is not in"), NAMED("segment")},
};
/* clang-format on */
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* Which operators fit which kind: a letter each, in the order of enum filter_kind. */
static const struct {
    const char *name, *label;
    const char *kinds;
    size_t n_values; /* FILTER_VALUES: one or more */
} ops[FILTER_OP__COUNT] = {
    /*                                                    tlnNcpPsTbSuGR */
    [FILTER_IS] = {"is", "is", /*                      */ "xxx-xxx-xxxxxx", FILTER_VALUES},
    [FILTER_IS_NOT] = {"is_not", "is not", /*          */ "xxx-xxx-xxxxxx", FILTER_VALUES},
    [FILTER_CONTAINS] = {"contains", "contains", /*    */ "xx---xxx------", FILTER_VALUES},
    [FILTER_CONTAINS_NOT] = {"contains_not", "does not contain", "xx---xxx------",
                             FILTER_VALUES},
    [FILTER_KNOWN] = {"known", "is known", /*          */ "xxxx-xx--x---x", 0},
    [FILTER_UNKNOWN] = {"unknown", "is unknown", /*    */ "xxxx-xx--x---x", 0},
    [FILTER_GREATER] = {"greater", "is greater than", /**/ "--x---x-------", 1},
    [FILTER_LESS] = {"less", "is less than", /*        */ "--x---x-------", 1},
    [FILTER_BETWEEN] = {"between", "is between", /*    */ "--xx--x-------", 2},
    [FILTER_BETWEEN_NOT] = {"between_not", "is not between", "--xx--x-------", 2},
    [FILTER_BEFORE] = {"before", "is before", /*       */ "---x----------", 1},
    [FILTER_AFTER] = {"after", "is after", /*          */ "---x----------", 1},
};

/* ---- fields ---- */

const struct filter_field *filter_field(size_t i)
{
    return i < N_ROWS ? &rows[i].field : NULL;
}

const struct filter_field *filter_field_at(size_t i)
{
    return &rows[i < N_ROWS ? i : 0].field;
}

const struct filter_source *filter_source_at(size_t i)
{
    return &rows[i < N_ROWS ? i : 0].source;
}

bool filter_field_from(struct str name, size_t *out_field)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        if (str_eq(name, str_from(rows[i].field.name))) {
            *out_field = i;
            return true;
        }
    }
    return false;
}

int64_t filter_choice(const struct filter_field *field, struct str word)
{
    for (int64_t i = 0; field->choices != NULL && field->choices[i] != NULL; i++) {
        if (str_eq(word, str_from(field->choices[i]))) {
            return i + 1;
        }
    }
    return 0;
}

/* ---- operators ---- */

const char *filter_op_name(enum filter_op op)
{
    return op < FILTER_OP__COUNT ? ops[op].name : "";
}

const char *filter_op_words(enum filter_op op)
{
    return op < FILTER_OP__COUNT ? ops[op].label : "";
}

bool filter_op_from(struct str name, enum filter_op *out_op)
{
    for (size_t i = 0; i < FILTER_OP__COUNT; i++) {
        if (str_eq(name, str_from(ops[i].name))) {
            *out_op = (enum filter_op)i;
            return true;
        }
    }
    return false;
}

bool filter_op_fits(enum filter_op op, const struct filter_field *field)
{
    return op < FILTER_OP__COUNT && ops[op].kinds[field->kind] == 'x';
}

size_t filter_op_values(enum filter_op op)
{
    return op < FILTER_OP__COUNT ? ops[op].n_values : 0;
}

enum filter_op filter_positive(enum filter_op op)
{
    switch ((int)op) {
    case FILTER_IS_NOT:
        return FILTER_IS;
    case FILTER_CONTAINS_NOT:
        return FILTER_CONTAINS;
    case FILTER_UNKNOWN:
        return FILTER_KNOWN;
    case FILTER_BETWEEN_NOT:
        return FILTER_BETWEEN;
    default:
        return op;
    }
}

/* ---- the other closed lists ---- */

static const char *const subjects[] = {
    [FILTER_ACCOUNTS] = "accounts", [FILTER_LEADS] = "leads"};
static const char *const matches[] = {"all", "any", "none", "event"};
static const char *const topics[] = {"Company", "Person", "What they did", "How they came",
                                     "Boards, tags and segments"};

const char *filter_subject_name(enum filter_subject subject)
{
    return subjects[subject == FILTER_LEADS ? FILTER_LEADS : FILTER_ACCOUNTS];
}

bool filter_subject_from(struct str name, enum filter_subject *out_subject)
{
    bool leads = str_eq(name, STR("leads"));
    if (!leads && !str_eq(name, STR("accounts"))) {
        return false;
    }
    *out_subject = leads ? FILTER_LEADS : FILTER_ACCOUNTS;
    return true;
}

const char *filter_match_name(enum filter_match match)
{
    return match < FILTER_MATCH__COUNT ? matches[match] : matches[FILTER_ALL];
}

bool filter_match_from(struct str name, enum filter_match *out_match)
{
    for (size_t i = 0; i < FILTER_MATCH__COUNT; i++) {
        if (str_eq(name, str_from(matches[i]))) {
            *out_match = (enum filter_match)i;
            return true;
        }
    }
    return false;
}

const char *filter_topic_label(enum filter_topic topic)
{
    return topic < FILTER_TOPIC__COUNT ? topics[topic] : "";
}
