#include "shared/provider.h"

#include "gen/sql.h"
#include "shared/domain.h"
#include "shared/sb.h"
#include "shared/url.h"

#define ADDRESS_MAX 2000
#define DOMAIN_PLACE "{domain}"

static const struct provider defaults[] = {
    [PROVIDER_SITE] = {.source = STR_INIT("site"),
                       .kind = PROVIDER_SITE,
                       .name = STR_INIT("The company's own site"),
                       .position = 1,
                       .enabled = true,
                       .timeout_ms = 15000,
                       .per_minute = 12,
                       .refresh_days = 30},
    [PROVIDER_WIKIDATA] = {.source = STR_INIT("wikidata"),
                           .kind = PROVIDER_WIKIDATA,
                           .name = STR_INIT("Wikidata"),
                           .position = 2,
                           .address = STR_INIT("https://query.wikidata.org/sparql"),
                           .timeout_ms = 20000,
                           .per_minute = 60,
                           .refresh_days = 90},
    [PROVIDER_RDAP] = {.source = STR_INIT("rdap"),
                       .kind = PROVIDER_RDAP,
                       .name = STR_INIT("Domain registration (RDAP)"),
                       .position = 3,
                       .address = STR_INIT("https://rdap.org/domain/{domain}"),
                       .timeout_ms = 15000,
                       .per_minute = 30,
                       .refresh_days = 90},
    [PROVIDER_API] = {.kind = PROVIDER_API,
                      .position = 50,
                      .timeout_ms = 15000,
                      .per_minute = 60,
                      .refresh_days = 90},
};

const struct provider *provider_default(enum provider_kind kind)
{
    return &defaults[kind];
}

const struct provider *provider_find(const struct provider *providers, size_t n,
                                     struct str source)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(providers[i].source, source)) {
            return &providers[i];
        }
    }
    return NULL;
}

/* ---- loading ---- */

static struct provider read_row(const struct sql_provider_list *row)
{
    return (struct provider){.source = row->source,
                             .kind = (enum provider_kind)row->kind,
                             .name = row->name,
                             .position = row->position,
                             .enabled = row->enabled,
                             .address = row->address,
                             .timeout_ms = row->timeout_ms,
                             .per_minute = row->per_minute,
                             .refresh_days = row->refresh_days,
                             .mapping = row->mapping,
                             .header_names = row->header_names.v,
                             .n_header_names = row->header_names.n,
                             .failure = row->failure,
                             .failed_at = row->failed_at_null ? 0 : row->failed_at,
                             .stored = true};
}

/* In their order; of equal positions those that were set first. */
static void insert(struct provider *list, size_t *n, struct provider provider)
{
    size_t at = *n;
    while (at > 0 && list[at - 1].position > provider.position) {
        list[at] = list[at - 1];
        at--;
    }
    list[at] = provider;
    (*n)++;
}

enum err providers_load(struct db *db, int64_t dataset, struct provider **out, size_t *out_n)
{
    struct sql_provider_list_rows rows;
    size_t n = 0;
    TRY(sql_provider_list(db, &(struct sql_provider_list_in){.dataset = dataset}, &rows));
    struct provider *list = ARENA_ARRAY(db_ctx(db)->arena, rows.n + 4, struct provider);
    for (size_t i = 0; i < rows.n; i++) {
        insert(list, &n, read_row(&rows.row[i]));
    }
    for (enum provider_kind kind = PROVIDER_SITE; kind < PROVIDER_API; kind++) {
        if (provider_find(list, n, defaults[kind].source) == NULL) {
            insert(list, &n, defaults[kind]);
        }
    }
    for (size_t i = 0; i < n; i++) {
        list[i].position = (int16_t)(i + 1);
    }
    *out = list;
    *out_n = n;
    return ERR_NONE;
}

/* ---- addresses ---- */

enum err provider_check_address(struct ctx *ctx, struct str address)
{
    struct url url;
    struct str domain;
    bool place = str_contains(address, STR(DOMAIN_PLACE));
    const struct provider filled = {.address = address};
    struct str example = provider_address(ctx, &filled, STR("acme.com"));
    if (address.n > ADDRESS_MAX || !url_parse(ctx->arena, example, &url) ||
        (!str_eq(url.scheme, STR("https")) && !str_eq(url.scheme, STR("http")))) {
        return ctx_fail(ctx, ERR_INVALID,
                        "This is not a web address. Write it like "
                        "https://api.example.com/companies?domain={domain}.");
    }
    if (!domain_normal(ctx->arena, url.host, &domain)) {
        return ctx_fail(ctx, ERR_INVALID,
                        "The host has to be a domain on the public internet, like "
                        "api.example.com.");
    }
    if (str_contains(url.host, STR("acme.com"))) {
        return ctx_fail(ctx, ERR_INVALID,
                        "{domain} can stand in the path or behind the ?, not in the host.");
    }
    return place ? ERR_NONE
                 : ctx_fail(ctx, ERR_INVALID,
                            "The address has to say {domain} where the company's domain goes.");
}

struct str provider_address(struct ctx *ctx, const struct provider *provider, struct str domain)
{
    struct sb sb;
    struct str rest = provider->address;
    sb_init(&sb, ctx->arena, (size_t)4 * ADDRESS_MAX);
    while (!str_is_empty(rest)) {
        if (str_starts(rest, STR(DOMAIN_PLACE))) {
            sb_str(&sb, domain); /* letters, digits, dots and hyphens mean themselves */
            rest = str_slice(rest, sizeof(DOMAIN_PLACE) - 1, rest.n);
        } else {
            sb_char(&sb, rest.p[0]);
            rest = str_slice(rest, 1, rest.n);
        }
    }
    return sb_view(&sb);
}

/* ---- storing ---- */

enum err provider_save(struct db *db, int64_t dataset, const struct provider *p)
{
    return sql_provider_put(db,
                            &(struct sql_provider_put_in){
                                .dataset = dataset,
                                .source = p->source,
                                .kind = (int16_t)p->kind,
                                .name = p->name,
                                .position = p->position,
                                .enabled = p->enabled,
                                .address = str_is_null(p->address) ? STR("") : p->address,
                                .timeout_ms = p->timeout_ms,
                                .per_minute = p->per_minute,
                                .refresh_days = p->refresh_days,
                                .mapping = str_is_null(p->mapping) ? STR("") : p->mapping},
                            NULL);
}

const char *provider_seal(struct arena *arena, int64_t dataset, struct str source)
{
    return arena_print(arena, "provider:%lld:%.*s", (long long)dataset, STR_ARG(source)).p;
}

int32_t providers_refresh_days(const struct provider *providers, size_t n)
{
    int32_t days = 3650;
    for (size_t i = 0; i < n; i++) {
        bool sooner = providers[i].enabled && providers[i].refresh_days < days;
        days = sooner ? providers[i].refresh_days : days;
    }
    return days;
}
