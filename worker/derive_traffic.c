#include "shared/events.h"
#include "worker/derive_parts.h"

/* ---- networks, and what the team says ---- */

static int compare_networks(const void *pa, const void *pb)
{
    const struct derive_network *a = pa, *b = pb;
    return (a->network > b->network) - (a->network < b->network);
}

static const struct derive_network *find_network(const struct derive *d, int64_t number)
{
    struct derive_network key = {.network = number};
    return d->n_networks == 0 || number == 0
               ? NULL
               : bsearch(&key, d->networks, d->n_networks, sizeof(key), compare_networks);
}

static int compare_i64(const void *pa, const void *pb)
{
    int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;
    return (a > b) - (a < b);
}

/* Numbers that are not known yet, each once. */
static size_t unknown_networks(struct derive *d, int64_t **out_numbers)
{
    size_t n = 0, kept = 0;
    for (size_t v = 0; v < d->n_visitors; v++) {
        n += d->visitors[v].n_events + 1;
    }
    int64_t *numbers = ARENA_ARRAY(d->arena, n, int64_t);
    n = 0;
    for (size_t v = 0; v < d->n_visitors; v++) {
        const struct derive_visitor *visitor = &d->visitors[v];
        int64_t last = visitor->open != NULL ? visitor->open->traffic.network : 0;
        if (last != 0) {
            numbers[n++] = last;
        }
        for (size_t i = 0; i < visitor->n_events; i++) {
            int64_t number = visitor->events[i].network;
            if (number != 0 && number != last) {
                numbers[n++] = last = number;
            }
        }
    }
    if (n > 1) {
        qsort(numbers, n, sizeof(*numbers), compare_i64);
    }
    for (size_t i = 0; i < n; i++) {
        if ((kept == 0 || numbers[kept - 1] != numbers[i]) &&
            find_network(d, numbers[i]) == NULL) {
            numbers[kept++] = numbers[i];
        }
    }
    *out_numbers = numbers;
    return kept;
}

static enum err load_networks(struct derive *d)
{
    struct sql_derive_networks_rows rows;
    int64_t *numbers;
    size_t n = unknown_networks(d, &numbers);
    if (n == 0) {
        return ERR_NONE;
    }
    struct sql_derive_networks_in in = {.network = {numbers, n}};
    TRY(sql_derive_networks(d->db, &in, &rows));
    struct derive_network *all =
        ARENA_ARRAY(d->arena, d->n_networks + rows.n, struct derive_network);
    if (d->n_networks > 0) {
        memcpy(all, d->networks, d->n_networks * sizeof(*all));
    }
    for (size_t i = 0; i < rows.n; i++) {
        struct traffic_network network = {.number = rows.row[i].network,
                                          .owner = rows.row[i].name,
                                          .addresses = rows.row[i].addresses};
        all[d->n_networks++] = (struct derive_network){
            .network = network.number, .name = network.owner, .kind = traffic_kind(&network)};
    }
    d->networks = all;
    if (d->n_networks > 1) {
        qsort(all, d->n_networks, sizeof(*all), compare_networks);
    }
    return ERR_NONE;
}

static enum err load_said(struct derive *d)
{
    size_t n = 0;
    int64_t *datasets = ARENA_ARRAY(d->arena, d->n_visitors, int64_t);
    int64_t *dataset = ARENA_ARRAY(d->arena, d->n_visitors, int64_t);
    struct str *visitor = ARENA_ARRAY(d->arena, d->n_visitors, struct str);
    for (size_t i = 0; i < d->n_visitors; i++) {
        dataset[i] = d->visitors[i].dataset;
        visitor[i] = d->visitors[i].visitor;
        if (n == 0 || datasets[n - 1] != dataset[i]) {
            datasets[n++] = dataset[i];
        }
    }
    struct sql_derive_said_in in = {.datasets = {datasets, n},
                                    .dataset = {dataset, d->n_visitors},
                                    .visitor = {visitor, d->n_visitors}};
    TRY(sql_derive_said(d->db, &in, &d->said));
    for (size_t i = 0; i < d->said.n; i++) {
        int verdict = d->said.row[i].verdict;
        d->said_turns |= !traffic_counts(verdict) || verdict == TRAFFIC_PERSON;
    }
    return ERR_NONE;
}

enum err derive_traffic_load(struct derive *d)
{
    TRY(load_networks(d));
    return d->cursor.verdicts ? load_said(d) : ERR_NONE;
}

const struct derive_network *derive_network_find(const struct derive *d, int64_t number)
{
    return find_network(d, number);
}

/* ---- judging ---- */

struct span {
    struct derive_traffic traffic;
    int64_t started_at, ended_at;
};

