#include "worker/derive_parts.h"

/* One array a column; the statements take them as they are. */
#define COLUMN(d, n, type) ARENA_ARRAY((d)->arena, (n), type)

/* ---- sessions and visitors ---- */

static size_t count_merged(const struct derive *d)
{
    size_t n = 0;
    for (const struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        n += lead->into != NULL ? 1 : 0;
    }
    return n;
}

struct merged {
    int64_t *datasets, *from, *to;
    size_t n;
};

static struct merged merged_of(struct derive *d)
{
    size_t n = count_merged(d);
    struct merged merged = {.datasets = COLUMN(d, n, int64_t),
                            .from = COLUMN(d, n, int64_t),
                            .to = COLUMN(d, n, int64_t)};
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        if (lead->into != NULL) {
            merged.datasets[merged.n] = lead->dataset;
            merged.from[merged.n] = lead->id;
            merged.to[merged.n++] = derive_lead_final(lead)->id;
        }
    }
    return merged;
}

static enum err move_merged(struct derive *d)
{
    struct merged m = merged_of(d);
    if (m.n == 0) {
        return ERR_NONE;
    }
    struct sql_derive_sessions_move_in sessions = {
        .dataset = {m.datasets, m.n}, .from_lead = {m.from, m.n}, .to_lead = {m.to, m.n}};
    TRY(derive_people_move(d));
    TRY(sql_derive_sessions_move(d->db, &sessions, NULL));
    struct sql_derive_visitors_move_in visitors = {
        .dataset = {m.datasets, m.n}, .from_lead = {m.from, m.n}, .to_lead = {m.to, m.n}};
    return sql_derive_visitors_move(d->db, &visitors, NULL);
}

static enum err drop_again(struct derive *d)
{
    size_t n = 0;
    int64_t *datasets = COLUMN(d, d->n_visitors, int64_t);
    struct str *visitors = COLUMN(d, d->n_visitors, struct str);
    int64_t *from = COLUMN(d, d->n_visitors, int64_t);
    for (size_t i = 0; i < d->n_visitors; i++) {
        if (d->visitors[i].again) {
            datasets[n] = d->visitors[i].dataset;
            visitors[n] = d->visitors[i].visitor;
            from[n++] = d->visitors[i].again_at;
        }
    }
    if (n == 0) {
        return ERR_NONE;
    }
    struct sql_derive_sessions_drop_in in = {
        .dataset = {datasets, n}, .visitor = {visitors, n}, .from = {from, n}};
    return sql_derive_sessions_drop(d->db, &in, NULL);
}

struct session_columns {
    int64_t *dataset, *started_at, *ended_at, *lead;
    int32_t *events, *pageviews, *forms;
    int16_t *channel;
    struct str *visitor, *landing, *exit, *source, *medium, *campaign, *term, *content,
        *referrer;
    int64_t *network, *place;
    struct str *country, *region, *city, *company;
    int16_t *marks, *verdict, *reason;
};

static void session_fill(struct session_columns *c, size_t i, const struct derive_session *s)
{
    c->dataset[i] = s->visitor->dataset;
    c->visitor[i] = s->visitor->visitor;
    c->started_at[i] = s->started_at;
    c->ended_at[i] = s->ended_at;
    c->lead[i] = s->nobodys ? 0 : s->lead->id;
    c->events[i] = s->events;
    c->pageviews[i] = s->pageviews;
    c->forms[i] = s->forms;
    c->landing[i] = s->origin.landing;
    c->exit[i] = s->exit;
    c->channel[i] = s->origin.channel;
    c->source[i] = s->origin.source;
    c->medium[i] = s->origin.medium;
    c->campaign[i] = s->origin.campaign;
    c->term[i] = s->origin.term;
    c->content[i] = s->origin.content;
    c->referrer[i] = s->origin.referrer;
    c->network[i] = s->traffic.network;
    c->place[i] = s->traffic.place;
    c->country[i] = s->traffic.country;
    c->region[i] = s->traffic.region;
    c->city[i] = s->traffic.city;
    c->company[i] = s->traffic.company;
    c->marks[i] = s->traffic.marks;
    c->verdict[i] = (int16_t)s->traffic.verdict;
    c->reason[i] = (int16_t)s->traffic.reason;
}

