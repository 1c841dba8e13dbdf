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

static struct str shorten(struct ctx *ctx, struct str text, size_t max)
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
        return shorten(ctx,
                       arena_print(ctx->arena, "%.*s %.*s", STR_ARG(str_cut(first, 200)),
                                   STR_ARG(str_cut(last, 200))),
                       TITLE_MAX);
    }
    struct str name = !str_is_empty(first) ? first : !str_is_empty(last) ? last : email;
    return str_is_empty(name) ? STR("Anonymous visitor") : shorten(ctx, name, TITLE_MAX);
}

struct str panel_draw_parts(struct ctx *ctx, struct str parts)
{
    const struct json *list;
    struct sb sb;
    if (parts.n <= 2 || json_parse(ctx, parts, PROPERTIES_BYTES_MAX, &list) != ERR_NONE) {
        return (struct str){.p = NULL};
    }
    sb_init(&sb, ctx->arena, 1000);
    for (const struct json *part = json_first(list); part != NULL; part = json_next(part)) {
        const struct json *name = json_first(part);
        int64_t points;
        if (json_i64(json_next(name), &points)) {
            sb_printf(&sb, "%s%lld %.*s", sb.n != 0 ? " + " : "", (long long)points,
                      STR_ARG(json_text(name)));
        }
    }
    return sb_view(&sb);
}

/* ---- events ---- */

static struct str property(const struct json *properties, const char *name)
{
    return json_text(json_get(properties, name));
}

/* "email, company" of a form; "plan: pro, seats: 5" of others. */
static struct str list_properties(struct ctx *ctx, const struct json *properties, bool values)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, 4000);
    int shown = 0;
    for (const struct json *p = json_first(properties); p != NULL; p = json_next(p)) {
        if (shown == PROPERTIES_SHOWN) {
            SB_LIT(&sb, " …");
            break;
        }
        enum json_kind kind = json_kind(p);
        sb_printf(&sb, "%s%.*s", shown++ != 0 ? ", " : "", STR_ARG(str_cut(json_key(p), 40)));
        int64_t number;
        if (values && kind == JSON_TEXT) {
            sb_printf(&sb, ": %.*s", STR_ARG(str_cut(json_text(p), 60)));
        } else if (values && json_i64(p, &number)) {
            sb_printf(&sb, ": %lld", (long long)number);
        }
    }
    return sb_view(&sb);
}

static void draw_page(struct ctx *ctx, const struct sql_lead_sessions *row,
                      struct event_view *view)
{
    struct str path = panel_draw_path(ctx, row->url);
    bool titled = !str_is_empty(row->title);
    view->what = titled ? shorten(ctx, row->title, TITLE_MAX) : path;
    view->sub = titled ? path : (struct str){.p = NULL};
    view->url = panel_draw_link(row->url);
}

static void draw_exit(struct ctx *ctx, const struct sql_lead_sessions *row,
                      const struct json *properties, struct event_view *view)
{
    struct str kind = property(properties, "kind");
    struct str link = property(properties, "link");
    if (str_eq(kind, STR("outbound")) || str_eq(kind, STR("download"))) {
        bool download = str_eq(kind, STR("download"));
        view->kind = download ? "Download" : "Link";
        view->what = download ? panel_draw_path(ctx, link) : shorten(ctx, link, PATH_MAX_SHOWN);
        view->url = panel_draw_link(link);
        view->whole = shorten(ctx, link, WHOLE_MAX);
        return;
    }
    view->kind = "Exit";
    view->what = arena_print(ctx->arena, "Left %.*s", STR_ARG(panel_draw_path(ctx, row->url)));
}

static void draw_named(struct ctx *ctx, const struct sql_lead_sessions *row,
                       const struct json *properties, struct event_view *view)
{
    bool is_form = row->type == EVENT_FORM;
    struct str name = str_is_empty(row->name) ? row->title : row->name;
    if (row->type == EVENT_LOGIN && !str_is_empty(property(properties, "email"))) {
        view->what = shorten(ctx, property(properties, "email"), TITLE_MAX);
        return;
    }
    view->what = shorten(ctx, name, TITLE_MAX);
    view->sub = list_properties(ctx, properties, !is_form);
    if (str_is_empty(view->what)) {
        view->what = panel_draw_path(ctx, row->url);
    }
}

