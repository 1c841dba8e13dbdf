/* The push to Pipedrive: its limits, the order of things, the test. See pipedrive_parts.h. */
#include "worker/pipedrive_parts.h"

#include "shared/clock.h"

#define DAY_S 86400
#define SHUT_OUT_S 3600
#define LONG_WAIT_S 600 /* what is longer is not the limit of a moment */
#define FIELDS_MAX 400

/* ---- limits ---- */

static int64_t seconds_to_midnight(void)
{
    return DAY_S - (clock_now() / CLOCK_SECOND) % DAY_S;
}

static bool is_spent(const struct http_response *response)
{
    int64_t left;
    struct str header = http_header(response, STR("x-daily-ratelimit-token-remaining"));
    return (str_to_i64(header, &left) && left <= 0) || response->retry_after_s > LONG_WAIT_S ||
           str_contains(response->body, STR("daily")) ||
           str_contains(response->body, STR("Daily"));
}

/* 429 is the burst of two seconds or the budget of the day; 403 with a page of HTML is what
 * comes to those who go on regardless. */
static bool is_limit(struct crm *crm, const struct http_response *response)
{
    struct delivery_result *result = crm->result;
    int64_t reset;
    if (response->status == 403 && !str_starts(str_trim(response->body), STR("{"))) {
        result->slow_s = response->retry_after_s > 0 ? response->retry_after_s : SHUT_OUT_S;
        result->slow_why =
            STR("Pipedrive has shut this server out for a while, because too much "
                "was asked of it.");
    } else if (response->status != 429) {
        return false;
    } else if (is_spent(response)) {
        result->slow_s = response->retry_after_s > LONG_WAIT_S ? response->retry_after_s
                                                               : seconds_to_midnight() + 60;
        result->slow_why = STR("Pipedrive's budget of this day is used up.");
    } else {
        struct str header = http_header(response, STR("x-ratelimit-reset"));
        result->slow_s = response->retry_after_s > 0 ? response->retry_after_s
                         : str_to_i64(header, &reset) && reset > 0 && reset <= LONG_WAIT_S
                             ? reset
                             : 2;
        result->slow_why = STR("Pipedrive takes no more for a moment.");
    }
    result->error = result->slow_why;
    result->retry_after_s = result->slow_s;
    return true;
}

void pipedrive_begin(struct crm *crm)
{
    crm->is_limit = is_limit;
    crm->headers[0] = arena_print(crm->run->ctx->arena, "x-api-token: %.*s",
                                  STR_ARG(crm->target->secrets[0]));
    crm->headers[1] = STR("User-Agent: LeadBoard/1.0 (Pipedrive)");
    crm->n_headers = 2;
}

/* ---- all of it ---- */

static bool is_over_budget(struct crm *crm)
{
    const struct delivery_target *target = crm->target;
    int64_t most = target->settings.tokens;
    if (most == 0 || target->budget_used + COST_SEARCH * 3 <= most) {
        return false;
    }
    crm->result->outcome = ATTEMPT_HELD;
    crm->result->slow_s = crm->result->retry_after_s = seconds_to_midnight() + 60;
    crm->result->slow_why = STR("The daily budget that is set for Pipedrive is used up.");
    crm->result->error = crm->result->slow_why;
    return true;
}

enum err pipedrive_push(struct crm *crm)
{
    const struct integration_settings *settings = &crm->target->settings;
    struct str org = {.p = NULL}, first = {.p = NULL}, lead = {.p = NULL}, deal = {.p = NULL};
    if (is_over_budget(crm)) {
        return ERR_LIMIT;
    }
    if (crm->has_company) {
        TRY(pipedrive_organisation(crm, &org));
    }
    for (size_t i = 0; i < crm->n_people; i++) {
        struct str person;
        TRY(pipedrive_person(crm, &crm->people[i], org, &person));
        first = i == 0 ? person : first;
    }
    if (crm->n_people > 0) {
        crm_did(crm, arena_print(crm->run->ctx->arena, "%zu %s", crm->n_people,
                                 crm->n_people == 1 ? "person" : "persons")
                         .p);
    }
    if (settings->make == MAKE_LEAD) {
        TRY(pipedrive_lead(crm, org, first, &lead));
    } else if (settings->make == MAKE_DEAL) {
        TRY(pipedrive_deal(crm, org, first, &deal));
    }
    return settings->activity ? pipedrive_activity(crm, org, first, lead, deal) : ERR_NONE;
}

/* ---- the test: whose key it is, and which fields there are ---- */

static enum err list_fields(struct crm *crm, const char *of, struct sb *sb, size_t *n)
{
    struct crm_answer answer;
    const struct crm_request request = {
        .what = "List fields",
        .method = "GET",
        .path = arena_print(crm->run->ctx->arena, V2 "/%s?limit=500", of),
        .cost = COST_LIST};
    TRY(crm_call(crm, &request, &answer));
    for (const struct json *item = json_first(pipedrive_data(&answer));
         item != NULL && *n < FIELDS_MAX; item = json_next(item)) {
        sb_bytes(sb, ",", *n > 0);
        SB_LIT(sb, "{\"key\":");
        json_write_str(sb, json_text(json_get(item, "field_code")));
        SB_LIT(sb, ",\"label\":");
        json_write_str(sb, json_text(json_get(item, "field_name")));
        SB_LIT(sb, ",\"type\":");
        json_write_str(sb, json_text(json_get(item, "field_type")));
        sb_char(sb, '}');
        (*n)++;
    }
    return ERR_NONE;
}

enum err pipedrive_test(struct crm *crm)
{
    struct crm_answer answer;
    struct sb sb;
    size_t n = 0;
    const struct crm_request me = {.what = "Whose key it is",
                                   .method = "GET",
                                   .path = STR(V1 "/users/me"),
                                   .cost = COST_READ * 2};
    TRY(crm_call(crm, &me, &answer));
    sb_init(&sb, crm->run->ctx->arena, (size_t)200 << 10);
    SB_LIT(&sb, "{\"name\":");
    json_write_str(&sb, json_text(json_get(pipedrive_data(&answer), "company_name")));
    SB_LIT(&sb, ",\"fields\":[");
    TRY(list_fields(crm, "organizationFields", &sb, &n));
    TRY(list_fields(crm, "personFields", &sb, &n));
    SB_LIT(&sb, "]}");
    return crm_keep_remote(crm, &sb);
}
