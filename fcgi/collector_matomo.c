#include "fcgi/collector_matomo.h"
#include "fcgi/collector_properties.h"
#include "fcgi/collector_url.h"
#include "shared/clock.h"

#define VARIABLES_MAX 10
#define DAY_MS 86400e3

/* ---- parameters ---- */

static bool is_one(struct request_pairs pairs, struct str name)
{
    return str_eq(request_pair(pairs, name), STR("1"));
}

/* The members of an object, as the same query would have them. */
static struct request_pairs pairs_of_json(struct ctx *ctx, const struct json *object)
{
    struct request_pair *pairs =
        ARENA_ARRAY(ctx->arena, COLLECTOR_PAIRS_MAX, struct request_pair);
    size_t n = 0;
    for (const struct json *at = json_first(object); at != NULL && n < COLLECTOR_PAIRS_MAX;
         at = json_next(at)) {
        struct str value = json_text(at);
        enum json_kind kind = json_kind(at);
        if (kind == JSON_NUMBER || kind == JSON_OBJECT || kind == JSON_ARRAY) {
            struct sb sb;
            sb_init(&sb, ctx->arena, COLLECTOR_VALUE_MAX);
            json_write(&sb, at);
            value = sb.overflow ? (struct str){.p = NULL} : sb_view(&sb);
        }
        pairs[n++] = (struct request_pair){.name = json_key(at), .value = value};
    }
    return (struct request_pairs){.v = pairs, .n = n};
}

/* ---- properties ---- */

/* {"1": ["name", "value"], ...}: custom variables. */
static void add_variables(struct collector_properties *properties, struct str text)
{
    const struct json *root = NULL;
    struct ctx *ctx = properties->ctx;
    int n = 0;
    if (text.n == 0) {
        return;
    }
    if (json_parse(ctx, text, COLLECTOR_VALUE_MAX, &root) != ERR_NONE) {
        ctx_clear(ctx);
        return;
    }
    for (const struct json *at = json_first(root); at != NULL && n < VARIABLES_MAX;
         at = json_next(at), n++) {
        const struct json *name = json_first(at);
        const struct json *value = json_next(name);
        if (json_kind(at) == JSON_ARRAY && value != NULL) {
            collector_properties_json(properties, json_text(name), value);
        }
    }
}

static void add_dimensions(struct collector_properties *properties, struct request_pairs pairs)
{
    int64_t number = 0;
    for (size_t i = 0; i < pairs.n; i++) {
        struct str name = pairs.v[i].name;
        if (str_starts(name, STR("dimension")) &&
            str_to_i64(str_slice(name, 9, name.n), &number) && number >= 0 && number < 1000) {
            collector_properties_text(properties, name, pairs.v[i].value);
        }
    }
}

/* Values that go under a name of ours; numbers stay numbers. */
struct named {
    struct str parameter, name;
    bool number;
};

static void add_named(struct collector_properties *properties, struct request_pairs pairs,
                      const struct named *named, size_t n)
{
    double number = 0;
    for (size_t i = 0; i < n; i++) {
        struct str value = request_pair(pairs, named[i].parameter);
        if (named[i].number && str_to_double(value, &number)) {
            struct sb sb;
            sb_init(&sb, properties->ctx->arena, 64);
            json_write_double(&sb, number);
            collector_properties_raw(properties, named[i].name, sb_view(&sb));
        } else {
            collector_properties_text(properties, named[i].name, value);
        }
    }
}

/* What any event may have. */
static void add_common(struct collector_properties *properties, struct request_pairs pairs,
                       bool trusted)
{
    static const struct named place[] = {{STR_INIT("country"), STR_INIT("country"), false},
                                         {STR_INIT("region"), STR_INIT("region"), false},
                                         {STR_INIT("city"), STR_INIT("city"), false}};
    add_dimensions(properties, pairs);
    add_variables(properties, request_pair(pairs, STR("_cvar")));
    add_variables(properties, request_pair(pairs, STR("cvar")));
    if (trusted) {
        add_named(properties, pairs, place, 3);
    }
}

/* ---- what it is ---- */

/* What makes a request one of this kind. */
struct kind {
    struct str parameter;
    enum event_type type;
    /* Name and properties. */
    void (*read)(struct ctx *ctx, struct request_pairs pairs,
                 struct collector_properties *properties, struct collector_event *event);
};

