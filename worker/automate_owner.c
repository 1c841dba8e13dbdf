#include "worker/automate_dry.h"

/* A card that is to be given to somebody. */
struct gift {
    struct candidate *candidate;
    const struct sql_automate_cards *card;
    int64_t to; /* 0: nobody */
};

struct giving {
    struct act *act;
    const struct automation_action *action;
    struct gift *gifts;
    size_t n;
    struct sql_automate_may_own_rows may;
    struct sql_automate_turns_rows turns;
    int64_t *turn_user, *turn; /* that were taken now */
    size_t n_turns;
    int64_t last_turn;
};

/* ---- whose cards ---- */

/* The card it is about: the one that fired it or that was moved or created a moment ago; of
 * the board that the action names; else every card. */
static bool is_meant(const struct giving *g, const struct candidate *candidate,
                     const struct sql_automate_cards *card)
{
    return g->action->board.id != 0 || candidate->card == 0 || candidate->card == card->card;
}

static bool is_given(const struct giving *g, int64_t card)
{
    for (size_t i = 0; i < g->n; i++) {
        if (g->gifts[i].card->card == card) {
            return true;
        }
    }
    return false;
}

static enum err find_gifts(struct giving *g)
{
    struct act *act = g->act;
    struct act_cards cards;
    TRY(act_cards_load(act, g->action->board.id, &cards));
    g->gifts = ARENA_ARRAY(act->round->arena, cards.n, struct gift);
    for (size_t i = 0; i < act->n; i++) {
        bool found = false;
        for (size_t k = 0; k < cards.n; k++) {
            const struct sql_automate_cards *card = &cards.row[k];
            if (card->nr != (int64_t)i + 1 || !is_meant(g, act->v[i], card)) {
                continue;
            }
            found = true;
            if (g->action->keep && !card->owner_null) {
                act_did(act, act->v[i], false, false, "Not given: it is %.*s’s already",
                        STR_ARG(card->owner_name));
            } else if (!is_given(g, card->card)) {
                g->gifts[g->n++] = (struct gift){.candidate = act->v[i], .card = card};
            }
        }
        if (!found) {
            act_did(act, act->v[i], false, false, "Not given: there is no card");
        }
    }
    return ERR_NONE;
}

/* ---- who may own them ---- */

static const struct sql_automate_may_own *may_own(const struct giving *g, int64_t board,
                                                  int64_t person)
{
    for (size_t i = 0; i < g->may.n; i++) {
        if (g->may.row[i].board == board && g->may.row[i].id == person) {
            return &g->may.row[i];
        }
    }
    return NULL;
}

static enum err load_may_own(struct giving *g, const int64_t *people, size_t n)
{
    int64_t *boards = ARENA_ARRAY(g->act->round->arena, g->n, int64_t);
    for (size_t i = 0; i < g->n; i++) {
        boards[i] = g->gifts[i].card->board;
    }
    const struct sql_automate_may_own_in in = {
        .dataset = g->act->round->dataset, .boards = {boards, g->n}, .people = {people, n}};
    return sql_automate_may_own(g->act->round->db, &in, &g->may);
}

static enum err load_users(struct giving *g)
{
    int64_t *people = ARENA_ARRAY(g->act->round->arena, g->action->n_users, int64_t);
    for (size_t i = 0; i < g->action->n_users; i++) {
        people[i] = g->action->users[i].id;
    }
    return load_may_own(g, people, g->action->n_users);
}

/* ---- to one ---- */

static enum err to_fixed(struct giving *g)
{
    const struct automation_ref *user = &g->action->users[0];
    TRY(load_users(g));
    for (size_t i = 0; i < g->n; i++) {
        struct gift *gift = &g->gifts[i];
        if (may_own(g, gift->card->board, user->id) != NULL) {
            gift->to = user->id;
        } else {
            act_did(g->act, gift->candidate, false, false,
                    "Not given: %.*s is not a member any more, or may not see the board",
                    STR_ARG(user->name));
        }
    }
    return ERR_NONE;
}

