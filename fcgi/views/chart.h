/*
 * chart.h - views of small charts that the server draws as SVG, and of the same numbers as a
 * table for those who cannot see them. Filled by fcgi/chart_draw.c.
 */
#ifndef LEADBOARD_VIEWS_CHART_H
#define LEADBOARD_VIEWS_CHART_H

#include "shared/str.h"

/* One bar, in units of the drawing. */
struct chart_bar {
    int64_t x, y, width, height;
    struct str label; /* what it stands for, on hover */
};

struct activity_row {
    struct str when;
    int64_t sessions, events;
};

/* Events by day or week. */
struct activity_chart {
    int64_t width; /* of the drawing; it is CHART_HEIGHT high */
    const struct chart_bar *bars;
    size_t n_bars;
    struct str about; /* the chart in a sentence */
    struct str from, to, most;
    const struct activity_row *rows; /* those with something in them, latest first */
    size_t n_rows;
};

struct score_row {
    struct str when;
    int64_t score;
    int64_t version; /* of the formula that came into force on that day; 0: none did */
};

/* A day on which the formula changed. */
struct score_mark {
    int64_t x;
    struct str label; /* "Version 3 of the formula, 2 Nov 2026" */
};

/* The score by day, as steps. */
struct score_chart {
    struct str line, area; /* path data; empty: there is nothing to draw yet */
    struct str about;
    struct str from, to;
    const struct score_mark *marks;
    size_t n_marks;
    const struct score_row *rows; /* latest first */
    size_t n_rows;
};

#endif
