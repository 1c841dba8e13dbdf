#include "shared/clock.h"

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec / 1000;
}

int64_t clock_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct clock_date clock_date(int64_t at)
{
    int64_t day = floor_div(at, CLOCK_DAY);
    int second = (int)((at - day * CLOCK_DAY) / CLOCK_SECOND);
    int64_t z = day + 719468;
    int64_t era = floor_div(z, 146097);
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9);
    return (struct clock_date){
        .year = (int)(yoe + era * 400 + (month <= 2)),
        .month = month,
        .day = (int)(doy - (153 * mp + 2) / 5 + 1),
        .hour = second / 3600,
        .minute = second / 60 % 60,
        .second = second % 60,
    };
}

void clock_rfc3339(struct sb *sb, int64_t at)
{
    struct clock_date d = clock_date(at);
    sb_printf(sb, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.day, d.hour, d.minute,
              d.second);
}

void clock_relative(struct sb *sb, int64_t at, int64_t now)
{
    static const struct {
        int64_t unit;
        const char *name;
    } units[] = {
        {365 * CLOCK_DAY, "y"}, {30 * CLOCK_DAY, "mo"}, {CLOCK_DAY, "d"},
        {CLOCK_HOUR, "h"},      {CLOCK_MINUTE, "min"},
    };
    int64_t age = now > at ? now - at : at - now;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (age >= units[i].unit) {
            int64_t n = age / units[i].unit;
            if (now > at) {
                sb_printf(sb, "%lld %s ago", (long long)n, units[i].name);
            } else {
                sb_printf(sb, "in %lld %s", (long long)n, units[i].name);
            }
            return;
        }
    }
    SB_LIT(sb, "just now");
}
