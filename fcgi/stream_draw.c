#include "fcgi/stream_draw.h"

#include "fcgi/history.h"
#include "fcgi/panel_draw.h"
#include "shared/cards.h"
#include "fcgi/traffic_draw.h"
#include "shared/channel.h"
#include "shared/traffic.h"
#include "shared/clock.h"
#include "shared/events.h"
#include "shared/json.h"

#define TITLE_MAX 160
#define PATH_MAX_SHOWN 90
#define WHOLE_MAX 2000
#define PROPERTIES_SHOWN 12
#define FIELD_MAX 200 /* what somebody typed into a form */
#define VALUE_MAX 60
#define PROPERTIES_BYTES_MAX 65536
#define BEHIND (30 * CLOCK_MINUTE)
#define RECENT CLOCK_DAY

/* A line and its time, to be put in order. */
struct line {
    int64_t at;
    struct event_view view;
};

/* ---- events ---- */

static struct str property(const struct json *properties, const char *name)
{
    return json_text(json_get(properties, name));
}

/* "email: jane@acme.com, seats: 5": what was typed or told, as far as there is room. */
static struct str list_properties(struct ctx *ctx, const struct json *properties, size_t max)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, 8000);
    int shown = 0;
    for (const struct json *p = json_first(properties); p != NULL; p = json_next(p)) {
        if (shown == PROPERTIES_SHOWN) {
            SB_LIT(&sb, " …");
            break;
        }
        sb_printf(&sb, "%s%.*s", shown++ != 0 ? ", " : "", STR_ARG(str_cut(json_key(p), 40)));
        if (json_kind(p) == JSON_TEXT) {
            sb_printf(&sb, ": %.*s", STR_ARG(panel_draw_short(ctx, json_text(p), max)));
        } else if (json_kind(p) == JSON_NUMBER || json_kind(p) == JSON_BOOL) {
            SB_LIT(&sb, ": ");
            json_write(&sb, p);
        }
    }
    return sb_view(&sb);
}

static void draw_page(struct ctx *ctx, const struct sql_lead_sessions *row,
                      struct event_view *view)
{
    struct str path = panel_draw_path(ctx, row->url);
    bool titled = !str_is_empty(row->title);
    view->what = titled ? panel_draw_short(ctx, row->title, TITLE_MAX) : path;
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
        view->what =
            download ? panel_draw_path(ctx, link) : panel_draw_short(ctx, link, PATH_MAX_SHOWN);
        view->url = panel_draw_link(link);
        view->whole = panel_draw_short(ctx, link, WHOLE_MAX);
        return;
    }
    view->kind = "Exit";
    view->what = arena_print(ctx->arena, "Left %.*s", STR_ARG(panel_draw_path(ctx, row->url)));
}

static void draw_named(struct ctx *ctx, const struct sql_lead_sessions *row,
                       const struct json *properties, struct event_view *view)
{
    struct str name = str_is_empty(row->name) ? row->title : row->name;
    if (row->type == EVENT_LOGIN && !str_is_empty(property(properties, "email"))) {
        view->what = panel_draw_short(ctx, property(properties, "email"), TITLE_MAX);
        return;
    }
    view->what = panel_draw_short(ctx, name, TITLE_MAX);
    view->sub =
        list_properties(ctx, properties, row->type == EVENT_FORM ? FIELD_MAX : VALUE_MAX);
    if (str_is_empty(view->what)) {
        view->what = panel_draw_path(ctx, row->url);
    }
}

const char *stream_draw_kind(int type)
{
    static const char *const kinds[EVENT__COUNT] = {[EVENT_PAGEVIEW] = "Page",
                                                    [EVENT_EXIT] = "Exit",
                                                    [EVENT_EMAIL_OPEN] = "Email open",
                                                    [EVENT_EMAIL_CLICK] = "Email click",
                                                    [EVENT_FORM] = "Form",
                                                    [EVENT_LOGIN] = "Sign-in",
                                                    [EVENT_CUSTOM] = "Event",
                                                    [EVENT_SYSTEM] = "System"};
    return kinds[type > 0 && type < EVENT__COUNT ? type : EVENT_CUSTOM];
}

