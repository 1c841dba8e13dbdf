#include "fcgi/filter_form.h"

#include "shared/sb.h"

/* ---- from a tree ---- */

static bool needs_quotes(struct str value)
{
    return str_find(value, ',') < value.n || str_starts(value, STR("\""));
}

static struct str joined(struct arena *arena, const struct filter_node *condition)
{
    struct sb text;
    sb_init(&text, arena, (size_t)FILTER_VALUES * (2 * FILTER_VALUE_BYTES + 4));
    for (size_t i = 0; i < condition->n_values; i++) {
        struct str value = condition->values[i];
        bool quoted = needs_quotes(value);
        sb_str(&text, i == 0 ? STR("") : STR(", "));
        sb_str(&text, quoted ? STR("\"") : STR(""));
        for (size_t k = 0; k < value.n; k++) {
            sb_str(&text, quoted && value.p[k] == '"' ? STR("\"") : STR(""));
            sb_char(&text, value.p[k]);
        }
        sb_str(&text, quoted ? STR("\"") : STR(""));
    }
    return sb_view(&text);
}

/* Chosen from a list, not typed. */
static bool is_picked(const struct filter_field *field)
{
    return field->kind == FILTER_CHOICE || field->kind == FILTER_TAG ||
           filter_kind_has_ids(field->kind);
}

static struct str number(struct arena *arena, int32_t n)
{
    return n == 0 ? STR("") : arena_print(arena, "%d", n);
}

static void fill_condition(struct arena *arena, const struct filter_node *node,
                           struct filter_form_row *row)
{
    const struct filter_field *field = filter_field(node->field);
    row->field = str_from(field->name);
    row->op = str_from(filter_op_name(node->op));
    row->key = node->key;
    if (!is_picked(field)) {
        row->value = joined(arena, node);
        return;
    }
    for (size_t i = 0; i < node->n_values && i < FILTER_FORM_PICKS; i++) {
        row->picks[row->n_picks++] = node->values[i];
    }
}

static bool add_node(struct arena *arena, struct filter_form *form,
                     const struct filter_node *node, size_t parent)
{
    if (form->n == FILTER_FORM_ROWS || node->n_values > FILTER_FORM_PICKS) {
        return false;
    }
    size_t place = form->n++;
    struct filter_form_row *row = &form->rows[place];
    *row = (struct filter_form_row){
        .is_group = node->is_group,
        .match = node->match,
        .parent = parent,
        .times = number(arena, node->match == FILTER_ANY ? node->least : node->times),
        .days = number(arena, node->days)};
    if (!node->is_group) {
        fill_condition(arena, node, row);
    }
    bool fits = true;
    for (size_t i = 0; node->is_group && i < node->n_nodes; i++) {
        fits = fits && add_node(arena, form, &node->nodes[i], place);
    }
    return fits;
}

bool filter_form_from_tree(struct arena *arena, const struct filter *filter,
                           struct filter_form *out_form)
{
    *out_form = (struct filter_form){
        .subject = filter->subject,
        .rows = ARENA_ARRAY(arena, FILTER_FORM_ROWS, struct filter_form_row)};
    return add_node(arena, out_form, &filter->root, 0);
}

/* ---- to a tree ---- */

/* The next value of "Steel, "Foo, Inc."", and what is behind it. */
static bool next_value(struct ctx *ctx, struct str *rest, struct str *out_value)
{
    *rest = str_trim(*rest);
    if (rest->n == 0) {
        return false;
    }
    if (rest->p[0] != '"') {
        size_t end = str_find(*rest, ',');
        *out_value = str_trim(str_slice(*rest, 0, end));
        *rest = str_slice(*rest, end + 1, rest->n);
        return true;
    }
    struct sb value;
    sb_init(&value, ctx->arena, rest->n);
    size_t i = 1;
    while (i < rest->n && (rest->p[i] != '"' || (i + 1 < rest->n && rest->p[i + 1] == '"'))) {
        i += rest->p[i] == '"';
        sb_char(&value, rest->p[i++]);
    }
    size_t comma = i + str_find(str_slice(*rest, i, rest->n), ',');
    *out_value = str_trim(sb_view(&value)); /* as they are stored */
    *rest = str_slice(*rest, comma + 1, rest->n);
    return true;
}

static void split_values(struct ctx *ctx, const struct filter_form_row *row,
                         struct filter_node *condition)
{
    struct str rest = row->value, value;
    bool picked = is_picked(filter_field(condition->field));
    if (filter_op_values(condition->op) == 0) {
        return;
    }
    condition->values =
        ARENA_ARRAY(ctx->arena, row->value.n / 2 + row->n_picks + 2, struct str);
    for (size_t i = 0; picked && i < row->n_picks; i++) {
        condition->values[condition->n_values++] = row->picks[i];
    }
    while (!picked && next_value(ctx, &rest, &value)) {
        if (value.n != 0) {
            condition->values[condition->n_values++] = value;
        }
    }
}

