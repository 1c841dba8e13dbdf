#include "shared/score.h"

#include "gen/sql.h"
#include "shared/channel.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/queue.h"
#include "shared/score_preset.h"
#include "shared/segment.h"

#include <math.h>

#define FEW 500            /* leads that are scored at once; more by a job */
#define RESCORE_DELAY 2000 /* ms; what is changed in many steps is scored once */
#define CHANNELS (CHANNEL_PAID + 1)

/* ---- formulas ---- */

/* The pages that a target means now; none, and no points, when it is gone. */
static void find_targets(const struct sql_target_list_rows *targets, int64_t dataset,
                         struct score_rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < targets->n && rules[i].kind == SCORE_TARGET; k++) {
            if (targets->row[k].dataset == dataset && targets->row[k].id == rules[i].target) {
                rules[i].pattern = targets->row[k].pattern;
                rules[i].name = targets->row[k].name;
            }
        }
    }
}

static enum err make(struct ctx *ctx, int64_t dataset, int32_t version, struct str json,
                     const struct sql_target_list_rows *targets, struct score_formula *out)
{
    struct score_rule *rules;
    size_t n;
    TRY(score_rules_read(ctx, json, &rules, &n));
    find_targets(targets, dataset, rules, n);
    score_formula_make(ctx->arena, version, rules, n, out);
    return ERR_NONE;
}

static enum err make_default(struct ctx *ctx, struct score_formula *out)
{
    const struct sql_target_list_rows none = {.n = 0};
    return make(ctx, 0, 0, str_from(score_preset(0)->rules), &none, out);
}

/* One that cannot be read must not stop the log. */
static enum err make_in_force(struct ctx *ctx, const struct sql_score_formulas *row,
                              const struct sql_target_list_rows *targets,
                              struct score_formula *out)
{
    enum err err = make(ctx, row->dataset, row->version, row->rules, targets, out);
    if (err != ERR_INVALID && err != ERR_LIMIT) {
        return err;
    }
    log_event(LOG_ERROR, ctx, "score.formula_unreadable", LOG_I64("dataset", row->dataset),
              LOG_I64("version", row->version), LOG_STR("why", ctx->why));
    ctx_clear(ctx);
    return make_default(ctx, out);
}

enum err score_formulas_load(struct ctx *ctx, struct db *db, struct sql_i64s datasets,
                             struct score_formula *out)
{
    struct sql_score_formulas_rows rows;
    struct sql_target_list_rows targets;
    TRY(sql_score_formulas_send(db, &(struct sql_score_formulas_in){.dataset = datasets}));
    TRY(sql_target_list_send(db, &(struct sql_target_list_in){.dataset = datasets}));
    TRY(sql_score_formulas_take(db, &rows));
    TRY(sql_target_list_take(db, &targets));
    for (size_t i = 0; i < datasets.n; i++) {
        size_t k = 0;
        while (k < rows.n && rows.row[k].dataset != datasets.v[i]) {
            k++;
        }
        TRY(k < rows.n ? make_in_force(ctx, &rows.row[k], &targets, &out[i])
                       : make_default(ctx, &out[i]));
    }
    return ERR_NONE;
}

enum err score_formula_load(struct ctx *ctx, struct db *db, int64_t dataset,
                            struct score_formula *out)
{
    return score_formulas_load(ctx, db, (struct sql_i64s){&dataset, 1}, out);
}

/* As they are called now; one that is gone keeps its name. */
static enum err name_tags(struct db *db, int64_t dataset, struct score_formula *formula)
{
    struct sql_score_tag_names_rows rows;
    if (formula->n_tags == 0) {
        return ERR_NONE;
    }
    TRY(sql_score_tag_names(db,
                            &(struct sql_score_tag_names_in){
                                .dataset = dataset, .tags = {formula->tags, formula->n_tags}},
                            &rows));
    for (size_t i = 0; i < formula->n_rules; i++) {
        for (size_t k = 0; k < rows.n; k++) {
            if (formula->rules[i].kind == SCORE_TAG &&
                formula->rules[i].tag == rows.row[k].id) {
                formula->rules[i].name = rows.row[k].name;
            }
        }
    }
    return ERR_NONE;
}

