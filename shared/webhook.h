/*
 * webhook.h - what a delivery looks like on the wire, by Standard Webhooks 1.0.0
 * (standard-webhooks/standard-webhooks, spec/standard-webhooks.md): a JSON body of type,
 * timestamp and data, and three headers. The signature is HMAC-SHA256 over
 * "{id}.{timestamp}.{body}" with the bytes of the secret, one for each secret that counts.
 */
#ifndef LEADBOARD_WEBHOOK_H
#define LEADBOARD_WEBHOOK_H

#include "shared/ctx.h"
#include "shared/sb.h"

/* {"type":"card.moved","timestamp":"2026-11-03T20:26:10.344522Z","data":{...}}: the same each
 * time, since a receiver may compare. at: when it happened. data: JSON. */
MUST_CHECK enum err webhook_body(struct ctx *ctx, struct str type, int64_t at, struct str data,
                                 struct str *out_body);
/* Name of a delivery outside: "msg_" and its uid without '-'. */
struct str webhook_id(struct arena *arena, struct str uid);

#define WEBHOOK_HEADERS 4
/* secrets: "whsec_..." of Standard Webhooks. now_s: seconds of this attempt. ERR_INVALID: a
 * secret is none. */
MUST_CHECK enum err webhook_headers(struct ctx *ctx, struct str id, int64_t now_s,
                                    struct str body, const struct str *secrets, size_t n,
                                    struct str out_headers[WEBHOOK_HEADERS]);

#endif
