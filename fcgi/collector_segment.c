#include "fcgi/collector_segment.h"
#include "fcgi/collector_properties.h"
#include "fcgi/collector_text.h"
#include "fcgi/collector_url.h"
#include "shared/clock.h"
#include "shared/crypt.h"

#define KEY_HEADER_MAX 512

enum call { IDENTIFY, TRACK, PAGE, SCREEN, GROUP, ALIAS, BATCH, METRICS, CALLS };

static const struct {
    struct str name, other, letter;
} calls[CALLS] = {
    [IDENTIFY] = {STR_INIT("identify"), STR_INIT("identify"), STR_INIT("i")},
    [TRACK] = {STR_INIT("track"), STR_INIT("track"), STR_INIT("t")},
    [PAGE] = {STR_INIT("page"), STR_INIT("page"), STR_INIT("p")},
    [SCREEN] = {STR_INIT("screen"), STR_INIT("screen"), STR_INIT("s")},
    [GROUP] = {STR_INIT("group"), STR_INIT("group"), STR_INIT("g")},
    [ALIAS] = {STR_INIT("alias"), STR_INIT("alias"), STR_INIT("a")},
    [BATCH] = {STR_INIT("batch"), STR_INIT("import"), STR_INIT("b")},
    [METRICS] = {STR_INIT("m"), STR_INIT("m"), STR_INIT("m")},
};

/* False: there is no such call. n: how many of them may be meant. */
static bool find_call(struct str name, bool letters, int n, enum call *out_call)
{
    for (int i = 0; i < n; i++) {
        if (str_eq(name, calls[i].name) || str_eq(name, calls[i].other) ||
            (letters && str_eq(name, calls[i].letter))) {
            *out_call = (enum call)i;
            return true;
        }
    }
    return false;
}

/* One request in the reading. */
struct reader {
    struct collector_intake *intake;
    struct ctx *ctx;
    struct collector_batch *batch;
    double skew_ms;
};

/* ---- keys ---- */

/* The user name of "Basic base64(user:password)". */
static struct str basic_user(struct ctx *ctx, struct str text)
{
    struct str bytes = {.p = NULL};
    if (text.n > KEY_HEADER_MAX) {
        return bytes;
    }
    char *url = arena_cstr(ctx->arena, text);
    size_t n = 0;
    for (; n < text.n && url[n] != '='; n++) {
        url[n] = url[n] == '+' ? '-' : url[n] == '/' ? '_' : url[n];
    }
    if (!crypt_from_base64url(ctx->arena, (struct str){url, n}, &bytes)) {
        return (struct str){.p = NULL};
    }
    return str_slice(bytes, 0, str_find(bytes, ':'));
}

static struct str write_key(struct ctx *ctx, const struct request *request,
                            const struct json *root)
{
    struct str header = request_header(request, "Authorization");
    struct str key = {.p = NULL};
    if (str_eq_ci(str_slice(header, 0, 6), STR("Basic "))) {
        key = basic_user(ctx, str_trim(str_slice(header, 6, header.n)));
    } else if (str_eq_ci(str_slice(header, 0, 7), STR("Bearer "))) {
        key = str_trim(str_slice(header, 7, header.n));
    }
    struct str own = json_text(json_get(root, "writeKey"));
    /* A Bearer token may be one of OAuth; then the key is in the body. */
    return own.n > 0 ? own : key;
}

static bool open_source(struct reader *reader, struct str key, size_t events)
{
    struct str id = collector_dataset_of_key(key);
    struct str secret = id.n < key.n ? key : (struct str){.p = NULL};
    enum err err = collector_open(reader->intake, id, secret, events, &reader->batch);
    if (err == ERR_NOT_FOUND || err == ERR_DENIED) {
        return collector_refuse(reader->intake, 401, STR("unknown_write_key"),
                                STR("This write key is not known. The tracking page shows "
                                    "what it has to be."),
                                "writeKey");
    }
    return err == ERR_NONE || collector_refuse_away(reader->intake);
}

/* ---- what an event says ---- */

static bool read_ms(const struct json *value, double *out_ms)
{
    int64_t at = 0;
    if (json_kind(value) == JSON_NUMBER) {
        return json_double(value, out_ms);
    }
    if (!clock_parse_rfc3339(json_text(value), &at)) {
        return false;
    }
    *out_ms = (double)at / 1000;
    return true;
}

