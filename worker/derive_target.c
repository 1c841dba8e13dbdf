#include "shared/events.h"
#include "worker/derive_parts.h"

/* ---- events ---- */

/* An email click is the view that a mail led to. */
static bool is_view(const struct derive_event *event)
{
    return (event->type == EVENT_PAGEVIEW || event->type == EVENT_EMAIL_CLICK) &&
           event->url.n > 0;
}

static void add_hit(struct derive *d, struct derive_session *session, int64_t pattern,
                    int64_t at)
{
    struct derive_hit *hit = session->hits;
    while (hit != NULL && hit->pattern != pattern) {
        hit = hit->next;
    }
    if (hit == NULL) {
        hit = ARENA_NEW(d->arena, struct derive_hit);
        *hit = (struct derive_hit){
            .pattern = pattern, .first_at = at, .last_at = at, .next = session->hits};
        session->hits = hit;
    }
    hit->n++;
    hit->first_at = at < hit->first_at ? at : hit->first_at;
    hit->last_at = at > hit->last_at ? at : hit->last_at;
}

void derive_hits_count(struct derive *d, struct derive_session *session,
                       const struct derive_event *event)
{
    const uint8_t *places;
    if (d->n_scoring == 0 || !is_view(event)) {
        return;
    }
    const struct derive_scoring *scoring = derive_scoring_of(d, event->dataset);
    if (scoring->matcher == NULL) {
        return;
    }
    size_t n = page_matcher_find(scoring->matcher, event->url, &places);
    for (size_t i = 0; i < n; i++) {
        add_hit(d, session, scoring->patterns.v[places[i]].id, event->at);
    }
}

/* ---- sessions ---- */

static bool counts_pages(const struct derive *d, int64_t dataset)
{
    return derive_scoring_of(d, dataset)->patterns.n > 0;
}

/* Sessions that were derived anew have all of their events in the batch. */
static enum err drop_again(struct derive *d)
{
    size_t n = 0;
    int64_t *datasets = ARENA_ARRAY(d->arena, d->n_visitors, int64_t);
    struct str *visitors = ARENA_ARRAY(d->arena, d->n_visitors, struct str);
    int64_t *from = ARENA_ARRAY(d->arena, d->n_visitors, int64_t);
    for (size_t i = 0; i < d->n_visitors; i++) {
        const struct derive_visitor *v = &d->visitors[i];
        if (v->again && counts_pages(d, v->dataset)) {
            datasets[n] = v->dataset;
            visitors[n] = v->visitor;
            from[n++] = v->again_at;
        }
    }
    if (n == 0) {
        return ERR_NONE;
    }
    return sql_hits_drop(d->db,
                         &(struct sql_hits_drop_in){.dataset = {datasets, n},
                                                    .visitor = {visitors, n},
                                                    .from = {from, n}},
                         NULL);
}

/* Hits of the batch as columns; leads: those whose count only goes on. */
struct columns {
    int64_t *dataset, *started_at, *pattern, *first_at, *last_at, *lead;
    int32_t *n_views;
    struct str *visitor;
    size_t n;
};

static struct columns columns_new(struct derive *d, size_t n)
{
    return (struct columns){.dataset = ARENA_ARRAY(d->arena, n, int64_t),
                            .started_at = ARENA_ARRAY(d->arena, n, int64_t),
                            .pattern = ARENA_ARRAY(d->arena, n, int64_t),
                            .first_at = ARENA_ARRAY(d->arena, n, int64_t),
                            .last_at = ARENA_ARRAY(d->arena, n, int64_t),
                            .lead = ARENA_ARRAY(d->arena, n, int64_t),
                            .n_views = ARENA_ARRAY(d->arena, n, int32_t),
                            .visitor = ARENA_ARRAY(d->arena, n, struct str)};
}

static void columns_add(struct columns *c, const struct derive_session *session,
                        const struct derive_hit *hit)
{
    size_t i = c->n++;
    c->dataset[i] = session->visitor->dataset;
    c->visitor[i] = session->visitor->visitor;
    c->started_at[i] = session->started_at;
    c->lead[i] = session->lead != NULL ? session->lead->id : 0;
    c->pattern[i] = hit->pattern;
    c->first_at[i] = hit->first_at;
    c->last_at[i] = hit->last_at;
    c->n_views[i] = hit->n;
}

/* Of all sessions, those that do not count too, in case they do one day; or only of leads that
 * are not counted anew. */
static struct columns columns_of(struct derive *d, size_t n, bool only_on)
{
    struct columns columns = columns_new(d, n);
    for (const struct derive_session *s = d->sessions; s != NULL; s = s->next) {
        bool on = s->lead != NULL && !s->lead->recount && s->lead->shown == NULL;
        for (const struct derive_hit *hit = s->hits; hit != NULL && (on || !only_on);
             hit = hit->next) {
            columns_add(&columns, s, hit);
        }
    }
    return columns;
}

static enum err add_to_sessions(struct derive *d, size_t n)
{
    struct columns c = columns_of(d, n, false);
    return sql_hits_add(d->db,
                        &(struct sql_hits_add_in){.dataset = {c.dataset, c.n},
                                                  .visitor = {c.visitor, c.n},
                                                  .started_at = {c.started_at, c.n},
                                                  .pattern = {c.pattern, c.n},
                                                  .n = {c.n_views, c.n},
                                                  .first_at = {c.first_at, c.n},
                                                  .last_at = {c.last_at, c.n}},
                        NULL);
}

static enum err add_to_leads(struct derive *d, size_t n)
{
    struct columns c = columns_of(d, n, true);
    if (c.n == 0) {
        return ERR_NONE;
    }
    return sql_lead_hits_add(d->db,
                             &(struct sql_lead_hits_add_in){.dataset = {c.dataset, c.n},
                                                            .lead = {c.lead, c.n},
                                                            .pattern = {c.pattern, c.n},
                                                            .n = {c.n_views, c.n},
                                                            .first_at = {c.first_at, c.n},
                                                            .last_at = {c.last_at, c.n}},
                             NULL);
}

/* ---- leads ---- */

/* Sessions came or went; those that merged have none any more. */
static enum err recount_leads(struct derive *d)
{
    size_t n = 0;
    for (const struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        n++;
    }
    int64_t *datasets = ARENA_ARRAY(d->arena, n, int64_t);
    int64_t *ids = ARENA_ARRAY(d->arena, n, int64_t);
    n = 0;
    for (const struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        bool moved = lead->recount || lead->into != NULL;
        if (moved && counts_pages(d, lead->dataset)) {
            datasets[n] = lead->dataset;
            ids[n++] = lead->id;
        }
    }
    if (n == 0) {
        return ERR_NONE;
    }
    return sql_lead_hits_recount(
        d->db, &(struct sql_lead_hits_recount_in){.dataset = {datasets, n}, .lead = {ids, n}},
        NULL);
}

enum err derive_hits_store(struct derive *d)
{
    size_t n = 0;
    bool any = false;
    for (size_t i = 0; i < d->n_scoring; i++) {
        any = any || d->scoring[i].patterns.n > 0;
    }
    if (!any) {
        return ERR_NONE;
    }
    for (const struct derive_session *s = d->sessions; s != NULL; s = s->next) {
        for (const struct derive_hit *hit = s->hits; hit != NULL; hit = hit->next) {
            n++;
        }
    }
    TRY(drop_again(d));
    if (n > 0) {
        TRY(add_to_sessions(d, n));
        TRY(add_to_leads(d, n));
    }
    return recount_leads(d);
}
