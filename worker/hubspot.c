/*
 * The push to HubSpot: a company and its contacts.
 *
 * A company that has no row in external_id is searched for by its domain, because HubSpot lets
 * two have the same; one that is not found is upserted by our id, a property of its own with
 * unique values, so that repeating it adds nothing. Contacts are upserted by their address, up
 * to a hundred a call; each row of the answer is judged by itself. (Shapes: HubSpot's published
 * specifications, crm/objects and crm/properties.)
 */
#include "worker/crm.h"

#define PROPERTY "leadboard_id"
#define BODY_MAX ((size_t)400 << 10)
#define FIELDS_MAX 400
#define SECOND_WAIT_S 10 /* limits are of ten seconds */
#define LONG_WAIT_S 600
#define DAY_WAIT_S (6 * 3600)
#define TRIES 4 /* as fields are refused */

static bool is_limit(struct crm *crm, const struct http_response *response)
{
    struct delivery_result *result = crm->result;
    if (response->status != 429) {
        return false;
    }
    bool day =
        str_contains(response->body, STR("DAILY")) ||
        str_eq(http_header(response, STR("X-HubSpot-RateLimit-Daily-Remaining")), STR("0"));
    result->slow_s = response->retry_after_s > 0 ? response->retry_after_s
                     : day                       ? DAY_WAIT_S
                                                 : SECOND_WAIT_S;
    result->slow_why = day ? STR("HubSpot's budget of this day is used up.")
                           : STR("HubSpot takes no more for a moment.");
    result->error = result->slow_why;
    result->retry_after_s = result->slow_s;
    return true;
}

void hubspot_begin(struct crm *crm)
{
    crm->is_limit = is_limit;
    crm->headers[0] = arena_print(crm->run->ctx->arena, "Authorization: Bearer %.*s",
                                  STR_ARG(crm->target->secrets[0]));
    crm->headers[1] = STR("User-Agent: LeadBoard/1.0 (HubSpot)");
    crm->n_headers = 2;
}

/* ---- pieces ---- */

/* "/crm/v3/objects/companies", or, of a dated version, "/crm/objects/2026-03/companies". */
static struct str path_of(struct crm *crm, const char *part, const char *rest)
{
    struct str version = crm->target->settings.version;
    return str_starts(version, STR("v")) ? arena_print(crm->run->ctx->arena, "/crm/%.*s/%s/%s",
                                                       STR_ARG(version), part, rest)
                                         : arena_print(crm->run->ctx->arena, "/crm/%s/%.*s/%s",
                                                       part, STR_ARG(version), rest);
}

static struct str own_id(struct crm *crm, const struct crm_thing *thing)
{
    return arena_print(crm->run->ctx->arena, "%.*s-%lld", STR_ARG(crm->target->public_id),
                       (long long)thing->ids.v[0]);
}

static void member(struct sb *sb, struct str key, struct str value)
{
    sb_bytes(sb, ",", sb->n > 0 && sb->p[sb->n - 1] != '{');
    json_write_str(sb, key);
    sb_char(sb, ':');
    json_write_str(sb, value);
}

static void write_mapped(struct crm *crm, struct sb *sb, const struct crm_thing *thing,
                         const char *of)
{
    const struct integration_map *map;
    struct str value;
    for (size_t place = 0; (map = crm_next(crm, thing, of, &place, &value)) != NULL;) {
        member(sb, map->theirs, value);
    }
}

/* ---- the property with our id ---- */

