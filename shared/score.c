#include "shared/score.h"
#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/segment.h"

static const struct {
    const char *name;
    int16_t most;
} table[SCORE_PART__COUNT] = {
    [SCORE_EMAIL] = {"email", 15},         [SCORE_COMPANY] = {"company", 10},
    [SCORE_PHONE] = {"phone", 5},          [SCORE_SESSIONS] = {"sessions", 15},
    [SCORE_PAGEVIEWS] = {"pageviews", 20}, [SCORE_FORMS] = {"forms", 20},
    [SCORE_RECENCY] = {"recency", 15},
};

const char *score_part_name(enum score_part part)
{
    return table[part].name;
}

int16_t score_part_most(enum score_part part)
{
    return table[part].most;
}

/* Of what would be worth value, as much as the part can bring. */
static int16_t part_of(enum score_part part, int64_t value)
{
    return value < 0 ? 0 : value > table[part].most ? table[part].most : (int16_t)value;
}

void score_of(const struct score_input *input, int64_t now, struct score *out_score)
{
    int64_t days = now > input->last_at ? (now - input->last_at) / CLOCK_DAY : 0;
    *out_score = (struct score){
        .parts =
            {
                [SCORE_EMAIL] = part_of(SCORE_EMAIL, input->email ? 15 : 0),
                [SCORE_COMPANY] = part_of(SCORE_COMPANY, input->company ? 10 : 0),
                [SCORE_PHONE] = part_of(SCORE_PHONE, input->phone ? 5 : 0),
                [SCORE_SESSIONS] = part_of(SCORE_SESSIONS, input->sessions),
                [SCORE_PAGEVIEWS] = part_of(SCORE_PAGEVIEWS, input->pageviews / 2),
                [SCORE_FORMS] = part_of(SCORE_FORMS, INT64_C(5) * input->forms),
                [SCORE_RECENCY] = part_of(SCORE_RECENCY, 15 - days / 2),
            },
    };
    for (size_t i = 0; i < SCORE_PART__COUNT; i++) {
        out_score->total = (int16_t)(out_score->total + out_score->parts[i]);
    }
}

struct str score_json(struct arena *arena, const struct score *score)
{
    struct sb sb;
    sb_init(&sb, arena, 400);
    sb_char(&sb, '[');
    for (size_t i = 0; i < SCORE_PART__COUNT; i++) {
        if (score->parts[i] != 0) {
            sb_printf(&sb, "%s[\"%s\",%d]", sb.n > 1 ? "," : "", table[i].name,
                      score->parts[i]);
        }
    }
    sb_char(&sb, ']');
    return sb_view(&sb);
}

static void score_row(const struct sql_score_leads *lead, struct score *out_score)
{
    struct score_input input = {
        .email = lead->email,
        .company = lead->company,
        .phone = lead->phone,
        .sessions = lead->sessions,
        .pageviews = lead->pageviews,
        .forms = lead->forms,
        .last_at = lead->last_at,
    };
    score_of(&input, lead->now, out_score);
}

/* Those that are other than before. */
struct changed {
    int64_t *ids, *last_ats;
    int16_t *scores;
    struct str *parts;
    size_t n;
};

static struct changed score_all(struct arena *arena, const struct sql_score_leads *leads,
                                size_t n_leads)
{
    struct changed changed = {.ids = ARENA_ARRAY(arena, n_leads, int64_t),
                              .last_ats = ARENA_ARRAY(arena, n_leads, int64_t),
                              .scores = ARENA_ARRAY(arena, n_leads, int16_t),
                              .parts = ARENA_ARRAY(arena, n_leads, struct str)};
    for (size_t i = 0; i < n_leads; i++) {
        struct score score;
        score_row(&leads[i], &score);
        if (score.total != leads[i].score) {
            changed.ids[changed.n] = leads[i].id;
            changed.last_ats[changed.n] = leads[i].last_at;
            changed.scores[changed.n] = score.total;
            changed.parts[changed.n++] = score_json(arena, &score);
        }
    }
    return changed;
}

static enum err touch(struct db *db, int64_t dataset, const struct changed *changed)
{
    const struct segment_touch touch = {
        .dataset = dataset, .on = FILTER_ON_SCORE, .leads = {changed->ids, changed->n}};
    return segment_touch(db, &touch);
}

enum err score_refresh(struct ctx *ctx, struct db *db, int64_t dataset, int64_t after,
                       int64_t limit, int64_t *out_last)
{
    struct sql_score_leads_rows leads;
    TRY(sql_score_leads(
        db, &(struct sql_score_leads_in){.dataset = dataset, .after = after, .limit = limit},
        &leads));
    struct changed changed = score_all(ctx->arena, leads.row, leads.n);
    if (changed.n > 0) {
        struct sql_score_save_in save = {.dataset = dataset,
                                         .id = {changed.ids, changed.n},
                                         .last_at = {changed.last_ats, changed.n},
                                         .score = {changed.scores, changed.n},
                                         .parts = {changed.parts, changed.n}};
        TRY(sql_score_save(db, &save, NULL));
        struct sql_score_accounts_in accounts = {.dataset = dataset,
                                                 .lead = {changed.ids, changed.n}};
        TRY(sql_score_accounts(db, &accounts, NULL));
        TRY(touch(db, dataset, &changed));
    }
    *out_last = leads.n > 0 ? leads.row[leads.n - 1].id : 0;
    return ERR_NONE;
}

enum err score_renew(struct ctx *ctx, struct db *db, int64_t dataset, struct sql_i64s ids)
{
    struct sql_score_leads_of_rows rows;
    TRY(sql_score_leads_of(db, &(struct sql_score_leads_of_in){.dataset = dataset, .ids = ids},
                           &rows));
    struct sql_score_leads *leads = ARENA_ARRAY(ctx->arena, rows.n, struct sql_score_leads);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_score_leads_of *row = &rows.row[i];
        leads[i] = (struct sql_score_leads){.id = row->id,
                                            .email = row->email,
                                            .company = row->company,
                                            .phone = row->phone,
                                            .sessions = row->sessions,
                                            .pageviews = row->pageviews,
                                            .forms = row->forms,
                                            .last_at = row->last_at,
                                            .score = row->score,
                                            .now = row->now};
    }
    struct changed changed = score_all(ctx->arena, leads, rows.n);
    struct sql_score_put_in put = {.dataset = dataset,
                                   .id = {changed.ids, changed.n},
                                   .score = {changed.scores, changed.n},
                                   .parts = {changed.parts, changed.n}};
    TRY(sql_score_put(db, &put, NULL));
    return touch(db, dataset, &changed);
}
