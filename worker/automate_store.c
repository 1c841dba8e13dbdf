#include "shared/json.h"
#include "worker/automate_dry.h"

#define SAID_MAX ((size_t)32 << 10)

struct str automate_said_json(struct arena *arena, const struct candidate *candidate)
{
    struct sb sb;
    sb_init(&sb, arena, SAID_MAX);
    sb_char(&sb, '[');
    for (size_t i = 0; i < candidate->n_did; i++) {
        sb_printf(&sb, "%s{\"did\":%s,\"text\":", i == 0 ? "" : ",",
                  candidate->did[i].did ? "true" : "false");
        json_write_str(&sb, candidate->did[i].text);
        sb_char(&sb, '}');
    }
    sb_char(&sb, ']');
    return sb_view(&sb);
}

static enum automation_run_state state_of(const struct candidate *candidate)
{
    return candidate->fate == FATE_STOPPED ? RUN_STOPPED
           : candidate->acted              ? RUN_DONE
                                           : RUN_NOTHING;
}

/* ---- runs ---- */

struct columns {
    int64_t *id, *subject, *account, *lead, *card, *cause_id, *cause_at, *operation;
    int16_t *cause, *depth, *state;
    struct str *why, *said;
    size_t n;
};

static struct columns make_columns(struct arena *arena, size_t n)
{
    return (struct columns){.id = ARENA_ARRAY(arena, n, int64_t),
                            .subject = ARENA_ARRAY(arena, n, int64_t),
                            .account = ARENA_ARRAY(arena, n, int64_t),
                            .lead = ARENA_ARRAY(arena, n, int64_t),
                            .card = ARENA_ARRAY(arena, n, int64_t),
                            .cause_id = ARENA_ARRAY(arena, n, int64_t),
                            .cause_at = ARENA_ARRAY(arena, n, int64_t),
                            .operation = ARENA_ARRAY(arena, n, int64_t),
                            .cause = ARENA_ARRAY(arena, n, int16_t),
                            .depth = ARENA_ARRAY(arena, n, int16_t),
                            .state = ARENA_ARRAY(arena, n, int16_t),
                            .why = ARENA_ARRAY(arena, n, struct str),
                            .said = ARENA_ARRAY(arena, n, struct str)};
}

static int64_t operation_id(const struct round *round, const struct candidate *candidate)
{
    for (size_t i = 0; candidate->changed && i < round->n_operations; i++) {
        if (round->operations[i].automation == candidate->automation) {
            return round->operations[i].id;
        }
    }
    return 0;
}

static void add(struct round *round, struct columns *c, const struct candidate *candidate,
                enum automation_run_state state)
{
    size_t i = c->n++;
    c->id[i] = candidate->run;
    c->subject[i] = candidate->subject;
    c->account[i] = candidate->account;
    c->lead[i] = candidate->lead;
    c->card[i] = candidate->card;
    c->cause_id[i] = candidate->cause_id;
    c->cause_at[i] = candidate->cause_at;
    c->operation[i] = operation_id(round, candidate);
    c->cause[i] = (int16_t)candidate->cause;
    c->depth[i] = candidate->depth;
    c->state[i] = (int16_t)state;
    c->why[i] = candidate->why;
    c->said[i] = automate_said_json(round->arena, candidate);
}

static enum err save_runs(struct round *round, const struct booked *automation,
                          const struct columns *c)
{
    size_t n = c->n;
    const struct sql_automate_runs_add_in in = {.dataset = round->dataset,
                                                .automation = automation->id,
                                                .version = automation->version,
                                                .id = {c->id, n},
                                                .subject = {c->subject, n},
                                                .account = {c->account, n},
                                                .lead = {c->lead, n},
                                                .card = {c->card, n},
                                                .cause = {c->cause, n},
                                                .cause_id = {c->cause_id, n},
                                                .cause_at = {c->cause_at, n},
                                                .why = {c->why, n},
                                                .depth = {c->depth, n},
                                                .state = {c->state, n},
                                                .said = {c->said, n},
                                                .operation = {c->operation, n}};
    return n == 0 ? ERR_NONE : sql_automate_runs_add(round->db, &in, NULL);
}

