#include "shared/target.h"

#include "gen/sql.h"
#include "shared/events.h"
#include "shared/queue.h"
#include "shared/score.h"
#include "shared/segment.h"

/* ---- patterns ---- */

static bool is_of(const struct page_pattern *pattern, struct str url)
{
    for (size_t i = 0; i < pattern->n; i++) {
        if (url_pattern_matches(&pattern->any[i], url)) {
            return true;
        }
    }
    return false;
}

_Static_assert(PAGE_PATTERNS_MAX <= UINT8_MAX, "places are bytes");
#define SEEN_SLOTS 8192 /* a power of two */
#define SEEN_MOST (SEEN_SLOTS / 2)

struct seen {
    struct str url; /* "no value": a free slot */
    const uint8_t *places;
    uint8_t n;
};
struct page_matcher {
    struct arena *arena;
    struct page_patterns patterns;
    size_t n_seen;
    uint8_t found[PAGE_PATTERNS_MAX];
    struct seen seen[SEEN_SLOTS];
};

struct page_matcher *page_matcher_new(struct arena *arena, const struct page_patterns *patterns)
{
    struct page_matcher *matcher = ARENA_NEW(arena, struct page_matcher);
    matcher->arena = arena;
    matcher->patterns = *patterns;
    return matcher;
}

/* FNV-1a. */
static uint64_t hash_of(struct str text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < text.n; i++) {
        hash = (hash ^ (unsigned char)text.p[i]) * UINT64_C(1099511628211);
    }
    return hash ^ hash >> 32;
}

static struct seen *slot_of(struct page_matcher *matcher, struct str url)
{
    size_t slot = hash_of(url) & (SEEN_SLOTS - 1);
    while (!str_is_null(matcher->seen[slot].url) && !str_eq(matcher->seen[slot].url, url)) {
        slot = (slot + 1) & (SEEN_SLOTS - 1);
    }
    return &matcher->seen[slot];
}

size_t page_matcher_find(struct page_matcher *matcher, struct str url,
                         const uint8_t **out_places)
{
    size_t n = 0;
    struct seen *seen = slot_of(matcher, url);
    if (!str_is_null(seen->url)) {
        *out_places = seen->places;
        return seen->n;
    }
    for (size_t i = 0; i < matcher->patterns.n && i < PAGE_PATTERNS_MAX; i++) {
        if (is_of(&matcher->patterns.v[i], url)) {
            matcher->found[n++] = (uint8_t)i;
        }
    }
    *out_places = matcher->found;
    if (matcher->n_seen < SEEN_MOST) {
        uint8_t *places = ARENA_ARRAY(matcher->arena, n, uint8_t);
        memcpy(places, matcher->found, n);
        *seen = (struct seen){.url = url, .places = places, .n = (uint8_t)n};
        matcher->n_seen++;
    }
    return n;
}

static enum err pattern_of(struct ctx *ctx, const struct sql_page_patterns *row,
                           struct page_pattern *out)
{
    struct url_pattern *any = ARENA_ARRAY(ctx->arena, row->patterns.n, struct url_pattern);
    for (size_t i = 0; i < row->patterns.n; i++) {
        TRY(url_pattern_read(ctx, row->patterns.v[i], &any[i]));
    }
    *out = (struct page_pattern){
        .id = row->id, .any = any, .n = row->patterns.n, .counted = row->counted};
    return ERR_NONE;
}

enum err page_patterns_load(struct ctx *ctx, struct db *db, struct sql_i64s datasets,
                            struct page_patterns *out)
{
    struct sql_page_patterns_rows rows;
    TRY(sql_page_patterns(db, &(struct sql_page_patterns_in){.dataset = datasets}, &rows));
    struct page_pattern *patterns = ARENA_ARRAY(ctx->arena, rows.n, struct page_pattern);
    for (size_t i = 0; i < rows.n; i++) {
        TRY(pattern_of(ctx, &rows.row[i], &patterns[i]));
    }
    for (size_t i = 0; i < datasets.n; i++) {
        size_t from = 0, to;
        while (from < rows.n && rows.row[from].dataset != datasets.v[i]) {
            from++;
        }
        for (to = from; to < rows.n && rows.row[to].dataset == datasets.v[i];) {
            to++;
        }
        out[i] = (struct page_patterns){.v = &patterns[from], .n = to - from};
    }
    return ERR_NONE;
}

