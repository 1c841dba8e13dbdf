#include "fcgi/collector_event.h"
#include "fcgi/collector_properties.h"
#include "fcgi/collector_text.h"
#include "fcgi/collector_url.h"
#include "shared/clock.h"
#include "shared/crypt.h"

#define EARLIEST CLOCK_DAY
#define EARLIEST_TRUSTED (3650 * CLOCK_DAY)
#define LATEST CLOCK_MINUTE
#define USER_EVERY (30 * CLOCK_MINUTE)
#define TEXTS 13

void collector_batch_start(struct arena *arena, size_t events, struct collector_batch *batch)
{
    size_t room = events * COLLECTOR_ROWS_PER_EVENT;
    struct str *texts = ARENA_ARRAY(arena, room * TEXTS, struct str);
    struct str **columns[TEXTS] = {
        &batch->name,       &batch->url,     &batch->title,   &batch->referrer, &batch->utm,
        &batch->host,       &batch->ip,      &batch->visitor, &batch->agent,    &batch->who,
        &batch->properties, &batch->message, &batch->address,
    };
    for (size_t i = 0; i < TEXTS; i++) {
        *columns[i] = texts + room * i;
    }
    batch->at = ARENA_ARRAY(arena, room, int64_t);
    batch->type = ARENA_ARRAY(arena, room, int16_t);
    batch->day = ARENA_ARRAY(arena, room, int32_t);
    batch->agent_hash = ARENA_ARRAY(arena, room, int64_t);
    batch->item = ARENA_ARRAY(arena, room, int32_t);
    batch->n = 0;
    batch->room = room;
}

int64_t collector_event_time(const struct collector_batch *batch, int64_t now, double said_ms,
                             double skew_ms)
{
    int64_t earliest = now - (batch->trusted ? EARLIEST_TRUSTED : EARLIEST);
    int64_t latest = now + LATEST;
    double at = (said_ms + skew_ms) * 1000;
    if (!(at >= (double)earliest)) {
        return earliest;
    }
    return at >= (double)latest ? latest : (int64_t)at;
}

bool collector_event_is_email(struct str user)
{
    return str_find(user, '@') < user.n;
}

struct str collector_event_person(struct ctx *ctx, struct str user)
{
    bool email = collector_event_is_email(user);
    if (user.n == 0 || user.n > COLLECTOR_VISITOR_MAX - 6) {
        return (struct str){.p = NULL};
    }
    if (!email) {
        return arena_print(ctx->arena, "user:%.*s", STR_ARG(user));
    }
    char *lower = arena_cstr(ctx->arena, user);
    for (size_t i = 0; i < user.n; i++) {
        lower[i] = lower[i] >= 'A' && lower[i] <= 'Z' ? (char)(lower[i] | 0x20) : lower[i];
    }
    return arena_print(ctx->arena, "email:%.*s", (int)user.n, lower);
}

struct str collector_event_mail_utm(struct ctx *ctx, struct request_pairs said)
{
    struct request_pair pairs[] = {
        {STR_INIT("medium"), STR_INIT("email")},
        {STR_INIT("campaign"), request_pair(said, STR("campaign"))},
        {STR_INIT("source"), request_pair(said, STR("source"))},
    };
    if (pairs[1].value.n == 0 && pairs[2].value.n == 0) {
        return (struct str){.p = NULL};
    }
    return collector_properties_of(ctx, EVENT_EMAIL_OPEN, pairs, 3);
}

/* ---- ids that count once ---- */

static void set_message(struct arena *arena, struct collector_batch *batch, size_t row,
                        struct str visitor, struct str message, int32_t day)
{
    uint8_t *hash = arena_alloc(arena, CRYPT_HASH16_BYTES);
    crypt_hash16((const struct str[]){visitor, {"\n", 1}, message}, 3, hash);
    batch->message[row] = (struct str){(const char *)hash, CRYPT_HASH16_BYTES};
    batch->day[row] = day;
    batch->has_messages = true;
}

/* Of a time that may be any number. */
static int32_t day_of_ms(double ms)
{
    double day = ms / 86400e3;
    return day >= 0 && day < 1e6 ? (int32_t)day : 0;
}

/* Whether this very request has an event of that id before. */
static bool is_there(const struct collector_batch *batch, struct str message, int32_t day,
                     size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (batch->day[i] == day && str_eq(batch->message[i], message)) {
            return true;
        }
    }
    return false;
}

/* ---- rows ---- */

static size_t next_row(struct collector_batch *batch, const struct collector_event *event,
                       enum event_type type)
{
    size_t row = batch->n++;
    batch->at[row] = event->at;
    batch->type[row] = (int16_t)type;
    batch->visitor[row] = event->visitor;
    batch->agent[row] = event->agent;
    batch->ip[row] = event->ip;
    batch->item[row] = (int32_t)event->item;
    return row;
}

/* An object with one text more, in front of what it has; "no value" is an empty one. */
static struct str with_text(struct ctx *ctx, struct str object, struct str name,
                            struct str value)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, object.n + 2 * value.n + name.n + 16);
    sb_char(&sb, '{');
    collector_quote(&sb, name);
    sb_char(&sb, ':');
    collector_quote(&sb, value);
    sb_bytes(&sb, ",", object.n > 2 ? 1 : 0);
    sb_str(&sb, object.n > 0 ? str_slice(object, 1, object.n) : STR("}"));
    return sb_view(&sb);
}