enum err score_formula_from(struct ctx *ctx, struct db *db, int64_t dataset, int32_t version,
                            struct str rules, struct score_formula *out)
{
    struct sql_target_list_rows targets;
    const int64_t datasets[] = {dataset};
    TRY(sql_target_list(db, &(struct sql_target_list_in){.dataset = {datasets, 1}}, &targets));
    TRY(make(ctx, dataset, version, rules, &targets, out));
    return name_tags(db, dataset, out);
}

enum err score_formula_get(struct ctx *ctx, struct db *db, int64_t dataset, int32_t version,
                           struct score_formula *out)
{
    struct sql_score_formula_row row;
    if (version == 0) {
        return make_default(ctx, out);
    }
    TRY(sql_score_formula_row(
        db, &(struct sql_score_formula_row_in){.dataset = dataset, .version = version}, &row));
    return score_formula_from(ctx, db, dataset, version, row.rules, out);
}

/* ---- what is known of leads ---- */

static double number(bool null, int64_t value)
{
    return null ? (double)NAN : (double)value;
}

/* "email": as values are compared. */
static struct str channel_word(struct str *words, struct arena *arena, bool null, int16_t n)
{
    if (null || n <= 0 || n >= CHANNELS) {
        return (struct str){.p = NULL};
    }
    if (str_is_null(words[n])) {
        char *word = arena_cstr(arena, str_from(channel_name(n)));
        word[0] = (char)(word[0] | 0x20);
        words[n] = str_from(word);
    }
    return words[n];
}

static void input_of(const struct sql_score_inputs *row, struct score_input *out)
{
    *out = (struct score_input){
        .last_at = row->last_at,
        .texts =
            {
                [SCORE_EMAIL] = row->email,
                [SCORE_PHONE] = row->phone,
                [SCORE_COMPANY] = row->company,
                [SCORE_FIRST_NAME] = row->first_name,
                [SCORE_LAST_NAME] = row->last_name,
                [SCORE_JOB_TITLE] = row->job_title,
                [SCORE_SOURCE] = row->source,
                [SCORE_MEDIUM] = row->medium,
                [SCORE_CAMPAIGN] = row->campaign,
                [SCORE_REFERRER] = row->referrer,
                [SCORE_LANDING] = row->landing,
                [SCORE_DOMAIN] = row->domain,
                [SCORE_INDUSTRY] = row->industry,
                [SCORE_COUNTRY] = row->country,
                [SCORE_REGION] = row->region,
                [SCORE_CITY] = row->city,
                [SCORE_LEGAL_TYPE] = row->legal_type,
                [SCORE_REVENUE] = row->revenue,
                [SCORE_TECHNOLOGIES] = row->technologies,
                [SCORE_WEBSITE] = row->website,
                [SCORE_LINKEDIN] = row->linkedin,
            },
        .numbers = {number(row->employees_null, row->employees),
                    number(row->founded_null, row->founded), row->sessions, row->pageviews,
                    row->forms, row->events, row->visitors},
        .properties = row->properties,
        .tags = row->tags,
        .hits = row->hits,
    };
}

enum err score_leads(struct ctx *ctx, struct db *db, int64_t dataset,
                     const struct score_formula *formula, struct sql_i64s ids,
                     struct score_lead **out_leads, size_t *out_n)
{
    struct sql_score_inputs_rows rows;
    struct str words[CHANNELS] = {{.p = NULL}};
    TRY(sql_score_inputs(
        db,
        &(struct sql_score_inputs_in){.dataset = dataset,
                                      .ids = ids,
                                      .keys = {formula->properties, formula->n_properties},
                                      .tags = {formula->tags, formula->n_tags},
                                      .patterns = {formula->patterns, formula->n_patterns}},
        &rows));
    struct score_lead *leads = ARENA_ARRAY(ctx->arena, rows.n, struct score_lead);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_score_inputs *row = &rows.row[i];
        leads[i] = (struct score_lead){.id = row->id,
                                       .account = row->account_null ? 0 : row->account,
                                       .was = row->score,
                                       .was_parts = row->parts,
                                       .now = row->now};
        input_of(row, &leads[i].input);
        leads[i].input.texts[SCORE_CHANNEL] =
            channel_word(words, ctx->arena, row->channel_null, row->channel);
        leads[i].input.texts[SCORE_FIRST_CHANNEL] =
            channel_word(words, ctx->arena, row->first_channel_null, row->first_channel);
    }
    *out_leads = leads;
    *out_n = rows.n;
    return ERR_NONE;
}

