/*
 * icons.h - icons of companies' sites, as they were stored.
 */
#ifndef LEADBOARD_HANDLERS_ICONS_H
#define LEADBOARD_HANDLERS_ICONS_H

#include "fcgi/handlers.h"

/* Answers with the icon, as an image only if it is of a type that is stored. ERR_NONE. */
enum err icon_answer(struct response *response, struct str stored_type, struct str bytes);

#endif
