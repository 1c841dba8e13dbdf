/*
 * json_path.h - a way to a value in a JSON document, as people write it: company.address.city,
 * $.contacts[0].email, tags[*], ["odd name"].x. The part of JSONPath (RFC 9535) that names one
 * place or all elements of a list; no filters, no recursion.
 */
#ifndef LEADBOARD_JSON_PATH_H
#define LEADBOARD_JSON_PATH_H

#include "shared/json.h"

#define JSON_PATH_STEPS 16

struct json_path {
    struct {
        const char *name; /* NULL: an index */
        int64_t index;    /* -1: all */
    } steps[JSON_PATH_STEPS];
    size_t n;
};

/* False when it is none; "" is the document itself. Memory is the arena's. */
bool json_path_read(struct arena *arena, struct str text, struct json_path *out);
/* The values at the place, at most `most` of them; how many. */
size_t json_path_find(const struct json_path *path, const struct json *document,
                      const struct json **out, size_t most);

#endif
