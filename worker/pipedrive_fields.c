/* The custom field with our mark, and what the mapping makes of our values. */
#include "worker/pipedrive_parts.h"

#define PAGES_MAX 5
#define FIELD_NAME "LeadBoard"
#define FIELD_KEY_LENGTH 40 /* of a custom field: hexadecimal */
#define REMOTE_BYTES ((size_t)256 << 10)

/* ---- the custom field ---- */

static enum err find_field(struct crm *crm, const char *of, struct str *out_key)
{
    struct crm_answer answer;
    struct str cursor = STR("");
    *out_key = (struct str){.p = NULL};
    for (int page = 0; page < PAGES_MAX; page++) {
        const struct crm_request request = {
            .what = "List fields",
            .method = "GET",
            .path = arena_print(
                crm->run->ctx->arena, V2 "/%s?limit=500%s%.*s", of,
                str_is_empty(cursor) ? "" : "&cursor=", STR_ARG(pipedrive_query(crm, cursor))),
            .cost = COST_LIST};
        TRY(crm_call(crm, &request, &answer));
        for (const struct json *item = json_first(pipedrive_data(&answer)); item != NULL;
             item = json_next(item)) {
            struct str key = json_text(json_get(item, "field_code"));
            if (str_eq(json_text(json_get(item, "field_name")), STR(FIELD_NAME)) &&
                key.n == FIELD_KEY_LENGTH) {
                *out_key = key;
                return ERR_NONE;
            }
        }
        cursor = json_text(json_get(json_get(answer.json, "additional_data"), "next_cursor"));
        if (str_is_empty(cursor)) {
            break;
        }
    }
    return ERR_NONE;
}

enum err pipedrive_field(struct crm *crm, enum external_kind kind, const char *of,
                         struct str *out_key)
{
    static const int64_t one = 1;
    struct crm_known known;
    struct crm_answer answer;
    TRY(crm_known(crm, kind, (struct sql_i64s){&one, 1}, &known));
    if (!str_is_empty(known.remote_id)) {
        *out_key = known.remote_id;
        return ERR_NONE;
    }
    TRY(crm_settled(crm, &known));
    TRY(find_field(crm, of, out_key));
    if (str_is_empty(*out_key)) {
        const struct crm_request request = {
            .what = "Add the field",
            .method = "POST",
            .path = arena_print(crm->run->ctx->arena, V2 "/%s", of),
            .body = STR("{\"field_name\":\"" FIELD_NAME "\",\"field_type\":\"varchar\"}"),
            .cost = COST_WRITE};
        TRY(crm_intend(crm, kind, 1));
        enum err err = crm_call(crm, &request, &answer);
        if (err == ERR_INVALID || err == ERR_DENIED || err == ERR_LIMIT) {
            TRY(crm_forget(crm, kind, 1));
        }
        TRY(err);
        *out_key = json_text(json_get(pipedrive_data(&answer), "field_code"));
        if (str_is_empty(*out_key)) {
            return crm_fail(crm, false, STR("Pipedrive's answer does not name the field."));
        }
    }
    return crm_keep(crm, kind, 1, *out_key, (struct str){.p = NULL});
}

/* ---- bodies ---- */

static bool is_custom(struct str key)
{
    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) {
            return false;
        }
    }
    return key.n == FIELD_KEY_LENGTH;
}

/* The type that a test found for a field there; "no value": not known. */
static struct str remote_type(struct crm *crm, struct str key)
{
    const struct json *json = NULL;
    if (str_is_null(crm->target->remote) ||
        json_parse(crm->run->ctx, crm->target->remote, REMOTE_BYTES, &json) != ERR_NONE) {
        ctx_clear(crm->run->ctx);
        return (struct str){.p = NULL};
    }
    for (const struct json *item = json_first(json_get(json, "fields")); item != NULL;
         item = json_next(item)) {
        if (str_eq(json_text(json_get(item, "key")), key)) {
            return json_text(json_get(item, "type"));
        }
    }
    return (struct str){.p = NULL};
}

static bool is_number_field(struct crm *crm, struct str key)
{
    struct str type = remote_type(crm, key);
    return str_eq(type, STR("double")) || str_eq(type, STR("int")) ||
           str_eq(type, STR("monetary")) || str_eq(key, STR("employee_count")) ||
           str_eq(key, STR("annual_revenue"));
}

static void write_value(struct crm *crm, struct sb *sb, struct str key, struct str value)
{
    double number;
    json_write_str(sb, key);
    sb_char(sb, ':');
    if (str_eq(key, STR("address"))) {
        SB_LIT(sb, "{\"value\":");
        json_write_str(sb, value);
        sb_char(sb, '}');
    } else if (str_eq(key, STR("phones"))) {
        SB_LIT(sb, "[{\"value\":");
        json_write_str(sb, value);
        SB_LIT(sb, ",\"primary\":true,\"label\":\"work\"}]");
    } else if (is_number_field(crm, key) && str_to_double(value, &number)) {
        json_write_double(sb, number);
    } else {
        json_write_str(sb, value);
    }
}

void pipedrive_comma(struct sb *sb)
{
    if (sb->n > 0 && sb->p[sb->n - 1] != '{') {
        sb_char(sb, ',');
    }
}

void pipedrive_fields(struct crm *crm, struct sb *sb, const struct crm_thing *thing,
                      const char *of, struct str mark_key, struct str mark)
{
    const struct integration_map *map;
    struct str value;
    for (size_t place = 0; (map = crm_next(crm, thing, of, &place, &value)) != NULL;) {
        if (!is_custom(map->theirs)) {
            pipedrive_comma(sb);
            write_value(crm, sb, map->theirs, value);
        }
    }
    pipedrive_comma(sb);
    SB_LIT(sb, "\"custom_fields\":{");
    if (!str_is_empty(mark_key)) {
        json_write_str(sb, mark_key);
        sb_char(sb, ':');
        json_write_str(sb, mark);
    }
    for (size_t place = 0; (map = crm_next(crm, thing, of, &place, &value)) != NULL;) {
        if (is_custom(map->theirs) && !str_eq(map->theirs, mark_key)) {
            pipedrive_comma(sb);
            write_value(crm, sb, map->theirs, value);
        }
    }
    sb_char(sb, '}');
}
