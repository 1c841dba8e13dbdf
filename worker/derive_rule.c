#include "worker/derive_parts.h"

/* An event that rules of its dataset may ask about. */
struct asked {
    const struct derive_event *event;
    const struct rule_set *set;
    struct filter_event said;
};

struct candidates {
    struct derive *d;
    struct asked *asked;
    size_t n_asked;
    struct rule_match *matches; /* of one event */
    int64_t *dataset, *automation, *event, *at, *bits;
    int32_t *version;
    struct str *visitor;
    size_t n, room;
};

/* ---- which events ---- */

static enum err refresh(struct candidates *c)
{
    const struct derive *d = c->d;
    size_t n = 0;
    int64_t *datasets = ARENA_ARRAY(d->arena, d->n_events, int64_t);
    for (size_t i = 0; i < d->n_events; i++) {
        if (n == 0 || datasets[n - 1] != d->events[i].dataset) {
            datasets[n++] = d->events[i].dataset;
        }
    }
    return revised_refresh(d->rules, d->db, datasets, n);
}

/* They are sorted by dataset. */
static void choose(struct candidates *c)
{
    const struct derive *d = c->d;
    const struct rule_set *set = NULL;
    c->asked = ARENA_ARRAY(d->arena, d->n_events, struct asked);
    for (size_t i = 0; i < d->n_events; i++) {
        const struct derive_event *event = &d->events[i];
        if (i == 0 || event->dataset != event[-1].dataset) {
            set = rules_of(d->rules, event->dataset);
        }
        if (set != NULL) {
            c->asked[c->n_asked++] = (struct asked){
                .event = event,
                .set = set,
                .said = {.type = event->type, .name = event->name, .url = event->url}};
        }
    }
}

/* ---- what else they say ---- */

static enum err load_parts(struct candidates *c)
{
    const struct derive *d = c->d;
    size_t n = 0;
    int64_t *dataset = ARENA_ARRAY(d->arena, c->n_asked, int64_t);
    int64_t *at = ARENA_ARRAY(d->arena, c->n_asked, int64_t);
    int64_t *id = ARENA_ARRAY(d->arena, c->n_asked, int64_t);
    struct asked **asked = ARENA_ARRAY(d->arena, c->n_asked, struct asked *);
    for (size_t i = 0; i < c->n_asked; i++) {
        const struct derive_event *event = c->asked[i].event;
        if (rule_set_needs_more(c->asked[i].set, event->type)) {
            asked[n] = &c->asked[i];
            dataset[n] = event->dataset;
            at[n] = event->at;
            id[n++] = event->id;
        }
    }
    if (n == 0) {
        return ERR_NONE;
    }
    struct sql_automation_event_parts_rows rows;
    const struct sql_automation_event_parts_in in = {
        .dataset = {dataset, n}, .at = {at, n}, .id = {id, n}};
    TRY(sql_automation_event_parts(d->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct filter_event *said = &asked[rows.row[i].nr - 1]->said;
        said->title = rows.row[i].title;
        said->keys = rows.row[i].keys.v;
        said->values = rows.row[i].vals.v;
        said->n_properties = rows.row[i].keys.n;
    }
    return ERR_NONE;
}

/* ---- what they may fire ---- */

static void *grown(struct arena *arena, const void *old, size_t n, size_t room, size_t size)
{
    void *v = arena_array(arena, room, size);
    if (n > 0) {
        memcpy(v, old, n * size);
    }
    return v;
}

static void make_room(struct candidates *c)
{
    struct arena *arena = c->d->arena;
    if (c->n < c->room) {
        return;
    }
    c->room = c->room == 0 ? 1024 : c->room * 2;
    c->dataset = grown(arena, c->dataset, c->n, c->room, sizeof(*c->dataset));
    c->automation = grown(arena, c->automation, c->n, c->room, sizeof(*c->automation));
    c->event = grown(arena, c->event, c->n, c->room, sizeof(*c->event));
    c->at = grown(arena, c->at, c->n, c->room, sizeof(*c->at));
    c->bits = grown(arena, c->bits, c->n, c->room, sizeof(*c->bits));
    c->version = grown(arena, c->version, c->n, c->room, sizeof(*c->version));
    c->visitor = grown(arena, c->visitor, c->n, c->room, sizeof(*c->visitor));
}

static void add(struct candidates *c, const struct derive_event *event,
                const struct rule_match *match)
{
    make_room(c);
    c->dataset[c->n] = event->dataset;
    c->automation[c->n] = match->rule->automation;
    c->version[c->n] = match->rule->version;
    c->visitor[c->n] = event->visitor;
    c->event[c->n] = event->id;
    c->at[c->n] = event->at;
    c->bits[c->n++] = (int64_t)match->bits;
}

/* There is no company for a rule of companies to ask about, and nobody who stands for
 * themselves: visitors that nothing is known of are most of a site's. */
static bool is_of_nobody(const struct derive_event *event)
{
    const struct derive_session *session = event->session;
    if (session == NULL) {
        return false; /* it may be somebody's: asked later */
    }
    if (session->lead == NULL) {
        return session->nobodys;
    }
    const struct derive_lead *lead = derive_lead_final(session->lead);
    return lead->shown == NULL && lead->account == NULL && lead->account_id == 0 &&
           str_is_null(lead->email);
}

static void match_all(struct candidates *c)
{
    c->matches = ARENA_ARRAY(c->d->arena, RULES_MATCHES_MAX, struct rule_match);
    for (size_t i = 0; i < c->n_asked; i++) {
        const struct asked *asked = &c->asked[i];
        size_t n = rule_set_match(asked->set, &asked->said, asked->event->at, c->matches);
        bool of_nobody = is_of_nobody(asked->event);
        for (size_t k = 0; k < n; k++) {
            if (!of_nobody || c->matches[k].rule->filter->subject == FILTER_LEADS) {
                add(c, asked->event, &c->matches[k]);
            }
        }
    }
}

static enum err store(struct candidates *c)
{
    const struct sql_automation_pending_events_in in = {.dataset = {c->dataset, c->n},
                                                        .automation = {c->automation, c->n},
                                                        .version = {c->version, c->n},
                                                        .visitor = {c->visitor, c->n},
                                                        .event = {c->event, c->n},
                                                        .event_at = {c->at, c->n},
                                                        .bits = {c->bits, c->n}};
    return c->n == 0 ? ERR_NONE : sql_automation_pending_events(c->d->db, &in, NULL);
}

enum err derive_rules(struct derive *d)
{
    struct candidates c = {.d = d};
    if (d->rebuilding) {
        return ERR_NONE; /* they fired when they happened */
    }
    TRY(refresh(&c));
    choose(&c);
    if (c.n_asked == 0) {
        return ERR_NONE;
    }
    TRY(load_parts(&c));
    match_all(&c);
    return store(&c);
}
