#include "shared/automation_parts.h"
#include "shared/json.h"

#define RULE_MAX ((size_t)128 << 10)

/* ---- reading ---- */

static struct str text_at(struct ctx *ctx, const struct json *json, const char *name)
{
    return arena_dup(ctx->arena, json_text(json_get(json, name)));
}

static bool flag_at(const struct json *json, const char *name)
{
    bool value = false;
    return json_bool(json_get(json, name), &value) && value;
}

static struct automation_ref ref_at(struct ctx *ctx, const struct json *json, const char *id,
                                    const char *name)
{
    struct automation_ref ref = {.name = text_at(ctx, json, name)};
    (void)json_id(json_get(json, id), &ref.id);
    return ref;
}

/* Ids and, in the same order, names. */
static enum err read_refs(struct ctx *ctx, const struct json *json, const char *ids,
                          struct automation_ref **out, size_t *out_n)
{
    const struct json *list = json_get(json, ids);
    size_t n = json_kind(list) == JSON_ARRAY ? json_count(list) : 0;
    if (n > AUTOMATION_REFS_MAX) {
        return ctx_fail(ctx, ERR_INVALID, "There can be %d of these.", AUTOMATION_REFS_MAX);
    }
    struct automation_ref *refs = ARENA_ARRAY(ctx->arena, n, struct automation_ref);
    const struct json *item = n == 0 ? NULL : json_first(list);
    const struct json *name = json_first(json_get(json, "names"));
    for (size_t i = 0; item != NULL; i++, item = json_next(item)) {
        (void)json_id(item, &refs[i].id);
        refs[i].name = arena_dup(ctx->arena, json_text(name));
        name = name == NULL ? NULL : json_next(name);
    }
    *out = refs;
    *out_n = n;
    return ERR_NONE;
}

static enum err read_addresses(struct ctx *ctx, const struct json *json,
                               struct automation_action *out)
{
    const struct json *list = json_get(json, "addresses");
    size_t n = json_kind(list) == JSON_ARRAY ? json_count(list) : 0;
    if (n > AUTOMATION_ADDRESSES_MAX) {
        return ctx_fail(ctx, ERR_INVALID, "A mail can go to %d addresses.",
                        AUTOMATION_ADDRESSES_MAX);
    }
    out->addresses = ARENA_ARRAY(ctx->arena, n, struct str);
    for (const struct json *item = n == 0 ? NULL : json_first(list); item != NULL;
         item = json_next(item)) {
        out->addresses[out->n_addresses++] = arena_dup(ctx->arena, json_text(item));
    }
    return ERR_NONE;
}

static enum err read_trigger(struct ctx *ctx, const struct json *json,
                             struct automation_trigger *out)
{
    struct sb sb;
    int64_t score = 0;
    if (!automation_when_from(json_text(json_get(json, "when")), &out->when)) {
        return ctx_fail(ctx, ERR_INVALID, "This automation was saved by a newer LeadBoard.");
    }
    (void)json_i64(json_get(json, "score"), &score);
    out->score = score < 0 || score > 100 ? -1 : (int32_t)score;
    TRY(read_refs(ctx, json, "ids", &out->refs, &out->n_refs));
    sb_init(&sb, ctx->arena, RULE_MAX);
    json_write(&sb, json_get(json, "filter"));
    return filter_parse(ctx, sb_view(&sb), &out->filter);
}

static enum err read_action(struct ctx *ctx, const struct json *json,
                            struct automation_action *out)
{
    struct automation_action action = {0};
    if (!automation_do_from(json_text(json_get(json, "do")), &action.what)) {
        return ctx_fail(ctx, ERR_INVALID, "This automation was saved by a newer LeadBoard.");
    }
    (void)automation_how_from(action.what, json_text(json_get(json, "how")), &action.how);
    action.person = str_eq(json_text(json_get(json, "to")), STR("person"));
    action.tag = ref_at(ctx, json, "tag", "tag_name");
    action.key = text_at(ctx, json, "key");
    action.value = text_at(ctx, json, "value");
    action.from = text_at(ctx, json, "from");
    action.board = ref_at(ctx, json, "board", "board_name");
    action.stage = ref_at(ctx, json, "stage", "stage_name");
    action.integration = ref_at(ctx, json, "integration", "integration_name");
    action.subject = text_at(ctx, json, "subject");
    action.text = text_at(ctx, json, "text");
    action.keep = flag_at(json, "keep");
    action.exclude = flag_at(json, "exclude");
    TRY(read_refs(ctx, json, "users", &action.users, &action.n_users));
    TRY(read_addresses(ctx, json, &action));
    *out = action;
    return ERR_NONE;
}

