/*
 * target.h - pages that count: how often each lead viewed pages of a pattern (url_pattern.h),
 * and conversion targets, which are such pages with a name.
 *
 * A row of page_pattern is one thing that is counted: up to ten patterns of which one is
 * enough. Targets and rules of the leadscore (score_rule.h) name such a row; two that mean the
 * same pages share it.
 *
 * A hit is a view of such a page: an event of type pageview, or an email click, which is the
 * view that a mail led to. Hits are counted by session (session_hit) and by lead (lead_hit), so
 * that whatever moves sessions - late events, people who turn out to be one, merges by hand and
 * their undoing - moves their hits with them: a lead's are always the sum of those of its
 * sessions (session.lead_id). The log consumer counts each event once, in its transaction
 * (worker/derive_target.c). It begins with the first batch that finds the pattern; older
 * sessions are looked through by the job `score` (target_count_step), exactly, while the
 * consumer goes on.
 *
 * "Target reached" can be told of an event by itself, as it happens: page_matcher_find gives
 * the patterns that its address is of, target_list whose they are. It was the first time when
 * the lead's lead_hit.first_at is that of the event.
 *
 * Functions with a db work in the transaction that is open (db_begin with the dataset).
 */
#ifndef LEADBOARD_TARGET_H
#define LEADBOARD_TARGET_H

#include "shared/db.h"
#include "shared/db_statement.h"
#include "shared/url_pattern.h"

#define TARGETS_MAX 50
#define TARGET_NAME_MAX 60
#define TARGET_PAGES_MAX 10   /* patterns of one */
#define PAGE_PATTERNS_MAX 120 /* of a dataset: rules, targets and drafts */

struct page_pattern {
    int64_t id;
    const struct url_pattern *any;
    size_t n;
    bool counted; /* older sessions, too */
};

struct page_patterns {
    const struct page_pattern *v;
    size_t n;
};
/* Everything that is counted, out[i] of datasets.v[i]. */
MUST_CHECK enum err page_patterns_load(struct ctx *ctx, struct db *db, struct sql_i64s datasets,
                                       struct page_patterns *out);

/* Which patterns an address is of. It remembers addresses that it has seen: the events of a
 * batch are views of few pages. */
struct page_matcher *page_matcher_new(struct arena *arena,
                                      const struct page_patterns *patterns);
/* *out_places: in the list of patterns, until the next call. The text of url has to stay as
 * long as the matcher. */
size_t page_matcher_find(struct page_matcher *matcher, struct str url,
                         const uint8_t **out_places);

/* The row for these patterns as somebody typed them; made, and to be counted, when there is
 * none. ERR_INVALID with a sentence about the one that is wrong; ERR_LIMIT when there are too
 * many in the dataset. */
MUST_CHECK enum err page_pattern_for(struct db *db, int64_t dataset, const struct str *typed,
                                     size_t n, int64_t *out_id);

/* ---- targets ---- */

struct target {
    int64_t id; /* 0: new */
    struct str name;
    const struct str *pages; /* as typed */
    size_t n_pages;
};
/* Stores it. What was not counted before is counted by a job, and leads are scored anew when
 * the formula asks for the target; call queue_wake after the commit. ERR_INVALID, ERR_CONFLICT
 * (the name is taken) and ERR_LIMIT with a sentence; *out_field names the form's field. */
MUST_CHECK enum err target_save(struct db *db, int64_t dataset, int64_t user,
                                const struct target *target, const char **out_field,
                                int64_t *out_id);
/* ERR_NOT_FOUND: there is none. Rules that ask for it bring nothing from then on. */
MUST_CHECK enum err target_delete(struct db *db, int64_t dataset, int64_t id);

/* The dataset's targets, for telling which of them a view reaches. */
struct targets {
    const struct target *v;
    size_t n;
    struct page_matcher *matcher; /* NULL: there are none */
};
MUST_CHECK enum err targets_load(struct ctx *ctx, struct db *db, int64_t dataset,
                                 struct targets *out);
/* Places in targets->v, until the next call; none for events that are no views. type: enum
 * event_type. */
size_t targets_reached(const struct targets *targets, int type, struct str url,
                       const uint8_t **out_places);

/* ---- counting ---- */

/* Sessions of these leads were moved to or from them: their hits are counted anew. */
MUST_CHECK enum err target_recount(struct db *db, int64_t dataset, struct sql_i64s leads);

/* Looks through older sessions, some at a time. The log consumer stands still until the
 * transaction ends. */
struct target_count {
    struct page_patterns patterns; /* those that are not counted yet */
    struct str visitor;            /* the last session that was looked at */
    int64_t started_at;
    bool more;
};
/* patterns.n 0: there is nothing to do. *out_sessions: how many there are to look through. */
MUST_CHECK enum err target_count_begin(struct ctx *ctx, struct db *db, int64_t dataset,
                                       struct target_count *out, int64_t *out_sessions);
MUST_CHECK enum err target_count_step(struct ctx *ctx, struct db *db, int64_t dataset,
                                      struct target_count *count, int64_t limit,
                                      int64_t *out_seen);
/* After the last step. */
MUST_CHECK enum err target_count_end(struct db *db, int64_t dataset,
                                     const struct target_count *count);
/* Forgets patterns that nothing asks for any more. */
MUST_CHECK enum err target_trim(struct db *db, int64_t dataset);

#endif
