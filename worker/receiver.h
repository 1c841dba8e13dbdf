/*
 * receiver.h - what a delivery says to a webhook or a Slack-compatible webhook, and what its
 * answer means for that delivery and for the integration.
 */
#ifndef LEADBOARD_RECEIVER_H
#define LEADBOARD_RECEIVER_H

#include "worker/delivery.h"
#include "shared/webhook.h"

/* The request, in the memory of ctx. headers: room for them, as long as http_start needs it.
 * ERR_INVALID, ERR_LIMIT: it can't be sent, with a sentence. */
MUST_CHECK enum err receiver_request(struct ctx *ctx, const struct delivery_target *target,
                                     const struct delivery *delivery,
                                     struct str headers[WEBHOOK_HEADERS],
                                     struct http_request *out);

/* Fills result and exchange from the answer. Text is in the memory of ctx. */
void receiver_judge(struct ctx *ctx, const struct delivery_target *target,
                    const struct http_response *response, struct delivery_result *result,
                    struct delivery_exchange *exchange);

#endif
