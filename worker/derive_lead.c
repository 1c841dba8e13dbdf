#include "shared/clock.h"
#include "shared/domain.h"
#include "worker/derive_parts.h"

#define LOG_BEGIN 0  /* no event is older than 1970 */
#define NEVER_SEEN 0 /* what lookup_lead_add writes */

static int compare_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* ---- visitors ---- */

static void visitor_fill(struct derive *d, struct derive_visitor *v,
                         const struct sql_derive_visitors *row)
{
    v->known = true;
    v->lead_id = row->lead;
    v->first_at = row->first_at;
    v->last_at = row->last_at;
    v->agent = row->agent_null ? 0 : row->agent;
    v->identified = row->identified;
    v->user = row->user;
    if (row->started_at_null) {
        return;
    }
    v->open = ARENA_NEW(d->arena, struct derive_session);
    *v->open = (struct derive_session){
        .visitor = v,
        .started_at = row->started_at,
        .ended_at = row->ended_at,
        .pageviews = row->pageviews,
        .forms = row->forms,
        .events = row->events,
        .exit = row->exit,
        .origin = {.channel = row->channel,
                   .source = row->source,
                   .medium = row->medium,
                   .campaign = row->campaign,
                   .term = row->term,
                   .content = row->content,
                   .referrer = row->referrer,
                   .landing = row->landing},
        .traffic = {.network = row->network_null ? 0 : row->network,
                    .place = row->place_null ? 0 : row->place,
                    .country = row->country,
                    .region = row->region,
                    .city = row->city,
                    .company = row->company,
                    .marks = row->marks,
                    .verdict = (enum traffic_verdict)row->verdict},
        .nobodys = row->session_lead == 0,
        .stored = true,
        .stored_company = row->company,
        .stored_verdict = (enum traffic_verdict)row->verdict,
        .stored_pageviews = row->pageviews,
        .stored_forms = row->forms,
        .stored_events = row->events,
    };
}

/* The keys of visitors as three arrays, as the statements about late events take them. */
struct keys {
    int64_t *datasets, *from;
    struct str *visitors;
    size_t n;
};

static struct keys keys_of(struct derive *d, struct derive_visitor **visitors, size_t n)
{
    struct keys keys = {.datasets = ARENA_ARRAY(d->arena, n, int64_t),
                        .from = ARENA_ARRAY(d->arena, n, int64_t),
                        .visitors = ARENA_ARRAY(d->arena, n, struct str),
                        .n = n};
    for (size_t i = 0; i < n; i++) {
        keys.datasets[i] = visitors[i]->dataset;
        keys.visitors[i] = visitors[i]->visitor;
        keys.from[i] = visitors[i]->again_at;
    }
    return keys;
}

/* Late is what is not after everything that is known. A late identification may change whose
 * all of the past is. */
static bool is_late(const struct derive *d, struct derive_visitor *v)
{
    bool late = v->n_events > 0 && v->open != NULL && v->events[0].at <= v->open->ended_at;
    if (!v->known || v->open == NULL || (!late && !v->forced)) {
        return false;
    }
    v->from_begin = v->forced || v->user.n > 0;
    for (size_t i = 0; i < v->n_events && v->events[i].at <= v->open->ended_at; i++) {
        v->from_begin |= v->events[i].email.n > 0 || v->events[i].user.n > 0 ||
                         derive_traffic_may_turn(d, &v->events[i]);
    }
    v->again_at = v->from_begin ? LOG_BEGIN : v->events[0].at - DERIVE_SESSION_GAP;
    v->several = v->forced;
    return true;
}

static void remember_lead(struct derive *d, int64_t dataset, int64_t id, bool recount)
{
    struct derive_lead *lead = ARENA_NEW(d->arena, struct derive_lead);
    *lead = (struct derive_lead){
        .dataset = dataset, .id = id, .recount = recount, .touched = recount};
    d->by_id[d->n_by_id++] = lead;
}

static void make_room(struct derive *d, size_t n)
{
    struct derive_lead **leads = ARENA_ARRAY(d->arena, d->n_by_id + n, struct derive_lead *);
    if (d->n_by_id > 0) {
        memcpy(leads, d->by_id, d->n_by_id * sizeof(struct derive_lead *));
    }
    d->by_id = leads;
}

static void make_past_room(struct derive *d, size_t n)
{
    struct derive_past *past = ARENA_ARRAY(d->arena, d->n_past + n, struct derive_past);
    if (d->n_past > 0) {
        memcpy(past, d->past, d->n_past * sizeof(*past));
    }
    d->past = past;
}

