#include "fcgi/filter_builder.h"

#include "gen/sql.h"

#define MATCHES 4
#define DEPTH_DRAWN 4 /* groups below that get no groups of their own */

struct filter_choices {
    const struct sql_filter_choices *rows; /* by kind and heading */
    size_t n;
};

enum err filter_choices_load(struct web *web, int64_t except,
                             const struct filter_choices **out_choices)
{
    struct filter_choices *choices = ARENA_NEW(web->ctx->arena, struct filter_choices);
    struct sql_filter_choices_rows rows;
    TRY(sql_filter_choices(web->db,
                           &(struct sql_filter_choices_in){.dataset = web->session.dataset,
                                                           .user = web->session.user,
                                                           .except = except},
                           &rows));
    *choices = (struct filter_choices){.rows = rows.row, .n = rows.n};
    *out_choices = choices;
    return ERR_NONE;
}

/* ---- fields and operators ---- */

/* Of a group of one event only those about events. */
static void draw_topic(struct ctx *ctx, enum filter_topic topic, struct str chosen,
                       bool of_event, struct builder_topic *out)
{
    size_t n = 0;
    while (filter_field(n) != NULL) {
        n++;
    }
    struct builder_option *options = ARENA_ARRAY(ctx->arena, n, struct builder_option);
    *out = (struct builder_topic){.label = str_from(filter_topic_label(topic)),
                                  .options = options};
    for (size_t i = 0; i < n; i++) {
        const struct filter_field *field = filter_field(i);
        struct str name = str_from(field->name);
        bool same = str_eq(name, chosen);
        if (field->topic == topic && (field->event || !of_event || same)) {
            options[out->n_options++] =
                (struct builder_option){name, str_from(field->label), same};
        }
    }
}

static void draw_topics(struct ctx *ctx, struct str chosen, bool of_event,
                        struct builder_row *out)
{
    struct builder_topic *topics =
        ARENA_ARRAY(ctx->arena, FILTER_TOPIC__COUNT, struct builder_topic);
    for (int i = 0; i < FILTER_TOPIC__COUNT; i++) {
        draw_topic(ctx, (enum filter_topic)i, chosen, of_event, &topics[out->n_topics]);
        out->n_topics += topics[out->n_topics].n_options > 0;
    }
    out->topics = topics;
}

/* What is asked most. */
static enum filter_op usual_op(const struct filter_field *field)
{
    switch ((int)field->kind) {
    case FILTER_NUMBER:
        return FILTER_GREATER;
    case FILTER_TIME:
        return FILTER_AFTER;
    case FILTER_SEARCH:
        return FILTER_CONTAINS;
    default:
        return FILTER_IS;
    }
}

/* The one that was chosen, if it fits the field. */
static enum filter_op draw_ops(struct ctx *ctx, const struct filter_field *field,
                               struct str chosen, struct builder_row *out)
{
    struct builder_option *ops =
        ARENA_ARRAY(ctx->arena, FILTER_OP__COUNT, struct builder_option);
    enum filter_op op = usual_op(field), wanted;
    op = filter_op_from(chosen, &wanted) && filter_op_fits(wanted, field) ? wanted : op;
    for (int i = 0; i < FILTER_OP__COUNT; i++) {
        enum filter_op one = (enum filter_op)i;
        if (filter_op_fits(one, field)) {
            ops[out->n_ops++] = (struct builder_option){
                str_from(filter_op_name(one)), filter_op_label(ctx, one, field), one == op};
        }
    }
    out->ops = ops;
    return op;
}

static struct str placeholder(const struct filter_field *field, enum filter_op op)
{
    if (filter_op_values(op) == 2) {
        return field->kind == FILTER_TIME ? STR("30d, 7d") : STR("10, 500");
    }
    switch ((int)field->kind) {
    case FILTER_NUMBER:
        return STR("50");
    case FILTER_TIME:
        return STR("30d or 2026-11-21");
    case FILTER_PAGE:
        return op <= FILTER_IS_NOT ? STR("/pricing*") : STR("pricing");
    default:
        return filter_op_values(op) > 1 ? STR("one, or another") : STR("");
    }
}

/* ---- lists to pick from ---- */

static bool is_picked(const struct filter_form_row *row, struct str value)
{
    for (size_t i = 0; i < row->n_picks; i++) {
        if (str_eq_ci(row->picks[i], value)) { /* tags are names, in any case */
            return true;
        }
    }
    return false;
}

