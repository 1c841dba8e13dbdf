/*
 * collector_segment.h - the calls of Segment's libraries, and of those that speak the same
 * (RudderStack and others): POST /v1/identify, track, page, screen, group, alias, batch
 * (import), with the browser library's short forms /v1/i, t, p, s, g, a, b and its measurements
 * /v1/m, which are accepted and thrown away. Described in
 * segment.com/docs/connections/sources/catalog/libraries/server/http-api and .../spec.
 *
 * The write key - user name of Basic authorization, Bearer, or "writeKey" in the body - is the
 * dataset's public id, another id that was entered on the tracking page, or a server key.
 * Bodies are JSON whatever their Content-Type, and may be packed with gzip.
 *
 *   identify   login: traits are the person's values; "name" gives both names, "title" is the
 * job, "company" may be an object, of which the name and the facts below count page pageview;
 * properties are its properties, context.campaign the campaign where the address has none
 *   screen     pageview without an address
 *   track      custom
 *   group      login named "group": {"company": <name>, "companyDomain" (of domain or website),
 *              "companyIndustry", "companyEmployees"}, what the customer's own systems say of
 * the company (worker/derive.h); "groupId", and "account" with all the traits alias      login
 * of the visitor previousId with {"userId": ...}: from now on, and before, that visitor is this
 * user
 *
 * The visitor is anonymousId; without one, the user (collector_event_person). userId with any
 * event is who it is (collector_event.h). messageId makes a repetition count once, on the day
 * of its timestamp. timestamp is corrected by sentAt. context.userAgent is the visitor's
 * browser where the sender is none; context.ip its address, from a server key only.
 *
 * Answers: 200 {"success": true}; where some of a batch cannot be meant, the rest is taken;
 * 4xx, after which libraries throw their events away, only for what will not be right later
 * either; 503 to try again.
 *
 * GET /v1/projects/{write key}/settings: what the browser library wants to know before it
 * begins, so that a page only has to change its `cdnURL`.
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_SEGMENT_H
#define LEADBOARD_FCGI_COLLECTOR_SEGMENT_H

#include "fcgi/collector_intake.h"

#define COLLECTOR_SEGMENT_MAX ((size_t)512 * 1024)

MUST_CHECK bool collector_segment_read(struct collector_intake *intake);
void collector_segment_answer(const struct collector_intake *intake, struct response *response);

MUST_CHECK bool collector_segment_settings(struct collector_intake *intake);
void collector_segment_settings_answer(const struct collector_intake *intake,
                                       struct response *response);

#endif
