#include "shared/tagging.h"

#include "gen/sql.h"
#include "shared/automation_fire.h"
#include "shared/score.h"
#include "shared/segment.h"

/* ---- what has changed, and telling the cards ---- */

/* Rows that a statement changed: tag tags[i] of account or lead subjects[i], in order of the
 * subject. */
struct changed {
    const int64_t *subjects, *tags;
    size_t n;
    const struct str *causes; /* and depths; NULL: none */
    const int16_t *depths;
};

/* Of the rows of one of these statements; their types differ, their columns do not. */
#define CHANGED(db, rows, out)                                                                 \
    do {                                                                                       \
        int64_t *subjects_ = ARENA_ARRAY(db_ctx(db)->arena, (rows).n + 1, int64_t);            \
        int64_t *tags_ = ARENA_ARRAY(db_ctx(db)->arena, (rows).n + 1, int64_t);                \
        for (size_t i_ = 0; i_ < (rows).n; i_++) {                                             \
            subjects_[i_] = (rows).row[i_].subject;                                            \
            tags_[i_] = (rows).row[i_].tag;                                                    \
        }                                                                                      \
        *(out) = (struct changed){.subjects = subjects_, .tags = tags_, .n = (rows).n};        \
    } while (0)

static int32_t count_subjects(const struct changed *changed)
{
    int32_t n = 0;
    for (size_t i = 0; i < changed->n; i++) {
        n += i == 0 || changed->subjects[i] != changed->subjects[i - 1];
    }
    return n;
}

static int64_t *same(struct arena *arena, int64_t value, size_t n)
{
    int64_t *v = ARENA_ARRAY(arena, n + 1, int64_t);
    for (size_t i = 0; i < n; i++) {
        v[i] = value;
    }
    return v;
}

/* Of each changed row what belongs to its subject among the ids that were asked for. */
static size_t place_of(struct sql_i64s ids, int64_t subject)
{
    size_t i = 0;
    while (i < ids.n && ids.v[i] != subject) {
        i++;
    }
    return i;
}

static void causes_of(struct arena *arena, const struct tagging *by, struct sql_i64s ids,
                      struct changed *changed)
{
    if (by->causes == NULL && by->depths == NULL) {
        return;
    }
    struct str *causes = ARENA_ARRAY(arena, changed->n, struct str);
    int16_t *depths = ARENA_ARRAY(arena, changed->n, int16_t);
    for (size_t i = 0; i < changed->n; i++) {
        size_t at = place_of(ids, changed->subjects[i]);
        causes[i] = by->causes != NULL && at < ids.n ? by->causes[at] : (struct str){0};
        depths[i] = by->depths != NULL && at < ids.n ? by->depths[at] : 0;
    }
    changed->causes = causes;
    changed->depths = depths;
}

/* What waits for tags. */
static enum err fire(struct db *db, const struct tagging *by, bool leads,
                     const struct changed *changed)
{
    int64_t *subjects = ARENA_ARRAY(db_ctx(db)->arena, changed->n, int64_t);
    for (size_t i = 0; i < changed->n; i++) {
        subjects[i] = leads ? -changed->subjects[i] : changed->subjects[i];
    }
    const struct automation_tagged tagged = {.dataset = by->dataset,
                                             .subjects = subjects,
                                             .tags = changed->tags,
                                             .depths = changed->depths,
                                             .n = changed->n};
    return automation_fire_tags(db, &tagged);
}

