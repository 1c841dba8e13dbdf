/*
 * technologies.h - what a site is made with, by the traces it leaves in its page and headers.
 * The rules are worker/company/technologies.txt.
 */
#ifndef LEADBOARD_TECHNOLOGIES_H
#define LEADBOARD_TECHNOLOGIES_H

#include "worker/company/markup.h"

#define TECHNOLOGIES_MAX 60

struct technologies {
    struct str names[TECHNOLOGIES_MAX]; /* each once; static text */
    size_t n;
};

/* Adds what the page shows, and the answer's headers ("Name: value" lines). */
void technologies_read(const struct markup *markup, struct str headers,
                       struct technologies *out);

#endif