static int compare_texts(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Capitals, and a slash at the end, say nothing (url_pattern.h). */
static enum err fold(struct ctx *ctx, struct str typed, struct str *out)
{
    struct url_pattern pattern;
    TRY(url_pattern_read(ctx, typed, &pattern));
    typed = str_trim(typed);
    char *text = arena_cstr(ctx->arena, typed);
    for (size_t i = 0; i < typed.n; i++) {
        text[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 0x20) : text[i];
    }
    size_t n = typed.n;
    if (pattern.end == URL_PATTERN_PAGE && n > 1 && text[n - 1] == '/') {
        n--;
    }
    *out = (struct str){.p = text, .n = n};
    return ERR_NONE;
}

/* What is typed in any order, or twice, is the same. */
static enum err fold_all(struct ctx *ctx, const struct str *typed, size_t n,
                         struct sql_strs *out)
{
    struct str *texts = ARENA_ARRAY(ctx->arena, n, struct str);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        TRY(fold(ctx, typed[i], &texts[i]));
    }
    if (n > 1) {
        qsort(texts, n, sizeof(*texts), compare_texts);
    }
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || !str_eq(texts[kept - 1], texts[i])) {
            texts[kept++] = texts[i];
        }
    }
    *out = (struct sql_strs){texts, kept};
    return ERR_NONE;
}

