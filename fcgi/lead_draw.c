#include "fcgi/lead_draw.h"

#include "fcgi/card_draw.h"
#include "fcgi/mark.h"
#include "fcgi/panel_draw.h"
#include "shared/channel.h"
#include "shared/clock.h"
#include "shared/json.h"

#define FACTS_MAX 60
#define VALUE_MAX 300
#define KEY_MAX 60
#define PROPERTIES_BYTES_MAX 65536
#define TOUCHES 8

/* ---- acquisition ---- */

struct touch {
    bool known;
    int16_t channel;
    struct str texts[5]; /* source, medium, campaign, term, content */
    struct str referrer, landing;
};

static struct str channel_of_touch(const struct touch *touch)
{
    return touch->known ? str_from(channel_name(touch->channel)) : (struct str){.p = NULL};
}

static void add_touch(struct lead_page_view *view, struct touch_view *touches,
                      struct touch_view touch)
{
    touch.first = str_cut(touch.first, VALUE_MAX);
    touch.last = str_cut(touch.last, VALUE_MAX);
    if (!str_is_empty(touch.first) || !str_is_empty(touch.last)) {
        touches[view->n_touches++] = touch;
    }
}

/* Its path, or the host where that is all it tells. */
static struct str draw_address(struct ctx *ctx, struct str url)
{
    struct str path = panel_draw_path(ctx, url);
    if (!str_eq(path, STR("/"))) {
        return path;
    }
    struct str host = str_slice(url, str_starts(url, STR("https://")) ? 8 : 7, url.n);
    return str_slice(host, 0, str_find(host, '/'));
}

/* Elsewhere: the host is what matters. */
static struct str draw_referrer(struct str url)
{
    if (str_is_null(panel_draw_link(url))) {
        return url;
    }
    struct str rest = str_slice(url, str_starts(url, STR("https://")) ? 8 : 7, url.n);
    return str_ends(rest, STR("/")) ? str_slice(rest, 0, rest.n - 1) : rest;
}

static void draw_touches(struct ctx *ctx, const struct touch *first, const struct touch *last,
                         struct lead_page_view *view)
{
    static const char *const names[] = {"Source", "Medium", "Campaign", "Term", "Content"};
    struct touch_view *touches = ARENA_ARRAY(ctx->arena, TOUCHES, struct touch_view);
    add_touch(view, touches,
              (struct touch_view){.name = "Channel",
                                  .first = channel_of_touch(first),
                                  .last = channel_of_touch(last)});
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        add_touch(view, touches,
                  (struct touch_view){
                      .name = names[i], .first = first->texts[i], .last = last->texts[i]});
    }
    add_touch(view, touches,
              (struct touch_view){.name = "Referrer",
                                  .first = draw_referrer(first->referrer),
                                  .last = draw_referrer(last->referrer),
                                  .first_url = panel_draw_link(first->referrer),
                                  .last_url = panel_draw_link(last->referrer)});
    add_touch(view, touches,
              (struct touch_view){.name = "Landing page",
                                  .first = draw_address(ctx, first->landing),
                                  .last = draw_address(ctx, last->landing),
                                  .first_url = panel_draw_link(first->landing),
                                  .last_url = panel_draw_link(last->landing)});
    view->touches = touches;
}

static void draw_acquisition(struct ctx *ctx, const struct sql_lead_get *lead,
                             struct lead_page_view *view)
{
    const struct touch first = {.known = !lead->first_channel_null,
                                .channel = lead->first_channel,
                                .texts = {lead->first_source, lead->first_medium,
                                          lead->first_campaign, lead->first_term,
                                          lead->first_content},
                                .referrer = lead->first_referrer,
                                .landing = lead->first_landing};
    const struct touch last = {.known = !lead->last_channel_null,
                               .channel = lead->last_channel,
                               .texts = {lead->last_source, lead->last_medium,
                                         lead->last_campaign, lead->last_term,
                                         lead->last_content},
                               .referrer = lead->last_referrer,
                               .landing = lead->last_landing};
    draw_touches(ctx, &first, &last, view);
}

/* ---- profile ---- */

struct profile {
    struct ctx *ctx;
    const struct json *stamps;
    struct fact_view *facts;
    size_t n;
};

static void add_fact(struct profile *profile, struct str key, struct str name, struct str value)
{
    if (str_is_empty(value) || profile->n == FACTS_MAX) {
        return;
    }
    struct fact_view *fact = &profile->facts[profile->n++];
    *fact =
        (struct fact_view){.name = str_cut(name, KEY_MAX), .value = str_cut(value, VALUE_MAX)};
    for (const struct json *stamp = json_first(profile->stamps); stamp != NULL;
         stamp = json_next(stamp)) {
        int64_t at;
        if (str_eq(json_key(stamp), key) && json_i64(stamp, &at) && at > 0) {
            fact->at = at;
            fact->source = STR("from the site");
        }
    }
}

static void add_properties(struct profile *profile, struct str properties)
{
    const struct json *all = NULL;
    if (json_parse(profile->ctx, properties, PROPERTIES_BYTES_MAX, &all) != ERR_NONE) {
        ctx_clear(profile->ctx);
        return;
    }
    for (const struct json *p = json_first(all); p != NULL; p = json_next(p)) {
        add_fact(profile, json_key(p), json_key(p), json_text(p));
    }
}

