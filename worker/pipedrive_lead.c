/* A lead or a deal, once for each company; an activity for each push. */
#include "worker/pipedrive_parts.h"

#include "shared/clock.h"
#include "shared/html.h"

/* ---- a lead or a deal, once ---- */

static bool is_our_lead(struct crm *crm, const struct json *item, const void *mark)
{
    (void)crm;
    return str_eq(json_text(json_get(item, "origin_id")), *(const struct str *)mark);
}

static enum err lead_body(struct crm *crm, struct str org, struct str person, struct str mark,
                          struct str *out_body)
{
    struct sb sb;
    sb_init(&sb, crm->run->ctx->arena, PIPEDRIVE_BODY_MAX);
    SB_LIT(&sb, "{\"title\":");
    json_write_str(&sb, crm->has_company ? crm->company.name : crm->people[0].name);
    if (!str_is_empty(org)) {
        sb_printf(&sb, ",\"organization_id\":%.*s", STR_ARG(org));
    }
    if (!str_is_empty(person)) {
        sb_printf(&sb, ",\"person_id\":%.*s", STR_ARG(person));
    }
    SB_LIT(&sb, ",\"origin_id\":");
    json_write_str(&sb, mark);
    sb_char(&sb, '}');
    return sb_done(&sb, out_body);
}

static struct str lead_mark(struct crm *crm)
{
    return crm->has_company ? pipedrive_own_id(crm, &crm->company)
                            : arena_print(crm->run->ctx->arena, "%.*s-person-%lld",
                                          STR_ARG(crm->target->public_id),
                                          (long long)crm->people[0].ids.v[0]);
}

/* Ids of accounts and of leads are numbers of their own: of a lead alone it is negative. */
static int64_t subject_id(const struct crm *crm)
{
    return crm->has_company ? crm->company.ids.v[0] : -crm->people[0].ids.v[0];
}

static enum err find_lead(struct crm *crm, struct str org, struct str person, struct str mark,
                          struct str *out_id)
{
    struct str path =
        arena_print(crm->run->ctx->arena, V1 "/leads?limit=%d&%s=%.*s", PIPEDRIVE_PAGE,
                    str_is_empty(org) ? "person_id" : "organization_id",
                    STR_ARG(str_is_empty(org) ? person : org));
    return pipedrive_look_back(crm, path.p, is_our_lead, &mark, out_id);
}

enum err pipedrive_lead(struct crm *crm, struct str org, struct str person, struct str *out_id)
{
    struct crm_known known;
    struct crm_answer answer;
    int64_t id = subject_id(crm);
    struct str mark = lead_mark(crm);
    struct sql_i64s ids = crm->has_company ? crm->company.ids : (struct sql_i64s){&id, 1};
    TRY(crm_known(crm, EXTERNAL_LEAD, ids, &known));
    *out_id = known.remote_id;
    if (!str_is_empty(*out_id)) {
        return ERR_NONE;
    }
    TRY(crm_settled(crm, &known));
    TRY(find_lead(crm, org, person, mark, out_id));
    if (!str_is_empty(*out_id)) {
        return crm_keep(crm, EXTERNAL_LEAD, id, *out_id, (struct str){.p = NULL});
    }
    struct crm_request request = {.what = "Add the lead",
                                  .method = "POST",
                                  .path = STR(V1 "/leads"),
                                  .cost = COST_V1_WRITE};
    TRY(lead_body(crm, org, person, mark, &request.body));
    TRY(pipedrive_add(crm, EXTERNAL_LEAD, id, &request, (struct str){.p = NULL}, out_id,
                      &answer));
    crm_did(crm, "lead added");
    return ERR_NONE;
}

struct deal_mark {
    const char *key;
    struct str mark;
};

static bool is_our_deal(struct crm *crm, const struct json *item, const void *what)
{
    const struct deal_mark *deal = what;
    (void)crm;
    return str_eq(json_text(json_get(json_get(item, "custom_fields"), deal->key)), deal->mark);
}

static enum err deal_body(struct crm *crm, struct str org, struct str person,
                          const struct deal_mark *deal, struct str *out_body)
{
    const struct integration_settings *settings = &crm->target->settings;
    struct sb sb;
    sb_init(&sb, crm->run->ctx->arena, PIPEDRIVE_BODY_MAX);
    SB_LIT(&sb, "{\"title\":");
    json_write_str(&sb, crm->has_company ? crm->company.name : crm->people[0].name);
    if (!str_is_empty(org)) {
        sb_printf(&sb, ",\"org_id\":%.*s", STR_ARG(org));
    }
    if (!str_is_empty(person)) {
        sb_printf(&sb, ",\"person_id\":%.*s", STR_ARG(person));
    }
    if (settings->pipeline != 0) {
        sb_printf(&sb, ",\"pipeline_id\":%lld", (long long)settings->pipeline);
    }
    if (settings->stage != 0) {
        sb_printf(&sb, ",\"stage_id\":%lld", (long long)settings->stage);
    }
    sb_printf(&sb, ",\"custom_fields\":{\"%s\":", deal->key);
    json_write_str(&sb, deal->mark);
    SB_LIT(&sb, "}}");
    return sb_done(&sb, out_body);
}

