#include "shared/domain.h"
#include "shared/events.h"
#include "worker/derive_parts.h"

#define KEY_MAX 60
#define URL_MAX 2048
#define COMPANY_MAX 200
#define USER_MAX 200

/* ---- values ---- */

/* What people and form builders call the standard values; compared without case, spaces, '_',
 * '-' and '.'. */
static const struct {
    struct str word, key;
} names[] = {
    {STR_INIT("email"), STR_INIT("email")},
    {STR_INIT("emailaddress"), STR_INIT("email")},
    {STR_INIT("mail"), STR_INIT("email")},
    {STR_INIT("firstname"), STR_INIT("firstName")},
    {STR_INIT("givenname"), STR_INIT("firstName")},
    {STR_INIT("lastname"), STR_INIT("lastName")},
    {STR_INIT("familyname"), STR_INIT("lastName")},
    {STR_INIT("surname"), STR_INIT("lastName")},
    {STR_INIT("company"), STR_INIT("company")},
    {STR_INIT("companyname"), STR_INIT("company")},
    {STR_INIT("organization"), STR_INIT("company")},
    {STR_INIT("organisation"), STR_INIT("company")},
    {STR_INIT("phone"), STR_INIT("phone")},
    {STR_INIT("phonenumber"), STR_INIT("phone")},
    {STR_INIT("telephone"), STR_INIT("phone")},
    {STR_INIT("tel"), STR_INIT("phone")},
    {STR_INIT("mobile"), STR_INIT("phone")},
    {STR_INIT("jobtitle"), STR_INIT("jobTitle")},
};

static struct str fold(struct str key, char *room)
{
    size_t n = 0;
    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];
        if (c != ' ' && c != '_' && c != '-' && c != '.') {
            room[n++] = c;
        }
    }
    return (struct str){.p = room, .n = n};
}

/* The standard name of a key; "no value" when it has none. */
static struct str standard_name(struct str key)
{
    char room[KEY_MAX];
    struct str folded = fold(key, room);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq_ci(folded, names[i].word)) {
            return names[i].key;
        }
    }
    return (struct str){0};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Something that can be called: five digits. */
static bool is_phone(struct str value)
{
    size_t digits = 0;
    for (size_t i = 0; i < value.n; i++) {
        digits += is_digit(value.p[i]) ? 1 : 0;
    }
    return digits >= 5;
}

/* Two characters that are not punctuation: "-" and "." are typed to get past a required field.
 */
static bool is_name(struct str value)
{
    size_t letters = 0;
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        letters +=
            c >= 0x80 || is_digit((char)c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                ? 1
                : 0;
    }
    return letters >= 2;
}

static bool standard_is_valid(struct str key, struct str value)
{
    if (str_eq(key, STR("phone"))) {
        return is_phone(value);
    }
    return !str_eq(key, STR("company")) || is_name(value);
}

static void add_fact(struct arena *arena, struct derive_event *event, struct str key,
                     struct str value, bool standard)
{
    struct derive_fact *fact = ARENA_NEW(arena, struct derive_fact);
    *fact = (struct derive_fact){.key = key,
                                 .value = value,
                                 .at = event->at,
                                 .standard = standard,
                                 .next = event->facts};
    event->facts = fact;
}

/* What programs send for nobody. */
static bool is_user_id(struct str value)
{
    static const struct str nobody[] = {
        STR_INIT("0"),         STR_INIT("-1"),        STR_INIT("null"),
        STR_INIT("nil"),       STR_INIT("none"),      STR_INIT("nan"),
        STR_INIT("undefined"), STR_INIT("false"),     STR_INIT("true"),
        STR_INIT("guest"),     STR_INIT("anonymous"), STR_INIT("[object object]"),
        STR_INIT("unknown"),
    };
    for (size_t i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++) {
        if (str_eq_ci(value, nobody[i])) {
            return false;
        }
    }
    return value.n <= USER_MAX;
}

/* Of a domain or a web address; "no value" for what is none. */
static struct str company_domain(struct arena *arena, struct str value)
{
    struct str domain;
    for (size_t i = 0; i + 2 < value.n; i++) {
        if (value.p[i] == ':' && value.p[i + 1] == '/' && value.p[i + 2] == '/') {
            value = str_slice(value, i + 3, value.n);
            break;
        }
    }
    value = str_slice(value, 0, str_find(value, '/'));
    return domain_normal(arena, value, &domain) ? domain_registrable(domain)
                                                : (struct str){.p = NULL};
}

