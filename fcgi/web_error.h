/*
 * web_error.h - the one page, fragment or JSON answer for everything that goes wrong.
 */
#ifndef LEADBOARD_WEB_ERROR_H
#define LEADBOARD_WEB_ERROR_H

#include "fcgi/web.h"

/* The status for a failure. */
int web_error_status(enum err err);
/* Replaces the answer. message: a sentence for the user, or "no value" for the usual one. */
void web_error(struct web *web, const struct request *request, struct response *response,
               int status, struct str message);

#endif