static enum err save_subjects(struct round *round, const struct group *group)
{
    int64_t *subject = ARENA_ARRAY(round->arena, group->n, int64_t);
    int64_t *run_at = ARENA_ARRAY(round->arena, group->n, int64_t);
    int64_t *run = ARENA_ARRAY(round->arena, group->n, int64_t);
    size_t n = 0;
    for (size_t i = 0; i < group->n; i++) {
        if (group->v[i]->fate == FATE_RUNS) {
            subject[n] = group->v[i]->subject;
            run_at[n] = group->v[i]->cause_at;
            run[n++] = group->v[i]->run;
        }
    }
    const struct sql_automate_subjects_save_in in = {.dataset = round->dataset,
                                                     .automation = group->automation->id,
                                                     .subject = {subject, n},
                                                     .run_at = {run_at, n},
                                                     .run = {run, n}};
    return n == 0 ? ERR_NONE : sql_automate_subjects_save(round->db, &in, NULL);
}

static enum err save_held(struct round *round, const struct group *group)
{
    int64_t *run = ARENA_ARRAY(round->arena, group->n, int64_t);
    size_t n = 0;
    for (size_t i = 0; i < group->n; i++) {
        const struct candidate *held = group->v[i];
        if (held->fate == FATE_HELD) {
            run[n++] = held->after != NULL ? held->after->run : held->run;
        }
    }
    return n == 0 ? ERR_NONE
                  : sql_automate_held(round->db,
                                      &(struct sql_automate_held_in){.dataset = round->dataset,
                                                                     .run = {run, n}},
                                      NULL);
}

enum err automate_store(struct round *round, const struct group *group)
{
    if (round->dry != NULL) {
        dry_store(round, group);
        return ERR_NONE;
    }
    struct columns c = make_columns(round->arena, group->n);
    int32_t runs = 0;
    for (size_t i = 0; i < group->n; i++) {
        const struct candidate *candidate = group->v[i];
        if (candidate->fate == FATE_RUNS || candidate->fate == FATE_STOPPED) {
            runs += candidate->fate == FATE_RUNS;
            add(round, &c, candidate, state_of(candidate));
        }
    }
    TRY(save_runs(round, group->automation, &c));
    TRY(save_subjects(round, group));
    TRY(save_held(round, group));
    return runs == 0 ? ERR_NONE
                     : sql_automate_ran(
                           round->db,
                           &(struct sql_automate_ran_in){.dataset = round->dataset,
                                                         .automation = group->automation->id,
                                                         .n = runs},
                           NULL);
}

enum err automate_store_failed(struct round *round, struct candidate *candidate)
{
    struct columns c = make_columns(round->arena, 1);
    add(round, &c, candidate, RUN_FAILED);
    return save_runs(round, candidate->automation, &c);
}

/* ---- the end ---- */

static enum err end_operation(struct round *round, const struct operation_of *operation)
{
    if (operation->id == 0 || round->enrolment != 0) {
        return ERR_NONE;
    }
    if (operation->n > 0) {
        return operation_end(round->db, round->dataset, operation->id, operation->n,
                             (struct str){.p = NULL});
    }
    return sql_automate_operation_drop(
        round->db,
        &(struct sql_automate_operation_drop_in){.dataset = round->dataset,
                                                 .operation = operation->id},
        NULL);
}

enum err automate_finish(struct round *round)
{
    for (size_t i = 0; i < round->n_operations; i++) {
        TRY(end_operation(round, &round->operations[i]));
    }
    return round->done.n == 0
               ? ERR_NONE
               : sql_automate_done(round->db,
                                   &(struct sql_automate_done_in){.dataset = round->dataset,
                                                                  .ids = round->done},
                                   NULL);
}