static enum err tell_accounts(struct db *db, const struct tagging *by, bool put,
                              const struct changed *changed)
{
    const struct sql_tag_tell_accounts_in in = {
        .dataset = by->dataset,
        .accounts = {changed->subjects, changed->n},
        .tags = {changed->tags, changed->n},
        .kind = put ? CARD_TAGGED : CARD_UNTAGGED,
        .actor_kind = (int16_t)by->actor.kind,
        .actor = by->actor.id,
        .actor_null = by->actor.id == 0,
        .operation = by->operation,
        .operation_null = by->operation == 0,
        .detail = by->actor.cause,
        .causes = {.v = changed->causes, .n = changed->causes == NULL ? 0 : changed->n},
    };
    struct sql_tag_tell_accounts_rows rows;
    if (changed->n == 0) {
        return ERR_NONE;
    }
    TRY(score_tags_changed(db, by->dataset, (struct sql_i64s){changed->tags, changed->n},
                           (struct sql_i64s){changed->subjects, changed->n},
                           (struct sql_i64s){.n = 0}));
    TRY(segment_touch(db, &(struct segment_touch){.dataset = by->dataset,
                                                  .on = FILTER_ON_TAGS,
                                                  .accounts = in.accounts}));
    TRY(sql_tag_tell_accounts(db, &in, &rows));
    struct arena *arena = db_ctx(db)->arena;
    int64_t *accounts = ARENA_ARRAY(arena, rows.n + 1, int64_t);
    for (size_t i = 0; i < rows.n; i++) {
        accounts[i] = rows.row[i].account;
    }
    return cards_refresh_accounts(db, same(arena, by->dataset, rows.n), accounts, rows.n, NULL);
}

enum err tagging_tell(struct db *db, const struct tagging *tagging, bool put,
                      struct sql_i64s accounts, struct sql_i64s tags)
{
    const struct changed changed = {.subjects = accounts.v, .tags = tags.v, .n = accounts.n};
    TRY(put ? fire(db, tagging, false, &changed) : ERR_NONE);
    return tell_accounts(db, tagging, put, &changed);
}

static enum err refresh_both(struct db *db, int64_t dataset,
                             const struct sql_tag_tell_leads_rows *rows)
{
    struct arena *arena = db_ctx(db)->arena;
    int64_t *accounts = ARENA_ARRAY(arena, rows->n + 1, int64_t);
    int64_t *leads = ARENA_ARRAY(arena, rows->n + 1, int64_t);
    size_t n_accounts = 0, n_leads = 0;
    for (size_t i = 0; i < rows->n; i++) {
        if (!rows->row[i].account_null) {
            accounts[n_accounts++] = rows->row[i].account;
        } else {
            leads[n_leads++] = rows->row[i].lead;
        }
    }
    int64_t *datasets = same(arena, dataset, rows->n);
    TRY(cards_refresh_accounts(db, datasets, accounts, n_accounts, NULL));
    return cards_refresh_leads(db, datasets, leads, n_leads, NULL);
}

static enum err tell_leads(struct db *db, const struct tagging *by, bool put,
                           const struct changed *changed)
{
    const struct sql_tag_tell_leads_in in = {
        .dataset = by->dataset,
        .leads = {changed->subjects, changed->n},
        .tags = {changed->tags, changed->n},
        .kind = put ? CARD_TAGGED : CARD_UNTAGGED,
        .actor_kind = (int16_t)by->actor.kind,
        .actor = by->actor.id,
        .actor_null = by->actor.id == 0,
        .operation = by->operation,
        .operation_null = by->operation == 0,
        .causes = {.v = changed->causes, .n = changed->causes == NULL ? 0 : changed->n},
    };
    struct sql_tag_tell_leads_rows rows;
    if (changed->n == 0) {
        return ERR_NONE;
    }
    TRY(score_tags_changed(db, by->dataset, (struct sql_i64s){changed->tags, changed->n},
                           (struct sql_i64s){.n = 0},
                           (struct sql_i64s){changed->subjects, changed->n}));
    TRY(segment_touch(db, &(struct segment_touch){.dataset = by->dataset,
                                                  .on = FILTER_ON_TAGS,
                                                  .leads = in.leads}));
    TRY(sql_tag_tell_leads(db, &in, &rows));
    return refresh_both(db, by->dataset, &rows);
}

/* ---- putting on and taking off ---- */