/* From where on to derive anew; it stays as it is for those beyond the limit. */
static enum err load_since(struct derive *d, struct derive_visitor **late, size_t n)
{
    struct sql_derive_sessions_since_rows rows;
    struct keys keys = keys_of(d, late, n);
    struct sql_derive_sessions_since_in in = {
        .dataset = {keys.datasets, n}, .visitor = {keys.visitors, n}, .from = {keys.from, n}};
    TRY(sql_derive_sessions_since(d->db, &in, &rows));
    for (size_t i = 0; i < n; i++) {
        late[i]->again_at = late[i]->from_begin ? LOG_BEGIN : late[i]->events[0].at;
        late[i]->stored_events = late[i]->fallback_lead = 0;
        late[i]->first_session_at = INT64_MAX;
    }
    make_room(d, rows.n);
    make_past_room(d, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        struct derive_visitor *v = late[rows.row[i].nr - 1];
        d->past[d->n_past++] = (struct derive_past){.visitor = v, .lead = rows.row[i].lead};
        v->several |= v->fallback_lead != 0 && v->fallback_lead != rows.row[i].lead;
        v->stored_events += rows.row[i].events;
        v->first_session_at = rows.row[i].started_at < v->first_session_at
                                  ? rows.row[i].started_at
                                  : v->first_session_at;
        v->again_at =
            rows.row[i].started_at < v->again_at ? rows.row[i].started_at : v->again_at;
        v->fallback_lead = v->fallback_lead ? v->fallback_lead : rows.row[i].lead;
        v->turning |= rows.row[i].lead == 0;
        remember_lead(d, v->dataset, rows.row[i].lead, true);
    }
    return ERR_NONE;
}

/* A session that did not count may count with what came late; then whoever it identifies does.
 */
static enum err load_turning(struct derive *d, struct derive_visitor **late, size_t n)
{
    size_t n_turning = 0;
    struct derive_visitor **turning = ARENA_ARRAY(d->arena, n, struct derive_visitor *);
    for (size_t i = 0; i < n; i++) {
        if (late[i]->turning && !late[i]->from_begin) {
            late[i]->from_begin = late[i]->several = true;
            late[i]->again_at = LOG_BEGIN;
            turning[n_turning++] = late[i];
        }
    }
    return n_turning > 0 ? load_since(d, turning, n_turning) : ERR_NONE;
}

static enum err load_before(struct derive *d, struct derive_visitor **again, size_t n)
{
    struct sql_derive_sessions_before_rows rows;
    struct keys keys = keys_of(d, again, n);
    struct sql_derive_sessions_before_in in = {
        .dataset = {keys.datasets, n}, .visitor = {keys.visitors, n}, .from = {keys.from, n}};
    TRY(sql_derive_sessions_before(d->db, &in, &rows));
    make_room(d, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        struct derive_visitor *v = again[rows.row[i].nr - 1];
        v->before_lead = rows.row[i].lead;
        remember_lead(d, v->dataset, rows.row[i].lead, true);
    }
    return ERR_NONE;
}

/* Sessions that the log has no events of any more stay as they are. */
static void keep_cut(struct derive_visitor **again, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (again[i]->n_events == 0) {
            again[i]->again = false;
        } else if (again[i]->from_begin) {
            again[i]->again_at = again[i]->events[0].at;
            again[i]->cut = again[i]->first_session_at < again[i]->again_at;
        }
    }
}

static enum err load_late(struct derive *d)
{
    struct derive_visitor **late =
        ARENA_ARRAY(d->arena, d->n_visitors, struct derive_visitor *);
    size_t n = 0, n_again = 0;
    for (size_t i = 0; i < d->n_visitors; i++) {
        if (is_late(d, &d->visitors[i])) {
            late[n++] = &d->visitors[i];
        }
    }
    if (n == 0) {
        return ERR_NONE;
    }
    TRY(load_since(d, late, n));
    TRY(load_turning(d, late, n));
    int64_t room = d->again_max;
    for (size_t i = 0; i < n; i++) {
        if (late[i]->stored_events <= room) {
            room -= late[i]->stored_events;
            late[i]->again = true;
            late[i]->open = NULL;
            late[n_again++] = late[i];
        }
    }
    if (n_again == 0) {
        return ERR_NONE;
    }
    TRY(load_before(d, late, n_again));
    TRY(derive_events_load_again(d, late, n_again));
    keep_cut(late, n_again);
    return derive_traffic_load(d);
}

enum err derive_visitors_load(struct derive *d)
{
    struct sql_derive_visitors_rows rows;
    int64_t *datasets = ARENA_ARRAY(d->arena, d->n_visitors, int64_t);
    struct str *visitors = ARENA_ARRAY(d->arena, d->n_visitors, struct str);
    for (size_t i = 0; i < d->n_visitors; i++) {
        datasets[i] = d->visitors[i].dataset;
        visitors[i] = d->visitors[i].visitor;
    }
    struct sql_derive_visitors_in in = {.dataset = {datasets, d->n_visitors},
                                        .visitor = {visitors, d->n_visitors}};
    TRY(sql_derive_visitors(d->db, &in, &rows));
    d->by_id = ARENA_ARRAY(d->arena, rows.n + 1, struct derive_lead *);
    if (d->again_lead != 0) {
        remember_lead(d, d->again_dataset, d->again_lead, true);
    }
    for (size_t i = 0; i < rows.n; i++) {
        struct derive_visitor *v = &d->visitors[rows.row[i].nr - 1];
        visitor_fill(d, v, &rows.row[i]);
        remember_lead(d, v->dataset, v->lead_id, false);
    }
    TRY(derive_corrections_find(d));
    TRY(derive_traffic_load(d));
    derive_traffic_turned(d);
    return load_late(d);
}

