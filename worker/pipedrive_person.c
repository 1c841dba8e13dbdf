/* Contacts as persons, by their address. */
#include "worker/pipedrive_parts.h"

static enum err person_body(struct crm *crm, const struct crm_thing *person, struct str org,
                            bool fresh, struct str *out_body)
{
    struct sb sb;
    sb_init(&sb, crm->run->ctx->arena, PIPEDRIVE_BODY_MAX);
    sb_char(&sb, '{');
    if (fresh) {
        SB_LIT(&sb, "\"name\":");
        json_write_str(&sb, person->name);
        SB_LIT(&sb, ",\"emails\":[{\"value\":");
        json_write_str(&sb, person->email);
        SB_LIT(&sb, ",\"primary\":true,\"label\":\"work\"}]");
    }
    if (!str_is_empty(org)) {
        pipedrive_comma(&sb);
        sb_printf(&sb, "\"org_id\":%.*s", STR_ARG(org));
    }
    pipedrive_fields(crm, &sb, person, "person", (struct str){.p = NULL},
                     (struct str){.p = NULL});
    sb_char(&sb, '}');
    return sb_done(&sb, out_body);
}

static bool has_email(const struct json *list, struct str email)
{
    for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
        struct str text = json_text(item);
        text = str_is_null(text) ? json_text(json_get(item, "value")) : text;
        if (str_eq_ci(text, email)) {
            return true;
        }
    }
    return false;
}

static bool is_our_person(struct crm *crm, const struct json *item, const void *email)
{
    (void)crm;
    return has_email(json_get(item, "emails"), *(const struct str *)email);
}

/* One of the organisation before one of another. */
static enum err search_person(struct crm *crm, const struct crm_thing *person, struct str org,
                              struct str *out_id, bool *out_linked)
{
    struct crm_answer answer;
    bool in_ours = false;
    TRY(pipedrive_search(crm, "persons", person->email, "email", true,
                         "Search persons by address", &answer));
    for (const struct json *item = json_first(json_get(pipedrive_data(&answer), "items"));
         item != NULL; item = json_next(item)) {
        const struct json *found = json_get(item, "item");
        struct str where = pipedrive_id(crm, json_get(json_get(found, "organization"), "id"));
        bool here = !str_is_empty(org) && str_eq(where, org);
        if (!has_email(json_get(found, "emails"), person->email) ||
            (!str_is_empty(*out_id) && (in_ours || !here))) {
            continue;
        }
        *out_id = pipedrive_id(crm, json_get(found, "id"));
        *out_linked = !str_is_empty(where);
        in_ours = here;
    }
    return ERR_NONE;
}

static enum err find_person(struct crm *crm, const struct crm_thing *person, struct str org,
                            const struct crm_known *known, struct str *out_id, bool *out_linked)
{
    *out_id = (struct str){.p = NULL};
    *out_linked = false;
    if (known->tried_s >= 0) {
        struct str path = arena_print(
            crm->run->ctx->arena,
            V2 "/persons?updated_since=%.*s&sort_by=add_time&sort_direction=desc&limit=%d",
            STR_ARG(pipedrive_since(crm, known->tried_s)), PIPEDRIVE_PAGE);
        TRY(pipedrive_look_back(crm, path.p, is_our_person, &person->email, out_id));
        *out_linked = true; /* we asked for it with its organisation */
    }
    return str_is_empty(*out_id) ? search_person(crm, person, org, out_id, out_linked)
                                 : ERR_NONE;
}

static enum err add_person(struct crm *crm, const struct crm_thing *person, struct str org,
                           struct str *out_id)
{
    struct crm_answer answer;
    for (;;) {
        struct crm_request request = {.what = "Add the person",
                                      .method = "POST",
                                      .path = STR(V2 "/persons"),
                                      .cost = COST_WRITE};
        struct str update;
        TRY(person_body(crm, person, org, true, &request.body));
        TRY(person_body(crm, person, (struct str){.p = NULL}, false, &update));
        enum err err = pipedrive_add(crm, EXTERNAL_PERSON, person->ids.v[0], &request,
                                     crm_hash(crm, update), out_id, &answer);
        if (err != ERR_INVALID || !crm_refuse(crm, "person", &answer)) {
            return err;
        }
    }
}

static enum err update_person(struct crm *crm, const struct crm_thing *person, struct str org,
                              struct str id, struct str known_hash, bool *out_gone)
{
    struct crm_answer answer;
    *out_gone = false;
    for (;;) {
        struct crm_request request = {
            .what = "Update the person",
            .method = "PATCH",
            .path = arena_print(crm->run->ctx->arena, V2 "/persons/%.*s", STR_ARG(id)),
            .cost = COST_WRITE,
            .may_miss = true};
        TRY(person_body(crm, person, org, false, &request.body));
        struct str hash = crm_hash(crm, request.body);
        if (str_eq(hash, known_hash) || str_eq(request.body, STR("{\"custom_fields\":{}}"))) {
            return crm_keep(crm, EXTERNAL_PERSON, person->ids.v[0], id, hash);
        }
        enum err err = crm_call(crm, &request, &answer);
        if (err == ERR_INVALID && crm_refuse(crm, "person", &answer)) {
            continue;
        }
        TRY(crm_missed(crm, err, EXTERNAL_PERSON, person->ids.v[0], out_gone));
        if (*out_gone) {
            return ERR_NONE;
        }
        return crm_keep(crm, EXTERNAL_PERSON, person->ids.v[0], id, hash);
    }
}

enum err pipedrive_person(struct crm *crm, const struct crm_thing *person, struct str org,
                          struct str *out_id)
{
    struct crm_known known;
    bool linked = true, gone = false;
    TRY(crm_known(crm, EXTERNAL_PERSON, person->ids, &known));
    *out_id = known.remote_id;
    if (str_is_empty(*out_id)) {
        TRY(crm_settled(crm, &known));
        TRY(find_person(crm, person, org, &known, out_id, &linked));
    }
    if (!str_is_empty(*out_id)) {
        /* Whom somebody has put into another organisation stays there. */
        TRY(update_person(crm, person, linked ? (struct str){.p = NULL} : org, *out_id,
                          known.hash, &gone));
    }
    return str_is_empty(*out_id) || gone ? add_person(crm, person, org, out_id) : ERR_NONE;
}
