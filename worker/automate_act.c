#include "worker/automate_parts.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- what is locked ---- */

struct locking {
    int64_t *leads, *accounts, *boards;
    size_t n_leads, n_accounts, n_boards;
    bool people, cards;
};

static bool is_of_card(const struct automation_action *action)
{
    return action->what <= DO_REMOVE_CARD && action->what != DO_SET_PROPERTY;
}

static void add_actions(struct locking *locking, const struct automation_rule *rule)
{
    for (size_t i = 0; i < rule->n_actions; i++) {
        const struct automation_action *action = &rule->actions[i];
        locking->people = locking->people || action->what == DO_SET_PROPERTY;
        locking->cards = locking->cards || is_of_card(action);
        if (action->what == DO_CARD || action->what == DO_REMOVE_CARD) {
            locking->boards[locking->n_boards++] = action->board.id;
        }
    }
}

static void add_group(struct locking *locking, const struct group *group)
{
    bool runs = false;
    for (size_t i = 0; i < group->n; i++) {
        if (group->v[i]->fate != FATE_RUNS) {
            continue;
        }
        runs = true;
        if (group->v[i]->lead != 0) {
            locking->leads[locking->n_leads++] = group->v[i]->lead;
        }
        if (group->v[i]->account != 0) {
            locking->accounts[locking->n_accounts++] = group->v[i]->account;
        }
    }
    if (runs) {
        add_actions(locking, &group->automation->rule);
    }
}

static enum err lock_cards(struct round *round, const struct locking *locking)
{
    struct sql_automate_lock_account_cards_rows of_accounts;
    struct sql_automate_lock_lead_cards_rows of_leads;
    struct sql_automate_lock_stages_rows stages;
    if (locking->n_boards > 0) {
        TRY(sql_automate_lock_stages(
            round->db,
            &(struct sql_automate_lock_stages_in){
                .dataset = round->dataset, .boards = {locking->boards, locking->n_boards}},
            &stages));
    }
    TRY(sql_automate_lock_account_cards(
        round->db,
        &(struct sql_automate_lock_account_cards_in){
            .dataset = round->dataset, .accounts = {locking->accounts, locking->n_accounts}},
        &of_accounts));
    return sql_automate_lock_lead_cards(
        round->db,
        &(struct sql_automate_lock_lead_cards_in){.dataset = round->dataset,
                                                  .leads = {locking->leads, locking->n_leads}},
        &of_leads);
}

static enum err lock_people(struct round *round, const struct locking *locking)
{
    struct sql_automate_lock_leads_rows leads;
    struct sql_automate_lock_accounts_rows accounts;
    TRY(sql_automate_lock_leads(
        round->db,
        &(struct sql_automate_lock_leads_in){.dataset = round->dataset,
                                             .ids = {locking->leads, locking->n_leads}},
        &leads));
    return sql_automate_lock_accounts(
        round->db,
        &(struct sql_automate_lock_accounts_in){
            .dataset = round->dataset, .ids = {locking->accounts, locking->n_accounts}},
        &accounts);
}

enum err automate_lock(struct round *round)
{
    struct locking locking = {
        .leads = ARENA_ARRAY(round->arena, round->n, int64_t),
        .accounts = ARENA_ARRAY(round->arena, round->n, int64_t),
        .boards = ARENA_ARRAY(round->arena, round->n_groups * AUTOMATION_ACTIONS_MAX, int64_t)};
    for (size_t i = 0; i < round->n_groups; i++) {
        add_group(&locking, &round->groups[i]);
    }
    TRY(locking.people ? lock_people(round, &locking) : ERR_NONE);
    return locking.cards ? lock_cards(round, &locking) : ERR_NONE;
}

/* ---- saying what was done ---- */

void act_did(struct act *act, struct candidate *candidate, bool did, bool changed,
             const char *format, ...)
{
    char line[1000];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    candidate->acted = candidate->acted || did;
    candidate->changed = candidate->changed || changed;
    if (candidate->n_did < AUTOMATION_ACTIONS_MAX) {
        candidate->did[candidate->n_did++] = (struct automation_did){
            .did = did,
            .text = arena_dup(act->round->arena, str_cut(str_from(line), sizeof(line)))};
    }
}