/* ---- emails ---- */

static int compare_emails(const void *pa, const void *pb)
{
    const struct derive_email *a = pa, *b = pb;
    int order = compare_i64(a->dataset, b->dataset);
    order = order ? order : (a->is_user > b->is_user) - (a->is_user < b->is_user);
    return order ? order : str_cmp(a->address, b->address);
}

void derive_emails_collect(struct derive *d)
{
    size_t n = 0, kept = 0;
    for (size_t v = 0; v < d->n_visitors; v++) {
        n += d->visitors[v].n_events;
    }
    struct derive_email *emails = ARENA_ARRAY(d->arena, n, struct derive_email);
    n = 0;
    for (size_t v = 0; v < d->n_visitors; v++) {
        for (size_t i = 0; i < d->visitors[v].n_events; i++) {
            const struct derive_event *e = &d->visitors[v].events[i];
            if (e->email.n > 0) {
                emails[n++] = (struct derive_email){
                    .dataset = e->dataset, .address = e->email, .domain = e->email_domain};
            } else if (e->user.n > 0) {
                emails[n++] = (struct derive_email){
                    .dataset = e->dataset, .is_user = true, .address = e->user};
            }
        }
    }
    if (n > 1) {
        qsort(emails, n, sizeof(*emails), compare_emails);
    }
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || compare_emails(&emails[kept - 1], &emails[i]) != 0) {
            emails[kept++] = emails[i];
        }
    }
    d->emails = emails;
    d->n_emails = kept;
}

struct derive_email *derive_email_find(struct derive *d, int64_t dataset, bool is_user,
                                       struct str address)
{
    struct derive_email key = {.dataset = dataset, .is_user = is_user, .address = address};
    if (d->n_emails == 0) {
        return NULL;
    }
    return bsearch(&key, d->emails, d->n_emails, sizeof(key), compare_emails);
}

/* ---- leads ---- */

static int compare_leads(const void *pa, const void *pb)
{
    const struct derive_lead *a = *(struct derive_lead *const *)pa;
    const struct derive_lead *b = *(struct derive_lead *const *)pb;
    int order = compare_i64(a->dataset, b->dataset);
    return order ? order : compare_i64(a->id, b->id);
}

static struct derive_lead **find_row(struct derive *d, int64_t dataset, int64_t id)
{
    struct derive_lead key = {.dataset = dataset, .id = id}, *pointer = &key;
    return d->n_by_id == 0
               ? NULL
               : bsearch(&pointer, d->by_id, d->n_by_id, sizeof(pointer), compare_leads);
}

struct derive_lead *derive_lead_find(struct derive *d, int64_t dataset, int64_t id)
{
    struct derive_lead **found = find_row(d, dataset, id);
    /* first_at is set only when the row was there. */
    return found && (*found)->first_at != INT64_MAX ? derive_lead_final(*found) : NULL;
}

struct derive_lead *derive_lead_new(struct derive *d, int64_t dataset)
{
    struct derive_lead *lead = ARENA_NEW(d->arena, struct derive_lead);
    *lead = (struct derive_lead){
        .dataset = dataset,
        .is_new = true,
        .touched = true,
        .first_at = INT64_MAX,
        .last_at = INT64_MIN,
        .last_session_at = INT64_MIN,
        .company_at = INT64_MIN,
        .network_at = INT64_MIN,
        .next = d->leads,
    };
    d->leads = lead;
    return lead;
}

struct derive_lead *derive_lead_final(struct derive_lead *lead)
{
    while (lead->into != NULL) {
        lead = lead->into;
    }
    return lead;
}

void derive_lead_merge(struct derive_lead *from, struct derive_lead *into)
{
    from->into = into;
    into->recount = true;
    into->touched = true;
}

static void lead_fill(struct derive_lead *lead, const struct sql_derive_leads *row)
{
    lead->account_id = row->account_null ? 0 : row->account;
    lead->email = row->email;
    lead->email_domain = str_slice(row->email, str_find(row->email, '@') + 1, row->email.n);
    lead->was_contact = !str_is_null(row->email);
    lead->phone = row->phone;
    lead->company = row->company;
    lead->company_at = INT64_MIN;
    lead->first_at = row->first_at;
    lead->last_at = row->last_at;
    lead->last_session_at = row->last_session_at;
    lead->before = (struct derive_counts){.visitors = row->visitors,
                                          .sessions = row->sessions,
                                          .pageviews = row->pageviews,
                                          .forms = row->forms,
                                          .events = row->events};
    lead->now = lead->before;
    lead->score_before = row->score;
    lead->shown_id = row->merged_into_null ? 0 : row->merged_into;
    lead->linked = row->linked;
    lead->link_account = lead->linked ? lead->account_id : 0;
    lead->last_at_before = row->last_at;
    lead->user = row->user;
    lead->told_domain = row->told_domain;
    lead->network_at = row->network_at_null ? INT64_MIN : row->network_at;
    lead->network_domain = row->network_domain;
    lead->network_name = row->network_name;
}

