#include "shared/mapping.h"

#define LOGO STR("logo")
#define VALUES_MAX 100 /* of a list */

/* ---- reading ---- */

static enum err read_paths(struct ctx *ctx, struct str text, size_t number,
                           struct mapping *mapping)
{
    size_t line = mapping->n;
    struct str path;
    while (str_next(&text, '|', &path)) {
        if (mapping->lines[line].n == MAPPING_CHOICES) {
            return ctx_fail(ctx, ERR_INVALID, "Line %zu has more than %d paths.", number,
                            MAPPING_CHOICES);
        }
        if (str_is_empty(str_trim(path)) ||
            !json_path_read(ctx->arena, path,
                            &mapping->lines[line].paths[mapping->lines[line].n])) {
            return ctx_fail(ctx, ERR_INVALID,
                            "Line %zu: “%.*s” is not a path. Write one like company.city or "
                            "contacts[0].email.",
                            number, STR_ARG(str_cut(str_trim(path), 80)));
        }
        mapping->lines[line].n++;
    }
    return ERR_NONE;
}

static enum err read_line(struct ctx *ctx, struct str text, size_t number,
                          struct mapping *mapping)
{
    size_t equals = str_find(text, '=');
    struct str name = str_trim(str_slice(text, 0, equals));
    const struct fact_field *field = facts_field(name);
    if (equals == text.n) {
        return ctx_fail(ctx, ERR_INVALID,
                        "Line %zu has no =. Write it like: industry = company.industry",
                        number);
    }
    if (field == NULL && !str_eq(name, LOGO)) {
        return ctx_fail(ctx, ERR_INVALID, "Line %zu: there is no field “%.*s”.", number,
                        STR_ARG(str_cut(name, 40)));
    }
    for (size_t i = 0; i < mapping->n; i++) {
        if (str_eq(mapping->lines[i].field, name)) {
            return ctx_fail(
                ctx, ERR_INVALID,
                "Line %zu: %.*s is there already. Put both paths on one line, with | "
                "between.",
                number, STR_ARG(name));
        }
    }
    mapping->lines[mapping->n].field = field == NULL ? LOGO : field->name;
    TRY(read_paths(ctx, str_slice(text, equals + 1, text.n), number, mapping));
    mapping->n++;
    return ERR_NONE;
}

enum err mapping_read(struct ctx *ctx, struct str text, struct mapping *out)
{
    struct str line;
    memset(out, 0, sizeof(*out));
    if (text.n > MAPPING_BYTES) {
        return ctx_fail(ctx, ERR_INVALID, "This is longer than %d characters.", MAPPING_BYTES);
    }
    for (size_t number = 1; str_next(&text, '\n', &line); number++) {
        line = str_trim(line);
        if (str_is_empty(line) || line.p[0] == '#') {
            continue;
        }
        if (out->n == MAPPING_LINES) {
            return ctx_fail(ctx, ERR_INVALID, "At most %d fields, please.", MAPPING_LINES);
        }
        TRY(read_line(ctx, line, number, out));
    }
    return ERR_NONE;
}

/* ---- finding ---- */

/* "51-200" is 51 people, at least. */
static struct str lower_end(struct str text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9') {
        n++;
    }
    struct str rest = str_trim(str_slice(text, n, text.n));
    bool range = str_starts(rest, STR("-")) || str_starts(rest, STR("–")) ||
                 str_starts(rest, STR("+")) || str_starts(rest, STR("to "));
    return n > 0 && range ? str_slice(text, 0, n) : text;
}

/* A text, a number; of an object or a list nothing. */
static struct str text_of(struct ctx *ctx, const struct json *value)
{
    double number;
    int64_t whole;
    if (json_i64(value, &whole)) {
        return arena_print(ctx->arena, "%lld", (long long)whole);
    }
    if (json_double(value, &number)) {
        return arena_print(ctx->arena, "%.15g", number);
    }
    return str_trim(json_text(value));
}

static struct str join(struct ctx *ctx, const struct json *const *values, size_t n, bool list)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, FACT_VALUE_MAX);
    for (size_t i = 0; i < n; i++) {
        struct str text = text_of(ctx, values[i]);
        if (str_is_empty(text) || (sb.n > 0 && !list)) {
            continue;
        }
        sb_str(&sb, sb.n > 0 ? STR("\n") : STR(""));
        sb_str(&sb, text);
    }
    return sb_view(&sb);
}

/* A list that nobody wrote [*] behind. */
static size_t spread(const struct json **values, size_t n)
{
    if (n != 1 || json_kind(values[0]) != JSON_ARRAY) {
        return n;
    }
    size_t count = 0;
    const struct json *one = json_first(values[0]);
    for (; one != NULL && count < VALUES_MAX; one = json_next(one)) {
        values[count++] = one;
    }
    return count;
}

static struct str find_value(struct ctx *ctx, const struct mapping *mapping, size_t line,
                             const struct json *answer, bool list)
{
    const struct json *values[VALUES_MAX];
    for (size_t i = 0; i < mapping->lines[line].n; i++) {
        size_t n = json_path_find(&mapping->lines[line].paths[i], answer, values, VALUES_MAX);
        struct str value = join(ctx, values, spread(values, n), list);
        if (!str_is_empty(value)) {
            return value;
        }
    }
    return (struct str){0};
}

void mapping_find(struct ctx *ctx, const struct mapping *mapping, const struct json *answer,
                  struct mapping_facts *out)
{
    *out = (struct mapping_facts){.n = 0};
    for (size_t i = 0; i < mapping->n; i++) {
        const struct fact_field *field = facts_field(mapping->lines[i].field);
        struct str value =
            find_value(ctx, mapping, i, answer, field != NULL && facts_is_list(field));
        if (field == NULL) {
            out->logo = value;
            continue;
        }
        value = field->kind == FACT_NUMBER ? lower_end(value) : value;
        if (!str_is_empty(value) && facts_read(ctx, field, value, &value) == ERR_NONE) {
            out->fields[out->n] = field->name;
            out->values[out->n++] = value;
        }
        ctx_clear(ctx);
    }
}
