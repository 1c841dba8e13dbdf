#include "shared/db_codec.h"

#include "shared/sb.h"

#define EPOCH_2000 INT64_C(946684800000000)
#define VALUE_MAX ((size_t)1 << 30) /* PostgreSQL's own limit for one value */
#define NUMERIC_TEXT_MAX ((size_t)200 * 1024)
#define ARRAY_HEAD 20
#define ARRAY_HEAD_EMPTY 12

struct type {
    const char *name;
    uint32_t oid;
    bool is_array;
    enum db_type element;
    size_t wire; /* bytes on the wire, 0 = varies */
    size_t size; /* bytes of the C type */
};

static const struct type types[DB_TYPE__COUNT] = {
    [DB_BOOLEAN] = {"boolean", 16, .wire = 1, .size = sizeof(bool)},
    [DB_SMALLINT] = {"smallint", 21, .wire = 2, .size = sizeof(int16_t)},
    [DB_INTEGER] = {"integer", 23, .wire = 4, .size = sizeof(int32_t)},
    [DB_BIGINT] = {"bigint", 20, .wire = 8, .size = sizeof(int64_t)},
    [DB_DOUBLE] = {"double precision", 701, .wire = 8, .size = sizeof(double)},
    [DB_TIMESTAMPTZ] = {"timestamptz", 1184, .wire = 8, .size = sizeof(int64_t)},
    [DB_XID8] = {"xid8", 5069, .wire = 8, .size = sizeof(int64_t)},
    [DB_TEXT] = {"text", 25, .size = sizeof(struct str)},
    [DB_BYTEA] = {"bytea", 17, .size = sizeof(struct str)},
    [DB_JSONB] = {"jsonb", 3802, .size = sizeof(struct str)},
    [DB_NUMERIC] = {"numeric", 1700, .size = sizeof(struct str)},
    [DB_UUID] = {"uuid", 2950, .wire = 16, .size = sizeof(struct str)},
    [DB_BOOLEAN_ARRAY] = {"boolean[]", 1000, true, DB_BOOLEAN, 0, sizeof(struct sql_bools)},
    [DB_SMALLINT_ARRAY] = {"smallint[]", 1005, true, DB_SMALLINT, 0, sizeof(struct sql_i16s)},
    [DB_INTEGER_ARRAY] = {"integer[]", 1007, true, DB_INTEGER, 0, sizeof(struct sql_i32s)},
    [DB_BIGINT_ARRAY] = {"bigint[]", 1016, true, DB_BIGINT, 0, sizeof(struct sql_i64s)},
    [DB_DOUBLE_ARRAY] = {"double precision[]", 1022, true, DB_DOUBLE, 0,
                         sizeof(struct sql_doubles)},
    [DB_TIMESTAMPTZ_ARRAY] = {"timestamptz[]", 1185, true, DB_TIMESTAMPTZ, 0,
                              sizeof(struct sql_i64s)},
    [DB_TEXT_ARRAY] = {"text[]", 1009, true, DB_TEXT, 0, sizeof(struct sql_strs)},
    [DB_JSONB_ARRAY] = {"jsonb[]", 3807, true, DB_JSONB, 0, sizeof(struct sql_strs)},
    [DB_UUID_ARRAY] = {"uuid[]", 2951, true, DB_UUID, 0, sizeof(struct sql_strs)},
};

/* All arrays of db_statement.h look like this. */
struct any_array {
    const void *v;
    size_t n;
};

uint32_t db_type_oid(enum db_type type)
{
    return types[type].oid;
}

bool db_type_of_oid(uint32_t oid, enum db_type *out_type)
{
    enum { OID_NAME = 19, OID_VARCHAR = 1043, OID_UNKNOWN = 705, OID_VOID = 2278 };
    if (oid == OID_NAME || oid == OID_VARCHAR || oid == OID_UNKNOWN || oid == OID_VOID) {
        *out_type = DB_TEXT;
        return true;
    }
    for (size_t i = 0; i < DB_TYPE__COUNT; i++) {
        if (types[i].oid == oid) {
            *out_type = (enum db_type)i;
            return true;
        }
    }
    return false;
}

const char *db_type_name(enum db_type type)
{
    return types[type].name;
}

