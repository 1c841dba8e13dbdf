#include "fcgi/score_builder.h"

#include "shared/score_preset.h"

#define PROPERTIES_SHOWN 100

enum err score_offered_load(struct web *web, struct score_offered *out)
{
    const int64_t datasets[] = {web->session.dataset};
    TRY(sql_target_list(web->db, &(struct sql_target_list_in){.dataset = {datasets, 1}},
                        &out->targets));
    return sql_tag_list(web->db, &(struct sql_tag_list_in){.dataset = web->session.dataset},
                        &out->tags);
}

static void choose(struct score_choice *list, size_t *n, struct str value, struct str label,
                   struct str chosen)
{
    list[(*n)++] =
        (struct score_choice){.value = value, .label = label, .chosen = str_eq(value, chosen)};
}

static void offer_fields(struct ctx *ctx, const struct score_form_row *row,
                         struct score_rule_view *view)
{
    struct score_choice *list =
        ARENA_ARRAY(ctx->arena, SCORE_FIELD__COUNT, struct score_choice);
    for (size_t i = 0; i < SCORE_FIELD__COUNT; i++) {
        if (score_rule_fits(row->kind, (enum score_field_id)i)) {
            const struct score_field *field = score_field((enum score_field_id)i);
            choose(list, &view->n_fields, str_from(field->name), str_from(field->label),
                   row->field);
        }
    }
    view->fields = list;
}

static struct str id_text(struct ctx *ctx, int64_t id)
{
    return arena_print(ctx->arena, "%lld", (long long)id);
}

static void offer_targets(struct ctx *ctx, const struct score_offered *offered,
                          const struct score_form_row *row, struct score_rule_view *view)
{
    struct score_choice *list =
        ARENA_ARRAY(ctx->arena, offered->targets.n, struct score_choice);
    for (size_t i = 0; i < offered->targets.n; i++) {
        choose(list, &view->n_fields, id_text(ctx, offered->targets.row[i].id),
               offered->targets.row[i].name, row->field);
    }
    view->fields = list;
}

static void offer_tags(struct ctx *ctx, const struct score_offered *offered,
                       const struct score_form_row *row, struct score_rule_view *view)
{
    struct score_choice *list = ARENA_ARRAY(ctx->arena, offered->tags.n, struct score_choice);
    for (size_t i = 0; i < offered->tags.n; i++) {
        choose(list, &view->n_fields, id_text(ctx, offered->tags.row[i].id),
               offered->tags.row[i].name, row->field);
    }
    view->fields = list;
}

static void offer_what(struct ctx *ctx, const struct score_offered *offered,
                       const struct score_form_row *row, struct score_rule_view *view)
{
    struct score_choice *list = ARENA_ARRAY(ctx->arena, 2, struct score_choice);
    switch (row->kind) {
    case SCORE_TARGET:
        offer_targets(ctx, offered, row, view);
        return;
    case SCORE_TAG:
        offer_tags(ctx, offered, row, view);
        return;
    case SCORE_RECENCY:
        choose(list, &view->n_fields, STR("linear"), STR("fading to nothing in"), row->field);
        choose(list, &view->n_fields, STR("half"), STR("halved every"), row->field);
        view->fields = list;
        return;
    case SCORE_HAS:
    case SCORE_RANGE:
    case SCORE_PER:
    case SCORE_MATCH:
    case SCORE_PAGES:
    case SCORE_RULE_KIND__COUNT:
    default:
        offer_fields(ctx, row, view);
        return;
    }
}

static void offer_ops(struct ctx *ctx, const struct score_form_row *row,
                      struct score_rule_view *view)
{
    struct score_choice *list = ARENA_ARRAY(ctx->arena, SCORE_OP__COUNT, struct score_choice);
    if (row->kind == SCORE_HAS) {
        choose(list, &view->n_ops, STR("known"), STR("is known"), row->op);
        choose(list, &view->n_ops, STR("unknown"), STR("is not known"), row->op);
    }
    for (size_t i = 0; i < SCORE_OP__COUNT && row->kind == SCORE_MATCH; i++) {
        choose(list, &view->n_ops, str_from(score_op_name((enum score_op)i)),
               str_from(score_op_label((enum score_op)i)), row->op);
    }
    view->ops = list;
}

static void fill_rules(struct ctx *ctx, const struct score_offered *offered,
                       const struct score_form *form, struct score_view *view)
{
    struct score_rule_view *rules = ARENA_ARRAY(ctx->arena, form->n, struct score_rule_view);
    for (size_t i = 0; i < form->n; i++) {
        const struct score_form_row *row = &form->rows[i];
        rules[i] = (struct score_rule_view){.index = i,
                                            .number = i + 1,
                                            .first = i == 0,
                                            .last = i + 1 == form->n,
                                            .kind = row->kind,
                                            .kind_name = score_rule_kind_name(row->kind),
                                            .title = score_rule_kind_label(row->kind),
                                            .key = row->key,
                                            .property = row->property,
                                            .value = row->value,
                                            .from = row->from,
                                            .to = row->to,
                                            .points = row->points,
                                            .most = row->most,
                                            .wrong = row->wrong};
        offer_what(ctx, offered, row, &rules[i]);
        offer_ops(ctx, row, &rules[i]);
    }
    view->rules = rules;
    view->n_rules = form->n;
    view->full = form->n == SCORE_RULES_MAX;
}

static void fill_kinds(struct ctx *ctx, struct score_view *view)
{
    struct score_choice *kinds =
        ARENA_ARRAY(ctx->arena, SCORE_RULE_KIND__COUNT, struct score_choice);
    size_t n_presets = 0;
    for (size_t i = 0; i < SCORE_RULE_KIND__COUNT; i++) {
        choose(kinds, &view->n_kinds, str_from(score_rule_kind_name((enum score_rule_kind)i)),
               str_from(score_rule_kind_label((enum score_rule_kind)i)), STR(""));
    }
    while (score_preset(n_presets) != NULL) {
        n_presets++;
    }
    struct score_choice *presets = ARENA_ARRAY(ctx->arena, n_presets, struct score_choice);
    for (size_t i = 0; i < n_presets; i++) {
        presets[i] = (struct score_choice){.value = str_from(score_preset(i)->name),
                                           .label = str_from(score_preset(i)->title)};
    }
    view->kinds = kinds;
    view->presets = presets;
    view->n_presets = n_presets;
}

static enum err fill_properties(struct web *web, struct score_view *view)
{
    struct sql_score_properties_rows rows;
    TRY(sql_score_properties(web->db,
                             &(struct sql_score_properties_in){.dataset = web->session.dataset,
                                                               .most = PROPERTIES_SHOWN},
                             &rows));
    struct str *names = ARENA_ARRAY(web->ctx->arena, rows.n, struct str);
    for (size_t i = 0; i < rows.n; i++) {
        names[i] = rows.row[i].name;
    }
    view->properties = names;
    view->n_properties = rows.n;
    return ERR_NONE;
}

enum err score_builder_draw(struct web *web, const struct score_form *form,
                            struct score_view *view)
{
    struct score_offered offered;
    TRY(score_offered_load(web, &offered));
    fill_rules(web->ctx, &offered, form, view);
    fill_kinds(web->ctx, view);
    return fill_properties(web, view);
}
