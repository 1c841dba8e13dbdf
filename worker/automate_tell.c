#include "shared/json.h"
#include "shared/mail.h"
#include "shared/outbox.h"
#include "worker/automate_dry.h"
#include "worker/letter.h"

#define TEXT_MAX ((size_t)16 << 10)
#define DATA_MAX ((size_t)15000)

/* What is told of those of an act. */
struct telling {
    struct act *act;
    const struct automation_action *action;
    size_t place;
    struct sql_automate_told_rows rows; /* by candidate */
    struct sql_automate_origin origin;
};

static enum err load_told(struct telling *t)
{
    struct round *round = t->act->round;
    size_t n = t->act->n;
    struct act_cards cards;
    int64_t *account = ARENA_ARRAY(round->arena, n, int64_t);
    int64_t *lead = ARENA_ARRAY(round->arena, n, int64_t);
    int64_t *card = ARENA_ARRAY(round->arena, n, int64_t);
    TRY(act_cards_load(t->act, 0, &cards));
    for (size_t k = cards.n; k-- > 0;) { /* of several the first board's */
        card[cards.row[k].nr - 1] = cards.row[k].card;
    }
    for (size_t i = 0; i < n; i++) {
        account[i] = t->act->v[i]->account;
        lead[i] = t->act->v[i]->lead;
        card[i] = t->act->v[i]->card != 0 ? t->act->v[i]->card : card[i];
    }
    const struct sql_automate_told_in in = {.dataset = round->dataset,
                                            .account = {account, n},
                                            .lead = {lead, n},
                                            .card = {card, n}};
    TRY(sql_automate_told(round->db, &in, &t->rows));
    return sql_automate_origin(
        round->db, &(struct sql_automate_origin_in){.dataset = round->dataset}, &t->origin);
}

static const struct sql_automate_told *told_of(const struct telling *t, size_t i)
{
    for (size_t k = 0; k < t->rows.n; k++) {
        if (t->rows.row[k].nr == (int64_t)i + 1) {
            return &t->rows.row[k];
        }
    }
    return NULL;
}

/* ---- messages ---- */

static struct str link_of(const struct telling *t, const struct sql_automate_told *told)
{
    const struct config *config = automate_config(t->act->round->automate);
    struct str origin = config != NULL && !str_is_empty(config->public_url) ? config->public_url
                                                                            : t->origin.origin;
    return told->card_null || str_is_empty(origin)
               ? (struct str){0}
               : arena_print(t->act->round->arena, "%.*s/boards/%lld/cards/%lld",
                             STR_ARG(origin), (long long)told->board, (long long)told->card);
}

static struct str value_of(const struct telling *t, const struct sql_automate_told *told,
                           const struct candidate *candidate, struct str name)
{
    const struct {
        struct str name, value;
    } values[] = {
        {STR("company"), told->company},
        {STR("domain"), told->domain},
        {STR("person"), told->person},
        {STR("board"), told->board_name},
        {STR("stage"), told->stage},
        {STR("owner"), told->owner_name},
        {STR("why"), candidate->why},
        {STR("link"), link_of(t, told)},
        {STR("score"), told->score_null ? (struct str){0}
                                        : arena_print(t->act->round->arena, "%d", told->score)},
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (str_eq(values[i].name, name)) {
            return str_is_null(values[i].value) ? STR("") : values[i].value;
        }
    }
    return (struct str){0};
}

/* Words in braces that are known are filled in, with what is not known left empty. */
static struct str fill(const struct telling *t, const struct sql_automate_told *told,
                       const struct candidate *candidate, struct str text)
{
    struct sb sb;
    sb_init(&sb, t->act->round->arena, TEXT_MAX);
    for (size_t i = 0; i < text.n;) {
        struct str rest = str_slice(text, i + 1, text.n);
        struct str word = str_slice(rest, 0, str_find(rest, '}'));
        struct str value = text.p[i] == '{' && word.n < rest.n
                               ? value_of(t, told, candidate, word)
                               : (struct str){0};
        if (str_is_null(value)) {
            sb_char(&sb, text.p[i++]);
        } else {
            sb_str(&sb, str_cut(value, 500));
            i += word.n + 2;
        }
    }
    return sb_view(&sb);
}

static struct str key_of(const struct telling *t, const struct candidate *candidate, int part)
{
    return arena_print(t->act->round->arena, "run:%lld:%zu:%d", (long long)candidate->run,
                       t->place, part);
}

/* ---- looking back ---- */

