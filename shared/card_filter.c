#include "shared/card_filter.h"

#include "shared/json.h"

#define JSON_MAX ((size_t)8 << 10)

bool card_filter_is_empty(const struct card_filter *filter)
{
    return str_is_empty(filter->text) && filter->tags.n == 0 && filter->not_tags.n == 0 &&
           filter->owners.n == 0 && !filter->unowned && filter->on == CARD_DATE_NONE &&
           filter->min == 0 && filter->max == CARD_FILTER_SCORE_MAX;
}

/* ---- JSON ---- */

static void write_ids(struct sb *sb, const char *name, struct sql_i64s ids)
{
    sb_printf(sb, ",\"%s\":[", name);
    for (size_t i = 0; i < ids.n; i++) { /* ids as text: JSON's numbers are doubles */
        sb_printf(sb, i == 0 ? "\"%lld\"" : ",\"%lld\"", (long long)ids.v[i]);
    }
    SB_LIT(sb, "]");
}

enum err card_filter_json(struct ctx *ctx, const struct card_filter *filter,
                          struct str *out_json)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, JSON_MAX);
    SB_LIT(&sb, "{\"text\":");
    json_write_str(&sb, filter->text);
    write_ids(&sb, "tags", filter->tags);
    write_ids(&sb, "not_tags", filter->not_tags);
    write_ids(&sb, "owners", filter->owners);
    sb_printf(
        &sb,
        ",\"unowned\":%s,\"on\":%d,\"from\":\"%lld\",\"until\":\"%lld\",\"min\":%d,\"max\":%d}",
        filter->unowned ? "true" : "false", (int)filter->on, (long long)filter->from_at,
        (long long)filter->until_at, filter->min, filter->max);
    return sb_done(&sb, out_json);
}

static bool read_ids(struct ctx *ctx, const struct json *list, struct sql_i64s *out)
{
    size_t n = json_kind(list) == JSON_ARRAY ? json_count(list) : SIZE_MAX;
    if (n > CARD_FILTER_IDS_MAX) {
        return false;
    }
    int64_t *v = ARENA_ARRAY(ctx->arena, n, int64_t);
    size_t i = 0;
    for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
        if (!json_id(item, &v[i++])) {
            return false;
        }
    }
    *out = (struct sql_i64s){.v = v, .n = n};
    return true;
}

static bool read_number(const struct json *json, const char *name, int64_t least, int64_t most,
                        int64_t *out)
{
    return json_id(json_get(json, name), out) && *out >= least && *out <= most;
}

enum err card_filter_from_json(struct ctx *ctx, struct str text, struct card_filter *out_filter)
{
    const struct json *json;
    struct card_filter filter = {.unowned = false};
    int64_t on, min, max;
    TRY(json_parse(ctx, text, JSON_MAX, &json));
    bool good = read_ids(ctx, json_get(json, "tags"), &filter.tags) &&
                read_ids(ctx, json_get(json, "not_tags"), &filter.not_tags) &&
                read_ids(ctx, json_get(json, "owners"), &filter.owners) &&
                json_bool(json_get(json, "unowned"), &filter.unowned) &&
                read_number(json, "on", CARD_DATE_NONE, CARD_DATE_CREATED, &on) &&
                read_number(json, "from", 0, INT64_MAX, &filter.from_at) &&
                read_number(json, "until", 0, INT64_MAX, &filter.until_at) &&
                read_number(json, "min", 0, CARD_FILTER_SCORE_MAX, &min) &&
                read_number(json, "max", 0, CARD_FILTER_SCORE_MAX, &max);
    if (!good) {
        return ctx_fail(ctx, ERR_INVALID, "This is not a filter of cards.");
    }
    filter.text = json_text(json_get(json, "text"));
    filter.text = str_is_null(filter.text) ? filter.text : arena_dup(ctx->arena, filter.text);
    filter.on = (enum card_filter_date)on;
    filter.min = (int16_t)min;
    filter.max = (int16_t)max;
    *out_filter = filter;
    return ERR_NONE;
}