static void read_event(struct ctx *ctx, struct request_pairs pairs,
                       struct collector_properties *properties, struct collector_event *event)
{
    static const struct named names[] = {{STR_INIT("e_c"), STR_INIT("category"), false},
                                         {STR_INIT("e_a"), STR_INIT("action"), false},
                                         {STR_INIT("e_n"), STR_INIT("name"), false},
                                         {STR_INIT("e_v"), STR_INIT("value"), true}};
    struct str category = str_trim(request_pair(pairs, STR("e_c")));
    struct str action = str_trim(request_pair(pairs, STR("e_a")));
    event->name =
        arena_print(ctx->arena, "%.*s%s%.*s", STR_ARG(str_cut(category, 200)),
                    category.n > 0 && action.n > 0 ? ": " : "", STR_ARG(str_cut(action, 200)));
    add_named(properties, pairs, names, 4);
}

static void read_content(struct ctx *ctx, struct request_pairs pairs,
                         struct collector_properties *properties, struct collector_event *event)
{
    static const struct named names[] = {{STR_INIT("c_n"), STR_INIT("content"), false},
                                         {STR_INIT("c_p"), STR_INIT("piece"), false},
                                         {STR_INIT("c_t"), STR_INIT("target"), false},
                                         {STR_INIT("c_i"), STR_INIT("interaction"), false}};
    bool used = request_pair(pairs, STR("c_i")).n > 0;
    event->name = arena_print(ctx->arena, "Content %s: %.*s", used ? "used" : "shown",
                              STR_ARG(str_cut(request_pair(pairs, STR("c_n")), 200)));
    add_named(properties, pairs, names, 4);
}

static void read_goal(struct ctx *ctx, struct request_pairs pairs,
                      struct collector_properties *properties, struct collector_event *event)
{
    static const struct named names[] = {{STR_INIT("ec_id"), STR_INIT("order"), false},
                                         {STR_INIT("revenue"), STR_INIT("revenue"), true},
                                         {STR_INIT("ec_st"), STR_INIT("subtotal"), true},
                                         {STR_INIT("ec_tx"), STR_INIT("tax"), true},
                                         {STR_INIT("ec_sh"), STR_INIT("shipping"), true},
                                         {STR_INIT("ec_dt"), STR_INIT("discount"), true},
                                         {STR_INIT("ec_items"), STR_INIT("items"), false}};
    struct str goal = request_pair(pairs, STR("idgoal"));
    bool shop = str_eq(goal, STR("0"));
    bool order = request_pair(pairs, STR("ec_id")).n > 0;
    event->name = shop ? (order ? STR("Order") : STR("Cart"))
                       : arena_print(ctx->arena, "Goal %.*s", STR_ARG(str_cut(goal, 20)));
    collector_properties_text(properties, STR("goal"), shop ? STR("") : goal);
    add_named(properties, pairs, names, sizeof(names) / sizeof(*names));
}

static void read_link(struct collector_properties *properties, struct str kind, struct str link)
{
    struct collector_url url;
    collector_url(properties->ctx->arena, link, &url);
    collector_properties_text(properties, STR("kind"), kind);
    collector_properties_text(properties, STR("link"), url.url);
}

static void read_outlink(struct ctx *ctx, struct request_pairs pairs,
                         struct collector_properties *properties, struct collector_event *event)
{
    (void)ctx;
    (void)event;
    read_link(properties, STR("outbound"), request_pair(pairs, STR("link")));
}

static void read_download(struct ctx *ctx, struct request_pairs pairs,
                          struct collector_properties *properties,
                          struct collector_event *event)
{
    (void)ctx;
    (void)event;
    read_link(properties, STR("download"), request_pair(pairs, STR("download")));
}

static void read_ping(struct ctx *ctx, struct request_pairs pairs,
                      struct collector_properties *properties, struct collector_event *event)
{
    (void)ctx;
    (void)pairs;
    (void)event;
    collector_properties_text(properties, STR("kind"), STR("stay"));
}