/* timestamp, in RudderStack's events originalTimestamp, and sentAt where it is the event's own.
 */
static void read_times(const struct reader *reader, const struct json *event,
                       struct collector_event *out)
{
    double now_ms = (double)reader->intake->now / 1000;
    double sent_ms = 0;
    double skew_ms = reader->skew_ms;
    out->said_ms = now_ms;
    if (read_ms(json_get(event, "sentAt"), &sent_ms)) {
        skew_ms = now_ms - sent_ms;
    }
    if (read_ms(json_get(event, "timestamp"), &out->said_ms) ||
        read_ms(json_get(event, "originalTimestamp"), &out->said_ms)) {
        out->at =
            collector_event_time(reader->batch, reader->intake->now, out->said_ms, skew_ms);
    } else {
        out->at = reader->intake->now;
    }
}

/* An id, which older libraries send as a number. */
static struct str read_id(struct ctx *ctx, const struct json *value)
{
    int64_t number = 0;
    struct str text = json_text(value);
    if (text.n > 0) {
        return text;
    }
    return json_i64(value, &number) ? arena_print(ctx->arena, "%lld", (long long)number)
                                    : (struct str){.p = NULL};
}

/* Who: false when the event names nobody. */
static bool read_who(const struct reader *reader, const struct json *event,
                     struct collector_event *out)
{
    struct ctx *ctx = reader->ctx;
    out->user = read_id(ctx, json_get(event, "userId"));
    out->visitor = read_id(ctx, json_get(event, "anonymousId"));
    if (out->visitor.n == 0) {
        out->visitor = collector_event_person(ctx, out->user);
    }
    return out->visitor.n > 0 && out->visitor.n <= COLLECTOR_VISITOR_MAX &&
           out->user.n <= COLLECTOR_VISITOR_MAX;
}

static struct str campaign_json(struct ctx *ctx, const struct json *campaign)
{
    static const struct {
        const char *member;
        struct str key;
    } names[] = {{"source", STR_INIT("source")},
                 {"medium", STR_INIT("medium")},
                 {"name", STR_INIT("campaign")},
                 {"term", STR_INIT("term")},
                 {"content", STR_INIT("content")}};
    struct collector_properties out;
    collector_properties_start(&out, ctx, EVENT_PAGEVIEW);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        collector_properties_text(&out, names[i].key,
                                  json_text(json_get(campaign, names[i].member)));
    }
    return collector_properties_end(&out);
}

static void read_context(const struct reader *reader, const struct json *event,
                         struct collector_event *out)
{
    const struct json *context = json_get(event, "context");
    const struct json *page = json_get(context, "page");
    out->url = json_text(json_get(page, "url"));
    out->title = json_text(json_get(page, "title"));
    out->referrer = json_text(json_get(page, "referrer"));
    out->agent = json_text(json_get(context, "userAgent"));
    out->utm = campaign_json(reader->ctx, json_get(context, "campaign"));
    if (reader->batch->trusted) {
        out->ip = json_text(json_get(context, "ip"));
    }
}

/* ---- call by call ---- */

static bool is_any(struct str name, const struct str *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(name, names[i])) {
            return true;
        }
    }
    return false;
}

static void add_user(struct collector_properties *out, struct str user, bool has_email)
{
    if (!collector_event_is_email(user)) {
        collector_properties_text(out, STR("userId"), user);
    } else if (!has_email) {
        collector_properties_text(out, STR("email"), user);
    }
}

/* What is said of the company that the person is with, by the names of worker/derive.h. */
static void add_company(struct collector_properties *out, const struct json *traits)
{
    static const struct {
        const char *member;
        struct str name;
    } facts[] = {{"domain", STR_INIT("companyDomain")},
                 {"website", STR_INIT("companyDomain")},
                 {"url", STR_INIT("companyDomain")},
                 {"industry", STR_INIT("companyIndustry")},
                 {"employees", STR_INIT("companyEmployees")},
                 {"employee_count", STR_INIT("companyEmployees")}};
    struct str last = {.p = NULL}; /* told already by the member before */
    for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
        const struct json *value = json_get(traits, facts[i].member);
        bool told = json_text(value).n > 0 || json_kind(value) == JSON_NUMBER;
        if (told && !str_eq(last, facts[i].name)) {
            collector_properties_json(out, facts[i].name, value);
            last = facts[i].name;
        }
    }
}

