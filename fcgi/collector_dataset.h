/*
 * collector_dataset.h - the settings of datasets by what trackers call them: the public id, an
 * id that the site had with another tracker, or the number of the site. Remembered for a
 * second; unknown ids too, in a place of their own, so that guessing does not push out what is
 * known.
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_DATASET_H
#define LEADBOARD_FCGI_COLLECTOR_DATASET_H

#include "shared/db.h"

struct collector_dataset {
    int64_t id;
    const struct str *hosts;
    size_t n_hosts;
    const struct str *keys; /* SHA-256 of each server key, in hexadecimal */
    size_t n_keys;
    bool mask_ip, honour_privacy_signals, cookieless;
    bool name_lookup; /* the team wants companies told by the names of addresses */
};

struct collector_datasets;
struct collector_datasets *collector_datasets_new(struct db *db);
/* Accepts NULL. */
void collector_datasets_free(struct collector_datasets *datasets);
/* ERR_NOT_FOUND (not noted) for an id that is none. The result is of the arena. */
MUST_CHECK enum err collector_datasets_get(struct collector_datasets *datasets,
                                           struct arena *arena, struct str id,
                                           int64_t monotonic_now,
                                           struct collector_dataset *out_dataset);

/* A server key is "<public id>.<secret>": who shows it may say when, from where and with what
 * browser something happened. */
bool collector_dataset_has_key(struct arena *arena, const struct collector_dataset *dataset,
                               struct str key);
/* What a key says it is of: the part before the point; all of it where there is none. */
struct str collector_dataset_of_key(struct str key);

#endif
