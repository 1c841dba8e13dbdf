#include "fcgi/automation_form.h"

#include "shared/sb.h"

#define TYPED_MAX 1000 /* more than is allowed, so that what is too long is told, not lost */
#define MESSAGE_MAX 8000
#define BUTTON_MAX 40

/* ---- the fields ---- */

#define AT(member) offsetof(struct automation_typed, member)
#define TEXT(field, words, most, member)                                                       \
    {                                                                                          \
        .name = field, .label = words, .kind = FORM_TEXT, .max = most, .offset = AT(member)    \
    }
#define LINES(field, words, member)                                                            \
    {                                                                                          \
        .name = field, .label = words, .kind = FORM_LINES, .max = MESSAGE_MAX,                 \
        .offset = AT(member)                                                                   \
    }
#define FLAG(field, words, member)                                                             \
    {                                                                                          \
        .name = field, .label = words, .kind = FORM_BOOL, .offset = AT(member)                 \
    }
#define IDS(field, words, member)                                                              \
    {                                                                                          \
        .name = field, .label = words, .kind = FORM_IDS, .max = AUTOMATION_REFS_MAX,           \
        .offset = AT(member)                                                                   \
    }
/* clang-format off */
#define ACTION(i) \
    TEXT("a" #i "_do", "What is done", BUTTON_MAX, actions[i].what), \
    TEXT("a" #i "_how", "How it is done", BUTTON_MAX, actions[i].how), \
    TEXT("a" #i "_to", "Company or person", BUTTON_MAX, actions[i].to), \
    TEXT("a" #i "_tag", "Tag", BUTTON_MAX, actions[i].tag), \
    TEXT("a" #i "_place", "Stage", BUTTON_MAX, actions[i].place), \
    TEXT("a" #i "_board", "Board", BUTTON_MAX, actions[i].board), \
    TEXT("a" #i "_integration", "Integration", BUTTON_MAX, actions[i].integration), \
    TEXT("a" #i "_key", "Property", TYPED_MAX, actions[i].key), \
    TEXT("a" #i "_value", "Value", TYPED_MAX, actions[i].value), \
    TEXT("a" #i "_from", "Where the value is from", BUTTON_MAX, actions[i].from), \
    TEXT("a" #i "_subject", "Subject", TYPED_MAX, actions[i].subject), \
    LINES("a" #i "_text", "Text", actions[i].text), \
    LINES("a" #i "_addresses", "Addresses", actions[i].addresses), \
    IDS("a" #i "_users", "People", actions[i].users), \
    FLAG("a" #i "_keep", "Cards that have an owner keep them", actions[i].keep), \
    FLAG("a" #i "_exclude", "Keep it away", actions[i].exclude)
/* clang-format on */

static const struct form_field fields[] = {
    TEXT("name", "Name", TYPED_MAX, name),
    LINES("description", "Description", description),
    TEXT("when", "When", BUTTON_MAX, when),
    TEXT("whom", "Whom it is for", BUTTON_MAX, whom),
    IDS("of", "What it waits for", refs),
    TEXT("score", "Leadscore", BUTTON_MAX, score),
    TEXT("cooldown", "Cool-down", BUTTON_MAX, cooldown),
    TEXT("unit", "Cool-down", BUTTON_MAX, unit),
    FLAG("once", "Only once", once),
    TEXT("add", "Next action", BUTTON_MAX, add),
    TEXT("warned", "Warnings", 80, warned),
    TEXT("do", "Button", BUTTON_MAX, pressed),
    {.name = "version",
     .label = "Version",
     .kind = FORM_INT,
     .max = INT32_MAX,
     .offset = AT(version)},
    {.name = "automation", .label = "Automation", .kind = FORM_ID, .offset = AT(automation)},
    FILTER_FORM_FIELDS(struct automation_typed, filter),
    ACTION(0),
    ACTION(1),
    ACTION(2),
    ACTION(3),
    ACTION(4),
    ACTION(5),
    ACTION(6),
    ACTION(7),
    ACTION(8),
    ACTION(9),
};
const struct form_spec automation_spec = FORM_SPEC(fields, struct automation_typed);

/* ---- reading ---- */

static const struct {
    const char *name;
    int64_t seconds;
} units[] = {{"days", 86400}, {"hours", 3600}, {"minutes", 60}, {"seconds", 1}};
#define N_UNITS (sizeof(units) / sizeof(units[0]))

static size_t copy_ids(struct form_ids ids, int64_t out[AUTOMATION_REFS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < ids.n && n < AUTOMATION_REFS_MAX; i++) {
        bool again = false;
        for (size_t k = 0; k < n; k++) {
            again = again || out[k] == ids.v[i];
        }
        if (!again) {
            out[n++] = ids.v[i];
        }
    }
    return n;
}

static void read_action(const struct action_typed *typed, struct action_form *out)
{
    *out = (struct action_form){.what = typed->what,
                                .how = typed->how,
                                .to = typed->to,
                                .tag = typed->tag,
                                .place = typed->place,
                                .board = typed->board,
                                .integration = typed->integration,
                                .key = typed->key,
                                .value = typed->value,
                                .from = typed->from,
                                .subject = typed->subject,
                                .text = typed->text,
                                .addresses = typed->addresses,
                                .keep = typed->keep,
                                .exclude = typed->exclude};
    out->n_users = copy_ids(typed->users, out->users);
}

/* What is too long, or has what cannot be kept, is shown again all the same. */
static struct str or_typed(const struct form *form, const char *name, struct str value)
{
    return str_is_null(value) ? form_typed(form, name) : value;
}

void automation_form_read(struct arena *arena, const struct form *form,
                          struct automation_form *out)
{
    const struct automation_typed *typed = form->values;
    enum filter_subject subject = FILTER_ACCOUNTS;
    *out = (struct automation_form){.name = or_typed(form, "name", typed->name),
                                    .description =
                                        or_typed(form, "description", typed->description),
                                    .when = WHEN_MATCH,
                                    .score = typed->score,
                                    .cooldown = typed->cooldown,
                                    .unit = 60,
                                    .once = typed->once};
    (void)automation_when_from(typed->when, &out->when);
    (void)filter_subject_from(typed->whom, &subject);
    for (size_t i = 0; i < N_UNITS; i++) {
        out->unit = str_eq(typed->unit, str_from(units[i].name)) ? units[i].seconds : out->unit;
    }
    out->n_refs = copy_ids(typed->refs, out->refs);
    filter_form_read(arena, subject, &typed->filter, &out->filter);
    for (size_t i = 0; i < AUTOMATION_ACTIONS_MAX; i++) {
        if (!str_is_empty(typed->actions[i].what)) {
            read_action(&typed->actions[i], &out->actions[out->n_actions++]);
        }
    }
}

void automation_form_begin(struct arena *arena, int64_t stage, struct automation_form *out)
{
    *out = (struct automation_form){.when = stage != 0 ? WHEN_STAGE : WHEN_MATCH};
    if (stage != 0) {
        out->refs[out->n_refs++] = stage;
    }
    filter_form_begin(arena, FILTER_ACCOUNTS, &out->filter);
    automation_form_cooldown(arena, AUTOMATION_COOLDOWN_S, out);
}

void automation_form_begin_move(struct arena *arena, int64_t stage, struct automation_form *out)
{
    automation_form_begin(arena, 0, out);
    out->actions[out->n_actions++] =
        (struct action_form){.what = str_from(automation_do_name(DO_CARD)),
                             .how = str_from(automation_how_name(CARD_PUT)),
                             .place = arena_print(arena, "s%lld", (long long)stage)};
}

/* ---- from a rule ---- */

static struct str id_text(struct arena *arena, const char *before, int64_t id)
{
    return id == 0 ? STR("") : arena_print(arena, "%s%lld", before, (long long)id);
}

static struct str in_lines(struct arena *arena, const struct automation_action *action)
{
    struct sb sb;
    sb_init(&sb, arena, MESSAGE_MAX);
    for (size_t i = 0; i < action->n_addresses; i++) {
        sb_str(&sb, i == 0 ? STR("") : STR("\n"));
        sb_str(&sb, action->addresses[i]);
    }
    return sb_view(&sb);
}

static void from_action(struct arena *arena, const struct automation_action *action,
                        struct action_form *out)
{
    *out = (struct action_form){.what = str_from(automation_do_name(action->what)),
                                .how = str_from(automation_how_name(action->how)),
                                .to = action->person ? STR("person") : STR("company"),
                                .tag = id_text(arena, "", action->tag.id),
                                .place = action->stage.id != 0
                                             ? id_text(arena, "s", action->stage.id)
                                             : id_text(arena, "b", action->board.id),
                                .board = id_text(arena, "", action->board.id),
                                .integration = id_text(arena, "", action->integration.id),
                                .key = action->key,
                                .value = action->value,
                                .from = action->from,
                                .subject = action->subject,
                                .text = action->text,
                                .addresses = in_lines(arena, action),
                                .keep = action->keep,
                                .exclude = action->exclude};
    for (size_t i = 0; i < action->n_users && i < AUTOMATION_REFS_MAX; i++) {
        out->users[out->n_users++] = action->users[i].id;
    }
}

bool automation_form_from_rule(struct arena *arena, const struct automation_rule *rule,
                               struct automation_form *out)
{
    const struct automation_trigger *trigger = &rule->trigger;
    out->when = trigger->when;
    out->n_refs = 0;
    for (size_t i = 0; i < trigger->n_refs && i < AUTOMATION_REFS_MAX; i++) {
        out->refs[out->n_refs++] = trigger->refs[i].id;
    }
    out->score =
        trigger->when == WHEN_SCORE ? arena_print(arena, "%d", trigger->score) : STR("");
    out->n_actions = rule->n_actions;
    for (size_t i = 0; i < rule->n_actions; i++) {
        from_action(arena, &rule->actions[i], &out->actions[i]);
    }
    return filter_form_from_tree(arena, &trigger->filter, &out->filter);
}

void automation_form_cooldown(struct arena *arena, int32_t seconds, struct automation_form *out)
{
    size_t i = 0;
    while (i + 1 < N_UNITS && (seconds < units[i].seconds || seconds % units[i].seconds != 0)) {
        i++;
    }
    i = seconds == 0 ? 2 : i;
    out->unit = units[i].seconds;
    out->cooldown = arena_print(arena, "%lld", (long long)(seconds / units[i].seconds));
}

/* ---- buttons ---- */

static void add_action(struct automation_form *form, struct str what)
{
    enum automation_do known;
    if (form->n_actions < AUTOMATION_ACTIONS_MAX && automation_do_from(what, &known)) {
        form->actions[form->n_actions++] =
            (struct action_form){.what = what, .fresh = true, .keep = known == DO_OWNER};
    }
}

static void remove_action(struct automation_form *form, size_t i)
{
    if (i < form->n_actions) {
        form->n_actions--;
        memmove(&form->actions[i], &form->actions[i + 1],
                (form->n_actions - i) * sizeof(form->actions[0]));
    }
}

static void swap_actions(struct automation_form *form, size_t a, size_t b)
{
    if (a < form->n_actions && b < form->n_actions) {
        struct action_form action = form->actions[a];
        form->actions[a] = form->actions[b];
        form->actions[b] = action;
    }
}

bool automation_form_press(struct automation_form *form, struct str pressed, struct str add)
{
    struct str what = str_slice(pressed, 0, str_find(pressed, ':'));
    int64_t number = 0;
    bool numbered = what.n < pressed.n &&
                    str_to_i64(str_slice(pressed, what.n + 1, pressed.n), &number) &&
                    number >= 0;
    if (str_eq(pressed, STR("when"))) {
        return true;
    }
    if (str_eq(pressed, STR("act"))) {
        add_action(form, add);
        return true;
    }
    if (numbered && str_eq(what, STR("unact"))) {
        remove_action(form, (size_t)number);
        return true;
    }
    if (numbered && str_eq(what, STR("actup"))) {
        swap_actions(form, (size_t)number, (size_t)number - 1);
        return true;
    }
    if (numbered && str_eq(what, STR("actdown"))) {
        swap_actions(form, (size_t)number, (size_t)number + 1);
        return true;
    }
    return filter_form_press(&form->filter, pressed);
}

/* ---- to a rule ---- */

static int64_t id_of(struct str text)
{
    int64_t id;
    return str_to_i64(text, &id) && id > 0 ? id : 0;
}

static struct automation_ref *refs_of(struct arena *arena, const int64_t *ids, size_t n)
{
    struct automation_ref *refs = ARENA_ARRAY(arena, n, struct automation_ref);
    for (size_t i = 0; i < n; i++) {
        refs[i].id = ids[i];
    }
    return refs;
}

/* One a line; commas and semicolons will do, too. */
static void read_addresses(struct ctx *ctx, struct str text, struct automation_action *out)
{
    char *copy = arena_cstr(ctx->arena, text);
    struct str rest = {.p = copy, .n = text.n}, one;
    for (size_t i = 0; i < text.n; i++) {
        copy[i] = strchr(",; \t", copy[i]) != NULL ? '\n' : copy[i];
    }
    out->addresses = ARENA_ARRAY(ctx->arena, AUTOMATION_ADDRESSES_MAX + 1, struct str);
    while (out->n_addresses <= AUTOMATION_ADDRESSES_MAX && str_next(&rest, '\n', &one)) {
        if (!str_is_empty(str_trim(one))) {
            out->addresses[out->n_addresses++] = str_trim(one);
        }
    }
}

static void read_place(const struct action_form *form, automation_board_of *board_of,
                       const void *data, struct automation_action *out)
{
    int64_t id = id_of(str_slice(form->place, 1, form->place.n));
    if (str_starts(form->place, STR("s"))) {
        out->stage.id = id;
        out->board.id = board_of(data, id);
    } else if (str_starts(form->place, STR("b"))) {
        out->board.id = id;
    }
}

static void to_message(struct ctx *ctx, const struct action_form *form,
                       struct automation_action *out)
{
    if (out->what == DO_MAIL) {
        out->subject = form->subject;
    }
    out->text = form->text;
    if (out->how == MAIL_ADDRESSES) {
        read_addresses(ctx, form->addresses, out);
    }
}

static void to_owner(struct ctx *ctx, const struct action_form *form,
                     struct automation_action *out)
{
    out->board.id = id_of(form->board);
    out->keep = form->keep;
    if (out->how != OWNER_SENDER) {
        out->users = refs_of(ctx->arena, form->users, form->n_users);
        out->n_users = form->n_users;
    }
}

static void to_property(const struct action_form *form, struct automation_action *out)
{
    out->person = str_eq(form->to, STR("person"));
    out->key = form->key;
    out->from = form->from;
    out->value = str_is_empty(form->from) ? form->value : (struct str){.p = NULL};
}

static struct automation_action to_action(struct ctx *ctx, const struct action_form *form,
                                          automation_board_of *board_of, const void *data)
{
    struct automation_action out = {.how = HOW_NONE};
    (void)automation_do_from(form->what, &out.what);
    (void)automation_how_from(out.what, form->how, &out.how);
    switch ((int)out.what) {
    case DO_ADD_TAG:
    case DO_REMOVE_TAG:
        out.person = str_eq(form->to, STR("person"));
        out.tag.id = id_of(form->tag);
        break;
    case DO_SET_PROPERTY:
        to_property(form, &out);
        break;
    case DO_CARD:
        read_place(form, board_of, data, &out);
        break;
    case DO_OWNER:
        to_owner(ctx, form, &out);
        break;
    case DO_REMOVE_CARD:
        out.board.id = id_of(form->board);
        out.exclude = form->exclude;
        break;
    case DO_SLACK:
    case DO_MAIL:
        to_message(ctx, form, &out);
        out.integration.id = out.what == DO_SLACK ? id_of(form->integration) : 0;
        break;
    default:
        out.integration.id = id_of(form->integration);
        break;
    }
    return out;
}

static enum err check_addresses(struct ctx *ctx, const struct automation_action *action)
{
    return action->n_addresses <= AUTOMATION_ADDRESSES_MAX
               ? ERR_NONE
               : ctx_fail(ctx, ERR_INVALID, "A mail can go to %d addresses.",
                          AUTOMATION_ADDRESSES_MAX);
}

static void to_trigger(struct ctx *ctx, const struct automation_form *form,
                       struct automation_trigger *out)
{
    int64_t score;
    out->when = form->when;
    if (automation_when_ids(form->when) != FILTER_KIND__COUNT) {
        out->refs = refs_of(ctx->arena, form->refs, form->n_refs);
        out->n_refs = form->n_refs;
    }
    out->score = -1;
    if (form->when == WHEN_SCORE && str_to_i64(form->score, &score) && score >= 0 &&
        score <= 99) {
        out->score = (int32_t)score;
    }
}

/* Nothing but that there is no action. */
static bool lacks_only_actions(struct ctx *ctx, const struct automation_rule *rule)
{
    struct automation_rule *with = ARENA_NEW(ctx->arena, struct automation_rule);
    size_t where;
    *with = *rule;
    with->n_actions = 1;
    with->actions[0] = (struct automation_action){.what = DO_ADD_TAG, .tag = {.id = 1}};
    bool lacks = rule->n_actions == 0 && automation_check(ctx, with, &where) == ERR_NONE;
    ctx_clear(ctx);
    return lacks;
}

/* Where the mistake is told: at the trigger, the conditions, or the action. */
static void place_mistake(struct ctx *ctx, struct automation_form *form,
                          const struct automation_rule *rule, size_t where)
{
    struct str why = ctx->why;
    ctx_clear(ctx);
    if (where > 0) {
        form->actions[where - 1].wrong = why;
    } else if (lacks_only_actions(ctx, rule)) {
        form->actions_wrong = why;
    } else if (form->when == WHEN_MATCH) {
        form->filter_wrong = why;
    } else {
        form->trigger_wrong = why;
    }
}

bool automation_form_rule(struct ctx *ctx, struct automation_form *form,
                          automation_board_of *board_of, const void *data,
                          struct automation_rule *out_rule)
{
    struct automation_rule *rule = ARENA_NEW(ctx->arena, struct automation_rule);
    size_t where = 0;
    bool right = filter_form_tree(ctx, &form->filter, &rule->trigger.filter);
    if (!right) {
        form->filter_wrong = STR("Some conditions are not complete yet.");
        return false;
    }
    to_trigger(ctx, form, &rule->trigger);
    for (size_t i = 0; i < form->n_actions; i++) {
        rule->actions[rule->n_actions] = to_action(ctx, &form->actions[i], board_of, data);
        if (check_addresses(ctx, &rule->actions[rule->n_actions++]) != ERR_NONE) {
            place_mistake(ctx, form, rule, i + 1);
            return false;
        }
    }
    if (automation_check(ctx, rule, &where) != ERR_NONE) {
        place_mistake(ctx, form, rule, where);
        return false;
    }
    *out_rule = *rule;
    return true;
}

bool automation_form_seconds(struct automation_form *form, int32_t *out_seconds)
{
    int64_t n;
    if (!str_to_i64(form->cooldown, &n) || n < 0 ||
        n > AUTOMATION_COOLDOWN_MAX_S / form->unit) {
        form->cooldown_wrong = STR("The cool-down is a whole number, at most 90 days.");
        return false;
    }
    *out_seconds = (int32_t)(n * form->unit);
    return true;
}
