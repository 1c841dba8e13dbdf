#include "shared/score_preview.h"

#include "shared/sb.h"

#define RESULT_BYTES ((size_t)128 << 10)

/* ---- adding ---- */

void score_preview_init(struct score_preview *preview)
{
    *preview = (struct score_preview){.was = {.most = SCORE_TOP},
                                      .is = {.most = SCORE_TOP},
                                      .rises = {.most = SCORE_MOVERS},
                                      .falls = {.most = SCORE_MOVERS}};
}

static size_t band_of(int16_t score)
{
    size_t band = score < 0 ? 0 : (size_t)score / SCORE_BANDS;
    return band < SCORE_BANDS ? band : SCORE_BANDS - 1;
}

typedef int32_t measure(const struct score_mover *mover);

static int32_t by_was(const struct score_mover *mover)
{
    return mover->was;
}

static int32_t by_is(const struct score_mover *mover)
{
    return mover->is;
}

static int32_t by_rise(const struct score_mover *mover)
{
    return mover->is - mover->was;
}

static int32_t by_fall(const struct score_mover *mover)
{
    return mover->was - mover->is;
}

static bool is_before(measure *of, const struct score_mover *a, const struct score_mover *b)
{
    if (of(a) != of(b)) {
        return of(a) > of(b);
    }
    return a->last_at != b->last_at ? a->last_at > b->last_at : a->id < b->id;
}

static void rank(struct score_ranking *ranking, measure *of, const struct score_mover *mover)
{
    size_t at = ranking->n;
    if (at == ranking->most) {
        if (!is_before(of, mover, &ranking->v[at - 1])) {
            return;
        }
        at--;
    } else {
        ranking->n++;
    }
    for (; at > 0 && is_before(of, mover, &ranking->v[at - 1]); at--) {
        ranking->v[at] = ranking->v[at - 1];
    }
    ranking->v[at] = *mover;
}

void score_preview_add(struct score_preview *preview, const struct score_lead *lead,
                       const struct score *score)
{
    const struct score_mover mover = {.id = lead->id,
                                      .last_at = lead->input.last_at,
                                      .was = lead->was,
                                      .is = score->total,
                                      .score = *score};
    preview->leads++;
    preview->changed += mover.was != mover.is;
    preview->before[band_of(mover.was)]++;
    preview->after[band_of(mover.is)]++;
    rank(&preview->was, by_was, &mover);
    rank(&preview->is, by_is, &mover);
    if (mover.is > mover.was) {
        rank(&preview->rises, by_rise, &mover);
    } else if (mover.is < mover.was) {
        rank(&preview->falls, by_fall, &mover);
    }
}

/* ---- writing ---- */

/* From 1; 0 when it is not among them. */
static size_t place_in(const struct score_ranking *ranking, int64_t id)
{
    for (size_t i = 0; i < ranking->n; i++) {
        if (ranking->v[i].id == id) {
            return i + 1;
        }
    }
    return 0;
}

struct writing {
    struct ctx *ctx;
    struct sb sb;
    const struct score_formula *formula;
    const struct score_preview *preview;
};

static void write_movers(struct writing *w, const char *name,
                         const struct score_ranking *ranking, bool only_left)
{
    size_t n = 0;
    sb_printf(&w->sb, ",\"%s\":[", name);
    for (size_t i = 0; i < ranking->n; i++) {
        const struct score_mover *mover = &ranking->v[i];
        size_t is_rank = place_in(&w->preview->is, mover->id);
        if (only_left && is_rank != 0) {
            continue;
        }
        struct str parts = score_json(w->ctx->arena, w->formula, &mover->score);
        sb_printf(&w->sb,
                  "%s{\"lead\":\"%lld\",\"was\":%d,\"is\":%d,\"was_rank\":%zu,\"is_rank\":%zu,"
                  "\"parts\":%.*s}",
                  n++ == 0 ? "" : ",", (long long)mover->id, mover->was, mover->is,
                  place_in(&w->preview->was, mover->id), is_rank, STR_ARG(parts));
    }
    SB_LIT(&w->sb, "]");
}

static void write_bands(struct writing *w, const char *name, const int64_t bands[SCORE_BANDS])
{
    sb_printf(&w->sb, ",\"%s\":[", name);
    for (size_t i = 0; i < SCORE_BANDS; i++) {
        sb_printf(&w->sb, "%s%lld", i == 0 ? "" : ",", (long long)bands[i]);
    }
    SB_LIT(&w->sb, "]");
}

enum err score_preview_json(struct ctx *ctx, const struct score_formula *formula,
                            const struct score_preview *preview, struct str *out_json)
{
    struct writing w = {.ctx = ctx, .formula = formula, .preview = preview};
    sb_init(&w.sb, ctx->arena, RESULT_BYTES);
    sb_printf(&w.sb, "{\"leads\":%lld,\"changed\":%lld", (long long)preview->leads,
              (long long)preview->changed);
    write_bands(&w, "before", preview->before);
    write_bands(&w, "after", preview->after);
    write_movers(&w, "top", &preview->is, false);
    write_movers(&w, "left", &preview->was, true);
    write_movers(&w, "rises", &preview->rises, false);
    write_movers(&w, "falls", &preview->falls, false);
    SB_LIT(&w.sb, "}");
    return sb_done(&w.sb, out_json);
}

/* ---- reading ---- */

static int64_t number_of(const struct json *json, const char *name)
{
    int64_t value = 0;
    return json_i64(json_get(json, name), &value) ? value : 0;
}

static void read_bands(const struct json *list, int64_t out[SCORE_BANDS])
{
    size_t n = 0;
    for (const struct json *item = json_first(list); item != NULL && n < SCORE_BANDS;
         item = json_next(item)) {
        int64_t value = 0;
        (void)json_i64(item, &value);
        out[n++] = value;
    }
}

static const struct score_previewed *read_movers(struct ctx *ctx, const struct json *list,
                                                 size_t *out_n)
{
    struct score_previewed *movers =
        ARENA_ARRAY(ctx->arena, json_count(list), struct score_previewed);
    *out_n = 0;
    for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
        struct sb parts;
        struct score_previewed *mover = &movers[(*out_n)++];
        *mover = (struct score_previewed){.was = number_of(item, "was"),
                                          .is = number_of(item, "is"),
                                          .was_rank = number_of(item, "was_rank"),
                                          .is_rank = number_of(item, "is_rank")};
        (void)json_id(json_get(item, "lead"), &mover->lead);
        sb_init(&parts, ctx->arena, RESULT_BYTES);
        json_write(&parts, json_get(item, "parts"));
        mover->parts = sb_view(&parts);
    }
    return movers;
}

enum err score_preview_read(struct ctx *ctx, struct str text, struct score_preview_result *out)
{
    const struct json *json;
    TRY(json_parse(ctx, text, RESULT_BYTES * 2, &json));
    *out = (struct score_preview_result){.leads = number_of(json, "leads"),
                                         .changed = number_of(json, "changed")};
    read_bands(json_get(json, "before"), out->before);
    read_bands(json_get(json, "after"), out->after);
    out->top = read_movers(ctx, json_get(json, "top"), &out->n_top);
    out->left = read_movers(ctx, json_get(json, "left"), &out->n_left);
    out->rises = read_movers(ctx, json_get(json, "rises"), &out->n_rises);
    out->falls = read_movers(ctx, json_get(json, "falls"), &out->n_falls);
    return ERR_NONE;
}
