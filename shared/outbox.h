/*
 * outbox.h - what is to be told outside: one call, in the transaction of whoever causes it.
 *
 *     const struct outbox_delivery delivery = {
 *         .dataset = dataset, .integration = webhook, .card = card,
 *         .key = "run:81:2", .type = "automation.ran", .data = json};
 *     TRY(outbox_add(db, &delivery, &id));
 *
 * The row exists exactly when the change that it tells of does. The worker notices it within a
 * fraction of a second (worker/handover.h); nothing needs to be woken.
 *
 * `key` is what there is once of an integration: asking again with the same key, because a job
 * runs again, say, adds nothing. Outside the delivery is known by `uid`, which is the same at
 * each attempt and in each replay (webhook-id), so that a receiver can tell it has seen it:
 * delivery is at least once.
 *
 * Order. What concerns a card goes out one after the other, in the order of adding; for CRMs
 * what concerns an account (or a lead without one). Different cards do not wait for each other.
 * A delivery that fails and waits for its next attempt holds back what follows it in its lane.
 *
 * CRMs take no documents: outbox_push says that an account or lead is to be there, and what is
 * known of it at that moment is sent.
 *
 * Rows are kept for 30 days as the delivery log.
 *
 * All functions work in the transaction that is open (db_begin with the dataset).
 */
#ifndef LEADBOARD_OUTBOX_H
#define LEADBOARD_OUTBOX_H

#include "shared/db.h"

#define OUTBOX_DATA_MAX 16000 /* bytes of JSON: bodies of webhooks stay below 20 kB */
#define OUTBOX_DAYS 30
#define OUTBOX_PUSH "crm.push"
#define OUTBOX_TEST "integration.test"

/* outbox.state */
enum outbox_state { OUTBOX_WAITS, OUTBOX_DELIVERED, OUTBOX_GIVEN_UP, OUTBOX_DROPPED };
/* delivery_attempt.outcome */
enum attempt_outcome { ATTEMPT_FAILED, ATTEMPT_WELL, ATTEMPT_HELD };

struct outbox_delivery {
    int64_t dataset, integration;
    struct str key;              /* at most 200 characters */
    struct str type;             /* "card.moved": words with '.' between */
    int64_t card, account, lead; /* whom it is about; 0: none. A card stands for its own. */
    int64_t user;                /* who asked for it; 0: nobody */
    int64_t at;                  /* when it happened; 0: now */
    struct str data;             /* JSON object; "no value": what is known of the card */
};

/* *out_id (may be NULL): the new row; 0: it was there already, or the integration is switched
 * off or gone. ERR_INVALID: the data is not an object, or there is no such card; ERR_LIMIT: it
 * is too large; each with a sentence. */
MUST_CHECK enum err outbox_add(struct db *db, const struct outbox_delivery *delivery,
                               int64_t *out_id);

/* Says that the account or lead of a card, or an account, or a lead, is to be in the CRM, up to
 * date. reason: a sentence for the activity there ("Moved to Decision by Ann"). As outbox_add.
 */
struct outbox_pushing {
    int64_t dataset, integration;
    struct str key;
    int64_t card, account, lead; /* one of them; a card and its account may both be given */
    int64_t user;
    struct str reason;
};
MUST_CHECK enum err outbox_push(struct db *db, const struct outbox_pushing *pushing,
                                int64_t *out_id);

/* What is told of a card, as JSON; ERR_NOT_FOUND: there is none. */
MUST_CHECK enum err outbox_card_data(struct db *db, int64_t dataset, int64_t card,
                                     struct str *out_json);

#endif
