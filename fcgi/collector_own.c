#include "fcgi/collector_own.h"
#include "fcgi/collector_properties.h"
#include "fcgi/collector_text.h"
#include "fcgi/collector_url.h"
#include "shared/clock.h"

/* One request in the reading. */
struct reader {
    struct collector_intake *intake;
    struct ctx *ctx;
    double skew_ms; /* what to add to the visitor's clock */
    size_t index;   /* of the event in "events" */
    bool inline_event;
    struct str visitor, agent, ip;
    struct collector_batch *batch;
};

static bool refuse_invalid(struct reader *reader, struct str message, const char *field)
{
    return collector_refuse(reader->intake, 422, STR("invalid"), message, field);
}

/* A wrong member of the event that is being read. */
static bool refuse_member(struct reader *reader, const char *member, struct str message)
{
    const char *field = member;
    if (!reader->inline_event) {
        struct str path =
            arena_print(reader->ctx->arena, "events[%zu].%s", reader->index, member);
        field = arena_cstr(reader->ctx->arena, path);
    }
    return refuse_invalid(reader, message, field);
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

static bool read_texts(struct reader *reader, const struct json *event,
                       struct collector_event *out)
{
    return read_text(reader, event, "url", &out->url) &&
           read_text(reader, event, "title", &out->title) &&
           read_text(reader, event, "referrer", &out->referrer) &&
           read_text(reader, event, "name", &out->name) &&
           read_text(reader, event, "id", &out->message);
}

static bool read_event(struct reader *reader, const struct json *event)
{
    struct collector_event out = {.at = reader->intake->now,
                                  .visitor = reader->visitor,
                                  .agent = reader->agent,
                                  .ip = reader->ip,
                                  .said_ms = (double)reader->intake->now / 1000,
                                  .item = reader->index};
    const struct json *at = json_get(event, "at");
    const struct json *properties = json_get(event, "properties");
    enum json_kind kind = json_kind(properties);
    if (!event_type_from(json_text(json_get(event, "type")), &out.type)) {
        return refuse_member(reader, "type",
                             STR("The type has to be pageview, exit, email_open, email_click, "
                                 "form, login or custom."));
    }
    if (!read_texts(reader, event, &out)) {
        return false;
    }
    if (!read_number(at, &out.said_ms)) {
        return refuse_member(reader, "at", STR("The time is in milliseconds since 1970."));
    }
    if (json_kind(at) == JSON_NUMBER) {
        out.at = collector_event_time(reader->batch, reader->intake->now, out.said_ms,
                                      reader->skew_ms);
    }
    if (kind != JSON_NONE && kind != JSON_NULL && kind != JSON_OBJECT) {
        return refuse_member(reader, "properties", STR("Properties are names with values."));
    }
    out.properties = collector_properties(reader->ctx, out.type, properties);
    collector_batch_add(reader->ctx, reader->batch, &out);
    return true;
}

static bool read_list(struct reader *reader, const struct json *events)
{
    for (const struct json *event = json_first(events); event != NULL;
         event = json_next(event)) {
        if (json_kind(event) != JSON_OBJECT) {
            return refuse_invalid(reader, STR("Each event is an object."), "events");
        }
        if (!read_event(reader, event)) {
            return false;
        }
        reader->index++;
    }
    return true;
}

/* How many there are; 0, and refused, when that is not right. */
static size_t count_events(struct reader *reader, const struct json *root)
{
    const struct json *events = json_get(root, "events");
    size_t n = json_count(events);
    reader->inline_event = json_kind(events) == JSON_NONE;
    if (reader->inline_event) {
        return 1;
    }
    if (json_kind(events) != JSON_ARRAY || n == 0) {
        (void)refuse_invalid(reader, STR("Events are a list of at least one."), "events");
        return 0;
    }
    if (n > COLLECTOR_EVENTS_MAX) {
        (void)collector_refuse(reader->intake, 413, STR("too_many"),
                               STR("One request may bring 500 events at most."), "events");
        return 0;
    }
    return n;
}

/* "Bearer <key>", or "no value". */
static struct str shown_key(const struct request *request)
{
    struct str header = request_header(request, "Authorization");
    bool bearer = str_eq_ci(str_slice(header, 0, 7), STR("Bearer "));
    return bearer ? str_trim(str_slice(header, 7, header.n)) : (struct str){.p = NULL};
}

static bool open_dataset(struct reader *reader, struct str id, struct str key, size_t events)
{
    struct collector_intake *intake = reader->intake;
    enum err err = collector_open(intake, id, key, events, &reader->batch);
    if (err == ERR_NOT_FOUND) {
        return collector_refuse(
            intake, 404, STR("unknown_dataset"),
            STR("There is no dataset with this id. Please copy the snippet again."), "dataset");
    }
    if (err == ERR_DENIED) {
        return collector_refuse(
            intake, 401, STR("unknown_key"),
            STR("This server key is none of the dataset's, or was revoked."), NULL);
    }
    return err == ERR_NONE || collector_refuse_away(intake);
}

static bool read_envelope(struct reader *reader, const struct json *root)
{
    const struct json *visitor = json_get(root, "visitor");
    const struct json *sent = json_get(root, "sent");
    enum json_kind kind = json_kind(visitor);
    struct str id = json_text(json_get(root, "dataset"));
    double sent_ms = 0;
    reader->visitor = json_text(visitor);
    if (id.n == 0) {
        return refuse_invalid(reader, STR("The dataset is the public id of the snippet."),
                              "dataset");
    }
    if ((kind != JSON_NONE && kind != JSON_NULL && reader->visitor.n == 0) ||
        reader->visitor.n > COLLECTOR_VISITOR_MAX) {
        return refuse_invalid(
            reader, STR("The visitor is text of 1 to 128 bytes, or left out."), "visitor");
    }
    if (!read_number(sent, &sent_ms)) {
        return refuse_invalid(reader, STR("The time of sending is in milliseconds since 1970."),
                              "sent");
    }
    if (json_kind(sent) == JSON_NUMBER) {
        reader->skew_ms = (double)reader->intake->now / 1000 - sent_ms;
    }
    size_t events = count_events(reader, root);
    if (events == 0 || !open_dataset(reader, id, shown_key(reader->intake->request), events)) {
        return false;
    }
    if (reader->batch->trusted) {
        reader->ip = json_text(json_get(root, "ip"));
        reader->agent = json_text(json_get(root, "agent"));
        reader->intake->proxied = true;
    }
    return reader->inline_event ? read_event(reader, root)
                                : read_list(reader, json_get(root, "events"));
}

bool collector_own_read(struct collector_intake *intake)
{
    struct ctx *ctx = intake->request->ctx;
    struct reader reader = {.intake = intake, .ctx = ctx};
    const struct json *root = NULL;
    struct str body;
    if (!collector_body(intake, COLLECTOR_BODY_MAX, &body)) {
        return false;
    }
    if (json_parse(ctx, body, COLLECTOR_BODY_MAX, &root) != ERR_NONE ||
        json_kind(root) != JSON_OBJECT) {
        ctx_clear(ctx);
        return collector_refuse(
            intake, 400, STR("not_json"),
            STR("The body has to be a JSON object in UTF-8, without U+0000 and not "
                "nested deeper than 32 levels."),
            NULL);
    }
    return read_envelope(&reader, root);
}

void collector_own_answer(const struct collector_intake *intake, struct response *response)
{
    if (intake->refusal.status != 0) {
        collector_answer_refusal(intake, response);
    } else {
        response_status(response, 204);
    }
}

/* ---- the pixel ---- */

struct pixel {
    struct str id;
    struct collector_event event;
    bool bad_type;
};

/* Moves a parameter that has a meaning of its own out of the pairs. */
static bool take_own(struct pixel *pixel, const struct request_pair *pair)
{
    struct collector_event *event = &pixel->event;
    const struct {
        struct str name;
        struct str *value;
    } own[] = {
        {STR_INIT("dataset"), &pixel->id}, {STR_INIT("visitor"), &event->visitor},
        {STR_INIT("url"), &event->url},    {STR_INIT("title"), &event->title},
        {STR_INIT("name"), &event->name},  {STR_INIT("referrer"), &event->referrer},
    };
    if (str_eq(pair->name, STR("type"))) {
        pixel->bad_type = !event_type_from(pair->value, &event->type);
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

/* What the mail tool filled in; what it left as it was is nothing. */
static void take_property(struct ctx *ctx, const struct request_pair *pair,
                          struct request_pair *rest, size_t *n)
{
    bool address = str_eq(pair->name, STR("email")) || str_eq(pair->name, STR("fromEmail"));
    if (!collector_is_merge_tag(pair->value)) {
        rest[(*n)++] = (struct request_pair){
            pair->name, address ? collector_mend_email(ctx->arena, pair->value) : pair->value};
    }
}

static bool read_pixel(struct collector_intake *intake, struct request_pairs pairs)
{
    struct ctx *ctx = intake->request->ctx;
    struct pixel pixel = {.event = {.type = EVENT_EMAIL_OPEN, .at = intake->now}};
    struct collector_event *event = &pixel.event;
    struct reader reader = {.intake = intake, .ctx = ctx};
    struct request_pair *rest = ARENA_ARRAY(ctx->arena, pairs.n + 1, struct request_pair);
    struct str page = request_header(intake->request, "Referer");
    size_t n = 0;
    for (size_t i = 0; i < pairs.n; i++) {
        if (!take_own(&pixel, &pairs.v[i])) {
            take_property(ctx, &pairs.v[i], rest, &n);
        }
    }
    if (pixel.bad_type || pixel.id.n == 0 || event->visitor.n > COLLECTOR_VISITOR_MAX) {
        return refuse_invalid(&reader, STR("The pixel's address is not right."), NULL);
    }
    if (event->url.n == 0 && event->type != EVENT_EMAIL_OPEN && str_is_utf8(page)) {
        event->url = page;
    }
    if (event->visitor.n == 0) {
        /* A mail has no cookie: whoever it was sent to opened it, whatever fetched the picture.
         */
        struct request_pairs told = {.v = rest, .n = n};
        struct str email = request_pair(told, STR("email"));
        event->visitor = collector_event_is_email(email) ? collector_event_person(ctx, email)
                                                         : (struct str){.p = NULL};
    }
    if (!open_dataset(&reader, pixel.id, (struct str){.p = NULL}, 1)) {
        return false;
    }
    event->properties = collector_properties_of(ctx, event->type, rest, n);
    if (event->type == EVENT_EMAIL_OPEN) {
        event->utm = collector_event_mail_utm(ctx, (struct request_pairs){.v = rest, .n = n});
    }
    collector_batch_add(ctx, reader.batch, event);
    return true;
}

bool collector_pixel_read(struct collector_intake *intake)
{
    struct request_pairs pairs;
    collector_pairs(intake->request->ctx, intake->request->query, &pairs);
    return read_pixel(intake, pairs);
}

void collector_pixel_answer(const struct collector_intake *intake, struct response *response)
{
    response->status = intake->refusal.status == 503 ? 503 : 200;
    collector_answer_gif(response);
}
