/*
 * settings.h - the views of datasets.
 */
#ifndef LEADBOARD_VIEWS_SETTINGS_H
#define LEADBOARD_VIEWS_SETTINGS_H

#include "fcgi/views/page.h"

struct dataset_row {
    int64_t id;
    struct str name, public_id;
    int64_t created_at, last_event_at; /* 0: no event yet */
    bool current;
};

struct datasets_view {
    struct page page;
    const struct dataset_row *datasets;
    size_t n_datasets;
};

/* A new dataset asks for the name only. */
struct dataset_view {
    struct page page;
    int64_t id; /* 0: new */
    struct str csrf;
    struct str wrong;
    struct str name, name_wrong;
    struct str hosts, hosts_wrong; /* one a line */
    bool mask_ip, honour_privacy_signals, cookieless, form_tracking;
    struct str retention_days, retention_days_wrong;
};

#endif
