/*
 * card_find.h - finds the cards of a board that pass a filter (card_filter.h), stage by stage
 * in order, however large the board is. With filter.h the only place where SQL is composed:
 * only the conditions that are asked for, values as parameters, every query with its dataset
 * and board.
 *
 * A filter that few cards pass (CARD_FIND_FEW) is answered from the indexes of what is searched
 * for, with exact counts. One that many pass is answered by walking each stage in its order
 * until enough are found; then what is counted stops at what was asked for.
 *
 * The functions work in the transaction that is open (db_begin with the dataset) and read as
 * the filter role in between.
 */
#ifndef LEADBOARD_CARD_FIND_H
#define LEADBOARD_CARD_FIND_H

#include "shared/card_filter.h"

#define CARD_FIND_FEW 2000
#define CARD_FIND_PROBED 10000 /* instead, by tag or owner, or where a text meets others */
#define CARD_FIND_STAGES_MAX 50

/* stage.sort */
enum card_sort { SORT_BY_HAND, SORT_ACTIVITY, SORT_MODIFIED, SORT_SCORE, SORT_STAGE };

struct card_order {
    enum card_sort sort;
    bool ascending; /* by hand has one direction */
};

/* Where a card stands in an order: the key of the order, and the card. */
struct card_place {
    struct str rank; /* SORT_BY_HAND; a number in digits */
    int64_t at;      /* SORT_ACTIVITY, SORT_MODIFIED, SORT_STAGE; INT64_MIN: never */
    int16_t score;   /* SORT_SCORE */
    int64_t id;
};

struct card_find_stage {
    int64_t id;
    struct card_order order;
};

struct card_find {
    int64_t dataset, board;
    const struct card_filter *filter;
    const struct card_find_stage *stages;
    size_t n_stages;
    int64_t most; /* cards a stage */
    const struct card_place
        *after; /* of one stage: only behind this place; NULL: from the top */
};

struct card_found {
    struct sql_i64s ids; /* at most `most`, in order */
    int64_t count;       /* how many pass (behind the place, when there is one) */
    bool counted;        /* false: count is ids.n, and there are more */
};
static inline bool card_found_more(const struct card_found *found)
{
    return !found->counted || found->count > (int64_t)found->ids.n;
}
/* out_found: one for each stage. */
MUST_CHECK enum err card_find(struct db *db, const struct card_find *find,
                              struct card_found *out_found);

/* Of some cards those that pass, and which card that passes stands before each in its stage
 * (0: none). */
struct card_passes {
    int64_t id, previous;
};
MUST_CHECK enum err card_find_among(struct db *db, const struct card_find *find,
                                    struct sql_i64s ids, struct card_passes *out_passes,
                                    size_t *out_n);

/* The cards of one stage that pass, by id, above after_id, at most so many: for a job that
 * works through them. */
MUST_CHECK enum err card_find_ids(struct db *db, const struct card_find *find, int64_t after_id,
                                  int64_t most, struct sql_i64s *out_ids);

#endif