/* Sorts d->by_id and makes the same lead one. */
static void by_id_sort(struct derive *d)
{
    size_t kept = 0;
    if (d->n_by_id > 1) {
        qsort(d->by_id, d->n_by_id, sizeof(struct derive_lead *), compare_leads);
    }
    for (size_t i = 0; i < d->n_by_id; i++) {
        if (kept > 0 && compare_leads(&d->by_id[kept - 1], &d->by_id[i]) == 0) {
            struct derive_lead *one = d->by_id[kept - 1], *other = d->by_id[i];
            if (other->looked_up) {
                d->by_id[kept - 1] = other;
            }
            d->by_id[kept - 1]->recount = one->recount || other->recount;
            d->by_id[kept - 1]->touched = one->touched || other->touched;
        } else {
            d->by_id[kept++] = d->by_id[i];
        }
    }
    d->n_by_id = kept;
}

/* Addresses and user ids, with room for what is found. */
struct known {
    int64_t *datasets;
    struct str *texts;
    size_t n;
};

static struct known known_of(struct derive *d, bool is_user)
{
    struct known known = {.datasets = ARENA_ARRAY(d->arena, d->n_emails, int64_t),
                          .texts = ARENA_ARRAY(d->arena, d->n_emails, struct str)};
    for (size_t i = 0; i < d->n_emails; i++) {
        if (d->emails[i].is_user == is_user) {
            known.datasets[known.n] = d->emails[i].dataset;
            known.texts[known.n++] = d->emails[i].address;
        }
    }
    return known;
}

static enum err load_emails(struct derive *d, struct sql_derive_leads_by_email_rows *out_rows)
{
    struct known known = known_of(d, false);
    struct sql_derive_leads_by_email_in in = {.dataset = {known.datasets, known.n},
                                              .email = {known.texts, known.n}};
    if (known.n == 0) {
        return ERR_NONE;
    }
    TRY(sql_derive_leads_by_email(d->db, &in, out_rows));
    make_room(d, out_rows->n);
    for (size_t i = 0; i < out_rows->n; i++) {
        remember_lead(d, out_rows->row[i].dataset, out_rows->row[i].id, false);
    }
    return ERR_NONE;
}

static enum err load_user_ids(struct derive *d, struct sql_derive_leads_by_user_rows *out_rows)
{
    struct known known = known_of(d, true);
    struct sql_derive_leads_by_user_in in = {.dataset = {known.datasets, known.n},
                                             .user = {known.texts, known.n}};
    if (known.n == 0) {
        return ERR_NONE;
    }
    TRY(sql_derive_leads_by_user(d->db, &in, out_rows));
    make_room(d, out_rows->n);
    for (size_t i = 0; i < out_rows->n; i++) {
        remember_lead(d, out_rows->row[i].dataset, out_rows->row[i].id, false);
    }
    return ERR_NONE;
}

/* Of those that were not looked up yet. */
static enum err load_rows(struct derive *d)
{
    struct sql_derive_leads_rows rows;
    size_t n = 0;
    int64_t *datasets = ARENA_ARRAY(d->arena, d->n_by_id, int64_t);
    int64_t *ids = ARENA_ARRAY(d->arena, d->n_by_id, int64_t);
    for (size_t i = 0; i < d->n_by_id; i++) {
        if (!d->by_id[i]->looked_up) {
            datasets[n] = d->by_id[i]->dataset;
            ids[n++] = d->by_id[i]->id;
            d->by_id[i]->looked_up = true;
            d->by_id[i]->first_at = INT64_MAX;
        }
    }
    struct sql_derive_leads_in in = {.dataset = {datasets, n}, .id = {ids, n}};
    TRY(sql_derive_leads(d->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct derive_lead **found = find_row(d, rows.row[i].dataset, rows.row[i].id);
        if (found != NULL) {
            lead_fill(*found, &rows.row[i]);
            (*found)->next = d->leads;
            d->leads = *found;
        }
    }
    return ERR_NONE;
}

/* Those that leads of the batch were merged into by hand. */
static enum err load_shown(struct derive *d)
{
    size_t n = 0, n_loaded = d->n_by_id;
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        n += lead->shown_id != 0 ? 1 : 0;
    }
    if (n == 0) {
        return ERR_NONE;
    }
    struct derive_lead **merged = ARENA_ARRAY(d->arena, n, struct derive_lead *);
    struct derive_lead **leads = ARENA_ARRAY(d->arena, n_loaded + n, struct derive_lead *);
    memcpy(leads, d->by_id, n_loaded * sizeof(struct derive_lead *));
    d->by_id = leads;
    n = 0;
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        if (lead->shown_id != 0) {
            merged[n++] = lead;
            remember_lead(d, lead->dataset, lead->shown_id, false);
        }
    }
    by_id_sort(d);
    TRY(load_rows(d));
    for (size_t i = 0; i < n; i++) {
        merged[i]->shown = derive_lead_find(d, merged[i]->dataset, merged[i]->shown_id);
    }
    return ERR_NONE;
}