/* ---- storing ---- */

struct keeping {
    struct ctx *ctx;
    struct db *db;
    int64_t dataset;
    const struct score_formula *formula;
    bool history; /* of days: not for what happens today */
};

/* Stores the scores that are other than before, and gives whose. scores: one a lead. */
static enum err store(const struct keeping *keep, const struct score_lead *leads,
                      const struct score *scores, size_t n, struct sql_i64s *out_changed)
{
    struct arena *arena = keep->ctx->arena;
    int64_t *ids = ARENA_ARRAY(arena, n, int64_t);
    int16_t *totals = ARENA_ARRAY(arena, n, int16_t);
    struct str *parts = ARENA_ARRAY(arena, n, struct str);
    size_t n_changed = 0;
    for (size_t i = 0; i < n; i++) {
        struct str json = score_json(arena, keep->formula, &scores[i]);
        if (scores[i].total != leads[i].was || !str_eq(json, leads[i].was_parts)) {
            ids[n_changed] = leads[i].id;
            totals[n_changed] = scores[i].total;
            parts[n_changed++] = json;
        }
    }
    *out_changed = (struct sql_i64s){ids, n_changed};
    if (n_changed == 0) {
        return ERR_NONE;
    }
    const struct sql_score_put_in put = {.dataset = keep->dataset,
                                         .id = *out_changed,
                                         .score = {totals, n_changed},
                                         .parts = {parts, n_changed}};
    const struct sql_score_save_in save = {.dataset = put.dataset,
                                           .id = put.id,
                                           .score = put.score,
                                           .parts = put.parts,
                                           .version = keep->formula->version};
    TRY(keep->history ? sql_score_save(keep->db, &save, NULL)
                      : sql_score_put(keep->db, &put, NULL));
    return segment_touch(
        keep->db, &(struct segment_touch){
                      .dataset = put.dataset, .on = FILTER_ON_SCORE, .leads = put.id});
}

static enum err score_all(const struct keeping *keep, struct sql_i64s ids,
                          struct score_lead **out_leads, struct score **out_scores,
                          size_t *out_n)
{
    struct arena *arena = keep->ctx->arena;
    TRY(score_leads(keep->ctx, keep->db, keep->dataset, keep->formula, ids, out_leads, out_n));
    *out_scores = ARENA_ARRAY(arena, *out_n, struct score);
    for (size_t i = 0; i < *out_n; i++) {
        score_of(keep->formula, &(*out_leads)[i].input, (*out_leads)[i].now, &(*out_scores)[i]);
    }
    return ERR_NONE;
}

static enum err renew(const struct keeping *keep, struct sql_i64s ids,
                      struct sql_i64s *out_changed)
{
    struct score_lead *leads;
    struct score *scores;
    size_t n;
    *out_changed = (struct sql_i64s){0};
    if (ids.n == 0) {
        return ERR_NONE;
    }
    TRY(score_all(keep, ids, &leads, &scores, &n));
    return store(keep, leads, scores, n, out_changed);
}

static enum err accounts_of(const struct keeping *keep, struct sql_i64s leads,
                            struct sql_i64s *out_accounts)
{
    struct sql_score_accounts_rows rows;
    TRY(sql_score_accounts(
        keep->db, &(struct sql_score_accounts_in){.dataset = keep->dataset, .leads = leads},
        &rows));
    int64_t *accounts = ARENA_ARRAY(keep->ctx->arena, rows.n, int64_t);
    for (size_t i = 0; i < rows.n; i++) {
        accounts[i] = rows.row[i].id;
    }
    *out_accounts = (struct sql_i64s){accounts, rows.n};
    return ERR_NONE;
}