/* ---- in turn ---- */

static int64_t turn_of(const struct giving *g, int64_t user)
{
    int64_t turn = 0;
    for (size_t i = 0; i < g->turns.n; i++) {
        turn = g->turns.row[i].user == user ? g->turns.row[i].turn : turn;
    }
    for (size_t i = 0; i < g->n_turns; i++) {
        turn = g->turn_user[i] == user ? g->turn[i] : turn;
    }
    return turn;
}

/* Who waits longest; of those who never had one, the first. 0: nobody may own it. */
static int64_t next_in_turn(const struct giving *g, int64_t board)
{
    int64_t next = 0;
    for (size_t i = 0; i < g->action->n_users; i++) {
        int64_t user = g->action->users[i].id;
        if (may_own(g, board, user) != NULL &&
            (next == 0 || turn_of(g, user) < turn_of(g, next))) {
            next = user;
        }
    }
    return next;
}

static enum err begin_turns(struct giving *g)
{
    struct round *round = g->act->round;
    const struct sql_automate_turns_in in = {.dataset = round->dataset,
                                             .automation = g->act->automation->id};
    TRY(round->dry != NULL ? dry_turns(g->act, &g->turns)
                           : sql_automate_turns(round->db, &in, &g->turns));
    g->turn_user = ARENA_ARRAY(round->arena, g->n, int64_t);
    g->turn = ARENA_ARRAY(round->arena, g->n, int64_t);
    for (size_t i = 0; i < g->turns.n; i++) {
        g->last_turn =
            g->turns.row[i].turn > g->last_turn ? g->turns.row[i].turn : g->last_turn;
    }
    return ERR_NONE;
}

static enum err to_turns(struct giving *g)
{
    struct round *round = g->act->round;
    TRY(load_users(g));
    TRY(begin_turns(g));
    for (size_t i = 0; i < g->n; i++) {
        struct gift *gift = &g->gifts[i];
        gift->to = next_in_turn(g, gift->card->board);
        if (gift->to == 0) {
            act_did(g->act, gift->candidate, false, false,
                    "Not given: none of the people may see the board");
            continue;
        }
        g->turn_user[g->n_turns] = gift->to;
        g->turn[g->n_turns++] = ++g->last_turn;
    }
    const struct sql_automate_turn_in in = {.dataset = round->dataset,
                                            .automation = g->act->automation->id,
                                            .user = {g->turn_user, g->n_turns},
                                            .turn = {g->turn, g->n_turns}};
    if (round->dry != NULL) {
        dry_take_turns(g->act, g->turn_user, g->turn, g->n_turns);
        return ERR_NONE;
    }
    return g->n_turns == 0 ? ERR_NONE : sql_automate_turn(round->db, &in, NULL);
}

/* ---- to who sent the mail ---- */

