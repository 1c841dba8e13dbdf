#include "worker/crm.h"

#include "shared/channel.h"
#include "shared/clock.h"
#include "shared/crypt.h"

#define TIMEOUT_MS 30000
#define ANSWER_BYTES ((size_t)512 << 10)
#define MEMORY_MOST ((size_t)100 << 20) /* of a run; then another goes on */
#define LATE_US (15 * CLOCK_SECOND)     /* then what was intended is not done any more */
#define DATA_BYTES ((size_t)64 << 10)
#define TEXT_MAX 2000

/* ---- whom it is about ---- */

static struct str link_to(struct crm *crm, const char *folder, int64_t id)
{
    struct str origin = crm->target->origin;
    return str_is_empty(origin) ? (struct str){.p = NULL}
                                : arena_print(crm->run->ctx->arena, "%.*s/%s/%lld",
                                              STR_ARG(origin), folder, (long long)id);
}

static enum err load_company(struct crm *crm)
{
    struct ctx *ctx = crm->run->ctx;
    struct sql_crm_company row;
    TRY(sql_crm_company(crm->run->db,
                        &(struct sql_crm_company_in){.dataset = crm->target->dataset,
                                                     .account = crm->delivery->account},
                        &row));
    if (row.hidden) {
        return ERR_NOT_FOUND;
    }
    crm->has_company = true;
    crm->company = (struct crm_thing){.ids = row.ids,
                                      .name = row.name,
                                      .domain = row.domain,
                                      .link = link_to(crm, "accounts", row.id)};
    return json_parse(ctx, row.data, DATA_BYTES, &crm->company.data);
}

