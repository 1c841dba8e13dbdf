#include "worker/company/asking.h"

#include "gen/sql.h"
#include "shared/crypt.h"
#include "shared/json.h"
#include "shared/url.h"

#define BURST_SECONDS 10 /* what a host's bucket holds, of what it gets in a minute */
#define FACTS_BYTES ((size_t)256 << 10)
#define MESSAGE_MAX 600
#define WAIT_LEAST_MS 1000

struct asked { /* a provider that is on */
    const struct provider *provider;
    const struct str *headers;
    size_t n_headers;
};

struct pair { /* a provider and a domain */
    struct inquiry *inquiry;
    const struct asked *asked;
    struct question question;
};

struct asking {
    struct run *run;
    struct inquiry *inquiries;
    size_t n;
    struct asked asked[PROVIDERS_MAX];
    struct str sources[PROVIDERS_MAX];
    size_t n_asked;
    struct pair *pairs; /* that are to be asked */
    size_t n_pairs;
};

const struct str *asking_sources(const struct asking *asking, size_t *out_n)
{
    *out_n = asking->n_asked;
    return asking->sources;
}

/* ---- who is asked ---- */

/* The lines that were sealed. A key file that is another one opens none: the service then says
 * that the key is missing. */
static void open_headers(struct run *run, struct str sealed, struct asked *asked)
{
    struct arena *arena = run->ctx->arena;
    struct str text, line;
    size_t n = 1;
    const char *purpose = provider_seal(arena, run->dataset, asked->provider->source);
    if (!crypt_open(arena, run->config->key, purpose, sealed, &text)) {
        return;
    }
    for (size_t i = 0; i < text.n; i++) {
        n += text.p[i] == '\n';
    }
    struct str *headers = ARENA_ARRAY(arena, n, struct str);
    while (str_next(&text, '\n', &line)) {
        if (!str_is_empty(str_trim(line))) {
            headers[asked->n_headers++] = str_trim(line);
        }
    }
    asked->headers = headers;
}

/* All of the dataset, on or off. */
static enum err load_all(struct run *run, struct asked **out, size_t *out_n)
{
    struct provider *providers;
    struct sql_provider_headers_rows rows;
    TRY(providers_load(run->db, run->dataset, &providers, out_n));
    TRY(sql_provider_headers(
        run->db, &(struct sql_provider_headers_in){.dataset = run->dataset}, &rows));
    struct asked *all = ARENA_ARRAY(run->ctx->arena, *out_n + 1, struct asked);
    for (size_t i = 0; i < *out_n; i++) {
        all[i] = (struct asked){.provider = &providers[i]};
        for (size_t k = 0; k < rows.n; k++) {
            if (str_eq(rows.row[k].source, providers[i].source)) {
                open_headers(run, rows.row[k].headers, &all[i]);
            }
        }
    }
    *out = all;
    return ERR_NONE;
}

static enum err load_providers(struct asking *asking)
{
    struct asked *all;
    size_t n;
    TRY(load_all(asking->run, &all, &n));
    for (size_t i = 0; i < n && asking->n_asked < PROVIDERS_MAX; i++) {
        if (all[i].provider->enabled) {
            asking->sources[asking->n_asked] = all[i].provider->source;
            asking->asked[asking->n_asked++] = all[i];
        }
    }
    return ERR_NONE;
}

static struct question make_question(struct run *run, const struct asked *asked)
{
    return (struct question){.http = run_http(run),
                             .config = run->config,
                             .cancel = run->stop,
                             .provider = asked->provider,
                             .headers = asked->headers,
                             .n_headers = asked->n_headers};
}

enum err asking_one(struct run *run, struct str source, struct question *out)
{
    struct asked *all;
    size_t n;
    TRY(load_all(run, &all, &n));
    for (size_t i = 0; i < n; i++) {
        if (str_eq(all[i].provider->source, source)) {
            *out = make_question(run, &all[i]);
            return ERR_NONE;
        }
    }
    return ERR_NOT_FOUND;
}

/* ---- what is known ---- */

static void add_message(struct inquiry *inquiry, struct str message)
{
    struct ctx *ctx = inquiry->asking->run->ctx;
    if (!str_is_empty(message)) {
        inquiry->message =
            str_cut(str_is_empty(inquiry->message)
                        ? arena_dup(ctx->arena, message)
                        : arena_print(ctx->arena, "%.*s %.*s", STR_ARG(inquiry->message),
                                      STR_ARG(message)),
                    MESSAGE_MAX);
    }
}

static const struct sql_provider_answers_get *
find_answer(const struct sql_provider_answers_get_rows *rows, struct str domain,
            struct str source)
{
    for (size_t i = 0; i < rows->n; i++) {
        if (str_eq(rows->row[i].domain, domain) && str_eq(rows->row[i].source, source)) {
            return &rows->row[i];
        }
    }
    return NULL;
}

/* That a provider does not know the company is no news. */
static bool is_worth_saying(enum answer_outcome outcome)
{
    return outcome == ANSWER_REFUSED || outcome == ANSWER_FAILED;
}