static struct session_columns session_columns(struct derive *d, size_t n)
{
    return (struct session_columns){
        .dataset = COLUMN(d, n, int64_t),
        .visitor = COLUMN(d, n, struct str),
        .started_at = COLUMN(d, n, int64_t),
        .ended_at = COLUMN(d, n, int64_t),
        .lead = COLUMN(d, n, int64_t),
        .events = COLUMN(d, n, int32_t),
        .pageviews = COLUMN(d, n, int32_t),
        .forms = COLUMN(d, n, int32_t),
        .landing = COLUMN(d, n, struct str),
        .exit = COLUMN(d, n, struct str),
        .channel = COLUMN(d, n, int16_t),
        .source = COLUMN(d, n, struct str),
        .medium = COLUMN(d, n, struct str),
        .campaign = COLUMN(d, n, struct str),
        .term = COLUMN(d, n, struct str),
        .content = COLUMN(d, n, struct str),
        .referrer = COLUMN(d, n, struct str),
        .network = COLUMN(d, n, int64_t),
        .place = COLUMN(d, n, int64_t),
        .country = COLUMN(d, n, struct str),
        .region = COLUMN(d, n, struct str),
        .city = COLUMN(d, n, struct str),
        .company = COLUMN(d, n, struct str),
        .marks = COLUMN(d, n, int16_t),
        .verdict = COLUMN(d, n, int16_t),
        .reason = COLUMN(d, n, int16_t),
    };
}

/* An open session that no event joined is as it was, but for whose it is. */
static bool is_changed(const struct derive_session *s)
{
    return !s->stored || s->events != s->stored_events ||
           !str_eq(s->traffic.company, s->stored_company);
}

static enum err sessions_send(struct derive *d)
{
    size_t n = 0;
    for (struct derive_session *s = d->sessions; s != NULL; s = s->next) {
        n++;
    }
    struct session_columns c = session_columns(d, n);
    n = 0;
    for (struct derive_session *s = d->sessions; s != NULL; s = s->next) {
        if (is_changed(s)) {
            session_fill(&c, n++, s);
        }
    }
    struct sql_derive_sessions_save_in in = {
        .dataset = {c.dataset, n},
        .visitor = {c.visitor, n},
        .started_at = {c.started_at, n},
        .ended_at = {c.ended_at, n},
        .lead = {c.lead, n},
        .events = {c.events, n},
        .pageviews = {c.pageviews, n},
        .forms = {c.forms, n},
        .landing = {c.landing, n},
        .exit = {c.exit, n},
        .channel = {c.channel, n},
        .source = {c.source, n},
        .medium = {c.medium, n},
        .campaign = {c.campaign, n},
        .term = {c.term, n},
        .content = {c.content, n},
        .referrer = {c.referrer, n},
        .network = {c.network, n},
        .place = {c.place, n},
        .country = {c.country, n},
        .region = {c.region, n},
        .city = {c.city, n},
        .company = {c.company, n},
        .marks = {c.marks, n},
        .verdict = {c.verdict, n},
        .reason = {c.reason, n},
    };
    return sql_derive_sessions_save_send(d->db, &in);
}

