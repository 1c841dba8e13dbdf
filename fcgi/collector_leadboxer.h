/*
 * collector_leadboxer.h - LeadBoxer's log address: /log?si=...&ti=...&uid=...&email=..., as a
 * query or a form body (docs.leadboxer.com, "HTTP Tracking API"). Also at / when there is a
 * query with si (nginx), as it was on its own host. Its script's calls are answered by
 * templates/assets/leadboxer.js.
 *
 *   si, or dataset, datasetId, site    the dataset (collector_dataset.h)
 *   ti, or title                       what happened
 *   uid, or userId                     the visitor
 *   lc, or url; rf, or referrer        the page, and where its visitor came from
 *   eid                                id of the event: a repetition counts once
 *   proxy                              sent by a program for somebody else: its address and
 * browser are not theirs sid ots otui increment rnd         are not needed everything else a
 * property of the person
 *
 * What it is: with a page it is a pageview, and its properties are said by a login; with an
 * email or a campaign and no title the picture of a mail; with anything that says who it is a
 * login; else custom.
 *
 * Answers: GET a GIF, whatever happened; POST 204 or a JSON reason.
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_LEADBOXER_H
#define LEADBOARD_FCGI_COLLECTOR_LEADBOXER_H

#include "fcgi/collector_intake.h"

#define COLLECTOR_LEADBOXER_MAX ((size_t)64 * 1024)

MUST_CHECK bool collector_leadboxer_read(struct collector_intake *intake);
void collector_leadboxer_answer(const struct collector_intake *intake,
                                struct response *response);

#endif