static void draw_what(struct ctx *ctx, const struct sql_lead_sessions *row,
                      struct event_view *view)
{
    static const char *const kinds[EVENT__COUNT] = {[EVENT_PAGEVIEW] = "Page",
                                                    [EVENT_EXIT] = "Exit",
                                                    [EVENT_EMAIL_OPEN] = "Email open",
                                                    [EVENT_EMAIL_CLICK] = "Email click",
                                                    [EVENT_FORM] = "Form",
                                                    [EVENT_LOGIN] = "Sign-in",
                                                    [EVENT_CUSTOM] = "Event",
                                                    [EVENT_SYSTEM] = "System"};
    int type = row->type > 0 && row->type < EVENT__COUNT ? row->type : EVENT_CUSTOM;
    const struct json *properties = NULL;
    if (json_parse(ctx, row->properties, PROPERTIES_BYTES_MAX, &properties) != ERR_NONE) {
        ctx_clear(ctx);
    }
    view->kind = kinds[type];
    view->whole = shorten(ctx, row->url, WHOLE_MAX);
    switch (type) {
    case EVENT_PAGEVIEW:
    case EVENT_EMAIL_CLICK:
        draw_page(ctx, row, view);
        return;
    case EVENT_EXIT:
        draw_exit(ctx, row, properties, view);
        return;
    default:
        draw_named(ctx, row, properties, view);
        return;
    }
}

static struct event_view draw_event(struct ctx *ctx, const struct sql_lead_sessions *row)
{
    struct event_view view = {.kind = ""};
    struct clock_date date = clock_date(row->at);
    struct sb at;
    sb_init(&at, ctx->arena, 64);
    clock_rfc3339(&at, row->at);
    view.at = sb_view(&at);
    view.clock = arena_print(ctx->arena, "%02d:%02d", date.hour, date.minute);
    draw_what(ctx, row, &view);
    return view;
}

/* How long a page was looked at: what the tracker measured when it was left, else the time to
 * what came next. Leaving a page that another follows is no event worth a line. */
static bool is_leave(struct ctx *ctx, const struct sql_lead_sessions *row, int64_t *out_us)
{
    const struct json *properties;
    *out_us = 0;
    if (row->at_null || row->type != EVENT_EXIT) {
        return false;
    }
    if (json_parse(ctx, row->properties, PROPERTIES_BYTES_MAX, &properties) != ERR_NONE) {
        ctx_clear(ctx);
        return true;
    }
    double seconds;
    if (json_double(json_get(properties, "seconds"), &seconds) && seconds > 0 &&
        seconds < 86400) {
        *out_us = (int64_t)(seconds * 1e6);
    }
    struct str kind = property(properties, "kind");
    return str_is_empty(kind) || str_eq(kind, STR("leave"));
}

static void draw_events(struct ctx *ctx, const struct sql_lead_sessions *rows, size_t n,
                        struct session_view *session)
{
    struct event_view *events = ARENA_ARRAY(ctx->arena, n, struct event_view);
    struct event_view *page = NULL;
    int64_t page_at = 0;
    for (size_t i = 0; i < n && !rows[i].at_null; i++) {
        int64_t looked;
        bool leave = is_leave(ctx, &rows[i], &looked);
        if (page != NULL && (leave || rows[i].type == EVENT_PAGEVIEW)) {
            page->side = panel_draw_length(ctx, looked > 0 ? looked : rows[i].at - page_at);
            page = NULL;
            if (leave && i + 1 < n) {
                continue;
            }
        }
        events[session->n_events] = draw_event(ctx, &rows[i]);
        if (rows[i].type == EVENT_PAGEVIEW) {
            page = &events[session->n_events];
            page_at = rows[i].at;
        }
        session->n_events++;
    }
    session->events = events;
}

/* ---- sessions ---- */

static struct str campaign_text(struct ctx *ctx, const struct sql_lead_sessions *row)
{
    const struct str values[] = {row->campaign, row->medium, row->term, row->content};
    struct sb sb;
    sb_init(&sb, ctx->arena, 1000);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (!str_is_empty(values[i])) {
            sb_printf(&sb, "%s%.*s", sb.n != 0 ? " / " : "", STR_ARG(str_cut(values[i], 80)));
        }
    }
    return sb_view(&sb);
}

static struct session_view draw_session(struct ctx *ctx, const struct sql_lead_sessions *rows,
                                        size_t n)
{
    struct str from = str_is_empty(rows->source) ? rows->referrer : rows->source;
    struct session_view view = {
        .started_at = rows->started_at,
        .length = panel_draw_length(ctx, rows->ended_at - rows->started_at),
        .channel = channel_name(rows->channel),
        .from = shorten(ctx, from, 80),
        .campaign = campaign_text(ctx, rows),
        .landing = panel_draw_path(ctx, rows->landing),
    };
    draw_events(ctx, rows, n, &view);
    return view;
}

