/*
 * db_statement.h - what the generated statements (build/gen/sql.h) are made of: SQL types as C
 * types, and the description of a statement that db.c executes.
 *
 * Only generated code and tests use the functions; everybody uses the types.
 *
 *   boolean bool, smallint int16_t, integer int32_t, bigint and xid8 int64_t, double precision
 *   double, timestamptz int64_t (microseconds since 1970 UTC; INT64_MIN and INT64_MAX are
 *   -infinity and infinity), text, bytea, jsonb (its text), numeric (its text), uuid (16 raw
 *   bytes) struct str, arrays as below.
 *
 * NULL is p == NULL for a struct str, the member NAME_null for every other type. In arrays of
 * struct str an element may be p == NULL, in timestamptz arrays INT64_MIN; other arrays hold no
 * NULLs.
 */
#ifndef LEADBOARD_DB_STATEMENT_H
#define LEADBOARD_DB_STATEMENT_H

#include "shared/db.h"

enum db_type {
    DB_BOOLEAN,
    DB_SMALLINT,
    DB_INTEGER,
    DB_BIGINT,
    DB_DOUBLE,
    DB_TIMESTAMPTZ,
    DB_XID8,
    DB_TEXT,
    DB_BYTEA,
    DB_JSONB,
    DB_NUMERIC,
    DB_UUID,
    DB_BOOLEAN_ARRAY,
    DB_SMALLINT_ARRAY,
    DB_INTEGER_ARRAY,
    DB_BIGINT_ARRAY,
    DB_DOUBLE_ARRAY,
    DB_TIMESTAMPTZ_ARRAY,
    DB_TEXT_ARRAY,
    DB_JSONB_ARRAY,
    DB_UUID_ARRAY,
    DB_TYPE__COUNT
};

struct sql_bools {
    const bool *v;
    size_t n;
};
struct sql_i16s {
    const int16_t *v;
    size_t n;
};
struct sql_i32s {
    const int32_t *v;
    size_t n;
};
struct sql_i64s {
    const int64_t *v;
    size_t n;
};
struct sql_doubles {
    const double *v;
    size_t n;
};
struct sql_strs {
    const struct str *v;
    size_t n;
};

/* A parameter or a column: where it stands in the generated struct. */
struct db_field {
    const char *name;
    enum db_type type;
    bool nullable;
    size_t offset, null_offset; /* null_offset only where there is a NAME_null */
};

enum db_shape { DB_ONE, DB_MANY, DB_EXEC };

#define DB_PARAMS_MAX 64

struct db_statement {
    size_t id; /* place in sql_statements */
    const char *name, *text;
    enum db_shape shape;
    const struct db_field *params, *columns;
    size_t n_params, n_columns, row_size;
};

MUST_CHECK enum err db_statement_send(struct db *db, const struct db_statement *statement,
                                      const void *in);
MUST_CHECK enum err db_statement_take_one(struct db *db, const struct db_statement *statement,
                                          void *out);
MUST_CHECK enum err db_statement_take_many(struct db *db, const struct db_statement *statement,
                                           void **out_rows, size_t *out_n);
MUST_CHECK enum err db_statement_take_exec(struct db *db, const struct db_statement *statement,
                                           int64_t *out_count);

#endif
