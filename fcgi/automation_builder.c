#include "fcgi/automation_builder.h"

#include "gen/sql.h"
#include "shared/integration.h"
#include "shared/sb.h"

#define PICKED_MAX 4096

struct automation_choices {
    struct sql_automation_choices_rows rows;
    struct sql_automation_properties_rows keys;
    const struct filter_choices *filter;
    const struct automation_rule *known; /* NULL: none */
};

enum err automation_choices_load(struct web *web, const struct automation_rule *known,
                                 const struct automation_choices **out_choices)
{
    struct automation_choices *choices = ARENA_NEW(web->ctx->arena, struct automation_choices);
    int64_t dataset = web->session.dataset;
    TRY(sql_automation_choices(
        web->db,
        &(struct sql_automation_choices_in){.dataset = dataset, .user = web->session.user},
        &choices->rows));
    TRY(sql_automation_properties(
        web->db, &(struct sql_automation_properties_in){.dataset = dataset}, &choices->keys));
    TRY(filter_choices_load(web, 0, &choices->filter));
    choices->known = known;
    *out_choices = choices;
    return ERR_NONE;
}

int64_t automation_choices_board(const void *data, int64_t stage)
{
    const struct automation_choices *choices = data;
    for (size_t i = 0; i < choices->rows.n; i++) {
        const struct sql_automation_choices *row = &choices->rows.row[i];
        if (row->id == stage && str_eq(row->kind, STR("stage"))) {
            return row->part_of;
        }
    }
    for (size_t i = 0; choices->known != NULL && i < choices->known->n_actions; i++) {
        if (choices->known->actions[i].stage.id == stage) {
            return choices->known->actions[i].board.id;
        }
    }
    return 0;
}

/* ---- lists to choose from ---- */

/* What is chosen, and what has been put into a list so far. */
struct list {
    struct ctx *ctx;
    const int64_t *ids; /* chosen */
    size_t n_ids;
    const char *before; /* their values: "s12" */
    struct builder_topic *topics;
    struct builder_option *options;
    size_t n_topics, n_options;
    struct sb picked;
};

static bool is_chosen(const struct list *list, int64_t id)
{
    for (size_t i = 0; i < list->n_ids; i++) {
        if (list->ids[i] == id) {
            return true;
        }
    }
    return false;
}

static void add_option(struct list *list, struct str heading, int64_t id, struct str label)
{
    struct builder_topic *topic = list->n_topics > 0 ? &list->topics[list->n_topics - 1] : NULL;
    bool chosen = is_chosen(list, id);
    if (topic == NULL || !str_eq(topic->label, heading)) {
        topic = &list->topics[list->n_topics++];
        *topic = (struct builder_topic){.label = heading,
                                        .options = &list->options[list->n_options]};
    }
    list->options[list->n_options++] = (struct builder_option){
        arena_print(list->ctx->arena, "%s%lld", list->before, (long long)id), label, chosen};
    topic->n_options++;
    if (chosen) {
        sb_str(&list->picked, list->picked.n == 0 ? STR("") : STR(", "));
        sb_str(&list->picked, label);
    }
}

static struct list begin_list(struct ctx *ctx, const struct automation_choices *choices,
                              const int64_t *ids, size_t n_ids)
{
    size_t room = choices->rows.n + n_ids + 4;
    struct list list = {.ctx = ctx,
                        .ids = ids,
                        .n_ids = n_ids,
                        .before = "",
                        .topics = ARENA_ARRAY(ctx->arena, room, struct builder_topic),
                        .options = ARENA_ARRAY(ctx->arena, room, struct builder_option)};
    sb_init(&list.picked, ctx->arena, PICKED_MAX);
    return list;
}

/* part_of: only of this one; 0: of any. */
static void add_kind(struct list *list, const struct automation_choices *choices,
                     const char *kind, int64_t part_of)
{
    for (size_t i = 0; i < choices->rows.n; i++) {
        const struct sql_automation_choices *row = &choices->rows.row[i];
        if (str_eq(row->kind, str_from(kind)) && (part_of == 0 || row->part_of == part_of)) {
            add_option(list, row->heading, row->id, row->name);
        }
    }
}

