/*
 * json.h - JSON in and out. The only file that sees cJSON.
 *
 * Read values are owned by the arena of the context that parsed them. Every reading function
 * accepts NULL (a member that is not there) and says "not one" for it, so that a path can be
 * followed without a check at each step. Names compare with case.
 *
 * Numbers are doubles: integers are exact up to 2^53 only, so ids travel as text (json_id).
 */
#ifndef LEADBOARD_JSON_H
#define LEADBOARD_JSON_H

#include "shared/ctx.h"
#include "shared/sb.h"

struct json;

#define JSON_DEPTH_MAX 32
#define JSON_VALUES_MAX 200000

/* Parses the whole of text. ERR_LIMIT when it is longer than max bytes, nested deeper than
 * JSON_DEPTH_MAX or has more than JSON_VALUES_MAX values; ERR_INVALID when it is not JSON, not
 * UTF-8, or contains U+0000. Half of a surrogate pair (browsers send them when a title was cut)
 * is read as U+FFFD. */
MUST_CHECK enum err json_parse(struct ctx *ctx, struct str text, size_t max,
                               const struct json **out_json);

enum json_kind {
    JSON_NONE, /* NULL was given */
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_TEXT,
    JSON_ARRAY,
    JSON_OBJECT,
};
enum json_kind json_kind(const struct json *json);

/* The member of an object; the first when there are several of the name. NULL when there is
 * none. */
const struct json *json_get(const struct json *object, const char *name);
/* The text, or "no value" when it is not one. */
struct str json_text(const struct json *json);
/* True when it is an integer without loss. */
bool json_i64(const struct json *json, int64_t *out_value);
/* As json_i64, but also decimal digits as text. */
bool json_id(const struct json *json, int64_t *out_value);
/* A finite number. */
bool json_double(const struct json *json, double *out_value);
bool json_bool(const struct json *json, bool *out_value);

/* First element of an array or member of an object; NULL when empty or neither. */
const struct json *json_first(const struct json *json);
/* The one after it; NULL at the end. */
const struct json *json_next(const struct json *json);
/* Name of a member; "no value" for what is not one. */
struct str json_key(const struct json *json);
/* Number of elements or members. */
size_t json_count(const struct json *json);

/* Text in quotes, escaped. Text must be valid UTF-8. "No value" is written as null. */
void json_write_str(struct sb *sb, struct str text);
/* A finite number, as short as it stays exact; null otherwise. */
void json_write_double(struct sb *sb, double value);
/* The value as JSON without spaces; NULL is written as null. */
void json_write(struct sb *sb, const struct json *json);

#endif
