#include "fcgi/score_draw.h"

#include "fcgi/panel_draw.h"
#include "shared/channel.h"
#include "shared/json.h"

#define PARTS_BYTES_MAX 8192
#define PROPERTIES_BYTES_MAX 65536
#define EARNED_SHOWN 100

static const struct json *parse(struct ctx *ctx, struct str text, size_t max)
{
    const struct json *json = NULL;
    if (text.n == 0 || json_parse(ctx, text, max, &json) != ERR_NONE) {
        ctx_clear(ctx);
        json = NULL;
    }
    return json;
}

int32_t score_draw_version(struct ctx *ctx, struct str parts)
{
    int64_t version = 0;
    (void)json_i64(json_first(parse(ctx, parts, PARTS_BYTES_MAX)), &version);
    return version > 0 && version < SCORE_VERSION_DRAFT ? (int32_t)version : 0;
}

static int64_t points_of(const struct json *parts, struct str key)
{
    for (const struct json *part = json_first(parts); part != NULL; part = json_next(part)) {
        const struct json *name = json_first(part);
        int64_t points;
        if (name != NULL && str_eq(json_text(name), key) &&
            json_i64(json_next(name), &points) && points >= -SCORE_POINTS_MAX &&
            points <= SCORE_POINTS_MAX) {
            return points;
        }
    }
    return 0;
}

/* ---- what earned it ---- */

struct drawing {
    struct ctx *ctx;
    const struct score_draw *draw;
    const struct score_rule *rule;
    struct score_part_view *view;
};

static struct str text_of(const struct sql_score_cause *c, enum score_field_id field)
{
    const struct str none = {.p = NULL};
    const struct str texts[SCORE_EMPLOYEES] = {
        [SCORE_EMAIL] = c->email,
        [SCORE_PHONE] = c->phone,
        [SCORE_COMPANY] = c->company,
        [SCORE_FIRST_NAME] = c->first_name,
        [SCORE_LAST_NAME] = c->last_name,
        [SCORE_JOB_TITLE] = c->job_title,
        [SCORE_CHANNEL] = c->channel_null ? none : str_from(channel_name(c->channel)),
        [SCORE_FIRST_CHANNEL] =
            c->first_channel_null ? none : str_from(channel_name(c->first_channel)),
        [SCORE_SOURCE] = c->source,
        [SCORE_MEDIUM] = c->medium,
        [SCORE_CAMPAIGN] = c->campaign,
        [SCORE_REFERRER] = c->referrer,
        [SCORE_LANDING] = c->landing,
        [SCORE_DOMAIN] = c->domain,
        [SCORE_INDUSTRY] = c->industry,
        [SCORE_COUNTRY] = c->country,
        [SCORE_REGION] = c->region,
        [SCORE_CITY] = c->city,
        [SCORE_LEGAL_TYPE] = c->legal_type,
        [SCORE_REVENUE] = c->revenue,
        [SCORE_TECHNOLOGIES] = c->technologies,
        [SCORE_WEBSITE] = c->website,
        [SCORE_LINKEDIN] = c->linkedin,
    };
    return field < SCORE_EMPLOYEES ? texts[field] : none;
}

static int64_t count_of(const struct sql_score_cause *c, enum score_field_id field)
{
    const int64_t counts[SCORE_PROPERTY - SCORE_EMPLOYEES] = {c->employees_null ? 0
                                                                                : c->employees,
                                                              c->founded_null ? 0 : c->founded,
                                                              c->sessions,
                                                              c->pageviews,
                                                              c->forms,
                                                              c->events,
                                                              c->visitors};
    return field >= SCORE_EMPLOYEES && field < SCORE_PROPERTY ? counts[field - SCORE_EMPLOYEES]
                                                              : 0;
}

static struct str property_of(const struct drawing *d)
{
    const struct json *all = parse(d->ctx, d->draw->cause->properties, PROPERTIES_BYTES_MAX);
    for (const struct json *p = json_first(all); p != NULL; p = json_next(p)) {
        if (str_eq(json_key(p), d->rule->property)) {
            return json_text(p);
        }
    }
    return (struct str){.p = NULL};
}

/* The form that was sent last. */
static void draw_form(const struct drawing *d)
{
    const struct sql_score_cause *c = d->draw->cause;
    struct str form = str_is_empty(c->form) ? c->form_title : c->form;
    d->view->earned =
        arena_print(d->ctx->arena, "%d, the last: %.*s", (int)c->forms,
                    STR_ARG(str_is_empty(form) ? STR("a form") : str_cut(form, EARNED_SHOWN)));
    d->view->at = c->form_at;
    if (!str_is_null(panel_draw_link(c->form_url))) {
        d->view->url = c->form_url;
        d->view->outside = true;
    }
}

