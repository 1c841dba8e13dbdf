#include "fcgi/segment_form.h"

#include "shared/sb.h"

static struct str at(struct form_texts texts, size_t i)
{
    return i < texts.n ? texts.v[i] : STR("");
}

void segment_form_read(const struct segment_form_lists *lists, struct segment_form *out_form)
{
    struct segment_form form = {0};
    for (size_t i = 0; i < lists->group_match.n && i < SEGMENT_GROUPS; i++) {
        form.group_any[form.n_groups++] = str_eq(lists->group_match.v[i], STR("any"));
    }
    form.n_groups = form.n_groups == 0 ? 1 : form.n_groups;
    for (size_t i = 0; i < lists->field.n && form.n_rows < SEGMENT_CONDITIONS; i++) {
        int64_t group = 0;
        if (!str_to_i64(at(lists->group, i), &group) || group < 0 ||
            (size_t)group >= form.n_groups) {
            group = 0;
        }
        form.rows[form.n_rows++] = (struct segment_form_row){.group = (size_t)group,
                                                             .field = lists->field.v[i],
                                                             .op = at(lists->op, i),
                                                             .value = at(lists->value, i)};
    }
    *out_form = form;
}

/* ---- from a tree ---- */

static struct str joined(struct ctx *ctx, const struct filter_node *condition)
{
    struct sb text;
    sb_init(&text, ctx->arena, (size_t)FILTER_VALUES * (FILTER_VALUE_BYTES + 2));
    for (size_t i = 0; i < condition->n_values; i++) {
        sb_str(&text, i == 0 ? STR("") : STR(", "));
        sb_str(&text, condition->values[i]);
    }
    return sb_view(&text);
}

static bool add_condition(struct ctx *ctx, struct segment_form *form, size_t group,
                          const struct filter_node *condition)
{
    const struct filter_field *field = filter_field(condition->field);
    if (form->n_rows == SEGMENT_CONDITIONS || field == NULL) {
        return false;
    }
    form->rows[form->n_rows++] =
        (struct segment_form_row){.group = group,
                                  .field = str_from(field->name),
                                  .op = str_from(filter_op_name(condition->op)),
                                  .value = joined(ctx, condition)};
    return true;
}

static bool add_group(struct ctx *ctx, struct segment_form *form,
                      const struct filter_node *node)
{
    if (form->n_groups == SEGMENT_GROUPS) {
        return false;
    }
    size_t group = form->n_groups++;
    form->group_any[group] = node->is_group && node->match == FILTER_ANY;
    if (!node->is_group) {
        return add_condition(ctx, form, group, node);
    }
    for (size_t i = 0; i < node->n_nodes; i++) {
        if (node->nodes[i].is_group || !add_condition(ctx, form, group, &node->nodes[i])) {
            return false;
        }
    }
    return true;
}

static bool has_group(const struct filter_node *root)
{
    for (size_t i = 0; i < root->n_nodes; i++) {
        if (root->nodes[i].is_group) {
            return true;
        }
    }
    return false;
}

bool segment_form_from_tree(struct ctx *ctx, const struct filter_node *root,
                            struct segment_form *out_form)
{
    struct segment_form form = {0};
    bool fits = true;
    if (!has_group(root)) {
        fits = add_group(ctx, &form, root);
    } else {
        form.any = root->match == FILTER_ANY;
        for (size_t i = 0; i < root->n_nodes && fits; i++) {
            fits = add_group(ctx, &form, &root->nodes[i]);
        }
    }
    *out_form = form;
    return fits;
}

/* ---- to a tree ---- */

static void split_values(struct ctx *ctx, struct str text, struct filter_node *condition)
{
    if (filter_op_values(condition->op) == 0) {
        return;
    }
    size_t room = 1;
    for (size_t i = 0; i < text.n; i++) {
        room += text.p[i] == ',';
    }
    condition->values = ARENA_ARRAY(ctx->arena, room, struct str);
    struct str value;
    while (str_next(&text, ',', &value)) {
        value = str_trim(value);
        if (value.n != 0) {
            condition->values[condition->n_values++] = value;
        }
    }
}