static void read_page(struct ctx *ctx, struct request_pairs pairs,
                      struct collector_properties *properties, struct collector_event *event)
{
    static const struct named names[] = {
        {STR_INIT("res"), STR_INIT("screen"), false},
        {STR_INIT("lang"), STR_INIT("language"), false},
        {STR_INIT("search"), STR_INIT("search"), false},
        {STR_INIT("search_cat"), STR_INIT("searchCategory"), false},
        {STR_INIT("search_count"), STR_INIT("searchCount"), true},
        {STR_INIT("_pks"), STR_INIT("product"), false},
        {STR_INIT("_pkn"), STR_INIT("productName"), false},
        {STR_INIT("_pkp"), STR_INIT("price"), true},
    };
    (void)ctx;
    (void)event;
    add_named(properties, pairs, names, sizeof(names) / sizeof(*names));
}

/* The first that applies. */
static const struct kind kinds[] = {
    {STR_INIT("ping"), EVENT_EXIT, read_ping},
    {STR_INIT("download"), EVENT_EXIT, read_download},
    {STR_INIT("link"), EVENT_EXIT, read_outlink},
    {STR_INIT("e_c"), EVENT_CUSTOM, read_event},
    {STR_INIT("idgoal"), EVENT_CUSTOM, read_goal},
    {STR_INIT("c_n"), EVENT_CUSTOM, read_content},
};
static const struct kind page_kind = {STR_INIT(""), EVENT_PAGEVIEW, read_page};

/* NULL: of a plugin that we know nothing of. */
static const struct kind *kind_of(struct request_pairs pairs)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        struct str value = str_trim(request_pair(pairs, kinds[i].parameter));
        if (value.n > 0 && (kinds[i].read != read_ping || str_eq(value, STR("1")))) {
            return &kinds[i];
        }
    }
    return is_one(pairs, STR("ca")) ? NULL : &page_kind;
}

/* ---- one item ---- */

/* Time in ms, and whether it needs a server key. False: it is no time. */
static bool read_time(struct request_pairs pairs, int64_t now, double *out_ms, bool *out_old)
{
    struct str cdt = request_pair(pairs, STR("cdt"));
    struct str cdo = request_pair(pairs, STR("cdo"));
    double now_ms = (double)now / 1000;
    double seconds = 0;
    double offset = 0;
    int64_t at = 0;
    *out_ms = now_ms;
    if (cdt.n > 0) {
        if (str_to_double(cdt, &seconds)) {
            *out_ms = seconds * 1000;
        } else if (clock_parse_rfc3339(cdt, &at)) {
            *out_ms = (double)at / 1000;
        } else {
            return false;
        }
    }
    if (cdo.n > 0) {
        if (!str_to_double(cdo, &offset)) {
            return false;
        }
        *out_ms -= (offset < 0 ? -offset : offset) * 1000;
    }
    *out_old = *out_ms < now_ms - DAY_MS;
    return true;
}

/* 16 hexadecimal digits, else "no value". */
static struct str visitor_id(struct request_pairs pairs, struct str name)
{
    struct str id = request_pair(pairs, name);
    for (size_t i = 0; i < id.n; i++) {
        if (strchr("0123456789abcdefABCDEF", id.p[i]) == NULL || id.p[i] == '\0') {
            return (struct str){.p = NULL};
        }
    }
    return id.n == 16 ? id : (struct str){.p = NULL};
}

static struct str visitor_of(struct ctx *ctx, struct request_pairs pairs)
{
    struct str cid = visitor_id(pairs, STR("cid"));
    struct str own = visitor_id(pairs, STR("_id"));
    if (cid.n > 0 || own.n > 0) {
        return cid.n > 0 ? cid : own;
    }
    return collector_event_person(ctx, request_pair(pairs, STR("uid")));
}

/* Whom the request is about, when not who sends it. False: it may not say so. */
static bool read_override(struct request_pairs pairs, bool trusted,
                          struct collector_event *event)
{
    static const struct str needing[] = {STR_INIT("cip"),  STR_INIT("country"),
                                         STR_INIT("city"), STR_INIT("region"),
                                         STR_INIT("lat"),  STR_INIT("long")};
    for (size_t i = 0; i < sizeof(needing) / sizeof(*needing) && !trusted; i++) {
        if (request_pair(pairs, needing[i]).n > 0) {
            return false;
        }
    }
    event->agent = request_pair(pairs, STR("ua"));
    event->ip = request_pair(pairs, STR("cip"));
    return true;
}