enum err derive_leads_load(struct derive *d)
{
    struct sql_derive_leads_by_email_rows by_email = {0};
    struct sql_derive_leads_by_user_rows by_user = {0};
    if (d->n_emails > 0) {
        TRY(load_emails(d, &by_email));
        TRY(load_user_ids(d, &by_user));
    }
    by_id_sort(d);
    if (d->n_by_id > 0) {
        TRY(load_rows(d));
        TRY(load_shown(d));
    }
    for (size_t i = 0; i < by_email.n; i++) {
        struct derive_email *email =
            derive_email_find(d, by_email.row[i].dataset, false, by_email.row[i].email);
        if (email != NULL) {
            email->lead = derive_lead_find(d, by_email.row[i].dataset, by_email.row[i].id);
        }
    }
    for (size_t i = 0; i < by_user.n; i++) {
        struct derive_email *user =
            derive_email_find(d, by_user.row[i].dataset, true, by_user.row[i].user);
        if (user != NULL) {
            user->lead = derive_lead_find(d, by_user.row[i].dataset, by_user.row[i].id);
        }
    }
    return ERR_NONE;
}

/* ---- counting ---- */

/* What was said in a session that changed hands goes with it. */
static void mark_retold(struct derive *d)
{
    for (size_t i = 0; i < d->n_past; i++) {
        struct derive_visitor *v = d->past[i].visitor;
        struct derive_lead *lead = derive_lead_find(d, v->dataset, d->past[i].lead);
        if (v->again && v->several && lead != NULL) {
            lead->retold = true;
        }
    }
}

/* The company that its latest session's network belongs to. */
static void note_network(struct derive_lead *lead, int64_t at, struct str domain,
                         struct str name)
{
    lead->network_new |=
        !str_eq(lead->network_domain, domain) || !str_eq(lead->network_name, name);
    lead->network_at = at;
    lead->network_domain = domain;
    lead->network_name = name;
}

static void count_network(const struct derive *d, const struct derive_session *s,
                          struct derive_lead *lead)
{
    if (s->traffic.verdict == TRAFFIC_COMPANY && s->started_at >= lead->network_at) {
        const struct derive_network *network = derive_network_find(d, s->traffic.network);
        note_network(lead, s->started_at, s->traffic.company,
                     network != NULL ? network->name : (struct str){.p = NULL});
    } else if (s->stored_verdict == TRAFFIC_COMPANY && s->traffic.verdict != TRAFFIC_COMPANY) {
        lead->recount = true;
    }
}

static void count_session(const struct derive *d, struct derive_session *s,
                          struct derive_lead *lead)
{
    count_network(d, s, lead);
    lead->touched = true;
    lead->recount |= s->visitor->again;
    lead->now.sessions += s->stored ? 0 : 1;
    lead->now.pageviews += s->pageviews - s->stored_pageviews;
    lead->now.forms += s->forms - s->stored_forms;
    lead->now.events += s->events - s->stored_events;
    lead->last_at = s->ended_at > lead->last_at ? s->ended_at : lead->last_at;
    /* One that somebody added by hand was never seen before (shared/lookup.h). */
    bool never_seen = lead->last_session_at == INT64_MIN;
    if (s->started_at <= lead->first_at || never_seen) {
        lead->first_at = s->started_at;
        lead->first = s->origin;
    }
    if (s->started_at >= lead->last_session_at) {
        lead->last_session_at = s->started_at;
        lead->last = s->origin;
        lead->where = s->traffic;
    }
}

void derive_leads_count(struct derive *d)
{
    const struct derive_visitor *last = NULL;
    for (struct derive_session *s = d->sessions; s != NULL; s = s->next) {
        if (s->nobodys) {
            s->visitor->several |= s->visitor->again; /* it may have been somebody's */
            continue;
        }
        s->lead = derive_lead_final(s->lead);
        count_session(d, s, s->lead);
        s->visitor->several |= s->visitor->again && s->lead->id != s->visitor->fallback_lead;
        if (s->visitor != last && !s->visitor->known) {
            s->lead->now.visitors++;
        }
        last = s->visitor;
    }
    mark_retold(d);
}

/* ---- profiles ---- */

struct profile {
    struct derive_fact *facts[DERIVE_FACTS_MAX + 8];
    size_t n, n_properties;
    bool changed;
};