struct str act_name(const struct act *act, enum filter_kind kind,
                    const struct automation_ref *ref)
{
    return automation_name(act->round->names, kind, ref->id);
}

/* ---- the operation ---- */

static bool can_be_undone(const struct automation_rule *rule)
{
    for (size_t i = 0; i < rule->n_actions; i++) {
        if (rule->actions[i].what <= DO_REMOVE_CARD) {
            return true;
        }
    }
    return false;
}

static enum err begin_operation(struct round *round, const struct booked *automation,
                                int64_t *out_id)
{
    const struct operation operation = {
        .dataset = round->dataset,
        .kind = OP_AUTOMATION,
        .detail = automation_operation(round->arena, automation->id, automation->version,
                                       automation->name)};
    return operation_begin(round->db, &operation, out_id);
}

/* One for each automation of the round. */
static enum err operation_of(struct round *round, const struct booked *automation,
                             struct operation_of **out)
{
    for (size_t i = 0; i < round->n_operations; i++) {
        if (round->operations[i].automation == automation) {
            *out = &round->operations[i];
            return ERR_NONE;
        }
    }
    if (round->operations == NULL) {
        round->operations = ARENA_ARRAY(round->arena, round->n_groups, struct operation_of);
    }
    struct operation_of *made = &round->operations[round->n_operations++];
    *made = (struct operation_of){.automation = automation, .id = round->enrolment};
    if (made->id == 0 && can_be_undone(&automation->rule)) {
        TRY(begin_operation(round, automation, &made->id));
    }
    *out = made;
    return ERR_NONE;
}

/* ---- one automation ---- */

static act_action *const actions[DO__END] = {
    [DO_ADD_TAG] = act_tag,  [DO_REMOVE_TAG] = act_tag, [DO_SET_PROPERTY] = act_property,
    [DO_CARD] = act_card,    [DO_OWNER] = act_owner,    [DO_REMOVE_CARD] = act_remove,
    [DO_WEBHOOK] = act_tell, [DO_SLACK] = act_tell,     [DO_MAIL] = act_mail,
    [DO_PUSH] = act_tell,
};

static enum err load_names(struct round *round)
{
    const struct automation_rule **rules =
        ARENA_ARRAY(round->arena, round->n_groups, const struct automation_rule *);
    for (size_t i = 0; i < round->n_groups; i++) {
        rules[i] = &round->groups[i].automation->rule;
    }
    return automation_names_load(round->db, round->dataset, 0, rules, round->n_groups,
                                 &round->names);
}

static void say_stopped(struct act *act, const struct group *group)
{
    for (size_t i = 0; i < group->n; i++) {
        if (group->v[i]->fate == FATE_STOPPED) {
            act_did(act, group->v[i], false, false,
                    "Stopped: %d automations ran one after the other, each because of the one "
                    "before. They go round; let one of them wait for something else.",
                    group->v[i]->depth);
        }
    }
}

enum err automate_act(struct round *round, const struct group *group)
{
    struct act act = {.round = round,
                      .automation = group->automation,
                      .v = ARENA_ARRAY(round->arena, group->n, struct candidate *)};
    for (size_t i = 0; i < group->n; i++) {
        if (group->v[i]->fate == FATE_RUNS) {
            act.v[act.n++] = group->v[i];
        }
    }
    TRY(round->names == NULL ? load_names(round) : ERR_NONE);
    TRY(automate_say_why(round, group));
    say_stopped(&act, group);
    if (act.n == 0) {
        return ERR_NONE;
    }
    struct operation_of *operation = NULL;
    if (round->dry == NULL) {
        TRY(operation_of(round, group->automation, &operation));
        act.operation = operation->id;
    }
    const struct automation_rule *rule = &group->automation->rule;
    for (size_t i = 0; i < rule->n_actions; i++) {
        TRY(actions[rule->actions[i].what](&act, &rule->actions[i], i));
    }
    for (size_t i = 0; operation != NULL && i < act.n; i++) {
        operation->n += act.v[i]->changed ? 1 : 0;
    }
    return ERR_NONE;
}
