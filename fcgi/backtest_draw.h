/*
 * backtest_draw.h - the result of looking back (shared/automation_run.h, automation_backtest)
 * made ready for pages.
 */
#ifndef LEADBOARD_FCGI_BACKTEST_DRAW_H
#define LEADBOARD_FCGI_BACKTEST_DRAW_H

#include "fcgi/forms.h"
#include "fcgi/views/automations.h"
#include "shared/ctx.h"

/* The number of days that was typed; false: say BACKTEST_DAYS_WRONG. */
#define BACKTEST_DAYS_WRONG "Enter a whole number of days, from 1 to 90."
bool backtest_days(const struct form *form, struct str typed, int *out_days);

/* How often it would have run, and what came of it. */
struct backtest_sum {
    int64_t days, events, fired, subjects, held, deliveries, moved, created, removed, tagged,
        not_moved, unlisted;
};
/* What cannot be read counts as nothing. */
void backtest_read_sum(struct ctx *ctx, struct str result, struct backtest_sum *out);

/* All of it into the view; ids in it are of the dataset that was looked at. */
void backtest_draw(struct ctx *ctx, struct str result, struct backtest_view *view);

#endif