static enum err visitors_send(struct derive *d)
{
    size_t n = 0, most = d->n_visitors;
    int64_t *dataset = COLUMN(d, most, int64_t), *lead = COLUMN(d, most, int64_t);
    int64_t *first_at = COLUMN(d, most, int64_t), *last_at = COLUMN(d, most, int64_t);
    int64_t *agent = COLUMN(d, most, int64_t);
    int16_t *identified = COLUMN(d, most, int16_t);
    struct str *visitor = COLUMN(d, most, struct str), *user = COLUMN(d, most, struct str);
    for (size_t i = 0; i < most; i++) {
        const struct derive_visitor *v = &d->visitors[i];
        if (v->n_events == 0 || v->nothing) {
            continue;
        }
        dataset[n] = v->dataset;
        visitor[n] = v->visitor;
        lead[n] = v->lead != NULL ? derive_lead_final(v->lead)->id : 0;
        first_at[n] = v->first_at;
        last_at[n] = v->last_at;
        agent[n] = v->agent;
        identified[n] = v->identified;
        user[n++] = v->user;
    }
    struct sql_derive_visitors_save_in in = {.dataset = {dataset, n},
                                             .visitor = {visitor, n},
                                             .lead = {lead, n},
                                             .first_at = {first_at, n},
                                             .last_at = {last_at, n},
                                             .agent = {agent, n},
                                             .identified = {identified, n},
                                             .user = {user, n}};
    return sql_derive_visitors_save_send(d->db, &in);
}

enum err derive_store_sessions(struct derive *d)
{
    TRY(move_merged(d));
    TRY(drop_again(d));
    TRY(sessions_send(d));
    TRY(visitors_send(d));
    TRY(sql_derive_sessions_save_take(d->db, NULL));
    TRY(sql_derive_visitors_save_take(d->db, NULL));
    return derive_people_show(d);
}

/* ---- accounts ---- */

static enum err accounts_send(struct derive *d)
{
    size_t n = d->n_accounts;
    int64_t *dataset = COLUMN(d, n, int64_t), *id = COLUMN(d, n, int64_t);
    int64_t *name_at = COLUMN(d, n, int64_t), *first_at = COLUMN(d, n, int64_t);
    int64_t *last_at = COLUMN(d, n, int64_t);
    struct str *domain = COLUMN(d, n, struct str), *name = COLUMN(d, n, struct str);
    int32_t *leads = COLUMN(d, n, int32_t), *contacts = COLUMN(d, n, int32_t);
    int32_t *visitors = COLUMN(d, n, int32_t), *sessions = COLUMN(d, n, int32_t);
    int32_t *pageviews = COLUMN(d, n, int32_t), *events = COLUMN(d, n, int32_t);
    int16_t *score = COLUMN(d, n, int16_t);
    for (size_t i = 0; i < n; i++) {
        const struct derive_account *a = &d->accounts[i];
        dataset[i] = a->dataset;
        id[i] = a->id;
        domain[i] = a->domain;
        name[i] = a->name;
        name_at[i] = a->name_at;
        /* No lead of it acted: NULL, which least() and greatest() pass over. */
        first_at[i] = a->first_at == INT64_MAX ? INT64_MIN : a->first_at;
        last_at[i] = a->last_at;
        leads[i] = a->leads;
        contacts[i] = a->contacts;
        visitors[i] = a->counts.visitors;
        sessions[i] = a->counts.sessions;
        pageviews[i] = a->counts.pageviews;
        events[i] = a->counts.events;
        score[i] = a->score;
    }
    struct sql_derive_accounts_save_in in = {.dataset = {dataset, n},
                                             .id = {id, n},
                                             .domain = {domain, n},
                                             .name = {name, n},
                                             .name_at = {name_at, n},
                                             .first_at = {first_at, n},
                                             .last_at = {last_at, n},
                                             .leads = {leads, n},
                                             .contacts = {contacts, n},
                                             .visitors = {visitors, n},
                                             .sessions = {sessions, n},
                                             .pageviews = {pageviews, n},
                                             .events = {events, n},
                                             .score = {score, n}};
    return sql_derive_accounts_save_send(d->db, &in);
}

/* ---- leads ---- */