static void read_identify(const struct reader *reader, const struct json *event,
                          struct collector_event *out)
{
    struct collector_properties properties;
    const struct json *traits = json_get(event, "traits");
    if (json_kind(traits) != JSON_OBJECT) {
        traits = json_get(json_get(event, "context"), "traits");
    }
    const struct json *company = json_get(traits, "company");
    out->type = EVENT_LOGIN;
    collector_properties_start(&properties, reader->ctx, EVENT_LOGIN);
    add_user(&properties, out->user, json_text(json_get(traits, "email")).n > 0);
    for (const struct json *at = json_first(traits); at != NULL; at = json_next(at)) {
        struct str name = json_key(at);
        if (at == company && json_kind(at) == JSON_OBJECT) {
            collector_properties_text(&properties, name, json_text(json_get(at, "name")));
            add_company(&properties, at);
        } else {
            collector_properties_json(&properties,
                                      str_eq(name, STR("title")) ? STR("jobTitle") : name, at);
        }
    }
    out->user = (struct str){.p = NULL};
    out->properties = collector_properties_end(&properties);
}

/* What a page says of itself, and what would say of whom it is opened. */
static bool is_of_page(struct str name)
{
    static const struct str names[] = {
        STR_INIT("path"),      STR_INIT("url"),      STR_INIT("title"), STR_INIT("referrer"),
        STR_INIT("search"),    STR_INIT("email"),    STR_INIT("phone"), STR_INIT("firstName"),
        STR_INIT("lastName"),  STR_INIT("jobTitle"), STR_INIT("name"),  STR_INIT("company"),
        STR_INIT("fromEmail"), STR_INIT("lb_uid"),
    };
    return is_any(collector_standard_name(name), names, sizeof(names) / sizeof(*names));
}

static void add_screen(struct collector_properties *out, const struct json *event)
{
    const struct json *context = json_get(event, "context");
    const struct json *screen = json_get(context, "screen");
    int64_t width = 0;
    int64_t height = 0;
    if (json_i64(json_get(screen, "width"), &width) &&
        json_i64(json_get(screen, "height"), &height)) {
        collector_properties_text(
            out, STR("screen"),
            arena_print(out->ctx->arena, "%lldx%lld", (long long)width, (long long)height));
    }
    collector_properties_json(out, STR("language"), json_get(context, "locale"));
}

static void take_text(const struct json *value, struct str *out_text)
{
    struct str text = json_text(value);
    *out_text = text.n > 0 ? text : *out_text;
}

static void read_page(const struct reader *reader, const struct json *event,
                      struct collector_event *out)
{
    struct collector_properties properties;
    const struct json *said = json_get(event, "properties");
    out->type = EVENT_PAGEVIEW;
    out->name = json_text(json_get(event, "name"));
    take_text(json_get(said, "url"), &out->url);
    take_text(json_get(said, "title"), &out->title);
    take_text(json_get(said, "referrer"), &out->referrer);
    out->title = out->title.n > 0 ? out->title : out->name;
    collector_properties_start(&properties, reader->ctx, EVENT_PAGEVIEW);
    add_screen(&properties, event);
    for (const struct json *at = json_first(said); at != NULL; at = json_next(at)) {
        if (!is_of_page(json_key(at))) {
            collector_properties_json(&properties, json_key(at), at);
        }
    }
    out->properties = collector_properties_end(&properties);
}

/* A screen of an app has a name instead of an address. */
static void read_screen(const struct reader *reader, const struct json *event,
                        struct collector_event *out)
{
    read_page(reader, event, out);
    out->title = out->name.n > 0 ? out->name : out->title;
    out->url = (struct str){.p = NULL};
    out->referrer = (struct str){.p = NULL};
}

static bool read_track(const struct reader *reader, const struct json *event,
                       struct collector_event *out)
{
    out->type = EVENT_CUSTOM;
    out->name = json_text(json_get(event, "event"));
    out->properties =
        collector_properties(reader->ctx, EVENT_CUSTOM, json_get(event, "properties"));
    return out->name.n > 0;
}

