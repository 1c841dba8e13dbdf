#include "shared/clock.h"
#include "worker/automate_dry.h"

/* ---- order ---- */

/* What has an order of its own: a company with its people, or somebody alone. */
static int64_t lane_of(const struct candidate *candidate)
{
    return candidate->account != 0 ? candidate->account : -candidate->lead;
}

int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct lanes {
    int64_t *id;
    size_t *next; /* the first group that a candidate of it may join */
    size_t n;
};

static struct lanes find_lanes(struct round *round)
{
    struct lanes lanes = {.id = ARENA_ARRAY(round->arena, round->n, int64_t),
                          .next = ARENA_ARRAY(round->arena, round->n, size_t)};
    for (size_t i = 0; i < round->n; i++) {
        lanes.id[i] = lane_of(&round->candidates[i]);
    }
    if (round->n > 1) {
        qsort(lanes.id, round->n, sizeof(*lanes.id), compare_ids);
    }
    for (size_t i = 0; i < round->n; i++) {
        if (lanes.n == 0 || lanes.id[lanes.n - 1] != lanes.id[i]) {
            lanes.id[lanes.n++] = lanes.id[i];
        }
    }
    return lanes;
}

static size_t *next_of(struct lanes *lanes, int64_t id)
{
    const int64_t *found = bsearch(&id, lanes->id, lanes->n, sizeof(*lanes->id), compare_ids);
    return &lanes->next[found - lanes->id];
}

static const struct candidate *same_subject(const struct group *group,
                                            const struct candidate *candidate)
{
    for (size_t i = 0; i < group->n; i++) {
        if (group->v[i]->subject == candidate->subject) {
            return group->v[i];
        }
    }
    return NULL;
}

/* What would be held after the other has run can be decided with it. */
static bool may_share(const struct booked *automation, const struct candidate *first,
                      const struct candidate *candidate)
{
    int64_t apart = candidate->cause_at - first->cause_at;
    return automation->once || (apart >= 0 && apart < automation->cooldown_s * CLOCK_SECOND);
}

/* Whose turn it is follows the order in which things happened to all. */
static bool takes_turns(const struct automation_rule *rule)
{
    for (size_t i = 0; i < rule->n_actions; i++) {
        if (rule->actions[i].what == DO_OWNER && rule->actions[i].how == OWNER_TURNS) {
            return true;
        }
    }
    return false;
}

/* A group of the automation, not before the last that changed something of the lane. */
static struct group *group_for(struct round *round, const struct candidate *candidate,
                               size_t from)
{
    if (from > 0 && round->groups[from - 1].automation == candidate->automation) {
        struct group *last = &round->groups[from - 1];
        const struct candidate *first = same_subject(last, candidate);
        if (first != NULL && may_share(candidate->automation, first, candidate)) {
            return last;
        }
    }
    bool in_turn = takes_turns(&candidate->automation->rule);
    struct group *found = NULL;
    for (size_t i = from; i < round->n_groups && (found == NULL || in_turn); i++) {
        if (round->groups[i].automation == candidate->automation) {
            found = &round->groups[i];
        }
    }
    if (found != NULL) {
        return found;
    }
    round->groups[round->n_groups] = (struct group){.automation = candidate->automation};
    return &round->groups[round->n_groups++];
}

void group_add(struct arena *arena, struct group *group, struct candidate *candidate)
{
    if (group->n == group->room) {
        size_t room = group->room == 0 ? 8 : group->room * 2;
        struct candidate **v = ARENA_ARRAY(arena, room, struct candidate *);
        for (size_t i = 0; i < group->n; i++) {
            v[i] = group->v[i];
        }
        group->v = v;
        group->room = room;
    }
    group->v[group->n++] = candidate;
}

void automate_group(struct round *round)
{
    struct lanes lanes = find_lanes(round);
    round->groups = ARENA_ARRAY(round->arena, round->n, struct group);
    for (size_t i = 0; i < round->n; i++) {
        struct candidate *candidate = &round->candidates[i];
        if (candidate->subject == 0) {
            continue;
        }
        size_t *next = next_of(&lanes, lane_of(candidate));
        struct group *group = group_for(round, candidate, *next);
        group_add(round->arena, group, candidate);
        *next = (size_t)(group - round->groups) + 1;
    }
}

/* ---- cool-down, once, depth ---- */

struct past {
    const struct sql_automate_past *row;
    size_t n;
};

static enum err load_past(struct round *round, const struct group *group, struct past *out)
{
    struct sql_automate_past_rows rows;
    int64_t *subjects = ARENA_ARRAY(round->arena, group->n, int64_t);
    for (size_t i = 0; i < group->n; i++) {
        subjects[i] = group->v[i]->subject;
    }
    const struct sql_automate_past_in in = {.dataset = round->dataset,
                                            .automation = group->automation->id,
                                            .subjects = {subjects, group->n}};
    if (round->dry != NULL) {
        dry_past(round, group, &rows);
    } else {
        TRY(sql_automate_past(round->db, &in, &rows));
    }
    *out = (struct past){rows.row, rows.n};
    return ERR_NONE;
}