static void choose_pairs(struct asking *asking,
                         const struct sql_provider_answers_get_rows *rows)
{
    asking->pairs =
        ARENA_ARRAY(asking->run->ctx->arena, asking->n * asking->n_asked + 1, struct pair);
    for (size_t i = 0; i < asking->n; i++) {
        struct inquiry *inquiry = &asking->inquiries[i];
        for (size_t k = 0; k < asking->n_asked; k++) {
            const struct sql_provider_answers_get *known =
                find_answer(rows, inquiry->domain, asking->sources[k]);
            if (known != NULL && known->fresh && !inquiry->fresh) {
                if (is_worth_saying((enum answer_outcome)known->outcome)) {
                    add_message(inquiry, known->message);
                }
                continue;
            }
            asking->pairs[asking->n_pairs++] =
                (struct pair){.inquiry = inquiry, .asked = &asking->asked[k]};
        }
    }
}

static enum err load_answers(struct asking *asking)
{
    struct run *run = asking->run;
    struct sql_provider_answers_get_rows rows;
    struct str *domains = ARENA_ARRAY(run->ctx->arena, asking->n + 1, struct str);
    int32_t *days = ARENA_ARRAY(run->ctx->arena, asking->n_asked + 1, int32_t);
    for (size_t i = 0; i < asking->n; i++) {
        domains[i] = asking->inquiries[i].domain;
    }
    for (size_t k = 0; k < asking->n_asked; k++) {
        days[k] = asking->asked[k].provider->refresh_days;
    }
    TRY(sql_provider_answers_get(
        run->db,
        &(struct sql_provider_answers_get_in){.dataset = run->dataset,
                                              .domains = {domains, asking->n},
                                              .sources = {asking->sources, asking->n_asked},
                                              .refresh_days = {days, asking->n_asked}},
        &rows));
    choose_pairs(asking, &rows);
    return ERR_NONE;
}

/* ---- how often ---- */

/* Whom the questions of a pair go to. */
static struct str host_of(struct ctx *ctx, const struct pair *pair)
{
    const struct provider *provider = pair->asked->provider;
    struct url url;
    if (provider->kind == PROVIDER_SITE) {
        return pair->inquiry->domain;
    }
    return url_parse(ctx->arena, provider_address(ctx, provider, pair->inquiry->domain), &url)
               ? url.host
               : provider->source;
}

struct hosts {
    struct str *names;
    int32_t *wanted, *per_minute, *burst;
    size_t n;
};

static size_t find_host(const struct hosts *hosts, struct str name)
{
    size_t i = 0;
    while (i < hosts->n && !str_eq(hosts->names[i], name)) {
        i++;
    }
    return i;
}

static void count_host(struct hosts *hosts, struct str name, int32_t per_minute)
{
    size_t i = find_host(hosts, name);
    if (i == hosts->n) {
        int32_t burst = per_minute * BURST_SECONDS / 60;
        hosts->names[i] = name;
        hosts->per_minute[i] = per_minute;
        hosts->burst[i] = burst < 1 ? 1 : burst;
        hosts->wanted[i] = 0;
        hosts->n++;
    }
    hosts->wanted[i]++;
}

static void refuse_pair(struct asking *asking, size_t at, double turn_s)
{
    struct pair *pair = &asking->pairs[at];
    int64_t wait_ms = (int64_t)(turn_s * 1000);
    wait_ms = wait_ms < WAIT_LEAST_MS ? WAIT_LEAST_MS : wait_ms;
    bool later = wait_ms > pair->inquiry->wait_ms;
    pair->inquiry->wait_ms = later ? wait_ms : pair->inquiry->wait_ms;
    pair->asked = NULL; /* not this time */
}

/* Hosts come back in no order; those that somebody else made at this moment, not at all. */
static void apply_budget(struct asking *asking, struct str *host_of_pair,
                         const struct sql_host_budget_take_rows *rows)
{
    struct arena *arena = asking->run->ctx->arena;
    int32_t *used = ARENA_ARRAY(arena, rows->n + 1, int32_t);
    for (size_t i = 0; i < asking->n_pairs; i++) {
        size_t r = 0;
        while (r < rows->n && !str_eq(rows->row[r].host, host_of_pair[i])) {
            r++;
        }
        int32_t granted = r < rows->n ? rows->row[r].granted : 0;
        if (used[r]++ < granted) {
            continue;
        }
        double rate = (double)asking->pairs[i].asked->provider->per_minute / 60;
        double turn_s = r < rows->n ? rows->row[r].turn_s : 0;
        refuse_pair(asking, i, turn_s + (double)(used[r] - granted) / rate);
    }
}