static bool is_offered(const struct list *list, int64_t id)
{
    struct str value = arena_print(list->ctx->arena, "%s%lld", list->before, (long long)id);
    for (size_t i = 0; i < list->n_options; i++) {
        if (str_eq(list->options[i].value, value)) {
            return true;
        }
    }
    return false;
}

static void find_name(const struct automation_ref *ref, int64_t id, struct str *out_name)
{
    if (ref->id == id && !str_is_empty(ref->name)) {
        *out_name = ref->name;
    }
}

/* What it was called when the rule was saved; kind as in the statement. */
static struct str name_known(const struct list *list, const struct automation_rule *rule,
                             const char *kind, int64_t id)
{
    struct str name = arena_print(list->ctx->arena, "%s %lld", kind, (long long)id);
    for (size_t i = 0; rule != NULL && i < rule->trigger.n_refs; i++) {
        find_name(&rule->trigger.refs[i], id, &name);
    }
    for (size_t i = 0; rule != NULL && i < rule->n_actions; i++) {
        const struct automation_action *action = &rule->actions[i];
        find_name(str_eq(str_from(kind), STR("tag"))     ? &action->tag
                  : str_eq(str_from(kind), STR("stage")) ? &action->stage
                  : str_eq(str_from(kind), STR("board")) ? &action->board
                                                         : &action->integration,
                  id, &name);
        for (size_t k = 0; str_eq(str_from(kind), STR("user")) && k < action->n_users; k++) {
            find_name(&action->users[k], id, &name);
        }
    }
    return name;
}

/* What was chosen and is not offered any more stays to be seen, and to be taken away. */
static void add_gone(struct list *list, const struct automation_choices *choices,
                     const char *kind)
{
    for (size_t i = 0; i < list->n_ids; i++) {
        if (list->ids[i] != 0 && !is_offered(list, list->ids[i])) {
            add_option(list, STR("Not there any more, or private"), list->ids[i],
                       name_known(list, choices->known, kind, list->ids[i]));
        }
    }
}

/* ---- closed lists ---- */

static const struct builder_option *draw_whens(struct ctx *ctx, enum automation_when chosen,
                                               size_t *out_n)
{
    struct builder_option *list = ARENA_ARRAY(ctx->arena, WHEN__END, struct builder_option);
    size_t n = 0;
    for (int i = WHEN_MATCH; i < WHEN__END; i++) {
        enum automation_when when = (enum automation_when)i;
        list[n++] =
            (struct builder_option){str_from(automation_when_name(when)),
                                    str_from(automation_when_label(when)), when == chosen};
    }
    *out_n = n;
    return list;
}

static const struct builder_option *draw_subjects(struct ctx *ctx, enum filter_subject chosen)
{
    struct builder_option *list = ARENA_ARRAY(ctx->arena, 2, struct builder_option);
    list[0] = (struct builder_option){str_from(filter_subject_name(FILTER_ACCOUNTS)),
                                      STR("each company"), chosen == FILTER_ACCOUNTS};
    list[1] = (struct builder_option){str_from(filter_subject_name(FILTER_LEADS)),
                                      STR("each person"), chosen == FILTER_LEADS};
    return list;
}

static const struct builder_option *draw_dos(struct ctx *ctx, size_t *out_n)
{
    struct builder_option *list = ARENA_ARRAY(ctx->arena, DO__END, struct builder_option);
    size_t n = 0;
    for (int i = DO_ADD_TAG; i < DO__END; i++) {
        enum automation_do what = (enum automation_do)i;
        list[n++] = (struct builder_option){str_from(automation_do_name(what)),
                                            str_from(automation_do_label(what)), false};
    }
    *out_n = n;
    return list;
}

