#include "shared/channel.h"
#include "shared/events.h"
#include "worker/derive_parts.h"

/* One visitor on its way through the events. What comes before it is known whose it is waits:
 * the sessions since `waiting`, and the values in `facts`. */
struct walk {
    struct derive *d;
    struct derive_visitor *v;
    struct derive_lead *lead; /* NULL: not known yet */
    struct derive_session *session, *waiting;
    struct derive_fact *facts;
    struct derive_traffic traffic; /* of what goes on without a pause */
    bool in_person;         /* somebody identified here in person, sometime: links do not */
    struct str first_email; /* who did, while nobody has yet */
    int16_t identified;
    struct str user;
};

/* A batch may give a lead the same values many times; only the merge (derive_lead.c) compares.
 */
static void give_facts(struct derive_lead *lead, struct derive_fact *facts)
{
    while (facts != NULL) {
        struct derive_fact *next = facts->next;
        facts->next = lead->facts;
        lead->facts = facts;
        facts = next;
    }
}

static void take_facts(struct walk *w, const struct derive_event *e)
{
    struct derive_fact **list = w->lead ? &w->lead->facts : &w->facts;
    for (const struct derive_fact *fact = e->facts; fact != NULL; fact = fact->next) {
        struct derive_fact *copy = ARENA_NEW(w->d->arena, struct derive_fact);
        *copy = *fact;
        copy->next = *list;
        *list = copy;
    }
}

static void settle(struct walk *w, struct derive_lead *lead)
{
    for (struct derive_session *s = w->waiting; s != NULL; s = s->next) {
        s->lead = s->lead != NULL || s->nobodys ? s->lead : lead;
    }
    give_facts(lead, w->facts);
    w->facts = NULL;
    w->waiting = NULL;
    w->lead = lead;
}

static void name_lead(struct derive_lead *lead, const struct derive_email *email)
{
    if (email->is_user) {
        lead->user = email->address;
    } else {
        lead->email = email->address;
        lead->email_domain = email->domain;
    }
}

static struct derive_lead *lead_of_email(struct walk *w, struct derive_email *email)
{
    if (email->lead == NULL) {
        email->lead = derive_lead_new(w->d, email->dataset);
        name_lead(email->lead, email);
    }
    return derive_lead_final(email->lead);
}

/* Who was merged by hand is as known as a contact: whoever is not that one is somebody else. */
static bool is_somebody_else(const struct derive_lead *lead, const struct derive_email *email)
{
    return lead->shown != NULL &&
           (email->lead == NULL ||
            derive_lead_shown(derive_lead_final(email->lead)) != lead->shown);
}

/* A user id of nobody knows whom, said on the browser of somebody known by address: his, if it
 * is the first. */
static bool is_own_user_id(const struct walk *w, const struct derive_email *email)
{
    return email->is_user && w->lead != NULL && !str_is_null(w->lead->email) &&
           (w->user.n == 0 || str_eq(w->user, email->address));
}

/* The rules of derive.h. True when somebody else sits there now. */
static bool identify(struct walk *w, const struct derive_event *e)
{
    bool is_user = e->email.n == 0;
    struct derive_email *email =
        derive_email_find(w->d, e->dataset, is_user, is_user ? e->user : e->email);
    if (w->lead == NULL) {
        settle(w, lead_of_email(w, email));
        return false;
    }
    if (derive_lead_is_anonymous(w->lead) && !is_somebody_else(w->lead, email)) {
        if (email->lead == NULL) {
            email->lead = w->lead;
            name_lead(w->lead, email);
        } else {
            struct derive_lead *into = lead_of_email(w, email);
            derive_lead_merge(w->lead, into);
            w->lead = into;
        }
        return false;
    }
    if (is_own_user_id(w, email)) {
        return false;
    }
    struct derive_lead *lead = lead_of_email(w, email);
    if (lead == w->lead) {
        return false;
    }
    lead->recount = true;
    w->lead = lead;
    w->user = (struct str){.p = NULL};
    return true;
}

static bool is_landing(const struct derive_event *e)
{
    return e->type == EVENT_PAGEVIEW || e->type == EVENT_EMAIL_CLICK;
}

