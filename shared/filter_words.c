#include "shared/filter_parts.h"
#include "gen/sql.h"
#include "shared/sb.h"

#define SENTENCE_MAX ((size_t)4 << 10)
#define LABEL_MAX 200

struct filter_names {
    const struct sql_filter_names *rows;
    size_t n;
};

/* ---- names ---- */

struct wanted {
    struct ctx *ctx;
    enum filter_kind kind;
    int64_t *ids;
    struct str *tags;
    size_t n, room;
};

static size_t count_values(const struct filter_node *node)
{
    size_t n = node->n_values;
    for (size_t i = 0; node->is_group && i < node->n_nodes; i++) {
        n += count_values(&node->nodes[i]);
    }
    return n;
}

static void want(const struct filter_node *node, void *data)
{
    struct wanted *wanted = data;
    bool of_kind = filter_field_at(node->field)->kind == wanted->kind;
    for (size_t i = 0; of_kind && i < node->n_values && wanted->n < wanted->room; i++) {
        if (wanted->kind == FILTER_TAG) {
            wanted->tags[wanted->n++] = node->values[i];
        } else if (str_to_i64(node->values[i], &wanted->ids[wanted->n])) {
            wanted->n++;
        }
    }
}

static struct wanted want_all(struct ctx *ctx, const struct filter *const *filters, size_t n,
                              enum filter_kind kind)
{
    struct wanted wanted = {.ctx = ctx, .kind = kind};
    for (size_t i = 0; i < n; i++) {
        wanted.room += count_values(&filters[i]->root);
    }
    wanted.ids = ARENA_ARRAY(ctx->arena, wanted.room, int64_t);
    wanted.tags = ARENA_ARRAY(ctx->arena, wanted.room, struct str);
    for (size_t i = 0; i < n; i++) {
        filter_visit(&filters[i]->root, want, &wanted);
    }
    return wanted;
}

static struct sql_i64s ids_of(const struct wanted *wanted)
{
    return (struct sql_i64s){.v = wanted->ids, .n = wanted->n};
}

enum err filter_names_load(struct db *db, int64_t dataset, int64_t user,
                           const struct filter *const *filters, size_t n,
                           const struct filter_names **out_names)
{
    struct ctx *ctx = db_ctx(db);
    struct wanted boards = want_all(ctx, filters, n, FILTER_BOARD);
    struct wanted stages = want_all(ctx, filters, n, FILTER_STAGE);
    struct wanted users = want_all(ctx, filters, n, FILTER_USER);
    struct wanted segments = want_all(ctx, filters, n, FILTER_SEGMENT);
    struct wanted targets = want_all(ctx, filters, n, FILTER_TARGET);
    struct wanted tags = want_all(ctx, filters, n, FILTER_TAG);
    struct filter_names *names = ARENA_NEW(ctx->arena, struct filter_names);
    const struct sql_filter_names_in in = {.dataset = dataset,
                                           .user = user,
                                           .boards = ids_of(&boards),
                                           .stages = ids_of(&stages),
                                           .users = ids_of(&users),
                                           .segments = ids_of(&segments),
                                           .targets = ids_of(&targets),
                                           .tags = {.v = tags.tags, .n = tags.n}};
    struct sql_filter_names_rows rows;
    TRY(sql_filter_names(db, &in, &rows));
    *names = (struct filter_names){.rows = rows.row, .n = rows.n};
    *out_names = names;
    return ERR_NONE;
}

/* As the statement calls them, and as people do. */
static const struct {
    const char *kind, *noun;
} named[FILTER_KIND__COUNT] = {[FILTER_TAG] = {"tag", "tag"},
                               [FILTER_BOARD] = {"board", "board"},
                               [FILTER_STAGE] = {"stage", "stage"},
                               [FILTER_USER] = {"user", "person of the team"},
                               [FILTER_SEGMENT] = {"segment", "segment"},
                               [FILTER_TARGET] = {"target", "target"}};

