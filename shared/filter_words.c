#include "shared/filter_parts.h"
#include "shared/sb.h"

#define SENTENCE_MAX ((size_t)4 << 10)
#define LABEL_MAX 200

/* ---- one condition ---- */

struct words {
    struct ctx *ctx;
    struct sb *sb;
    const struct filter_names *names;
    enum filter_subject subject;
};

static const char *article(const char *noun)
{
    return strchr("aeiou", noun[0]) != NULL ? "an" : "a";
}

/* "visited", "did not visit a page containing", "submitted form". */
static void say_verb(struct sb *sb, enum filter_op op, const struct filter_field *field)
{
    const char *noun = field->noun == NULL ? "" : field->noun;
    sb_str(sb, str_from(filter_is_negated(op) ? field->no : field->yes));
    switch ((int)filter_positive(op)) {
    case FILTER_IS:
        sb_printf(sb, field->named ? " %s" : "%s", field->named ? noun : "");
        break;
    case FILTER_CONTAINS:
        sb_printf(sb, " %s %s containing", article(noun), noun);
        break;
    case FILTER_KNOWN:
        sb_printf(sb, " any %s", noun);
        break;
    default:
        break;
    }
}

struct str filter_op_label(struct ctx *ctx, enum filter_op op, const struct filter_field *field)
{
    if (field->yes == NULL || field->kind == FILTER_PROPERTY) {
        return str_from(filter_op_words(op));
    }
    struct sb sb;
    sb_init(&sb, ctx->arena, LABEL_MAX);
    say_verb(&sb, op, field);
    return sb_view(&sb);
}

static struct str choice_words(struct ctx *ctx, struct str choice)
{
    char *words = arena_cstr(ctx->arena, choice);
    for (size_t i = 0; i < choice.n; i++) {
        words[i] = words[i] == '_' ? ' ' : words[i];
    }
    return (struct str){.p = words, .n = choice.n};
}

static void say_values(struct words *w, const struct filter_node *node)
{
    const struct filter_field *field = filter_field_at(node->field);
    const char *between = filter_op_values(node->op) == 2 ? " and " : " or ";
    for (size_t i = 0; i < node->n_values; i++) {
        sb_str(w->sb, i == 0 ? STR(" ") : str_from(between));
        struct str name = filter_name_of(w->ctx, node, i, w->names);
        sb_str(w->sb, field->kind == FILTER_CHOICE ? choice_words(w->ctx, name) : name);
    }
}

static void say_days(struct sb *sb, int64_t days)
{
    sb_printf(sb, "%lld day%s", (long long)days, days == 1 ? "" : "s");
}

/* Of an age the days, of a date -1. */
static int64_t age_of(struct str value)
{
    int64_t at, days = -1;
    return filter_time(value, 0, &at, &days) ? days : -1;
}

/* "in the last 30 days", "more than 7 days ago", "is between 30 days ago and 2026-11-21". */
static void say_time(struct words *w, const struct filter_node *node)
{
    int64_t days = node->n_values > 0 ? age_of(node->values[0]) : -1;
    bool after = node->op == FILTER_AFTER;
    if (days >= 0 && (after || node->op == FILTER_BEFORE)) {
        sb_str(w->sb, after ? STR(" in the last ") : STR(" more than "));
        say_days(w->sb, days);
        sb_str(w->sb, after ? STR("") : STR(" ago"));
        return;
    }
    sb_printf(w->sb, " %s", filter_op_words(node->op));
    for (size_t i = 0; i < node->n_values; i++) {
        sb_str(w->sb, i == 0 ? STR(" ") : STR(" and "));
        days = age_of(node->values[i]);
        if (days >= 0) {
            say_days(w->sb, days);
            SB_LIT(w->sb, " ago");
        } else {
            sb_str(w->sb, node->values[i]);
        }
    }
}