/* {"id"} and the traits, whole. */
static struct str account_json(struct ctx *ctx, struct str id, const struct json *traits)
{
    struct collector_properties account;
    collector_properties_start(&account, ctx, EVENT_CUSTOM);
    collector_properties_text(&account, STR("id"), id);
    for (const struct json *at = json_first(traits); at != NULL; at = json_next(at)) {
        if (!str_eq(json_key(at), STR("id"))) {
            collector_properties_json(&account, json_key(at), at);
        }
    }
    return collector_properties_end(&account);
}

static void read_group(const struct reader *reader, const struct json *event,
                       struct collector_event *out)
{
    struct collector_properties properties;
    const struct json *traits = json_get(event, "traits");
    struct str id = read_id(reader->ctx, json_get(event, "groupId"));
    out->type = EVENT_LOGIN;
    out->name = STR("group");
    collector_properties_start(&properties, reader->ctx, EVENT_LOGIN);
    add_user(&properties, out->user, false);
    collector_properties_text(&properties, STR("company"), json_text(json_get(traits, "name")));
    collector_properties_text(&properties, STR("groupId"), id);
    add_company(&properties, traits);
    collector_properties_raw(&properties, STR("account"),
                             account_json(reader->ctx, id, traits));
    out->user = (struct str){.p = NULL};
    out->properties = collector_properties_end(&properties);
}

static bool read_alias(const struct reader *reader, const struct json *event,
                       struct collector_event *out)
{
    struct collector_properties properties;
    out->type = EVENT_LOGIN;
    out->name = STR("alias");
    out->visitor = read_id(reader->ctx, json_get(event, "previousId"));
    collector_properties_start(&properties, reader->ctx, EVENT_LOGIN);
    add_user(&properties, out->user, false);
    out->properties = collector_properties_end(&properties);
    bool named =
        out->user.n > 0 && out->visitor.n > 0 && out->visitor.n <= COLLECTOR_VISITOR_MAX;
    out->user = (struct str){.p = NULL};
    return named;
}

/* False when it cannot be meant. */
static bool read_call(struct reader *reader, enum call call, const struct json *event,
                      size_t item)
{
    struct collector_event out = {.item = item};
    bool fine = json_kind(event) == JSON_OBJECT && read_who(reader, event, &out);
    if (!fine) {
        return false;
    }
    read_times(reader, event, &out);
    read_context(reader, event, &out);
    out.message = json_text(json_get(event, "messageId"));
    switch (call) {
    case IDENTIFY:
        read_identify(reader, event, &out);
        break;
    case TRACK:
        fine = read_track(reader, event, &out);
        break;
    case PAGE:
        read_page(reader, event, &out);
        break;
    case SCREEN:
        read_screen(reader, event, &out);
        break;
    case GROUP:
        read_group(reader, event, &out);
        break;
    case ALIAS:
        fine = read_alias(reader, event, &out);
        break;
    case BATCH:
    case METRICS:
    case CALLS:
        return false;
    }
    if (fine) {
        collector_batch_add(reader->ctx, reader->batch, &out);
    }
    return fine;
}

/* ---- one request ---- */

static bool refuse_invalid(struct reader *reader, const char *field)
{
    return collector_refuse(reader->intake, 400, STR("invalid"),
                            STR("An event needs its type, a userId or anonymousId, and a track "
                                "its event."),
                            field);
}

static bool read_batch(struct reader *reader, const struct json *root, struct str key)
{
    const struct json *events = json_get(root, "batch");
    size_t n = json_count(events);
    size_t item = 0;
    size_t taken = 0;
    enum call call = BATCH;
    double sent_ms = 0;
    if (json_kind(events) != JSON_ARRAY || n == 0) {
        return refuse_invalid(reader, "batch");
    }
    if (n > COLLECTOR_EVENTS_MAX) {
        return collector_refuse(reader->intake, 413, STR("too_many"),
                                STR("One batch may bring 500 events at most."), "batch");
    }
    if (!open_source(reader, key, n)) {
        return false;
    }
    if (read_ms(json_get(root, "sentAt"), &sent_ms)) {
        reader->skew_ms = (double)reader->intake->now / 1000 - sent_ms;
    }
    for (const struct json *at = json_first(events); at != NULL; at = json_next(at), item++) {
        bool known = find_call(json_text(json_get(at, "type")), false, BATCH, &call);
        taken += known && read_call(reader, call, at, item) ? 1 : 0;
    }
    return taken > 0 || refuse_invalid(reader, "batch");
}

