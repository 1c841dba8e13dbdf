#include "shared/cards.h"
#include "worker/automate_dry.h"

enum { AS_IT_WAS, PUT_ON, TAKEN_OFF };

static const struct str NO_TEXT = {.p = NULL};

/* ---- those that are met for the first time ---- */

struct fresh {
    struct sql_i64s accounts, leads;
};

static struct fresh find_fresh(struct act *act, struct dry_map *map, bool people, int64_t b,
                               struct str c, const int64_t *ids, size_t n)
{
    int64_t *v = ARENA_ARRAY(act->round->arena, n, int64_t);
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        bool fresh;
        struct dry_entry *entry =
            dry_map_at(map, act->round->dry->keep, people ? -ids[i] : ids[i], b, c, &fresh);
        if (fresh) {
            entry->at = INT64_MAX;
            v[k++] = ids[i];
        }
    }
    const struct sql_i64s found = {v, k}, none = {.n = 0};
    return people ? (struct fresh){none, found} : (struct fresh){found, none};
}

/* ---- tags ---- */

static enum err load_tags(struct act *act, int64_t tag, const struct fresh *fresh)
{
    struct dry *dry = act->round->dry;
    const struct sql_backtest_tagged_in in = {.dataset = act->round->dataset,
                                              .automation = act->automation->id,
                                              .tag = tag,
                                              .accounts = fresh->accounts,
                                              .leads = fresh->leads};
    struct sql_backtest_tagged_rows rows;
    if (fresh->accounts.n + fresh->leads.n == 0) {
        return ERR_NONE;
    }
    TRY(sql_backtest_tagged(act->round->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        dry_map_find(&dry->tags, rows.row[i].subject, tag, NO_TEXT)->at = rows.row[i].at;
    }
    return ERR_NONE;
}

/* Taken off by it (at n), others may have put it on again since. */
static bool is_on(const struct dry_entry *entry, int64_t at)
{
    return entry->state == PUT_ON ||
           (entry->at <= at && (entry->state == AS_IT_WAS || entry->at > entry->n));
}

enum err dry_tagged(struct act *act, const struct automation_action *action, const int64_t *ids,
                    struct candidate *const *of, size_t n, struct sql_i64s *out)
{
    struct dry *dry = act->round->dry;
    int64_t tag = action->tag.id, *v = ARENA_ARRAY(act->round->arena, n, int64_t);
    size_t k = 0;
    struct fresh fresh = find_fresh(act, &dry->tags, action->person, tag, NO_TEXT, ids, n);
    TRY(load_tags(act, tag, &fresh));
    for (size_t i = 0; i < n; i++) {
        int64_t subject = action->person ? -ids[i] : ids[i];
        if (is_on(dry_map_find(&dry->tags, subject, tag, NO_TEXT), of[i]->cause_at)) {
            v[k++] = ids[i];
        }
    }
    *out = (struct sql_i64s){v, k};
    return ERR_NONE;
}

void dry_tag(struct act *act, const struct automation_action *action, const int64_t *ids,
             struct candidate *const *of, size_t n)
{
    struct dry *dry = act->round->dry;
    bool put = action->what == DO_ADD_TAG;
    for (size_t i = 0; i < n; i++) {
        int64_t subject = action->person ? -ids[i] : ids[i];
        struct dry_entry *entry = dry_map_find(&dry->tags, subject, action->tag.id, NO_TEXT);
        if (put && !is_on(entry, of[i]->cause_at)) {
            dry->count.tagged++;
            dry_changed(act, CARD_TAGGED, subject, 0, action->tag.id);
        }
        entry->state = put ? PUT_ON : TAKEN_OFF;
        entry->n = of[i]->cause_at;
    }
}

/* ---- properties ---- */

#define PROPERTY 1
#define FACT 2

static enum err load_properties(struct act *act, struct str key, const struct fresh *fresh)
{
    struct dry *dry = act->round->dry;
    const struct sql_backtest_properties_in in = {.dataset = act->round->dataset,
                                                  .key = key,
                                                  .accounts = fresh->accounts,
                                                  .leads = fresh->leads};
    struct sql_backtest_properties_rows rows;
    if (fresh->accounts.n + fresh->leads.n == 0) {
        return ERR_NONE;
    }
    TRY(sql_backtest_properties(act->round->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct dry_entry *entry =
            dry_map_find(&dry->properties, rows.row[i].subject, PROPERTY, key);
        entry->text = arena_dup(dry->keep, rows.row[i].value);
        entry->n = rows.row[i].n;
    }
    return ERR_NONE;
}

enum err dry_set(struct act *act, const struct automation_action *action, const int64_t *ids,
                 const struct str *values, size_t n, int most, struct sql_i64s *out_changed,
                 struct sql_i64s *out_same)
{
    struct dry *dry = act->round->dry;
    int64_t *changed = ARENA_ARRAY(act->round->arena, n, int64_t);
    int64_t *same = ARENA_ARRAY(act->round->arena, n, int64_t);
    size_t n_changed = 0, n_same = 0;
    struct fresh fresh =
        find_fresh(act, &dry->properties, action->person, PROPERTY, action->key, ids, n);
    TRY(load_properties(act, action->key, &fresh));
    for (size_t i = 0; i < n; i++) {
        struct dry_entry *entry = dry_map_find(
            &dry->properties, action->person ? -ids[i] : ids[i], PROPERTY, action->key);
        if (!str_is_null(entry->text) && str_eq(entry->text, values[i])) {
            same[n_same++] = ids[i];
        } else if (!str_is_null(entry->text) || entry->n < most) {
            changed[n_changed++] = ids[i];
            entry->text = arena_dup(dry->keep, values[i]);
        }
    }
    *out_changed = (struct sql_i64s){changed, n_changed};
    *out_same = (struct sql_i64s){same, n_same};
    return ERR_NONE;
}

struct str dry_fact(const struct act *act, int64_t account, struct str field)
{
    const struct dry_entry *entry =
        dry_map_find(&act->round->dry->properties, account, FACT, field);
    return entry == NULL ? NO_TEXT : entry->text;
}

void dry_say_fact(struct act *act, int64_t account, struct str field, struct str value)
{
    bool fresh;
    struct dry *dry = act->round->dry;
    dry_map_at(&dry->properties, dry->keep, account, FACT, field, &fresh)->text =
        arena_dup(dry->keep, value);
}