/* "No value": there is none of that id, or tag of that name. */
static struct str find_name(const struct filter_names *names, enum filter_kind kind,
                            struct str value)
{
    int64_t id = 0;
    bool has_id = kind != FILTER_TAG && str_to_i64(value, &id);
    for (size_t i = 0; i < names->n; i++) {
        const struct sql_filter_names *row = &names->rows[i];
        bool same = has_id ? row->id == id : str_eq(row->name, value);
        if (same && str_eq(row->kind, str_from(named[kind].kind))) {
            return row->name;
        }
    }
    return kind == FILTER_USER && id == 0 ? STR("nobody") : (struct str){0};
}

static struct str name_of(struct ctx *ctx, const struct filter_node *node, size_t i,
                          const struct filter_names *names)
{
    enum filter_kind kind = filter_field_at(node->field)->kind;
    if (!filter_kind_has_ids(kind)) {
        return node->values[i];
    }
    struct str name = names == NULL ? (struct str){0} : find_name(names, kind, node->values[i]);
    name = str_is_null(name) && node->names != NULL ? node->names[i] : name;
    if (str_is_null(name) && kind == FILTER_USER && str_eq(node->values[i], STR("0"))) {
        return STR("nobody");
    }
    return str_is_null(name) ? arena_print(ctx->arena, "(%s %.*s)", named[kind].noun,
                                           STR_ARG(node->values[i]))
                             : name;
}

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
        struct str name = name_of(w->ctx, node, i, w->names);
        sb_str(w->sb, field->kind == FILTER_CHOICE ? choice_words(w->ctx, name) : name);
        int64_t at, days = -1;
        if (field->kind == FILTER_TIME && filter_time(name, 0, &at, &days) && days >= 0) {
            SB_LIT(w->sb, " ago");
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

/* ---- what is gone ---- */

struct missing {
    struct ctx *ctx;
    const struct filter_names *names;
    struct sb sb;
};

static void say_missing(const struct filter_node *node, void *data)
{
    struct missing *missing = data;
    enum filter_kind kind = filter_field_at(node->field)->kind;
    bool has_names = filter_kind_has_ids(kind) || kind == FILTER_TAG;
    for (size_t i = 0; has_names && i < node->n_values; i++) {
        struct str value = node->values[i];
        if (!str_is_null(find_name(missing->names, kind, value))) {
            continue;
        }
        struct str name = kind == FILTER_TAG    ? value
                          : node->names != NULL ? node->names[i]
                                                : (struct str){0};
        sb_str(&missing->sb, missing->sb.n == 0 ? STR("") : STR(" "));
        if (str_is_null(name)) {
            sb_printf(&missing->sb, "A %s that it asks for does not exist any more.",
                      named[kind].noun);
        } else {
            sb_printf(&missing->sb, "The %s “%.*s” does not exist any more.", named[kind].noun,
                      STR_ARG(name));
        }
    }
}

struct str filter_missing(struct ctx *ctx, const struct filter *filter,
                          const struct filter_names *names)
{
    struct missing missing = {.ctx = ctx, .names = names};
    sb_init(&missing.sb, ctx->arena, SENTENCE_MAX);
    filter_visit(&filter->root, say_missing, &missing);
    return missing.sb.n == 0 ? (struct str){0} : sb_view(&missing.sb);
}

static void keep_names(struct ctx *ctx, struct filter_node *node,
                       const struct filter_names *names)
{
    for (size_t i = 0; node->is_group && i < node->n_nodes; i++) {
        keep_names(ctx, &node->nodes[i], names);
    }
    enum filter_kind kind = filter_field_at(node->field)->kind;
    if (node->is_group || !filter_kind_has_ids(kind)) {
        return;
    }
    struct str *kept = ARENA_ARRAY(ctx->arena, node->n_values, struct str);
    for (size_t i = 0; i < node->n_values; i++) {
        struct str name = find_name(names, kind, node->values[i]);
        kept[i] = !str_is_null(name) || node->names == NULL ? name : node->names[i];
    }
    node->names = kept;
}

void filter_names_keep(struct ctx *ctx, struct filter *filter, const struct filter_names *names)
{
    keep_names(ctx, &filter->root, names);
}