static bool read_root(struct reader *reader, enum call call)
{
    const struct json *root = NULL;
    struct str body;
    if (!collector_body(reader->intake, COLLECTOR_SEGMENT_MAX, &body)) {
        return false;
    }
    if (json_parse(reader->ctx, body, COLLECTOR_SEGMENT_MAX, &root) != ERR_NONE ||
        json_kind(root) != JSON_OBJECT) {
        ctx_clear(reader->ctx);
        return collector_refuse(reader->intake, 400, STR("not_json"),
                                STR("The body has to be a JSON object in UTF-8."), NULL);
    }
    if (call == METRICS) {
        return false;
    }
    struct str key = write_key(reader->ctx, reader->intake->request, root);
    if (call == BATCH) {
        return read_batch(reader, root, key);
    }
    return open_source(reader, key, 1) &&
           (read_call(reader, call, root, 0) || refuse_invalid(reader, NULL));
}

bool collector_segment_read(struct collector_intake *intake)
{
    struct str path = intake->request->path;
    struct reader reader = {.intake = intake, .ctx = intake->request->ctx};
    enum call call = METRICS;
    if (!find_call(str_slice(path, 4, path.n), true, CALLS, &call)) {
        return collector_refuse(intake, 404, STR("not_found"),
                                STR("The calls are /v1/identify, track, page, screen, group, "
                                    "alias and batch."),
                                NULL);
    }
    return read_root(&reader, call);
}

void collector_segment_answer(const struct collector_intake *intake, struct response *response)
{
    if (intake->refusal.status != 0) {
        collector_answer_refusal(intake, response);
        return;
    }
    response->type = "application/json";
    SB_LIT(&response->body, "{\"success\":true}");
}

/* ---- settings of the browser library ---- */

bool collector_segment_settings(struct collector_intake *intake)
{
    struct reader reader = {.intake = intake, .ctx = intake->request->ctx};
    struct str path = intake->request->path;
    struct str key = str_slice(path, sizeof("/v1/projects/") - 1, path.n);
    if (!str_ends(key, STR("/settings"))) {
        return collector_refuse(intake, 404, STR("not_found"),
                                STR("Settings are at /v1/projects/{write key}/settings."),
                                NULL);
    }
    (void)open_source(&reader, str_slice(key, 0, key.n - (sizeof("/settings") - 1)), 1);
    return false;
}

void collector_segment_settings_answer(const struct collector_intake *intake,
                                       struct response *response)
{
    const struct request *request = intake->request;
    struct sb *sb = &response->body;
    if (intake->refusal.status != 0) {
        collector_answer_refusal(intake, response);
        return;
    }
    response->type = "application/json";
    SB_LIT(sb, "{\"integrations\":{\"Segment.io\":{\"apiKey\":");
    response_json_string(sb, intake->batches[0].id);
    SB_LIT(sb, ",\"apiHost\":");
    struct str host = request_header(request, "Host");
    response_json_string(sb, arena_print(request->ctx->arena, "%.*s/v1",
                                         STR_ARG(str_is_utf8(host) ? host : STR(""))));
    sb_printf(sb,
              ",\"protocol\":\"%s\",\"unbundledIntegrations\":[],\"addBundledMetadata\":true,"
              "\"maybeBundledConfigIds\":{},\"versionSettings\":{\"componentTypes\":[]}}},"
              "\"plan\":{\"track\":{\"__default\":{\"enabled\":true,\"integrations\":{}}},"
              "\"identify\":{\"__default\":{\"enabled\":true}},"
              "\"group\":{\"__default\":{\"enabled\":true}}},"
              "\"edgeFunction\":{},\"analyticsNextEnabled\":true,\"middlewareSettings\":{},"
              "\"enabledMiddleware\":{},\"metrics\":{\"sampleRate\":0},"
              "\"legacyVideoPluginsEnabled\":false,\"remotePlugins\":[]}",
              request->https ? "https" : "http");
}
