#include "fcgi/backtest_draw.h"

#include "fcgi/automation_draw.h"
#include "fcgi/chart_draw.h"
#include "shared/automation_run.h"
#include "shared/clock.h"
#include "shared/json.h"
#include "shared/sb.h"

#define RESULT_MAX ((size_t)8 << 20)
#define SAID_MAX ((size_t)64 << 10)

bool backtest_days(const struct form *form, struct str typed, int *out_days)
{
    int64_t days;
    if (!form_is_right(form) || !str_to_i64(typed, &days) || days < 1 ||
        days > BACKTEST_DAYS_MAX) {
        return false;
    }
    *out_days = (int)days;
    return true;
}

static const struct json *read(struct ctx *ctx, struct str result)
{
    const struct json *json = NULL;
    if (!str_is_empty(result) && json_parse(ctx, result, RESULT_MAX, &json) != ERR_NONE) {
        ctx_clear(ctx);
        json = NULL;
    }
    return json;
}

static int64_t number(const struct json *json, const char *name)
{
    int64_t value = 0;
    return json_i64(json_get(json, name), &value) && value > 0 ? value : 0;
}

static void read_sum(const struct json *json, struct backtest_sum *out)
{
    *out = (struct backtest_sum){
        .days = number(json, "days"),
        .events = number(json, "events"),
        .fired = number(json, "fired"),
        .subjects = number(json, "subjects"),
        .held = number(json, "held"),
        .deliveries = number(json, "deliveries"),
        .moved = number(json, "moved"),
        .created = number(json, "created"),
        .removed = number(json, "removed"),
        .tagged = number(json, "tagged"),
        .not_moved = number(json, "not_moved"),
        .unlisted = number(json, "unlisted"),
    };
}

void backtest_read_sum(struct ctx *ctx, struct str result, struct backtest_sum *out)
{
    read_sum(read(ctx, result), out);
}

/* ---- numbers ---- */

static void draw_numbers(struct ctx *ctx, const struct backtest_sum *sum,
                         struct backtest_view *view)
{
    const struct backtest_number all[] = {
        {"Cards moved", sum->moved, ""},
        {"Cards created", sum->created, ""},
        {"Cards removed", sum->removed, ""},
        {"Tagged", sum->tagged, ""},
        {"Told to others", sum->deliveries, "mails, webhooks and what goes to a CRM"},
        {"Not moved: fixed flow", sum->not_moved, "their board has cards go to the right only"},
        {"Held back", sum->held, "it had run for the same one before, and cooled down"},
    };
    const size_t n = sizeof(all) / sizeof(all[0]);
    struct backtest_number *numbers = ARENA_ARRAY(ctx->arena, n, struct backtest_number);
    for (size_t i = 0; i < n; i++) {
        if (all[i].n > 0) {
            numbers[view->n_numbers++] = all[i];
        }
    }
    view->numbers = numbers;
}

/* ---- by day ---- */

static void draw_days(struct ctx *ctx, const struct json *list, struct backtest_view *view)
{
    size_t n = 0, most = json_count(list);
    struct chart_day *days = ARENA_ARRAY(ctx->arena, most, struct chart_day);
    for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
        const struct json *day = json_first(item);
        int64_t at, fired = 0;
        if (clock_parse_day(json_text(day), &at) && json_i64(json_next(day), &fired)) {
            days[n++] = (struct chart_day){.day = at / CLOCK_DAY, .events = fired};
        }
    }
    view->chart = chart_days(ctx, days, n, "run", "runs");
}

/* ---- what it would have done ---- */

static struct str url_of(struct ctx *ctx, const struct json *item)
{
    int64_t id;
    if (json_id(json_get(item, "account"), &id) && id > 0) {
        return arena_print(ctx->arena, "/accounts/%lld", (long long)id);
    }
    if (json_id(json_get(item, "lead"), &id) && id > 0) {
        return arena_print(ctx->arena, "/leads/%lld", (long long)id);
    }
    return STR("");
}

static struct backtest_firing draw_firing(struct ctx *ctx, const struct json *item)
{
    struct sb said;
    struct backtest_firing firing = {.at = number(item, "at"),
                                     .title = json_text(json_get(item, "title")),
                                     .url = url_of(ctx, item),
                                     .why = json_text(json_get(item, "why"))};
    sb_init(&said, ctx->arena, SAID_MAX);
    json_write(&said, json_get(item, "said"));
    firing.said = automation_draw_said(ctx, sb_view(&said), &firing.n_said);
    firing.title = str_is_empty(firing.title) ? STR("Somebody unknown") : firing.title;
    return firing;
}

static void draw_firings(struct ctx *ctx, const struct json *list, struct backtest_view *view)
{
    struct backtest_firing *firings =
        ARENA_ARRAY(ctx->arena, json_count(list), struct backtest_firing);
    for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
        firings[view->n_firings++] = draw_firing(ctx, item);
    }
    view->firings = firings;
}

void backtest_draw(struct ctx *ctx, struct str result, struct backtest_view *view)
{
    struct backtest_sum sum;
    const struct json *json = read(ctx, result);
    read_sum(json, &sum);
    view->looked_days = sum.days;
    view->events = sum.events;
    view->fired = sum.fired;
    view->subjects = sum.subjects;
    view->unlisted = sum.unlisted;
    view->note = json_text(json_get(json, "note"));
    draw_numbers(ctx, &sum, view);
    draw_days(ctx, json_get(json, "by_day"), view);
    draw_firings(ctx, json_get(json, "firings"), view);
}
