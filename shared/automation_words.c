#include "shared/automation_parts.h"

#include "gen/sql.h"
#include "shared/filter_event.h"
#include "shared/sb.h"

#include <stdarg.h>
#include <stdio.h>

#define SENTENCE_MAX ((size_t)16 << 10)
#define TEXT_SHOWN 80

/* ---- lists of sentences ---- */

void automation_say(struct automation_says *says, const char *format, ...)
{
    char line[1200];
    va_list args;
    if (says->n == sizeof(says->v) / sizeof(says->v[0])) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    struct str text = arena_dup(says->ctx->arena, str_cut(str_from(line), sizeof(line)));
    for (size_t i = 0; i < says->n; i++) {
        if (str_eq(says->v[i], text)) {
            return;
        }
    }
    says->v[says->n++] = text;
}

struct automation_list automation_said(struct automation_says *says)
{
    struct str *v = ARENA_ARRAY(says->ctx->arena, says->n, struct str);
    for (size_t i = 0; i < says->n; i++) {
        v[i] = says->v[i];
    }
    return (struct automation_list){.v = v, .n = says->n};
}

/* ---- names ---- */

struct automation_names {
    const struct sql_automation_names *rows;
    size_t n;
    const struct filter_names *filter;
};

static const char *const kinds[] = {
    [FILTER_TAG] = "tag",   [FILTER_BOARD] = "board",     [FILTER_STAGE] = "stage",
    [FILTER_USER] = "user", [FILTER_SEGMENT] = "segment", [FILTER_KIND__COUNT] = "integration"};
static const char *const nouns[] = {
    [FILTER_TAG] = "tag",         [FILTER_BOARD] = "board",
    [FILTER_STAGE] = "stage",     [FILTER_USER] = "person",
    [FILTER_SEGMENT] = "segment", [FILTER_KIND__COUNT] = "integration"};

/* NULL: there is none any more. */
static const struct sql_automation_names *find(const struct automation_names *names,
                                               enum filter_kind kind, int64_t id)
{
    for (size_t i = 0; i < names->n; i++) {
        if (names->rows[i].id == id && str_eq(names->rows[i].kind, str_from(kinds[kind]))) {
            return &names->rows[i];
        }
    }
    return NULL;
}

struct str automation_name(const struct automation_names *names, enum filter_kind kind,
                           int64_t id)
{
    const struct sql_automation_names *row = find(names, kind, id);
    return row == NULL ? (struct str){0} : row->name;
}

int64_t automation_name_of(const struct automation_names *names, enum filter_kind kind,
                           int64_t id)
{
    const struct sql_automation_names *row = find(names, kind, id);
    return row == NULL ? 0 : row->part_of;
}

/* Everything that a rule refers to, with the kind of it. */
typedef void ref_visitor(enum filter_kind kind, struct automation_ref *ref, void *data);

static void visit_refs(struct automation_rule *rule, ref_visitor *each, void *data)
{
    enum filter_kind of_trigger = automation_when_ids(rule->trigger.when);
    for (size_t i = 0; of_trigger != FILTER_KIND__COUNT && i < rule->trigger.n_refs; i++) {
        each(of_trigger, &rule->trigger.refs[i], data);
    }
    for (size_t i = 0; i < rule->n_actions; i++) {
        struct automation_action *action = &rule->actions[i];
        each(FILTER_TAG, &action->tag, data);
        each(FILTER_BOARD, &action->board, data);
        each(FILTER_STAGE, &action->stage, data);
        each(AUTOMATION_INTEGRATION, &action->integration, data);
        for (size_t k = 0; k < action->n_users; k++) {
            each(FILTER_USER, &action->users[k], data);
        }
    }
}

struct wanted {
    int64_t *v[FILTER_KIND__COUNT + 1];
    size_t n[FILTER_KIND__COUNT + 1];
};

static void count(enum filter_kind kind, struct automation_ref *ref, void *data)
{
    struct wanted *wanted = data;
    wanted->n[kind] += ref->id != 0;
}

static void want(enum filter_kind kind, struct automation_ref *ref, void *data)
{
    struct wanted *wanted = data;
    if (ref->id != 0) {
        wanted->v[kind][wanted->n[kind]++] = ref->id;
    }
}

static struct sql_i64s wants(const struct wanted *wanted, enum filter_kind kind)
{
    return (struct sql_i64s){.v = wanted->v[kind], .n = wanted->n[kind]};
}

