/*
 * people_work.h - views of putting companies and people right by hand: the menu on their pages
 * (people-menu.html), linking, merging, hiding. Filled by fcgi/handlers/people.c and hiding.c.
 */
#ifndef LEADBOARD_VIEWS_PEOPLE_WORK_H
#define LEADBOARD_VIEWS_PEOPLE_WORK_H

#include "fcgi/views/page.h"

/* What the "More" menu offers: of a company or of a lead, the other one is 0. */
struct people_menu {
    int64_t account, lead;
    bool has_account; /* the lead belongs to a company */
};

#endif