static struct derive_fact **profile_find(struct profile *profile, struct str key, bool standard)
{
    for (size_t i = 0; i < profile->n; i++) {
        if (profile->facts[i]->standard == standard && str_eq(profile->facts[i]->key, key)) {
            return &profile->facts[i];
        }
    }
    return NULL;
}

static void profile_give(struct profile *profile, struct derive_fact *fact)
{
    struct derive_fact **have = profile_find(profile, fact->key, fact->standard);
    if (have != NULL) {
        bool later = fact->at > (*have)->at ||
                     (fact->at == (*have)->at && str_cmp(fact->value, (*have)->value) > 0);
        if (later) {
            *have = fact;
            profile->changed = true;
        }
        return;
    }
    if (profile->n < sizeof(profile->facts) / sizeof(profile->facts[0]) &&
        (fact->standard || profile->n_properties < DERIVE_FACTS_MAX)) {
        profile->facts[profile->n++] = fact;
        profile->n_properties += fact->standard ? 0 : 1;
        profile->changed = true;
    }
}

static int64_t stamp_of(const struct sql_derive_profiles *row, struct str key)
{
    for (size_t i = 0; i < row->stamp_keys.n && i < row->stamp_vals.n; i++) {
        if (str_eq(row->stamp_keys.v[i], key)) {
            return row->stamp_vals.v[i];
        }
    }
    return INT64_MIN;
}

/* What a row says, as facts. */
static struct derive_fact *facts_of_row(struct derive *d, const struct sql_derive_profiles *row)
{
    const struct {
        struct str key, value;
    } columns[] = {{STR("firstName"), row->first_name},
                   {STR("lastName"), row->last_name},
                   {STR("phone"), row->phone},
                   {STR("company"), row->company},
                   {STR("jobTitle"), row->job_title}};
    struct derive_fact *list = NULL;
    size_t n_columns = sizeof(columns) / sizeof(columns[0]);
    for (size_t i = 0; i < n_columns + row->keys.n && i < n_columns + row->vals.n; i++) {
        bool standard = i < n_columns;
        struct str key = standard ? columns[i].key : row->keys.v[i - n_columns];
        struct str value = standard ? columns[i].value : row->vals.v[i - n_columns];
        if (value.n > 0) {
            struct derive_fact *fact = ARENA_NEW(d->arena, struct derive_fact);
            *fact = (struct derive_fact){.key = key,
                                         .value = value,
                                         .at = stamp_of(row, key),
                                         .standard = standard,
                                         .next = list};
            list = fact;
        }
    }
    return list;
}

static void fact_to_lead(struct derive_lead *lead, const struct derive_fact *fact)
{
    if (fact->standard && str_eq(fact->key, STR("company"))) {
        lead->company = fact->value;
        lead->company_at = fact->at;
    }
    if (fact->standard && str_eq(fact->key, STR("phone"))) {
        lead->phone = true;
    }
    if (!fact->standard && str_eq(fact->key, STR("companyDomain"))) {
        lead->told_domain = fact->value;
    }
}

/* Without what events told: they are read again. What a hand wrote has no stamp. */
static struct derive_fact *untold(struct derive_fact *facts)
{
    struct derive_fact *kept = NULL, *next;
    for (; facts != NULL; facts = next) {
        next = facts->next;
        if (facts->at == INT64_MIN) {
            facts->next = kept;
            kept = facts;
        }
    }
    return kept;
}

/* The lead's own row first, then what is new; lead->facts becomes what there is to write. */
static void profile_merge(struct derive *d, struct derive_lead *lead,
                          struct derive_fact *stored)
{
    struct profile *profile = ARENA_NEW(d->arena, struct profile);
    struct derive_fact *next;
    stored = lead->retold ? untold(stored) : stored;
    lead->company = lead->retold ? (struct str){0} : lead->company;
    lead->phone = lead->phone && !lead->retold;
    lead->told_domain = lead->retold ? (struct str){0} : lead->told_domain;
    for (struct derive_fact *fact = stored; fact != NULL; fact = next) {
        next = fact->next;
        profile_give(profile, fact);
    }
    profile->changed = lead->retold;
    for (struct derive_fact *fact = lead->facts; fact != NULL; fact = next) {
        next = fact->next;
        profile_give(profile, fact);
    }
    lead->facts = NULL;
    for (size_t i = 0; i < profile->n; i++) {
        fact_to_lead(lead, profile->facts[i]);
        if (profile->changed) {
            profile->facts[i]->next = lead->facts;
            lead->facts = profile->facts[i];
        }
    }
}

static void append_facts(struct derive_lead *lead, struct derive_fact *facts)
{
    while (facts != NULL) {
        struct derive_fact *next = facts->next;
        facts->next = lead->facts;
        lead->facts = facts;
        facts = next;
    }
}

