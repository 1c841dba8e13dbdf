#include "fcgi/chart_draw.h"

#include "shared/clock.h"

#define BAR_STEP 10 /* a bar and the gap behind it */
#define BAR_WIDTH 8
#define SCORE_WIDTH 1000
#define SCORE_MOST 100

struct str chart_day_text(struct ctx *ctx, int64_t day)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct clock_date date = clock_date(day * CLOCK_DAY);
    return arena_print(ctx->arena, "%d %s %d", date.day, months[(date.month - 1) % 12],
                       date.year);
}

/* ---- activity ---- */

/* Bars end with the one that today is in. */
struct scale {
    int64_t first_day, days_a_bar, bars;
};

static bool is_young(int64_t first_day, int64_t today)
{
    return today - first_day < CHART_DAYS;
}

int64_t chart_activity_first_day(int64_t first_at, int64_t now)
{
    int64_t today = now / CLOCK_DAY;
    return is_young(first_at / CLOCK_DAY, today) ? today - CHART_DAYS + 1
                                                 : today - CHART_WEEKS * 7 + 1;
}

static struct scale scale_of(int64_t first_day, int64_t today)
{
    bool young = is_young(first_day, today);
    return (struct scale){.first_day = first_day,
                          .days_a_bar = young ? 1 : 7,
                          .bars = young ? CHART_DAYS : CHART_WEEKS};
}

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

static struct str bar_name(struct ctx *ctx, const struct scale *scale, int64_t bar)
{
    struct str day = chart_day_text(ctx, scale->first_day + bar * scale->days_a_bar);
    return scale->days_a_bar == 1 ? day
                                  : arena_print(ctx->arena, "Week from %.*s", STR_ARG(day));
}

static struct chart_bar draw_bar(struct ctx *ctx, const struct scale *scale, int64_t i,
                                 const struct chart_day *sum, int64_t most)
{
    int64_t height = sum->events * CHART_HEIGHT / (most > 0 ? most : 1);
    height = sum->events > 0 && height < 2 ? 2 : height;
    struct str name = bar_name(ctx, scale, i);
    return (struct chart_bar){
        .x = i * BAR_STEP + (BAR_STEP - BAR_WIDTH) / 2,
        .y = CHART_HEIGHT - height,
        .width = BAR_WIDTH,
        .height = height,
        .label = arena_print(ctx->arena, "%.*s: %lld event%s in %lld session%s", STR_ARG(name),
                             (long long)sum->events, plural(sum->events),
                             (long long)sum->sessions, plural(sum->sessions)),
    };
}

static struct str activity_sentence(struct ctx *ctx, const struct scale *scale,
                                    const struct chart_day *sums, int64_t busiest)
{
    int64_t events = 0, sessions = 0;
    for (int64_t i = 0; i < scale->bars; i++) {
        events += sums[i].events;
        sessions += sums[i].sessions;
    }
    const char *unit = scale->days_a_bar == 1 ? "days" : "weeks";
    if (events == 0) {
        return arena_print(ctx->arena, "Nothing in the last %lld %s.", (long long)scale->bars,
                           unit);
    }
    struct str day = chart_day_text(ctx, scale->first_day + busiest * scale->days_a_bar);
    return arena_print(ctx->arena,
                       "%lld event%s in %lld session%s in the last %lld %s, most %s %.*s.",
                       (long long)events, plural(events), (long long)sessions, plural(sessions),
                       (long long)scale->bars, unit,
                       scale->days_a_bar == 1 ? "on" : "in the week from", STR_ARG(day));
}