static enum err open_site(struct collector_intake *intake, struct request_pairs pairs,
                          struct str token, size_t events, struct collector_batch **out_batch)
{
    struct str own = request_pair(pairs, STR("token_auth"));
    struct str site = request_pair(pairs, STR("idsite"));
    if (site.n == 0 || !is_one(pairs, STR("rec"))) {
        return ERR_INVALID;
    }
    return collector_open(intake, site, own.n > 0 ? own : token, events, out_batch);
}

/* ERR_NONE: it is in, or nothing is to be kept of it. ERR_INVALID and the like: it is wrong. */
static enum err read_item(struct collector_intake *intake, struct request_pairs pairs,
                          struct str token, size_t events, size_t item)
{
    struct ctx *ctx = intake->request->ctx;
    struct collector_batch *batch = NULL;
    struct collector_event event = {.item = item};
    struct collector_properties properties;
    const struct kind *kind = kind_of(pairs);
    bool old = false;
    TRY(open_site(intake, pairs, token, events, &batch));
    if (!read_time(pairs, intake->now, &event.said_ms, &old)) {
        return ERR_INVALID;
    }
    if ((old && !batch->trusted) || !read_override(pairs, batch->trusted, &event)) {
        return ERR_DENIED;
    }
    if (kind == NULL) {
        return ERR_NONE;
    }
    event.type = kind->type;
    event.at = collector_event_time(batch, intake->now, event.said_ms, 0);
    event.visitor = visitor_of(ctx, pairs);
    event.user = request_pair(pairs, STR("uid"));
    event.url = request_pair(pairs, STR("url"));
    event.referrer = request_pair(pairs, STR("urlref"));
    event.title = request_pair(pairs, STR("action_name"));
    event.new_session = is_one(pairs, STR("new_visit"));
    collector_properties_start(&properties, ctx, kind->type);
    kind->read(ctx, pairs, &properties, &event);
    add_common(&properties, pairs, batch->trusted);
    event.properties = collector_properties_end(&properties);
    collector_batch_add(ctx, batch, &event);
    return ERR_NONE;
}

/* ---- one request ---- */

static bool is_away(enum err err)
{
    return err != ERR_NONE && err != ERR_INVALID && err != ERR_DENIED && err != ERR_NOT_FOUND &&
           err != ERR_LIMIT;
}

static bool refuse_item(struct collector_intake *intake, enum err err)
{
    if (err == ERR_DENIED) {
        return collector_refuse(intake, 400, STR("token_needed"),
                                STR("This needs token_auth: a server key of the dataset."),
                                "token_auth");
    }
    if (err == ERR_NOT_FOUND) {
        return collector_refuse(intake, 400, STR("unknown_site"),
                                STR("There is no site with this idsite. The tracking page "
                                    "shows what it has to be."),
                                "idsite");
    }
    if (err == ERR_INVALID) {
        return collector_refuse(
            intake, 400, STR("invalid"),
            STR("A request needs idsite and rec=1, and times that are some."), NULL);
    }
    return collector_refuse_away(intake);
}

static bool read_single(struct collector_intake *intake, struct str body)
{
    struct ctx *ctx = intake->request->ctx;
    struct str query = intake->request->query;
    struct request_pairs pairs;
    bool both = query.n > 0 && body.n > 0;
    if (both) { /* the query's first, as it counts where both say something */
        query = arena_print(ctx->arena, "%.*s&%.*s", STR_ARG(query), STR_ARG(body));
    }
    collector_pairs(ctx, query.n > 0 ? query : body, &pairs);
    intake->silent = str_eq(request_pair(pairs, STR("send_image")), STR("0"));
    enum err err = read_item(intake, pairs, (struct str){.p = NULL}, 1, 0);
    return err == ERR_NONE || refuse_item(intake, err);
}

static struct request_pairs pairs_of_item(struct ctx *ctx, const struct json *item)
{
    struct request_pairs pairs = {.n = 0};
    struct str text = json_text(item);
    if (json_kind(item) == JSON_OBJECT) {
        return pairs_of_json(ctx, item);
    }
    if (text.n > 0) {
        size_t from = str_find(text, '?'); /* "?idsite=1", "matomo.php?idsite=1", or without */
        collector_pairs(ctx, str_slice(text, from == text.n ? 0 : from + 1, text.n), &pairs);
    }
    return pairs;
}

