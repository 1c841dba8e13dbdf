/*
 * standing.h - how an integration, a delivery or a mail is, as a badge and a sentence that says
 * what to do: the same words on every page.
 */
#ifndef LEADBOARD_STANDING_H
#define LEADBOARD_STANDING_H

#include "fcgi/views/integrations.h"
#include "gen/sql.h"

struct standing standing_integration(struct ctx *ctx, const struct sql_integration_list *row);
/* state: of the outbox. error: of the last attempt. */
struct standing standing_delivery(struct ctx *ctx, int16_t state, int16_t attempts,
                                  struct str error, struct str note);
/* A delivery's type in words: "Hand-over", "Test"; webhooks' own are words already. */
struct str standing_type(struct str type);
struct standing standing_mail(struct ctx *ctx, int16_t state, int16_t attempts,
                              struct str error);
struct standing standing_mail_server(struct ctx *ctx, const struct sql_mail_server_get *row);

#endif
