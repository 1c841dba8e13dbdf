#include "shared/automation_run.h"

#include "gen/sql.h"
#include "shared/json.h"

#define SAID_MAX ((size_t)64 << 10)

const char *automation_run_state_label(enum automation_run_state state)
{
    switch (state) {
    case RUN_DONE:
        return "Done";
    case RUN_NOTHING:
        return "Nothing to do";
    case RUN_STOPPED:
        return "Stopped";
    case RUN_FAILED:
    default:
        return "Failed";
    }
}

void automation_run_said(struct ctx *ctx, struct str said, struct automation_did *out,
                         size_t *out_n)
{
    const struct json *json;
    *out_n = 0;
    if (json_parse(ctx, said, SAID_MAX, &json) != ERR_NONE) {
        ctx_clear(ctx);
        return;
    }
    const struct json *item = json_kind(json) == JSON_ARRAY ? json_first(json) : NULL;
    for (; item != NULL && *out_n < AUTOMATION_ACTIONS_MAX; item = json_next(item)) {
        struct automation_did did = {
            .text = arena_dup(ctx->arena, json_text(json_get(item, "text")))};
        if (!str_is_empty(did.text)) {
            (void)json_bool(json_get(item, "did"), &did.did);
            out[(*out_n)++] = did;
        }
    }
}

enum err automation_matching(struct db *db, int64_t dataset, const struct automation_rule *rule,
                             int64_t *out_n)
{
    struct ctx *ctx = db_ctx(db);
    struct filter filters[AUTOMATION_FILTERS];
    size_t n;
    *out_n = 0;
    TRY(automation_filters(db, dataset, rule, filters, &n));
    for (size_t i = 0; i < n; i++) {
        const struct filter_query query = {.dataset = dataset, .filter = &filters[i]};
        int64_t count;
        TRY(filter_count(ctx, db, &query, &count));
        *out_n += count;
    }
    return ERR_NONE;
}