static void draw_what(struct ctx *ctx, const struct sql_lead_sessions *row,
                      struct event_view *view)
{
    const struct json *properties = NULL;
    if (json_parse(ctx, row->properties, PROPERTIES_BYTES_MAX, &properties) != ERR_NONE) {
        ctx_clear(ctx);
    }
    view->kind = stream_draw_kind(row->type);
    view->whole = panel_draw_short(ctx, row->url, WHOLE_MAX);
    switch (row->type) {
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

static void set_time(struct ctx *ctx, int64_t at, struct event_view *view)
{
    struct clock_date date = clock_date(at);
    struct sb text;
    sb_init(&text, ctx->arena, 64);
    clock_rfc3339(&text, at);
    view->at = sb_view(&text);
    view->clock = arena_print(ctx->arena, "%02d:%02d", date.hour, date.minute);
}

/* A campaign that is not the session's: a mail opened in between. */
static void add_campaign(struct ctx *ctx, const struct sql_lead_sessions *row,
                         struct event_view *view)
{
    if (str_is_empty(row->event_campaign) || str_eq(row->event_campaign, row->campaign)) {
        return;
    }
    struct str campaign = panel_draw_short(ctx, row->event_campaign, 80);
    view->sub = arena_print(ctx->arena, "%.*s%scampaign %.*s", STR_ARG(view->sub),
                            str_is_empty(view->sub) ? "" : " · ", STR_ARG(campaign));
}

/* Of several, all: "Demo booked, Trial". */
static struct str draw_targets(struct ctx *ctx, const struct targets *targets,
                               const struct sql_lead_sessions *row)
{
    const uint8_t *places;
    struct sb sb;
    size_t n = targets == NULL ? 0 : targets_reached(targets, row->type, row->url, &places);
    if (n == 0) {
        return (struct str){.p = NULL};
    }
    sb_init(&sb, ctx->arena, n * (4 * TARGET_NAME_MAX + 2));
    for (size_t i = 0; i < n; i++) {
        sb_str(&sb, i == 0 ? STR("") : STR(", "));
        sb_str(&sb, targets->v[places[i]].name);
    }
    return sb_view(&sb);
}

static struct event_view draw_event(struct ctx *ctx, const struct sql_lead_sessions *row,
                                    const struct targets *targets)
{
    struct event_view view = {.kind = ""};
    set_time(ctx, row->at, &view);
    draw_what(ctx, row, &view);
    add_campaign(ctx, row, &view);
    view.target = draw_targets(ctx, targets, row);
    return view;
}

/* Matomo's heartbeat: the page is still looked at. No line of its own. */
static bool is_stay(struct ctx *ctx, const struct sql_lead_sessions *row)
{
    const struct json *properties = NULL;
    if (row->at_null || row->type != EVENT_EXIT) {
        return false;
    }
    if (json_parse(ctx, row->properties, PROPERTIES_BYTES_MAX, &properties) != ERR_NONE) {
        ctx_clear(ctx);
    }
    return str_eq(property(properties, "kind"), STR("stay"));
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

/* Where the session came from, as a line before its first page. */
static void draw_referrer(struct ctx *ctx, const struct sql_lead_sessions *row,
                          struct line *lines, size_t *n)
{
    if (row->at_null || str_is_null(panel_draw_link(row->referrer))) {
        return;
    }
    struct line *line = &lines[(*n)++];
    *line = (struct line){
        .at = row->at,
        .view = {.kind = "Referrer",
                 .what = panel_draw_short(ctx, row->referrer, PATH_MAX_SHOWN),
                 .url = panel_draw_link(row->referrer),
                 .whole = panel_draw_short(ctx, row->referrer, WHOLE_MAX)},
    };
    set_time(ctx, row->at, &line->view);
}

/* The events of one session as lines; lines has room for one more than rows. */
static size_t draw_events(struct ctx *ctx, const struct sql_lead_sessions *rows, size_t n,
                          const struct targets *targets, struct line *lines)
{
    struct event_view *page = NULL;
    int64_t page_at = 0;
    size_t n_lines = 0;
    draw_referrer(ctx, rows, lines, &n_lines);
    for (size_t i = 0; i < n && !rows[i].at_null; i++) {
        int64_t looked;
        if (is_stay(ctx, &rows[i])) {
            if (page != NULL) {
                page->side = panel_draw_length(ctx, rows[i].at - page_at);
            }
            continue;
        }
        bool leave = is_leave(ctx, &rows[i], &looked);
        if (page != NULL && (leave || rows[i].type == EVENT_PAGEVIEW)) {
            page->side = panel_draw_length(ctx, looked > 0 ? looked : rows[i].at - page_at);
            page = NULL;
            if (leave && i + 1 < n) {
                continue;
            }
        }
        lines[n_lines] =
            (struct line){.at = rows[i].at, .view = draw_event(ctx, &rows[i], targets)};
        if (rows[i].type == EVENT_PAGEVIEW) {
            page = &lines[n_lines].view;
            page_at = rows[i].at;
        }
        n_lines++;
    }
    return n_lines;
}

/* ---- what happened to cards ---- */

static const char *happening_kind(int16_t kind)
{
    switch (kind) {
    case CARD_OWNER:
        return "Owner";
    case CARD_NOTE:
        return "Note";
    case CARD_TAGGED:
    case CARD_UNTAGGED:
        return "Tag";
    default:
        return "Card";
    }
}

static struct line draw_happening(struct ctx *ctx, const struct sql_lead_happenings *row)
{
    const struct history_entry entry = {.kind = (enum card_change_kind)row->kind,
                                        .actor_kind = (enum card_actor_kind)row->actor_kind,
                                        .same_stage = row->same_stage,
                                        .from = row->from_stage,
                                        .to = row->to_stage,
                                        .actor = row->actor,
                                        .detail = row->detail};
    struct history_sentence sentence = history_draw(ctx, &entry);
    bool of_board = row->kind != CARD_TAGGED && row->kind != CARD_UNTAGGED;
    struct line line = {
        .at = row->at,
        .view = {.kind = happening_kind(row->kind),
                 .what = history_text(ctx, &sentence),
                 .sub = of_board ? panel_draw_short(ctx, row->board, TITLE_MAX)
                                 : (struct str){.p = NULL},
                 .team = true},
    };
    set_time(ctx, row->at, &line.view);
    return line;
}

/* A tag on a company with cards on three boards is told three times. */
static bool is_told(const struct sql_lead_happenings_rows *rows, size_t i)
{
    const struct sql_lead_happenings *row = &rows->row[i];
    if (row->kind != CARD_TAGGED && row->kind != CARD_UNTAGGED) {
        return false;
    }
    for (size_t k = i; k > 0 && rows->row[k - 1].at == row->at; k--) {
        if (rows->row[k - 1].kind == row->kind &&
            str_eq(rows->row[k - 1].detail, row->detail)) {
            return true;
        }
    }
    return false;
}

/* ---- sessions ---- */

static void add_utm(struct ctx *ctx, struct session_view *view, struct utm_view *utm,
                    const char *name, struct str value)
{
    if (!str_is_empty(value)) {
        utm[view->n_utm++] =
            (struct utm_view){.name = name, .value = panel_draw_short(ctx, value, 80)};
    }
}

static void draw_utm(struct ctx *ctx, const struct sql_lead_sessions *row,
                     struct session_view *view)
{
    struct utm_view *utm = ARENA_ARRAY(ctx->arena, 4, struct utm_view);
    add_utm(ctx, view, utm, "campaign", row->campaign);
    add_utm(ctx, view, utm, "medium", row->medium);
    add_utm(ctx, view, utm, "term", row->term);
    add_utm(ctx, view, utm, "content", row->content);
    view->utm = utm;
}

static void set_heading(struct ctx *ctx, int64_t at, int64_t now, struct session_view *view)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct clock_date date = clock_date(at);
    struct sb text;
    sb_init(&text, ctx->arena, 64);
    clock_rfc3339(&text, at);
    int64_t day = at >= 0 ? at / CLOCK_DAY : 0;
    view->started_at = at;
    view->at = sb_view(&text);
    view->heading =
        arena_print(ctx->arena, "%s %d %s %d, %02d:%02d", days[day % 7], date.day,
                    months[(date.month - 1) % 12], date.year, date.hour, date.minute);
    view->recent = at <= now && now - at < RECENT;
}

static void draw_traffic(struct ctx *ctx, const struct sql_lead_sessions *row,
                         struct session_view *view)
{
    view->about =
        panel_draw_short(ctx, traffic_draw_about(ctx->arena, row->country, row->owner), 80);
    if (view->about.n > 0) {
        view->traffic_url = traffic_draw_url(ctx->arena, row->visitor, row->started_at);
        view->verdict =
            row->verdict == TRAFFIC_UNKNOWN ? "" : traffic_verdict_name(row->verdict);
        view->why = traffic_reason_text(row->reason, row->verdict);
    }
}

static struct session_view draw_session(struct ctx *ctx, const struct sql_lead_sessions *row,
                                        int64_t now)
{
    struct str from = str_is_empty(row->source) ? row->referrer : row->source;
    struct session_view view = {
        .length = panel_draw_length(ctx, row->ended_at - row->started_at),
        .channel = channel_name(row->channel),
        .from = panel_draw_short(ctx, from, 80),
        .cut = row->events > STREAM_EVENTS ? row->events - STREAM_EVENTS : 0,
        .verdict = "",
        .why = "",
    };
    draw_traffic(ctx, row, &view);
    set_heading(ctx, row->started_at, now, &view);
    draw_utm(ctx, row, &view);
    return view;
}

/* ---- all of it ---- */

struct part {
    struct session_view view;
    int64_t until; /* what happened before this time is part of it */
    struct line *lines;
    size_t n_lines;
};

struct stream {
    struct ctx *ctx;
    int64_t now;
    const struct targets *targets;
    struct part *parts; /* sessions, latest first; then the groups between them */
    size_t n_sessions, n_parts;
};

/* Rows of the same session stand together. */
static size_t session_rows(const struct sql_lead_sessions_rows *rows, size_t i)
{
    size_t n = 1;
    while (i + n < rows->n && rows->row[i + n].started_at == rows->row[i].started_at &&
           str_eq(rows->row[i + n].visitor, rows->row[i].visitor)) {
        n++;
    }
    return n;
}

static bool add_sessions(struct stream *stream, const struct sql_lead_sessions_rows *rows,
                         size_t n_happenings)
{
    for (size_t i = 0, n; i < rows->n; i += n) {
        const struct sql_lead_sessions *first = &rows->row[i];
        n = session_rows(rows, i);
        if (stream->n_sessions == STREAM_SESSIONS) {
            return true;
        }
        struct part *part = &stream->parts[stream->n_sessions];
        *part = (struct part){
            .view = draw_session(stream->ctx, first, stream->now),
            .until = first->ended_at + BEHIND,
            .lines = ARENA_ARRAY(stream->ctx->arena, n + 1 + n_happenings, struct line)};
        part->n_lines = draw_events(stream->ctx, first, n, stream->targets, part->lines);
        stream->n_sessions++;
    }
    return false;
}

/* The session that went on at a time, or the group of that day since the last session. */
static struct part *part_of(struct stream *stream, int64_t at, size_t room)
{
    size_t i = 0;
    while (i < stream->n_sessions && stream->parts[i].view.started_at > at) {
        i++;
    }
    if (i < stream->n_sessions && at < stream->parts[i].until) {
        return &stream->parts[i];
    }
    int64_t since = i < stream->n_sessions ? stream->parts[i].view.started_at : INT64_MIN;
    struct part *last = &stream->parts[stream->n_parts - 1];
    if (stream->n_parts > stream->n_sessions && last->view.started_at > since &&
        last->view.started_at / CLOCK_DAY == at / CLOCK_DAY) {
        return last;
    }
    struct part *part = &stream->parts[stream->n_parts++];
    *part = (struct part){.view = {.between = true, .channel = ""},
                          .lines = ARENA_ARRAY(stream->ctx->arena, room, struct line)};
    part->view.verdict = part->view.why = "";
    set_heading(stream->ctx, at, stream->now, &part->view);
    return part;
}

static int compare_lines(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static int compare_parts(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    return (x->view.started_at < y->view.started_at) -
           (x->view.started_at > y->view.started_at);
}

/* Happenings come in the order of their time; of those of one moment the order stays. */
static void add_happenings(struct stream *stream,
                           const struct sql_lead_happenings_rows *happenings)
{
    stream->n_parts = stream->n_sessions;
    for (size_t i = 0; i < happenings->n; i++) {
        if (!is_told(happenings, i)) {
            struct part *part = part_of(stream, happenings->row[i].at, happenings->n - i);
            struct line line = draw_happening(stream->ctx, &happenings->row[i]);
            size_t at = part->n_lines++;
            for (; at > 0 && compare_lines(&part->lines[at - 1], &line) > 0; at--) {
                part->lines[at] = part->lines[at - 1];
            }
            part->lines[at] = line;
        }
    }
}

static void finish(struct ctx *ctx, struct part *part)
{
    struct event_view *events = ARENA_ARRAY(ctx->arena, part->n_lines, struct event_view);
    for (size_t i = 0; i < part->n_lines; i++) {
        events[i] = part->lines[i].view;
    }
    part->view.events = events;
    part->view.n_events = part->n_lines;
}

struct sessions_view stream_draw(struct ctx *ctx, int64_t lead, const struct stream_rows *rows,
                                 int64_t now)
{
    size_t n_happenings = rows->happenings->n;
    struct stream stream = {
        .ctx = ctx,
        .now = now,
        .targets = rows->targets,
        .parts = ARENA_ARRAY(ctx->arena, STREAM_SESSIONS + 1 + n_happenings, struct part)};
    struct sessions_view view = {.lead = lead};
    if (add_sessions(&stream, rows->events, n_happenings)) {
        view.before = stream.parts[STREAM_SESSIONS - 1].view.started_at;
    }
    add_happenings(&stream, rows->happenings);
    if (stream.n_parts > 1) {
        qsort(stream.parts, stream.n_parts, sizeof(*stream.parts), compare_parts);
    }
    struct session_view *list = ARENA_ARRAY(ctx->arena, stream.n_parts, struct session_view);
    for (size_t i = 0; i < stream.n_parts; i++) {
        finish(ctx, &stream.parts[i]);
        list[i] = stream.parts[i].view;
    }
    view.list = list;
    view.n_list = stream.n_parts;
    return view;
}

int64_t stream_draw_from(const struct sql_lead_sessions_rows *events)
{
    size_t n_sessions = 0;
    int64_t from = 0;
    for (size_t i = 0; i < events->n; i += session_rows(events, i)) {
        if (n_sessions++ == STREAM_SESSIONS) {
            return from;
        }
        from = events->row[i].started_at;
    }
    return 0;
}