static struct str kind_word(enum filter_kind kind)
{
    switch ((int)kind) {
    case FILTER_TAG:
        return STR("tag");
    case FILTER_BOARD:
        return STR("board");
    case FILTER_STAGE:
        return STR("stage");
    case FILTER_USER:
        return STR("user");
    case FILTER_TARGET:
        return STR("target");
    default:
        return STR("segment");
    }
}

static struct str words(struct ctx *ctx, const char *choice)
{
    char *text = arena_cstr(ctx->arena, str_from(choice));
    for (char *p = text; *p != '\0'; p++) {
        *p = *p == '_' ? ' ' : *p;
    }
    return str_from(text);
}

/* What a row is drawn with. */
struct drawing {
    struct ctx *ctx;
    const struct filter_form *form;
    const struct filter_choices *choices;
    const struct filter *stored; /* knows what is gone was called; NULL: nothing is stored */
    struct builder_row *rows;
    size_t n;
};

struct list {
    struct drawing *drawing;
    const struct filter_form_row *row;
    struct builder_topic *topics;
    struct builder_option *options;
    size_t n_topics, n_options;
    struct sb picked;
};

static void add_option(struct list *list, struct str heading, struct str value,
                       struct str label)
{
    struct builder_topic *topic = list->n_topics > 0 ? &list->topics[list->n_topics - 1] : NULL;
    bool chosen = is_picked(list->row, value);
    if (topic == NULL || !str_eq(topic->label, heading)) {
        topic = &list->topics[list->n_topics++];
        *topic = (struct builder_topic){.label = heading,
                                        .options = &list->options[list->n_options]};
    }
    list->options[list->n_options++] = (struct builder_option){value, label, chosen};
    topic->n_options++;
    if (chosen) {
        sb_str(&list->picked, list->picked.n == 0 ? STR("") : STR(", "));
        sb_str(&list->picked, label);
    }
}

struct gone {
    struct str value, name;
};

static void find_gone(const struct filter_node *node, struct gone *gone)
{
    for (size_t i = 0; node->is_group && i < node->n_nodes; i++) {
        find_gone(&node->nodes[i], gone);
    }
    for (size_t i = 0; !node->is_group && node->names != NULL && i < node->n_values; i++) {
        if (str_eq(node->values[i], gone->value) && !str_is_null(node->names[i])) {
            gone->name = node->names[i];
        }
    }
}

/* What was chosen and is not offered any more stays to be seen, and to be taken away. */
static void add_gone(struct list *list, const struct filter_field *field)
{
    for (size_t i = 0; i < list->row->n_picks; i++) {
        struct str value = list->row->picks[i];
        bool offered = false;
        for (size_t k = 0; k < list->n_options; k++) {
            offered = offered || str_eq_ci(list->options[k].value, value);
        }
        struct gone gone = {.value = value};
        if (!offered && list->drawing->stored != NULL && field->kind != FILTER_TAG) {
            find_gone(&list->drawing->stored->root, &gone);
        }
        if (!offered) {
            add_option(list, STR("Not there any more, or private"), value,
                       str_is_null(gone.name) ? value : gone.name);
        }
    }
}

static void draw_list(struct drawing *d, const struct filter_field *field,
                      const struct filter_form_row *row, struct builder_row *out)
{
    struct arena *arena = d->ctx->arena;
    size_t room = d->choices->n + row->n_picks + 16;
    struct list list = {.drawing = d,
                        .row = row,
                        .topics = ARENA_ARRAY(arena, room, struct builder_topic),
                        .options = ARENA_ARRAY(arena, room, struct builder_option)};
    sb_init(&list.picked, arena, 4096);
    if (field->kind == FILTER_USER) {
        add_option(&list, STR(""), STR("0"), STR("nobody"));
    }
    for (size_t i = 0; field->choices != NULL && field->choices[i] != NULL; i++) {
        add_option(&list, STR(""), str_from(field->choices[i]),
                   words(d->ctx, field->choices[i]));
    }
    for (size_t i = 0; field->choices == NULL && i < d->choices->n; i++) {
        const struct sql_filter_choices *choice = &d->choices->rows[i];
        if (str_eq(choice->kind, kind_word(field->kind))) {
            add_option(&list, choice->heading, choice->value, choice->name);
        }
    }
    add_gone(&list, field);
    out->lists = list.topics;
    out->n_lists = list.n_topics;
    out->picked = list.picked.n == 0 ? STR("Choose …") : sb_view(&list.picked);
}

/* ---- rows ---- */