static enum err ensure_property(struct crm *crm, enum external_kind kind, const char *of)
{
    static const int64_t one = 1;
    struct crm_known known;
    struct crm_answer answer;
    char rest[80];
    TRY(crm_known(crm, kind, (struct sql_i64s){&one, 1}, &known));
    if (!str_is_empty(known.remote_id)) {
        return ERR_NONE;
    }
    (void)snprintf(rest, sizeof(rest), "%s/" PROPERTY, of);
    const struct crm_request look = {.what = "Look for the property",
                                     .method = "GET",
                                     .path = path_of(crm, "properties", rest),
                                     .may_miss = true};
    enum err err = crm_call(crm, &look, &answer);
    if (err == ERR_NOT_FOUND) {
        const struct crm_request request = {
            .what = "Add the property",
            .method = "POST",
            .path = path_of(crm, "properties", of),
            .body = arena_print(crm->run->ctx->arena,
                                "{\"name\":\"" PROPERTY "\",\"label\":\"LeadBoard id\","
                                "\"description\":\"Set by LeadBoard, do not change.\","
                                "\"type\":\"string\",\"fieldType\":\"text\","
                                "\"groupName\":\"%s\",\"hasUniqueValue\":true}",
                                kind == EXTERNAL_FIELD_COMPANY ? "companyinformation"
                                                               : "contactinformation")};
        crm_forgive(crm);
        err = crm_call(crm, &request, &answer);
        if (err == ERR_INVALID && answer.status == 409) { /* somebody was first */
            crm_forgive(crm);
            err = ERR_NONE;
        }
    }
    TRY(err);
    return crm_keep(crm, kind, 1, STR(PROPERTY), (struct str){.p = NULL});
}

/* ---- the company ---- */

static enum err company_properties(struct crm *crm, bool fresh, struct str *out)
{
    struct sb sb;
    sb_init(&sb, crm->run->ctx->arena, BODY_MAX);
    sb_char(&sb, '{');
    member(&sb, STR(PROPERTY), own_id(crm, &crm->company));
    if (fresh) {
        member(&sb, STR("name"), crm->company.name);
    }
    if (fresh && !str_is_empty(crm->company.domain)) {
        member(&sb, STR("domain"), crm->company.domain);
    }
    write_mapped(crm, &sb, &crm->company, "company");
    sb_char(&sb, '}');
    return sb_done(&sb, out);
}

static enum err search_company(struct crm *crm, struct str *out_id)
{
    struct crm_answer answer;
    struct sb sb;
    struct crm_request request = {.what = "Search companies by domain",
                                  .method = "POST",
                                  .path = path_of(crm, "objects", "companies/search")};
    sb_init(&sb, crm->run->ctx->arena, BODY_MAX);
    SB_LIT(&sb, "{\"filterGroups\":[{\"filters\":[{\"propertyName\":\"domain\",\"operator\":"
                "\"EQ\",\"value\":");
    json_write_str(&sb, crm->company.domain);
    SB_LIT(&sb, "}]}],\"properties\":[\"domain\",\"" PROPERTY "\"],\"limit\":100,\"sorts\":["
                "{\"propertyName\":\"createdate\",\"direction\":\"ASCENDING\"}]}");
    TRY(sb_done(&sb, &request.body));
    TRY(crm_call(crm, &request, &answer));
    for (const struct json *item = json_first(json_get(answer.json, "results")); item != NULL;
         item = json_next(item)) {
        struct str mark = json_text(json_get(json_get(item, "properties"), PROPERTY));
        bool ours = str_eq(mark, own_id(crm, &crm->company));
        if (ours || (str_is_empty(*out_id) && str_is_empty(mark))) {
            *out_id = json_text(json_get(item, "id"));
        }
        if (ours) {
            return ERR_NONE;
        }
    }
    return ERR_NONE;
}

