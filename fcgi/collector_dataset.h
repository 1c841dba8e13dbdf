/*
 * collector_dataset.h - the settings of datasets by public id, remembered for a second; unknown
 * ids too, in a place of their own, so that guessing does not push out what is known.
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_DATASET_H
#define LEADBOARD_FCGI_COLLECTOR_DATASET_H

#include "shared/db.h"

struct collector_dataset {
    int64_t id;
    const struct str *hosts;
    size_t n_hosts;
    bool mask_ip, honour_privacy_signals, cookieless;
};

struct collector_datasets;
struct collector_datasets *collector_datasets_new(struct db *db);
/* Accepts NULL. */
void collector_datasets_free(struct collector_datasets *datasets);
/* ERR_NOT_FOUND (not noted) for an id that is none. The result is good until the next call. */
MUST_CHECK enum err collector_datasets_get(struct collector_datasets *datasets,
                                           struct str public_id, int64_t monotonic_now,
                                           const struct collector_dataset **out_dataset);

#endif
