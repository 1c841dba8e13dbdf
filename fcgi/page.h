/*
 * page.h - fills what every page shows around its content (views/page.h) from the session.
 */
#ifndef LEADBOARD_PAGE_H
#define LEADBOARD_PAGE_H

#include "fcgi/views/page.h"

struct request;
struct response;
struct web;

/* A page with its title, the current entry of the navigation, the session's names, the forgery
 * token and the sentence left by the page before (which is then gone). */
struct page page_make(struct web *web, const struct request *request, struct response *response,
                      const char *title, enum page_nav nav);

#endif
