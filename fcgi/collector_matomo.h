/*
 * collector_matomo.h - the calls of Matomo's trackers: /matomo.php and /piwik.php, as described
 * in its Tracking HTTP API (developer.matomo.org/api-reference/tracking-api), answered as
 * Matomo answers.
 *
 * One event: a query, or the same as a form body, or both (a beacon may come with an empty
 * body). Many: a body that begins with {"requests":[ , whatever its Content-Type; each item is
 * a query ("?rec=1&...") or an object of the same members.
 *
 *   idsite, rec=1         needed. idsite is the dataset: its public id, the number on the
 * tracking page, or an id that was entered there url action_name urlref, res lang, search
 * search_cat search_count, dimensionN, cvar _cvar a pageview and its properties e_c e_a e_n e_v
 * custom, named "category: action" c_n c_p c_t c_i       custom: content shown, or used idgoal
 * revenue ec_*   custom: a goal, an order, a cart link, download        exit ping=1 exit
 * "stay": the page is still looked at; the visit gets longer, nothing else _id or cid the
 * visitor; without them uid, else the visitor of the day uid                   who it is
 * (collector_event.h) new_visit=1           a new session begins with this event ua, cdt cdo
 * browser and time instead of the request's; a time of more than a day ago ... cip country
 * region city lat long
 *                         ... and these need token_auth: a server key of the dataset
 *   bots                  is not heard: crawlers are never kept
 *
 * What a plugin of Matomo sends that we know nothing of (ca=1 without any of the above) is
 * accepted and not kept.
 *
 * Answers: a GIF, or 204 for send_image=0; many: how many were taken; 400 when nothing can be.
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_MATOMO_H
#define LEADBOARD_FCGI_COLLECTOR_MATOMO_H

#include "fcgi/collector_intake.h"

#define COLLECTOR_MATOMO_MAX ((size_t)512 * 1024)

MUST_CHECK bool collector_matomo_read(struct collector_intake *intake);
void collector_matomo_answer(const struct collector_intake *intake, struct response *response);

#endif
