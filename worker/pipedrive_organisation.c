/* Companies as organisations. */
#include "worker/pipedrive_parts.h"

/* A name only for what is new: people may have put right what it is called there. */
static enum err organisation_body(struct crm *crm, struct str key, bool fresh,
                                  struct str *out_body)
{
    struct sb sb;
    sb_init(&sb, crm->run->ctx->arena, PIPEDRIVE_BODY_MAX);
    sb_char(&sb, '{');
    if (fresh) {
        SB_LIT(&sb, "\"name\":");
        json_write_str(&sb, crm->company.name);
    }
    pipedrive_fields(crm, &sb, &crm->company, "company", key,
                     pipedrive_mark(crm, &crm->company));
    sb_char(&sb, '}');
    return sb_done(&sb, out_body);
}

/* An item's custom fields, as a search gives them: a list of texts. */
static bool has_mark(const struct json *fields, struct str own, struct str domain,
                     bool *out_own, bool *out_other)
{
    *out_own = *out_other = false;
    bool same_domain = false;
    for (const struct json *item = json_first(fields); item != NULL; item = json_next(item)) {
        struct str text = json_text(item);
        size_t hash = str_find(text, '#');
        if (hash == text.n) {
            continue;
        }
        struct str before = str_trim(str_slice(text, 0, hash));
        *out_own = *out_own || str_eq(str_slice(text, hash + 1, text.n), own);
        same_domain = same_domain || (!str_is_empty(domain) && str_eq(before, domain));
        *out_other = true;
    }
    *out_other = *out_other && !*out_own && !same_domain;
    return *out_own || same_domain;
}

/* By our mark, or by that of another dataset with the same domain. */
static enum err search_marked(struct crm *crm, struct str *out_id)
{
    struct crm_answer answer;
    struct str own = pipedrive_own_id(crm, &crm->company), domain = crm->company.domain;
    bool mine, other;
    TRY(pipedrive_search(crm, "organizations", str_is_empty(domain) ? own : domain,
                         "custom_fields", false, "Search organisations by our mark", &answer));
    for (const struct json *item = json_first(json_get(pipedrive_data(&answer), "items"));
         item != NULL; item = json_next(item)) {
        const struct json *found = json_get(item, "item");
        if (has_mark(json_get(found, "custom_fields"), own, domain, &mine, &other) &&
            (mine || str_is_empty(*out_id))) {
            *out_id = pipedrive_id(crm, json_get(found, "id"));
        }
    }
    return ERR_NONE;
}

/* By its name, where just one has it and that is not another company of ours. */
static enum err search_named(struct crm *crm, struct str *out_id)
{
    struct crm_answer answer;
    struct str found_id = {.p = NULL};
    size_t n = 0;
    bool mine, other;
    TRY(pipedrive_search(crm, "organizations", crm->company.name, "name", true,
                         "Search organisations by name", &answer));
    for (const struct json *item = json_first(json_get(pipedrive_data(&answer), "items"));
         item != NULL; item = json_next(item)) {
        const struct json *found = json_get(item, "item");
        (void)has_mark(json_get(found, "custom_fields"), pipedrive_own_id(crm, &crm->company),
                       crm->company.domain, &mine, &other);
        if (!other) {
            found_id = pipedrive_id(crm, json_get(found, "id"));
            n++;
        }
    }
    *out_id = n == 1 ? found_id : *out_id;
    return ERR_NONE;
}

static bool is_our_organisation(struct crm *crm, const struct json *item, const void *key)
{
    const struct json *fields = json_get(item, "custom_fields");
    struct str value = json_text(json_get(fields, key));
    size_t hash = str_find(value, '#');
    return hash < value.n &&
           str_eq(str_slice(value, hash + 1, value.n), pipedrive_own_id(crm, &crm->company));
}

static enum err find_organisation(struct crm *crm, struct str key,
                                  const struct crm_known *known, struct str *out_id)
{
    struct arena *arena = crm->run->ctx->arena;
    *out_id = (struct str){.p = NULL};
    if (known->tried_s >= 0) {
        struct str path = arena_print(
            arena,
            V2 "/organizations?updated_since=%.*s&sort_by=add_time&sort_direction=desc"
               "&limit=%d",
            STR_ARG(pipedrive_since(crm, known->tried_s)), PIPEDRIVE_PAGE);
        TRY(pipedrive_look_back(crm, path.p, is_our_organisation, arena_cstr(arena, key),
                                out_id));
    }
    if (str_is_empty(*out_id)) {
        TRY(search_marked(crm, out_id));
    }
    return str_is_empty(*out_id) ? search_named(crm, out_id) : ERR_NONE;
}

static enum err add_organisation(struct crm *crm, struct str key, struct str *out_id)
{
    struct crm_answer answer;
    for (;;) {
        struct crm_request request = {.what = "Add the organisation",
                                      .method = "POST",
                                      .path = STR(V2 "/organizations"),
                                      .cost = COST_WRITE};
        struct str update;
        TRY(organisation_body(crm, key, true, &request.body));
        TRY(organisation_body(crm, key, false, &update));
        enum err err = pipedrive_add(crm, EXTERNAL_COMPANY, crm->company.ids.v[0], &request,
                                     crm_hash(crm, update), out_id, &answer);
        if (err != ERR_INVALID || !crm_refuse(crm, "company", &answer)) {
            if (err == ERR_NONE) {
                crm_did(crm, "organisation added");
            }
            return err;
        }
    }
}

/* *out_gone: it was deleted there. */
static enum err update_organisation(struct crm *crm, struct str key, struct str id,
                                    struct str known_hash, bool *out_gone)
{
    struct crm_answer answer;
    *out_gone = false;
    for (;;) {
        struct crm_request request = {
            .what = "Update the organisation",
            .method = "PATCH",
            .path = arena_print(crm->run->ctx->arena, V2 "/organizations/%.*s", STR_ARG(id)),
            .cost = COST_WRITE,
            .may_miss = true};
        TRY(organisation_body(crm, key, false, &request.body));
        struct str hash = crm_hash(crm, request.body);
        if (str_eq(hash, known_hash)) {
            return ERR_NONE;
        }
        enum err err = crm_call(crm, &request, &answer);
        if (err == ERR_INVALID && crm_refuse(crm, "company", &answer)) {
            continue;
        }
        TRY(crm_missed(crm, err, EXTERNAL_COMPANY, crm->company.ids.v[0], out_gone));
        if (*out_gone) {
            return ERR_NONE;
        }
        crm_did(crm, "organisation updated");
        return crm_keep(crm, EXTERNAL_COMPANY, crm->company.ids.v[0], id, hash);
    }
}

enum err pipedrive_organisation(struct crm *crm, struct str *out_id)
{
    struct crm_known known;
    struct str key;
    bool gone = false;
    TRY(pipedrive_field(crm, EXTERNAL_FIELD_COMPANY, "organizationFields", &key));
    TRY(crm_known(crm, EXTERNAL_COMPANY, crm->company.ids, &known));
    *out_id = known.remote_id;
    if (str_is_empty(*out_id)) {
        TRY(crm_settled(crm, &known));
        TRY(find_organisation(crm, key, &known, out_id));
    }
    if (!str_is_empty(*out_id)) {
        TRY(update_organisation(crm, key, *out_id, known.hash, &gone));
    }
    return str_is_empty(*out_id) || gone ? add_organisation(crm, key, out_id) : ERR_NONE;
}
