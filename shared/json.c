#include "shared/json.h"

#include <cjson/cJSON.h>

#define INTEGER_MAX 9007199254740992.0 /* 2^53 */

static const cJSON *node(const struct json *json)
{
    return (const cJSON *)(const void *)json;
}

static const struct json *opaque(const cJSON *item)
{
    return (const struct json *)(const void *)item;
}

/* One pass before cJSON sees the text: what cJSON would accept but we do not. */
struct scan {
    struct arena *arena;
    struct str text;
    char *repaired; /* copy of the text, made when something has to be replaced */
    size_t values;
    int depth, deepest;
};

static bool read_hex4(struct str s, size_t i, unsigned *out)
{
    unsigned value = 0;
    for (size_t k = i; k < i + 4; k++) {
        char c = k < s.n ? s.p[k] : ' ';
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16;
        if (digit == 16) {
            return false;
        }
        value = value * 16 + digit;
    }
    *out = value;
    return true;
}

static void replace(struct scan *scan, size_t i)
{
    if (scan->repaired == NULL) {
        scan->repaired = arena_cstr(scan->arena, scan->text);
    }
    memcpy(scan->repaired + i, "fffd", 4);
}

/* The \uXXXX whose digits begin at i; returns the index after it and its second half, 0 when it
 * is refused. */
static size_t scan_unicode(struct scan *scan, size_t i)
{
    unsigned unit = 0;
    unsigned second = 0;
    if (!read_hex4(scan->text, i, &unit) || unit == 0) {
        return 0;
    }
    if (unit >= 0xd800 && unit <= 0xdbff &&
        str_starts(str_slice(scan->text, i + 4, scan->text.n), STR("\\u")) &&
        read_hex4(scan->text, i + 6, &second) && second >= 0xdc00 && second <= 0xdfff) {
        return i + 10;
    }
    if (unit >= 0xd800 && unit <= 0xdfff) {
        replace(scan, i);
    }
    return i + 4;
}

/* The text whose opening quote is before i; returns the index after its end, 0 when refused. */
static size_t scan_text(struct scan *scan, size_t i)
{
    struct str s = scan->text;
    while (i < s.n) {
        unsigned char c = (unsigned char)s.p[i++];
        if (c == '"') {
            return i;
        }
        if (c < ' ') {
            return 0;
        }
        if (c == '\\' && i < s.n) {
            i = s.p[i] == 'u' ? scan_unicode(scan, i + 1) : i + 1;
            if (i == 0) {
                return 0;
            }
        }
    }
    return 0;
}

static bool scan_all(struct scan *scan)
{
    struct str s = scan->text;
    scan->values = 1;
    for (size_t i = 0; i < s.n;) {
        unsigned char c = (unsigned char)s.p[i++];
        if (c == '"') {
            i = scan_text(scan, i);
            if (i == 0) {
                return false;
            }
        } else if (c == '[' || c == '{') {
            scan->values++;
            scan->depth++;
            scan->deepest = scan->depth > scan->deepest ? scan->depth : scan->deepest;
        } else if (c == ']' || c == '}') {
            scan->depth--;
        } else if (c == ',') {
            scan->values++;
        } else if (c < ' ' && c != '\t' && c != '\n' && c != '\r') {
            return false;
        }
    }
    return true;
}

static void delete_tree(void *object)
{
    cJSON_Delete(object);
}

static enum err invalid(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_INVALID, "This is not valid JSON in UTF-8.");
}

enum err json_parse(struct ctx *ctx, struct str text, size_t max, const struct json **out_json)
{
    struct scan scan = {.arena = ctx->arena, .text = text};
    if (text.n > max) {
        return ctx_fail(ctx, ERR_LIMIT, "The JSON text is longer than %zu bytes.", max);
    }
    if (!str_is_utf8(text) || !scan_all(&scan)) {
        return invalid(ctx);
    }
    if (scan.deepest > JSON_DEPTH_MAX || scan.values > JSON_VALUES_MAX) {
        return ctx_fail(ctx, ERR_LIMIT,
                        "The JSON text is nested too deeply or has too many values.");
    }
    const char *p = scan.repaired != NULL ? scan.repaired : text.p;
    const char *end = NULL;
    cJSON *tree = text.n == 0 ? NULL : cJSON_ParseWithLengthOpts(p, text.n, &end, 0);
    if (tree == NULL) {
        return invalid(ctx);
    }
    arena_defer(ctx->arena, delete_tree, tree);
    size_t used = (size_t)(end - p);
    if (str_trim(str_slice(text, used, text.n)).n != 0) {
        return invalid(ctx);
    }
    *out_json = opaque(tree);
    return ERR_NONE;
}

enum json_kind json_kind(const struct json *json)
{
    const cJSON *item = node(json);
    if (item == NULL) {
        return JSON_NONE;
    }
    switch (item->type & 0xff) {
    case cJSON_False:
    case cJSON_True:
        return JSON_BOOL;
    case cJSON_Number:
        return JSON_NUMBER;
    case cJSON_String:
        return JSON_TEXT;
    case cJSON_Array:
        return JSON_ARRAY;
    case cJSON_Object:
        return JSON_OBJECT;
    default:
        return JSON_NULL;
    }
}

