/*
 * note_draw.h - notes as HTML, with the colleagues they mention drawn by name; and who they
 * are.
 */
#ifndef LEADBOARD_NOTE_DRAW_H
#define LEADBOARD_NOTE_DRAW_H

#include "gen/sql.h"
#include "shared/html.h"

/* mentions: of this note and others. user: who reads it. */
struct html note_draw_body(struct arena *arena, struct str body, int64_t note,
                           const struct sql_mentions_of_notes_rows *mentions, int64_t user);
/* The beginning of a note in one line, without line ends. */
struct str note_draw_excerpt(struct arena *arena, struct str body);

struct note_mentions {
    int64_t *users;
    struct str *words; /* what was typed for each, "@Ann", one a line */
    size_t n;
};
/* Whom the text mentions, of these people; code and links in it mention nobody. */
struct note_mentions note_draw_mentions(struct arena *arena, struct str body,
                                        const struct sql_mention_people_rows *people);

#endif
