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

static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    int64_t y = year - (month <= 2 ? 1 : 0);
    int64_t era = floor_div(y, 400);
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

bool clock_parse_day(struct str text, int64_t *out_at)
{
    int64_t year = 0;
    int64_t month = 0;
    int64_t day = 0;
    if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-' ||
        !str_to_i64(str_slice(text, 0, 4), &year) ||
        !str_to_i64(str_slice(text, 5, 7), &month) ||
        !str_to_i64(str_slice(text, 8, 10), &day)) {
        return false;
    }
    if (year < 1970 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    int64_t at = days_from_civil(year, month, day) * CLOCK_DAY;
    struct clock_date back = clock_date(at);
    if (back.month != month || back.day != day) {
        return false; /* 30 February */
    }
    *out_at = at;
    return true;
}

/* Two digits at i, up to max. */
static bool two_digits(struct str text, size_t i, int64_t max, int64_t *out_value)
{
    struct str digits = str_slice(text, i, i + 2);
    return digits.n == 2 && digits.p[0] != '-' && str_to_i64(digits, out_value) &&
           *out_value <= max;
}

/* "Z", "+01:00", "-0330" or nothing, as what is to be taken off. */
static bool parse_zone(struct str zone, int64_t *out_offset)
{
    int64_t hours = 0;
    int64_t minutes = 0;
    *out_offset = 0;
    if (zone.n == 0 || str_eq_ci(zone, STR("Z"))) {
        return true;
    }
    bool colon = zone.n == 6 && zone.p[3] == ':';
    if ((zone.p[0] != '+' && zone.p[0] != '-') || (!colon && zone.n != 5) ||
        !two_digits(zone, 1, 23, &hours) || !two_digits(zone, colon ? 4 : 3, 59, &minutes)) {
        return false;
    }
    *out_offset = (hours * CLOCK_HOUR + minutes * CLOCK_MINUTE) * (zone.p[0] == '-' ? -1 : 1);
    return true;
}

/* Digits behind the point, as microseconds; *at stands behind them afterwards. */
static int64_t parse_fraction(struct str text, size_t *at)
{
    int64_t value = 0;
    int64_t weight = CLOCK_SECOND;
    for (; *at < text.n && text.p[*at] >= '0' && text.p[*at] <= '9'; (*at)++) {
        weight /= 10;
        value += weight * (text.p[*at] - '0');
    }
    return value;
}

bool clock_parse_rfc3339(struct str text, int64_t *out_at)
{
    int64_t at = 0;
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    int64_t offset = 0;
    size_t end = 19;
    if (!clock_parse_day(str_slice(text, 0, 10), &at)) {
        return false;
    }
    if (text.n > 10) {
        bool fine = text.n >= 19 && strchr("Tt ", text.p[10]) != NULL && text.p[13] == ':' &&
                    text.p[16] == ':' && two_digits(text, 11, 23, &hour) &&
                    two_digits(text, 14, 59, &minute) && two_digits(text, 17, 60, &second);
        if (!fine) {
            return false;
        }
        at += hour * CLOCK_HOUR + minute * CLOCK_MINUTE + second * CLOCK_SECOND;
        if (end < text.n && (text.p[end] == '.' || text.p[end] == ',')) {
            end++;
            at += parse_fraction(text, &end);
        }
        if (!parse_zone(str_slice(text, end, text.n), &offset)) {
            return false;
        }
    }
    *out_at = at - offset;
    return true;
}

static char *put_two(char *p, int value)
{
    p[0] = (char)('0' + value / 10);
    p[1] = (char)('0' + value % 10);
    return p + 2;
}

/* Written by hand: a board has a thousand times, and printf would be most of its cost. */
void clock_rfc3339(struct sb *sb, int64_t at)
{
    struct clock_date d = clock_date(at);
    if (d.year < 0 || d.year > 9999) {
        sb_printf(sb, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.day, d.hour,
                  d.minute, d.second);
        return;
    }
    char text[] = "0000-00-00T00:00:00Z";
    (void)put_two(put_two(text, d.year / 100), d.year % 100);
    (void)put_two(text + 5, d.month);
    (void)put_two(text + 8, d.day);
    (void)put_two(text + 11, d.hour);
    (void)put_two(text + 14, d.minute);
    (void)put_two(text + 17, d.second);
    sb_bytes(sb, text, sizeof(text) - 1);
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
            sb_str(sb, now > at ? STR("") : STR("in "));
            sb_i64(sb, age / units[i].unit);
            sb_char(sb, ' ');
            sb_str(sb, str_from(units[i].name));
            sb_str(sb, now > at ? STR(" ago") : STR(""));
            return;
        }
    }
    SB_LIT(sb, "just now");
}