/* Asked once. */
static enum err is_on(const struct telling *t, bool *out_on)
{
    struct dry *dry = t->act->round->dry;
    bool fresh;
    struct dry_entry *known =
        dry_map_at(&dry->integrations, dry->keep, t->action->integration.id, 0,
                   (struct str){.p = NULL}, &fresh);
    const struct sql_backtest_integration_in in = {.dataset = t->act->round->dataset,
                                                   .integration = t->action->integration.id};
    struct sql_backtest_integration row;
    if (fresh) {
        TRY(sql_backtest_integration(t->act->round->db, &in, &row));
        known->state = row.is_on;
    }
    *out_on = known->state != 0;
    return ERR_NONE;
}

/* Of what is told only the card and its owner as they would be. */
static enum err load_dry(struct telling *t)
{
    struct act *act = t->act;
    struct act_cards cards;
    struct sql_automate_told *rows =
        ARENA_ARRAY(act->round->arena, act->n, struct sql_automate_told);
    TRY(act_cards_load(act, 0, &cards));
    for (size_t i = 0; i < act->n; i++) {
        rows[i] = (struct sql_automate_told){
            .nr = (int64_t)i + 1, .card_null = true, .owner_null = true};
    }
    for (size_t k = cards.n; k-- > 0;) {
        const struct sql_automate_cards *card = &cards.row[k];
        struct sql_automate_told *told = &rows[card->nr - 1];
        int64_t about = act->v[card->nr - 1]->card;
        if (about == 0 || about == card->card) {
            told->card = card->card;
            told->card_null = false;
            told->owner_null = card->owner_null;
            told->owner_name = card->owner_name;
        }
    }
    t->rows.row = rows;
    t->rows.n = act->n;
    return ERR_NONE;
}

/* ---- webhooks, Slack, CRMs ---- */

/* What is known of whom it is about, the automation, and why. */
static struct str data_of(const struct telling *t, const struct sql_automate_told *told,
                          const struct candidate *candidate)
{
    struct sb sb;
    struct str data = str_is_null(told->card_data) ? told->data : told->card_data;
    const struct booked *automation = t->act->automation;
    sb_init(&sb, t->act->round->arena, DATA_MAX);
    sb_str(&sb, str_slice(data, 0, data.n - 1)); /* without the last brace */
    sb_str(&sb, data.n > 2 ? STR(",") : STR(""));
    sb_printf(&sb, "\"automation\":{\"id\":\"%lld\",\"version\":%d,\"name\":",
              (long long)automation->id, automation->version);
    json_write_str(&sb, automation->name);
    sb_printf(&sb, ",\"run\":\"%lld\",\"why\":", (long long)candidate->run);
    json_write_str(&sb, candidate->why);
    sb_char(&sb, '}');
    if (t->action->what == DO_SLACK) {
        SB_LIT(&sb, ",\"text\":");
        json_write_str(&sb, fill(t, told, candidate, t->action->text));
    }
    sb_char(&sb, '}');
    return sb_view(&sb);
}

static enum err push(const struct telling *t, const struct sql_automate_told *told,
                     const struct candidate *candidate, int64_t *out_id)
{
    const struct outbox_pushing pushing = {
        .dataset = t->act->round->dataset,
        .integration = t->action->integration.id,
        .key = key_of(t, candidate, 0),
        .card = told->card_null ? 0 : told->card,
        .account = told->card_null ? candidate->account : 0,
        .lead = told->card_null && candidate->account == 0 ? candidate->lead : 0,
        .reason = arena_print(t->act->round->arena, "%.*s: %.*s",
                              STR_ARG(t->act->automation->name), STR_ARG(candidate->why))};
    return outbox_push(t->act->round->db, &pushing, out_id);
}

static enum err deliver(const struct telling *t, const struct sql_automate_told *told,
                        const struct candidate *candidate, int64_t *out_id)
{
    const struct outbox_delivery delivery = {.dataset = t->act->round->dataset,
                                             .integration = t->action->integration.id,
                                             .key = key_of(t, candidate, 0),
                                             .type = STR("automation.ran"),
                                             .card = told->card_null ? 0 : told->card,
                                             .account = candidate->account,
                                             .lead = candidate->lead,
                                             .data = data_of(t, told, candidate)};
    return outbox_add(t->act->round->db, &delivery, out_id);
}

static enum err hand_over(const struct telling *t, const struct sql_automate_told *told,
                          const struct candidate *candidate, int64_t *out_id)
{
    struct dry *dry = t->act->round->dry;
    bool on;
    if (dry == NULL) {
        return t->action->what == DO_PUSH ? push(t, told, candidate, out_id)
                                          : deliver(t, told, candidate, out_id);
    }
    TRY(is_on(t, &on));
    *out_id = on ? ++dry->count.deliveries : 0;
    return ERR_NONE;
}

