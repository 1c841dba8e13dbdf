#include "shared/filter_parts.h"
#include "gen/sql.h"
#include "shared/sb.h"

#define MISSING_MAX ((size_t)4 << 10)

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
                               [FILTER_TARGET] = {"target", "conversion target"}};

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

struct str filter_name_of(struct ctx *ctx, const struct filter_node *node, size_t i,
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
    sb_init(&missing.sb, ctx->arena, MISSING_MAX);
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

static struct str borrowed(const struct filter_node *from, size_t field, struct str value)
{
    struct str name = {0};
    for (size_t i = 0; from->is_group && str_is_null(name) && i < from->n_nodes; i++) {
        name = borrowed(&from->nodes[i], field, value);
    }
    bool same = !from->is_group && from->names != NULL &&
                filter_field_at(from->field)->kind == filter_field_at(field)->kind;
    for (size_t i = 0; same && i < from->n_values; i++) {
        name = str_eq(from->values[i], value) ? from->names[i] : name;
    }
    return name;
}

static void borrow(struct ctx *ctx, struct filter_node *node, const struct filter_node *from)
{
    for (size_t i = 0; node->is_group && i < node->n_nodes; i++) {
        borrow(ctx, &node->nodes[i], from);
    }
    if (node->is_group || !filter_kind_has_ids(filter_field_at(node->field)->kind)) {
        return;
    }
    node->names = ARENA_ARRAY(ctx->arena, node->n_values, struct str);
    for (size_t i = 0; i < node->n_values; i++) {
        node->names[i] = borrowed(from, node->field, node->values[i]);
    }
}

void filter_names_borrow(struct ctx *ctx, struct filter *filter, const struct filter *from)
{
    borrow(ctx, &filter->root, &from->root);
}