static const struct builder_option *
draw_values(struct ctx *ctx, const struct automation_value *values, size_t n, struct str chosen)
{
    struct builder_option *list = ARENA_ARRAY(ctx->arena, n, struct builder_option);
    for (size_t i = 0; i < n; i++) {
        struct str name = str_from(values[i].name);
        list[i] =
            (struct builder_option){name, str_from(values[i].label), str_eq(name, chosen)};
    }
    return list;
}

static const struct builder_option *draw_units(struct ctx *ctx, int64_t seconds, size_t *out_n)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = {{"seconds", 1}, {"minutes", 60}, {"hours", 3600}, {"days", 86400}};
    const size_t n = sizeof(units) / sizeof(units[0]);
    struct builder_option *list = ARENA_ARRAY(ctx->arena, n, struct builder_option);
    for (size_t i = 0; i < n; i++) {
        struct str name = str_from(units[i].name);
        list[i] = (struct builder_option){name, name, units[i].seconds == seconds};
    }
    *out_n = n;
    return list;
}

/* ---- the trigger ---- */

static const struct {
    const char *label, *kind;
} refs_of[FILTER_KIND__COUNT] = {[FILTER_STAGE] = {"Stages", "stage"},
                                 [FILTER_BOARD] = {"Boards", "board"},
                                 [FILTER_USER] = {"People", "user"},
                                 [FILTER_TAG] = {"Tags", "tag"},
                                 [FILTER_SEGMENT] = {"Segments", "segment"}};

static void draw_refs(struct ctx *ctx, const struct automation_form *form,
                      const struct automation_choices *choices, struct edit_view *view)
{
    enum filter_kind kind = automation_when_ids(form->when);
    if (kind == FILTER_KIND__COUNT) {
        return;
    }
    struct list list = begin_list(ctx, choices, form->refs, form->n_refs);
    add_kind(&list, choices, refs_of[kind].kind, 0);
    add_gone(&list, choices, refs_of[kind].kind);
    view->refs_label = str_from(refs_of[kind].label);
    view->refs = list.topics;
    view->n_refs = list.n_topics;
    view->refs_picked = list.picked.n > 0     ? sb_view(&list.picked)
                        : kind == FILTER_USER ? STR("anybody")
                                              : STR("Choose …");
}

/* ---- actions ---- */

static int64_t id_in(struct str text, size_t from)
{
    int64_t id;
    return text.n > from && str_to_i64(str_slice(text, from, text.n), &id) && id > 0 ? id : 0;
}

static void draw_hows(struct ctx *ctx, enum automation_do what, struct str chosen,
                      enum automation_how *out_how, struct edit_action *out)
{
    enum automation_how end, first = automation_hows(what, &end);
    struct builder_option *list = ARENA_ARRAY(ctx->arena, HOW__END, struct builder_option);
    *out_how = first;
    (void)automation_how_from(what, chosen, out_how);
    for (int i = (int)first; i < (int)end; i++) {
        enum automation_how how = (enum automation_how)i;
        list[out->n_hows++] =
            (struct builder_option){str_from(automation_how_name(how)),
                                    str_from(automation_how_label(how)), how == *out_how};
    }
    out->hows = list;
}

static void set_lists(struct edit_action *out, const struct list *list)
{
    out->lists = list->topics;
    out->n_lists = list->n_topics;
}

/* All of a kind. */
static void draw_choice(struct ctx *ctx, const struct automation_choices *choices,
                        const char *kind, struct str chosen, struct edit_action *out)
{
    int64_t *id = ARENA_NEW(ctx->arena, int64_t);
    *id = id_in(chosen, 0);
    struct list list = begin_list(ctx, choices, id, 1);
    add_kind(&list, choices, kind, 0);
    add_gone(&list, choices, kind);
    set_lists(out, &list);
}