enum err automation_parse(struct ctx *ctx, struct str trigger, struct str actions,
                          struct automation_rule *out_rule)
{
    const struct json *json;
    size_t where;
    struct automation_rule *rule = ARENA_NEW(ctx->arena, struct automation_rule);
    TRY(json_parse(ctx, trigger, RULE_MAX, &json));
    TRY(read_trigger(ctx, json, &rule->trigger));
    TRY(json_parse(ctx, actions, RULE_MAX, &json));
    if (json_kind(json) != JSON_ARRAY || json_count(json) > AUTOMATION_ACTIONS_MAX) {
        return ctx_fail(ctx, ERR_INVALID, "An automation has at most %d actions.",
                        AUTOMATION_ACTIONS_MAX);
    }
    for (const struct json *item = json_first(json); item != NULL; item = json_next(item)) {
        TRY(read_action(ctx, item, &rule->actions[rule->n_actions++]));
    }
    TRY(automation_check(ctx, rule, &where));
    *out_rule = *rule;
    return ERR_NONE;
}

/* ---- writing ---- */

static void write_text(struct sb *sb, const char *name, struct str text)
{
    if (!str_is_empty(text)) {
        sb_printf(sb, ",\"%s\":", name);
        json_write_str(sb, text);
    }
}

static void write_ref(struct sb *sb, const char *id, const char *name,
                      const struct automation_ref *ref)
{
    if (ref->id != 0) {
        sb_printf(sb, ",\"%s\":\"%lld\"", id, (long long)ref->id);
        write_text(sb, name, ref->name);
    }
}

static void write_refs(struct sb *sb, const char *ids, const struct automation_ref *refs,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sb_printf(sb, i == 0 ? ",\"%s\":[\"%lld\"" : "%s\"%lld\"", i == 0 ? ids : ",",
                  (long long)refs[i].id);
    }
    for (size_t i = 0; i < n; i++) {
        sb_str(sb, i == 0 ? STR("],\"names\":[") : STR(","));
        json_write_str(sb, refs[i].name);
    }
    sb_str(sb, n == 0 ? STR("") : STR("]"));
}

static void write_action(struct sb *sb, const struct automation_action *action)
{
    unsigned needs = automation_needs(action->what);
    sb_printf(sb, "{\"do\":\"%s\"", automation_do_name(action->what));
    write_text(sb, "how", str_from(automation_how_name(action->how)));
    if ((needs & (NEEDS_TAG | NEEDS_PROPERTY)) != 0) {
        write_text(sb, "to", action->person ? STR("person") : STR("company"));
    }
    write_ref(sb, "tag", "tag_name", &action->tag);
    write_text(sb, "key", action->key);
    write_text(sb, "value", action->value);
    write_text(sb, "from", action->from);
    write_ref(sb, "board", "board_name", &action->board);
    write_ref(sb, "stage", "stage_name", &action->stage);
    write_refs(sb, "users", action->users, action->n_users);
    sb_str(sb, action->keep ? STR(",\"keep\":true") : STR(""));
    sb_str(sb, action->exclude ? STR(",\"exclude\":true") : STR(""));
    write_ref(sb, "integration", "integration_name", &action->integration);
    write_text(sb, "subject", action->subject);
    write_text(sb, "text", action->text);
    for (size_t i = 0; i < action->n_addresses; i++) {
        sb_str(sb, i == 0 ? STR(",\"addresses\":[") : STR(","));
        json_write_str(sb, action->addresses[i]);
    }
    sb_str(sb, action->n_addresses == 0 ? STR("}") : STR("]}"));
}

static enum err write_trigger(struct ctx *ctx, const struct automation_trigger *trigger,
                              struct str *out)
{
    struct sb sb;
    struct str filter;
    TRY(filter_json(ctx, &trigger->filter, &filter));
    sb_init(&sb, ctx->arena, RULE_MAX);
    sb_printf(&sb, "{\"when\":\"%s\"", automation_when_name(trigger->when));
    write_refs(&sb, "ids", trigger->refs, trigger->n_refs);
    if (trigger->when == WHEN_SCORE) {
        sb_printf(&sb, ",\"score\":%d", trigger->score);
    }
    SB_LIT(&sb, ",\"filter\":");
    sb_str(&sb, filter);
    SB_LIT(&sb, "}");
    return sb_done(&sb, out);
}

enum err automation_json(struct ctx *ctx, const struct automation_rule *rule,
                         struct str *out_trigger, struct str *out_actions)
{
    struct sb sb;
    TRY(write_trigger(ctx, &rule->trigger, out_trigger));
    sb_init(&sb, ctx->arena, RULE_MAX);
    SB_LIT(&sb, "[");
    for (size_t i = 0; i < rule->n_actions; i++) {
        sb_str(&sb, i == 0 ? STR("") : STR(","));
        write_action(&sb, &rule->actions[i]);
    }
    SB_LIT(&sb, "]");
    return sb_done(&sb, out_actions);
}