/* The leads' scores were stored: their accounts' and cards' follow. */
static enum err follow(const struct keeping *keep, struct sql_i64s leads)
{
    struct sql_i64s accounts;
    if (leads.n == 0) {
        return ERR_NONE;
    }
    TRY(accounts_of(keep, leads, &accounts));
    return sql_score_cards(keep->db,
                           &(struct sql_score_cards_in){
                               .dataset = keep->dataset, .accounts = accounts, .leads = leads},
                           NULL);
}

/* ---- passes over a dataset ---- */

static enum err hold_page(const struct keeping *keep, bool everything, int64_t after,
                          int64_t limit, struct sql_i64s *out_ids)
{
    struct sql_score_hold_page_rows rows;
    int64_t horizon = (keep->formula->horizon_days + 2) * CLOCK_DAY;
    TRY(sql_people_hold(keep->db, NULL));
    TRY(sql_score_hold_page(keep->db,
                            &(struct sql_score_hold_page_in){
                                .dataset = keep->dataset,
                                .after = after,
                                .since = everything ? INT64_MIN : clock_now() - horizon,
                                .limit = limit},
                            &rows));
    int64_t *ids = ARENA_ARRAY(keep->ctx->arena, rows.n, int64_t);
    for (size_t i = 0; i < rows.n; i++) {
        ids[i] = rows.row[i].id;
    }
    *out_ids = (struct sql_i64s){ids, rows.n};
    return ERR_NONE;
}

enum err score_pass(struct ctx *ctx, struct db *db, int64_t dataset,
                    const struct score_formula *formula, bool everything, int64_t after,
                    int64_t limit, struct score_step *out)
{
    const struct keeping keep = {
        .ctx = ctx, .db = db, .dataset = dataset, .formula = formula, .history = true};
    struct sql_i64s ids, changed;
    *out = (struct score_step){0};
    if (!everything && formula->horizon_days == 0) {
        return ERR_NONE;
    }
    TRY(hold_page(&keep, everything, after, limit, &ids));
    TRY(renew(&keep, ids, &changed));
    TRY(follow(&keep, changed));
    *out = (struct score_step){.last = ids.n > 0 ? ids.v[ids.n - 1] : 0,
                               .seen = (int32_t)ids.n,
                               .changed = (int32_t)changed.n};
    return ERR_NONE;
}

/* ---- leads that were changed ---- */

static enum err hold(const struct keeping *keep, struct sql_i64s leads,
                     struct sql_i64s *out_ids)
{
    struct sql_score_hold_rows rows;
    TRY(sql_score_hold(
        keep->db, &(struct sql_score_hold_in){.dataset = keep->dataset, .ids = leads}, &rows));
    int64_t *ids = ARENA_ARRAY(keep->ctx->arena, rows.n, int64_t);
    for (size_t i = 0; i < rows.n; i++) {
        ids[i] = rows.row[i].id;
    }
    *out_ids = (struct sql_i64s){ids, rows.n};
    return ERR_NONE;
}

enum err score_renew(struct ctx *ctx, struct db *db, int64_t dataset, struct sql_i64s leads)
{
    struct score_formula formula;
    struct sql_i64s ids, changed;
    const struct keeping keep = {.ctx = ctx, .db = db, .dataset = dataset, .formula = &formula};
    if (leads.n == 0) {
        return ERR_NONE;
    }
    TRY(score_formula_load(ctx, db, dataset, &formula));
    TRY(hold(&keep, leads, &ids));
    return renew(&keep, ids, &changed);
}

static size_t find_id(struct sql_i64s ids, int64_t id)
{
    size_t low = 0, high = ids.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ids.v[middle] < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < ids.n && ids.v[low] == id ? low : ids.n;
}