/* Stages by board; for making cards only, also the entry stage of each board. */
static void draw_places(struct ctx *ctx, const struct action_form *form,
                        const struct automation_choices *choices, bool entries,
                        struct edit_action *out)
{
    int64_t *id = ARENA_NEW(ctx->arena, int64_t);
    *id = id_in(form->place, 1);
    bool stage = str_starts(form->place, STR("s"));
    struct list list = begin_list(ctx, choices, id, stage ? 1 : 0);
    list.before = "s";
    add_kind(&list, choices, "stage", 0);
    add_gone(&list, choices, "stage");
    if (entries) {
        list.before = "b";
        list.n_ids = stage ? 0 : 1;
        for (size_t i = 0; i < choices->rows.n; i++) {
            const struct sql_automation_choices *row = &choices->rows.row[i];
            if (str_eq(row->kind, STR("board"))) {
                add_option(&list, STR("Where cards begin"), row->id, row->name);
            }
        }
    }
    set_lists(out, &list);
}

static void draw_people(struct ctx *ctx, const struct action_form *form,
                        const struct automation_choices *choices, struct edit_action *out)
{
    struct list list = begin_list(ctx, choices, form->users, form->n_users);
    add_kind(&list, choices, "user", 0);
    add_gone(&list, choices, "user");
    out->people = list.topics;
    out->n_people = list.n_topics;
    out->picked = list.picked.n > 0 ? sb_view(&list.picked) : STR("Choose …");
}

static void draw_integrations(struct ctx *ctx, enum automation_do what,
                              const struct action_form *form,
                              const struct automation_choices *choices, struct edit_action *out)
{
    int64_t *id = ARENA_NEW(ctx->arena, int64_t);
    *id = id_in(form->integration, 0);
    struct list list = begin_list(ctx, choices, id, 1);
    if (what == DO_PUSH) {
        add_kind(&list, choices, "integration", INTEGRATION_PIPEDRIVE);
        add_kind(&list, choices, "integration", INTEGRATION_HUBSPOT);
    } else {
        add_kind(&list, choices, "integration",
                 what == DO_WEBHOOK ? INTEGRATION_WEBHOOK : INTEGRATION_SLACK);
    }
    out->nothing_to_choose = list.n_options == 0;
    add_gone(&list, choices, "integration");
    set_lists(out, &list);
}

static void draw_property(struct ctx *ctx, const struct action_form *form,
                          struct edit_action *out)
{
    const struct automation_value *values = automation_values(&out->n_sources);
    out->asks_person = out->asks_property = true;
    out->sources = draw_values(ctx, values, out->n_sources, form->from);
}

static void draw_owner(struct ctx *ctx, enum automation_how how, const struct action_form *form,
                       const struct automation_choices *choices, struct edit_action *out)
{
    out->asks_users = how != OWNER_SENDER;
    out->many_people = how == OWNER_TURNS;
    out->asks_keep = out->asks_board = out->every_board = true;
    draw_choice(ctx, choices, "board", form->board, out);
    if (out->asks_users) {
        draw_people(ctx, form, choices, out);
    }
}

static void draw_asked(struct ctx *ctx, enum automation_do what, enum automation_how how,
                       const struct action_form *form, const struct automation_choices *choices,
                       struct edit_action *out)
{
    switch ((int)what) {
    case DO_ADD_TAG:
    case DO_REMOVE_TAG:
        out->asks_tag = out->asks_person = true;
        draw_choice(ctx, choices, "tag", form->tag, out);
        return;
    case DO_SET_PROPERTY:
        draw_property(ctx, form, out);
        return;
    case DO_CARD:
        out->asks_place = true;
        draw_places(ctx, form, choices, how == CARD_CREATE, out);
        return;
    case DO_OWNER:
        draw_owner(ctx, how, form, choices, out);
        return;
    case DO_REMOVE_CARD:
        out->asks_board = out->asks_exclude = true;
        draw_choice(ctx, choices, "board", form->board, out);
        return;
    case DO_MAIL:
        out->asks_subject = out->asks_text = true;
        out->asks_addresses = how == MAIL_ADDRESSES;
        return;
    default:
        out->asks_integration = true;
        out->asks_text = what == DO_SLACK;
        draw_integrations(ctx, what, form, choices, out);
        return;
    }
}

