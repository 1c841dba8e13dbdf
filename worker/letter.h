/*
 * letter.h - writes a mail of a few paragraphs, in plain text and in HTML at once, so that both
 * say the same. Names and texts of others are escaped for the HTML.
 */
#ifndef LEADBOARD_LETTER_H
#define LEADBOARD_LETTER_H

#include "shared/ctx.h"
#include "shared/sb.h"

struct letter {
    struct arena *arena;
    struct sb text, html;
    bool in_list;
};

/* title: of the HTML document. */
void letter_open(struct letter *letter, struct arena *arena, struct str title);
void letter_paragraph(struct letter *letter, struct str text);
/* One of a list. url: where it leads; empty: nowhere. */
void letter_item(struct letter *letter, struct str text, struct str url);
/* The one thing to do. url empty: nothing is written. */
void letter_button(struct letter *letter, struct str label, struct str url);
/* The end, in small: why one gets this. *out_html, *out_text live in the arena. */
void letter_close(struct letter *letter, struct str foot, struct str *out_text,
                  struct str *out_html);

#endif
