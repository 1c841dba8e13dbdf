/*
 * pipedrive_parts.h - what the files of the push to Pipedrive share (crm.h says how it goes).
 *
 * Organisations, persons, activities and deals go by API v2, leads by v1, which has them. Our
 * mark is "acme.com #k3v...-12" - the domain, the dataset's public id, the account's id - in a
 * custom field called LeadBoard, which is added once. Leads carry the id as origin_id.
 *
 * Costs are in Pipedrive's tokens: v2 costs half of v1, of which reading one costs 2, writing
 * 10, a list 20, a search 40.
 */
#ifndef LEADBOARD_PIPEDRIVE_PARTS_H
#define LEADBOARD_PIPEDRIVE_PARTS_H

#include "worker/crm.h"

#define V2 "/api/v2"
#define V1 "/v1"
#define COST_READ 1
#define COST_WRITE 5
#define COST_LIST 10
#define COST_SEARCH 20
#define COST_V1_WRITE 10
#define PIPEDRIVE_PAGE 100
#define PIPEDRIVE_BODY_MAX ((size_t)64 << 10)

/* ---- pieces: pipedrive_parts.c ---- */

/* A value in a query. */
struct str pipedrive_query(struct crm *crm, struct str text);
/* "k3v...-12": of the company of this push. */
struct str pipedrive_own_id(struct crm *crm, const struct crm_thing *thing);
struct str pipedrive_mark(struct crm *crm, const struct crm_thing *thing);
/* An id as text, whether it came as a number or as text; empty: there is none. */
struct str pipedrive_id(struct crm *crm, const struct json *id);
const struct json *pipedrive_data(const struct crm_answer *answer);
/* "2026-11-29T17:00:00Z" of a few minutes before it was asked for, for a query. */
struct str pipedrive_since(struct crm *crm, int64_t tried_s);

/* Adds something under an intention, which is taken back only when Pipedrive says no. hash: of
 * what an update would send now; may be "no value". */
MUST_CHECK enum err pipedrive_add(struct crm *crm, enum external_kind kind, int64_t our_id,
                                  const struct crm_request *request, struct str hash,
                                  struct str *out_id, struct crm_answer *answer);
MUST_CHECK enum err pipedrive_search(struct crm *crm, const char *of, struct str term,
                                     const char *fields, bool exact, const char *what,
                                     struct crm_answer *answer);
typedef bool pipedrive_is(struct crm *crm, const struct json *item, const void *what);
/* Looks through a list, newest first, for one that is ours: a list, not a search, whose index
 * lags. *out_id stays as it is when there is none. */
MUST_CHECK enum err pipedrive_look_back(struct crm *crm, const char *path, pipedrive_is *is,
                                        const void *what, struct str *out_id);

/* ---- fields: pipedrive_fields.c ---- */

/* The key of the field with our mark; added when there is none. of: "organizationFields". */
MUST_CHECK enum err pipedrive_field(struct crm *crm, enum external_kind kind, const char *of,
                                    struct str *out_key);
/* A comma, unless a member is the first of its object. */
void pipedrive_comma(struct sb *sb);
/* The mapped fields: those of Pipedrive, then those of the team under custom_fields, with our
 * mark among them. mark_key empty: none. */
void pipedrive_fields(struct crm *crm, struct sb *sb, const struct crm_thing *thing,
                      const char *of, struct str mark_key, struct str mark);

/* ---- what is pushed ---- */

/* Ids there, as text. org, person: empty: there is none. */
MUST_CHECK enum err pipedrive_organisation(struct crm *crm, struct str *out_id);
MUST_CHECK enum err pipedrive_person(struct crm *crm, const struct crm_thing *person,
                                     struct str org, struct str *out_id);
MUST_CHECK enum err pipedrive_lead(struct crm *crm, struct str org, struct str person,
                                   struct str *out_id);
MUST_CHECK enum err pipedrive_deal(struct crm *crm, struct str org, struct str person,
                                   struct str *out_id);
MUST_CHECK enum err pipedrive_activity(struct crm *crm, struct str org, struct str person,
                                       struct str lead, struct str deal);

#endif