static void draw_action(struct ctx *ctx, const struct automation_form *form, size_t i,
                        const struct automation_choices *choices, struct edit_action *out)
{
    const struct action_form *action = &form->actions[i];
    enum automation_do what = DO__END;
    enum automation_how how;
    (void)automation_do_from(action->what, &what);
    *out = (struct edit_action){
        .index = i,
        .number = i + 1,
        .prefix = arena_print(ctx->arena, "a%zu", i),
        .what = automation_do_name(what),
        .label = automation_do_label(what),
        .wrong = action->wrong,
        .first = i == 0,
        .last = i + 1 == form->n_actions,
        .fresh = action->fresh,
        .person = str_eq(action->to, STR("person")) ||
                  (str_is_empty(action->to) && form->filter.subject == FILTER_LEADS),
        .key = action->key,
        .value = action->value,
        .subject = action->subject,
        .text = action->text,
        .addresses = action->addresses,
        .keep = action->keep,
        .exclude = action->exclude,
    };
    draw_hows(ctx, what, action->how, &how, out);
    draw_asked(ctx, what, how, action, choices, out);
}

static void draw_actions(struct ctx *ctx, const struct automation_form *form,
                         const struct automation_choices *choices, struct str path,
                         struct edit_view *view)
{
    struct edit_action *actions = ARENA_ARRAY(ctx->arena, form->n_actions, struct edit_action);
    for (size_t i = 0; i < form->n_actions; i++) {
        draw_action(ctx, form, i, choices, &actions[i]);
        actions[i].action = path;
    }
    view->actions = actions;
    view->n_actions = form->n_actions;
    view->full = form->n_actions == AUTOMATION_ACTIONS_MAX;
    view->dos = draw_dos(ctx, &view->n_dos);
}

static void draw_keys(struct ctx *ctx, const struct automation_choices *choices,
                      struct edit_view *view)
{
    struct builder_option *keys =
        ARENA_ARRAY(ctx->arena, choices->keys.n, struct builder_option);
    for (size_t i = 0; i < choices->keys.n; i++) {
        const struct sql_automation_properties *row = &choices->keys.row[i];
        keys[i] = (struct builder_option){
            row->key, row->person ? STR("of people") : STR("of companies"), false};
    }
    view->keys = keys;
    view->n_keys = choices->keys.n;
}

void automation_builder_draw(struct ctx *ctx, const struct automation_form *form,
                             const struct automation_choices *choices, struct str action,
                             struct edit_view *view)
{
    const struct automation_value *placeholders =
        automation_placeholders(&view->n_placeholders);
    view->name = form->name;
    view->description = form->description;
    view->whens = draw_whens(ctx, form->when, &view->n_whens);
    view->subjects = draw_subjects(ctx, form->filter.subject);
    view->n_subjects = 2;
    view->when = automation_when_name(form->when);
    view->waits = form->when == WHEN_MATCH;
    view->asks_score = form->when == WHEN_SCORE;
    view->score = form->score;
    view->trigger_wrong = form->trigger_wrong;
    view->filter_wrong = form->filter_wrong;
    view->actions_wrong = form->actions_wrong;
    draw_refs(ctx, form, choices, view);
    filter_builder_draw(ctx, &form->filter, choices->filter,
                        choices->known == NULL ? NULL : &choices->known->trigger.filter, action,
                        &view->builder);
    draw_actions(ctx, form, choices, action, view);
    draw_keys(ctx, choices, view);
    view->placeholders =
        draw_values(ctx, placeholders, view->n_placeholders, (struct str){.p = NULL});
    view->cooldown = form->cooldown;
    view->cooldown_wrong = form->cooldown_wrong;
    view->units = draw_units(ctx, form->unit, &view->n_units);
    view->once = form->once;
}