static bool read_count(struct str text, int32_t *out_number)
{
    int64_t n = 0;
    text = str_trim(text);
    if (text.n != 0 && (!str_to_i64(text, &n) || n < 1 || n > FILTER_DAYS)) {
        return false;
    }
    *out_number = (int32_t)n;
    return true;
}

static bool refuse(struct filter_form_row *row, struct str why)
{
    row->wrong = why;
    return false;
}

/* "At least once" is what is meant anyway. */
static bool read_history(struct filter_form_row *row, bool times, bool days,
                         struct filter_node *node)
{
    if ((times && !read_count(row->times, &node->times)) ||
        (days && !read_count(row->days, &node->days))) {
        return refuse(row, STR("How often, and within how many days, are whole numbers; leave "
                               "them empty if they do not matter."));
    }
    return true;
}

static bool make_condition(struct ctx *ctx, struct filter_form_row *row, bool of_event,
                           struct filter_node *out_condition)
{
    struct filter_node condition = {0};
    if (!filter_field_from(row->field, &condition.field)) {
        return refuse(row, STR("Please choose what to look at."));
    }
    const struct filter_field *field = filter_field(condition.field);
    if (!filter_op_from(row->op, &condition.op)) {
        return refuse(row, STR("Please say how to compare."));
    }
    if (of_event && !field->event) {
        return refuse(row, STR("This is not about an event. Move it out of the group."));
    }
    condition.key = field->kind == FILTER_PROPERTY ? row->key : (struct str){0};
    split_values(ctx, row, &condition);
    if (!read_history(row, (field->event || field->counted) && !of_event,
                      field->days != FILTER_DAYS_NONE && !of_event, &condition)) {
        return false;
    }
    if (filter_check(ctx, &condition) != ERR_NONE) {
        struct str why = ctx->why;
        ctx_clear(ctx);
        return refuse(row, why);
    }
    *out_condition = condition;
    return true;
}

static bool is_blank(const struct filter_form_row *row)
{
    return row->field.n == 0 && row->value.n == 0;
}

static bool read_head(struct filter_form_row *group, struct filter_node *node)
{
    if (group->match == FILTER_EVENT) {
        return read_history(group, true, true, node);
    }
    return group->match != FILTER_ANY || read_count(group->times, &node->least) ||
           refuse(group, STR("How many conditions are enough is a whole number; leave it empty "
                             "for one."));
}

/* Groups stand before what is in them, so this ends. */
static bool make_group(struct ctx *ctx, struct filter_form *form, size_t place,
                       struct filter_node *out_group)
{
    struct filter_form_row *group = &form->rows[place];
    struct filter_node node = {.is_group = true, .match = group->match};
    bool of_event = group->match == FILTER_EVENT;
    bool right = read_head(group, &node);
    node.nodes = ARENA_ARRAY(ctx->arena, form->n, struct filter_node);
    for (size_t i = place + 1; i < form->n; i++) {
        struct filter_form_row *row = &form->rows[i];
        struct filter_node *child = &node.nodes[node.n_nodes];
        if (row->parent != place || (!row->is_group && is_blank(row))) {
            continue;
        }
        bool good = row->is_group ? make_group(ctx, form, i, child)
                                  : make_condition(ctx, row, of_event, child);
        if (row->is_group && of_event) {
            good = refuse(row, STR("A group about one event has no groups in it."));
        }
        right = right && good;
        node.n_nodes += good && (!row->is_group || child->n_nodes > 0);
    }
    *out_group = node;
    return right;
}

/* What rows alone do not tell (how deep, how many) is found by reading the tree again. */
bool filter_form_tree(struct ctx *ctx, struct filter_form *form, struct filter *out_filter)
{
    struct filter filter = {.subject = form->subject}, again;
    struct str json;
    bool right = make_group(ctx, form, 0, &filter.root);
    if (right && filter.root.match == FILTER_EVENT && filter.root.n_nodes == 0) {
        filter.root = (struct filter_node){.is_group = true};
    }
    if (right && (filter_json(ctx, &filter, &json) != ERR_NONE ||
                  filter_parse(ctx, json, &again) != ERR_NONE)) {
        struct str why =
            str_is_null(ctx->why) ? STR("This is too much for one segment.") : ctx->why;
        ctx_clear(ctx);
        right = refuse(&form->rows[0], why);
    }
    *out_filter = filter;
    return right;
}
