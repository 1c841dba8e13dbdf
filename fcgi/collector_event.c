#include "fcgi/collector_event.h"
#include "fcgi/collector_properties.h"
#include "fcgi/collector_text.h"
#include "fcgi/collector_url.h"
#include "shared/clock.h"
#include "shared/events.h"
#include "shared/json.h"

#define VISITOR_MAX 128
#define EARLIEST CLOCK_DAY
#define LATEST CLOCK_MINUTE
#define ROWS_PER_EVENT 2 /* itself, and the login its address makes */

/* One request in the reading. */
struct reader {
    struct ctx *ctx;
    int64_t now;
    double skew_ms; /* what to add to the visitor's clock */
    size_t index;   /* of the event in "events" */
    bool inline_event;
    struct collector_batch *batch;
    struct collector_refusal *refusal;
};

static bool refuse(struct reader *reader, int status, struct str code, struct str message,
                   const char *field)
{
    *reader->refusal = (struct collector_refusal){
        .status = status, .code = code, .message = message, .field = str_from(field)};
    return false;
}

/* A wrong member of the event that is being read. */
static bool refuse_member(struct reader *reader, const char *member, struct str message)
{
    (void)refuse(reader, 422, STR("invalid"), message, member);
    if (!reader->inline_event) {
        reader->refusal->field =
            arena_print(reader->ctx->arena, "events[%zu].%s", reader->index, member);
    }
    return false;
}

static void make_columns(struct arena *arena, size_t events, struct collector_batch *batch)
{
    size_t room = events * ROWS_PER_EVENT;
    struct str *texts = ARENA_ARRAY(arena, room * 7, struct str);
    batch->at = ARENA_ARRAY(arena, room, int64_t);
    batch->type = ARENA_ARRAY(arena, room, int16_t);
    batch->name = texts;
    batch->url = texts + room;
    batch->title = texts + room * 2;
    batch->referrer = texts + room * 3;
    batch->utm = texts + room * 4;
    batch->properties = texts + room * 5;
    batch->host = texts + room * 6;
}

/* A text member; absent and null are "no value". */
static bool read_text(struct reader *reader, const struct json *event, const char *member,
                      struct str *out_text)
{
    const struct json *value = json_get(event, member);
    enum json_kind kind = json_kind(value);
    if (kind != JSON_NONE && kind != JSON_NULL && kind != JSON_TEXT) {
        return refuse_member(reader, member, STR("This has to be text."));
    }
    *out_text = json_text(value);
    return true;
}

static bool read_number(const struct json *value, double *out_number)
{
    return json_kind(value) == JSON_NONE || json_kind(value) == JSON_NULL ||
           json_double(value, out_number);
}

/* The visitor's time as ours, no earlier than yesterday and no later than in a minute. */
static int64_t our_time(const struct reader *reader, double at_ms)
{
    int64_t earliest = reader->now - EARLIEST;
    int64_t latest = reader->now + LATEST;
    double at = (at_ms + reader->skew_ms) * 1000;
    if (!(at >= (double)earliest)) {
        return earliest;
    }
    return at >= (double)latest ? latest : (int64_t)at;
}

static struct collector_batch *next_row(struct reader *reader, int64_t at, enum event_type type,
                                        size_t *out_row)
{
    struct collector_batch *batch = reader->batch;
    *out_row = batch->n++;
    batch->at[*out_row] = at;
    batch->type[*out_row] = (int16_t)type;
    return batch;
}

/* What an event says before its text is cleaned. */
struct raw {
    enum event_type type;
    int64_t at;
    struct str url, title, referrer, name, properties;
};

static void add_landing(struct reader *reader, const struct raw *raw,
                        const struct collector_url *url)
{
    struct request_pair pairs[COLLECTOR_LANDING_MAX];
    size_t row = 0;
    if (url->n_landing == 0) {
        return;
    }
    for (size_t i = 0; i < url->n_landing; i++) {
        pairs[i] = (struct request_pair){url->landing[i].name, url->landing[i].value};
    }
    struct collector_batch *batch = next_row(reader, raw->at, EVENT_LOGIN, &row);
    batch->name[row] = STR(EVENT_LANDING);
    batch->url[row] = url->url;
    batch->host[row] = url->host;
    batch->properties[row] =
        collector_properties_of(reader->ctx, EVENT_LOGIN, pairs, url->n_landing);
}

