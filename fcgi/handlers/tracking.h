/*
 * tracking.h - what the handlers of the tracking pages share.
 */
#ifndef LEADBOARD_HANDLERS_TRACKING_H
#define LEADBOARD_HANDLERS_TRACKING_H

#include "fcgi/handlers.h"
#include "fcgi/views/tracking.h"
#include "gen/sql.h"

/* The dataset in use. */
MUST_CHECK enum err tracking_load(struct web *web, struct sql_tracking_dataset *out_row);
struct tracking_base tracking_base(struct web *web, const struct request *request,
                                   const struct sql_tracking_dataset *row,
                                   enum tracking_tab tab);
MUST_CHECK enum err tracking_audit(struct web *web, const char *action, struct str subject);

#endif
