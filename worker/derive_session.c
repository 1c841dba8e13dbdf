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
        s->lead = s->lead ? s->lead : lead;
    }
    give_facts(lead, w->facts);
    w->facts = NULL;
    w->waiting = NULL;
    w->lead = lead;
}

static struct derive_lead *lead_of_email(struct walk *w, struct derive_email *email)
{
    if (email->lead == NULL) {
        email->lead = derive_lead_new(w->d, email->dataset);
        email->lead->email = email->address;
        email->lead->email_domain = email->domain;
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

/* Rules 2 to 5 of derive.h. True when somebody else sits there now. */
static bool identify(struct walk *w, const struct derive_event *e)
{
    struct derive_email *email = derive_email_find(w->d, e->dataset, e->email);
    if (w->lead == NULL) {
        settle(w, lead_of_email(w, email));
        return false;
    }
    if (str_is_null(w->lead->email) && !is_somebody_else(w->lead, email)) {
        if (email->lead == NULL) {
            email->lead = w->lead;
            w->lead->email = email->address;
            w->lead->email_domain = email->domain;
        } else {
            struct derive_lead *into = lead_of_email(w, email);
            derive_lead_merge(w->lead, into);
            w->lead = into;
        }
        return false;
    }
    struct derive_lead *lead = lead_of_email(w, email);
    if (lead == w->lead) {
        return false;
    }
    lead->recount = true;
    w->lead = lead;
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

static void begin_session(struct walk *w, const struct derive_event *e)
{
    struct derive_session *session = ARENA_NEW(w->d->arena, struct derive_session);
    int64_t at = e->at;
    if (w->session != NULL && at <= w->session->started_at) {
        at = w->session->started_at + 1; /* two people in one moment: the start is the key */
    }
    *session = (struct derive_session){
        .visitor = w->v, .lead = w->lead, .started_at = at, .ended_at = at};
    add_session(w->d, session);
    w->session = session;
    if (w->lead == NULL && w->waiting == NULL) {
        w->waiting = session;
    }
    set_origin(w, e);
}

static void count_event(struct walk *w, const struct derive_event *e)
{
    struct derive_session *session = w->session;
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

static void step(struct walk *w, const struct derive_event *e)
{
    bool other = e->email.n > 0 && identify(w, e);
    if (other || e->new_visit || w->session == NULL ||
        e->at - w->session->ended_at >= DERIVE_SESSION_GAP) {
        begin_session(w, e);
    }
    count_event(w, e);
    take_facts(w, e);
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
    return now != NULL && str_is_null(now->email) ? now : NULL;
}

/* No event says whose it is: who it was, if the log has been cut; else somebody new. */
static struct derive_lead *lead_of_nobody(struct derive *d, const struct derive_visitor *v)
{
    struct derive_lead *lead = NULL;
    if (v->again && v->fallback_lead != 0) {
        lead = derive_lead_find(d, v->dataset, v->fallback_lead);
    }
    return lead ? derive_lead_final(lead) : derive_lead_new(d, v->dataset);
}

void derive_sessions(struct derive *d, struct derive_visitor *v)
{
    struct walk w = {.d = d, .v = v, .session = v->open, .lead = starting_lead(d, v)};
    if (w.session != NULL) {
        w.session->lead = w.lead;
        add_session(d, w.session);
        w.waiting = w.lead == NULL ? w.session : NULL;
    }
    for (size_t i = 0; i < v->n_events; i++) {
        step(&w, &v->events[i]);
    }
    if (w.lead == NULL) {
        settle(&w, lead_of_nobody(d, v));
    }
    /* A lead that somebody erased: the visitor's open session counts for the new one. */
    w.lead->recount |= v->open != NULL && w.lead->is_new;
    v->lead = w.lead;
    v->last_at = w.session->ended_at > v->last_at ? w.session->ended_at : v->last_at;
    v->first_at = v->events[0].at < v->first_at || !v->known ? v->events[0].at : v->first_at;
}
