#include "fcgi/collector_leadboxer.h"
#include "fcgi/collector_properties.h"
#include "fcgi/collector_url.h"

/* A parameter and what it may be called. */
struct parameter {
    struct str name, other, third, fourth;
};
static const struct parameter site = {STR_INIT("si"), STR_INIT("dataset"),
                                      STR_INIT("datasetId"), STR_INIT("site")};
static const struct parameter title = {.name = STR_INIT("ti"), .other = STR_INIT("title")};
static const struct parameter visitor = {.name = STR_INIT("uid"), .other = STR_INIT("userId")};
static const struct parameter page = {.name = STR_INIT("lc"), .other = STR_INIT("url")};
static const struct parameter referrer = {.name = STR_INIT("rf"),
                                          .other = STR_INIT("referrer")};
static const struct parameter event_id = {.name = STR_INIT("eid")};

/* Of the engine, not of the person. */
static const struct str not_kept[] = {STR_INIT("proxy"), STR_INIT("sid"), STR_INIT("ots"),
                                      STR_INIT("otui"),  STR_INIT("rnd"), STR_INIT("increment"),
                                      STR_INIT("sh"),    STR_INIT("sw")};

static bool is_called(const struct parameter *parameter, struct str name)
{
    return str_eq(name, parameter->name) ||
           (parameter->other.n > 0 && str_eq(name, parameter->other)) ||
           (parameter->third.n > 0 && str_eq(name, parameter->third)) ||
           (parameter->fourth.n > 0 && str_eq(name, parameter->fourth));
}

static struct str value_of(struct request_pairs pairs, const struct parameter *parameter)
{
    for (size_t i = 0; i < pairs.n; i++) {
        if (pairs.v[i].value.n > 0 && is_called(parameter, pairs.v[i].name)) {
            return pairs.v[i].value;
        }
    }
    return (struct str){.p = NULL};
}

static bool is_kept(struct str name)
{
    const struct parameter *meant[] = {&site, &title, &visitor, &page, &referrer, &event_id};
    for (size_t i = 0; i < sizeof(meant) / sizeof(*meant); i++) {
        if (is_called(meant[i], name)) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(not_kept) / sizeof(*not_kept); i++) {
        if (str_eq(name, not_kept[i])) {
            return false;
        }
    }
    return true;
}

/* What is said of the person: mail tools' empty places and parameters of its own left out. */
static struct request_pairs properties_of(struct ctx *ctx, struct request_pairs pairs)
{
    struct request_pair *kept = ARENA_ARRAY(ctx->arena, pairs.n + 1, struct request_pair);
    size_t n = 0;
    for (size_t i = 0; i < pairs.n; i++) {
        struct request_pair pair = pairs.v[i];
        if (pair.value.n == 0 || !is_kept(pair.name) || collector_is_merge_tag(pair.value)) {
            continue;
        }
        if (str_eq(pair.name, STR("email")) || str_eq(pair.name, STR("fromEmail"))) {
            pair.value = collector_mend_email(ctx->arena, pair.value);
        }
        pair.name = str_eq(pair.name, STR("role")) ? STR("jobTitle") : pair.name;
        kept[n++] = pair;
    }
    return (struct request_pairs){.v = kept, .n = n};
}

static bool tells_who(struct request_pairs said)
{
    static const struct str names[] = {
        STR_INIT("email"), STR_INIT("firstName"), STR_INIT("lastName"), STR_INIT("company"),
        STR_INIT("phone"), STR_INIT("jobTitle"),  STR_INIT("name")};
    for (size_t i = 0; i < said.n; i++) {
        for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++) {
            if (str_eq(collector_standard_name(said.v[i].name), names[k])) {
                return true;
            }
        }
    }
    return false;
}