bool db_type_is_text(enum db_type type)
{
    return type >= DB_TEXT && type <= DB_UUID;
}

size_t db_type_size(enum db_type type)
{
    return types[type].size;
}

static void store64(char *p, uint64_t value)
{
    value = __builtin_bswap64(value);
    memcpy(p, &value, sizeof(value));
}

static void store32(char *p, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(p, &value, sizeof(value));
}

static void store16(char *p, uint16_t value)
{
    value = __builtin_bswap16(value);
    memcpy(p, &value, sizeof(value));
}

int64_t db_time_from_wire(int64_t wire)
{
    int64_t at = 0;
    if (wire == INT64_MIN) {
        return wire;
    }
    return __builtin_add_overflow(wire, EPOCH_2000, &at) ? INT64_MAX : at;
}

static int64_t time_to_wire(int64_t at)
{
    if (at == INT64_MIN || at == INT64_MAX) {
        return at;
    }
    /* Too early to express: INT64_MIN + 1 is out of PostgreSQL's range and refused there. */
    return at < INT64_MIN + 1 + EPOCH_2000 ? INT64_MIN + 1 : at - EPOCH_2000;
}

/* Writes the type's fixed number of bytes; value may be unaligned for none of the types. */
static void store_scalar(enum db_type type, const void *value, char *p)
{
    switch (types[type].wire) {
    case 1:
        *p = *(const bool *)value ? 1 : 0;
        break;
    case 2:
        store16(p, (uint16_t)(*(const int16_t *)value));
        break;
    case 4:
        store32(p, (uint32_t)(*(const int32_t *)value));
        break;
    default: {
        uint64_t bits = 0;
        memcpy(&bits, value, sizeof(bits));
        store64(p, type == DB_TIMESTAMPTZ ? (uint64_t)time_to_wire((int64_t)bits) : bits);
    }
    }
}

static void load_scalar(enum db_type type, const char *p, void *out)
{
    switch (types[type].wire) {
    case 1:
        *(bool *)out = *p != 0;
        break;
    case 2:
        *(int16_t *)out = (int16_t)db_load16(p);
        break;
    case 4:
        *(int32_t *)out = (int32_t)db_load32(p);
        break;
    default: {
        uint64_t bits = db_load64(p);
        bits = type == DB_TIMESTAMPTZ ? (uint64_t)db_time_from_wire((int64_t)bits) : bits;
        memcpy(out, &bits, sizeof(bits));
    }
    }
}

/* Bytes of a text-like element on the wire. */
static size_t text_wire_size(enum db_type type, struct str s)
{
    return s.n + (type == DB_JSONB ? 1 : 0);
}

static void store_text(enum db_type type, struct str s, char *p)
{
    if (type == DB_JSONB) {
        *p++ = 1; /* version of jsonb's binary format */
    }
    if (s.n != 0) {
        memcpy(p, s.p, s.n);
    }
}

static enum err encode_text(struct arena *arena, enum db_type type, const void *value,
                            struct db_wire *wire)
{
    struct str s = *(const struct str *)value;
    if (s.p == NULL) {
        return ERR_NONE;
    }
    if (s.n > VALUE_MAX) {
        return ERR_LIMIT;
    }
    if (type == DB_UUID && s.n != 16) {
        return ERR_INVALID;
    }
    wire->n = text_wire_size(type, s);
    if (type == DB_JSONB) {
        char *copy = arena_alloc(arena, wire->n);
        store_text(type, s, copy);
        wire->p = copy;
    } else if (type == DB_NUMERIC) { /* goes as text, which libpq wants NUL-terminated */
        wire->p = arena_cstr(arena, s);
        wire->binary = false;
    } else {
        wire->p = s.p;
    }
    return ERR_NONE;
}

static bool element_is_null(enum db_type element, const struct any_array *array, size_t i)
{
    if (db_type_is_text(element)) {
        return ((const struct str *)array->v)[i].p == NULL;
    }
    return element == DB_TIMESTAMPTZ && ((const int64_t *)array->v)[i] == INT64_MIN;
}

