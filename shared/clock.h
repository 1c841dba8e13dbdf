/*
 * clock.h - time. Instants are microseconds since 1970-01-01 00:00 UTC (struct members end in
 * _at); durations carry their unit in the name.
 */
#ifndef LEADBOARD_CLOCK_H
#define LEADBOARD_CLOCK_H

#include "shared/sb.h"

#define CLOCK_SECOND INT64_C(1000000)
#define CLOCK_MINUTE (60 * CLOCK_SECOND)
#define CLOCK_HOUR (60 * CLOCK_MINUTE)
#define CLOCK_DAY (24 * CLOCK_HOUR)

/* Wall clock. What decides leases and schedules is the database's now(), never this. */
int64_t clock_now(void);
/* For measuring: never goes back, unrelated to the calendar. */
int64_t clock_monotonic(void);

struct clock_date {
    int year, month, day, hour, minute, second; /* month and day from 1 */
};
/* Civil date in UTC (proleptic Gregorian; the algorithm is Howard Hinnant's civil_from_days).
 */
struct clock_date clock_date(int64_t at);

/* The first instant of a day written "2026-11-21", in UTC; false when it is no day of the years
 * 1970 to 9999. */
bool clock_parse_day(struct str text, int64_t *out_at);
/* "2026-11-21T19:05:00.123Z", "2026-11-21 19:05:00", "2026-11-21T20:05:00+01:00": RFC 3339, and
 * what programs make of it; without a zone it is UTC, without a time midnight. False as above.
 */
bool clock_parse_rfc3339(struct str text, int64_t *out_at);

/* "2026-11-21T19:05:00Z" */
void clock_rfc3339(struct sb *sb, int64_t at);
/* "8 h ago", "just now", "in 3 d", as interface.md shows times. */
void clock_relative(struct sb *sb, int64_t at, int64_t now);

#endif
