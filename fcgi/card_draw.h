/*
 * card_draw.h - cards and stages as the statements of board.sql return them, made ready for
 * their templates.
 */
#ifndef LEADBOARD_CARD_DRAW_H
#define LEADBOARD_CARD_DRAW_H

#include "fcgi/views/board.h"
#include "fcgi/why.h"
#include "shared/card_find.h"

#define CARDS_PER_STAGE 100 /* as in board_cards and stage_cards_after */
#define CARDS_FOUND 25      /* of a stage at first, when a filter leaves cards out */

/* Which cards are drawn, and who is named on them. */
struct card_draw {
    struct ctx *ctx;
    int64_t board;
    struct why_names names;
    int64_t now;
    int64_t age_limit_days; /* of the stage they are in; 0: none */
    bool whole_tags;        /* all tags of a card are wanted, for lanes */
};
struct card_draw card_draw_begin(struct ctx *ctx, const struct sql_board_get *board,
                                 const struct sql_member_list_rows *members,
                                 const struct sql_automation_titles_rows *automations);
/* The cards that are drawn next are in this stage. */
void card_draw_in(struct card_draw *draw, const struct sql_stage_list *stage);

/* The columns that every statement on cards returns. */
struct card_row {
    int64_t id, owner;
    bool has_owner;
    int32_t version, contacts, visitors;
    int16_t score;
    struct str title, domain, logo, tags;
    int64_t last_activity_at; /* 0: never */
    int64_t modified_at, stage_at;
    struct why why;
};
#define CARD_ROW(r)                                                                            \
    ((struct card_row){.id = (r)->id,                                                          \
                       .owner = (r)->owner_id,                                                 \
                       .has_owner = !(r)->owner_id_null,                                       \
                       .version = (r)->version,                                                \
                       .contacts = (r)->contacts,                                              \
                       .visitors = (r)->visitors,                                              \
                       .score = (r)->score,                                                    \
                       .title = (r)->title,                                                    \
                       .domain = (r)->domain,                                                  \
                       .logo = (r)->logo,                                                      \
                       .tags = (r)->tags,                                                      \
                       .last_activity_at =                                                     \
                           (r)->last_activity_at_null ? 0 : (r)->last_activity_at,             \
                       .modified_at = (r)->modified_at,                                        \
                       .stage_at = (r)->stage_at,                                              \
                       .why = {.kind = (enum card_actor_kind)(r)->stage_by_kind,               \
                               .by = (r)->stage_by_null ? 0 : (r)->stage_by,                   \
                               .came_in = (r)->came_in}})

struct card_view card_draw(const struct card_draw *draw, const struct card_row *row);

/* What a score is called hot from. */
bool card_draw_is_hot(int64_t score);

/* The orders a stage's menu offers, the current one marked. */
const struct stage_order *card_draw_orders(struct ctx *ctx, int16_t sort, bool ascending,
                                           size_t *out_n);
/* The order of a menu's value; false when it is none. */
bool card_draw_order(struct str value, int16_t *out_sort, bool *out_ascending);
/* The menu's value and its words for an order of this table. */
struct str card_draw_order_value(int16_t sort, bool ascending);
struct str card_draw_order_name(int16_t sort, bool ascending);

/* Where a card stands in a stage of this order: "<sort key>_<id>", the `after` of a page of
 * cards. */
struct str card_draw_place(struct ctx *ctx, int16_t sort, const struct card_row *row,
                           struct str rank);
/* "first" is the place before all. False when text is no place in such an order. */
bool card_draw_place_read(struct str text, int16_t sort, bool ascending,
                          struct card_place *out);

#endif
