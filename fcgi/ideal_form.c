#include "fcgi/ideal_form.h"

#include "shared/sb.h"

#define VALUES_BYTES ((size_t)FILTER_VALUES * (FILTER_VALUE_BYTES + 2))

static struct str at(struct form_texts texts, size_t i)
{
    return i < texts.n ? texts.v[i] : STR("");
}

void ideal_form_read(const struct ideal_form_lists *lists, struct str match, struct str least,
                     struct ideal_form *out_form)
{
    *out_form = (struct ideal_form){.match = match, .least = least};
    for (size_t i = 0; i < lists->field.n && i < IDEAL_CONDITIONS_MAX; i++) {
        out_form->rows[out_form->n++] =
            (struct ideal_form_row){.field = at(lists->field, i),
                                    .property = at(lists->property, i),
                                    .op = at(lists->op, i),
                                    .value = at(lists->value, i)};
    }
}

/* ---- from a filter ---- */

static struct str joined(struct ctx *ctx, const struct filter_node *node)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, VALUES_BYTES);
    for (size_t i = 0; i < node->n_values; i++) {
        sb_str(&sb, i == 0 ? STR("") : STR(", "));
        sb_str(&sb, node->values[i]);
    }
    return sb_view(&sb);
}

void ideal_form_from_filter(struct ctx *ctx, const struct filter *filter,
                            struct ideal_form *out_form)
{
    const struct filter_node *root = &filter->root;
    *out_form = (struct ideal_form){
        .match = root->match == FILTER_ALL ? STR("all")
                 : root->least > 1         ? STR("least")
                                           : STR("any"),
        .least = arena_print(ctx->arena, "%d", root->least > 1 ? root->least : 2)};
    for (size_t i = 0; i < root->n_nodes && i < IDEAL_CONDITIONS_MAX; i++) {
        const struct filter_node *node = &root->nodes[i];
        out_form->rows[out_form->n++] =
            (struct ideal_form_row){.field = str_from(filter_field(node->field)->name),
                                    .property = node->key,
                                    .op = str_from(filter_op_name(node->op)),
                                    .value = joined(ctx, node)};
    }
}

void ideal_form_begin(struct ideal_form *out_form)
{
    *out_form = (struct ideal_form){.match = STR("all"),
                                    .least = STR("2"),
                                    .rows = {{.field = STR("industry"), .op = STR("is")},
                                             {.field = STR("employees"), .op = STR("between")},
                                             {.field = STR("country"), .op = STR("is")}},
                                    .n = 3};
}

/* ---- to a filter ---- */

static void split_values(struct ctx *ctx, struct str text, struct filter_node *node)
{
    size_t room = 1;
    struct str value;
    for (size_t i = 0; i < text.n; i++) {
        room += text.p[i] == ',';
    }
    node->values = ARENA_ARRAY(ctx->arena, room, struct str);
    while (filter_op_values(node->op) > 0 && str_next(&text, ',', &value)) {
        value = str_trim(value);
        if (value.n > 0) {
            node->values[node->n_values++] = value;
        }
    }
}

/* Rows that nobody filled in say nothing. */
static bool is_blank(const struct ideal_form_row *row)
{
    enum filter_op op = FILTER_IS;
    (void)filter_op_from(row->op, &op);
    return row->value.n == 0 && filter_op_values(op) > 0;
}

static struct str read_row(struct ctx *ctx, const struct ideal_form_row *row,
                           struct filter_node *out)
{
    struct filter_node node = {.is_group = false};
    if (!filter_field_from(row->field, &node.field) || !ideal_may_ask(node.field)) {
        return STR("Choose what to look at.");
    }
    if (!filter_op_from(row->op, &node.op)) {
        return STR("Choose how to compare.");
    }
    if (filter_field(node.field)->kind == FILTER_PROPERTY) {
        node.key = row->property;
    }
    split_values(ctx, row->value, &node);
    if (filter_check(ctx, &node) != ERR_NONE) {
        struct str wrong = ctx->why;
        ctx_clear(ctx);
        return wrong;
    }
    *out = node;
    return (struct str){.p = NULL};
}

/* A sentence about what will not do, or "no value". */
static struct str read_match(const struct ideal_form *form, struct filter_node *root)
{
    int64_t least = 1;
    root->match = str_eq(form->match, STR("all")) ? FILTER_ALL : FILTER_ANY;
    if (!str_eq(form->match, STR("least"))) {
        return (struct str){.p = NULL};
    }
    if (!str_to_i64(form->least, &least) || least < 1) {
        return STR("Say how many conditions must hold.");
    }
    if ((size_t)least > root->n_nodes) {
        return STR("More conditions must hold than there are.");
    }
    root->least = (int32_t)least;
    return (struct str){.p = NULL};
}

bool ideal_form_filter(struct ctx *ctx, struct ideal_form *form, struct filter *out_filter)
{
    bool right = true;
    struct filter_node root = {.is_group = true};
    root.nodes = ARENA_ARRAY(ctx->arena, form->n, struct filter_node);
    for (size_t i = 0; i < form->n; i++) {
        if (!is_blank(&form->rows[i])) {
            form->rows[i].wrong = read_row(ctx, &form->rows[i], &root.nodes[root.n_nodes]);
            right = right && str_is_null(form->rows[i].wrong);
            root.n_nodes++;
        }
    }
    form->wrong = !right              ? STR("Some conditions are not complete yet.")
                  : root.n_nodes == 0 ? STR("A profile needs a condition.")
                                      : read_match(form, &root);
    *out_filter = (struct filter){.subject = FILTER_ACCOUNTS, .root = root};
    return str_is_null(form->wrong);
}

/* ---- buttons ---- */

void ideal_form_add(struct ideal_form *form)
{
    if (form->n < IDEAL_CONDITIONS_MAX) {
        form->rows[form->n++] = (struct ideal_form_row){.op = STR("is")};
    }
}

void ideal_form_remove(struct ideal_form *form, size_t row)
{
    if (row < form->n) {
        form->n--;
        memmove(&form->rows[row], &form->rows[row + 1],
                (form->n - row) * sizeof(form->rows[0]));
    }
}