static enum err change_accounts(struct db *db, const struct tagging *by, bool put,
                                struct sql_i64s accounts, struct sql_i64s tags,
                                struct changed *out)
{
    if (put) {
        const struct sql_tag_accounts_in in = {
            .dataset = by->dataset,
            .accounts = accounts,
            .tags = tags,
            .user = by->actor.id,
            .user_null = by->actor.kind != ACTOR_USER || by->actor.id == 0,
            .rule = by->actor.id,
            .rule_null = by->actor.kind != ACTOR_AUTOMATION || by->actor.id == 0,
            .operation = by->operation,
            .operation_null = by->operation == 0};
        struct sql_tag_accounts_rows rows;
        TRY(sql_tag_accounts(db, &in, &rows));
        CHANGED(db, rows, out);
        return ERR_NONE;
    }
    const struct sql_untag_accounts_in in = {
        .dataset = by->dataset, .accounts = accounts, .tags = tags, .operation = by->operation};
    struct sql_untag_accounts_rows rows;
    TRY(sql_untag_accounts(db, &in, &rows));
    CHANGED(db, rows, out);
    return ERR_NONE;
}

static enum err change_leads(struct db *db, const struct tagging *by, bool put,
                             struct sql_i64s leads, struct sql_i64s tags, struct changed *out)
{
    if (put) {
        const struct sql_tag_leads_in in = {
            .dataset = by->dataset,
            .leads = leads,
            .tags = tags,
            .user = by->actor.id,
            .user_null = by->actor.kind != ACTOR_USER || by->actor.id == 0,
            .rule = by->actor.id,
            .rule_null = by->actor.kind != ACTOR_AUTOMATION || by->actor.id == 0,
            .operation = by->operation,
            .operation_null = by->operation == 0};
        struct sql_tag_leads_rows rows;
        TRY(sql_tag_leads(db, &in, &rows));
        CHANGED(db, rows, out);
        return ERR_NONE;
    }
    const struct sql_untag_leads_in in = {
        .dataset = by->dataset, .leads = leads, .tags = tags, .operation = by->operation};
    struct sql_untag_leads_rows rows;
    TRY(sql_untag_leads(db, &in, &rows));
    CHANGED(db, rows, out);
    return ERR_NONE;
}

enum err tagging_accounts(struct db *db, const struct tagging *tagging, bool put,
                          struct sql_i64s accounts, struct sql_i64s tags, int32_t *out_n)
{
    struct changed changed;
    TRY(change_accounts(db, tagging, put, accounts, tags, &changed));
    causes_of(db_ctx(db)->arena, tagging, accounts, &changed);
    TRY(tell_accounts(db, tagging, put, &changed));
    TRY(put ? fire(db, tagging, false, &changed) : ERR_NONE);
    *out_n = count_subjects(&changed);
    return ERR_NONE;
}

enum err tagging_leads(struct db *db, const struct tagging *tagging, bool put,
                       struct sql_i64s leads, struct sql_i64s tags, int32_t *out_n)
{
    struct changed changed;
    TRY(change_leads(db, tagging, put, leads, tags, &changed));
    causes_of(db_ctx(db)->arena, tagging, leads, &changed);
    TRY(tell_leads(db, tagging, put, &changed));
    TRY(put ? fire(db, tagging, true, &changed) : ERR_NONE);
    *out_n = count_subjects(&changed);
    return ERR_NONE;
}

enum err tagging_cards(struct db *db, const struct tagging *tagging, bool put, int64_t board,
                       struct sql_i64s cards, struct sql_i64s tags, int32_t *out_n)
{
    const struct sql_tag_card_subjects_in in = {
        .dataset = tagging->dataset, .board = board, .cards = cards};
    struct sql_tag_card_subjects_rows rows;
    TRY(sql_tag_card_subjects(db, &in, &rows));
    struct arena *arena = db_ctx(db)->arena;
    int64_t *accounts = ARENA_ARRAY(arena, rows.n + 1, int64_t);
    int64_t *leads = ARENA_ARRAY(arena, rows.n + 1, int64_t);
    size_t n_accounts = 0, n_leads = 0;
    for (size_t i = 0; i < rows.n; i++) {
        if (!rows.row[i].account_null) {
            accounts[n_accounts++] = rows.row[i].account;
        } else {
            leads[n_leads++] = rows.row[i].lead;
        }
    }
    int32_t of_accounts, of_leads;
    TRY(tagging_accounts(db, tagging, put, (struct sql_i64s){accounts, n_accounts}, tags,
                         &of_accounts));
    TRY(tagging_leads(db, tagging, put, (struct sql_i64s){leads, n_leads}, tags, &of_leads));
    *out_n = of_accounts + of_leads;
    return ERR_NONE;
}

