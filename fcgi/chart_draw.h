/*
 * chart_draw.h - numbers into charts (views/chart.h): places and path data in whole units of a
 * drawing that the page stretches to its width. Days are those of UTC.
 */
#ifndef LEADBOARD_CHART_DRAW_H
#define LEADBOARD_CHART_DRAW_H

#include "fcgi/views/chart.h"
#include "shared/ctx.h"

#define CHART_HEIGHT 100
#define CHART_DAYS 30  /* bars of a young lead */
#define CHART_WEEKS 26 /* of others */

/* What happened on a day, counted from 1970-01-01. */
struct chart_day {
    int64_t day, sessions, events;
};

/* The first day that activity up to now is asked for. */
int64_t chart_activity_first_day(int64_t first_at, int64_t now);
/* Days in any order; those before the first day are left out. */
struct activity_chart chart_activity(struct ctx *ctx, const struct chart_day *days, size_t n,
                                     int64_t first_day, int64_t now);

/* Something else that is counted by day: a bar for each of these days, which follow one
 * another; rows have it in `events`. one, many: what is counted, "run" and "runs". */
struct activity_chart chart_days(struct ctx *ctx, const struct chart_day *days, size_t n,
                                 const char *one, const char *many);

struct chart_score {
    int64_t day, score;
};

/* A day on which a version of the formula came into force. */
struct chart_change {
    int64_t day, version;
};

struct chart_scores {
    const struct chart_score *days; /* what days ended with, in their order */
    size_t n_days;
    struct chart_score last; /* what it is since the last day on which it can have changed */
    const struct chart_change *changes; /* in the order of days */
    size_t n_changes;
};
/* Nothing to draw when there is no day before today. Changes of the formula on the days that
 * are shown are marked. */
struct score_chart chart_score(struct ctx *ctx, const struct chart_scores *scores, int64_t now);

/* "12 Oct 2026" */
struct str chart_day_text(struct ctx *ctx, int64_t day);

#endif
