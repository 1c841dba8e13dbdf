/* Parameters of a statement to the wire, results to structs. */
#include "shared/db_private.h"
#include "shared/db_value.h"

static void *member(void *base, size_t offset)
{
    return (char *)base + offset;
}

static enum err encode_field(struct db *db, const struct db_statement *statement,
                             const struct db_field *field, const void *in, struct db_wire *wire)
{
    const char *base = in;
    *wire = (struct db_wire){.binary = true};
    if (field->nullable && !db_type_is_text(field->type) &&
        *(const bool *)(base + field->null_offset)) {
        return ERR_NONE;
    }
    struct ctx *ctx = db_ctx(db);
    enum err err = db_encode(ctx->arena, field->type, base + field->offset, wire);
    if (err != ERR_NONE) {
        return ctx_fail_detail(ctx, err, str_from(field->name),
                               "A value is too long or has the wrong form.");
    }
    if (wire->p == NULL && !field->nullable) {
        return db_bug(db, statement, "a parameter that must be given is missing");
    }
    return ERR_NONE;
}

enum err db_statement_send(struct db *db, const struct db_statement *statement, const void *in)
{
    struct db_wire wires[DB_PARAMS_MAX];
    if (db_ctx(db) == NULL || statement->n_params > DB_PARAMS_MAX) {
        return db_bug(db, statement, "db_use was not called, or too many parameters");
    }
    for (size_t i = 0; i < statement->n_params; i++) {
        TRY(encode_field(db, statement, &statement->params[i], in, &wires[i]));
    }
    return db_send(db, statement, wires);
}

static void clear_result(void *object)
{
    PQclear(object);
}

/* One column of all rows. A column at a time keeps the switch out of the loop. */
struct column {
    const PGresult *result;
    const struct db_field *field;
    struct arena *arena;
    char *rows;
    size_t row_size;
    int n, index;
};

/* The value is absent or not as long as the type is: NULL where that is allowed, else false. */
static bool read_null(const struct column *c, int row)
{
    if (!PQgetisnull(c->result, row, c->index) || !c->field->nullable) {
        return false;
    }
    if (!db_type_is_text(c->field->type)) {
        char *base = c->rows + (size_t)row * c->row_size;
        *(bool *)member(base, c->field->null_offset) = true;
    }
    return true;
}

static bool read_bigints(const struct column *c)
{
    char *out = c->rows + c->field->offset;
    bool is_time = c->field->type == DB_TIMESTAMPTZ;
    for (int row = 0; row < c->n; row++, out += c->row_size) {
        if (PQgetlength(c->result, row, c->index) != 8) {
            if (!read_null(c, row)) {
                return false;
            }
            continue;
        }
        int64_t value = (int64_t)db_load64(PQgetvalue(c->result, row, c->index));
        value = is_time ? db_time_from_wire(value) : value;
        memcpy(out, &value, sizeof(value));
    }
    return true;
}

static bool read_texts(const struct column *c)
{
    char *out = c->rows + c->field->offset;
    for (int row = 0; row < c->n; row++, out += c->row_size) {
        int n = PQgetlength(c->result, row, c->index);
        if (n == 0 && PQgetisnull(c->result, row, c->index)) {
            if (!c->field->nullable) {
                return false;
            }
            continue;
        }
        struct str text = {.p = PQgetvalue(c->result, row, c->index), .n = (size_t)n};
        memcpy(out, &text, sizeof(text));
    }
    return true;
}

static bool read_others(const struct column *c)
{
    char *out = c->rows + c->field->offset;
    for (int row = 0; row < c->n; row++, out += c->row_size) {
        if (PQgetisnull(c->result, row, c->index)) {
            if (!read_null(c, row)) {
                return false;
            }
        } else if (!db_decode(c->arena, c->field->type, PQgetvalue(c->result, row, c->index),
                              (size_t)PQgetlength(c->result, row, c->index), out)) {
            return false;
        }
    }
    return true;
}

static bool read_column(const struct column *c)
{
    enum db_type type = c->field->type;
    if (type == DB_BIGINT || type == DB_TIMESTAMPTZ) {
        return read_bigints(c);
    }
    if (type == DB_TEXT || type == DB_BYTEA) {
        return read_texts(c);
    }
    return read_others(c);
}

/* True when what was read points into the result, so that it must be kept. */
static bool points_into_result(const struct db_statement *statement)
{
    for (size_t i = 0; i < statement->n_columns; i++) {
        enum db_type type = statement->columns[i].type;
        if (db_type_is_text(type) || type >= DB_TEXT_ARRAY) {
            return true;
        }
    }
    return false;
}

