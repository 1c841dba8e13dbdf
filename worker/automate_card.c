#include "shared/cards.h"
#include "worker/automate_dry.h"

/* ---- cards of those of the act ---- */

enum err act_cards_load(struct act *act, int64_t board, struct act_cards *out)
{
    struct arena *arena = act->round->arena;
    struct sql_automate_cards_rows rows;
    if (act->round->dry != NULL) {
        return dry_cards(act, board, out);
    }
    int64_t *account = ARENA_ARRAY(arena, act->n, int64_t);
    int64_t *lead = ARENA_ARRAY(arena, act->n, int64_t);
    for (size_t i = 0; i < act->n; i++) {
        account[i] = act->v[i]->account;
        lead[i] = act->v[i]->account == 0 ? act->v[i]->lead : 0;
    }
    const struct sql_automate_cards_in in = {.dataset = act->round->dataset,
                                             .board = board,
                                             .board_null = board == 0,
                                             .account = {account, act->n},
                                             .lead = {lead, act->n}};
    TRY(sql_automate_cards(act->round->db, &in, &rows));
    *out = (struct act_cards){rows.row, rows.n};
    return ERR_NONE;
}

/* NULL: none. */
static const struct sql_automate_cards *card_of(const struct act_cards *cards, size_t i)
{
    for (size_t k = 0; k < cards->n; k++) {
        if (cards->row[k].nr == (int64_t)i + 1) {
            return &cards->row[k];
        }
    }
    return NULL;
}

/* Ids with the causes that go with them, each once. */
struct chosen {
    int64_t *ids;
    struct str *causes;
    size_t n;
};

static struct chosen choose_none(struct act *act)
{
    return (struct chosen){.ids = ARENA_ARRAY(act->round->arena, act->n, int64_t),
                           .causes = ARENA_ARRAY(act->round->arena, act->n, struct str)};
}

/* False: it is among them already. */
static bool choose(struct chosen *chosen, int64_t id, struct str cause)
{
    for (size_t i = 0; i < chosen->n; i++) {
        if (chosen->ids[i] == id) {
            return false;
        }
    }
    chosen->causes[chosen->n] = cause;
    chosen->ids[chosen->n++] = id;
    return true;
}

/* ---- creating and moving ---- */

struct placing {
    struct act *act;
    const struct automation_action *action;
    struct sql_automate_stages_rows stages;
    const struct sql_automate_stages *target;
    struct act_cards cards;
    struct chosen accounts, leads, moved;
    bool *fresh; /* by place: created */
    struct str stage;
};

static void say_all(struct act *act, const char *text)
{
    for (size_t i = 0; i < act->n; i++) {
        act_did(act, act->v[i], false, false, "%s", text);
    }
}

static enum err find_target(struct placing *p)
{
    const struct automation_action *action = p->action;
    TRY(sql_automate_stages(p->act->round->db,
                            &(struct sql_automate_stages_in){.dataset = p->act->round->dataset,
                                                             .board = action->board.id},
                            &p->stages));
    for (size_t i = 0; i < p->stages.n; i++) {
        const struct sql_automate_stages *stage = &p->stages.row[i];
        if (action->stage.id == 0 ? stage->entry : stage->id == action->stage.id) {
            p->target = stage;
        }
    }
    return ERR_NONE;
}

static void place_new(struct placing *p, size_t i)
{
    struct candidate *candidate = p->act->v[i];
    if (p->action->how == CARD_MOVE) {
        act_did(p->act, candidate, false, false, "Not moved: there is no card");
    } else if (candidate->account != 0) {
        p->fresh[i] = true;
        (void)choose(&p->accounts, candidate->account, candidate->cause_json);
    } else if (candidate->has_email) {
        p->fresh[i] = true;
        (void)choose(&p->leads, candidate->lead, candidate->cause_json);
    } else {
        act_did(p->act, candidate, false, false,
                "No card: neither a company nor an address is known");
    }
}

static void place_old(struct placing *p, size_t i, const struct sql_automate_cards *card)
{
    struct candidate *candidate = p->act->v[i];
    candidate->card = card->card;
    if (p->action->how == CARD_CREATE) {
        act_did(p->act, candidate, false, false, "There is a card already, in %.*s",
                STR_ARG(card->stage_name));
    } else if (card->stage == p->target->id) {
        act_did(p->act, candidate, false, false, "It is in %.*s already", STR_ARG(p->stage));
    } else if (p->target->fixed_flow && p->target->position < card->position) {
        act_did(p->act, candidate, false, false, "Not moved from %.*s to %.*s: fixed flow",
                STR_ARG(card->stage_name), STR_ARG(p->stage));
        if (p->act->round->dry != NULL) {
            p->act->round->dry->count.not_moved++;
        }
    } else if (choose(&p->moved, card->card, candidate->cause_json)) {
        act_did(p->act, candidate, true, true, "Moved from %.*s to %.*s",
                STR_ARG(card->stage_name), STR_ARG(p->stage));
    } else {
        act_did(p->act, candidate, false, false, "It was moved to %.*s just now",
                STR_ARG(p->stage));
    }
}

