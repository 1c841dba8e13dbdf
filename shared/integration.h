/*
 * integration.h - the services a dataset tells things to: webhooks, Slack-compatible webhooks,
 * Pipedrive, HubSpot. What each kind is, its settings, its secrets. What is to be delivered to
 * them is outbox.h; worker/jobs/deliver.c and push.c deliver it.
 *
 * Two things can keep an integration from being used: `enabled` is the team's wish, and while
 * it is off nothing is taken; LeadBoard `stops` one that can't go on (the receiver is gone, the
 * key is not accepted), says why, and keeps what comes until somebody switches it on again.
 *
 * Secrets are sealed for the row they stand in (integration_secret), so that a copy in another
 * row, of another dataset say, does not open. The web program writes them and can't read them;
 * only the worker opens them. Pages show their last characters.
 *
 * Functions with a db work in the transaction that is open (db_begin with the dataset).
 */
#ifndef LEADBOARD_INTEGRATION_H
#define LEADBOARD_INTEGRATION_H

#include "shared/crypt.h"
#include "shared/db.h"

/* integration.kind */
enum integration_kind {
    INTEGRATION_WEBHOOK = 1, /* Standard Webhooks 1.0 */
    INTEGRATION_SLACK,       /* incoming webhook; the address is the secret */
    INTEGRATION_PIPEDRIVE,
    INTEGRATION_HUBSPOT,
    INTEGRATION__END
};
#define INTEGRATIONS_MAX 50 /* of a dataset */

static inline bool integration_is_crm(enum integration_kind kind)
{
    return kind == INTEGRATION_PIPEDRIVE || kind == INTEGRATION_HUBSPOT;
}
/* "Webhook", "Slack", "Pipedrive", "HubSpot". */
const char *integration_kind_name(enum integration_kind kind);
/* By the word in addresses and forms: "webhook" ... False: there is none. */
bool integration_kind_of(struct str word, enum integration_kind *out_kind);
const char *integration_kind_word(enum integration_kind kind);

/* What an integration can be told by itself. */
struct integration_event {
    struct str type;   /* "card.moved": as webhooks have it */
    const char *label; /* "A card is moved" */
};
const struct integration_event *integration_events(size_t *out_n);
bool integration_event_is(struct str type);

/* ---- settings ---- */

#define INTEGRATION_MAP_MAX 40
#define INTEGRATION_SETTINGS_BYTES ((size_t)32 << 10)

/* One line of the field mapping: what of ours goes to which field of theirs. */
struct integration_map {
    struct str of;     /* "company" or "person" */
    struct str ours;   /* of integration_fields */
    struct str theirs; /* key of the field there */
};
enum integration_make { MAKE_NOTHING, MAKE_LEAD, MAKE_DEAL };
struct integration_settings {
    bool persons;               /* contacts go too */
    enum integration_make make; /* Pipedrive */
    bool activity;              /* Pipedrive: one for each push */
    int64_t pipeline, stage;    /* of deals; 0: theirs */
    int64_t tokens;             /* most in a day; 0: no limit of ours */
    struct str version;         /* HubSpot: "v3" or a date "2026-03" */
    struct integration_map map[INTEGRATION_MAP_MAX];
    size_t n_map;
};
/* What new ones of the kind begin with. */
void integration_defaults(enum integration_kind kind, struct integration_settings *out);
/* JSON as it is kept. What is missing or not right is as in the defaults. */
void integration_settings_read(struct ctx *ctx, enum integration_kind kind, struct str json,
                               struct integration_settings *out);
MUST_CHECK enum err integration_settings_write(struct ctx *ctx,
                                               const struct integration_settings *settings,
                                               struct str *out_json);

/* Values of ours that can be mapped. */
struct integration_field {
    struct str name;
    const char *label;
    bool person; /* else of the company */
};
const struct integration_field *integration_fields(size_t *out_n);

/* ---- secrets ---- */

/* Keeps the secret under a new row; the ones before sign beside it for `hours` (0: not). */
MUST_CHECK enum err integration_secret_put(struct db *db, const uint8_t key[CRYPT_KEY_BYTES],
                                           int64_t dataset, int64_t integration,
                                           struct str secret, int hours);
#define INTEGRATION_SECRETS 2
/* Opens those that count, the newest first. ERR_DENIED with a sentence: one does not open,
 * because the installation's key is another one than it was sealed with. */
MUST_CHECK enum err integration_secrets_open(struct db *db, const uint8_t key[CRYPT_KEY_BYTES],
                                             int64_t dataset, int64_t integration,
                                             struct str out_secrets[INTEGRATION_SECRETS],
                                             size_t *out_n);
/* A signing secret of 32 random bytes as Standard Webhooks writes it: "whsec_...". */
struct str integration_signing_secret(struct arena *arena);

#endif