static enum err load_profiles(struct derive *d, struct derive_lead **leads, size_t n,
                              struct derive_fact **out_facts)
{
    struct sql_derive_profiles_rows rows;
    int64_t *datasets = ARENA_ARRAY(d->arena, n, int64_t);
    int64_t *ids = ARENA_ARRAY(d->arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        datasets[i] = leads[i]->dataset;
        ids[i] = leads[i]->id;
    }
    struct sql_derive_profiles_in in = {.dataset = {datasets, n}, .id = {ids, n}};
    TRY(sql_derive_profiles(d->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct derive_lead key = {.dataset = rows.row[i].dataset, .id = rows.row[i].id};
        struct derive_lead *pointer = &key, **found;
        found = bsearch(&pointer, leads, n, sizeof(pointer), compare_leads);
        if (found != NULL) {
            out_facts[found - leads] = facts_of_row(d, &rows.row[i]);
        }
    }
    return ERR_NONE;
}

/* Who becomes a contact may name the company by what was said before. */
static bool needs_profile(const struct derive_lead *lead)
{
    bool becomes_contact = !lead->was_contact && !str_is_null(lead->email);
    return lead->facts != NULL || lead->into != NULL || lead->merged || lead->retold ||
           (becomes_contact && lead->company.n > 0);
}

static enum err read_again(struct derive *d, struct derive_lead **leads, size_t n)
{
    struct sql_derive_facts_again_rows rows;
    int64_t *datasets = ARENA_ARRAY(d->arena, n, int64_t);
    int64_t *ids = ARENA_ARRAY(d->arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        datasets[i] = leads[i]->dataset;
        ids[i] = leads[i]->id;
    }
    struct sql_derive_facts_again_in in = {.dataset = {datasets, n},
                                           .lead = {ids, n},
                                           .xid = d->end_xid,
                                           .id = d->end_id,
                                           .floor_id = d->cursor.floor_id};
    TRY(sql_derive_facts_again(d->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct derive_event event = {.at = rows.row[i].at,
                                     .type = rows.row[i].type,
                                     .link =
                                         derive_is_link(rows.row[i].type, rows.row[i].link)};
        derive_event_read(d->arena, &event, rows.row[i].keys, rows.row[i].vals);
        struct derive_lead *lead = leads[rows.row[i].nr - 1];
        if (derive_tells_of_another(&event, rows.row[i].email)) {
            continue;
        }
        if (rows.row[i].merged) {
            derive_people_tell(d, lead, event.facts);
        } else {
            append_facts(lead, event.facts);
        }
    }
    return derive_people_read_again(d, leads, n);
}

/* Those with more events than may be read in one batch keep what they have. */
static enum err retell(struct derive *d)
{
    size_t n = 0;
    int64_t room = DERIVE_AGAIN_MAX;
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        n += lead->retold ? 1 : 0;
    }
    struct derive_lead **leads = ARENA_ARRAY(d->arena, n, struct derive_lead *);
    n = 0;
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        lead->retold =
            lead->retold && lead->into == NULL && !lead->gone && lead->now.events <= room;
        if (lead->retold) {
            room -= lead->now.events;
            leads[n++] = lead;
        }
    }
    return n > 0 ? read_again(d, leads, n) : ERR_NONE;
}

enum err derive_profiles(struct derive *d)
{
    size_t n = 0;
    TRY(retell(d));
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        struct derive_lead *final = derive_lead_final(lead);
        if (lead->into != NULL) {
            /* Its row, which is read below, and what the batch says go to the other one. */
            append_facts(final, lead->facts);
            lead->facts = NULL;
            final->merged = true;
        }
    }
    struct derive_lead **leads = ARENA_ARRAY(d->arena, d->n_by_id, struct derive_lead *);
    for (size_t i = 0; i < d->n_by_id; i++) {
        if (d->by_id[i]->first_at != INT64_MAX && needs_profile(d->by_id[i])) {
            leads[n++] = d->by_id[i];
        }
    }
    struct derive_fact **stored = ARENA_ARRAY(d->arena, n, struct derive_fact *);
    if (n > 0) {
        TRY(load_profiles(d, leads, n, stored));
    }
    for (size_t i = 0; i < n; i++) {
        if (leads[i]->into != NULL) {
            /* What events told about one that lost all of them was told about others, and
             * what is read again may be another's. */
            struct derive_lead *final = derive_lead_final(leads[i]);
            bool told_anew = leads[i]->lost || final->retold;
            append_facts(final, told_anew ? untold(stored[i]) : stored[i]);
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (leads[i]->into == NULL) {
            profile_merge(d, leads[i], stored[i]);
        }
    }
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        if (lead->is_new && lead->facts != NULL) {
            profile_merge(d, lead, NULL);
        }
    }
    return ERR_NONE;
}

/* ---- numbers, recounting ---- */