/* ---- undo ---- */

/* Some accounts, behind the last one, then some leads: the cursor is twice the id of the last,
 * and odd where it is a lead's. */
struct undo_step {
    bool leads;
    int64_t after;
};

static struct undo_step step_of(int64_t cursor)
{
    return (struct undo_step){.leads = cursor % 2 == 1, .after = cursor / 2};
}

/* After the last step, what has not come back was changed by somebody. */
static void step_on(struct operation_undoing *undoing, const struct undo_step *step,
                    int64_t last, struct operation_undone *out)
{
    if (last != 0) {
        undoing->cursor = last * 2 + step->leads;
    } else if (!step->leads) {
        undoing->cursor = 1;
    } else {
        int32_t n = undoing->operation->n;
        out->kept = n > out->undone ? n - out->undone : 0;
        undoing->cursor = 0;
    }
}

static enum err tell_undone(struct db *db, const struct operation_undoing *undoing, bool put,
                            const struct undo_step *step, const struct changed *changed,
                            struct operation_undone *out)
{
    const struct tagging by = {.dataset = undoing->dataset,
                               .operation = undoing->undo,
                               .actor = {.kind = ACTOR_USER, .id = undoing->user}};
    out->undone += count_subjects(changed);
    return step->leads ? tell_leads(db, &by, put, changed)
                       : tell_accounts(db, &by, put, changed);
}

enum err tagging_undo_tag(struct db *db, struct operation_undoing *undoing,
                          struct operation_undone *out)
{
    struct undo_step step = step_of(undoing->cursor);
    struct changed changed;
    if (step.leads) {
        const struct sql_tag_undo_leads_in in = {.dataset = undoing->dataset,
                                                 .operation = undoing->operation->id,
                                                 .after = step.after,
                                                 .most = OPERATION_STEP};
        struct sql_tag_undo_leads_rows rows;
        TRY(sql_tag_undo_leads(db, &in, &rows));
        CHANGED(db, rows, &changed);
    } else {
        const struct sql_tag_undo_accounts_in in = {.dataset = undoing->dataset,
                                                    .operation = undoing->operation->id,
                                                    .after = step.after,
                                                    .most = OPERATION_STEP};
        struct sql_tag_undo_accounts_rows rows;
        TRY(sql_tag_undo_accounts(db, &in, &rows));
        CHANGED(db, rows, &changed);
    }
    TRY(tell_undone(db, undoing, false, &step, &changed, out));
    step_on(undoing, &step, changed.n > 0 ? changed.subjects[changed.n - 1] : 0, out);
    return ERR_NONE;
}

enum err tagging_undo_untag(struct db *db, struct operation_undoing *undoing,
                            struct operation_undone *out)
{
    struct undo_step step = step_of(undoing->cursor);
    struct changed changed;
    int64_t last;
    if (step.leads) {
        const struct sql_untag_undo_leads_in in = {.dataset = undoing->dataset,
                                                   .operation = undoing->operation->id,
                                                   .after = step.after,
                                                   .most = OPERATION_STEP};
        struct sql_untag_undo_leads row;
        TRY(sql_untag_undo_leads(db, &in, &row));
        changed = (struct changed){
            .subjects = row.subjects.v, .tags = row.tags.v, .n = row.subjects.n};
        last = row.last;
    } else {
        const struct sql_untag_undo_accounts_in in = {.dataset = undoing->dataset,
                                                      .operation = undoing->operation->id,
                                                      .after = step.after,
                                                      .most = OPERATION_STEP};
        struct sql_untag_undo_accounts row;
        TRY(sql_untag_undo_accounts(db, &in, &row));
        changed = (struct changed){
            .subjects = row.subjects.v, .tags = row.tags.v, .n = row.subjects.n};
        last = row.last;
    }
    TRY(tell_undone(db, undoing, true, &step, &changed, out));
    step_on(undoing, &step, last, out);
    return ERR_NONE;
}