static void note_place(struct derive_traffic *traffic, const struct derive_event *e)
{
    if (traffic->network == 0 && traffic->place == 0 && str_is_null(traffic->country)) {
        traffic->network = e->network;
        traffic->place = e->place;
        traffic->country = e->country;
        traffic->region = e->region;
        traffic->city = e->city;
    }
}

static void note_event(struct span *span, const struct derive_event *e)
{
    bool of_mail = e->type == EVENT_EMAIL_OPEN || e->type == EVENT_EMAIL_CLICK ||
                   (e->type == EVENT_LOGIN && e->link);
    note_place(&span->traffic, e);
    if (of_mail && e->at == span->started_at) {
        span->traffic.marks |= DERIVE_MAIL;
    }
    if (e->type != EVENT_EMAIL_OPEN) {
        span->traffic.marks |= DERIVE_ACTS;
    }
    span->ended_at = e->at > span->ended_at ? e->at : span->ended_at;
}

static bool is_said_of(const struct sql_derive_said *said, const struct derive_visitor *v,
                       const struct span *span, enum traffic_reason *out_by)
{
    if (said->dataset != v->dataset) {
        return false;
    }
    if (!said->network_null) {
        *out_by = TRAFFIC_BY_HAND_NETWORK;
        return said->network == span->traffic.network;
    }
    if (!said->place_null) {
        *out_by = TRAFFIC_BY_HAND_PLACE;
        return said->place == span->traffic.place;
    }
    *out_by = TRAFFIC_BY_HAND_SESSION;
    return str_eq(said->visitor, v->visitor) && said->at >= span->started_at &&
           said->at <= span->ended_at;
}

/* The most particular word counts: reasons are in that order. Of two on one session that has
 * grown together, the one on the later moment. */
static void take_word(const struct derive *d, const struct derive_visitor *v,
                      const struct span *span, struct traffic_session *session)
{
    int64_t at = INT64_MIN;
    for (size_t i = 0; i < d->said.n; i++) {
        const struct sql_derive_said *said = &d->said.row[i];
        enum traffic_reason by;
        if (!is_said_of(said, v, span, &by)) {
            continue;
        }
        bool better = session->said == TRAFFIC_UNKNOWN || by < session->said_by ||
                      (by == session->said_by && said->at > at);
        if (better) {
            session->said = (enum traffic_verdict)said->verdict;
            session->said_by = by;
            at = by == TRAFFIC_BY_HAND_SESSION ? said->at : at;
        }
    }
}

static void judge(struct derive *d, const struct derive_visitor *v, struct span *span)
{
    struct derive_traffic *traffic = &span->traffic;
    const struct derive_network *network = find_network(d, traffic->network);
    struct traffic_session session = {
        .mail = (traffic->marks & DERIVE_MAIL) != 0,
        .acts = (traffic->marks & DERIVE_ACTS) != 0,
        .judged = (traffic->marks & DERIVE_PART) == 0,
        .named = traffic->company.n > 0,
        .lasted_us = span->ended_at - span->started_at,
    };
    if (network != NULL) {
        session.kind = network->kind;
    }
    take_word(d, v, span, &session);
    traffic->verdict = traffic_judge(&session, &traffic->reason);
}

struct derive_traffic derive_traffic_of(struct derive *d, const struct derive_visitor *v,
                                        size_t i, const struct derive_session *session)
{
    struct span span = {.started_at = i < v->n_events ? v->events[i].at : INT64_MAX,
                        .ended_at = INT64_MIN};
    if (session != NULL) {
        span = (struct span){.traffic = session->traffic,
                             .started_at = session->started_at,
                             .ended_at = session->ended_at};
    }
    for (; i < v->n_events; i++) {
        const struct derive_event *e = &v->events[i];
        if (span.ended_at != INT64_MIN &&
            (e->new_visit || e->at - span.ended_at >= DERIVE_SESSION_GAP)) {
            break;
        }
        if (e->type != EVENT_SYSTEM) {
            note_event(&span, e);
        } else if (e->company.n > 0 && e->at >= span.started_at && e->at <= span.ended_at) {
            span.traffic.company = e->company;
        }
    }
    judge(d, v, &span);
    return span.traffic;
}

bool derive_traffic_may_turn(const struct derive *d, const struct derive_event *e)
{
    const struct derive_network *network = find_network(d, e->network);
    return d->said_turns || (network != NULL && (network->kind.verdict == TRAFFIC_HOSTING ||
                                                 network->kind.mail_security));
}

void derive_traffic_turned(struct derive *d)
{
    for (size_t i = 0; i < d->n_visitors; i++) {
        struct derive_visitor *v = &d->visitors[i];
        if (v->open == NULL || v->forced || v->n_events == 0) {
            continue;
        }
        struct derive_traffic traffic = derive_traffic_of(d, v, 0, v->open);
        v->forced = traffic_counts(traffic.verdict) == v->open->nobodys;
    }
}
