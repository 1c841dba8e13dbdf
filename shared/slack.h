/*
 * slack.h - a delivery as a message of a Slack-compatible incoming webhook: {"text", "blocks"}.
 * Names are escaped as Slack wants it (& < >), so that none of them becomes a link, a mention
 * or a command like <!channel>; characters that format text are left without their effect.
 */
#ifndef LEADBOARD_SLACK_H
#define LEADBOARD_SLACK_H

#include "shared/ctx.h"
#include "shared/sb.h"

/* data: of the outbox. origin: for links; may be empty. */
MUST_CHECK enum err slack_message(struct ctx *ctx, struct str type, struct str data,
                                  struct str origin, struct str *out_body);

#endif