static void say_history(struct words *w, const struct filter_node *node)
{
    if (node->times > 1) {
        sb_printf(w->sb, " at least %d times", node->times);
    }
    if (node->days != 0) {
        bool longer = !node->is_group && filter_field_at(node->field)->days == FILTER_DAYS_MUST;
        sb_printf(w->sb, " %s %d day%s", longer ? "for more than" : "within", node->days,
                  node->days == 1 ? "" : "s");
    }
}

/* Of a company it is said of one of its people, or of none. */
static enum filter_op say_whose(struct words *w, const struct filter_node *node,
                                const char *genitive)
{
    if (w->subject == FILTER_LEADS || filter_source_at(node->field)->side != SIDE_LEAD) {
        return node->op;
    }
    sb_printf(w->sb, "%s lead%s ", filter_is_negated(node->op) ? "no" : "a", genitive);
    return filter_positive(node->op);
}

static void say_label(struct words *w, const struct filter_node *node)
{
    const struct filter_field *field = filter_field_at(node->field);
    if (field->kind != FILTER_PROPERTY) {
        sb_str(w->sb, str_from(field->label));
        return;
    }
    sb_printf(w->sb, "“%.*s”", STR_ARG(node->key));
    if (field->noun != NULL && field->noun[0] == 'c') {
        SB_LIT(w->sb, " of the company");
    }
}

static void say_condition(struct words *w, const struct filter_node *node, bool of_event)
{
    const struct filter_field *field = filter_field_at(node->field);
    if (field->kind == FILTER_TIME) {
        say_label(w, node);
        say_time(w, node);
        return;
    }
    if (field->yes == NULL || of_event) {
        enum filter_op op = say_whose(w, node, "'s");
        say_label(w, node);
        sb_printf(w->sb, " %s", filter_op_words(op));
    } else if (field->kind == FILTER_PROPERTY) {
        sb_printf(w->sb, "%s ", filter_is_negated(node->op) ? field->no : field->yes);
        say_label(w, node);
        sb_printf(w->sb, " %s", filter_op_words(filter_positive(node->op)));
    } else {
        say_verb(w->sb, say_whose(w, node, ""), field);
    }
    say_values(w, node);
    say_history(w, node);
}

/* ---- groups ---- */

static void say_node(struct words *w, const struct filter_node *node, bool inner, bool of_event)
{
    if (!node->is_group) {
        say_condition(w, node, of_event);
        return;
    }
    if (inner && node->n_nodes == 0) {
        SB_LIT(w->sb, "anything");
        return;
    }
    bool is_event = node->match == FILTER_EVENT, is_none = node->match == FILTER_NONE;
    bool several = node->least > 1;
    bool box =
        node->n_nodes > 0 && (is_event || is_none || several || (inner && node->n_nodes > 1));
    sb_str(w->sb, is_event ? STR("had an event ") : is_none && box ? STR("none of ") : STR(""));
    if (several) {
        sb_printf(w->sb, "at least %d of ", (int)node->least);
    }
    sb_str(w->sb, box ? STR("(") : STR(""));
    for (size_t i = 0; i < node->n_nodes; i++) {
        bool or = node->match == FILTER_ANY || is_none;
        sb_str(w->sb, i == 0 ? STR("") : several ? STR(", ") : or ? STR(" or ") : STR(" and "));
        say_node(w, &node->nodes[i], true, is_event);
    }
    sb_str(w->sb, box ? STR(")") : STR(""));
    say_history(w, node);
}

struct str filter_sentence(struct ctx *ctx, const struct filter *filter,
                           const struct filter_names *names)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, SENTENCE_MAX);
    struct words words = {.ctx = ctx, .sb = &sb, .names = names, .subject = filter->subject};
    say_node(&words, &filter->root, false, false);
    if (sb.overflow) {
        return arena_print(ctx->arena, "%.*s …", STR_ARG(str_cut(sb_view(&sb), SENTENCE_MAX)));
    }
    if (sb.n == 0) {
        return filter->subject == FILTER_LEADS ? STR("everybody") : STR("every company");
    }
    return sb_view(&sb);
}
