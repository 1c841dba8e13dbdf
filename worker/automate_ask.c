#include "worker/automate_parts.h"

/* Companies, or people, among those that are wanted. */
static enum err ask_those(struct round *round, const struct group *group,
                          struct filter *filter, bool leads, const bool *wanted)
{
    int64_t *ids = ARENA_ARRAY(round->arena, group->n, int64_t);
    size_t n = 0;
    for (size_t i = 0; i < group->n; i++) {
        int64_t subject = group->v[i]->subject;
        if (wanted[i] && (subject < 0) == leads) {
            ids[n++] = leads ? -subject : subject;
        }
    }
    if (n == 0) {
        return ERR_NONE;
    }
    struct sql_i64s found;
    filter->subject = leads ? FILTER_LEADS : FILTER_ACCOUNTS;
    const struct filter_query query = {
        .dataset = round->dataset, .filter = filter, .now = round->now};
    TRY(filter_matches(round->ctx, round->db, &query, (struct sql_i64s){ids, n}, &found));
    TRY(sql_automate_plan(round->db, NULL));
    for (size_t i = 0; i < group->n; i++) {
        int64_t subject = group->v[i]->subject, id = leads ? -subject : subject;
        if (wanted[i] && (subject < 0) == leads && found.n > 0) {
            group->v[i]->matches =
                bsearch(&id, found.v, found.n, sizeof(*found.v), compare_ids) != NULL;
        }
    }
    return ERR_NONE;
}

/* What the same bits leave open is asked at once. */
static enum err ask_event(struct round *round, const struct group *group, uint64_t bits,
                          bool *done)
{
    const struct filter_event_rule *rule = group->automation->compiled;
    bool *wanted = ARENA_ARRAY(round->arena, group->n, bool);
    enum filter_verdict verdict = filter_event_verdict(rule, bits);
    for (size_t i = 0; i < group->n; i++) {
        if (!done[i] && group->v[i]->bits == bits) {
            done[i] = true;
            wanted[i] = verdict == FILTER_OPEN;
            group->v[i]->matches = verdict == FILTER_TRUE;
        }
    }
    if (verdict != FILTER_OPEN) {
        return ERR_NONE;
    }
    struct filter rest = filter_event_rest(round->ctx, rule, bits);
    TRY(ask_those(round, group, &rest, false, wanted));
    return ask_those(round, group, &rest, true, wanted);
}

static enum err ask_events(struct round *round, const struct group *group)
{
    bool *done = ARENA_ARRAY(round->arena, group->n, bool);
    for (size_t i = 0; i < group->n; i++) {
        if (!done[i]) {
            TRY(ask_event(round, group, group->v[i]->bits, done));
        }
    }
    return ERR_NONE;
}

/* Whoever entered the segment of the filter itself matched it then; who was enrolled was looked
 * up a moment ago. */
enum err automate_ask(struct round *round, const struct group *group)
{
    const struct automation_trigger *trigger = &group->automation->rule.trigger;
    struct filter filter = trigger->filter;
    bool *all = ARENA_ARRAY(round->arena, group->n, bool);
    bool enrolled = group->v[0]->cause == CAUSE_ENROLLED;
    bool entered = group->automation->source == SOURCE_MEMBER && trigger->when == WHEN_MATCH;
    bool known = enrolled || entered || filter.root.n_nodes == 0;
    if (group->automation->source == SOURCE_EVENT && !enrolled) {
        return ask_events(round, group);
    }
    for (size_t i = 0; i < group->n; i++) {
        all[i] = true;
        group->v[i]->matches = known;
    }
    if (known) {
        return ERR_NONE;
    }
    TRY(ask_those(round, group, &filter, false, all));
    return ask_those(round, group, &filter, true, all);
}

static struct group *group_of(struct group *groups, size_t n, const struct booked *automation)
{
    for (size_t i = 0; i < n; i++) {
        if (groups[i].automation == automation) {
            return &groups[i];
        }
    }
    return NULL;
}

enum err automate_ask_all(struct round *round)
{
    struct group *wholes = ARENA_ARRAY(round->arena, round->n_groups, struct group);
    size_t n = 0;
    for (size_t i = 0; i < round->n_groups; i++) {
        const struct group *group = &round->groups[i];
        struct group *whole = group_of(wholes, n, group->automation);
        if (whole == NULL) {
            whole = &wholes[n++];
            whole->automation = group->automation;
        }
        for (size_t k = 0; k < group->n; k++) {
            group_add(round->arena, whole, group->v[k]);
        }
    }
    for (size_t i = 0; i < n; i++) {
        round->failing = wholes[i].automation->id;
        TRY(automate_ask(round, &wholes[i]));
    }
    round->failing = 0;
    return ERR_NONE;
}