/* Only what identifies is the word of the tracked service about somebody. */
static void read_told(struct arena *arena, struct derive_event *event, struct str key,
                      struct str value)
{
    if (str_eq(key, STR("userId"))) {
        event->user = is_user_id(value) ? value : (struct str){.p = NULL};
    } else if (str_eq(key, STR("companyDomain"))) {
        value = company_domain(arena, value);
    }
    if (value.n > 0) {
        add_fact(arena, event, key, value, false);
    }
}

static void read_value(struct arena *arena, struct derive_event *event, struct str key,
                       struct str value)
{
    struct email email;
    if (event->type == EVENT_SYSTEM) {
        if (str_eq(key, STR("companyDomain"))) {
            event->company = value;
        }
        return;
    }
    struct str standard = standard_name(key);
    if (str_eq(standard, STR("email"))) {
        if (event->email.n == 0 && email_parse(arena, value, &email)) {
            event->email = email.address;
            event->email_domain = email.domain;
        }
    } else if (standard.n > 0) {
        value = str_eq(standard, STR("company")) ? str_cut(value, COMPANY_MAX) : value;
        if (standard_is_valid(standard, value)) {
            add_fact(arena, event, standard, value, true);
        }
    } else if (event->type == EVENT_LOGIN && !event->link) {
        read_told(arena, event, key, value);
    } else if ((event->type == EVENT_FORM && !str_eq(key, STR("companyDomain"))) ||
               event->type == EVENT_LOGIN || str_eq(key, STR("lb_uid"))) {
        add_fact(arena, event, key, value, false);
    }
}

void derive_event_read(struct arena *arena, struct derive_event *event, struct sql_strs keys,
                       struct sql_strs values)
{
    for (size_t i = 0; i < keys.n && i < values.n && i < DERIVE_FACTS_MAX; i++) {
        struct str key = str_trim(keys.v[i]);
        struct str value = str_trim(str_cut(str_trim(values.v[i]), DERIVE_TEXT_MAX));
        if (key.n > 0 && key.n <= KEY_MAX && value.n > 0) {
            read_value(arena, event, key, value);
        }
    }
}

/* ---- order ---- */

static int compare_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Who follows a link is known before the page that it leads to. */
static int rank(const struct derive_event *e)
{
    return e->link && e->type == EVENT_LOGIN ? 0 : e->type;
}

int derive_event_compare(const void *pa, const void *pb)
{
    const struct derive_event *a = pa, *b = pb;
    int order = compare_i64(a->dataset, b->dataset);
    order = order ? order : str_cmp(a->visitor, b->visitor);
    order = order ? order : compare_i64(a->at, b->at);
    order = order ? order : compare_i64(rank(a), rank(b));
    order = order ? order : str_cmp(a->url, b->url);
    order = order ? order : str_cmp(a->email, b->email);
    order = order ? order : str_cmp(a->referrer, b->referrer);
    return order ? order : compare_i64(a->id, b->id);
}

/* ---- loading ---- */

/* Both statements give the same columns. */
#define EVENT_OF(row)                                                                          \
    {                                                                                          \
        .dataset = (row)->dataset, .at = (row)->at, .id = (row)->id,                           \
        .visitor = (row)->visitor, .type = (row)->type, .url = str_cut((row)->url, URL_MAX),   \
        .referrer = str_cut((row)->referrer, URL_MAX),                                         \
        .source = str_cut((row)->source, DERIVE_TEXT_MAX),                                     \
        .medium = str_cut((row)->medium, DERIVE_TEXT_MAX),                                     \
        .campaign = str_cut((row)->campaign, DERIVE_TEXT_MAX),                                 \
        .term = str_cut((row)->term, DERIVE_TEXT_MAX),                                         \
        .content = str_cut((row)->content, DERIVE_TEXT_MAX), .click = (row)->click,            \
        .new_visit = str_eq((row)->visit, STR("new")),                                         \
        .agent = (row)->agent_null ? 0 : (row)->agent,                                         \
        .link = derive_is_link((row)->type, (row)->link),                                      \
        .network = (row)->network_null ? 0 : (row)->network,                                   \
        .place = (row)->place_null ? 0 : (row)->place, .country = (row)->country,              \
        .region = (row)->region, .city = (row)->city,                                          \
    }

static int compare_visitors(const void *pa, const void *pb)
{
    const struct derive_visitor *a = pa, *b = pb;
    int order = compare_i64(a->dataset, b->dataset);
    return order ? order : str_cmp(a->visitor, b->visitor);
}