static void add_landing(struct ctx *ctx, struct collector_batch *batch,
                        const struct collector_event *event, const struct collector_url *url,
                        size_t of)
{
    struct request_pair pairs[COLLECTOR_LANDING_MAX];
    if (url->n_landing == 0) {
        return;
    }
    for (size_t i = 0; i < url->n_landing; i++) {
        pairs[i] = (struct request_pair){url->landing[i].name, url->landing[i].value};
    }
    size_t row = next_row(batch, event, EVENT_LOGIN);
    batch->name[row] = STR(EVENT_LANDING);
    batch->url[row] = url->url;
    batch->host[row] = url->host;
    batch->properties[row] = collector_properties_of(ctx, EVENT_LOGIN, pairs, url->n_landing);
    batch->message[row] = batch->message[of];
    batch->day[row] = batch->day[of];
}

/* Who it is, said with every event: worth a row now and then. */
static void add_user(struct ctx *ctx, struct collector_batch *batch,
                     const struct collector_event *event, const struct collector_url *url)
{
    bool email = collector_event_is_email(event->user);
    struct request_pair pair = {email ? STR("email") : STR("userId"), event->user};
    struct str message =
        arena_print(ctx->arena, "user %.*s %lld", STR_ARG(str_cut(event->user, 200)),
                    (long long)(event->at / USER_EVERY));
    size_t row = next_row(batch, event, EVENT_LOGIN);
    set_message(ctx->arena, batch, row, event->visitor, message,
                (int32_t)(event->at / CLOCK_DAY));
    if (is_there(batch, batch->message[row], batch->day[row], row)) {
        batch->n--;
        batch->message[row] = (struct str){.p = NULL};
        return;
    }
    batch->name[row] = STR("user");
    batch->url[row] = url->url;
    batch->host[row] = url->host;
    batch->properties[row] = collector_properties_of(ctx, EVENT_LOGIN, &pair, 1);
}

/* False when the same request has it already. */
static bool note_message(struct ctx *ctx, struct collector_batch *batch, size_t row,
                         const struct collector_event *event)
{
    if (event->message.n == 0) {
        return true;
    }
    set_message(ctx->arena, batch, row, event->visitor, event->message,
                day_of_ms(event->said_ms));
    if (!is_there(batch, batch->message[row], batch->day[row], row)) {
        return true;
    }
    batch->n--;
    batch->message[row] = (struct str){.p = NULL};
    return false;
}

void collector_batch_add(struct ctx *ctx, struct collector_batch *batch,
                         const struct collector_event *event)
{
    struct arena *arena = ctx->arena;
    struct collector_url url = {.n_landing = 0};
    struct collector_url referrer = {.n_landing = 0};
    if (event->url.n > 0) {
        collector_url(arena, event->url, &url);
    }
    if (event->referrer.n > 0) {
        collector_url(arena, event->referrer, &referrer);
    }
    bool page = event->type == EVENT_PAGEVIEW;
    size_t row =
        next_row(batch, event, page && url.from_email ? EVENT_EMAIL_CLICK : event->type);
    if (!note_message(ctx, batch, row, event)) {
        return;
    }
    batch->url[row] = url.url;
    batch->host[row] = url.host;
    batch->utm[row] = str_is_null(url.utm) ? event->utm : url.utm;
    if (event->new_session) {
        batch->utm[row] = with_text(ctx, batch->utm[row], STR("visit"), STR("new"));
    }
    batch->referrer[row] = referrer.url;
    batch->name[row] = collector_text(arena, event->name, COLLECTOR_NAME_MAX);
    batch->title[row] = collector_text(arena, event->title, COLLECTOR_TITLE_MAX);
    batch->properties[row] =
        str_is_null(url.from) ? event->properties
                              : with_text(ctx, event->properties, STR("fromEmail"), url.from);
    if (page) {
        add_landing(ctx, batch, event, &url, row);
    }
    if (event->user.n > 0) {
        add_user(ctx, batch, event, &url);
    }
}

static void move_row(struct collector_batch *batch, size_t to, size_t from)
{
    struct str *columns[TEXTS] = {
        batch->name,       batch->url,     batch->title,   batch->referrer, batch->utm,
        batch->host,       batch->ip,      batch->visitor, batch->agent,    batch->who,
        batch->properties, batch->message, batch->address,
    };
    for (size_t i = 0; i < TEXTS; i++) {
        columns[i][to] = columns[i][from];
    }
    batch->at[to] = batch->at[from];
    batch->type[to] = batch->type[from];
    batch->day[to] = batch->day[from];
    batch->agent_hash[to] = batch->agent_hash[from];
    batch->item[to] = batch->item[from];
}

void collector_batch_keep(struct collector_batch *batch, const bool *keep)
{
    size_t n = 0;
    for (size_t i = 0; i < batch->n; i++) {
        if (keep[i]) {
            move_row(batch, n++, i);
        }
    }
    batch->n = n;
}
