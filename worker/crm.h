/*
 * crm.h - what pushes to all CRMs share: calls that are logged and counted, the map from ours
 * to theirs, what is known of a company and its contacts, and the field mapping.
 *
 * Nothing of ours comes to be there twice, whatever dies:
 *
 *   - Pushes of a company come one after the other (its lane in the outbox), by one job of the
 *     integration; a lock by the company's domain, held by the worker's database session, keeps
 *     a worker that was taken for dead from pushing beside another.
 *   - What has been found or added there is kept in external_id. Only what has no row is
 * searched for: a search of theirs is slow, dear, and behind what was added a moment ago.
 *   - Before something is added, a row says that it may be there (crm_intend, in a transaction
 * of its own). When the answer does not come, the row stays. The next attempt waits until it is
 *     settled (CRM_SETTLE_S), looks for our mark in what was changed there since, and adds only
 *     when it is not found.
 *
 * A call that fails fills in the delivery's result - held back by a limit, failed and to be
 * tried again, hopeless - and returns an error, so that a push is straight-line code.
 */
#ifndef LEADBOARD_CRM_H
#define LEADBOARD_CRM_H

#include "gen/sql.h"
#include "shared/json.h"
#include "worker/delivery.h"

#define CRM_CALLS_MAX 400
#define CRM_PEOPLE_MAX 50
#define CRM_SETTLE_S 60
#define CRM_REFUSED_MAX 8

/* external_id.kind */
enum external_kind {
    EXTERNAL_COMPANY = 1,
    EXTERNAL_PERSON,
    EXTERNAL_LEAD,
    EXTERNAL_DEAL,
    EXTERNAL_ACTIVITY,      /* our_id: of the delivery */
    EXTERNAL_FIELD_COMPANY, /* our_id 1; the field with our mark */
    EXTERNAL_FIELD_PERSON,
    EXTERNAL_FIELD_DEAL
};

/* A company or a contact of ours. */
struct crm_thing {
    struct sql_i64s ids; /* its own first, then what was merged into it */
    struct str name, domain, email;
    const struct json *data; /* values by the names of integration_fields */
    struct str link;         /* its page in LeadBoard; may be empty */
};

struct crm {
    struct run *run;
    struct delivery_target *target;
    const struct delivery *delivery;
    struct delivery_result *result;
    struct delivery_exchange exchanges[CRM_CALLS_MAX];
    size_t n_exchanges;
    struct str headers[2];
    size_t n_headers;
    /* What a limit of theirs looks like: fills in the result, true: it is one. */
    bool (*is_limit)(struct crm *crm, const struct http_response *response);
    int64_t intended_us; /* when crm_intend was called; 0: not */

    bool has_company;
    struct crm_thing company;
    struct crm_thing people[CRM_PEOPLE_MAX];
    size_t n_people;
    struct str reason; /* why it is pushed; may be empty */

    struct str refused[CRM_REFUSED_MAX]; /* keys of fields that are left out */
    size_t n_refused;
    struct sb did, note; /* for the card's history; what was left out */
};

/* Loads whom the delivery is about. ERR_NOT_FOUND: gone or hidden. */
MUST_CHECK enum err crm_load(struct crm *crm);

/* ---- calls ---- */

struct crm_request {
    const char *what; /* "Search organisations" */
    const char *method;
    struct str path; /* from the address of the API on, with its query */
    struct str body; /* JSON; "no value": none */
    int cost;        /* of the budget */
    bool may_miss;   /* 404 is an answer, and no failure */
};
struct crm_answer {
    int status;
    const struct json *json; /* NULL: there is none */
    struct str body;
};
/* ERR_NONE: 2xx. ERR_NOT_FOUND: 404. ERR_INVALID: refused (400, 409, 422). ERR_UNAVAILABLE,
 * ERR_TIMEOUT: whether it was done is not known. ERR_LIMIT: not done, because of a limit.
 * ERR_DENIED: the key is not accepted, or may not do this. With each but ERR_NONE the result is
 * filled in. */
MUST_CHECK enum err crm_call(struct crm *crm, const struct crm_request *request,
                             struct crm_answer *out);
/* A failed call was dealt with. */
void crm_forgive(struct crm *crm);
/* Fails the push: error for the log. hopeless: no attempt can help. */
enum err crm_fail(struct crm *crm, bool hopeless, struct str error);

/* ---- the map ---- */

struct crm_known {
    struct str remote_id; /* empty: there is none */
    struct str hash;
    int64_t tried_s; /* since it was asked for without an answer; -1: it was not */
};
MUST_CHECK enum err crm_known(struct crm *crm, enum external_kind kind, struct sql_i64s ids,
                              struct crm_known *out);
/* About to be added. ERR_LIMIT: asked for a moment ago; the delivery waits until it is settled.
 */
MUST_CHECK enum err crm_intend(struct crm *crm, enum external_kind kind, int64_t our_id);
/* hash "no value": as it was. */
MUST_CHECK enum err crm_keep(struct crm *crm, enum external_kind kind, int64_t our_id,
                             struct str remote_id, struct str hash);
MUST_CHECK enum err crm_forget(struct crm *crm, enum external_kind kind, int64_t our_id);
/* ERR_LIMIT: what was asked for is not settled yet; the result is filled in. */
MUST_CHECK enum err crm_settled(struct crm *crm, const struct crm_known *known);
/* After an update: *out_gone: it answered that there is nothing of this id any more, and the
 * row is forgotten. Other errors pass. */
MUST_CHECK enum err crm_missed(struct crm *crm, enum err err, enum external_kind kind,
                               int64_t our_id, bool *out_gone);
/* What a test found there, for the form: {"name", "fields": [{"key", "label", "type"}]}. */
MUST_CHECK enum err crm_keep_remote(struct crm *crm, const struct sb *json);
/* Of what is sent, so that the same is not sent again. */
struct str crm_hash(struct crm *crm, struct str body);

/* ---- values ---- */

/* The value of ours for a line of the mapping, as text; "no value": not known. */
struct str crm_value(struct crm *crm, const struct crm_thing *thing,
                     const struct integration_map *map);
/* Lines of the mapping of this kind ("company", "person") that have a value and were not
 * refused, one after the other: *place begins with 0. NULL: no more. */
const struct integration_map *crm_next(struct crm *crm, const struct crm_thing *thing,
                                       const char *of, size_t *place, struct str *out_value);
/* After ERR_INVALID: notes which mapped fields the answer names, so that crm_next leaves them
 * out. False: it names none that is sent. */
bool crm_refuse(struct crm *crm, const char *of, const struct crm_answer *answer);
/* "organisation" and the like, for the card's history. */
void crm_did(struct crm *crm, const char *what);

/* The kinds. */
enum err pipedrive_push(struct crm *crm);
enum err pipedrive_test(struct crm *crm);
enum err hubspot_push(struct crm *crm);
enum err hubspot_test(struct crm *crm);
void pipedrive_begin(struct crm *crm);
void hubspot_begin(struct crm *crm);

#endif
