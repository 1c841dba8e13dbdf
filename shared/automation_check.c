#include "shared/automation_parts.h"
#include "shared/domain.h"
#include "shared/filter_event.h"
#include "shared/filter_sense.h"

/* ---- text ---- */

static enum err check_text(struct ctx *ctx, const char *what, struct str text, size_t most,
                           bool lines)
{
    if (str_is_empty(str_trim(text))) {
        return ctx_fail(ctx, ERR_INVALID, "%s is missing.", what);
    }
    if (!str_is_utf8(text) || str_utf8_length(text) > most) {
        return ctx_fail(ctx, ERR_INVALID, "%s has at most %zu characters.", what, most);
    }
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool breaks = c == '\n' || c == '\r' || c == '\t';
        if (c == 0x7f || (c < 0x20 && !(lines && breaks))) {
            return ctx_fail(ctx, ERR_INVALID, "%s is %s text.", what,
                            lines ? "plain" : "one line of");
        }
    }
    return ERR_NONE;
}

static bool is_value(struct str name, const struct automation_value *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(name, str_from(list[i].name))) {
            return true;
        }
    }
    return false;
}

static bool is_word(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < 'a' || text.p[i] > 'z') {
            return false;
        }
    }
    return text.n > 0;
}

/* A word in braces is one of those that are filled in; other braces are only braces. */
static enum err check_placeholders(struct ctx *ctx, struct str text)
{
    size_t n;
    const struct automation_value *list = automation_placeholders(&n);
    for (size_t i = 0; i < text.n; i++) {
        struct str rest = str_slice(text, i + 1, text.n);
        struct str word = str_slice(rest, 0, str_find(rest, '}'));
        if (text.p[i] == '{' && word.n < rest.n && is_word(word) && !is_value(word, list, n)) {
            return ctx_fail(ctx, ERR_INVALID,
                            "There is no “{%.*s}” to fill in. There are {company}, {domain}, "
                            "{person}, {board}, {stage}, {owner}, {score}, {why} and {link}.",
                            STR_ARG(str_cut(word, 40)));
        }
    }
    return ERR_NONE;
}

/* ---- actions ---- */

static enum err check_property(struct ctx *ctx, const struct automation_action *action)
{
    size_t n;
    const struct automation_value *list = automation_values(&n);
    TRY(check_text(ctx, "The name of the property", action->key, FILTER_KEY_BYTES, false));
    if (!str_is_empty(action->from)) {
        return is_value(action->from, list, n)
                   ? ERR_NONE
                   : ctx_fail(ctx, ERR_INVALID, "“%.*s” is not something that a visit tells.",
                              STR_ARG(str_cut(action->from, 40)));
    }
    return check_text(ctx, "The value of the property", action->value, AUTOMATION_VALUE_MAX,
                      false);
}

static enum err check_card(struct ctx *ctx, const struct automation_action *action)
{
    if (action->stage.id == 0 && action->how != CARD_CREATE) {
        return ctx_fail(ctx, ERR_INVALID, "Choose the stage that the card is to be moved to.");
    }
    return ERR_NONE;
}

static enum err check_owner(struct ctx *ctx, const struct automation_action *action)
{
    if (action->how == OWNER_FIXED && action->n_users != 1) {
        return ctx_fail(ctx, ERR_INVALID, "Choose the person who is to be the owner.");
    }
    if (action->how == OWNER_TURNS && action->n_users < 2) {
        return ctx_fail(ctx, ERR_INVALID, "Choose at least two people to take turns.");
    }
    return ERR_NONE;
}

static enum err check_mail(struct ctx *ctx, const struct automation_action *action)
{
    if (action->how == MAIL_ADDRESSES && action->n_addresses == 0) {
        return ctx_fail(ctx, ERR_INVALID, "Say to which address the mail is to go.");
    }
    for (size_t i = 0; i < action->n_addresses; i++) {
        struct email email;
        if (!email_parse(ctx->arena, action->addresses[i], &email)) {
            return ctx_fail(ctx, ERR_INVALID, "“%.*s” is not an email address.",
                            STR_ARG(str_cut(action->addresses[i], 80)));
        }
    }
    return ERR_NONE;
}

static enum err check_messages(struct ctx *ctx, const struct automation_action *action,
                               unsigned needs)
{
    if ((needs & NEEDS_SUBJECT) != 0) {
        TRY(check_text(ctx, "The subject of the mail", action->subject, AUTOMATION_SUBJECT_MAX,
                       false));
        TRY(check_placeholders(ctx, action->subject));
    }
    if ((needs & NEEDS_TEXT) != 0) {
        TRY(check_text(ctx, "The text of the message", action->text, AUTOMATION_TEXT_MAX,
                       true));
        TRY(check_placeholders(ctx, action->text));
    }
    return ERR_NONE;
}