struct lead_columns {
    int64_t *dataset, *id, *account, *first_at, *last_at, *last_session_at;
    int32_t *visitors, *sessions, *pageviews, *forms, *events;
    int16_t *score, *first_channel, *last_channel;
    struct str *email, *parts;
    struct str *first[7], *last[7];
    struct str *user, *country, *region, *city, *network_domain, *network_name;
    int64_t *network_at;
};

static struct lead_columns lead_columns(struct derive *d, size_t n)
{
    struct lead_columns c = {
        .dataset = COLUMN(d, n, int64_t),
        .id = COLUMN(d, n, int64_t),
        .account = COLUMN(d, n, int64_t),
        .first_at = COLUMN(d, n, int64_t),
        .last_at = COLUMN(d, n, int64_t),
        .last_session_at = COLUMN(d, n, int64_t),
        .visitors = COLUMN(d, n, int32_t),
        .sessions = COLUMN(d, n, int32_t),
        .pageviews = COLUMN(d, n, int32_t),
        .forms = COLUMN(d, n, int32_t),
        .events = COLUMN(d, n, int32_t),
        .score = COLUMN(d, n, int16_t),
        .first_channel = COLUMN(d, n, int16_t),
        .last_channel = COLUMN(d, n, int16_t),
        .email = COLUMN(d, n, struct str),
        .parts = COLUMN(d, n, struct str),
        .user = COLUMN(d, n, struct str),
        .country = COLUMN(d, n, struct str),
        .region = COLUMN(d, n, struct str),
        .city = COLUMN(d, n, struct str),
        .network_at = COLUMN(d, n, int64_t),
        .network_domain = COLUMN(d, n, struct str),
        .network_name = COLUMN(d, n, struct str),
    };
    for (size_t i = 0; i < 7; i++) {
        c.first[i] = COLUMN(d, n, struct str);
        c.last[i] = COLUMN(d, n, struct str);
    }
    return c;
}

/* In the order of the statements' parameters. */
static void origin_fill(struct str *const columns[7], size_t i,
                        const struct derive_origin *origin)
{
    columns[0][i] = origin->source;
    columns[1][i] = origin->medium;
    columns[2][i] = origin->campaign;
    columns[3][i] = origin->term;
    columns[4][i] = origin->content;
    columns[5][i] = origin->referrer;
    columns[6][i] = origin->landing;
}

static void lead_fill(struct derive *d, struct lead_columns *c, size_t i,
                      const struct derive_lead *lead)
{
    c->dataset[i] = lead->dataset;
    c->id[i] = lead->id;
    c->account[i] = lead->account ? lead->account->id : 0;
    c->email[i] = lead->email;
    c->first_at[i] = lead->first_at;
    c->last_at[i] = lead->last_at;
    c->last_session_at[i] = lead->last_session_at;
    c->visitors[i] = lead->now.visitors;
    c->sessions[i] = lead->now.sessions;
    c->pageviews[i] = lead->now.pageviews;
    c->forms[i] = lead->now.forms;
    c->events[i] = lead->now.events;
    c->score[i] = lead->score.total;
    c->parts[i] = derive_score_parts(d, lead);
    c->first_channel[i] = lead->first.channel;
    c->last_channel[i] = lead->last.channel;
    origin_fill(c->first, i, &lead->first);
    origin_fill(c->last, i, &lead->last);
    c->user[i] = str_is_null(lead->email) ? lead->user : (struct str){.p = NULL};
    c->country[i] = lead->where.country;
    c->region[i] = lead->where.region;
    c->city[i] = lead->where.city;
    c->network_at[i] = lead->network_at;
    c->network_domain[i] = lead->network_domain;
    c->network_name[i] = lead->network_name;
}

