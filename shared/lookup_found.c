/* What the providers say of a company that somebody looks up. */
#include "shared/lookup.h"

#include "gen/sql.h"
#include "shared/facts.h"
#include "shared/json.h"
#include "shared/provider.h"

#define FACTS_BYTES ((size_t)1 << 20)
#define TITLE STR("the title of their site")

enum err lookup_sources(struct db *db, int64_t dataset, const struct str **out, size_t *out_n)
{
    struct provider *providers;
    size_t n, on = 0;
    TRY(providers_load(db, dataset, &providers, &n));
    struct str *sources = ARENA_ARRAY(db_ctx(db)->arena, n + 1, struct str);
    for (size_t i = 0; i < n; i++) {
        if (providers[i].enabled) {
            sources[on++] = providers[i].source;
        }
    }
    *out = sources;
    *out_n = on;
    return ERR_NONE;
}

struct finding {
    struct db *db;
    struct lookup *lookup;
    struct lookup_provider *providers;
    const struct sql_lookup_answers_rows *rows;
    const struct json **facts; /* of each row */
    struct lookup_fact *list;
    size_t n, most;
};

static enum lookup_state state_of(const struct sql_lookup_answers *row)
{
    return row->outcome == ANSWER_FACTS     ? LOOKUP_KNOWS
           : row->outcome == ANSWER_NOTHING ? LOOKUP_KNOWS_NOT
                                            : LOOKUP_NO_ANSWER;
}

static void note_states(struct finding *f)
{
    for (size_t p = 0; p < f->lookup->n_providers; p++) {
        struct lookup_provider *provider = &f->providers[p];
        provider->state = f->lookup->running ? LOOKUP_ASKING : LOOKUP_NO_ANSWER;
        for (size_t i = 0; i < f->rows->n; i++) {
            const struct sql_lookup_answers *row = &f->rows->row[i];
            if (!str_eq(row->source, provider->source)) {
                continue;
            }
            if (row->settled || !f->lookup->running) {
                provider->state = state_of(row);
                provider->message =
                    provider->state == LOOKUP_NO_ANSWER ? row->message : (struct str){0};
                provider->facts = (int64_t)json_count(f->facts[i]);
            }
            f->lookup->has_icon = f->lookup->has_icon || row->has_logo;
        }
    }
}

static struct str name_of(const struct finding *f, struct str source)
{
    for (size_t p = 0; p < f->lookup->n_providers; p++) {
        if (str_eq(f->providers[p].source, source)) {
            return f->providers[p].name;
        }
    }
    return source;
}

static void add(struct finding *f, struct lookup_fact fact)
{
    if (!str_is_empty(fact.value) && f->n < f->most) {
        fact.counts = f->n == 0 || !str_eq(f->list[f->n - 1].field, fact.field);
        f->list[f->n++] = fact;
    }
}

/* Rows stand in the order of their providers. */
static void add_field(struct finding *f, const struct fact_field *field)
{
    const char *name = arena_cstr(db_ctx(f->db)->arena, field->name);
    for (size_t i = 0; i < f->rows->n; i++) {
        const struct sql_lookup_answers *row = &f->rows->row[i];
        add(f, (struct lookup_fact){.field = field->name,
                                    .value = json_text(json_get(f->facts[i], name)),
                                    .source = name_of(f, row->source),
                                    .at = row->told_at});
    }
    for (size_t i = 0; i < f->rows->n && str_eq(field->name, STR("name")); i++) {
        add(f, (struct lookup_fact){.field = field->name,
                                    .value = f->rows->row[i].guess,
                                    .source = TITLE,
                                    .at = f->rows->row[i].told_at});
    }
}

static enum err read_rows(struct finding *f)
{
    struct ctx *ctx = db_ctx(f->db);
    size_t n_fields;
    const struct fact_field *fields = facts_fields(&n_fields);
    f->facts = ARENA_ARRAY(ctx->arena, f->rows->n + 1, const struct json *);
    for (size_t i = 0; i < f->rows->n; i++) {
        TRY(json_parse(ctx, f->rows->row[i].facts, FACTS_BYTES, &f->facts[i]));
    }
    f->most = (f->rows->n + 1) * n_fields;
    f->list = ARENA_ARRAY(ctx->arena, f->most + 1, struct lookup_fact);
    note_states(f);
    for (size_t i = 0; i < n_fields; i++) {
        add_field(f, &fields[i]);
    }
    return ERR_NONE;
}

enum err lookup_found(struct db *db, int64_t dataset, int64_t began, struct lookup *lookup)
{
    struct provider *providers;
    struct sql_lookup_answers_rows rows;
    struct finding f = {.db = db, .lookup = lookup, .rows = &rows};
    size_t n;
    if (str_is_null(lookup->subject.domain)) {
        return ERR_NONE;
    }
    TRY(providers_load(db, dataset, &providers, &n));
    struct str *sources = ARENA_ARRAY(db_ctx(db)->arena, n + 1, struct str);
    int32_t *days = ARENA_ARRAY(db_ctx(db)->arena, n + 1, int32_t);
    f.providers = ARENA_ARRAY(db_ctx(db)->arena, n + 1, struct lookup_provider);
    for (size_t i = 0; i < n; i++) {
        if (providers[i].enabled) {
            size_t at = lookup->n_providers++;
            sources[at] = providers[i].source;
            days[at] = providers[i].refresh_days;
            f.providers[at] = (struct lookup_provider){.source = providers[i].source,
                                                       .name = providers[i].name};
        }
    }
    TRY(sql_lookup_answers(
        db,
        &(struct sql_lookup_answers_in){.dataset = dataset,
                                        .domain = lookup->subject.domain,
                                        .sources = {sources, lookup->n_providers},
                                        .refresh_days = {days, lookup->n_providers},
                                        .began = began},
        &rows));
    lookup->providers = f.providers;
    TRY(read_rows(&f));
    lookup->facts = f.list;
    lookup->n_facts = f.n;
    return ERR_NONE;
}