void derive_visitors_force(struct derive *d, const int64_t *datasets,
                           const struct str *visitors, size_t n)
{
    size_t kept = 0;
    struct derive_visitor *all =
        ARENA_ARRAY(d->arena, d->n_visitors + n, struct derive_visitor);
    if (n == 0) {
        return;
    }
    if (d->n_visitors > 0) {
        memcpy(all, d->visitors, d->n_visitors * sizeof(*all));
    }
    for (size_t i = 0; i < n; i++) {
        all[d->n_visitors + i] = (struct derive_visitor){
            .dataset = datasets[i], .visitor = visitors[i], .forced = true};
    }
    qsort(all, d->n_visitors + n, sizeof(*all), compare_visitors);
    for (size_t i = 0; i < d->n_visitors + n; i++) {
        if (kept > 0 && compare_visitors(&all[kept - 1], &all[i]) == 0) {
            if (all[i].n_events > 0) {
                all[kept - 1] = all[i];
            }
            all[kept - 1].forced = true;
        } else {
            all[kept++] = all[i];
        }
    }
    d->visitors = all;
    d->n_visitors = kept;
}

static void group_visitors(struct derive *d)
{
    struct derive_visitor *v = NULL;
    d->visitors = ARENA_ARRAY(d->arena, d->n_events, struct derive_visitor);
    for (size_t i = 0; i < d->n_events; i++) {
        struct derive_event *e = &d->events[i];
        if (v == NULL || v->dataset != e->dataset || !str_eq(v->visitor, e->visitor)) {
            v = &d->visitors[d->n_visitors++];
            *v = (struct derive_visitor){
                .dataset = e->dataset, .visitor = e->visitor, .events = e};
        }
        v->n_events++;
    }
}

enum err derive_events_load(struct derive *d, int64_t limit)
{
    struct sql_derive_events_rows rows;
    struct sql_derive_events_in in = {.xid = d->cursor.xid,
                                      .id = d->cursor.id,
                                      .floor_id = d->cursor.floor_id,
                                      .limit = limit,
                                      .until_xid = INT64_MAX,
                                      .until_id = INT64_MAX};
    if (d->rebuilding) {
        in.until_xid = d->cursor.rebuild_xid;
        in.until_id = d->cursor.rebuild_id;
    }
    TRY(sql_derive_events(d->db, &in, &rows));
    d->events = ARENA_ARRAY(d->arena, rows.n, struct derive_event);
    d->n_events = rows.n;
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_derive_events *row = &rows.row[i];
        d->events[i] = (struct derive_event)EVENT_OF(row);
        d->events[i].name = row->name;
        derive_event_read(d->arena, &d->events[i], row->keys, row->vals);
        d->end_xid = row->xid;
        d->end_id = row->id;
        d->max_id = row->id > d->max_id ? row->id : d->max_id;
    }
    if (rows.n > 1) {
        qsort(d->events, rows.n, sizeof(*d->events), derive_event_compare);
    }
    group_visitors(d);
    return ERR_NONE;
}

/* The rows come visitor by visitor in no order; each visitor's are found by their number. */
static void hand_out(struct derive_visitor **visitors, struct derive_event *events,
                     size_t n_events)
{
    size_t i = 0, v = 0;
    while (i < n_events) {
        while (visitors[v]->dataset != events[i].dataset ||
               !str_eq(visitors[v]->visitor, events[i].visitor)) {
            v++;
        }
        visitors[v]->events = &events[i];
        visitors[v]->n_events = 0;
        for (; i < n_events && visitors[v]->dataset == events[i].dataset &&
               str_eq(visitors[v]->visitor, events[i].visitor);
             i++) {
            visitors[v]->n_events++;
        }
    }
}

enum err derive_events_load_again(struct derive *d, struct derive_visitor **visitors, size_t n)
{
    struct sql_derive_events_again_rows rows;
    int64_t *datasets = ARENA_ARRAY(d->arena, n, int64_t);
    struct str *ids = ARENA_ARRAY(d->arena, n, struct str);
    int64_t *from = ARENA_ARRAY(d->arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        datasets[i] = visitors[i]->dataset;
        ids[i] = visitors[i]->visitor;
        from[i] = visitors[i]->again_at;
        visitors[i]->n_events = 0;
    }
    struct sql_derive_events_again_in in = {.dataset = {datasets, n},
                                            .visitor = {ids, n},
                                            .from = {from, n},
                                            .xid = d->end_xid,
                                            .id = d->end_id,
                                            .floor_id = d->cursor.floor_id};
    TRY(sql_derive_events_again(d->db, &in, &rows));
    struct derive_event *events = ARENA_ARRAY(d->arena, rows.n, struct derive_event);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_derive_events_again *row = &rows.row[i];
        events[i] = (struct derive_event)EVENT_OF(row);
        derive_event_read(d->arena, &events[i], row->keys, row->vals);
    }
    if (rows.n > 1) {
        qsort(events, rows.n, sizeof(*events), derive_event_compare);
    }
    hand_out(visitors, events, rows.n);
    return ERR_NONE;
}