static bool read_items(struct collector_intake *intake, const struct json *requests,
                       struct str token)
{
    size_t n = json_count(requests);
    size_t item = 0;
    size_t taken = 0;
    intake->n_items = n;
    intake->wrong = ARENA_ARRAY(intake->request->ctx->arena, n, bool);
    for (const struct json *at = json_first(requests); at != NULL; at = json_next(at)) {
        struct request_pairs pairs = pairs_of_item(intake->request->ctx, at);
        enum err err = read_item(intake, pairs, token, n, item);
        if (is_away(err)) {
            return collector_refuse_away(intake);
        }
        intake->wrong[item++] = err != ERR_NONE;
        taken += err == ERR_NONE ? 1 : 0;
    }
    return taken > 0 ||
           collector_refuse(intake, 400, STR("invalid"),
                            STR("None of these requests can be taken."), "requests");
}

static bool read_bulk(struct collector_intake *intake, struct str body)
{
    struct ctx *ctx = intake->request->ctx;
    const struct json *root = NULL;
    if (json_parse(ctx, body, COLLECTOR_MATOMO_MAX, &root) != ERR_NONE) {
        ctx_clear(ctx);
        return collector_refuse(intake, 400, STR("not_json"), STR("The body is not JSON."),
                                NULL);
    }
    const struct json *requests = json_get(root, "requests");
    const struct json *image = json_get(root, "send_image");
    int64_t number = 1;
    size_t n = json_count(requests);
    intake->silent = json_id(image, &number) && number == 0;
    if (json_kind(requests) != JSON_ARRAY || n == 0) {
        return collector_refuse(intake, 400, STR("invalid"),
                                STR("Requests are a list of at least one."), "requests");
    }
    if (n > COLLECTOR_EVENTS_MAX) {
        return collector_refuse(intake, 413, STR("too_many"),
                                STR("One call may bring 500 requests at most."), "requests");
    }
    return read_items(intake, requests, json_text(json_get(root, "token_auth")));
}

bool collector_matomo_read(struct collector_intake *intake)
{
    struct str body = {.p = NULL};
    if (intake->request->method == METHOD_POST &&
        !collector_body(intake, COLLECTOR_MATOMO_MAX, &body)) {
        return false;
    }
    body = str_trim(body);
    return str_starts(body, STR("{")) ? read_bulk(intake, body) : read_single(intake, body);
}

/* ---- answers ---- */

static void answer_bulk(const struct collector_intake *intake, struct response *response)
{
    bool trusted = intake->n_batches > 0;
    size_t invalid = 0;
    struct sb *sb = &response->body;
    for (size_t i = 0; i < intake->n_items; i++) {
        invalid += intake->wrong[i] ? 1 : 0;
    }
    for (size_t i = 0; i < intake->n_batches; i++) {
        trusted = trusted && intake->batches[i].trusted;
    }
    bool failed = intake->refusal.status != 0;
    response->status = failed ? intake->refusal.status : 200;
    response->type = "application/json";
    sb_printf(sb, "{\"status\":\"%s\",\"tracked\":%zu,\"invalid\":%zu",
              failed ? "error" : "success", failed ? 0 : intake->n_items - invalid, invalid);
    if (trusted) {
        const char *separator = "";
        SB_LIT(sb, ",\"invalid_indices\":[");
        for (size_t i = 0; i < intake->n_items; i++) {
            if (intake->wrong[i]) {
                sb_printf(sb, "%s%zu", separator, i);
                separator = ",";
            }
        }
        sb_char(sb, ']');
    }
    sb_char(sb, '}');
    if (intake->refusal.status == 503) {
        response_header(response, "Retry-After", STR("2"));
    }
}

void collector_matomo_answer(const struct collector_intake *intake, struct response *response)
{
    int status = intake->refusal.status;
    bool pixel = intake->request->method != METHOD_POST;
    if (intake->silent && status == 0) {
        response_status(response, 204);
    } else if (intake->n_items > 0) {
        answer_bulk(intake, response);
    } else if (status != 0 && !pixel) {
        collector_answer_refusal(intake, response);
    } else {
        response->status = status != 0 ? status : 200;
        collector_answer_gif(response);
    }
}