static enum err add_cards(struct placing *p, bool leads, const struct chosen *chosen)
{
    struct cards_added added;
    const struct booked *automation = p->act->automation;
    const struct cards_add add = {.dataset = p->act->round->dataset,
                                  .board = p->action->board.id,
                                  .stage = p->target->id,
                                  .ids = chosen->ids,
                                  .n = chosen->n,
                                  .actor = {.kind = ACTOR_AUTOMATION, .id = automation->id},
                                  .causes = chosen->causes,
                                  .operation = p->act->operation};
    if (chosen->n == 0) {
        return ERR_NONE;
    }
    if (p->act->round->dry != NULL) {
        return dry_add_cards(p->act, p->action->board.id, p->target, leads,
                             (struct sql_i64s){chosen->ids, chosen->n});
    }
    return leads ? cards_add_leads(p->act->round->db, &add, &added)
                 : cards_add_accounts(p->act->round->db, &add, &added);
}

/* What was to be created and is not there is kept away from the board. */
static enum err say_created(struct placing *p)
{
    if (p->accounts.n == 0 && p->leads.n == 0) {
        return ERR_NONE;
    }
    TRY(act_cards_load(p->act, p->action->board.id, &p->cards));
    for (size_t i = 0; i < p->act->n; i++) {
        const struct sql_automate_cards *card = card_of(&p->cards, i);
        if (p->fresh[i] && card == NULL) {
            act_did(p->act, p->act->v[i], false, false,
                    "No card: it was removed from the board, never to return");
        } else if (p->fresh[i]) {
            p->act->v[i]->card = card->card;
            act_did(p->act, p->act->v[i], true, true, "Card created in %.*s",
                    STR_ARG(p->stage));
        }
    }
    return ERR_NONE;
}

static enum err move_cards(struct placing *p)
{
    struct sql_cards_move row;
    const struct sql_cards_move_in in = {.dataset = p->act->round->dataset,
                                         .board = p->action->board.id,
                                         .cards = {p->moved.ids, p->moved.n},
                                         .target = p->target->id,
                                         .user_null = true,
                                         .operation = p->act->operation,
                                         .rule = p->act->automation->id,
                                         .causes = {p->moved.causes, p->moved.n}};
    if (p->act->round->dry != NULL) {
        dry_move_cards(p->act, p->target, in.cards);
        return ERR_NONE;
    }
    return p->moved.n == 0 ? ERR_NONE : sql_cards_move(p->act->round->db, &in, &row);
}

enum err act_card(struct act *act, const struct automation_action *action, size_t place)
{
    struct placing p = {.act = act,
                        .action = action,
                        .accounts = choose_none(act),
                        .leads = choose_none(act),
                        .moved = choose_none(act),
                        .fresh = ARENA_ARRAY(act->round->arena, act->n, bool)};
    (void)place;
    TRY(find_target(&p));
    if (p.target == NULL) {
        say_all(act, p.stages.n == 0
                         ? "Not done: the board is gone. The automation is to be changed"
                         : "Not done: the stage is gone. The automation is to be changed");
        return ERR_NONE;
    }
    p.stage =
        action->stage.id == 0 ? p.target->name : act_name(act, FILTER_STAGE, &action->stage);
    TRY(act_cards_load(act, action->board.id, &p.cards));
    for (size_t i = 0; i < act->n; i++) {
        const struct sql_automate_cards *card = card_of(&p.cards, i);
        if (card == NULL) {
            place_new(&p, i);
        } else {
            place_old(&p, i, card);
        }
    }
    TRY(add_cards(&p, false, &p.accounts));
    TRY(add_cards(&p, true, &p.leads));
    TRY(say_created(&p));
    return move_cards(&p);
}

/* ---- removing ---- */

enum err act_remove(struct act *act, const struct automation_action *action, size_t place)
{
    struct act_cards cards;
    struct sql_cards_remove row;
    struct chosen chosen = choose_none(act);
    struct str board = act_name(act, FILTER_BOARD, &action->board);
    (void)place;
    if (str_is_null(board)) {
        say_all(act, "Not done: the board is gone. The automation is to be changed");
        return ERR_NONE;
    }
    TRY(act_cards_load(act, action->board.id, &cards));
    for (size_t i = 0; i < act->n; i++) {
        const struct sql_automate_cards *card = card_of(&cards, i);
        if (card != NULL && choose(&chosen, card->card, act->v[i]->cause_json)) {
            act->v[i]->card = 0;
            act_did(act, act->v[i], true, true, "Removed from %.*s%s", STR_ARG(board),
                    action->exclude ? ", never to return" : "");
        } else {
            act_did(act, act->v[i], false, false, "There is no card on %.*s", STR_ARG(board));
        }
    }
    const struct sql_cards_remove_in in = {.dataset = act->round->dataset,
                                           .board = action->board.id,
                                           .cards = {chosen.ids, chosen.n},
                                           .exclude = action->exclude,
                                           .user_null = true,
                                           .operation = act->operation,
                                           .rule = act->automation->id,
                                           .causes = {chosen.causes, chosen.n}};
    if (act->round->dry != NULL) {
        dry_remove_cards(act, action->exclude, in.cards);
        return ERR_NONE;
    }
    return chosen.n == 0 ? ERR_NONE : sql_cards_remove(act->round->db, &in, &row);
}