struct activity_chart chart_activity(struct ctx *ctx, const struct chart_day *days, size_t n,
                                     int64_t first_day, int64_t now)
{
    struct scale scale = scale_of(first_day, now / CLOCK_DAY);
    size_t n_bars = (size_t)scale.bars;
    struct chart_day *sums = ARENA_ARRAY(ctx->arena, n_bars, struct chart_day);
    struct chart_bar *bars = ARENA_ARRAY(ctx->arena, n_bars, struct chart_bar);
    struct activity_row *rows = ARENA_ARRAY(ctx->arena, n_bars, struct activity_row);
    for (size_t i = 0; i < n; i++) {
        int64_t bar = (days[i].day - first_day) / scale.days_a_bar;
        if (days[i].day >= first_day && bar < scale.bars) {
            sums[bar].sessions += days[i].sessions;
            sums[bar].events += days[i].events;
        }
    }
    int64_t busiest = 0;
    for (int64_t i = 0; i < scale.bars; i++) {
        busiest = sums[i].events > sums[busiest].events ? i : busiest;
    }
    struct activity_chart chart = {
        .width = scale.bars * BAR_STEP,
        .bars = bars,
        .n_bars = n_bars,
        .about = activity_sentence(ctx, &scale, sums, busiest),
        .from = chart_day_text(ctx, first_day),
        .to = STR("today"),
        .most = arena_print(ctx->arena, "%lld", (long long)sums[busiest].events),
        .rows = rows,
    };
    for (int64_t i = scale.bars - 1; i >= 0; i--) {
        bars[i] = draw_bar(ctx, &scale, i, &sums[i], sums[busiest].events);
        if (sums[i].sessions > 0) {
            rows[chart.n_rows++] = (struct activity_row){.when = bar_name(ctx, &scale, i),
                                                         .sessions = sums[i].sessions,
                                                         .events = sums[i].events};
        }
    }
    return chart;
}

/* ---- anything by day ---- */

static struct str days_sentence(struct ctx *ctx, const struct chart_day *days, size_t n,
                                size_t busiest, const char *one, const char *many)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += days[i].events;
    }
    if (sum == 0) {
        return arena_print(ctx->arena, "No %s in %zu day%s.", many, n, plural((int64_t)n));
    }
    return arena_print(ctx->arena, "%lld %s in %zu day%s, most on %.*s: %lld.", (long long)sum,
                       sum == 1 ? one : many, n, plural((int64_t)n),
                       STR_ARG(chart_day_text(ctx, days[busiest].day)),
                       (long long)days[busiest].events);
}

static struct chart_bar day_bar(struct ctx *ctx, const struct chart_day *day, size_t i,
                                int64_t most, const char *what)
{
    int64_t height = day->events * CHART_HEIGHT / (most > 0 ? most : 1);
    height = day->events > 0 && height < 2 ? 2 : height;
    return (struct chart_bar){.x = (int64_t)i * BAR_STEP + (BAR_STEP - BAR_WIDTH) / 2,
                              .y = CHART_HEIGHT - height,
                              .width = BAR_WIDTH,
                              .height = height,
                              .label = arena_print(ctx->arena, "%.*s: %lld %s",
                                                   STR_ARG(chart_day_text(ctx, day->day)),
                                                   (long long)day->events, what)};
}

struct activity_chart chart_days(struct ctx *ctx, const struct chart_day *days, size_t n,
                                 const char *one, const char *many)
{
    struct chart_bar *bars = ARENA_ARRAY(ctx->arena, n, struct chart_bar);
    struct activity_row *rows = ARENA_ARRAY(ctx->arena, n, struct activity_row);
    struct activity_chart chart = {
        .width = (int64_t)n * BAR_STEP, .bars = bars, .n_bars = n, .rows = rows};
    size_t busiest = 0;
    for (size_t i = 0; i < n; i++) {
        busiest = days[i].events > days[busiest].events ? i : busiest;
    }
    if (n == 0) {
        return chart;
    }
    chart.about = days_sentence(ctx, days, n, busiest, one, many);
    chart.from = chart_day_text(ctx, days[0].day);
    chart.to = chart_day_text(ctx, days[n - 1].day);
    for (size_t i = n; i-- > 0;) {
        bars[i] =
            day_bar(ctx, &days[i], i, days[busiest].events, days[i].events == 1 ? one : many);
        if (days[i].events > 0) {
            rows[chart.n_rows++] = (struct activity_row){
                .when = chart_day_text(ctx, days[i].day), .events = days[i].events};
        }
    }
    return chart;
}

/* ---- the score ---- */

static int64_t limit(int64_t score)
{
    return score < 0 ? 0 : score > SCORE_MOST ? SCORE_MOST : score;
}