static enum err array_size(enum db_type element, const struct any_array *array, size_t *out_n)
{
    size_t total = array->n == 0 ? ARRAY_HEAD_EMPTY : ARRAY_HEAD;
    if (array->n > VALUE_MAX) {
        return ERR_LIMIT;
    }
    if (!db_type_is_text(element)) {
        total += array->n * (4 + types[element].wire);
    } else {
        const struct str *v = array->v;
        for (size_t i = 0; i < array->n; i++) {
            if (element == DB_UUID && v[i].p != NULL && v[i].n != 16) {
                return ERR_INVALID;
            }
            if (v[i].n > VALUE_MAX || total > VALUE_MAX) {
                return ERR_LIMIT;
            }
            total += 4 + text_wire_size(element, v[i]);
        }
    }
    *out_n = total;
    return total > VALUE_MAX ? ERR_LIMIT : ERR_NONE;
}

static char *store_element(enum db_type element, const struct any_array *array, size_t i,
                           char *p)
{
    if (element_is_null(element, array, i)) {
        store32(p, UINT32_MAX);
        return p + 4;
    }
    if (db_type_is_text(element)) {
        struct str s = ((const struct str *)array->v)[i];
        size_t n = text_wire_size(element, s);
        store32(p, (uint32_t)n);
        store_text(element, s, p + 4);
        return p + 4 + n;
    }
    store32(p, (uint32_t)types[element].wire);
    store_scalar(element, (const char *)array->v + i * types[element].size, p + 4);
    return p + 4 + types[element].wire;
}

static enum err encode_array(struct arena *arena, enum db_type type, const void *value,
                             struct db_wire *wire)
{
    const struct any_array *array = value;
    enum db_type element = types[type].element;
    TRY(array_size(element, array, &wire->n));
    char *p = arena_alloc(arena, wire->n);
    wire->p = p;
    store32(p, array->n == 0 ? 0 : 1); /* dimensions */
    store32(p + 8, types[element].oid);
    if (array->n == 0) {
        return ERR_NONE;
    }
    store32(p + 12, (uint32_t)array->n);
    store32(p + 16, 1); /* lower bound */
    bool nulls = false;
    char *at = p + ARRAY_HEAD;
    for (size_t i = 0; i < array->n; i++) {
        nulls = nulls || element_is_null(element, array, i);
        at = store_element(element, array, i, at);
    }
    wire->n = (size_t)(at - p); /* less than computed when timestamps were NULL */
    store32(p + 4, nulls ? 1 : 0);
    return ERR_NONE;
}

enum err db_encode(struct arena *arena, enum db_type type, const void *value,
                   struct db_wire *out_wire)
{
    *out_wire = (struct db_wire){.binary = true};
    if (types[type].is_array) {
        return encode_array(arena, type, value, out_wire);
    }
    if (db_type_is_text(type)) {
        return encode_text(arena, type, value, out_wire);
    }
    out_wire->p = out_wire->scalar;
    out_wire->n = types[type].wire;
    store_scalar(type, value, out_wire->scalar);
    return ERR_NONE;
}

/* numeric: count of base-10000 digits, weight of the first, sign, digits after the point. */
struct numeric {
    int digits, weight, scale;
    const char *digit;
};

static int numeric_digit(const struct numeric *n, int i)
{
    return i >= 0 && i < n->digits ? db_load16(n->digit + 2 * i) : 0;
}

static void put_group(struct sb *sb, int group, size_t digits)
{
    const char text[] = {(char)('0' + group / 1000), (char)('0' + group / 100 % 10),
                         (char)('0' + group / 10 % 10), (char)('0' + group % 10)};
    sb_bytes(sb, text, digits);
}

static void numeric_text(struct sb *sb, const struct numeric *n)
{
    sb_i64(sb, n->weight < 0 ? 0 : numeric_digit(n, 0));
    for (int i = 1; i <= n->weight; i++) {
        put_group(sb, numeric_digit(n, i), 4);
    }
    if (n->scale > 0) {
        SB_LIT(sb, ".");
    }
    for (int left = n->scale, i = n->weight + 1; left > 0; left -= 4, i++) {
        put_group(sb, numeric_digit(n, i), left < 4 ? (size_t)left : 4);
    }
}