static void add(struct reader *reader, const struct raw *raw)
{
    struct arena *arena = reader->ctx->arena;
    struct collector_url url = {.n_landing = 0};
    struct collector_url referrer = {.n_landing = 0};
    size_t row = 0;
    if (raw->url.n > 0) {
        collector_url(arena, raw->url, &url);
    }
    if (raw->referrer.n > 0) {
        collector_url(arena, raw->referrer, &referrer);
    }
    bool click = raw->type == EVENT_PAGEVIEW && url.from_email;
    struct collector_batch *batch =
        next_row(reader, raw->at, click ? EVENT_EMAIL_CLICK : raw->type, &row);
    batch->url[row] = url.url;
    batch->host[row] = url.host;
    batch->utm[row] = url.utm;
    batch->referrer[row] = referrer.url;
    batch->name[row] = collector_text(arena, raw->name, COLLECTOR_NAME_MAX);
    batch->title[row] = collector_text(arena, raw->title, COLLECTOR_TITLE_MAX);
    batch->properties[row] = raw->properties;
    if (raw->type == EVENT_PAGEVIEW) {
        add_landing(reader, raw, &url);
    }
}

static bool read_event(struct reader *reader, const struct json *event)
{
    struct raw raw = {.at = reader->now};
    double at_ms = 0;
    const struct json *at = json_get(event, "at");
    const struct json *properties = json_get(event, "properties");
    enum json_kind kind = json_kind(properties);
    if (!event_type_from(json_text(json_get(event, "type")), &raw.type)) {
        return refuse_member(reader, "type",
                             STR("The type has to be pageview, exit, email_open, email_click, "
                                 "form, login or custom."));
    }
    if (!read_text(reader, event, "url", &raw.url) ||
        !read_text(reader, event, "title", &raw.title) ||
        !read_text(reader, event, "referrer", &raw.referrer) ||
        !read_text(reader, event, "name", &raw.name)) {
        return false;
    }
    if (!read_number(at, &at_ms)) {
        return refuse_member(reader, "at", STR("The time is in milliseconds since 1970."));
    }
    if (json_kind(at) == JSON_NUMBER) {
        raw.at = our_time(reader, at_ms);
    }
    if (kind != JSON_NONE && kind != JSON_NULL && kind != JSON_OBJECT) {
        return refuse_member(reader, "properties", STR("Properties are names with values."));
    }
    raw.properties = collector_properties(reader->ctx, raw.type, properties);
    add(reader, &raw);
    return true;
}

static bool read_events(struct reader *reader, const struct json *root)
{
    const struct json *events = json_get(root, "events");
    reader->inline_event = json_kind(events) == JSON_NONE;
    if (reader->inline_event) {
        make_columns(reader->ctx->arena, 1, reader->batch);
        return read_event(reader, root);
    }
    size_t n = json_count(events);
    if (json_kind(events) != JSON_ARRAY || n == 0) {
        return refuse(reader, 422, STR("invalid"), STR("Events are a list of at least one."),
                      "events");
    }
    if (n > COLLECTOR_EVENTS_MAX) {
        return refuse(reader, 413, STR("too_many"),
                      STR("One request may bring 500 events at most."), "events");
    }
    make_columns(reader->ctx->arena, n, reader->batch);
    for (const struct json *event = json_first(events); event != NULL;
         event = json_next(event)) {
        if (json_kind(event) != JSON_OBJECT) {
            return refuse(reader, 422, STR("invalid"), STR("Each event is an object."),
                          "events");
        }
        if (!read_event(reader, event)) {
            return false;
        }
        reader->index++;
    }
    return true;
}

static bool read_envelope(struct reader *reader, const struct json *root)
{
    struct collector_batch *batch = reader->batch;
    const struct json *visitor = json_get(root, "visitor");
    const struct json *sent = json_get(root, "sent");
    double sent_ms = 0;
    batch->dataset = json_text(json_get(root, "dataset"));
    batch->visitor = json_text(visitor);
    if (batch->dataset.n == 0) {
        return refuse(reader, 422, STR("invalid"),
                      STR("The dataset is the public id of the snippet."), "dataset");
    }
    if ((json_kind(visitor) != JSON_NONE && json_kind(visitor) != JSON_NULL &&
         batch->visitor.n == 0) ||
        batch->visitor.n > VISITOR_MAX) {
        return refuse(reader, 422, STR("invalid"),
                      STR("The visitor is text of 1 to 128 bytes, or left out."), "visitor");
    }
    if (!read_number(sent, &sent_ms)) {
        return refuse(reader, 422, STR("invalid"),
                      STR("The time of sending is in milliseconds since 1970."), "sent");
    }
    if (json_kind(sent) == JSON_NUMBER) {
        reader->skew_ms = (double)reader->now / 1000 - sent_ms;
    }
    return read_events(reader, root);
}

