/*
 * diff.h - what changed between two versions of a text, line by line, for people to read. A
 * line that was only changed in part says which words.
 *
 * Bounded: at most DIFF_CELLS_MAX pairs of lines or words are compared, about 1 MB; whatever
 * differs beyond that is told as removed and added as a whole.
 */
#ifndef LEADBOARD_DIFF_H
#define LEADBOARD_DIFF_H

#include "shared/arena.h"

#define DIFF_CELLS_MAX 200000

enum diff_kind {
    DIFF_SAME,
    DIFF_REMOVED,
    DIFF_ADDED,
    DIFF_SKIPPED /* lines that are the same and far from any change; text is empty */
};

struct diff_part {
    struct str text;
    bool changed;
};

struct diff_line {
    enum diff_kind kind;
    const struct diff_part *parts; /* together the line */
    size_t n_parts;
    int64_t skipped; /* of DIFF_SKIPPED: how many lines */
};

struct diff {
    const struct diff_line *lines;
    size_t n_lines;
};

/* context: how many equal lines are kept around a change; SIZE_MAX: all. */
struct diff diff_lines(struct arena *arena, struct str before, struct str after,
                       size_t context);

#endif