/* Adding and saving take the same parameters, in types of their own. */
#define LEAD_PARAMETERS(c, n)                                                                  \
    {                                                                                          \
        .dataset = {(c)->dataset, (n)}, .id = {(c)->id, (n)}, .account = {(c)->account, (n)},  \
        .email = {(c)->email, (n)}, .first_at = {(c)->first_at, (n)},                          \
        .last_at = {(c)->last_at, (n)}, .last_session_at = {(c)->last_session_at, (n)},        \
        .visitors = {(c)->visitors, (n)}, .sessions = {(c)->sessions, (n)},                    \
        .pageviews = {(c)->pageviews, (n)}, .forms = {(c)->forms, (n)},                        \
        .events = {(c)->events, (n)}, .score = {(c)->score, (n)}, .parts = {(c)->parts, (n)},  \
        .first_channel = {(c)->first_channel, (n)}, .first_source = {(c)->first[0], (n)},      \
        .first_medium = {(c)->first[1], (n)}, .first_campaign = {(c)->first[2], (n)},          \
        .first_term = {(c)->first[3], (n)}, .first_content = {(c)->first[4], (n)},             \
        .first_referrer = {(c)->first[5], (n)}, .first_landing = {(c)->first[6], (n)},         \
        .last_channel = {(c)->last_channel, (n)}, .last_source = {(c)->last[0], (n)},          \
        .last_medium = {(c)->last[1], (n)}, .last_campaign = {(c)->last[2], (n)},              \
        .last_term = {(c)->last[3], (n)}, .last_content = {(c)->last[4], (n)},                 \
        .last_referrer = {(c)->last[5], (n)}, .last_landing = {(c)->last[6], (n)},             \
        .user = {(c)->user, (n)}, .country = {(c)->country, (n)},                              \
        .region = {(c)->region, (n)}, .city = {(c)->city, (n)},                                \
        .network_at = {(c)->network_at, (n)}, .network_domain = {(c)->network_domain, (n)},    \
        .network_name = {(c)->network_name, (n)},                                              \
    }

static enum err leads_add_send(struct derive *d)
{
    size_t n = 0;
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        n += lead->is_new ? 1 : 0;
    }
    struct lead_columns c = lead_columns(d, n);
    n = 0;
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        if (lead->is_new) {
            lead_fill(d, &c, n++, lead);
        }
    }
    struct sql_derive_leads_add_in in = LEAD_PARAMETERS(&c, n);
    return sql_derive_leads_add_send(d->db, &in);
}

/* In the order of their keys, as everybody locks who changes many. */
static enum err leads_save_send(struct derive *d)
{
    size_t n = 0;
    struct lead_columns c = lead_columns(d, d->n_by_id);
    for (size_t i = 0; i < d->n_by_id; i++) {
        const struct derive_lead *lead = d->by_id[i];
        if (lead->touched && lead->into == NULL && !lead->gone && lead->first_at != INT64_MAX) {
            lead_fill(d, &c, n++, lead);
        }
    }
    struct sql_derive_leads_save_in in = LEAD_PARAMETERS(&c, n);
    return sql_derive_leads_save_send(d->db, &in);
}

/* ---- profiles ---- */

struct profile_columns {
    int64_t *dataset, *id;
    bool *whole; /* what is not among the facts goes */
    struct str *standard[5];
    int64_t *fact_dataset, *fact_lead, *fact_at;
    struct str *fact_key, *fact_value;
    bool *fact_standard;
    size_t n, n_facts;
};

static void profile_fill(struct profile_columns *c, const struct derive_lead *lead)
{
    static const struct str keys[5] = {STR_INIT("firstName"), STR_INIT("lastName"),
                                       STR_INIT("phone"), STR_INIT("company"),
                                       STR_INIT("jobTitle")};
    size_t i = c->n++;
    c->dataset[i] = lead->dataset;
    c->id[i] = lead->id;
    c->whole[i] = lead->retold;
    for (const struct derive_fact *fact = lead->facts; fact != NULL; fact = fact->next) {
        for (size_t k = 0; fact->standard && k < 5; k++) {
            if (str_eq(fact->key, keys[k])) {
                c->standard[k][i] = fact->value;
            }
        }
        if (fact->at != INT64_MIN) {
            size_t f = c->n_facts++;
            c->fact_dataset[f] = lead->dataset;
            c->fact_lead[f] = lead->id;
            c->fact_key[f] = fact->key;
            c->fact_value[f] = fact->value;
            c->fact_at[f] = fact->at;
            c->fact_standard[f] = fact->standard;
        }
    }
}

