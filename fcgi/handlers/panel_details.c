/* The tab Details: what is known of a company, and where from. */
#include "fcgi/handlers/panel.h"
#include "fcgi/panel_draw.h"
#include "shared/facts.h"

#define SHOWN_MAX 4000

struct known {
    const struct sql_account_facts_rows *rows;
    struct str domain;
};

/* How a source is called. */
static struct str source_name(struct web *web, const struct known *known,
                              const struct sql_account_facts *row)
{
    static const struct {
        const char *source, *says;
    } names[] = {
        {FACT_HAND, "by hand"},
        {"title", "the title of their site"},
        {"form", "a form they filled in"},
        {"domain", "from the domain"},
        {"earlier", "source not kept"},
        {"demo", "example data"},
        {"wikidata", "Wikidata"},
        {"rdap", "domain registration"},
    };
    if (str_eq(row->source, STR("site"))) {
        return str_is_empty(known->domain)
                   ? STR("their site")
                   : arena_print(web->ctx->arena, "%.*s’s site", STR_ARG(known->domain));
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq(row->source, str_from(names[i].source))) {
            return str_from(names[i].says);
        }
    }
    return str_is_empty(row->provider) ? STR("a provider that is gone") : row->provider;
}

static struct detail_source draw_source(struct web *web, const struct known *known,
                                        const struct sql_account_facts *row)
{
    return (struct detail_source){
        .value = str_cut(row->value, SHOWN_MAX),
        .says = source_name(web, known, row),
        .by = row->user,
        .of = row->of,
        .at = row->fetched_at,
    };
}

static struct str entry_link(struct web *web, const struct fact_field *field, struct str text)
{
    switch (field->kind) {
    case FACT_LINK:
    case FACT_LINKS:
        return panel_draw_link(text);
    case FACT_EMAILS:
        return arena_print(web->ctx->arena, "mailto:%.*s", STR_ARG(text));
    case FACT_TEXT:
    case FACT_LINES:
    case FACT_NUMBER:
    case FACT_PHONE:
    case FACT_WORDS:
    default:
        return (struct str){.p = NULL};
    }
}

/* A link without what every link begins with. */
static struct str entry_text(const struct fact_field *field, struct str text)
{
    if (field->kind != FACT_LINK && field->kind != FACT_LINKS) {
        return text;
    }
    size_t scheme = str_starts(text, STR("https://"))  ? 8
                    : str_starts(text, STR("http://")) ? 7
                                                       : 0;
    struct str rest = str_slice(text, scheme, text.n);
    rest = str_starts(rest, STR("www.")) ? str_slice(rest, 4, rest.n) : rest;
    return str_ends(rest, STR("/")) ? str_slice(rest, 0, rest.n - 1) : rest;
}

static void draw_entries(struct web *web, const struct fact_field *field, struct str value,
                         struct detail_view *view)
{
    size_t most = facts_is_list(field) ? (size_t)field->max : 1;
    struct detail_entry *entries = ARENA_ARRAY(web->ctx->arena, most, struct detail_entry);
    struct str entry;
    if (!facts_is_list(field)) {
        entries[view->n_entries++] = (struct detail_entry){
            .text = entry_text(field, value), .url = entry_link(web, field, value)};
    } else {
        while (view->n_entries < most && str_next(&value, '\n', &entry)) {
            entries[view->n_entries++] = (struct detail_entry){
                .text = entry_text(field, entry), .url = entry_link(web, field, entry)};
        }
    }
    view->entries = entries;
}

static const char *input_type(const struct fact_field *field)
{
    return field->kind == FACT_PHONE ? "tel" : "text";
}