bool collector_read_json(struct ctx *ctx, struct str body, int64_t now,
                         struct collector_batch *out_batch,
                         struct collector_refusal *out_refusal)
{
    *out_batch = (struct collector_batch){.n = 0};
    struct reader reader = {.ctx = ctx, .now = now, .batch = out_batch, .refusal = out_refusal};
    const struct json *root = NULL;
    if (json_parse(ctx, body, COLLECTOR_BODY_MAX, &root) != ERR_NONE ||
        json_kind(root) != JSON_OBJECT) {
        ctx_clear(ctx);
        return refuse(&reader, 400, STR("not_json"),
                      STR("The body has to be a JSON object in UTF-8, without U+0000 and not "
                          "nested deeper than 32 levels."),
                      NULL);
    }
    return read_envelope(&reader, root);
}

/* Moves a parameter that has a meaning of its own out of the pairs. */
static bool take_own(struct reader *reader, struct raw *raw, const struct request_pair *pair,
                     bool *out_bad_type)
{
    struct collector_batch *batch = reader->batch;
    const struct {
        struct str name;
        struct str *value;
    } own[] = {
        {STR_INIT("dataset"), &batch->dataset}, {STR_INIT("visitor"), &batch->visitor},
        {STR_INIT("url"), &raw->url},           {STR_INIT("title"), &raw->title},
        {STR_INIT("name"), &raw->name},         {STR_INIT("referrer"), &raw->referrer},
    };
    if (str_eq(pair->name, STR("type"))) {
        *out_bad_type = !event_type_from(pair->value, &raw->type);
        return true;
    }
    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
        if (str_eq(pair->name, own[i].name)) {
            *own[i].value = pair->value;
            return true;
        }
    }
    return false;
}

/* A mail has no cookie: whoever it was sent to opened it, whatever fetched the picture. */
static struct str visitor_of_email(struct ctx *ctx, struct request_pairs pairs)
{
    struct str email = request_pair(pairs, STR("email"));
    if (email.n == 0 || email.n > VISITOR_MAX - 6) {
        return (struct str){.p = NULL};
    }
    char *lower = arena_cstr(ctx->arena, email);
    for (size_t i = 0; i < email.n; i++) {
        lower[i] = lower[i] >= 'A' && lower[i] <= 'Z' ? (char)(lower[i] | 0x20) : lower[i];
    }
    return arena_print(ctx->arena, "email:%s", lower);
}

bool collector_read_query(struct ctx *ctx, struct str query, struct str referer, int64_t now,
                          struct collector_batch *out_batch)
{
    struct collector_refusal refusal;
    *out_batch = (struct collector_batch){.n = 0};
    struct reader reader = {
        .ctx = ctx, .now = now, .inline_event = true, .batch = out_batch, .refusal = &refusal};
    struct raw raw = {.type = EVENT_EMAIL_OPEN, .at = now};
    struct request_pairs pairs;
    bool bad_type = false;
    if (request_urlencoded(ctx, query, &pairs) != ERR_NONE) {
        ctx_clear(ctx);
        return false;
    }
    struct request_pair *rest = ARENA_ARRAY(ctx->arena, pairs.n + 1, struct request_pair);
    size_t n = 0;
    for (size_t i = 0; i < pairs.n; i++) {
        if (!take_own(&reader, &raw, &pairs.v[i], &bad_type)) {
            rest[n++] = pairs.v[i];
        }
    }
    if (bad_type || out_batch->dataset.n == 0 || out_batch->visitor.n > VISITOR_MAX) {
        return false;
    }
    if (raw.url.n == 0 && raw.type != EVENT_EMAIL_OPEN && str_is_utf8(referer)) {
        raw.url = referer;
    }
    if (out_batch->visitor.n == 0) {
        out_batch->visitor = visitor_of_email(ctx, pairs);
    }
    raw.properties = collector_properties_of(ctx, raw.type, rest, n);
    make_columns(ctx->arena, 1, out_batch);
    add(&reader, &raw);
    return true;
}