static struct profile_columns profile_columns(struct derive *d)
{
    size_t n = 0, n_facts = 0;
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        n += lead->facts != NULL || lead->retold ? 1 : 0;
        for (struct derive_fact *fact = lead->facts; fact != NULL; fact = fact->next) {
            n_facts++;
        }
    }
    struct profile_columns c = {
        .dataset = COLUMN(d, n, int64_t),
        .id = COLUMN(d, n, int64_t),
        .whole = COLUMN(d, n, bool),
        .fact_dataset = COLUMN(d, n_facts, int64_t),
        .fact_lead = COLUMN(d, n_facts, int64_t),
        .fact_at = COLUMN(d, n_facts, int64_t),
        .fact_key = COLUMN(d, n_facts, struct str),
        .fact_value = COLUMN(d, n_facts, struct str),
        .fact_standard = COLUMN(d, n_facts, bool),
    };
    for (size_t k = 0; k < 5; k++) {
        c.standard[k] = COLUMN(d, n, struct str);
    }
    return c;
}

static enum err profiles_save(struct derive *d)
{
    struct profile_columns c = profile_columns(d);
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        if ((lead->facts != NULL || lead->retold) && lead->into == NULL && !lead->gone) {
            profile_fill(&c, lead);
        }
    }
    if (c.n == 0) {
        return ERR_NONE;
    }
    struct sql_derive_profiles_save_in in = {
        .dataset = {c.dataset, c.n},
        .id = {c.id, c.n},
        .whole = {c.whole, c.n},
        .first_name = {c.standard[0], c.n},
        .last_name = {c.standard[1], c.n},
        .phone = {c.standard[2], c.n},
        .company = {c.standard[3], c.n},
        .job_title = {c.standard[4], c.n},
        .fact_dataset = {c.fact_dataset, c.n_facts},
        .fact_lead = {c.fact_lead, c.n_facts},
        .fact_key = {c.fact_key, c.n_facts},
        .fact_value = {c.fact_value, c.n_facts},
        .fact_at = {c.fact_at, c.n_facts},
        .fact_standard = {c.fact_standard, c.n_facts},
    };
    return sql_derive_profiles_save(d->db, &in, NULL);
}

/* ---- the rest ---- */

static enum err drop_gone(struct derive *d)
{
    size_t n = 0;
    int64_t *dataset = COLUMN(d, d->n_by_id, int64_t), *id = COLUMN(d, d->n_by_id, int64_t);
    for (size_t i = 0; i < d->n_by_id; i++) {
        if (d->by_id[i]->gone) {
            dataset[n] = d->by_id[i]->dataset;
            id[n++] = d->by_id[i]->id;
        }
    }
    struct sql_derive_leads_drop_in drop = {.dataset = {dataset, n}, .id = {id, n}};
    return n > 0 ? sql_derive_leads_drop(d->db, &drop, NULL) : ERR_NONE;
}