static enum err patch_company(struct crm *crm, struct str id, struct str known_hash,
                              bool *out_gone)
{
    struct crm_answer answer;
    *out_gone = false;
    for (int tries = 0; tries < TRIES; tries++) {
        struct str properties;
        char rest[100];
        (void)snprintf(rest, sizeof(rest), "companies/%.*s", STR_ARG(str_slice(id, 0, 40)));
        struct crm_request request = {.what = "Update the company",
                                      .method = "PATCH",
                                      .path = path_of(crm, "objects", rest),
                                      .may_miss = true};
        TRY(company_properties(crm, false, &properties));
        struct str hash = crm_hash(crm, properties);
        if (str_eq(hash, known_hash)) {
            return ERR_NONE;
        }
        request.body =
            arena_print(crm->run->ctx->arena, "{\"properties\":%.*s}", STR_ARG(properties));
        enum err err = crm_call(crm, &request, &answer);
        if (err == ERR_INVALID && crm_refuse(crm, "company", &answer)) {
            continue;
        }
        TRY(crm_missed(crm, err, EXTERNAL_COMPANY, crm->company.ids.v[0], out_gone));
        if (*out_gone) {
            return ERR_NONE;
        }
        crm_did(crm, "company updated");
        return crm_keep(crm, EXTERNAL_COMPANY, crm->company.ids.v[0], id, hash);
    }
    return crm_fail(crm, true, STR("HubSpot refuses field after field. Look at the mapping."));
}

/* By our id: HubSpot finds or adds it. */
static enum err upsert_company(struct crm *crm, struct str *out_id)
{
    struct crm_answer answer;
    for (int tries = 0; tries < TRIES; tries++) {
        struct str properties, own = own_id(crm, &crm->company);
        struct crm_request request = {.what = "Add the company",
                                      .method = "POST",
                                      .path =
                                          path_of(crm, "objects", "companies/batch/upsert")};
        TRY(company_properties(crm, true, &properties));
        request.body = arena_print(crm->run->ctx->arena,
                                   "{\"inputs\":[{\"id\":\"%.*s\",\"idProperty\":\"" PROPERTY
                                   "\",\"properties\":%.*s}]}",
                                   STR_ARG(own), STR_ARG(properties));
        enum err err = crm_call(crm, &request, &answer);
        bool partly = err == ERR_NONE && json_count(json_get(answer.json, "errors")) > 0;
        if ((err == ERR_INVALID || partly) && crm_refuse(crm, "company", &answer)) {
            continue;
        }
        TRY(err);
        *out_id = json_text(json_get(json_first(json_get(answer.json, "results")), "id"));
        if (str_is_empty(*out_id)) {
            return crm_fail(crm, partly,
                            STR("HubSpot did not take the company. Its answer is "
                                "in the log."));
        }
        crm_did(crm, "company added");
        return crm_keep(crm, EXTERNAL_COMPANY, crm->company.ids.v[0], *out_id,
                        (struct str){.p = NULL});
    }
    return crm_fail(crm, true, STR("HubSpot refuses field after field. Look at the mapping."));
}

static enum err push_company(struct crm *crm, struct str *out_id)
{
    struct crm_known known;
    bool gone = false;
    TRY(ensure_property(crm, EXTERNAL_FIELD_COMPANY, "companies"));
    TRY(crm_known(crm, EXTERNAL_COMPANY, crm->company.ids, &known));
    *out_id = known.remote_id;
    if (str_is_empty(*out_id) && !str_is_empty(crm->company.domain)) {
        TRY(search_company(crm, out_id));
    }
    if (!str_is_empty(*out_id)) {
        TRY(patch_company(crm, *out_id, known.hash, &gone));
    }
    return str_is_empty(*out_id) || gone ? upsert_company(crm, out_id) : ERR_NONE;
}

/* ---- contacts ---- */

struct contacts {
    struct str ids[CRM_PEOPLE_MAX]; /* there; empty: not taken */
    struct str hashes[CRM_PEOPLE_MAX];
    bool sent[CRM_PEOPLE_MAX];
    size_t n_sent;
};

static enum err contact_properties(struct crm *crm, const struct crm_thing *person,
                                   struct str *out)
{
    struct sb sb;
    sb_init(&sb, crm->run->ctx->arena, BODY_MAX);
    sb_char(&sb, '{');
    member(&sb, STR("email"), person->email);
    member(&sb, STR(PROPERTY), own_id(crm, person));
    write_mapped(crm, &sb, person, "person");
    sb_char(&sb, '}');
    return sb_done(&sb, out);
}