enum err derive_leads_number(struct derive *d)
{
    struct sql_derive_lead_ids_rows rows;
    int64_t n = 0;
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        n += lead->is_new ? 1 : 0;
    }
    if (n == 0) {
        return ERR_NONE;
    }
    TRY(sql_derive_lead_ids(d->db, &(struct sql_derive_lead_ids_in){.count = n}, &rows));
    size_t i = 0;
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        if (lead->is_new) {
            lead->id = rows.row[i++].id;
        }
    }
    return ERR_NONE;
}

static void recount_fill(struct derive_lead *lead, const struct sql_derive_leads_recount *row)
{
    lead->lost = false;
    lead->where = (struct derive_traffic){
        .country = row->country, .region = row->region, .city = row->city};
    note_network(lead, row->network_at_null ? INT64_MIN : row->network_at, row->network_domain,
                 row->network_name);
    lead->now = (struct derive_counts){.visitors = (int32_t)row->visitors,
                                       .sessions = (int32_t)row->sessions,
                                       .pageviews = (int32_t)row->pageviews,
                                       .forms = (int32_t)row->forms,
                                       .events = (int32_t)row->events};
    lead->first_at = row->first_at;
    lead->last_at = row->last_at;
    lead->last_session_at = row->last_session_at;
    lead->first = (struct derive_origin){.channel = row->first_channel,
                                         .source = row->first_source,
                                         .medium = row->first_medium,
                                         .campaign = row->first_campaign,
                                         .term = row->first_term,
                                         .content = row->first_content,
                                         .referrer = row->first_referrer,
                                         .landing = row->first_landing};
    lead->last = (struct derive_origin){.channel = row->last_channel,
                                        .source = row->last_source,
                                        .medium = row->last_medium,
                                        .campaign = row->last_campaign,
                                        .term = row->last_term,
                                        .content = row->last_content,
                                        .referrer = row->last_referrer,
                                        .landing = row->last_landing};
}

/* Whoever has the sessions now that it had. */
static struct derive_lead *heir_of(const struct derive *d, const struct derive_lead *lead)
{
    for (size_t i = 0; i < d->n_past; i++) {
        struct derive_lead *now = d->past[i].visitor->lead;
        if (d->past[i].lead == lead->id && d->past[i].visitor->dataset == lead->dataset &&
            now != NULL && derive_lead_final(now) != lead) {
            return derive_lead_final(now);
        }
    }
    return NULL;
}

/* What the team said about a lead that is nobody any more goes to the heir; with none it keeps
 * the lead. */
static void part(struct derive *d, struct derive_lead *lead, bool marked)
{
    struct derive_lead *heir = heir_of(d, lead);
    if (heir != NULL && !heir->gone && !heir->lost) {
        lead->into = heir;
        heir->touched = true;
    } else {
        lead->gone = !marked;
        lead->lost = !marked;
    }
}

static enum err part_with_lost(struct derive *d, struct derive_lead **leads, size_t n)
{
    struct sql_derive_leads_bare_rows rows;
    size_t n_lost = 0;
    int64_t *datasets = ARENA_ARRAY(d->arena, n, int64_t);
    int64_t *ids = ARENA_ARRAY(d->arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        if (leads[i]->lost) {
            datasets[n_lost] = leads[i]->dataset;
            ids[n_lost] = leads[i]->id;
            leads[n_lost++] = leads[i];
        }
    }
    if (n_lost == 0) {
        return ERR_NONE;
    }
    struct sql_derive_leads_bare_in in = {.dataset = {datasets, n_lost}, .id = {ids, n_lost}};
    TRY(sql_derive_leads_bare(d->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        part(d, leads[rows.row[i].nr - 1], rows.row[i].marked);
    }
    return ERR_NONE;
}

enum err derive_leads_recount(struct derive *d)
{
    struct sql_derive_leads_recount_rows rows;
    size_t n = 0;
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        n += lead->recount && lead->into == NULL ? 1 : 0;
    }
    if (n == 0) {
        return ERR_NONE;
    }
    struct derive_lead **leads = ARENA_ARRAY(d->arena, n, struct derive_lead *);
    int64_t *datasets = ARENA_ARRAY(d->arena, n, int64_t);
    int64_t *ids = ARENA_ARRAY(d->arena, n, int64_t);
    n = 0;
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        if (lead->recount && lead->into == NULL) {
            datasets[n] = lead->dataset;
            ids[n] = lead->id;
            lead->now = (struct derive_counts){0};
            /* Unless a session is found; one that was merged by hand never has its own, one
             * that was added by hand may never have had any. */
            lead->lost = !lead->is_new && lead->shown_id == 0 &&
                         (lead->before.sessions > 0 || lead->first_at != NEVER_SEEN);
            leads[n++] = lead;
        }
    }
    struct sql_derive_leads_recount_in in = {.dataset = {datasets, n}, .id = {ids, n}};
    TRY(sql_derive_leads_recount(d->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        recount_fill(leads[rows.row[i].nr - 1], &rows.row[i]);
    }
    return part_with_lost(d, leads, n);
}