static void draw_count(const struct drawing *d)
{
    const struct sql_score_cause *c = d->draw->cause;
    const struct score_field *field = score_field(d->rule->field);
    int64_t n = count_of(c, d->rule->field);
    if (d->rule->field == SCORE_FORMS && !c->form_at_null) {
        draw_form(d);
        return;
    }
    d->view->earned =
        field->kind == SCORE_COUNT
            ? arena_print(d->ctx->arena, "%lld %s", (long long)n, field->unit[n != 1])
            : arena_print(d->ctx->arena, "%lld", (long long)n);
}

static void draw_field(const struct drawing *d)
{
    enum score_field_id field = d->rule->field;
    struct str text = field == SCORE_PROPERTY ? property_of(d) : text_of(d->draw->cause, field);
    if (field >= SCORE_EMPLOYEES && field != SCORE_PROPERTY && !d->rule->negative) {
        draw_count(d);
    } else {
        d->view->earned = str_is_empty(text)
                              ? (d->rule->negative ? STR("it is not") : STR("it is"))
                              : panel_draw_short(d->ctx, text, EARNED_SHOWN);
    }
    if (score_field_is_of_account(field) && !d->draw->cause->account_null) {
        d->view->url = arena_print(d->ctx->arena, "/accounts/%lld?tab=details",
                                   (long long)d->draw->cause->account);
    }
}

/* The sessions from the last view on. */
static void draw_hits(const struct drawing *d)
{
    const struct sql_score_cause_hits_rows *hits = d->draw->hits;
    for (size_t i = 0; hits != NULL && i < hits->n; i++) {
        if (hits->row[i].pattern == d->rule->pattern) {
            long long n = (long long)hits->row[i].n;
            d->view->at = hits->row[i].last_at;
            d->view->earned =
                n == 1 ? STR("1 view") : arena_print(d->ctx->arena, "%lld views, the last", n);
            d->view->url =
                arena_print(d->ctx->arena, "/leads/%lld?before=%lld#sessions",
                            (long long)d->draw->lead, (long long)hits->row[i].last_at + 1);
        }
    }
}

static void draw_tag(const struct drawing *d)
{
    const struct sql_score_cause_tags_rows *tags = d->draw->tags;
    for (size_t i = 0; tags != NULL && i < tags->n; i++) {
        if (tags->row[i].tag != d->rule->tag) {
            continue;
        }
        d->view->at = tags->row[i].at;
        d->view->earned =
            tags->row[i].account_null ? STR("on the lead") : STR("on the company");
        if (!tags->row[i].account_null) {
            d->view->url =
                arena_print(d->ctx->arena, "/accounts/%lld", (long long)tags->row[i].account);
        }
    }
}

static void draw_earned(const struct drawing *d)
{
    d->view->url = arena_print(d->ctx->arena, "/leads/%lld", (long long)d->draw->lead);
    switch (d->rule->kind) {
    case SCORE_HAS:
    case SCORE_MATCH:
        draw_field(d);
        return;
    case SCORE_RANGE:
    case SCORE_PER:
        if (d->rule->field == SCORE_PROPERTY || score_field_is_of_account(d->rule->field)) {
            draw_field(d);
        } else {
            draw_count(d);
        }
        return;
    case SCORE_PAGES:
    case SCORE_TARGET:
        draw_hits(d);
        return;
    case SCORE_TAG:
        draw_tag(d);
        return;
    case SCORE_RECENCY:
        d->view->earned = STR("last seen");
        d->view->at = d->draw->cause->last_at;
        return;
    case SCORE_RULE_KIND__COUNT:
    default:
        return;
    }
}

/* ---- the parts ---- */

static int64_t percent_of(int64_t value, int64_t most)
{
    int64_t percent = most != 0 ? value * 100 / most : 0;
    return percent < 0 ? 0 : percent > 100 ? 100 : percent;
}

const struct score_part_view *score_draw_parts(struct ctx *ctx, const struct score_draw *draw)
{
    const struct score_formula *formula = draw->formula;
    const struct json *parts = parse(ctx, draw->parts, PARTS_BYTES_MAX);
    struct score_part_view *views =
        ARENA_ARRAY(ctx->arena, formula->n_rules, struct score_part_view);
    for (size_t i = 0; i < formula->n_rules; i++) {
        const struct score_rule *rule = &formula->rules[i];
        const struct drawing drawing = {
            .ctx = ctx, .draw = draw, .rule = rule, .view = &views[i]};
        struct str words = score_rule_words(ctx, rule);
        views[i] = (struct score_part_view){.name = score_rule_name(ctx, rule),
                                            .value = points_of(parts, rule->key),
                                            .most = rule->points < 0 ? -rule->most : rule->most,
                                            .negative = rule->points < 0};
        views[i].words = str_eq(words, views[i].name) ? (struct str){.p = NULL} : words;
        views[i].percent = percent_of(views[i].value, views[i].most);
        if (views[i].value != 0 && draw->cause != NULL) {
            draw_earned(&drawing);
        }
    }
    return views;
}