static enum err check_action(struct ctx *ctx, const struct automation_action *action)
{
    unsigned needs = automation_needs(action->what);
    enum automation_how end, first = automation_hows(action->what, &end);
    if (action->what < DO_ADD_TAG || action->what >= DO__END ||
        (first != end && (action->how < first || action->how >= end))) {
        return ctx_fail(ctx, ERR_INVALID, "Choose what is to be done.");
    }
    if ((needs & NEEDS_TAG) != 0 && action->tag.id <= 0) {
        return ctx_fail(ctx, ERR_INVALID, "Choose a tag.");
    }
    TRY(action->what == DO_CARD ? check_card(ctx, action) : ERR_NONE);
    if ((needs & NEEDS_BOARD) != 0 && action->board.id <= 0) {
        return ctx_fail(ctx, ERR_INVALID, "Choose a board.");
    }
    if ((needs & NEEDS_INTEGRATION) != 0 && action->integration.id <= 0) {
        return ctx_fail(ctx, ERR_INVALID, "Choose which of the integrations is to be told.");
    }
    TRY((needs & NEEDS_PROPERTY) != 0 ? check_property(ctx, action) : ERR_NONE);
    TRY(action->what == DO_OWNER ? check_owner(ctx, action) : ERR_NONE);
    TRY(action->what == DO_MAIL ? check_mail(ctx, action) : ERR_NONE);
    return check_messages(ctx, action, needs);
}

/* ---- the trigger ---- */

static enum err check_refs(struct ctx *ctx, const struct automation_trigger *trigger)
{
    static const char *const asked[FILTER_KIND__COUNT] = {
        [FILTER_STAGE] = "Choose the stage that a card is to enter.",
        [FILTER_BOARD] = "Choose the board that a card is to come onto.",
        [FILTER_TAG] = "Choose the tag that is to be put on.",
        [FILTER_SEGMENT] = "Choose the segment that is to be entered."};
    enum filter_kind kind = automation_when_ids(trigger->when);
    if (kind == FILTER_KIND__COUNT) {
        return trigger->n_refs == 0
                   ? ERR_NONE
                   : ctx_fail(ctx, ERR_INVALID, "This trigger does not name anything.");
    }
    if (trigger->n_refs == 0 && asked[kind] != NULL) {
        return ctx_fail(ctx, ERR_INVALID, "%s", asked[kind]);
    }
    for (size_t i = 0; i < trigger->n_refs; i++) {
        if (trigger->refs[i].id <= 0 || trigger->n_refs > AUTOMATION_REFS_MAX) {
            return ctx_fail(ctx, ERR_INVALID, "%s",
                            asked[kind] != NULL ? asked[kind] : "Choose people of the team.");
        }
    }
    return ERR_NONE;
}

enum automation_source automation_source(const struct automation_rule *rule)
{
    switch (rule->trigger.when) {
    case WHEN_STAGE:
    case WHEN_BOARD:
    case WHEN_OWNER:
        return SOURCE_CARD;
    case WHEN_TAG:
        return SOURCE_TAG;
    case WHEN_MATCH:
        return filter_decided_by_event(&rule->trigger.filter) ? SOURCE_EVENT : SOURCE_MEMBER;
    case WHEN_SCORE:
    case WHEN_SEGMENT:
    case WHEN__END:
    default:
        return SOURCE_MEMBER;
    }
}

static enum err check_trigger(struct ctx *ctx, const struct automation_rule *rule)
{
    const struct automation_trigger *trigger = &rule->trigger;
    if (trigger->when < WHEN_MATCH || trigger->when >= WHEN__END) {
        return ctx_fail(ctx, ERR_INVALID, "Choose what is to be waited for.");
    }
    TRY(check_refs(ctx, trigger));
    if (trigger->when == WHEN_SCORE && (trigger->score < 0 || trigger->score > 99)) {
        return ctx_fail(ctx, ERR_INVALID,
                        "The leadscore to rise above is a whole number from 0 to 99.");
    }
    if (trigger->when == WHEN_MATCH && trigger->filter.root.n_nodes == 0) {
        return ctx_fail(
            ctx, ERR_INVALID,
            "Say what is waited for: without a condition it would run for everybody.");
    }
    bool of_event = automation_source(rule) == SOURCE_EVENT;
    struct str never = filter_never(ctx, &trigger->filter, of_event);
    return str_is_null(never) ? ERR_NONE : ctx_fail(ctx, ERR_INVALID, "%.*s", STR_ARG(never));
}

enum err automation_check(struct ctx *ctx, const struct automation_rule *rule,
                          size_t *out_where)
{
    *out_where = 0;
    TRY(check_trigger(ctx, rule));
    if (rule->n_actions == 0 || rule->n_actions > AUTOMATION_ACTIONS_MAX) {
        return ctx_fail(ctx, ERR_INVALID, "Say what is to be done: from one to %d actions.",
                        AUTOMATION_ACTIONS_MAX);
    }
    for (size_t i = 0; i < rule->n_actions; i++) {
        *out_where = i + 1;
        TRY(check_action(ctx, &rule->actions[i]));
    }
    *out_where = 0;
    return ERR_NONE;
}