static enum event_type type_of(const struct collector_event *event, struct request_pairs said)
{
    bool mail =
        request_pair(said, STR("email")).n > 0 || request_pair(said, STR("campaign")).n > 0;
    if (event->url.n > 0) {
        return EVENT_PAGEVIEW;
    }
    if (event->title.n == 0 && mail) {
        return EVENT_EMAIL_OPEN;
    }
    return tells_who(said) ? EVENT_LOGIN : EVENT_CUSTOM;
}

static void add(struct collector_intake *intake, struct collector_batch *batch,
                struct collector_event *event, struct request_pairs said)
{
    struct ctx *ctx = intake->request->ctx;
    event->type = type_of(event, said);
    if (event->type == EVENT_PAGEVIEW) {
        collector_batch_add(ctx, batch, event);
        if (said.n == 0) {
            return;
        }
        event->type = tells_who(said) ? EVENT_LOGIN : EVENT_CUSTOM;
        event->message = event->message.n > 0
                             ? arena_print(ctx->arena, "%.*s said", STR_ARG(event->message))
                             : event->message;
    }
    if (event->type != EVENT_EMAIL_OPEN) {
        event->name = event->title;
        event->title = (struct str){.p = NULL};
    }
    if (event->type == EVENT_EMAIL_OPEN) {
        event->utm = collector_event_mail_utm(ctx, said);
    }
    event->properties = collector_properties_of(ctx, event->type, said.v, said.n);
    collector_batch_add(ctx, batch, event);
}

static bool read_pairs(struct collector_intake *intake, struct request_pairs pairs)
{
    struct ctx *ctx = intake->request->ctx;
    struct collector_batch *batch = NULL;
    struct request_pairs said = properties_of(ctx, pairs);
    struct collector_event event = {.at = intake->now,
                                    .said_ms = (double)intake->now / 1000,
                                    .visitor = value_of(pairs, &visitor),
                                    .title = value_of(pairs, &title),
                                    .url = value_of(pairs, &page),
                                    .referrer = value_of(pairs, &referrer),
                                    .message = value_of(pairs, &event_id)};
    struct str email = request_pair(said, STR("email"));
    if (event.visitor.n > COLLECTOR_VISITOR_MAX) {
        return collector_refuse(intake, 422, STR("invalid"),
                                STR("A uid has 128 bytes at most."), "uid");
    }
    if (event.visitor.n == 0 && collector_event_is_email(email)) {
        event.visitor = collector_event_person(ctx, email);
    }
    intake->proxied = !str_is_null(request_pair(pairs, STR("proxy")));
    enum err err =
        collector_open(intake, value_of(pairs, &site), (struct str){.p = NULL}, 2, &batch);
    if (err == ERR_NOT_FOUND) {
        return collector_refuse(intake, 404, STR("unknown_dataset"),
                                STR("There is no dataset with this si. The tracking page shows "
                                    "what it has to be."),
                                "si");
    }
    if (err != ERR_NONE) {
        return collector_refuse_away(intake);
    }
    add(intake, batch, &event, said);
    return true;
}

bool collector_leadboxer_read(struct collector_intake *intake)
{
    struct ctx *ctx = intake->request->ctx;
    struct str query = intake->request->query;
    struct str body = {.p = NULL};
    struct request_pairs pairs;
    if (intake->request->method == METHOD_POST) {
        if (!collector_body(intake, COLLECTOR_LEADBOXER_MAX, &body)) {
            return false;
        }
        query = arena_print(ctx->arena, "%.*s&%.*s", STR_ARG(query), STR_ARG(body));
    }
    collector_pairs(ctx, query, &pairs);
    return read_pairs(intake, pairs);
}

void collector_leadboxer_answer(const struct collector_intake *intake,
                                struct response *response)
{
    int status = intake->refusal.status;
    if (intake->request->method != METHOD_POST) {
        response->status = status == 503 ? 503 : 200;
        collector_answer_gif(response);
    } else if (status != 0) {
        collector_answer_refusal(intake, response);
    } else {
        response_status(response, 204);
    }
}