static bool is_blank(const struct segment_form_row *row)
{
    return row->field.n == 0 && row->value.n == 0;
}

static bool make_condition(struct ctx *ctx, struct segment_form_row *row,
                           struct filter_node *out_condition)
{
    struct filter_node condition = {0};
    if (!filter_field_from(row->field, &condition.field)) {
        row->wrong = STR("Please choose what to look at.");
        return false;
    }
    if (!filter_op_from(row->op, &condition.op)) {
        row->wrong = STR("Please choose how to compare.");
        return false;
    }
    split_values(ctx, row->value, &condition);
    if (filter_check(ctx, &condition) != ERR_NONE) {
        row->wrong = ctx->why;
        ctx_clear(ctx);
        return false;
    }
    *out_condition = condition;
    return true;
}

static bool make_group(struct ctx *ctx, struct segment_form *form, size_t group,
                       struct filter_node *out_group)
{
    struct filter_node node = {.is_group = true, .match = form->group_any[group] ? FILTER_ANY : FILTER_ALL};
    bool right = true;
    node.nodes = ARENA_ARRAY(ctx->arena, form->n_rows + 1, struct filter_node);
    for (size_t i = 0; i < form->n_rows; i++) {
        struct segment_form_row *row = &form->rows[i];
        if (row->group != group || is_blank(row)) {
            continue;
        }
        if (make_condition(ctx, row, &node.nodes[node.n_nodes])) {
            node.n_nodes++;
        } else {
            right = false;
        }
    }
    *out_group = node;
    return right;
}

bool segment_form_tree(struct ctx *ctx, struct segment_form *form, struct filter_node *out_root)
{
    struct filter_node root = {.is_group = true, .match = form->any ? FILTER_ANY : FILTER_ALL};
    root.nodes = ARENA_ARRAY(ctx->arena, SEGMENT_GROUPS, struct filter_node);
    bool right = true;
    for (size_t i = 0; i < form->n_groups; i++) {
        struct filter_node *group = &root.nodes[root.n_nodes];
        right = make_group(ctx, form, i, group) && right;
        root.n_nodes += group->n_nodes != 0;
    }
    *out_root = root.n_nodes == 1 ? root.nodes[0] : root;
    return right;
}

/* ---- the form's buttons ---- */

void segment_form_add_condition(struct segment_form *form, size_t group)
{
    if (form->n_rows < SEGMENT_CONDITIONS && group < form->n_groups) {
        form->rows[form->n_rows++] = (struct segment_form_row){.group = group};
    }
}

void segment_form_add_group(struct segment_form *form)
{
    if (form->n_groups < SEGMENT_GROUPS) {
        form->n_groups++;
        segment_form_add_condition(form, form->n_groups - 1);
    }
}

/* A group goes with its last condition, unless it is the only one. */
static void drop_group_if_empty(struct segment_form *form, size_t group)
{
    for (size_t i = 0; i < form->n_rows; i++) {
        if (form->rows[i].group == group) {
            return;
        }
    }
    if (form->n_groups == 1) {
        return;
    }
    for (size_t i = group; i + 1 < form->n_groups; i++) {
        form->group_any[i] = form->group_any[i + 1];
    }
    form->n_groups--;
    for (size_t i = 0; i < form->n_rows; i++) {
        form->rows[i].group -= form->rows[i].group > group;
    }
}

void segment_form_remove(struct segment_form *form, size_t row)
{
    if (row >= form->n_rows) {
        return;
    }
    size_t group = form->rows[row].group;
    form->n_rows--;
    memmove(&form->rows[row], &form->rows[row + 1],
            (form->n_rows - row) * sizeof(form->rows[0]));
    drop_group_if_empty(form, group);
}