static struct wanted want_all(struct ctx *ctx, const struct automation_rule *const *rules,
                              size_t n)
{
    struct wanted wanted = {0};
    for (size_t i = 0; i < n; i++) {
        struct automation_rule rule = *rules[i];
        visit_refs(&rule, count, &wanted);
    }
    for (size_t kind = 0; kind <= FILTER_KIND__COUNT; kind++) {
        wanted.v[kind] = ARENA_ARRAY(ctx->arena, wanted.n[kind], int64_t);
        wanted.n[kind] = 0;
    }
    for (size_t i = 0; i < n; i++) {
        struct automation_rule rule = *rules[i];
        visit_refs(&rule, want, &wanted);
    }
    return wanted;
}

enum err automation_names_load(struct db *db, int64_t dataset, int64_t user,
                               const struct automation_rule *const *rules, size_t n,
                               const struct automation_names **out_names)
{
    struct ctx *ctx = db_ctx(db);
    struct automation_names *names = ARENA_NEW(ctx->arena, struct automation_names);
    struct wanted wanted = want_all(ctx, rules, n);
    const struct filter **filters = ARENA_ARRAY(ctx->arena, n, const struct filter *);
    const struct sql_automation_names_in in = {.dataset = dataset,
                                               .user = user,
                                               .boards = wants(&wanted, FILTER_BOARD),
                                               .stages = wants(&wanted, FILTER_STAGE),
                                               .users = wants(&wanted, FILTER_USER),
                                               .tags = wants(&wanted, FILTER_TAG),
                                               .segments = wants(&wanted, FILTER_SEGMENT),
                                               .integrations =
                                                   wants(&wanted, AUTOMATION_INTEGRATION)};
    struct sql_automation_names_rows rows;
    for (size_t i = 0; i < n; i++) {
        filters[i] = &rules[i]->trigger.filter;
    }
    TRY(sql_automation_names(db, &in, &rows));
    TRY(filter_names_load(db, dataset, user, filters, n, &names->filter));
    names->rows = rows.row;
    names->n = rows.n;
    *out_names = names;
    return ERR_NONE;
}

struct keeping {
    const struct automation_names *names;
    struct ctx *ctx;
    enum err err;
};

static void keep(enum filter_kind kind, struct automation_ref *ref, void *data)
{
    struct keeping *keeping = data;
    if (ref->id == 0 || keeping->err != ERR_NONE) {
        return;
    }
    struct str name = automation_name(keeping->names, kind, ref->id);
    if (str_is_null(name)) {
        keeping->err = ctx_fail(keeping->ctx, ERR_INVALID,
                                "The %s that you chose is not there any more. Choose another.",
                                nouns[kind]);
    }
    ref->name = name;
}

enum err automation_keep_names(struct ctx *ctx, struct automation_rule *rule,
                               const struct automation_names *names)
{
    struct keeping keeping = {.names = names, .ctx = ctx};
    visit_refs(rule, keep, &keeping);
    filter_names_keep(ctx, &rule->trigger.filter, names->filter);
    return keeping.err;
}

/* What it is called, now or when it was saved. */
static struct str call(struct ctx *ctx, enum filter_kind kind, const struct automation_ref *ref,
                       const struct automation_names *names)
{
    struct str name = names == NULL ? (struct str){0} : automation_name(names, kind, ref->id);
    name = str_is_null(name) ? ref->name : name;
    return str_is_empty(name)
               ? arena_print(ctx->arena, "(%s %lld)", nouns[kind], (long long)ref->id)
               : name;
}

/* ---- the trigger ---- */

struct words {
    struct ctx *ctx;
    struct sb sb;
    const struct automation_names *names;
};

static void say_refs(struct words *w, enum filter_kind kind, const struct automation_ref *refs,
                     size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sb_str(&w->sb, i == 0 ? STR("") : i + 1 == n ? STR(" or ") : STR(", "));
        sb_str(&w->sb, call(w->ctx, kind, &refs[i], w->names));
    }
}

static void say_when(struct words *w, const struct automation_trigger *trigger)
{
    bool people = trigger->filter.subject == FILTER_LEADS;
    static const char *const before[WHEN__END] = {
        [WHEN_STAGE] = "a card enters ",         [WHEN_BOARD] = "a card comes onto the board ",
        [WHEN_OWNER] = "a card is given to ",    [WHEN_TAG] = "the tag ",
        [WHEN_SEGMENT] = " enters the segment ",
    };
    if (trigger->when == WHEN_SCORE) {
        sb_printf(&w->sb, "the leadscore of a %s rises above %d", people ? "person" : "company",
                  trigger->score);
        return;
    }
    if (trigger->when == WHEN_SEGMENT) {
        sb_str(&w->sb, people ? STR("a person") : STR("a company"));
    }
    sb_str(&w->sb, str_from(before[trigger->when]));
    say_refs(w, automation_when_ids(trigger->when), trigger->refs, trigger->n_refs);
    if (trigger->when == WHEN_OWNER && trigger->n_refs == 0) {
        SB_LIT(&w->sb, "somebody");
    }
    if (trigger->when == WHEN_TAG) {
        sb_printf(&w->sb, " is put on a %s", people ? "person" : "company");
    }
}