enum err pipedrive_deal(struct crm *crm, struct str org, struct str person, struct str *out_id)
{
    struct crm_known known;
    struct crm_answer answer;
    struct str key;
    int64_t id = subject_id(crm);
    struct sql_i64s ids = crm->has_company ? crm->company.ids : (struct sql_i64s){&id, 1};
    TRY(crm_known(crm, EXTERNAL_DEAL, ids, &known));
    *out_id = known.remote_id;
    if (!str_is_empty(*out_id)) {
        return ERR_NONE;
    }
    TRY(crm_settled(crm, &known));
    TRY(pipedrive_field(crm, EXTERNAL_FIELD_DEAL, "dealFields", &key));
    const struct deal_mark deal = {.key = arena_cstr(crm->run->ctx->arena, key),
                                   .mark = lead_mark(crm)};
    struct str path = arena_print(crm->run->ctx->arena,
                                  V2 "/deals?%s=%.*s&sort_by=add_time&sort_direction=desc"
                                     "&limit=%d",
                                  str_is_empty(org) ? "person_id" : "org_id",
                                  STR_ARG(str_is_empty(org) ? person : org), PIPEDRIVE_PAGE);
    TRY(pipedrive_look_back(crm, path.p, is_our_deal, &deal, out_id));
    if (!str_is_empty(*out_id)) {
        return crm_keep(crm, EXTERNAL_DEAL, id, *out_id, (struct str){.p = NULL});
    }
    struct crm_request request = {
        .what = "Add the deal", .method = "POST", .path = STR(V2 "/deals"), .cost = COST_WRITE};
    TRY(deal_body(crm, org, person, &deal, &request.body));
    TRY(pipedrive_add(crm, EXTERNAL_DEAL, id, &request, (struct str){.p = NULL}, out_id,
                      &answer));
    crm_did(crm, "deal added");
    return ERR_NONE;
}

/* ---- an activity for each push ---- */

static bool is_our_activity(struct crm *crm, const struct json *item, const void *uid)
{
    (void)crm;
    return str_contains(json_text(json_get(item, "note")), *(const struct str *)uid);
}

static enum err activity_body(struct crm *crm, struct str org, struct str person,
                              struct str lead, struct str deal, struct str *out_body)
{
    struct arena *arena = crm->run->ctx->arena;
    struct sb sb, note;
    struct clock_date today = clock_date(clock_now());
    const struct crm_thing *thing = crm->has_company ? &crm->company : &crm->people[0];
    sb_init(&note, arena, 4000);
    html_text(&note, str_is_empty(crm->reason) ? STR("Handed over") : crm->reason);
    if (!str_is_empty(thing->link)) {
        SB_LIT(&note, "<br><a href=\"");
        html_url(&note, thing->link);
        SB_LIT(&note, "\">Open in LeadBoard</a>");
    }
    sb_printf(&note, "<br><small>LeadBoard %.*s</small>", STR_ARG(crm->delivery->uid));
    sb_init(&sb, arena, PIPEDRIVE_BODY_MAX);
    SB_LIT(&sb, "{\"subject\":");
    json_write_str(&sb,
                   arena_print(arena, "LeadBoard: %.*s",
                               STR_ARG(str_is_empty(crm->reason) ? thing->name
                                                                 : str_cut(crm->reason, 200))));
    sb_printf(&sb, ",\"type\":\"task\",\"due_date\":\"%04d-%02d-%02d\",\"note\":", today.year,
              today.month, today.day);
    json_write_str(&sb, sb_view(&note));
    if (!str_is_empty(org)) {
        sb_printf(&sb, ",\"org_id\":%.*s", STR_ARG(org));
    }
    if (!str_is_empty(lead)) {
        SB_LIT(&sb, ",\"lead_id\":");
        json_write_str(&sb, lead);
    }
    if (!str_is_empty(deal)) {
        sb_printf(&sb, ",\"deal_id\":%.*s", STR_ARG(deal));
    }
    if (!str_is_empty(person)) {
        sb_printf(&sb, ",\"participants\":[{\"person_id\":%.*s,\"primary\":true}]",
                  STR_ARG(person));
    }
    sb_char(&sb, '}');
    return sb_done(&sb, out_body);
}

enum err pipedrive_activity(struct crm *crm, struct str org, struct str person, struct str lead,
                            struct str deal)
{
    struct crm_known known;
    struct crm_answer answer;
    struct str id;
    TRY(crm_known(crm, EXTERNAL_ACTIVITY, (struct sql_i64s){&crm->delivery->id, 1}, &known));
    id = known.remote_id;
    if (str_is_empty(id) && known.tried_s >= 0) {
        TRY(crm_settled(crm, &known));
        struct str path = arena_print(
            crm->run->ctx->arena,
            V2 "/activities?updated_since=%.*s&sort_by=add_time&sort_direction=desc&limit=%d",
            STR_ARG(pipedrive_since(crm, known.tried_s)), PIPEDRIVE_PAGE);
        TRY(pipedrive_look_back(crm, path.p, is_our_activity, &crm->delivery->uid, &id));
    }
    if (!str_is_empty(id)) {
        return crm_keep(crm, EXTERNAL_ACTIVITY, crm->delivery->id, id, (struct str){.p = NULL});
    }
    struct crm_request request = {.what = "Add the activity",
                                  .method = "POST",
                                  .path = STR(V2 "/activities"),
                                  .cost = COST_WRITE};
    TRY(activity_body(crm, org, person, lead, deal, &request.body));
    TRY(pipedrive_add(crm, EXTERNAL_ACTIVITY, crm->delivery->id, &request,
                      (struct str){.p = NULL}, &id, &answer));
    crm_did(crm, "activity added");
    return ERR_NONE;
}
