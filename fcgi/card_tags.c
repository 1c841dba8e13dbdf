#include "fcgi/card_tags.h"

#include "shared/json.h"

#define BYTES_MAX 65536

static bool take(struct str *rest, struct str text)
{
    if (!str_starts(*rest, text)) {
        return false;
    }
    *rest = str_slice(*rest, text.n, rest->n);
    return true;
}

/* ["Name", 12] without escapes in the name. */
static bool take_plain(struct str *rest, struct card_tag_read *out_tag)
{
    if (!take(rest, STR("[\""))) {
        return false;
    }
    size_t end = str_find(*rest, '"');
    out_tag->name = str_slice(*rest, 0, end);
    *rest = str_slice(*rest, end, rest->n);
    if (!take(rest, STR("\", "))) {
        return false;
    }
    end = str_find(*rest, ']');
    if (!str_to_i64(str_slice(*rest, 0, end), &out_tag->count)) {
        return false;
    }
    *rest = str_slice(*rest, end, rest->n);
    return take(rest, STR("]"));
}

static void add(struct card_tags *tags, size_t *more, size_t max, struct card_tag_read tag)
{
    if (tags->n < max) {
        tags->v[tags->n++] = tag;
    } else {
        (*more)++;
    }
}

static bool read_plain(struct str json, size_t max, struct card_tags *tags, size_t *more)
{
    if (str_find(json, '\\') != json.n || !take(&json, STR("["))) {
        return false;
    }
    do {
        struct card_tag_read tag;
        if (!take_plain(&json, &tag)) {
            return false;
        }
        add(tags, more, max, tag);
    } while (take(&json, STR(", ")));
    return str_eq(json, STR("]"));
}

static void read_any(struct ctx *ctx, struct str json, size_t max, struct card_tags *tags,
                     size_t *more)
{
    const struct json *list;
    if (json_parse(ctx, json, BYTES_MAX, &list) != ERR_NONE) {
        ctx_clear(ctx);
        return;
    }
    for (const struct json *pair = json_first(list); pair != NULL; pair = json_next(pair)) {
        const struct json *name = json_first(pair);
        if (json_kind(name) != JSON_TEXT) {
            continue;
        }
        struct card_tag_read tag = {.name = json_text(name)};
        (void)json_i64(json_next(name), &tag.count);
        add(tags, more, max, tag);
    }
}

void card_tags_read(struct ctx *ctx, struct str json, size_t max, struct card_tags *out_tags,
                    size_t *out_more)
{
    *out_tags = (struct card_tags){0};
    *out_more = 0;
    if (json.n <= 2) {
        return;
    }
    out_tags->v = ARENA_ARRAY(ctx->arena, max, struct card_tag_read);
    if (!read_plain(json, max, out_tags, out_more)) {
        out_tags->n = 0;
        *out_more = 0;
        read_any(ctx, json, max, out_tags, out_more);
    }
}