/* Fills n rows at `rows` and clears the result, now or with the arena. */
static enum err read_rows(struct db *db, const struct db_statement *statement, PGresult *result,
                          void *rows, int n)
{
    struct arena *arena = db_ctx(db)->arena;
    bool good = PQnfields(result) == (int)statement->n_columns;
    for (size_t i = 0; good && i < statement->n_columns; i++) {
        struct column column = {.result = result,
                                .field = &statement->columns[i],
                                .arena = arena,
                                .rows = rows,
                                .row_size = statement->row_size,
                                .n = n,
                                .index = (int)i};
        good = read_column(&column);
    }
    if (good && n != 0 && points_into_result(statement)) {
        arena_defer(arena, clear_result, result);
    } else {
        PQclear(result);
    }
    return good ? ERR_NONE : db_bug(db, statement, "the result is not as declared");
}

enum err db_statement_take_one(struct db *db, const struct db_statement *statement, void *out)
{
    PGresult *result = NULL;
    TRY(db_take(db, statement, &result));
    int n = PQntuples(result);
    if (n != 1) {
        PQclear(result);
        return n == 0 ? ERR_NOT_FOUND : db_bug(db, statement, "more than one row");
    }
    void *row = arena_alloc(db_ctx(db)->arena, statement->row_size);
    TRY(read_rows(db, statement, result, row, 1));
    memcpy(out, row, statement->row_size);
    return ERR_NONE;
}

enum err db_statement_take_many(struct db *db, const struct db_statement *statement,
                                void **out_rows, size_t *out_n)
{
    PGresult *result = NULL;
    TRY(db_take(db, statement, &result));
    int n = PQntuples(result);
    void *rows = arena_array(db_ctx(db)->arena, (size_t)n, statement->row_size);
    TRY(read_rows(db, statement, result, rows, n));
    *out_rows = rows;
    *out_n = (size_t)n;
    return ERR_NONE;
}

enum err db_statement_take_exec(struct db *db, const struct db_statement *statement,
                                int64_t *out_count)
{
    PGresult *result = NULL;
    TRY(db_take(db, statement, &result));
    int64_t count = 0;
    if (!str_to_i64(str_from(PQcmdTuples(result)), &count)) {
        count = 0; /* a command that counts nothing */
    }
    PQclear(result);
    if (out_count != NULL) {
        *out_count = count;
    }
    return ERR_NONE;
}

static enum err read_cell(struct db *db, const PGresult *result, int row, int column,
                          struct db_value *out)
{
    if (!db_type_of_oid(PQftype(result, column), &out->type)) {
        return db_bug(db, NULL, "a column has a type that is not known");
    }
    out->null = PQgetisnull(result, row, column);
    if (!out->null && !db_decode(db_ctx(db)->arena, out->type, PQgetvalue(result, row, column),
                                 (size_t)PQgetlength(result, row, column), &out->as)) {
        return db_bug(db, NULL, "a column cannot be read");
    }
    return ERR_NONE;
}

static enum err read_result(struct db *db, const PGresult *result, struct db_result *out)
{
    out->n_rows = (size_t)PQntuples(result);
    out->n_columns = (size_t)PQnfields(result);
    struct db_value *cells =
        ARENA_ARRAY(db_ctx(db)->arena, out->n_rows * out->n_columns, struct db_value);
    out->cells = cells;
    for (size_t row = 0; row < out->n_rows; row++) {
        for (size_t column = 0; column < out->n_columns; column++) {
            TRY(read_cell(db, result, (int)row, (int)column,
                          &cells[row * out->n_columns + column]));
        }
    }
    return ERR_NONE;
}

enum err db_query_send(struct db *db, struct str sql, const struct db_value *params, size_t n,
                       const struct db_statement **out_sent)
{
    struct db_wire wires[DB_PARAMS_MAX];
    struct ctx *ctx = db_ctx(db);
    if (ctx == NULL || n > DB_PARAMS_MAX) {
        return db_bug(db, NULL, "db_use was not called, or too many parameters");
    }
    struct db_field *fields = ARENA_ARRAY(ctx->arena, n, struct db_field);
    for (size_t i = 0; i < n; i++) {
        fields[i] = (struct db_field){.type = params[i].type};
        wires[i] = (struct db_wire){.binary = true};
        if (!params[i].null) {
            TRY(db_encode(ctx->arena, params[i].type, &params[i].as, &wires[i]));
        }
    }
    struct db_statement *statement = ARENA_NEW(ctx->arena, struct db_statement);
    *statement = (struct db_statement){.id = DB_UNPREPARED,
                                       .name = "query",
                                       .text = arena_cstr(ctx->arena, sql),
                                       .params = fields,
                                       .n_params = n};
    TRY(db_send(db, statement, wires));
    *out_sent = statement;
    return ERR_NONE;
}

enum err db_query_take(struct db *db, const struct db_statement *sent,
                       struct db_result *out_result)
{
    PGresult *result = NULL;
    TRY(db_take(db, sent, &result));
    arena_defer(db_ctx(db)->arena, clear_result, result);
    return read_result(db, result, out_result);
}

enum err db_query(struct db *db, struct str sql, const struct db_value *params, size_t n,
                  struct db_result *out_result)
{
    const struct db_statement *sent = NULL;
    TRY(db_query_send(db, sql, params, n, &sent));
    return db_query_take(db, sent, out_result);
}
