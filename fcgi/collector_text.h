/*
 * collector_text.h - makes text from outside fit to store and to show.
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_TEXT_H
#define LEADBOARD_FCGI_COLLECTOR_TEXT_H

#include "shared/arena.h"

/* s without control characters (those that turn the reading direction among them) and without
 * white space at its ends, cut to max bytes between two characters; "no value" when nothing is
 * left. s is valid UTF-8. The result is a part of s when nothing inside had to go. */
struct str collector_text(struct arena *arena, struct str s, size_t max);

/* Decodes %XX and '+' of one part of a query. Unlike a form, a page's address is not refused
 * for a wrong %XX: that stays as it is. What does not decode to UTF-8 is "no value". */
struct str collector_decode(struct arena *arena, struct str s);

/* Appends a JSON string with its quotes. s is valid UTF-8 without control characters. */
struct sb;
void collector_quote(struct sb *sb, struct str s);

#endif