static void set_origin(struct walk *w, const struct derive_event *e)
{
    struct derive_origin *origin = &w->session->origin;
    struct channel_input input = {.type = e->type,
                                  .url = e->url,
                                  .referrer = e->referrer,
                                  .utm_source = e->source,
                                  .utm_medium = e->medium,
                                  .click = e->click};
    *origin = (struct derive_origin){
        .medium = e->medium,
        .campaign = e->campaign,
        .term = e->term,
        .content = e->content,
        .referrer = e->referrer,
        .landing = is_landing(e) ? e->url : (struct str){0},
    };
    origin->channel = (int16_t)channel_of(w->d->arena, &input, &origin->source);
}

static void add_session(struct derive *d, struct derive_session *session)
{
    if (d->sessions_end == NULL) {
        d->sessions_end = &d->sessions;
    }
    *d->sessions_end = session;
    d->sessions_end = &session->next;
}

static void begin_session(struct walk *w, const struct derive_event *e, bool part)
{
    struct derive_session *session = ARENA_NEW(w->d->arena, struct derive_session);
    int64_t at = e->at;
    if (w->session != NULL && at <= w->session->started_at) {
        at = w->session->started_at + 1; /* two people in one moment: the start is the key */
    }
    *session = (struct derive_session){
        .visitor = w->v, .started_at = at, .ended_at = at, .traffic = w->traffic};
    session->nobodys = !traffic_counts(w->traffic.verdict);
    session->lead = session->nobodys ? NULL : w->lead;
    session->traffic.marks |= part ? DERIVE_PART : 0;
    add_session(w->d, session);
    w->session = session;
    if (w->lead == NULL && w->waiting == NULL && !session->nobodys) {
        w->waiting = session;
    }
    set_origin(w, e);
}

static void count_event(struct walk *w, struct derive_event *e)
{
    struct derive_session *session = w->session;
    e->session = session;
    session->events++;
    session->pageviews += e->type == EVENT_PAGEVIEW ? 1 : 0;
    session->forms += e->type == EVENT_FORM ? 1 : 0;
    derive_hits_count(w->d, session, e);
    /* A late event that is not derived anew is earlier than the end. */
    session->ended_at = e->at > session->ended_at ? e->at : session->ended_at;
    if (is_landing(e) && session->origin.landing.n == 0 && session->events > 1) {
        set_origin(w, e);
    }
    if (e->type == EVENT_PAGEVIEW && e->url.n > 0) {
        session->exit = e->url;
    }
}

/* By whom: a person in front of it, or a link that was sent to somebody. */
static bool identifies(struct walk *w, const struct derive_event *e)
{
    if (e->email.n == 0 && e->user.n == 0) {
        return false;
    }
    if (e->link && w->in_person) {
        return false;
    }
    w->identified = e->link ? DERIVE_BY_LINK : DERIVE_IN_PERSON;
    return true;
}

/* What a link tells counts for whom it was sent to, if that is who it is, or turns out to be.
 */
static bool tells(const struct walk *w, const struct derive_event *e)
{
    bool known = w->lead != NULL && !derive_lead_is_anonymous(w->lead);
    return !derive_tells_of_another(e, known ? w->lead->email : w->first_email);
}

static void step(struct walk *w, size_t i)
{
    struct derive_event *e = &w->v->events[i];
    bool pause = w->session == NULL || e->new_visit ||
                 e->at - w->session->ended_at >= DERIVE_SESSION_GAP;
    if (pause) {
        w->traffic = derive_traffic_of(w->d, w->v, i, NULL);
    }
    bool counts = traffic_counts(w->traffic.verdict);
    bool other = counts && identifies(w, e) && identify(w, e);
    if (other || pause) {
        begin_session(w, e, !pause);
    }
    count_event(w, e);
    if (counts && e->user.n > 0) {
        w->user = e->user;
    }
    if (counts && tells(w, e)) {
        take_facts(w, e);
    }
    if (e->agent != 0) {
        w->v->agent = e->agent;
    }
}