/* Those that are new, or changed since they were sent. */
static enum err contacts_body(struct crm *crm, struct contacts *contacts, struct str *out_body)
{
    struct sb sb;
    sb_init(&sb, crm->run->ctx->arena, BODY_MAX);
    SB_LIT(&sb, "{\"inputs\":[");
    contacts->n_sent = 0;
    for (size_t i = 0; i < crm->n_people; i++) {
        const struct crm_thing *person = &crm->people[i];
        struct crm_known known;
        struct str properties;
        TRY(contact_properties(crm, person, &properties));
        TRY(crm_known(crm, EXTERNAL_PERSON, person->ids, &known));
        contacts->hashes[i] = crm_hash(crm, properties);
        contacts->ids[i] = known.remote_id;
        contacts->sent[i] = !str_eq(contacts->hashes[i], known.hash);
        if (!contacts->sent[i]) {
            continue;
        }
        sb_bytes(&sb, ",", contacts->n_sent++ > 0);
        SB_LIT(&sb, "{\"id\":");
        json_write_str(&sb, person->email);
        sb_printf(&sb, ",\"idProperty\":\"email\",\"properties\":%.*s}", STR_ARG(properties));
    }
    SB_LIT(&sb, "]}");
    return sb_done(&sb, out_body);
}

/* Rows come in any order: they are told apart by their address. */
static enum err keep_contacts(struct crm *crm, struct contacts *contacts,
                              const struct json *results)
{
    for (const struct json *row = json_first(results); row != NULL; row = json_next(row)) {
        struct str email = json_text(json_get(json_get(row, "properties"), "email"));
        struct str id = json_text(json_get(row, "id"));
        for (size_t i = 0; i < crm->n_people; i++) {
            if (contacts->sent[i] && str_eq_ci(crm->people[i].email, email) &&
                !str_is_empty(id)) {
                contacts->ids[i] = id;
                contacts->sent[i] = false;
                TRY(crm_keep(crm, EXTERNAL_PERSON, crm->people[i].ids.v[0], id,
                             contacts->hashes[i]));
            }
        }
    }
    return ERR_NONE;
}

/* What could not be taken is told; the others are there. */
static void note_contacts(struct crm *crm, const struct contacts *contacts,
                          const struct crm_answer *answer)
{
    size_t n = 0;
    const struct json *first = json_first(json_get(answer->json, "errors"));
    struct str words = json_text(json_get(first, "message"));
    for (size_t i = 0; i < crm->n_people; i++) {
        n += contacts->sent[i] ? 1 : 0;
    }
    if (n > 0) {
        sb_printf(&crm->note, "%s%zu contact%s not taken%s%.*s", crm->note.n > 0 ? " " : "", n,
                  n == 1 ? " was" : "s were", str_is_empty(words) ? "." : ": ",
                  STR_ARG(str_cut(words, 300)));
    }
}

static enum err upsert_contacts(struct crm *crm, struct contacts *contacts)
{
    struct crm_answer answer;
    for (int tries = 0; tries < TRIES; tries++) {
        struct crm_request request = {.what = "Add or update the contacts",
                                      .method = "POST",
                                      .path = path_of(crm, "objects", "contacts/batch/upsert")};
        TRY(contacts_body(crm, contacts, &request.body));
        if (contacts->n_sent == 0) {
            return ERR_NONE;
        }
        enum err err = crm_call(crm, &request, &answer);
        bool partly = err == ERR_NONE && json_count(json_get(answer.json, "errors")) > 0;
        if (err == ERR_NONE) {
            TRY(keep_contacts(crm, contacts, json_get(answer.json, "results")));
        }
        if ((err == ERR_INVALID || partly) && crm_refuse(crm, "person", &answer)) {
            continue;
        }
        TRY(err);
        note_contacts(crm, contacts, &answer);
        return ERR_NONE;
    }
    return crm_fail(crm, true, STR("HubSpot refuses field after field. Look at the mapping."));
}

