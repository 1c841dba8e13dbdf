/*
 * db_value.h - typed values for those who compose SQL: filter.h and card_find.h. Everything
 * else uses statements of shared/sql.
 */
#ifndef LEADBOARD_DB_VALUE_H
#define LEADBOARD_DB_VALUE_H

#include "shared/db_statement.h"

struct db_value {
    enum db_type type;
    bool null;
    union {
        bool boolean;
        int16_t smallint;
        int32_t integer;
        int64_t bigint; /* also timestamptz, xid8 */
        double number;
        struct str text; /* also bytea, jsonb, numeric, uuid */
        struct sql_bools booleans;
        struct sql_i16s smallints;
        struct sql_i32s integers;
        struct sql_i64s bigints; /* also timestamptz[] */
        struct sql_doubles numbers;
        struct sql_strs texts; /* also jsonb[], uuid[] */
    } as;
};

#define DB_VALUE_BIGINT(value) ((struct db_value){.type = DB_BIGINT, .as.bigint = (value)})
#define DB_VALUE_TEXT(value) ((struct db_value){.type = DB_TEXT, .as.text = (value)})
#define DB_VALUE_TIME(value) ((struct db_value){.type = DB_TIMESTAMPTZ, .as.bigint = (value)})

struct db_result {
    size_t n_rows, n_columns;
    const struct db_value *cells; /* row by row */
};
static inline const struct db_value *db_cell(const struct db_result *result, size_t row,
                                             size_t column)
{
    return &result->cells[row * result->n_columns + column];
}

#endif