static enum err load_people(struct crm *crm)
{
    struct ctx *ctx = crm->run->ctx;
    struct sql_crm_people_rows rows;
    const struct sql_crm_people_in in = {.dataset = crm->target->dataset,
                                         .account =
                                             crm->has_company ? crm->company.ids.v[0] : 0,
                                         .account_null = !crm->has_company,
                                         .lead = crm->delivery->lead,
                                         .lead_null = crm->has_company,
                                         .most = CRM_PEOPLE_MAX};
    TRY(sql_crm_people(crm->run->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct crm_thing *person = &crm->people[crm->n_people++];
        *person = (struct crm_thing){.ids = rows.row[i].ids,
                                     .email = rows.row[i].email,
                                     .link = link_to(crm, "leads", rows.row[i].id)};
        TRY(json_parse(ctx, rows.row[i].data, DATA_BYTES, &person->data));
        struct str first = json_text(json_get(person->data, "first_name"));
        struct str last = json_text(json_get(person->data, "last_name"));
        struct str name =
            str_trim(arena_print(ctx->arena, "%.*s %.*s", STR_ARG(first), STR_ARG(last)));
        person->name = str_is_empty(name) ? person->email : name;
    }
    return ERR_NONE;
}

/* "Acme came into Decision on Sales", or what was given. */
static struct str read_reason(struct crm *crm)
{
    struct ctx *ctx = crm->run->ctx;
    const struct json *data = NULL;
    if (json_parse(ctx, crm->delivery->data, DATA_BYTES, &data) != ERR_NONE) {
        ctx_clear(ctx);
        return (struct str){.p = NULL};
    }
    struct str reason = json_text(json_get(data, "reason"));
    struct str stage = json_text(json_get(json_get(data, "to_stage"), "name"));
    struct str board = json_text(json_get(json_get(data, "board"), "name"));
    return str_is_empty(reason) && !str_is_empty(stage)
               ? arena_print(ctx->arena, "Came into %.*s on %.*s", STR_ARG(stage),
                             STR_ARG(board))
               : reason;
}

enum err crm_load(struct crm *crm)
{
    sb_init(&crm->did, crm->run->ctx->arena, TEXT_MAX);
    sb_init(&crm->note, crm->run->ctx->arena, TEXT_MAX);
    crm->reason = read_reason(crm);
    if (crm->delivery->account != 0) {
        TRY(load_company(crm));
    }
    if (!crm->has_company || crm->target->settings.persons) {
        TRY(load_people(crm));
    }
    return crm->has_company || crm->n_people > 0 ? ERR_NONE : ERR_NOT_FOUND;
}

void crm_did(struct crm *crm, const char *what)
{
    sb_printf(&crm->did, "%s%s", crm->did.n > 0 ? ", " : "", what);
}

/* ---- calls ---- */

enum err crm_fail(struct crm *crm, bool hopeless, struct str error)
{
    crm->result->outcome = ATTEMPT_FAILED;
    crm->result->hopeless = hopeless;
    crm->result->error = error;
    return hopeless ? ERR_INVALID : ERR_UNAVAILABLE;
}

void crm_forgive(struct crm *crm)
{
    struct delivery_result *result = crm->result;
    *result = (struct delivery_result){
        .delivery = result->delivery, .cost = result->cost, .outcome = ATTEMPT_FAILED};
    ctx_clear(crm->run->ctx);
}

/* What services say is wrong, wherever they put it. */
static struct str said(const struct crm_answer *answer)
{
    static const char *const names[] = {"message", "error", "error_info", "detail"};
    const struct json *row = json_first(json_get(answer->json, "errors"));
    if (!str_is_empty(json_text(json_get(row, "message")))) { /* of a batch */
        return str_cut(json_text(json_get(row, "message")), 500);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct str text = json_text(json_get(answer->json, names[i]));
        if (!str_is_empty(text)) {
            return str_cut(text, 500);
        }
    }
    return (struct str){.p = NULL};
}

static struct str say_status(struct crm *crm, const struct crm_answer *answer)
{
    struct str words = said(answer);
    return arena_print(crm->run->ctx->arena, "%s answered %d%s%.*s",
                       integration_kind_name(crm->target->kind), answer->status,
                       str_is_empty(words) ? "." : ": ", STR_ARG(words));
}

static enum err judge_status(struct crm *crm, const struct crm_answer *answer)
{
    struct str text = say_status(crm, answer);
    switch (answer->status) {
    case 401:
        (void)crm_fail(crm, false, text);
        crm->result->stop =
            arena_print(crm->run->ctx->arena, "%s does not accept the key. Enter a new one.",
                        integration_kind_name(crm->target->kind));
        return ERR_DENIED;
    case 402:
    case 403:
        (void)crm_fail(crm, true,
                       arena_print(crm->run->ctx->arena,
                                   "%.*s The key, or the plan there, does not allow "
                                   "this.",
                                   STR_ARG(text)));
        return ERR_DENIED;
    case 404:
    case 410:
        (void)crm_fail(crm, true, text);
        return ERR_NOT_FOUND;
    default:
        break;
    }
    bool refused = answer->status >= 400 && answer->status < 500 && answer->status != 408 &&
                   answer->status != 423 && answer->status != 425;
    (void)crm_fail(crm, refused, text);
    return refused ? ERR_INVALID : ERR_UNAVAILABLE;
}

static enum err judge(struct crm *crm, const struct crm_request *request, enum err sent,
                      const struct http_response *response, struct crm_answer *out)
{
    struct ctx *ctx = crm->run->ctx;
    if (sent != ERR_NONE) {
        (void)crm_fail(crm, sent == ERR_DENIED || sent == ERR_INVALID, ctx->why);
        ctx_clear(ctx);
        return sent == ERR_TIMEOUT                         ? ERR_TIMEOUT
               : sent == ERR_DENIED || sent == ERR_INVALID ? ERR_INVALID
                                                           : ERR_UNAVAILABLE;
    }
    *out = (struct crm_answer){.status = response->status, .body = response->body};
    if (json_parse(ctx, response->body, ANSWER_BYTES, &out->json) != ERR_NONE) {
        ctx_clear(ctx);
        out->json = NULL;
    }
    if (response->status >= 200 && response->status < 300) {
        return ERR_NONE;
    }
    if (crm->is_limit(crm, response)) {
        crm->result->outcome = ATTEMPT_HELD;
        return ERR_LIMIT;
    }
    if (request->may_miss && response->status == 404) {
        return ERR_NOT_FOUND;
    }
    return judge_status(crm, out);
}

/* For the log: no header of ours, since one is the key. */
static void add_exchange(struct crm *crm, const struct crm_request *request, int64_t start_us,
                         const struct http_response *response)
{
    struct delivery_exchange *exchange = &crm->exchanges[crm->n_exchanges++];
    *exchange = (struct delivery_exchange){
        .what = str_from(request->what),
        .outcome = ATTEMPT_FAILED,
        .status = response->status,
        .took_ms = (int)((clock_monotonic() - start_us) / 1000),
        .request = arena_print(crm->run->ctx->arena, "%s %.*s%s%.*s", request->method,
                               STR_ARG(request->path), str_is_null(request->body) ? "" : "\n\n",
                               STR_ARG(request->body)),
        .answer = response->body};
}

/* A worker that stood still since it wrote what it intends must not go on: by then another may
 * have looked whether it is there. */
static bool is_late(const struct crm *crm)
{
    return crm->intended_us != 0 && clock_monotonic() - crm->intended_us > LATE_US;
}

enum err crm_call(struct crm *crm, const struct crm_request *request, struct crm_answer *out)
{
    struct run *run = crm->run;
    struct http_response response = {0};
    struct http_request http = {
        .url = arena_print(run->ctx->arena, "%.*s%.*s", STR_ARG(crm->target->url),
                           STR_ARG(request->path)),
        .method = str_from(request->method),
        .headers = crm->headers,
        .n_headers = crm->n_headers,
        .body = request->body,
        .content_type = STR("application/json"),
        .max_bytes = ANSWER_BYTES,
        .stay = true,
        .keep = crm->intended_us == 0, /* what adds something is sent once */
        .patient = true,
        .timeout_ms = TIMEOUT_MS};
    *out = (struct crm_answer){.status = 0};
    if (crm->n_exchanges == CRM_CALLS_MAX || atomic_load(run->stop) || is_late(crm) ||
        arena_used(run->ctx->arena) > MEMORY_MOST) {
        (void)crm_fail(crm, false, STR("This was interrupted, and goes on later."));
        crm->result->outcome = ATTEMPT_HELD;
        return ERR_LIMIT;
    }
    int64_t start_us = clock_monotonic();
    enum err err = http_fetch(run->ctx, run_http(run), &http, &response);
    crm->result->cost += request->cost;
    add_exchange(crm, request, start_us, &response);
    err = judge(crm, request, err, &response, out);
    struct delivery_exchange *exchange = &crm->exchanges[crm->n_exchanges - 1];
    if (err == ERR_NONE || (err == ERR_NOT_FOUND && request->may_miss)) {
        exchange->outcome = ATTEMPT_WELL;
    } else {
        exchange->outcome = err == ERR_LIMIT ? ATTEMPT_HELD : ATTEMPT_FAILED;
        exchange->error = crm->result->error;
    }
    return err;
}

/* ---- the map ---- */

enum err crm_known(struct crm *crm, enum external_kind kind, struct sql_i64s ids,
                   struct crm_known *out)
{
    struct sql_external_get_rows rows;
    const struct sql_external_get_in in = {.dataset = crm->target->dataset,
                                           .integration = crm->target->integration,
                                           .kind = (int16_t)kind,
                                           .ours = ids};
    TRY(sql_external_get(crm->run->db, &in, &rows));
    *out = (struct crm_known){.tried_s = -1};
    if (rows.n > 0) {
        *out = (struct crm_known){.remote_id = rows.row[0].remote_id,
                                  .hash = rows.row[0].hash,
                                  .tried_s = rows.row[0].tried_s};
    }
    return ERR_NONE;
}

enum err crm_settled(struct crm *crm, const struct crm_known *known)
{
    if (known->tried_s < 0 || known->tried_s >= CRM_SETTLE_S) {
        return ERR_NONE;
    }
    crm->result->outcome = ATTEMPT_HELD;
    crm->result->retry_after_s = CRM_SETTLE_S - known->tried_s;
    crm->result->error = STR("The last attempt got no answer. LeadBoard looks a minute later "
                             "whether it was done, before it is tried again.");
    return ERR_LIMIT;
}

enum err crm_intend(struct crm *crm, enum external_kind kind, int64_t our_id)
{
    struct run *run = crm->run;
    const struct sql_external_try_in in = {.dataset = crm->target->dataset,
                                           .integration = crm->target->integration,
                                           .kind = (int16_t)kind,
                                           .our_id = our_id};
    crm->intended_us = clock_monotonic();
    TRY(run_begin(run));
    TRY(run_fence(run));
    TRY(sql_external_try(run->db, &in, NULL));
    return db_commit(run->db);
}

enum err crm_keep(struct crm *crm, enum external_kind kind, int64_t our_id,
                  struct str remote_id, struct str hash)
{
    struct run *run = crm->run;
    const struct sql_external_keep_in in = {.dataset = crm->target->dataset,
                                            .integration = crm->target->integration,
                                            .kind = (int16_t)kind,
                                            .our_id = our_id,
                                            .remote_id = remote_id,
                                            .hash = hash};
    crm->intended_us = 0;
    TRY(run_begin(run));
    TRY(run_fence(run));
    TRY(sql_external_keep(run->db, &in, NULL));
    return db_commit(run->db);
}

enum err crm_forget(struct crm *crm, enum external_kind kind, int64_t our_id)
{
    struct run *run = crm->run;
    const struct sql_external_forget_in in = {.dataset = crm->target->dataset,
                                              .integration = crm->target->integration,
                                              .kind = (int16_t)kind,
                                              .our_id = our_id};
    crm->intended_us = 0;
    TRY(run_begin(run));
    TRY(run_fence(run));
    TRY(sql_external_forget(run->db, &in, NULL));
    return db_commit(run->db);
}

enum err crm_missed(struct crm *crm, enum err err, enum external_kind kind, int64_t our_id,
                    bool *out_gone)
{
    *out_gone = err == ERR_NOT_FOUND;
    if (!*out_gone) {
        return err;
    }
    crm_forgive(crm);
    return crm_forget(crm, kind, our_id);
}

enum err crm_keep_remote(struct crm *crm, const struct sb *json)
{
    struct sql_integration_remote_in in = {.dataset = crm->target->dataset,
                                           .integration = crm->target->integration};
    TRY(sb_done(json, &in.remote));
    return sql_integration_remote(crm->run->db, &in, NULL);
}

struct str crm_hash(struct crm *crm, struct str body)
{
    uint8_t hash[CRYPT_HASH16_BYTES];
    crypt_hash16(&body, 1, hash);
    return arena_dup(crm->run->ctx->arena,
                     (struct str){.p = (const char *)hash, .n = sizeof(hash)});
}

/* ---- values ---- */

struct str crm_value(struct crm *crm, const struct crm_thing *thing,
                     const struct integration_map *map)
{
    struct arena *arena = crm->run->ctx->arena;
    const struct json *value = json_get(thing->data, arena_cstr(arena, map->ours));
    int64_t number;
    if (str_eq(map->ours, STR("link"))) {
        return thing->link;
    }
    if (str_eq(map->ours, STR("channel"))) {
        return json_i64(value, &number) ? str_from(channel_name((int)number))
                                        : (struct str){.p = NULL};
    }
    if (json_i64(value, &number)) {
        return arena_print(arena, "%lld", (long long)number);
    }
    return json_text(value);
}

static bool is_refused(const struct crm *crm, struct str key)
{
    for (size_t i = 0; i < crm->n_refused; i++) {
        if (str_eq(crm->refused[i], key)) {
            return true;
        }
    }
    return false;
}

const struct integration_map *crm_next(struct crm *crm, const struct crm_thing *thing,
                                       const char *of, size_t *place, struct str *out_value)
{
    const struct integration_settings *settings = &crm->target->settings;
    while (*place < settings->n_map) {
        const struct integration_map *map = &settings->map[(*place)++];
        if (!str_eq(map->of, str_from(of)) || is_refused(crm, map->theirs)) {
            continue;
        }
        *out_value = crm_value(crm, thing, map);
        if (!str_is_empty(*out_value)) {
            return map;
        }
    }
    return NULL;
}

bool crm_refuse(struct crm *crm, const char *of, const struct crm_answer *answer)
{
    const struct integration_settings *settings = &crm->target->settings;
    bool found = false;
    for (size_t i = 0; i < settings->n_map && crm->n_refused < CRM_REFUSED_MAX; i++) {
        const struct integration_map *map = &settings->map[i];
        if (!str_eq(map->of, str_from(of)) || is_refused(crm, map->theirs) ||
            !str_contains(answer->body, map->theirs)) {
            continue;
        }
        struct str words = said(answer);
        crm->refused[crm->n_refused++] = map->theirs;
        sb_printf(&crm->note,
                  "%sWithout %.*s: the field %.*s there does not take it%s%.*s%s Change the "
                  "field, or the mapping.",
                  crm->note.n > 0 ? " " : "", STR_ARG(map->ours), STR_ARG(map->theirs),
                  str_is_empty(words) ? "." : " (", STR_ARG(str_cut(words, 200)),
                  str_is_empty(words) ? "" : ").");
        found = true;
    }
    if (found) {
        crm_forgive(crm);
    }
    return found;
}