const struct json *json_get(const struct json *object, const char *name)
{
    if (json_kind(object) != JSON_OBJECT) {
        return NULL;
    }
    return opaque(cJSON_GetObjectItemCaseSensitive(node(object), name));
}

struct str json_text(const struct json *json)
{
    return json_kind(json) == JSON_TEXT ? str_from(node(json)->valuestring) : (struct str){0};
}

bool json_double(const struct json *json, double *out_value)
{
    if (json_kind(json) != JSON_NUMBER ||
        !(node(json)->valuedouble - node(json)->valuedouble >= 0)) {
        return false;
    }
    *out_value = node(json)->valuedouble;
    return true;
}

static bool is_integer(double value, int64_t *out_value)
{
    if (!(value >= -INTEGER_MAX && value <= INTEGER_MAX)) {
        return false;
    }
    int64_t whole = (int64_t)value;
    if ((double)whole < value || (double)whole > value) {
        return false;
    }
    *out_value = whole;
    return true;
}

bool json_i64(const struct json *json, int64_t *out_value)
{
    double value = 0;
    return json_double(json, &value) && is_integer(value, out_value);
}

bool json_id(const struct json *json, int64_t *out_value)
{
    struct str text = json_text(json);
    return text.p != NULL ? str_to_i64(text, out_value) : json_i64(json, out_value);
}

bool json_bool(const struct json *json, bool *out_value)
{
    if (json_kind(json) != JSON_BOOL) {
        return false;
    }
    *out_value = cJSON_IsTrue(node(json)) != 0;
    return true;
}

const struct json *json_first(const struct json *json)
{
    enum json_kind kind = json_kind(json);
    return kind == JSON_ARRAY || kind == JSON_OBJECT ? opaque(node(json)->child) : NULL;
}

const struct json *json_next(const struct json *json)
{
    return json == NULL ? NULL : opaque(node(json)->next);
}

struct str json_key(const struct json *json)
{
    return json == NULL ? (struct str){0} : str_from(node(json)->string);
}

size_t json_count(const struct json *json)
{
    size_t n = 0;
    for (const struct json *item = json_first(json); item != NULL; item = json_next(item)) {
        n++;
    }
    return n;
}

static void write_escaped(struct sb *sb, char c)
{
    static const char letters[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    for (size_t i = 0; i + 1 < sizeof(letters); i += 2) {
        if (letters[i] == c) {
            sb_char(sb, '\\');
            sb_char(sb, letters[i + 1]);
            return;
        }
    }
    sb_printf(sb, "\\u%04x", (unsigned)(unsigned char)c);
}

void json_write_str(struct sb *sb, struct str text)
{
    if (text.p == NULL) {
        SB_LIT(sb, "null");
        return;
    }
    size_t from = 0;
    SB_LIT(sb, "\"");
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < ' ' || c == '"' || c == '\\' || c == 0x7f) {
            sb_bytes(sb, text.p + from, i - from);
            write_escaped(sb, (char)c);
            from = i + 1;
        }
    }
    sb_bytes(sb, text.p + from, text.n - from);
    SB_LIT(sb, "\"");
}

void json_write_double(struct sb *sb, double value)
{
    char text[40];
    double back = 0;
    int64_t whole = 0;
    if (is_integer(value, &whole)) {
        sb_i64(sb, whole);
        return;
    }
    if (!(value - value >= 0)) {
        SB_LIT(sb, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits += 2) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, value);
        if (str_to_double(str_from(text), &back) && back >= value && back <= value) {
            break;
        }
    }
    sb_str(sb, str_from(text));
}

static void write_members(struct sb *sb, const struct json *json, bool with_names)
{
    for (const struct json *item = json_first(json); item != NULL; item = json_next(item)) {
        if (item != json_first(json)) {
            SB_LIT(sb, ",");
        }
        if (with_names) {
            json_write_str(sb, json_key(item));
            SB_LIT(sb, ":");
        }
        json_write(sb, item);
    }
}

void json_write(struct sb *sb, const struct json *json)
{
    switch (json_kind(json)) {
    case JSON_NONE:
    case JSON_NULL:
        SB_LIT(sb, "null");
        break;
    case JSON_BOOL:
        sb_str(sb, cJSON_IsTrue(node(json)) != 0 ? STR("true") : STR("false"));
        break;
    case JSON_NUMBER:
        json_write_double(sb, node(json)->valuedouble);
        break;
    case JSON_TEXT:
        json_write_str(sb, json_text(json));
        break;
    case JSON_ARRAY:
        SB_LIT(sb, "[");
        write_members(sb, json, false);
        SB_LIT(sb, "]");
        break;
    case JSON_OBJECT:
        SB_LIT(sb, "{");
        write_members(sb, json, true);
        SB_LIT(sb, "}");
        break;
    }
}