static enum err associate(struct crm *crm, const struct contacts *contacts, struct str company)
{
    struct crm_answer answer;
    struct sb sb;
    struct str version = crm->target->settings.version;
    size_t n = 0;
    sb_init(&sb, crm->run->ctx->arena, BODY_MAX);
    SB_LIT(&sb, "{\"inputs\":[");
    for (size_t i = 0; i < crm->n_people; i++) {
        if (!str_is_empty(contacts->ids[i])) {
            sb_bytes(&sb, ",", n++ > 0);
            SB_LIT(&sb, "{\"from\":{\"id\":");
            json_write_str(&sb, contacts->ids[i]);
            SB_LIT(&sb, "},\"to\":{\"id\":");
            json_write_str(&sb, company);
            SB_LIT(&sb, "}}");
        }
    }
    SB_LIT(&sb, "]}");
    struct crm_request request = {
        .what = "Connect contacts and company",
        .method = "POST",
        .path =
            str_starts(version, STR("v"))
                ? STR("/crm/v4/associations/contacts/companies/batch/associate/default")
                : path_of(crm, "associations", "contacts/companies/batch/associate/default")};
    TRY(sb_done(&sb, &request.body));
    if (n == 0) {
        return ERR_NONE;
    }
    TRY(crm_call(crm, &request, &answer));
    crm_did(crm, arena_print(crm->run->ctx->arena, "%zu contact%s", n, n == 1 ? "" : "s").p);
    return ERR_NONE;
}

enum err hubspot_push(struct crm *crm)
{
    struct contacts *contacts = ARENA_NEW(crm->run->ctx->arena, struct contacts);
    struct str company = {.p = NULL};
    if (crm->has_company) {
        TRY(push_company(crm, &company));
    }
    if (crm->n_people == 0) {
        return ERR_NONE;
    }
    TRY(ensure_property(crm, EXTERNAL_FIELD_PERSON, "contacts"));
    TRY(upsert_contacts(crm, contacts));
    if (str_is_empty(company)) {
        crm_did(crm, "contact");
        return ERR_NONE;
    }
    return associate(crm, contacts, company);
}

/* ---- the test ---- */

static enum err list_properties(struct crm *crm, const char *of, struct sb *sb, size_t *n)
{
    struct crm_answer answer;
    const struct crm_request request = {
        .what = "List properties", .method = "GET", .path = path_of(crm, "properties", of)};
    TRY(crm_call(crm, &request, &answer));
    for (const struct json *item = json_first(json_get(answer.json, "results"));
         item != NULL && *n < FIELDS_MAX; item = json_next(item)) {
        bool fixed = false;
        (void)json_bool(json_get(json_get(item, "modificationMetadata"), "readOnlyValue"),
                        &fixed);
        if (fixed) {
            continue;
        }
        sb_bytes(sb, ",", *n > 0);
        SB_LIT(sb, "{\"key\":");
        json_write_str(sb, json_text(json_get(item, "name")));
        SB_LIT(sb, ",\"label\":");
        json_write_str(sb, json_text(json_get(item, "label")));
        sb_char(sb, '}');
        (*n)++;
    }
    return ERR_NONE;
}

enum err hubspot_test(struct crm *crm)
{
    struct sb sb;
    size_t n = 0;
    sb_init(&sb, crm->run->ctx->arena, (size_t)200 << 10);
    SB_LIT(&sb, "{\"fields\":[");
    TRY(list_properties(crm, "companies", &sb, &n));
    TRY(list_properties(crm, "contacts", &sb, &n));
    SB_LIT(&sb, "]}");
    return crm_keep_remote(crm, &sb);
}
