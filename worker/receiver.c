#include "worker/receiver.h"

#include "shared/clock.h"
#include "shared/slack.h"

#define TIMEOUT_MS 20000
#define ANSWER_BYTES 16384
#define SLOW_S 30
#define SLOW_MOST_S (24 * 3600)

static enum err make_webhook(struct ctx *ctx, const struct delivery_target *target,
                             const struct delivery *delivery, struct str *headers,
                             struct http_request *request)
{
    TRY(webhook_body(ctx, delivery->type, delivery->at, delivery->data, &request->body));
    TRY(webhook_headers(ctx, webhook_id(ctx->arena, delivery->uid), clock_now() / CLOCK_SECOND,
                        request->body, target->secrets, target->n_secrets, headers));
    request->url = target->url;
    request->n_headers = WEBHOOK_HEADERS;
    return ERR_NONE;
}

static enum err make_slack(struct ctx *ctx, const struct delivery_target *target,
                           const struct delivery *delivery, struct str *headers,
                           struct http_request *request)
{
    if (target->n_secrets == 0) {
        return ctx_fail(ctx, ERR_INVALID, "The address is missing.");
    }
    headers[0] = STR("User-Agent: LeadBoard/1.0 (webhook)");
    request->url = target->secrets[0];
    request->n_headers = 1;
    return slack_message(ctx, delivery->type, delivery->data, target->origin, &request->body);
}

enum err receiver_request(struct ctx *ctx, const struct delivery_target *target,
                          const struct delivery *delivery, struct str headers[WEBHOOK_HEADERS],
                          struct http_request *out)
{
    *out = (struct http_request){.content_type = STR("application/json"),
                                 .headers = headers,
                                 .max_bytes = ANSWER_BYTES,
                                 .cut = true,
                                 .stay = true,
                                 .keep = true,
                                 .patient = true,
                                 .timeout_ms = TIMEOUT_MS};
    return target->kind == INTEGRATION_SLACK
               ? make_slack(ctx, target, delivery, headers, out)
               : make_webhook(ctx, target, delivery, headers, out);
}

/* ---- answers ---- */

static struct str say_status(struct ctx *ctx, int status)
{
    if (status >= 300 && status < 400) {
        return arena_print(ctx->arena,
                           "It answered %d, a redirect. Webhooks are not redirected: enter the "
                           "address it leads to.",
                           status);
    }
    if (status == 401 || status == 403) {
        return arena_print(ctx->arena, "It answered %d: it does not let us in.", status);
    }
    if (status == 404) {
        return STR("It answered 404: there is nothing at this address.");
    }
    return arena_print(ctx->arena, "It answered %d.", status);
}

/* 410: it wants no more (Standard Webhooks). Slack says 404 no_service and 403
 * channel_is_archived, and means the same. */
static bool is_over(const struct delivery_target *target, const struct http_response *response)
{
    return response->status == 410 ||
           (target->kind == INTEGRATION_SLACK && response->status >= 400 &&
            (str_contains(response->body, STR("no_service")) ||
             str_contains(response->body, STR("is_archived"))));
}

/* 429, 502, 504: slow down (Standard Webhooks). */
static void judge_pace(struct ctx *ctx, const struct http_response *response,
                       struct delivery_result *result)
{
    bool slow = response->status == 429 || response->status == 502 || response->status == 504;
    result->retry_after_s = response->retry_after_s;
    if (!slow && response->retry_after_s <= 0) {
        return;
    }
    result->slow_s = response->retry_after_s > 0 ? response->retry_after_s : SLOW_S;
    result->slow_s = result->slow_s > SLOW_MOST_S ? SLOW_MOST_S : result->slow_s;
    result->slow_why =
        arena_print(ctx->arena, "It answered %d and asks for a pause.", response->status);
}

void receiver_judge(struct ctx *ctx, const struct delivery_target *target,
                    const struct http_response *response, struct delivery_result *result,
                    struct delivery_exchange *exchange)
{
    exchange->status = response->status;
    exchange->answer = response->body;
    if (response->status >= 200 && response->status < 300) {
        result->outcome = exchange->outcome = ATTEMPT_WELL;
        return;
    }
    result->error = exchange->error = say_status(ctx, response->status);
    judge_pace(ctx, response, result);
    if (is_over(target, response)) {
        result->hopeless = true;
        result->stop = arena_print(
            ctx->arena, "It answered %d: nobody wants to be told at this address any more.",
            response->status);
    }
}