/* A score holds from the end of its day until the next one's. */
static void draw_steps(struct sb *line, const struct chart_score *points, size_t n)
{
    int64_t first = points[0].day, days = points[n - 1].day - first;
    for (size_t i = 0; i < n; i++) {
        int64_t x = (points[i].day - first) * SCORE_WIDTH / (days > 0 ? days : 1);
        int64_t y = CHART_HEIGHT - limit(points[i].score) * CHART_HEIGHT / SCORE_MOST;
        if (i == 0) {
            sb_printf(line, "M%lld %lld", (long long)x, (long long)y);
        } else {
            sb_printf(line, "H%lldV%lld", (long long)x, (long long)y);
        }
    }
}

/* Days before today, the last change, and today. */
static size_t score_points(struct ctx *ctx, const struct chart_scores *scores, int64_t today,
                           struct chart_score **out_points)
{
    const struct chart_score *days = scores->days, *last = &scores->last;
    struct chart_score *points =
        ARENA_ARRAY(ctx->arena, scores->n_days + 2, struct chart_score);
    size_t n = 0;
    for (size_t i = 0; i < scores->n_days && days[i].day < today; i++) {
        points[n++] = days[i];
    }
    if (n > 0) {
        if (last->day > points[n - 1].day && last->day < today) {
            points[n++] = *last;
        }
        points[n++] = (struct chart_score){.day = today, .score = last->score};
    }
    *out_points = points;
    return n;
}

static struct str plus_changes(struct ctx *ctx, const struct score_chart *chart)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, 400 + 80 * chart->n_marks);
    sb_str(&sb, chart->about);
    for (size_t i = 0; i < chart->n_marks; i++) {
        sb_printf(&sb, " %.*s.", STR_ARG(chart->marks[i].label));
    }
    return sb_view(&sb);
}

/* Changes between the first day and today; the row of the day, where there is one, says it too.
 */
static void mark_changes(struct ctx *ctx, const struct chart_scores *scores,
                         const struct chart_score *points, size_t n, struct score_row *rows,
                         struct score_chart *chart)
{
    struct score_mark *marks = ARENA_ARRAY(ctx->arena, scores->n_changes, struct score_mark);
    int64_t first = points[0].day, days = points[n - 1].day - first;
    for (size_t i = 0; i < scores->n_changes; i++) {
        const struct chart_change *change = &scores->changes[i];
        if (change->day < first || change->day > points[n - 1].day) {
            continue;
        }
        marks[chart->n_marks++] = (struct score_mark){
            .x = (change->day - first) * SCORE_WIDTH / (days > 0 ? days : 1),
            .label = arena_print(ctx->arena, "Version %lld of the formula: %.*s",
                                 (long long)change->version,
                                 STR_ARG(chart_day_text(ctx, change->day)))};
        for (size_t k = 0; k < n; k++) {
            if (points[k].day == change->day) {
                rows[n - 1 - k].version = change->version;
            }
        }
    }
    chart->marks = marks;
    chart->about = plus_changes(ctx, chart);
}

struct score_chart chart_score(struct ctx *ctx, const struct chart_scores *scores, int64_t now)
{
    struct score_chart chart = {.to = STR("today")};
    struct chart_score *points;
    struct sb line;
    size_t n = score_points(ctx, scores, now / CLOCK_DAY, &points);
    if (n == 0) {
        return chart;
    }
    struct score_row *rows = ARENA_ARRAY(ctx->arena, n, struct score_row);
    int64_t now_score = scores->last.score, highest = now_score;
    for (size_t i = 0; i < n; i++) {
        rows[n - 1 - i] = (struct score_row){
            .when = i + 1 < n ? chart_day_text(ctx, points[i].day) : STR("Today"),
            .score = points[i].score};
        highest = points[i].score > highest ? points[i].score : highest;
    }
    sb_init(&line, ctx->arena, 48 * (n + 1));
    draw_steps(&line, points, n);
    chart.line = sb_view(&line);
    chart.area = arena_print(ctx->arena, "%.*sV%dH0Z", STR_ARG(chart.line), CHART_HEIGHT);
    chart.from = chart_day_text(ctx, points[0].day);
    chart.about = arena_print(ctx->arena, "From %lld on %.*s to %lld today, at most %lld.",
                              (long long)points[0].score, STR_ARG(chart.from),
                              (long long)now_score, (long long)highest);
    mark_changes(ctx, scores, points, n, rows, &chart);
    chart.rows = rows;
    chart.n_rows = n;
    return chart;
}
