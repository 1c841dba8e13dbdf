/* enrich: reads what a company's own site says of it - name, description, icon - and stores it
 * with its source. Payload {"account": "12"}. No transaction is open while the network is;
 * running it again only fetches again. */
#include "worker/kinds.h"

#include "gen/sql.h"
#include "shared/facts.h"
#include "shared/json.h"
#include "worker/site.h"

#define PAGE_BYTES ((size_t)512 << 10)
#define ICON_BYTES ((size_t)64 << 10)
#define FETCH_MS 15000
#define PAYLOAD_BYTES 2048

struct profile {
    bool named; /* the account has a name that somebody gave it */
    struct site site;
    struct str url; /* of the home page, after redirects */
    struct str icon_type, icon;
};

/* Top-level domains that lead nowhere by design (RFC 6761, RFC 2606). */
static bool is_reserved(struct str domain)
{
    static const struct str reserved[] = {STR_INIT(".example"), STR_INIT(".test"),
                                          STR_INIT(".invalid"), STR_INIT(".localhost"),
                                          STR_INIT(".local")};
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (str_ends(domain, reserved[i])) {
            return true;
        }
    }
    return false;
}

static enum err fetch(struct run *run, struct str url, size_t max_bytes, bool cut,
                      struct http_response *out)
{
    struct http_request request = {
        .url = url,
        .max_bytes = max_bytes,
        .cut = cut,
        .timeout_ms = FETCH_MS,
        .cancel = run->stop,
    };
    TRY(http_fetch(run->ctx, run_http(run), &request, out));
    if (out->status >= 500 || out->status == 429) {
        return ctx_fail(run->ctx, ERR_UNAVAILABLE, "The site answered with error %d.",
                        out->status);
    }
    if (out->status >= 400) {
        return ctx_fail(run->ctx, ERR_NOT_FOUND, "The site answered with error %d.",
                        out->status);
    }
    return ERR_NONE;
}

/* The encrypted site first; the plain one only where no encrypted one answers. */
static enum err fetch_home(struct run *run, struct str domain, struct http_response *out)
{
    struct arena *arena = run->ctx->arena;
    struct str url = arena_print(arena, "https://%.*s/", STR_ARG(domain));
    enum err err = fetch(run, url, PAGE_BYTES, true, out);
    if (err != ERR_UNAVAILABLE && err != ERR_TIMEOUT) {
        return err;
    }
    ctx_clear(run->ctx);
    return fetch(run, arena_print(arena, "http://%.*s/", STR_ARG(domain)), PAGE_BYTES, true,
                 out);
}

/* An icon is nice to have: whatever goes wrong with it, the profile stands. */
static void fetch_icon(struct run *run, struct profile *profile)
{
    static const char *const types[] = {
        [SITE_IMAGE_PNG] = "image/png",    [SITE_IMAGE_JPEG] = "image/jpeg",
        [SITE_IMAGE_GIF] = "image/gif",    [SITE_IMAGE_WEBP] = "image/webp",
        [SITE_IMAGE_ICO] = "image/x-icon",
    };
    struct http_response answer;
    if (str_is_empty(profile->site.icon) ||
        fetch(run, profile->site.icon, ICON_BYTES, false, &answer) != ERR_NONE) {
        ctx_clear(run->ctx);
        return;
    }
    enum site_image kind = site_image_kind(answer.body);
    if (kind != SITE_IMAGE_NONE) {
        profile->icon = answer.body;
        profile->icon_type = str_from(types[kind]);
    }
}

static enum err look(struct run *run, struct str domain, struct profile *out)
{
    struct http_response home;
    TRY(fetch_home(run, domain, &home));
    site_read(run->ctx, home.body, home.content_type, home.url, &out->site);
    out->url = home.url;
    fetch_icon(run, out);
    return ERR_NONE;
}

struct facts {
    struct str fields[4], values[4];
    size_t n;
};