enum err score_derived(struct ctx *ctx, struct db *db, int64_t dataset,
                       const struct score_formula *formula, struct sql_i64s ids,
                       struct score *out)
{
    const struct keeping keep = {.ctx = ctx, .db = db, .dataset = dataset, .formula = formula};
    struct score_lead *leads;
    struct score *scores;
    struct sql_i64s changed, accounts;
    size_t n;
    TRY(score_all(&keep, ids, &leads, &scores, &n));
    TRY(store(&keep, leads, scores, n, &changed));
    for (size_t i = 0; i < n; i++) {
        size_t place = find_id(ids, leads[i].id);
        if (place < ids.n) {
            out[place] = scores[i];
        }
    }
    return changed.n > 0 ? accounts_of(&keep, changed, &accounts) : ERR_NONE;
}

/* ---- what rules ask for was changed ---- */

static enum err ask_for_all(struct db *db, int64_t dataset)
{
    const struct queue_job job = {
        .dataset = dataset, .uniq = STR("rescore"), .payload = STR("{\"do\":\"rescore\"}")};
    const struct queue_opts opts = {.delay_ms = RESCORE_DELAY, .unique = QUEUE_RERUN};
    return queue_add(db, JOB_SCORE, &job, &opts, NULL);
}

static enum err leads_changed(struct db *db, int64_t dataset,
                              const struct score_formula *formula, struct sql_i64s accounts,
                              struct sql_i64s leads)
{
    const struct keeping keep = {
        .ctx = db_ctx(db), .db = db, .dataset = dataset, .formula = formula};
    struct sql_score_leads_of_rows rows;
    struct sql_i64s ids, changed;
    TRY(sql_score_leads_of(
        db,
        &(struct sql_score_leads_of_in){
            .dataset = dataset, .accounts = accounts, .leads = leads, .limit = FEW + 1},
        &rows));
    if (rows.n > FEW) {
        return ask_for_all(db, dataset);
    }
    int64_t *found = ARENA_ARRAY(db_ctx(db)->arena, rows.n, int64_t);
    for (size_t i = 0; i < rows.n; i++) {
        found[i] = rows.row[i].id;
    }
    if (rows.n == 0) {
        return ERR_NONE;
    }
    TRY(hold(&keep, (struct sql_i64s){found, rows.n}, &ids));
    TRY(renew(&keep, ids, &changed));
    return follow(&keep, changed);
}

enum err score_accounts_changed(struct db *db, int64_t dataset, struct sql_i64s accounts)
{
    struct score_formula formula;
    if (accounts.n == 0) {
        return ERR_NONE;
    }
    TRY(score_formula_load(db_ctx(db), db, dataset, &formula));
    return formula.of_account
               ? leads_changed(db, dataset, &formula, accounts, (struct sql_i64s){.n = 0})
               : ERR_NONE;
}

static bool asks_for(const struct score_formula *formula, struct sql_i64s tags)
{
    for (size_t i = 0; i < formula->n_tags; i++) {
        for (size_t k = 0; k < tags.n; k++) {
            if (formula->tags[i] == tags.v[k]) {
                return true;
            }
        }
    }
    return false;
}

enum err score_tags_changed(struct db *db, int64_t dataset, struct sql_i64s tags,
                            struct sql_i64s accounts, struct sql_i64s leads)
{
    struct score_formula formula;
    if (tags.n == 0 || accounts.n + leads.n == 0) {
        return ERR_NONE;
    }
    TRY(score_formula_load(db_ctx(db), db, dataset, &formula));
    return asks_for(&formula, tags) ? leads_changed(db, dataset, &formula, accounts, leads)
                                    : ERR_NONE;
}

enum err score_people_changed(struct db *db, int64_t dataset, struct sql_i64s accounts,
                              struct sql_i64s leads)
{
    struct score_formula formula;
    if (accounts.n + leads.n == 0) {
        return ERR_NONE;
    }
    TRY(score_formula_load(db_ctx(db), db, dataset, &formula));
    return leads_changed(db, dataset, &formula, accounts, leads);
}

enum err score_tag_deleted(struct db *db, int64_t dataset, int64_t tag)
{
    struct score_formula formula;
    TRY(score_formula_load(db_ctx(db), db, dataset, &formula));
    return asks_for(&formula, (struct sql_i64s){&tag, 1}) ? ask_for_all(db, dataset) : ERR_NONE;
}