/* Of what is waited for: "this happens for a company: visited /pricing*". Of what must hold
 * besides: "industry is Publishing". */
static void say_filter(struct words *w, const struct automation_trigger *trigger)
{
    const char *whom = trigger->filter.subject == FILTER_LEADS ? "person" : "company";
    bool event = filter_decided_by_event(&trigger->filter);
    if (trigger->filter.root.n_nodes == 0) {
        return;
    }
    if (automation_waits_for_filter(trigger)) {
        sb_printf(&w->sb, "this %s for a %s: ", event ? "happens" : "becomes true", whom);
    } else {
        SB_LIT(&w->sb, " and ");
    }
    sb_str(&w->sb, filter_sentence(w->ctx, &trigger->filter,
                                   w->names == NULL ? NULL : w->names->filter));
}

static void say_trigger(struct words *w, const struct automation_trigger *trigger)
{
    SB_LIT(&w->sb, "When ");
    if (!automation_waits_for_filter(trigger)) {
        say_when(w, trigger);
    }
    say_filter(w, trigger);
}

static struct words begin(struct ctx *ctx, const struct automation_names *names)
{
    struct words w = {.ctx = ctx, .names = names};
    sb_init(&w.sb, ctx->arena, SENTENCE_MAX);
    return w;
}

struct str automation_trigger_words(struct ctx *ctx, const struct automation_trigger *trigger,
                                    const struct automation_names *names)
{
    struct words w = begin(ctx, names);
    say_trigger(&w, trigger);
    return sb_view(&w.sb);
}

/* ---- actions ---- */

static void say_short(struct words *w, struct str text)
{
    struct str cut = str_cut(text, TEXT_SHOWN);
    sb_printf(&w->sb, "“%.*s%s”", STR_ARG(cut), cut.n < text.n ? "…" : "");
}

static struct str value_label(struct str from)
{
    size_t n;
    const struct automation_value *list = automation_values(&n);
    for (size_t i = 0; i < n; i++) {
        if (str_eq(from, str_from(list[i].name))) {
            return str_from(list[i].label);
        }
    }
    return from;
}

static void say_card(struct words *w, const struct automation_action *action)
{
    struct str board = call(w->ctx, FILTER_BOARD, &action->board, w->names);
    struct str stage = call(w->ctx, FILTER_STAGE, &action->stage, w->names);
    if (action->how == CARD_CREATE) {
        sb_printf(&w->sb, "create a card on %.*s where there is none", STR_ARG(board));
        sb_printf(&w->sb, action->stage.id == 0 ? "%.*s" : ", in %.*s",
                  STR_ARG(action->stage.id == 0 ? STR("") : stage));
    } else {
        sb_printf(&w->sb, "move the card to %.*s%s", STR_ARG(stage),
                  action->how == CARD_PUT ? ", creating it where there is none" : "");
    }
}

static void say_owner(struct words *w, const struct automation_action *action)
{
    SB_LIT(&w->sb, "give the card");
    if (action->board.id != 0) {
        sb_printf(&w->sb, " on %.*s",
                  STR_ARG(call(w->ctx, FILTER_BOARD, &action->board, w->names)));
    }
    SB_LIT(&w->sb, " to ");
    if (action->how == OWNER_SENDER) {
        SB_LIT(&w->sb, "whoever sent the mail");
    } else {
        say_refs(w, FILTER_USER, action->users, action->n_users);
    }
    sb_str(&w->sb, action->how == OWNER_TURNS ? STR(" in turn") : STR(""));
    sb_str(&w->sb, action->keep ? STR(" where nobody owns it") : STR(""));
}

static void say_mail(struct words *w, const struct automation_action *action)
{
    SB_LIT(&w->sb, "mail ");
    say_short(w, action->subject);
    SB_LIT(&w->sb, " to ");
    if (action->how == MAIL_OWNER) {
        SB_LIT(&w->sb, "the owner of the card");
    }
    for (size_t i = 0; action->how == MAIL_ADDRESSES && i < action->n_addresses; i++) {
        sb_str(&w->sb, i == 0 ? STR("") : STR(", "));
        sb_str(&w->sb, action->addresses[i]);
    }
}

static void say_property(struct words *w, const struct automation_action *action)
{
    sb_printf(&w->sb, "set “%.*s” of the %s to ", STR_ARG(action->key),
              action->person ? "person" : "company");
    if (str_is_empty(action->from)) {
        say_short(w, action->value);
    } else {
        sb_str(&w->sb, value_label(action->from));
    }
}