static enum err drop_merged(struct derive *d)
{
    struct merged m = merged_of(d);
    if (m.n == 0) {
        return ERR_NONE;
    }
    struct sql_derive_tags_move_in tags = {
        .dataset = {m.datasets, m.n}, .from_lead = {m.from, m.n}, .to_lead = {m.to, m.n}};
    TRY(sql_derive_tags_move(d->db, &tags, NULL));
    struct sql_derive_notes_move_in notes = {
        .dataset = {m.datasets, m.n}, .from_lead = {m.from, m.n}, .to_lead = {m.to, m.n}};
    TRY(sql_derive_notes_move(d->db, &notes, NULL));
    struct sql_derive_scores_move_in scores = {
        .dataset = {m.datasets, m.n}, .from_lead = {m.from, m.n}, .to_lead = {m.to, m.n}};
    TRY(sql_derive_scores_move(d->db, &scores, NULL));
    TRY(derive_people_links(d));
    struct sql_derive_leads_drop_in drop = {.dataset = {m.datasets, m.n}, .id = {m.from, m.n}};
    return sql_derive_leads_drop(d->db, &drop, NULL);
}

/* Accounts that a lead left, or whose best lead fell. */
static enum err mend_accounts(struct derive *d)
{
    size_t n_fell = 0, n_left = 0;
    int64_t *fell = COLUMN(d, d->n_accounts, int64_t),
            *left = COLUMN(d, d->n_accounts, int64_t);
    int64_t *fell_in = COLUMN(d, d->n_accounts, int64_t);
    int64_t *left_in = COLUMN(d, d->n_accounts, int64_t);
    for (size_t i = 0; i < d->n_accounts; i++) {
        const struct derive_account *a = &d->accounts[i];
        if (a->recount) {
            fell_in[n_fell] = a->dataset;
            fell[n_fell++] = a->id;
        }
        if (a->leads < 0) {
            left_in[n_left] = a->dataset;
            left[n_left++] = a->id;
        }
    }
    if (n_fell > 0) {
        struct sql_derive_accounts_recount_in in = {.dataset = {fell_in, n_fell},
                                                    .id = {fell, n_fell}};
        TRY(sql_derive_accounts_recount(d->db, &in, NULL));
    }
    if (n_left > 0) {
        struct sql_derive_accounts_drop_in in = {.dataset = {left_in, n_left},
                                                 .id = {left, n_left}};
        TRY(sql_derive_accounts_drop(d->db, &in, NULL));
    }
    return ERR_NONE;
}

/* First and last event of each dataset; visitors are sorted by dataset. */
static enum err datasets_send(struct derive *d)
{
    size_t n = 0;
    int64_t *dataset = COLUMN(d, d->n_visitors, int64_t);
    int64_t *first_at = COLUMN(d, d->n_visitors, int64_t);
    int64_t *last_at = COLUMN(d, d->n_visitors, int64_t);
    for (size_t i = 0; i < d->n_visitors; i++) {
        const struct derive_visitor *v = &d->visitors[i];
        if (v->n_events == 0) {
            continue;
        }
        int64_t first = v->events[0].at, last = v->events[v->n_events - 1].at;
        if (n == 0 || dataset[n - 1] != v->dataset) {
            dataset[n] = v->dataset;
            first_at[n] = first;
            last_at[n++] = last;
        }
        first_at[n - 1] = first < first_at[n - 1] ? first : first_at[n - 1];
        last_at[n - 1] = last > last_at[n - 1] ? last : last_at[n - 1];
    }
    struct sql_derive_datasets_in in = {
        .dataset = {dataset, n}, .first_at = {first_at, n}, .last_at = {last_at, n}};
    return sql_derive_datasets_send(d->db, &in);
}

enum err derive_store_leads(struct derive *d)
{
    TRY(accounts_send(d));
    TRY(leads_add_send(d));
    TRY(leads_save_send(d));
    TRY(datasets_send(d));
    TRY(sql_derive_accounts_save_take(d->db, NULL));
    TRY(sql_derive_leads_add_take(d->db, NULL));
    TRY(sql_derive_leads_save_take(d->db, NULL));
    TRY(sql_derive_datasets_take(d->db, NULL));
    TRY(profiles_save(d));
    TRY(drop_merged(d));
    TRY(drop_gone(d));
    return mend_accounts(d);
}
