/*
 * microdata.h - the microdata of a page (HTML Standard, section 5) as JSON: each item an object
 * with "@type" and its properties, as JSON-LD would have it, so that organization.h reads both.
 *
 * itemref is not followed: no organisation on a real page was seen to need it. Items nest at
 * most MICRODATA_DEPTH deep; what is deeper, and what is beyond MICRODATA_BYTES, is left out.
 */
#ifndef LEADBOARD_MICRODATA_H
#define LEADBOARD_MICRODATA_H

#include "worker/company/markup.h"
#include "worker/company/organization.h"

#define MICRODATA_DEPTH 12
#define MICRODATA_BYTES ((size_t)256 << 10)

/* A JSON array of the items that are no property of another. */
struct str microdata_json(struct ctx *ctx, const struct markup *markup);

void microdata_read(struct ctx *ctx, const struct markup *markup, struct str domain,
                    struct organization *best, struct str *site_name);

#endif
