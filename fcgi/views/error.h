/*
 * error.h - a page that says what went wrong and what to do (templates/error.html).
 */
#ifndef LEADBOARD_VIEWS_ERROR_H
#define LEADBOARD_VIEWS_ERROR_H

#include "fcgi/views/page.h"

struct error_mistake {
    struct str message;
};

struct error_view {
    struct page page;
    int64_t status;
    struct str heading; /* "There is no such page" */
    struct str message; /* what happened */
    struct str advice;  /* what to do; may be empty */
    struct str link, link_label;
    const struct error_mistake *mistakes; /* of a form */
    size_t n_mistakes;
};

#endif
