/*
 * handlers.h - every handler of leadboard-web; routes.c says what each is for. See web.h.
 */
#ifndef LEADBOARD_HANDLERS_H
#define LEADBOARD_HANDLERS_H

#include "fcgi/web.h"

#define HANDLER(name)                                                                          \
    enum err name(struct web *web, struct request *request, struct response *response)

/* handlers/home.c */
HANDLER(handle_home);
HANDLER(handle_health);
HANDLER(handle_ready);
HANDLER(handle_metrics);

/* handlers/login.c */
HANDLER(handle_login);
HANDLER(handle_login_post);
HANDLER(handle_logout);

/* handlers/setup.c */
HANDLER(handle_setup);
HANDLER(handle_setup_post);

/* handlers/profile.c */
HANDLER(handle_profile);
HANDLER(handle_profile_name);
HANDLER(handle_profile_password);

/* handlers/datasets.c */
HANDLER(handle_settings);
HANDLER(handle_datasets);
HANDLER(handle_dataset_new);
HANDLER(handle_dataset_add);
HANDLER(handle_dataset);
HANDLER(handle_dataset_save);
HANDLER(handle_dataset_use);

/* handlers/tracking.c */
HANDLER(handle_tracking);
HANDLER(handle_tracking_check);

/* handlers/segments.c */
HANDLER(handle_segments);
HANDLER(handle_segment_new);
HANDLER(handle_segment_add);
HANDLER(handle_segment);
HANDLER(handle_segment_save);
HANDLER(handle_segment_delete);

/* handlers/icons.c */
HANDLER(handle_account_icon);

#endif
