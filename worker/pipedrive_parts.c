#include "worker/pipedrive_parts.h"

#include "shared/clock.h"
#include "shared/html.h"

#define PAGES_MAX 5
#define BEFORE_S 300 /* clocks differ */

struct str pipedrive_query(struct crm *crm, struct str text)
{
    struct sb sb;
    sb_init(&sb, crm->run->ctx->arena, 4000);
    html_query(&sb, text);
    return sb_view(&sb);
}

struct str pipedrive_own_id(struct crm *crm, const struct crm_thing *thing)
{
    return arena_print(crm->run->ctx->arena, "%.*s-%lld", STR_ARG(crm->target->public_id),
                       (long long)thing->ids.v[0]);
}

struct str pipedrive_mark(struct crm *crm, const struct crm_thing *thing)
{
    return arena_print(crm->run->ctx->arena, "%.*s%s#%.*s", STR_ARG(thing->domain),
                       str_is_empty(thing->domain) ? "" : " ",
                       STR_ARG(pipedrive_own_id(crm, thing)));
}

struct str pipedrive_id(struct crm *crm, const struct json *id)
{
    int64_t number;
    return json_id(id, &number) ? arena_print(crm->run->ctx->arena, "%lld", (long long)number)
                                : arena_dup(crm->run->ctx->arena, json_text(id));
}

const struct json *pipedrive_data(const struct crm_answer *answer)
{
    return json_get(answer->json, "data");
}

/* Added: keeps what it is called. An answer without an id is none. */
static enum err keep_added(struct crm *crm, enum external_kind kind, int64_t our_id,
                           const struct crm_answer *answer, struct str hash, struct str *out_id)
{
    *out_id = pipedrive_id(crm, json_get(pipedrive_data(answer), "id"));
    if (str_is_empty(*out_id)) {
        return crm_fail(crm, false, STR("Pipedrive's answer does not say what was added."));
    }
    return crm_keep(crm, kind, our_id, *out_id, hash);
}

enum err pipedrive_add(struct crm *crm, enum external_kind kind, int64_t our_id,
                       const struct crm_request *request, struct str hash, struct str *out_id,
                       struct crm_answer *answer)
{
    TRY(crm_intend(crm, kind, our_id));
    enum err err = crm_call(crm, request, answer);
    if (err == ERR_INVALID || err == ERR_DENIED || err == ERR_LIMIT || err == ERR_NOT_FOUND) {
        TRY(crm_forget(crm, kind, our_id));
    }
    TRY(err);
    return keep_added(crm, kind, our_id, answer, hash, out_id);
}

enum err pipedrive_search(struct crm *crm, const char *of, struct str term, const char *fields,
                          bool exact, const char *what, struct crm_answer *answer)
{
    const struct crm_request request = {
        .what = what,
        .method = "GET",
        .path = arena_print(crm->run->ctx->arena,
                            V2 "/%s/search?term=%.*s&fields=%s&exact_match=%s&limit=%d", of,
                            STR_ARG(pipedrive_query(crm, term)), fields,
                            exact ? "true" : "false", PIPEDRIVE_PAGE),
        .cost = COST_SEARCH};
    return crm_call(crm, &request, answer);
}

enum err pipedrive_look_back(struct crm *crm, const char *path, pipedrive_is *is,
                             const void *what, struct str *out_id)
{
    struct crm_answer answer;
    struct str cursor = STR("");
    for (int page = 0; page < PAGES_MAX; page++) {
        const struct crm_request request = {
            .what = "Look whether it was added",
            .method = "GET",
            .path = arena_print(
                crm->run->ctx->arena, "%s%s%.*s", path,
                str_is_empty(cursor) ? "" : "&cursor=", STR_ARG(pipedrive_query(crm, cursor))),
            .cost = COST_LIST};
        TRY(crm_call(crm, &request, &answer));
        for (const struct json *item = json_first(pipedrive_data(&answer)); item != NULL;
             item = json_next(item)) {
            if (is(crm, item, what)) {
                *out_id = pipedrive_id(crm, json_get(item, "id"));
                return ERR_NONE;
            }
        }
        cursor = json_text(json_get(json_get(answer.json, "additional_data"), "next_cursor"));
        if (str_is_empty(cursor)) {
            return ERR_NONE;
        }
    }
    return ERR_NONE;
}

struct str pipedrive_since(struct crm *crm, int64_t tried_s)
{
    struct sb sb;
    sb_init(&sb, crm->run->ctx->arena, 60);
    clock_rfc3339(&sb, clock_now() - (tried_s + BEFORE_S) * CLOCK_SECOND);
    return pipedrive_query(crm, sb_view(&sb));
}
