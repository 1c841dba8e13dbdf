/*
 * jsonld.h - the JSON-LD of a page: <script type="application/ld+json">, as far as it is JSON.
 *
 * Real pages wrap it in comments and leave raw line ends in texts; both are mended. What can't
 * be read - trailing commas, 5 MB, 10,000 levels - is passed over, block by block.
 */
#ifndef LEADBOARD_JSONLD_H
#define LEADBOARD_JSONLD_H

#include "worker/company/markup.h"
#include "worker/company/organization.h"

#define JSONLD_BYTES ((size_t)1 << 20) /* of a block */
#define JSONLD_BLOCKS 50

void jsonld_read(struct ctx *ctx, const struct markup *markup, struct str domain,
                 struct organization *best, struct str *site_name);

#endif