static struct builder_row *add_row(struct drawing *d, enum builder_kind kind, size_t place,
                                   int64_t depth)
{
    const struct filter_form_row *row = &d->form->rows[place];
    struct builder_row *out = &d->rows[d->n++];
    *out = (struct builder_row){.kind = kind,
                                .index = (int64_t)place,
                                .parent = (int64_t)row->parent,
                                .depth = depth < DEPTH_DRAWN ? depth : DEPTH_DRAWN,
                                .wrong = kind == BUILDER_END ? STR("") : row->wrong,
                                .fresh = row->fresh,
                                .times = row->times,
                                .days = row->days};
    return out;
}

static void draw_condition(struct drawing *d, const struct filter_form_row *row, bool of_event,
                           struct builder_row *out)
{
    size_t place;
    draw_topics(d->ctx, row->field, of_event, out);
    out->has_field = filter_field_from(row->field, &place);
    if (!out->has_field) {
        return;
    }
    const struct filter_field *field = filter_field(place);
    enum filter_op op = draw_ops(d->ctx, field, row->op, out);
    bool listed =
        field->choices != NULL || field->kind == FILTER_TAG || filter_kind_has_ids(field->kind);
    bool longer = field->days == FILTER_DAYS_MUST;
    out->key = row->key;
    out->value = row->value;
    out->asks_key = field->kind == FILTER_PROPERTY;
    out->asks_picks = listed && filter_op_values(op) > 0;
    out->asks_value = !listed && filter_op_values(op) > 0;
    out->asks_times = (field->event || field->counted) && !of_event;
    out->asks_days = field->days != FILTER_DAYS_NONE && !of_event;
    out->days_label = longer ? STR("for more than") : STR("within");
    out->placeholder = placeholder(field, op);
    if (out->asks_picks) {
        draw_list(d, field, row, out);
    }
}

static void draw_matches(struct drawing *d, const struct filter_form_row *row,
                         struct builder_row *out)
{
    static const struct str labels[MATCHES] = {
        STR_INIT("all of these are true"), STR_INIT("at least one of these is true"),
        STR_INIT("none of these is true"), STR_INIT("one event has all of these")};
    struct builder_option *matches = ARENA_ARRAY(d->ctx->arena, MATCHES, struct builder_option);
    for (size_t i = 0; i < MATCHES; i++) {
        matches[i] = (struct builder_option){str_from(filter_match_name((enum filter_match)i)),
                                             labels[i], row->match == (enum filter_match)i};
    }
    out->matches = matches;
    out->n_matches = MATCHES;
    out->is_event = row->match == FILTER_EVENT;
    out->is_any = row->match == FILTER_ANY;
}

static struct str numbered(struct drawing *d, struct str of_group, size_t nr)
{
    return of_group.n == 0 ? arena_print(d->ctx->arena, "%zu", nr)
                           : arena_print(d->ctx->arena, "%.*s.%zu", STR_ARG(of_group), nr);
}

static void draw_group(struct drawing *d, size_t place, struct str number, struct str joint,
                       int64_t depth)
{
    const struct filter_form_row *group = &d->form->rows[place];
    struct builder_row *head = add_row(d, BUILDER_GROUP, place, depth);
    size_t nr = 0;
    draw_matches(d, group, head);
    head->number = number;
    head->joint = joint;
    bool is_event = head->is_event;
    for (size_t i = place + 1; i < d->form->n; i++) {
        const struct filter_form_row *row = &d->form->rows[i];
        if (row->parent != place) {
            continue;
        }
        struct str inner = numbered(d, number, ++nr);
        struct str word = nr == 1 ? STR("")
                          : group->match == FILTER_ANY || group->match == FILTER_NONE
                              ? STR("or")
                              : STR("and");
        if (row->is_group) {
            draw_group(d, i, inner, word, depth + 1);
        } else {
            struct builder_row *out = add_row(d, BUILDER_IF, i, depth + 1);
            out->number = inner;
            out->joint = word;
            draw_condition(d, row, is_event, out);
        }
    }
    struct builder_row *end = add_row(d, BUILDER_END, place, depth + 1);
    end->number = number;
    end->may_nest = !is_event && depth < DEPTH_DRAWN;
}

void filter_builder_draw(struct ctx *ctx, const struct filter_form *form,
                         const struct filter_choices *choices, const struct filter *stored,
                         struct str action, struct builder *out)
{
    struct drawing drawing = {.ctx = ctx,
                              .form = form,
                              .choices = choices,
                              .stored = stored,
                              .rows = ARENA_ARRAY(ctx->arena, 2 * form->n, struct builder_row)};
    draw_group(&drawing, 0, STR(""), STR(""), 0);
    *out = (struct builder){.rows = drawing.rows,
                            .n_rows = drawing.n,
                            .action = action,
                            .full = form->n == FILTER_FORM_ROWS};
}