struct sessions_view panel_draw_sessions(struct ctx *ctx, int64_t lead,
                                         const struct sql_lead_sessions_rows *rows)
{
    struct session_view *list =
        ARENA_ARRAY(ctx->arena, SESSIONS_SHOWN + 1, struct session_view);
    struct sessions_view view = {.lead = lead, .list = list};
    for (size_t i = 0; i < rows->n;) {
        const struct sql_lead_sessions *first = &rows->row[i];
        size_t n = 0;
        while (i + n < rows->n && first[n].started_at == first->started_at &&
               str_eq(first[n].visitor, first->visitor)) {
            n++;
        }
        if (view.n_list == SESSIONS_SHOWN) {
            view.before = list[SESSIONS_SHOWN - 1].started_at;
            break;
        }
        list[view.n_list++] = draw_session(ctx, first, n);
        i += n;
    }
    return view;
}

/* ---- what happened to a card ---- */

static struct str by_whom(struct ctx *ctx, const struct ledger_entry *entry)
{
    struct str name = entry->actor;
    bool named = !str_is_empty(name);
    switch (entry->actor_kind) {
    case ACTOR_USER:
        return named ? arena_print(ctx->arena, " by %.*s", STR_ARG(name))
                     : STR(" by a former user");
    case ACTOR_IMPORT:
        return named
                   ? arena_print(ctx->arena, " by the import from segment %.*s", STR_ARG(name))
                   : STR(" by the import");
    case ACTOR_REFRESH:
        return named
                   ? arena_print(ctx->arena, " by auto-import from segment %.*s", STR_ARG(name))
                   : STR(" by auto-import");
    case ACTOR_AUTOMATION:
        return STR(" by an automation");
    default:
        return STR(" by LeadBoard");
    }
}

static struct str stage_name(struct str name)
{
    return str_is_empty(name) ? STR("a deleted stage") : name;
}

static struct str moved_sentence(struct ctx *ctx, const struct ledger_entry *entry,
                                 const struct json *detail)
{
    struct str by = by_whom(ctx, entry);
    struct str to = stage_name(entry->to), from = stage_name(entry->from);
    struct str deleted = property(detail, "stage_deleted");
    if (!str_is_empty(deleted)) {
        return arena_print(ctx->arena, "Moved from %.*s to %.*s%.*s, who deleted the stage",
                           STR_ARG(deleted), STR_ARG(to), STR_ARG(by));
    }
    if (entry->same_stage) {
        return arena_print(ctx->arena, "Moved within %.*s%.*s", STR_ARG(to), STR_ARG(by));
    }
    return arena_print(ctx->arena, "Moved from %.*s to %.*s%.*s", STR_ARG(from), STR_ARG(to),
                       STR_ARG(by));
}

struct str panel_draw_sentence(struct ctx *ctx, const struct ledger_entry *entry)
{
    static const char *const others[] = {
        [CARD_OWNER] = "Owner changed",
        [CARD_NOTE] = "Note added",
        [CARD_ENRICHED] = "Company details updated",
        [CARD_REMOVED] = "Removed from the board",
        [CARD_RENAMED] = "Renamed",
        [CARD_TAGGED] = "Tags changed",
    };
    const struct json *detail = NULL;
    if (!str_is_null(entry->detail) &&
        json_parse(ctx, entry->detail, PROPERTIES_BYTES_MAX, &detail) != ERR_NONE) {
        ctx_clear(ctx);
    }
    struct str by = by_whom(ctx, entry);
    if (entry->kind == CARD_CREATED) {
        return arena_print(ctx->arena, "Added to %.*s%.*s", STR_ARG(stage_name(entry->to)),
                           STR_ARG(by));
    }
    if (entry->kind == CARD_MOVED) {
        return moved_sentence(ctx, entry, detail);
    }
    struct str what = property(detail, "what");
    if (entry->kind == CARD_NOTE && !str_is_empty(what)) {
        return arena_print(ctx->arena, "Note %.*s%.*s", STR_ARG(what), STR_ARG(by));
    }
    bool known = entry->kind >= CARD_OWNER && entry->kind <= CARD_TAGGED;
    return arena_print(ctx->arena, "%s%.*s", known ? others[entry->kind] : "Changed",
                       STR_ARG(by));
}