static void add_fact(struct facts *facts, struct str field, struct str value)
{
    if (!str_is_empty(value)) {
        facts->fields[facts->n] = field;
        facts->values[facts->n++] = value;
    }
}

static enum err store(struct run *run, int64_t account, const struct profile *profile)
{
    struct facts facts = {.n = 0};
    if (profile->site.name_is_stated || !profile->named) { /* a guess beats no form */
        add_fact(&facts, STR("name"), profile->site.name);
    }
    add_fact(&facts, STR("description"), profile->site.description);
    add_fact(&facts, STR("website"), profile->url);
    if (!str_is_empty(profile->icon)) {
        struct sql_account_icon_put_in icon = {.dataset = run->dataset,
                                               .account = account,
                                               .media_type = profile->icon_type,
                                               .bytes = profile->icon};
        TRY(sql_account_icon_put(run->db, &icon, NULL));
        add_fact(&facts, STR("logo"),
                 arena_print(run->ctx->arena, "/accounts/%lld/icon", (long long)account));
    }
    const struct facts_put put = {.dataset = run->dataset,
                                  .account = account,
                                  .source = STR("site"),
                                  .fields = facts.fields,
                                  .values = facts.values,
                                  .n = facts.n};
    TRY(facts_put(run->db, &put));
    struct sql_enrich_cards_update_in cards = {.dataset = run->dataset, .account = account};
    return sql_enrich_cards_update(run->db, &cards, NULL);
}

static enum err note_result(struct run *run, int64_t account, struct str message)
{
    struct sql_enrich_done_in done = {
        .dataset = run->dataset, .account = account, .message = message};
    return sql_enrich_done(run->db, &done, NULL);
}

/* Says on the account why nothing was found. Where a later try can help, the job stays. */
static enum err give_up(struct run *run, int64_t account, enum err err)
{
    struct str why = run->ctx->why;
    bool again = err == ERR_UNAVAILABLE || err == ERR_TIMEOUT;
    ctx_clear(run->ctx);
    TRY(run_begin(run));
    if (!again) {
        TRY(note_result(run, account, why));
        return run_complete(run);
    }
    TRY(run_hold(run));
    TRY(note_result(run, account, why));
    TRY(db_commit(run->db));
    return ctx_fail(run->ctx, err, "%.*s", STR_ARG(why));
}

static enum err read_account(struct run *run, int64_t *out_id,
                             struct sql_enrich_account_get *out)
{
    const struct json *payload = NULL;
    TRY(json_parse(run->ctx, run->jobs[0].payload, PAYLOAD_BYTES, &payload));
    if (!json_id(json_get(payload, "account"), out_id)) {
        return ctx_fail(run->ctx, ERR_INVALID, "The job does not say which account it is for.");
    }
    TRY(run_begin(run));
    struct sql_enrich_account_get_in get = {.dataset = run->dataset, .account = *out_id};
    TRY(sql_enrich_account_get(run->db, &get, out));
    return db_commit(run->db);
}

enum err job_enrich(struct run *run)
{
    int64_t account = 0;
    struct sql_enrich_account_get row;
    enum err err = read_account(run, &account, &row);
    if (err == ERR_NOT_FOUND) { /* merged or erased meanwhile: nothing left to do */
        TRY(run_begin(run));
        return run_complete(run);
    }
    TRY(err);
    struct profile profile = {.named = row.named};
    if (str_is_empty(row.domain)) {
        err = ctx_fail(run->ctx, ERR_NOT_FOUND, "No domain is known to look at.");
    } else if (str_is_empty(run->config->fetch_connect_to) && is_reserved(row.domain)) {
        err = ctx_fail(run->ctx, ERR_NOT_FOUND, "This domain is reserved and has no site.");
    } else {
        err = look(run, row.domain, &profile);
    }
    if (err != ERR_NONE) {
        return give_up(run, account, err);
    }
    TRY(run_begin(run));
    TRY(store(run, account, &profile));
    TRY(note_result(run, account, (struct str){0}));
    return run_complete(run);
}