static void say_action(struct words *w, const struct automation_action *action)
{
    struct str tag = call(w->ctx, FILTER_TAG, &action->tag, w->names);
    struct str integration =
        call(w->ctx, AUTOMATION_INTEGRATION, &action->integration, w->names);
    const char *whom = action->person ? "person" : "company";
    switch (action->what) {
    case DO_ADD_TAG:
        sb_printf(&w->sb, "put the tag %.*s on the %s", STR_ARG(tag), whom);
        return;
    case DO_REMOVE_TAG:
        sb_printf(&w->sb, "take the tag %.*s off the %s", STR_ARG(tag), whom);
        return;
    case DO_SET_PROPERTY:
        say_property(w, action);
        return;
    case DO_CARD:
        say_card(w, action);
        return;
    case DO_OWNER:
        say_owner(w, action);
        return;
    case DO_REMOVE_CARD:
        sb_printf(&w->sb, "remove the card from %.*s%s",
                  STR_ARG(call(w->ctx, FILTER_BOARD, &action->board, w->names)),
                  action->exclude ? ", never to return" : "");
        return;
    case DO_WEBHOOK:
        sb_printf(&w->sb, "call the webhook %.*s", STR_ARG(integration));
        return;
    case DO_SLACK:
        sb_printf(&w->sb, "write to %.*s: ", STR_ARG(integration));
        say_short(w, action->text);
        return;
    case DO_MAIL:
        say_mail(w, action);
        return;
    case DO_PUSH:
        sb_printf(&w->sb, "push to %.*s", STR_ARG(integration));
        return;
    case DO__END:
        return;
    }
}

struct str automation_action_words(struct ctx *ctx, const struct automation_action *action,
                                   const struct automation_names *names)
{
    struct words w = begin(ctx, names);
    say_action(&w, action);
    return sb_view(&w.sb);
}

struct str automation_sentence(struct ctx *ctx, const struct automation_rule *rule,
                               const struct automation_names *names)
{
    struct words w = begin(ctx, names);
    say_trigger(&w, &rule->trigger);
    for (size_t i = 0; i < rule->n_actions; i++) {
        SB_LIT(&w.sb, ", then ");
        say_action(&w, &rule->actions[i]);
    }
    SB_LIT(&w.sb, ".");
    return sb_view(&w.sb);
}

struct str automation_span(struct ctx *ctx, int64_t seconds)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    size_t i = 0;
    while (i < 3 && (seconds < units[i].seconds || seconds % units[i].seconds != 0)) {
        i++;
    }
    long long n = (long long)(seconds / units[i].seconds);
    return arena_print(ctx->arena, "%lld %s%s", n, units[i].name, n == 1 ? "" : "s");
}

/* ---- what is wrong ---- */

struct mending {
    struct automation_says says;
    const struct automation_names *names;
    const char *what; /* what is left out until it is mended */
};

static void say_missing(enum filter_kind kind, struct automation_ref *ref, void *data)
{
    struct mending *mending = data;
    const struct sql_automation_names *row = find(mending->names, kind, ref->id);
    if (ref->id == 0 || (row != NULL && !row->off)) {
        return;
    }
    struct str name = call(mending->says.ctx, kind, ref, mending->names);
    if (kind == FILTER_USER) {
        automation_say(&mending->says, "%.*s is not a member any more. Choose another person.",
                       STR_ARG(name));
    } else if (row == NULL) {
        automation_say(&mending->says,
                       "The %s “%.*s” does not exist any more. Choose another, or take it out.",
                       nouns[kind], STR_ARG(name));
    } else if (str_is_null(row->why)) {
        automation_say(&mending->says,
                       "The %s “%.*s” is switched off: it is not told anything until somebody "
                       "switches it on.",
                       nouns[kind], STR_ARG(name));
    } else {
        automation_say(&mending->says, "The %s “%.*s” has a problem: %.*s", nouns[kind],
                       STR_ARG(name), STR_ARG(row->why));
    }
}

void automation_problems(struct ctx *ctx, const struct automation_rule *rule,
                         const struct automation_names *names, struct automation_list *out)
{
    struct mending *mending = ARENA_NEW(ctx->arena, struct mending);
    struct automation_rule copy = *rule;
    mending->says.ctx = ctx;
    mending->names = names;
    visit_refs(&copy, say_missing, mending);
    struct str missing = filter_missing(ctx, &rule->trigger.filter, names->filter);
    if (!str_is_null(missing)) {
        automation_say(&mending->says, "%.*s Change the condition.", STR_ARG(missing));
    }
    *out = automation_said(&mending->says);
}