enum err act_tell(struct act *act, const struct automation_action *action, size_t place)
{
    struct telling t = {.act = act, .action = action, .place = place};
    struct str name = act_name(act, AUTOMATION_INTEGRATION, &action->integration);
    TRY(act->round->dry != NULL ? load_dry(&t) : load_told(&t));
    for (size_t i = 0; i < act->n; i++) {
        const struct sql_automate_told *told = told_of(&t, i);
        int64_t id = 0;
        if (!str_is_null(name) && told != NULL) {
            TRY(hand_over(&t, told, act->v[i], &id));
        }
        if (id != 0) {
            act_did(act, act->v[i], true, false,
                    action->what == DO_PUSH ? "Handed to %.*s, to be pushed"
                                            : "Handed to %.*s, to be sent",
                    STR_ARG(name));
        } else if (str_is_null(name)) {
            act_did(act, act->v[i], false, false,
                    "Not sent: the integration is gone. The automation is to be changed");
        } else {
            act_did(act, act->v[i], false, false, "Not sent: %.*s is switched off",
                    STR_ARG(name));
        }
    }
    return ERR_NONE;
}

/* ---- mail ---- */

struct addressee {
    struct str email, name;
    int64_t user;
};

static enum err mail_to(const struct telling *t, const struct sql_automate_told *told,
                        const struct candidate *candidate, const struct addressee *to, int part)
{
    struct arena *arena = t->act->round->arena;
    struct letter letter;
    if (t->act->round->dry != NULL) {
        t->act->round->dry->count.deliveries++;
        return ERR_NONE;
    }
    struct mail mail = {.workspace = t->origin.workspace,
                        .dataset = t->act->round->dataset,
                        .key = key_of(t, candidate, part),
                        .user = to->user,
                        .to = to->email,
                        .to_name = to->name,
                        .subject = fill(t, told, candidate, t->action->subject)};
    struct str text = fill(t, told, candidate, t->action->text), line;
    letter_open(&letter, arena, mail.subject);
    while (str_next(&text, '\n', &line)) {
        line = str_trim(line);
        if (line.n > 0) {
            letter_paragraph(&letter, line);
        }
    }
    letter_button(&letter, STR("Open the card"), link_of(t, told));
    letter_close(&letter,
                 arena_print(arena, "Sent by the automation “%.*s” of LeadBoard.",
                             STR_ARG(t->act->automation->name)),
                 &mail.text, &mail.html);
    return mail_add(t->act->round->db, &mail, NULL);
}

static enum err mail_owner(const struct telling *t, const struct sql_automate_told *told,
                           struct candidate *candidate)
{
    if (told->card_null || told->owner_null) {
        act_did(t->act, candidate, false, false,
                told->card_null ? "No mail: there is no card"
                                : "No mail: nobody owns the card");
        return ERR_NONE;
    }
    const struct addressee to = {
        .email = told->owner_email, .name = told->owner_name, .user = told->owner};
    TRY(mail_to(t, told, candidate, &to, 0));
    act_did(t->act, candidate, true, false, "Mail to %.*s", STR_ARG(told->owner_name));
    return ERR_NONE;
}

static enum err mail_addresses(const struct telling *t, const struct sql_automate_told *told,
                               struct candidate *candidate)
{
    const struct automation_action *action = t->action;
    for (size_t i = 0; i < action->n_addresses; i++) {
        const struct addressee to = {.email = action->addresses[i], .name = STR("")};
        TRY(mail_to(t, told, candidate, &to, (int)i));
    }
    if (action->n_addresses == 1) {
        act_did(t->act, candidate, true, false, "Mail to %.*s", STR_ARG(action->addresses[0]));
    } else {
        act_did(t->act, candidate, true, false, "Mail to %zu addresses", action->n_addresses);
    }
    return ERR_NONE;
}

enum err act_mail(struct act *act, const struct automation_action *action, size_t place)
{
    struct telling t = {.act = act, .action = action, .place = place};
    TRY(act->round->dry != NULL ? load_dry(&t) : load_told(&t));
    for (size_t i = 0; i < act->n; i++) {
        const struct sql_automate_told *told = told_of(&t, i);
        if (told != NULL) {
            TRY(action->how == MAIL_OWNER ? mail_owner(&t, told, act->v[i])
                                          : mail_addresses(&t, told, act->v[i]));
        }
    }
    return ERR_NONE;
}
