/*
 * mapping.h - which field of a company stands where in the answers of a JSON service. Written
 * by an admin, one field a line:
 *
 *     industry = company.industry | company.category   the first that is there
 *     emails = contacts[*].email                       a list
 *     # a remark
 *
 * Fields are those of facts.h, and logo: the address of a picture. Paths are json_path.h's.
 */
#ifndef LEADBOARD_MAPPING_H
#define LEADBOARD_MAPPING_H

#include "shared/facts.h"
#include "shared/json_path.h"

#define MAPPING_BYTES 8000
#define MAPPING_LINES 60
#define MAPPING_CHOICES 6 /* paths of a line */

struct mapping {
    struct {
        struct str field;
        struct json_path paths[MAPPING_CHOICES];
        size_t n;
    } lines[MAPPING_LINES];
    size_t n;
};

/* ERR_INVALID, with a sentence that names the line. */
MUST_CHECK enum err mapping_read(struct ctx *ctx, struct str text, struct mapping *out);

#define MAPPING_FACTS (MAPPING_LINES)
struct mapping_facts {
    struct str fields[MAPPING_FACTS], values[MAPPING_FACTS];
    size_t n;
    struct str logo; /* as it stands in the answer */
};
/* What the answer says, each value as facts_read has it; what that refuses is left out. */
void mapping_find(struct ctx *ctx, const struct mapping *mapping, const struct json *answer,
                  struct mapping_facts *out);

#endif
