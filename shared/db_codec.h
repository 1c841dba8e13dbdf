/*
 * db_codec.h - PostgreSQL's binary format for the types of db_statement.h. Knows no connection:
 * bytes to values and back, so it can be tested and fuzzed alone.
 */
#ifndef LEADBOARD_DB_CODEC_H
#define LEADBOARD_DB_CODEC_H

#include "shared/db_statement.h"

/* The type's object id in every PostgreSQL installation. */
uint32_t db_type_oid(enum db_type type);
/* The type to read a column of this object id as; false when there is none. */
bool db_type_of_oid(uint32_t oid, enum db_type *out_type);
/* SQL name of the type. */
const char *db_type_name(enum db_type type);
/* True for the types that are a struct str. */
bool db_type_is_text(enum db_type type);
/* Bytes of the C type. */
size_t db_type_size(enum db_type type);

/* A parameter as it is sent. p points into arena memory, the value itself or `scalar`; do not
 * copy the struct. NULL is p == NULL. */
struct db_wire {
    const char *p;
    size_t n;
    bool binary;
    char scalar[8];
};

/* value points to the C type of the type. ERR_INVALID for a value the type cannot have,
 * ERR_LIMIT when it is too large to be sent. A struct str without value becomes NULL. */
MUST_CHECK enum err db_encode(struct arena *arena, enum db_type type, const void *value,
                              struct db_wire *out_wire);
/* Reads n bytes as the type into *out_value; text points into p, arrays are built in the arena.
 * false when the bytes are not such a value. */
MUST_CHECK bool db_decode(struct arena *arena, enum db_type type, const char *p, size_t n,
                          void *out_value);

static inline uint64_t db_load64(const char *p)
{
    uint64_t bytes = 0;
    memcpy(&bytes, p, sizeof(bytes));
    return __builtin_bswap64(bytes);
}
static inline uint32_t db_load32(const char *p)
{
    uint32_t bytes = 0;
    memcpy(&bytes, p, sizeof(bytes));
    return __builtin_bswap32(bytes);
}
static inline uint16_t db_load16(const char *p)
{
    uint16_t bytes = 0;
    memcpy(&bytes, p, sizeof(bytes));
    return __builtin_bswap16(bytes);
}
/* timestamptz: microseconds since 2000 on the wire, since 1970 here. */
int64_t db_time_from_wire(int64_t wire);

#endif
