#include "fcgi/panel_draw.h"

#include "shared/cards.h"
#include "shared/channel.h"
#include "shared/clock.h"
#include "shared/events.h"
#include "shared/json.h"

#define TITLE_MAX 160
#define PATH_MAX_SHOWN 90
#define WHOLE_MAX 2000
#define PROPERTIES_SHOWN 5
#define PROPERTIES_BYTES_MAX 65536

/* ---- pieces of text ---- */

struct str panel_draw_short(struct ctx *ctx, struct str text, size_t max)
{
    if (text.n <= max) {
        return text;
    }
    return arena_print(ctx->arena, "%.*s…", STR_ARG(str_cut(text, max)));
}

struct str panel_draw_link(struct str url)
{
    bool safe = str_starts(url, STR("https://")) || str_starts(url, STR("http://"));
    return safe ? url : (struct str){.p = NULL};
}

/* Campaign parameters and click ids are told apart from the address (session head). */
static bool is_campaign(struct str parameter)
{
    static const struct str names[] = {
        STR_INIT("utm_"),     STR_INIT("gclid="),  STR_INIT("fbclid="),
        STR_INIT("msclkid="), STR_INIT("ttclid="), STR_INIT("twclid="),
        STR_INIT("dclid="),   STR_INIT("yclid="),  STR_INIT("li_fat_id=")};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_starts(parameter, names[i])) {
            return true;
        }
    }
    return false;
}

static struct str without_campaign(struct ctx *ctx, struct str path)
{
    size_t query = str_find(path, '?');
    if (query == path.n) {
        return path;
    }
    struct sb sb;
    struct str rest = str_slice(path, query + 1, path.n), parameter;
    sb_init(&sb, ctx->arena, path.n + 1);
    sb_str(&sb, str_slice(path, 0, query));
    for (char before = '?'; str_next(&rest, '&', &parameter);) {
        if (!str_is_empty(parameter) && !is_campaign(parameter)) {
            sb_char(&sb, before);
            sb_str(&sb, parameter);
            before = '&';
        }
    }
    return sb_view(&sb);
}

struct str panel_draw_path(struct ctx *ctx, struct str url)
{
    if (!str_is_null(panel_draw_link(url))) {
        size_t host = str_starts(url, STR("https://")) ? 8 : 7;
        size_t path = host + str_find(str_slice(url, host, url.n), '/');
        url = path < url.n ? str_slice(url, path, url.n) : STR("/");
        url = without_campaign(ctx, url);
    }
    if (url.n <= PATH_MAX_SHOWN) {
        return url;
    }
    size_t tail = url.n - 20;
    while (tail < url.n && ((unsigned char)url.p[tail] & 0xc0) == 0x80) {
        tail++;
    }
    return arena_print(ctx->arena, "%.*s…%.*s", STR_ARG(str_cut(url, PATH_MAX_SHOWN - 24)),
                       STR_ARG(str_slice(url, tail, url.n)));
}

struct str panel_draw_length(struct ctx *ctx, int64_t us)
{
    int64_t s = us / CLOCK_SECOND;
    if (s <= 0) {
        return (struct str){.p = NULL};
    }
    if (s < 60) {
        return arena_print(ctx->arena, "%lld s", (long long)s);
    }
    if (s < 600 && s % 60 != 0) {
        return arena_print(ctx->arena, "%lld m %lld s", (long long)(s / 60),
                           (long long)(s % 60));
    }
    if (s < 3600) {
        return arena_print(ctx->arena, "%lld min", (long long)(s / 60));
    }
    return arena_print(ctx->arena, "%lld h %lld min", (long long)(s / 3600),
                       (long long)(s / 60 % 60));
}

struct str panel_draw_name(struct ctx *ctx, struct str first, struct str last, struct str email)
{
    if (!str_is_empty(first) && !str_is_empty(last)) {
        return panel_draw_short(ctx,
                                arena_print(ctx->arena, "%.*s %.*s",
                                            STR_ARG(str_cut(first, 200)),
                                            STR_ARG(str_cut(last, 200))),
                                TITLE_MAX);
    }
    struct str name = !str_is_empty(first) ? first : !str_is_empty(last) ? last : email;
    return str_is_empty(name) ? STR("Anonymous visitor")
                              : panel_draw_short(ctx, name, TITLE_MAX);
}