static bool decode_numeric(struct arena *arena, const char *p, size_t n, struct str *out)
{
    enum { POSITIVE = 0, NEGATIVE = 0x4000, NOT = 0xc000, INFINITE = 0xd000, MINUS = 0xf000 };
    if (n < 8 || (size_t)db_load16(p) * 2 + 8 != n) {
        return false;
    }
    struct numeric number = {.digits = db_load16(p),
                             .weight = (int16_t)db_load16(p + 2),
                             .scale = db_load16(p + 6),
                             .digit = p + 8};
    int sign = db_load16(p + 4);
    for (int i = 0; i < number.digits; i++) {
        if (numeric_digit(&number, i) > 9999) {
            return false;
        }
    }
    /* No more room than it needs: a board has one in each row. */
    size_t most =
        16 + 4 * (size_t)(number.weight < 0 ? 1 : number.weight + 1) + (size_t)number.scale;
    struct sb sb;
    sb_init(&sb, arena, most < NUMERIC_TEXT_MAX ? most : NUMERIC_TEXT_MAX);
    if (sign == NOT) {
        SB_LIT(&sb, "NaN");
    } else if (sign == INFINITE || sign == MINUS) {
        sb_str(&sb, sign == MINUS ? STR("-Infinity") : STR("Infinity"));
    } else if (sign == POSITIVE || sign == NEGATIVE) {
        sb_str(&sb, sign == NEGATIVE ? STR("-") : STR(""));
        numeric_text(&sb, &number);
    }
    return sb.n != 0 && sb_done(&sb, out) == ERR_NONE;
}

static bool decode_text(struct arena *arena, enum db_type type, const char *p, size_t n,
                        struct str *out)
{
    if (type == DB_NUMERIC) {
        return decode_numeric(arena, p, n, out);
    }
    if (type == DB_JSONB) {
        if (n == 0 || *p != 1) {
            return false;
        }
        p++;
        n--;
    }
    if (type == DB_UUID && n != 16) {
        return false;
    }
    *out = (struct str){.p = p, .n = n};
    return true;
}

/* A NULL element leaves the struct str without value, which it is already. */
static bool decode_null(enum db_type element, void *out)
{
    if (element == DB_TIMESTAMPTZ) {
        *(int64_t *)out = INT64_MIN;
    }
    return element == DB_TIMESTAMPTZ || db_type_is_text(element);
}

static bool decode_element(struct arena *arena, enum db_type element, struct str *rest,
                           void *out)
{
    if (rest->n < 4) {
        return false;
    }
    uint32_t n = db_load32(rest->p);
    *rest = str_slice(*rest, 4, rest->n);
    if (n == UINT32_MAX) {
        return decode_null(element, out);
    }
    if (n > rest->n || !db_decode(arena, element, rest->p, n, out)) {
        return false;
    }
    *rest = str_slice(*rest, n, rest->n);
    return true;
}

static bool decode_array(struct arena *arena, enum db_type type, struct str bytes,
                         struct any_array *out)
{
    enum db_type element = types[type].element;
    if (bytes.n < ARRAY_HEAD_EMPTY || db_load32(bytes.p + 8) != types[element].oid) {
        return false;
    }
    if (db_load32(bytes.p) == 0) {
        *out = (struct any_array){0};
        return bytes.n == ARRAY_HEAD_EMPTY;
    }
    if (db_load32(bytes.p) != 1 || bytes.n < ARRAY_HEAD) {
        return false;
    }
    size_t n = db_load32(bytes.p + 12);
    struct str rest = str_slice(bytes, ARRAY_HEAD, bytes.n);
    if (n > rest.n / 4) {
        return false;
    }
    char *v = arena_array(arena, n, types[element].size);
    for (size_t i = 0; i < n; i++) {
        if (!decode_element(arena, element, &rest, v + i * types[element].size)) {
            return false;
        }
    }
    *out = (struct any_array){.v = v, .n = n};
    return rest.n == 0;
}

bool db_decode(struct arena *arena, enum db_type type, const char *p, size_t n, void *out_value)
{
    if (types[type].is_array) {
        return decode_array(arena, type, (struct str){.p = p, .n = n}, out_value);
    }
    if (db_type_is_text(type)) {
        return decode_text(arena, type, p, n, out_value);
    }
    if (n != types[type].wire) {
        return false;
    }
    load_scalar(type, p, out_value);
    return true;
}