enum err page_pattern_for(struct db *db, int64_t dataset, const struct str *typed, size_t n,
                          int64_t *out_id)
{
    struct ctx *ctx = db_ctx(db);
    struct sql_page_pattern_find found;
    struct sql_page_pattern_add_rows made;
    struct sql_strs patterns;
    TRY(fold_all(ctx, typed, n, &patterns));
    TRY(sql_page_pattern_lock(db, &(struct sql_page_pattern_lock_in){.dataset = dataset},
                              NULL));
    enum err err = sql_page_pattern_find(
        db, &(struct sql_page_pattern_find_in){.dataset = dataset, .patterns = patterns},
        &found);
    if (err == ERR_NONE) {
        *out_id = found.id;
        return ERR_NONE;
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    TRY(sql_page_pattern_add(db,
                             &(struct sql_page_pattern_add_in){.dataset = dataset,
                                                               .patterns = patterns,
                                                               .most = PAGE_PATTERNS_MAX},
                             &made));
    if (made.n == 0) {
        return ctx_fail(ctx, ERR_LIMIT,
                        "This dataset counts %d kinds of pages already, which is the most that "
                        "it can. Leave some out.",
                        PAGE_PATTERNS_MAX);
    }
    *out_id = made.row[0].id;
    return ERR_NONE;
}

enum err target_trim(struct db *db, int64_t dataset)
{
    int64_t n;
    TRY(sql_page_pattern_lock(db, &(struct sql_page_pattern_lock_in){.dataset = dataset},
                              NULL));
    TRY(sql_page_pattern_trim(db, &(struct sql_page_pattern_trim_in){.dataset = dataset}, &n));
    return n > 0 ? sql_hits_trim(db, &(struct sql_hits_trim_in){.dataset = dataset}, NULL)
                 : ERR_NONE;
}

/* ---- targets ---- */

static enum err check_name(struct ctx *ctx, struct str name)
{
    if (name.n == 0) {
        return ctx_fail(ctx, ERR_INVALID, "A target needs a name.");
    }
    return str_utf8_length(name) <= TARGET_NAME_MAX
               ? ERR_NONE
               : ctx_fail(ctx, ERR_INVALID, "A target's name has at most %d characters.",
                          TARGET_NAME_MAX);
}

static enum err check_pages(struct ctx *ctx, const struct target *target)
{
    if (target->n_pages == 0) {
        return ctx_fail(ctx, ERR_INVALID, "Write which pages, like /thank-you*.");
    }
    return target->n_pages <= TARGET_PAGES_MAX
               ? ERR_NONE
               : ctx_fail(ctx, ERR_INVALID, "A target has at most %d patterns.",
                          TARGET_PAGES_MAX);
}

static enum err check_taken(struct db *db, int64_t dataset, const struct target *target)
{
    struct sql_target_find found;
    enum err err = sql_target_find(
        db, &(struct sql_target_find_in){.dataset = dataset, .name = target->name}, &found);
    if (err == ERR_NONE && found.id != target->id) {
        return ctx_fail(db_ctx(db), ERR_CONFLICT, "There is a target of this name already.");
    }
    return err == ERR_NOT_FOUND ? ERR_NONE : err;
}

static enum err add(struct db *db, int64_t dataset, int64_t user, const struct target *target,
                    int64_t pattern, int64_t *out_id)
{
    struct sql_target_add_rows made;
    TRY(sql_target_add(db,
                       &(struct sql_target_add_in){.dataset = dataset,
                                                   .name = target->name,
                                                   .pages = {target->pages, target->n_pages},
                                                   .pattern = pattern,
                                                   .user = user,
                                                   .most = TARGETS_MAX},
                       &made));
    if (made.n == 0) {
        return ctx_fail(db_ctx(db), ERR_LIMIT,
                        "There are %d targets already, which is the most a dataset can have.",
                        TARGETS_MAX);
    }
    *out_id = made.row[0].id;
    return ERR_NONE;
}

static enum err change(struct db *db, int64_t dataset, const struct target *target,
                       int64_t pattern)
{
    int64_t n;
    TRY(sql_target_update(
        db,
        &(struct sql_target_update_in){.dataset = dataset,
                                       .target = target->id,
                                       .name = target->name,
                                       .pages = {target->pages, target->n_pages},
                                       .pattern = pattern},
        &n));
    return n == 0 ? ERR_NOT_FOUND : ERR_NONE;
}

static bool is_asked_for(const struct score_formula *formula, int64_t target)
{
    for (size_t i = 0; i < formula->n_rules; i++) {
        if (formula->rules[i].kind == SCORE_TARGET && formula->rules[i].target == target) {
            return true;
        }
    }
    return false;
}

/* Scoring anew counts first what was not counted. */
static enum err settle(struct db *db, int64_t dataset, int64_t target)
{
    struct score_formula formula;
    TRY(score_formula_load(db_ctx(db), db, dataset, &formula));
    bool rescore = is_asked_for(&formula, target);
    const struct queue_job job = {.dataset = dataset,
                                  .uniq = rescore ? STR("rescore") : STR("count"),
                                  .payload = rescore ? STR("{\"do\":\"rescore\"}")
                                                     : STR("{\"do\":\"count\"}")};
    const struct queue_opts opts = {.prio = QUEUE_SOON, .unique = QUEUE_RERUN};
    return queue_add(db, JOB_SCORE, &job, &opts, NULL);
}

enum err target_save(struct db *db, int64_t dataset, int64_t user, const struct target *target,
                     const char **out_field, int64_t *out_id)
{
    struct ctx *ctx = db_ctx(db);
    int64_t pattern;
    *out_field = "name";
    TRY(check_name(ctx, target->name));
    TRY(check_taken(db, dataset, target));
    *out_field = "pages";
    TRY(check_pages(ctx, target));
    TRY(page_pattern_for(db, dataset, target->pages, target->n_pages, &pattern));
    *out_field = "";
    *out_id = target->id;
    TRY(target->id == 0 ? add(db, dataset, user, target, pattern, out_id)
                        : change(db, dataset, target, pattern));
    if (target->id != 0) {
        TRY(segment_touch_all(db, dataset, FILTER_ON_EVENTS));
    }
    return settle(db, dataset, *out_id);
}

enum err target_delete(struct db *db, int64_t dataset, int64_t id)
{
    struct score_formula formula;
    int64_t n;
    TRY(score_formula_load(db_ctx(db), db, dataset, &formula));
    TRY(sql_target_delete(db, &(struct sql_target_delete_in){.dataset = dataset, .target = id},
                          &n));
    if (n == 0) {
        return ERR_NOT_FOUND;
    }
    TRY(segment_touch_all(db, dataset, FILTER_ON_EVENTS));
    return is_asked_for(&formula, id) ? settle(db, dataset, id) : ERR_NONE;
}

/* ---- what a view reaches ---- */

enum err targets_load(struct ctx *ctx, struct db *db, int64_t dataset, struct targets *out)
{
    struct sql_target_pages_rows rows;
    TRY(sql_target_pages(db, &(struct sql_target_pages_in){.dataset = dataset}, &rows));
    struct target *targets = ARENA_ARRAY(ctx->arena, rows.n, struct target);
    struct page_pattern *patterns = ARENA_ARRAY(ctx->arena, rows.n, struct page_pattern);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_page_patterns row = {.id = rows.row[i].pattern,
                                              .patterns = rows.row[i].patterns,
                                              .counted = rows.row[i].counted};
        TRY(pattern_of(ctx, &row, &patterns[i]));
        targets[i] = (struct target){.id = rows.row[i].id,
                                     .name = rows.row[i].name,
                                     .pages = rows.row[i].pages.v,
                                     .n_pages = rows.row[i].pages.n};
    }
    *out = (struct targets){.v = targets, .n = rows.n};
    if (rows.n > 0) {
        const struct page_patterns all = {patterns, rows.n};
        out->matcher = page_matcher_new(ctx->arena, &all);
    }
    return ERR_NONE;
}

size_t targets_reached(const struct targets *targets, int type, struct str url,
                       const uint8_t **out_places)
{
    bool view = type == EVENT_PAGEVIEW || type == EVENT_EMAIL_CLICK;
    return view && targets->matcher != NULL && url.n > 0
               ? page_matcher_find(targets->matcher, url, out_places)
               : 0;
}