/* Whose the visitor is before its first event; NULL: not known. */
static struct derive_lead *starting_lead(struct derive *d, const struct derive_visitor *v)
{
    if (!v->known) {
        return NULL;
    }
    struct derive_lead *now = derive_lead_find(d, v->dataset, v->lead_id);
    if (!v->again) {
        return now;
    }
    if (v->before_lead != 0) {
        return derive_lead_find(d, v->dataset, v->before_lead);
    }
    return now != NULL && derive_lead_is_anonymous(now) ? now : NULL;
}

/* No event says whose it is: who it was, if that is all that is known or the log has been cut;
 * else somebody new. */
static struct derive_lead *lead_of_nobody(struct derive *d, const struct derive_visitor *v)
{
    struct derive_lead *lead = NULL;
    if (v->again && v->fallback_lead != 0) {
        lead = derive_lead_find(d, v->dataset, v->fallback_lead);
    }
    if (lead == NULL || (!v->cut && !derive_lead_is_anonymous(lead))) {
        return derive_lead_new(d, v->dataset);
    }
    return derive_lead_final(lead);
}

/* Looks ahead, but only where links are. */
static void look_ahead(struct walk *w)
{
    const struct derive_visitor *v = w->v;
    bool links = false, counts = true;
    int64_t end = v->open != NULL ? v->open->ended_at : INT64_MIN;
    w->in_person = v->identified == DERIVE_IN_PERSON && !derive_is_from_begin(v);
    for (size_t i = 0; i < v->n_events && !links; i++) {
        links = v->events[i].link && v->events[i].email.n > 0;
    }
    if (links && v->open != NULL) {
        counts = traffic_counts(derive_traffic_of(w->d, v, 0, v->open).verdict);
    }
    for (size_t i = 0; i < v->n_events && links; i++) {
        const struct derive_event *e = &v->events[i];
        if (e->type == EVENT_SYSTEM) {
            continue;
        }
        if (end == INT64_MIN || e->new_visit || e->at - end >= DERIVE_SESSION_GAP) {
            counts = traffic_counts(derive_traffic_of(w->d, v, i, NULL).verdict);
        }
        end = e->at > end ? e->at : end;
        if (counts && !e->link && (e->email.n > 0 || e->user.n > 0)) {
            w->in_person = true;
            w->first_email = e->email;
            return;
        }
    }
}

static void begin_walk(struct walk *w)
{
    struct derive_visitor *v = w->v;
    w->session = v->open;
    w->lead = starting_lead(w->d, v);
    look_ahead(w);
    if (!derive_is_from_begin(v)) {
        w->identified = v->identified;
        w->user = v->user;
    }
    if (w->session != NULL) {
        w->traffic = derive_traffic_of(w->d, v, 0, w->session);
        bool was_nobodys = w->session->nobodys;
        w->session->traffic = w->traffic;
        w->session->nobodys = !traffic_counts(w->traffic.verdict);
        if (w->lead != NULL && was_nobodys != w->session->nobodys) {
            w->lead->recount = w->lead->touched = true; /* too many events to derive it anew */
        }
        w->session->lead = w->session->nobodys ? NULL : w->lead;
        add_session(w->d, w->session);
        w->waiting = w->lead == NULL && !w->session->nobodys ? w->session : NULL;
    }
}

void derive_sessions(struct derive *d, struct derive_visitor *v)
{
    struct walk w = {.d = d, .v = v};
    begin_walk(&w);
    for (size_t i = 0; i < v->n_events; i++) {
        if (v->events[i].type != EVENT_SYSTEM) {
            step(&w, i);
        }
    }
    if (w.lead == NULL && w.waiting != NULL) {
        settle(&w, lead_of_nobody(d, v));
    }
    if (w.lead != NULL) {
        /* A lead that somebody erased, or nobody's session before: the visitor's open session
         * counts for the new one. */
        w.lead->recount |= v->known && (w.lead->is_new || (v->open == NULL && !v->again));
    }
    v->lead = w.lead;
    v->identified = w.identified;
    v->user = w.user;
    if (w.session != NULL && w.session->ended_at > v->last_at) {
        v->last_at = w.session->ended_at;
    }
    v->nothing = !v->known && w.session == NULL;
    v->first_at = v->events[0].at < v->first_at || !v->known ? v->events[0].at : v->first_at;
}