static enum err event_senders(struct giving *g, struct str *senders)
{
    struct round *round = g->act->round;
    struct sql_automate_events_rows rows;
    int64_t *at = ARENA_ARRAY(round->arena, g->n, int64_t);
    int64_t *id = ARENA_ARRAY(round->arena, g->n, int64_t);
    for (size_t i = 0; i < g->n; i++) {
        bool event = g->gifts[i].candidate->cause == CAUSE_EVENT;
        at[i] = g->gifts[i].candidate->cause_at;
        id[i] = event ? g->gifts[i].candidate->cause_id : 0;
    }
    const struct sql_automate_events_in in = {
        .dataset = round->dataset, .at = {at, g->n}, .id = {id, g->n}};
    TRY(sql_automate_events(round->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        senders[rows.row[i].nr - 1] = rows.row[i].sender;
    }
    return ERR_NONE;
}

static enum err find_senders(struct giving *g, struct sql_automate_senders_rows *out)
{
    struct arena *arena = g->act->round->arena;
    struct str *senders = ARENA_ARRAY(arena, g->n, struct str);
    int64_t *account = ARENA_ARRAY(arena, g->n, int64_t);
    int64_t *lead = ARENA_ARRAY(arena, g->n, int64_t);
    TRY(event_senders(g, senders));
    for (size_t i = 0; i < g->n; i++) {
        account[i] = g->gifts[i].candidate->account;
        lead[i] = g->gifts[i].candidate->lead;
    }
    const struct sql_automate_senders_in in = {.dataset = g->act->round->dataset,
                                               .sender = {senders, g->n},
                                               .account = {account, g->n},
                                               .lead = {lead, g->n}};
    return sql_automate_senders(g->act->round->db, &in, out);
}

static enum err to_sender(struct giving *g)
{
    struct sql_automate_senders_rows rows;
    TRY(find_senders(g, &rows));
    int64_t *people = ARENA_ARRAY(g->act->round->arena, rows.n, int64_t);
    for (size_t i = 0; i < rows.n; i++) {
        people[i] = rows.row[i].user_null ? 0 : rows.row[i].user;
    }
    TRY(load_may_own(g, people, rows.n));
    for (size_t i = 0; i < rows.n; i++) {
        struct gift *gift = &g->gifts[rows.row[i].nr - 1];
        struct str sender = str_cut(rows.row[i].sender, 254);
        if (str_is_null(sender)) {
            act_did(g->act, gift->candidate, false, false,
                    "Not given: no mail says who sent it");
        } else if (rows.row[i].user_null ||
                   may_own(g, gift->card->board, rows.row[i].user) == NULL) {
            act_did(g->act, gift->candidate, false, false,
                    "Not given: nobody of the team who may see the board has the address %.*s",
                    STR_ARG(sender));
        } else {
            gift->to = rows.row[i].user;
        }
    }
    return ERR_NONE;
}

/* ---- giving ---- */

/* Those of one owner and board. */
static enum err give(struct giving *g, int64_t owner, int64_t board)
{
    struct act *act = g->act;
    struct sql_cards_assign row;
    int64_t *cards = ARENA_ARRAY(act->round->arena, g->n, int64_t);
    struct str *causes = ARENA_ARRAY(act->round->arena, g->n, struct str);
    const struct sql_automate_may_own *to = may_own(g, board, owner);
    struct str name = to == NULL ? STR("") : to->name;
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++) {
        struct gift *gift = &g->gifts[i];
        if (gift->to == owner && gift->card->board == board) {
            bool has = !gift->card->owner_null && gift->card->owner == owner;
            gift->to = 0;
            act_did(act, gift->candidate, !has, !has,
                    has ? "It is %.*s’s already" : "Given to %.*s", STR_ARG(name));
            cards[n] = gift->card->card;
            causes[n++] = gift->candidate->cause_json;
        }
    }
    const struct sql_cards_assign_in in = {.dataset = act->round->dataset,
                                           .board = board,
                                           .cards = {cards, n},
                                           .owner = owner,
                                           .user_null = true,
                                           .operation = act->operation,
                                           .rule = act->automation->id,
                                           .causes = {causes, n}};
    if (act->round->dry != NULL) {
        dry_assign(act, owner, name, in.cards);
        return ERR_NONE;
    }
    return sql_cards_assign(act->round->db, &in, &row);
}

enum err act_owner(struct act *act, const struct automation_action *action, size_t place)
{
    struct giving g = {.act = act, .action = action};
    (void)place;
    TRY(find_gifts(&g));
    if (g.n == 0) {
        return ERR_NONE;
    }
    TRY(action->how == OWNER_FIXED   ? to_fixed(&g)
        : action->how == OWNER_TURNS ? to_turns(&g)
                                     : to_sender(&g));
    for (size_t i = 0; i < g.n; i++) {
        if (g.gifts[i].to != 0) {
            TRY(give(&g, g.gifts[i].to, g.gifts[i].card->board));
        }
    }
    return ERR_NONE;
}