/* The latest run of it for this subject in the round, before this candidate. */
static const struct candidate *run_before(const struct round *round, const struct group *group,
                                          const struct candidate *candidate)
{
    const struct candidate *found = NULL;
    for (const struct group *g = round->groups; g <= group; g++) {
        for (size_t i = 0; g->automation == group->automation && i < g->n; i++) {
            if (g->v[i] == candidate) {
                return found;
            }
            if (g->v[i]->subject == candidate->subject && g->v[i]->fate == FATE_RUNS) {
                found = g->v[i];
            }
        }
    }
    return found;
}

static bool is_within(const struct booked *automation, int64_t before_at, int64_t at)
{
    int64_t apart = at > before_at ? at - before_at : before_at - at;
    return apart < automation->cooldown_s * CLOCK_SECOND;
}

/* FATE_RUNS, or why not. */
static enum fate after_past(const struct round *round, const struct group *group,
                            struct candidate *candidate, const struct past *past)
{
    const struct booked *automation = group->automation;
    const struct candidate *before = run_before(round, group, candidate);
    int64_t at = before != NULL ? before->cause_at : 0, run = 0;
    bool ran = before != NULL;
    for (size_t i = 0; !ran && i < past->n; i++) {
        if (past->row[i].subject == candidate->subject) {
            ran = true;
            at = past->row[i].run_at;
            run = past->row[i].run;
        }
    }
    if (!ran) {
        return FATE_RUNS;
    }
    candidate->run = run;
    candidate->after = before;
    if (automation->once) {
        return FATE_DROPPED;
    }
    bool held =
        candidate->cause != CAUSE_ENROLLED && is_within(automation, at, candidate->cause_at);
    return held ? FATE_HELD : FATE_RUNS;
}

/* Numbers for those that run; who ran for this already is dropped. */
static enum err number(struct round *round, const struct group *group)
{
    struct sql_automate_run_ids_rows rows;
    struct candidate **of = ARENA_ARRAY(round->arena, group->n, struct candidate *);
    int64_t *subject = ARENA_ARRAY(round->arena, group->n, int64_t);
    int16_t *cause = ARENA_ARRAY(round->arena, group->n, int16_t);
    int64_t *cause_id = ARENA_ARRAY(round->arena, group->n, int64_t);
    size_t n = 0;
    for (size_t i = 0; i < group->n; i++) {
        if (group->v[i]->fate == FATE_RUNS || group->v[i]->fate == FATE_STOPPED) {
            subject[n] = group->v[i]->subject;
            cause[n] = (int16_t)group->v[i]->cause;
            cause_id[n] = group->v[i]->cause_id;
            of[n++] = group->v[i];
        }
    }
    const struct sql_automate_run_ids_in in = {.dataset = round->dataset,
                                               .automation = group->automation->id,
                                               .subject = {subject, n},
                                               .cause = {cause, n},
                                               .cause_id = {cause_id, n}};
    if (n == 0) {
        return ERR_NONE;
    }
    TRY(sql_automate_run_ids(round->db, &in, &rows));
    for (size_t i = 0; i < n; i++) {
        of[i]->run = 0;
    }
    for (size_t i = 0; i < rows.n; i++) {
        of[rows.row[i].nr - 1]->run = rows.row[i].id;
    }
    for (size_t i = 0; i < n; i++) {
        of[i]->fate = of[i]->run == 0 ? FATE_DROPPED : of[i]->fate;
    }
    return ERR_NONE;
}

enum err automate_decide(struct round *round, const struct group *group)
{
    struct past past;
    bool any = false;
    for (size_t i = 0; i < group->n; i++) {
        group->v[i]->fate = FATE_DROPPED;
        group->v[i]->run = 0;
        group->v[i]->after = NULL;
        any = any || group->v[i]->matches;
    }
    if (!any) {
        return ERR_NONE;
    }
    TRY(load_past(round, group, &past));
    for (size_t i = 0; i < group->n; i++) {
        struct candidate *candidate = group->v[i];
        if (!candidate->matches) {
            continue;
        }
        enum fate fate = after_past(round, group, candidate, &past);
        bool too_deep = fate == FATE_RUNS && candidate->depth >= AUTOMATION_DEPTH_MAX;
        candidate->fate = too_deep ? FATE_STOPPED : fate;
    }
    if (round->dry != NULL) {
        dry_number(round, group);
        return ERR_NONE;
    }
    return number(round, group);
}
