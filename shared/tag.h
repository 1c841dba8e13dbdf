/*
 * tag.h - the tags of a dataset: at most TAGS_MAX, each of its own name whatever its case.
 * Putting them on accounts and leads is tagging.h's.
 *
 * All functions work in the transaction that is open (db_begin with the dataset).
 */
#ifndef LEADBOARD_TAG_H
#define LEADBOARD_TAG_H

#include "shared/db.h"

#define TAGS_MAX 100    /* in a dataset */
#define TAG_NAME_MAX 60 /* characters */

/* The tag of that name (trimmed, in any case), made when there is none. ERR_INVALID: empty, too
 * long, or not one line; ERR_LIMIT: the dataset has TAGS_MAX; each with a sentence. */
MUST_CHECK enum err tag_find_or_add(struct db *db, int64_t dataset, struct str name,
                                    int64_t *out_tag);

/* Segments and automations that ask for the tag ask for its new name from then on. Its cards
 * show it: at once, or, where they are many, by a job (call queue_wake after the commit).
 * ERR_INVALID as above; ERR_CONFLICT: another tag has the name, with a sentence; ERR_NOT_FOUND:
 * no such tag. */
MUST_CHECK enum err tag_rename(struct db *db, int64_t dataset, int64_t tag, struct str name);

/* Takes it off everything it is on, which can't be undone; cards as above. What is in their
 * history stays. ERR_NOT_FOUND: no such tag. */
MUST_CHECK enum err tag_delete(struct db *db, int64_t dataset, int64_t tag);

#endif
