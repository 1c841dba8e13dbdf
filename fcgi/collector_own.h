/*
 * collector_own.h - our own tracker's calls, and those of customers' programs.
 *
 * POST /e
 *
 *     {"dataset": "<public id>", "visitor": "<the tracker's id>", "sent": <ms>,
 *      "events": [{"type": "pageview", "url": "...", "title": "...", "referrer": "...",
 *                  "at": <ms>, "name": "...", "id": "...", "properties": {...}}]}
 *
 * or one event's members beside "dataset" instead of "events". `at` is the visitor's clock;
 * `sent`, the same clock at sending, tells how wrong it is. An event with an `id` that is sent
 * again counts once. With a server key ("Authorization: Bearer <key>") `at` may lie in the
 * past, and "ip" and "agent" beside "visitor" are the address and browser of whom it is about.
 *
 * GET /e.gif?dataset=...&email=... is the pixel of a mail: members as above (type is email_open
 * when there is none, url the page that shows it), everything else is a property.
 *
 * Answers: 204, or a status with a JSON reason; the pixel a GIF, whatever happened, as no mail
 * must show a broken picture.
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_OWN_H
#define LEADBOARD_FCGI_COLLECTOR_OWN_H

#include "fcgi/collector_intake.h"

#define COLLECTOR_BODY_MAX ((size_t)256 * 1024)

MUST_CHECK bool collector_own_read(struct collector_intake *intake);
void collector_own_answer(const struct collector_intake *intake, struct response *response);

MUST_CHECK bool collector_pixel_read(struct collector_intake *intake);
void collector_pixel_answer(const struct collector_intake *intake, struct response *response);

#endif