/* The field with all that is said of it. */
static struct detail_view draw_field(struct web *web, const struct panel_view *panel,
                                     const struct known *known, const struct fact_field *field)
{
    struct detail_view view = {
        .field = field->name,
        .label = field->label,
        .wide = field->kind == FACT_LINES || field->kind == FACT_WORDS,
        .tags = field->kind == FACT_WORDS,
        .lines = field->kind == FACT_LINES || facts_is_list(field),
        .list = facts_is_list(field),
        .input = input_type(field),
        .max = FACT_VALUE_MAX,
        .csrf = panel->csrf,
        .action =
            arena_print(web->ctx->arena, "/accounts/%lld/details", (long long)panel->account),
        .base = panel->base,
        .editing = str_eq(web_query(web, "edit"), field->name),
        .saved = str_eq(web_query(web, "saved"), field->name),
    };
    const struct sql_account_facts_rows *rows = known->rows;
    struct detail_source *others = ARENA_ARRAY(web->ctx->arena, rows->n, struct detail_source);
    bool first = true;
    for (size_t i = 0; i < rows->n; i++) {
        const struct sql_account_facts *row = &rows->row[i];
        if (!str_eq(row->field, field->name)) {
            continue;
        }
        if (first) {
            view.source = draw_source(web, known, row);
            view.hand = str_eq(row->source, STR(FACT_HAND));
            view.typed = row->value;
            draw_entries(web, field, view.source.value, &view);
        } else {
            others[view.n_others++] = draw_source(web, known, row);
        }
        first = false;
    }
    view.others = others;
    return view;
}

/* The domain and the logo. What was typed into their forms is there when they were sent. */
static void draw_identity(struct web *web, struct panel_view *view, const struct known *known)
{
    struct identity_view *identity = &view->identity;
    const struct sql_account_facts_rows *rows = known->rows;
    struct logo_choice *logos = ARENA_ARRAY(web->ctx->arena, rows->n + 1, struct logo_choice);
    struct str open = web_query(web, "edit");
    identity->csrf = view->csrf;
    identity->base = view->base;
    identity->action = arena_print(web->ctx->arena, "/accounts/%lld", (long long)view->account);
    identity->domain = view->domain;
    identity->domain_open = identity->domain_open || str_eq(open, STR("domain"));
    identity->logo_open = identity->logo_open || str_eq(open, STR("logo"));
    for (size_t i = 0; i < rows->n; i++) {
        const struct sql_account_facts *row = &rows->row[i];
        if (!str_eq(row->field, STR("logo"))) {
            continue;
        }
        struct detail_source source = draw_source(web, known, row);
        bool first = identity->n_logos == 0;
        bool hand = str_eq(row->source, STR(FACT_HAND));
        identity->hand = identity->hand || (first && hand);
        logos[identity->n_logos++] = (struct logo_choice){.source = row->source,
                                                          .url = row->value,
                                                          .says = source.says,
                                                          .by = source.by,
                                                          .at = source.at,
                                                          .counts = first,
                                                          .hand = hand || row->of.n > 0,
                                                          .csrf = view->csrf,
                                                          .action = identity->action,
                                                          .base = view->base};
    }
    identity->logos = logos;
}

static enum err load_known(struct web *web, const struct panel_view *view,
                           struct sql_account_facts_rows *rows, struct known *out_known)
{
    TRY(sql_account_facts(web->db,
                          &(struct sql_account_facts_in){.dataset = web->session.dataset,
                                                         .account = view->account},
                          rows));
    *out_known = (struct known){.rows = rows, .domain = view->domain};
    return ERR_NONE;
}

enum err panel_details_load(struct web *web, struct panel_view *view,
                            const struct sql_account_get *account)
{
    struct sql_account_facts_rows rows;
    struct known known;
    size_t n;
    const struct fact_field *fields = facts_fields(&n);
    struct detail_view *details = ARENA_ARRAY(web->ctx->arena, n, struct detail_view);
    struct detail_view *unknown = ARENA_ARRAY(web->ctx->arena, n, struct detail_view);
    TRY(load_known(web, view, &rows, &known));
    for (size_t i = 0; i < n; i++) {
        struct detail_view detail = draw_field(web, view, &known, &fields[i]);
        if (detail.n_entries > 0 || detail.editing) {
            details[view->n_details++] = detail;
        } else {
            unknown[view->n_unknown++] = detail;
        }
    }
    draw_identity(web, view, &known);
    view->details = details;
    view->unknown = unknown;
    view->enriched_at = account->enriched_at_null ? 0 : account->enriched_at;
    view->enrich_message = account->enrich_message;
    return ERR_NONE;
}

enum err panel_details_field(struct web *web, const struct panel_view *panel,
                             const struct fact_field *field, struct detail_view *out_view)
{
    struct sql_account_facts_rows rows;
    struct known known;
    TRY(load_known(web, panel, &rows, &known));
    *out_view = draw_field(web, panel, &known, field);
    return ERR_NONE;
}
