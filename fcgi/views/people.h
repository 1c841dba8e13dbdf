/*
 * people.h - the views of signing in, the first run and the profile.
 */
#ifndef LEADBOARD_VIEWS_PEOPLE_H
#define LEADBOARD_VIEWS_PEOPLE_H

#include "fcgi/views/page.h"

struct login_view {
    struct page page;
    struct str wrong; /* about the form as a whole */
    struct str email, email_wrong;
    struct str password_wrong;
    struct str next;
    bool impossible; /* plain HTTP on a name that is not loopback */
};

struct setup_view {
    struct page page;
    struct str wrong;
    struct str workspace, workspace_wrong;
    struct str name, name_wrong;
    struct str email, email_wrong;
    struct str password_wrong;
    struct str dataset, dataset_wrong;
    bool impossible;
};

struct profile_view {
    struct page page;
    struct str email;
    struct str name, name_wrong;
    struct str old_wrong, new_wrong;
    bool tell_assigned, tell_stage, tell_removed; /* by mail, as the owner of a card */
};

#endif