static void draw_profile(struct ctx *ctx, const struct sql_lead_get *lead,
                         struct lead_page_view *view)
{
    struct profile profile = {.ctx = ctx,
                              .facts = ARENA_ARRAY(ctx->arena, FACTS_MAX, struct fact_view)};
    if (json_parse(ctx, lead->stamps, PROPERTIES_BYTES_MAX, &profile.stamps) != ERR_NONE) {
        ctx_clear(ctx);
        profile.stamps = NULL;
    }
    add_fact(&profile, STR("email"), STR("Email"), lead->email);
    add_fact(&profile, STR("firstName"), STR("First name"), lead->first_name);
    add_fact(&profile, STR("lastName"), STR("Last name"), lead->last_name);
    add_fact(&profile, STR("jobTitle"), STR("Job title"), lead->job_title);
    add_fact(&profile, STR("phone"), STR("Phone"), lead->phone);
    add_fact(&profile, STR("company"), STR("Company"), lead->company);
    add_properties(&profile, lead->properties);
    view->facts = profile.facts;
    view->n_facts = profile.n;
}

/* ---- engagement ---- */

struct str lead_draw_frequency(struct ctx *ctx, int64_t sessions, int64_t first_at,
                               int64_t last_at)
{
    if (sessions < 2 || last_at <= first_at) {
        return (struct str){.p = NULL};
    }
    int64_t hours = (last_at - first_at) / (sessions - 1) / CLOCK_HOUR;
    if (hours < 12) {
        return STR("several times a day");
    }
    int64_t days = (hours + 12) / 24;
    return days <= 1 ? STR("about every day")
                     : arena_print(ctx->arena, "about every %lld days", (long long)days);
}

/* ---- technical ---- */

static bool is_size(struct str text, int64_t *out_size)
{
    return text.n <= 5 && str_to_i64(text, out_size) && *out_size >= 50 && *out_size <= 20000;
}

struct str lead_draw_screen(struct ctx *ctx, struct str text)
{
    int64_t width, height;
    size_t by = str_find(text, 'x');
    if (by == text.n || !is_size(str_slice(text, 0, by), &width) ||
        !is_size(str_slice(text, by + 1, text.n), &height)) {
        return (struct str){.p = NULL};
    }
    return arena_print(ctx->arena, "%lld × %lld", (long long)width, (long long)height);
}

/* "en-GB" */
static bool is_language(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-')) {
            return false;
        }
    }
    return text.n >= 2 && text.n <= 12;
}

static void add_words(struct sb *sb, const char *between, struct str a, struct str b)
{
    if (!str_is_empty(a)) {
        sb_printf(sb, "%s%.*s%s%.*s", sb->n != 0 ? between : "", STR_ARG(a),
                  str_is_empty(b) ? "" : " ", STR_ARG(b));
    }
}

static struct browser_view draw_browser(struct ctx *ctx, const struct sql_lead_browsers *row)
{
    struct sb name, about;
    const struct str none = {.p = NULL};
    sb_init(&name, ctx->arena, 1000);
    sb_init(&about, ctx->arena, 1000);
    add_words(&name, "", row->browser, row->browser_version);
    add_words(&name, " on ", row->os, row->os_version);
    add_words(&about, " · ", row->device, none);
    add_words(&about, " · ", lead_draw_screen(ctx, row->screen), none);
    add_words(&about, " · ", is_language(row->language) ? row->language : none, none);
    return (struct browser_view){.name = name.n != 0 ? sb_view(&name) : STR("Unknown browser"),
                                 .about = sb_view(&about),
                                 .kind = row->kind_null ? DEVICE_UNKNOWN : row->kind,
                                 .last_at = row->last_at};
}

void lead_draw_browsers(struct ctx *ctx, const struct sql_lead_browsers_rows *rows,
                        struct lead_page_view *view)
{
    struct browser_view *browsers = ARENA_ARRAY(ctx->arena, rows->n, struct browser_view);
    for (size_t i = 0; i < rows->n; i++) {
        browsers[i] = draw_browser(ctx, &rows->row[i]);
    }
    view->browsers = browsers;
    view->n_browsers = rows->n;
}

/* ---- the whole ---- */

static void draw_head(struct ctx *ctx, const struct sql_lead_get *lead,
                      struct lead_page_view *view)
{
    struct str name = panel_draw_name(ctx, lead->first_name, lead->last_name, lead->email);
    bool anonymous = str_is_empty(lead->email) && str_is_empty(lead->first_name) &&
                     str_is_empty(lead->last_name);
    view->lead = (struct lead_view){
        .id = lead->id,
        .name = name,
        .email = str_eq(name, lead->email) ? (struct str){.p = NULL} : lead->email,
        .initials = anonymous ? STR("?") : mark_initials(ctx->arena, name),
        .hue = mark_hue(name),
        .anonymous = anonymous,
        .score = lead->score,
        .hot = card_draw_is_hot(lead->score),
        .sessions = lead->sessions,
        .events = lead->events,
        .last_at = lead->last_at,
    };
    view->hidden = lead->hidden;
    view->job = str_cut(lead->job_title, VALUE_MAX);
    view->account = lead->account_id_null ? 0 : lead->account_id;
    view->account_name = str_cut(lead->account, VALUE_MAX);
    view->account_logo = lead->account_logo;
    view->account_initials = mark_initials(ctx->arena, lead->account);
    view->account_hue =
        mark_hue(str_is_empty(lead->account_domain) ? lead->account : lead->account_domain);
    view->menu = (struct people_menu){.lead = lead->id, .has_account = !lead->account_id_null};
}

void lead_draw(struct ctx *ctx, const struct sql_lead_get *lead, struct lead_page_view *view)
{
    draw_head(ctx, lead, view);
    view->pageviews = lead->pageviews;
    view->forms = lead->forms;
    view->visitors = lead->visitors;
    view->first_at = lead->first_at;
    view->frequency = lead_draw_frequency(ctx, lead->sessions, lead->first_at, lead->last_at);
    draw_acquisition(ctx, lead, view);
    draw_profile(ctx, lead, view);
}
