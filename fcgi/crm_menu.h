/*
 * crm_menu.h - the CRMs that a company or lead can be handed over to, for its menu.
 */
#ifndef LEADBOARD_CRM_MENU_H
#define LEADBOARD_CRM_MENU_H

#include "fcgi/views/people_work.h"
#include "fcgi/web.h"

/* Fills in what the menu needs beside its ids. back: where the buttons lead back to; card: that
 * it is shown on, or 0. */
MUST_CHECK enum err crm_menu_load(struct web *web, struct str csrf, struct str back,
                                  int64_t card, struct people_menu *menu);

#endif