static enum err take_budget(struct asking *asking)
{
    struct ctx *ctx = asking->run->ctx;
    size_t n = asking->n_pairs;
    struct str *host_of_pair = ARENA_ARRAY(ctx->arena, n + 1, struct str);
    struct hosts hosts = {.names = ARENA_ARRAY(ctx->arena, n + 1, struct str),
                          .wanted = ARENA_ARRAY(ctx->arena, n + 1, int32_t),
                          .per_minute = ARENA_ARRAY(ctx->arena, n + 1, int32_t),
                          .burst = ARENA_ARRAY(ctx->arena, n + 1, int32_t)};
    struct sql_host_budget_take_rows rows;
    for (size_t i = 0; i < n; i++) {
        host_of_pair[i] = host_of(ctx, &asking->pairs[i]);
        count_host(&hosts, host_of_pair[i], asking->pairs[i].asked->provider->per_minute);
    }
    if (n == 0) {
        return ERR_NONE;
    }
    TRY(sql_host_budget_take(
        asking->run->db,
        &(struct sql_host_budget_take_in){.hosts = {hosts.names, hosts.n},
                                          .wanted = {hosts.wanted, hosts.n},
                                          .per_minute = {hosts.per_minute, hosts.n},
                                          .burst = {hosts.burst, hosts.n}},
        &rows));
    apply_budget(asking, host_of_pair, &rows);
    return ERR_NONE;
}

enum err asking_load(struct run *run, struct inquiry *inquiries, size_t n, struct asking **out)
{
    struct asking *asking = ARENA_NEW(run->ctx->arena, struct asking);
    *asking = (struct asking){.run = run, .inquiries = inquiries, .n = n};
    for (size_t i = 0; i < n; i++) {
        inquiries[i].asking = asking;
    }
    TRY(load_providers(asking));
    TRY(load_answers(asking));
    TRY(take_budget(asking));
    *out = asking;
    return ERR_NONE;
}

/* ---- asking ---- */

struct str answer_json(struct ctx *ctx, const struct answer *answer)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, FACTS_BYTES);
    sb_char(&sb, '{');
    for (size_t i = 0; i < answer->n; i++) {
        sb_bytes(&sb, ",", i != 0);
        json_write_str(&sb, answer->fields[i]);
        sb_char(&sb, ':');
        json_write_str(&sb, answer->values[i]);
    }
    sb_char(&sb, '}');
    return sb.overflow ? STR("{}") : sb_view(&sb);
}

static enum err store(struct asking *asking, const struct pair *pair)
{
    struct run *run = asking->run;
    const struct answer *answer = &pair->question.answer;
    const struct provider *provider = pair->asked->provider;
    TRY(run_begin(run));
    TRY(sql_provider_answer_put(
        run->db,
        &(struct sql_provider_answer_put_in){.dataset = run->dataset,
                                             .domain = pair->inquiry->domain,
                                             .source = provider->source,
                                             .outcome = (int16_t)answer->outcome,
                                             .facts = answer_json(run->ctx, answer),
                                             .guess = answer->guess,
                                             .message = answer->message,
                                             .logo_type = answer->icon_type,
                                             .logo = answer->icon},
        NULL));
    if (provider->kind != PROVIDER_SITE && is_worth_saying(answer->outcome)) {
        TRY(sql_provider_failed(run->db,
                                &(struct sql_provider_failed_in){.dataset = run->dataset,
                                                                 .source = provider->source,
                                                                 .failure = answer->message},
                                NULL));
    }
    return db_commit(run->db);
}

static void end_pair(struct inquiry *inquiry)
{
    if (--inquiry->open == 0) {
        inquiry->done(inquiry);
    }
}

static void on_answer(void *data, struct question *question)
{
    struct pair *pair = data;
    struct inquiry *inquiry = pair->inquiry;
    struct run *run = inquiry->asking->run;
    if (is_worth_saying(question->answer.outcome)) {
        add_message(inquiry, question->answer.message);
    }
    inquiry->failed = inquiry->failed || question->answer.outcome == ANSWER_FAILED;
    if (store(inquiry->asking, pair) != ERR_NONE) {
        db_rollback(run->db);
        inquiry->failed = true; /* the database is away, or somebody was faster */
        ctx_clear(run->ctx);
    }
    question_free(question);
    end_pair(inquiry);
}

static void ask_pair(struct asking *asking, struct pair *pair)
{
    pair->question = make_question(asking->run, pair->asked);
    pair->question.domain = pair->inquiry->domain;
    pair->question.done = on_answer;
    pair->question.data = pair;
    question_ask(&pair->question);
}

void asking_start(struct asking *asking)
{
    for (size_t i = 0; i < asking->n; i++) {
        asking->inquiries[i].open = 1; /* until all of its pairs were begun */
    }
    for (size_t i = 0; i < asking->n_pairs; i++) {
        asking->pairs[i].inquiry->open += asking->pairs[i].asked != NULL ? 1 : 0;
    }
    for (size_t i = 0; i < asking->n_pairs; i++) {
        if (asking->pairs[i].asked != NULL) {
            ask_pair(asking, &asking->pairs[i]);
        }
    }
    for (size_t i = 0; i < asking->n; i++) {
        end_pair(&asking->inquiries[i]);
    }
}
