#include "shared/automation_undo.h"

#include "gen/sql.h"
#include "shared/card_operations.h"
#include "shared/facts.h"
#include "shared/json.h"
#include "shared/tagging.h"

/* The steps, in the reverse order of doing. Cards that went from stage to stage in one
 * operation go back in as many rounds as a rule can have actions that matter. */
enum part {
    MOVES,
    MOVES_2,
    MOVES_3,
    OWNERS,
    RESTORED,
    CREATED,
    TAGS,
    UNTAGGED,
    VALUES,
    PART__END
};

/* The cursor: which part, of which board, behind which id. */
#define BOARD_BITS 44
#define PART_BITS 56
struct place {
    enum part part;
    size_t board;
    int64_t after;
};

static struct place place_of(int64_t cursor)
{
    return (struct place){.part = (enum part)(cursor >> PART_BITS),
                          .board = (size_t)(cursor >> BOARD_BITS & 0xfff),
                          .after = cursor & (((int64_t)1 << BOARD_BITS) - 1)};
}

static int64_t cursor_of(const struct place *place)
{
    return (int64_t)place->part << PART_BITS | (int64_t)place->board << BOARD_BITS |
           place->after;
}

static bool is_of_board(enum part part)
{
    return part <= CREATED;
}

/* ---- cards ---- */

static enum err hold_stages(struct db *db, int64_t dataset, int64_t board)
{
    struct sql_card_stages_lock_rows stages;
    return sql_card_stages_lock(
        db, &(struct sql_card_stages_lock_in){.dataset = dataset, .board = board}, &stages);
}

static enum err undo_moves(struct db *db, const struct operation_undoing *undoing,
                           struct place *place, int64_t board, struct operation_undone *out)
{
    struct sql_cards_unmove row;
    TRY(sql_cards_unmove(db,
                         &(struct sql_cards_unmove_in){.dataset = undoing->dataset,
                                                       .board = board,
                                                       .operation = undoing->operation->id,
                                                       .user = undoing->user,
                                                       .user_null = undoing->user == 0,
                                                       .undo = undoing->undo,
                                                       .after = place->after,
                                                       .most = OPERATION_STEP},
                         &row));
    out->undone += row.undone;
    out->kept += place->part == MOVES ? row.kept : -row.undone;
    out->elsewhere += row.elsewhere;
    place->after = row.last;
    return ERR_NONE;
}

static enum err undo_owners(struct db *db, const struct operation_undoing *undoing,
                            struct place *place, int64_t board, struct operation_undone *out)
{
    struct sql_cards_unassign row;
    TRY(sql_cards_unassign(db,
                           &(struct sql_cards_unassign_in){.dataset = undoing->dataset,
                                                           .board = board,
                                                           .operation = undoing->operation->id,
                                                           .user = undoing->user,
                                                           .user_null = undoing->user == 0,
                                                           .undo = undoing->undo,
                                                           .after = place->after,
                                                           .most = OPERATION_STEP},
                           &row));
    out->undone += row.undone;
    out->kept += row.kept;
    place->after = row.last;
    return ERR_NONE;
}

/* Puts back what was removed, as card_operations.h does of a board of its own. */
static enum err restore(struct db *db, const struct operation_undoing *undoing,
                        struct place *place, int64_t board, struct operation_undone *out)
{
    struct operation_row of_board = *undoing->operation;
    struct operation_undoing part = *undoing;
    of_board.board = board;
    part.operation = &of_board;
    part.cursor = place->after;
    TRY(card_operations_undo_remove(db, &part, out));
    place->after = part.cursor;
    return ERR_NONE;
}

static enum err remove_created(struct db *db, const struct operation_undoing *undoing,
                               struct place *place, int64_t board, struct operation_undone *out)
{
    struct sql_automation_undo_created row;
    struct sql_cards_remove removed;
    TRY(sql_automation_undo_created(
        db,
        &(struct sql_automation_undo_created_in){.dataset = undoing->dataset,
                                                 .board = board,
                                                 .operation = undoing->operation->id,
                                                 .undo = undoing->undo,
                                                 .after = place->after,
                                                 .most = OPERATION_STEP},
        &row));
    place->after = row.last;
    out->kept += row.kept;
    if (row.cards.n == 0) {
        return ERR_NONE;
    }
    TRY(sql_cards_remove(db,
                         &(struct sql_cards_remove_in){.dataset = undoing->dataset,
                                                       .board = board,
                                                       .cards = row.cards,
                                                       .user = undoing->user,
                                                       .user_null = undoing->user == 0,
                                                       .operation = undoing->undo,
                                                       .rule_null = true},
                         &removed));
    out->undone += removed.removed;
    return ERR_NONE;
}

/* ---- tags ---- */

/* What somebody has changed since is not to be told from what was put on for nobody. */
static enum err undo_tags(struct db *db, const struct operation_undoing *undoing,
                          struct place *place, operation_undoer *undo,
                          struct operation_undone *out)
{
    struct operation_row uncounted = *undoing->operation;
    struct operation_undoing part = *undoing;
    struct operation_undone undone = {0};
    uncounted.n = 0;
    part.operation = &uncounted;
    part.cursor = place->after;
    TRY(undo(db, &part, &undone));
    out->undone += undone.undone;
    place->after = part.cursor;
    return ERR_NONE;
}

/* ---- properties ---- */

static enum err undo_fact(struct db *db, int64_t dataset,
                          const struct sql_automation_undo_facts *row)
{
    int64_t n;
    const struct facts_put put = {.dataset = dataset,
                                  .account = row->account,
                                  .source = STR("automation"),
                                  .fields = &row->key,
                                  .values = &row->was,
                                  .n = 1};
    return str_is_null(row->was)
               ? facts_remove(db, dataset, row->account, STR("automation"), &row->key, 1, &n)
               : facts_put(db, &put);
}

static enum err undo_values(struct db *db, const struct operation_undoing *undoing,
                            struct place *place, struct operation_undone *out)
{
    struct sql_automation_undo_facts_rows rows;
    if (place->after == 0) {
        struct sql_automation_undo_properties row;
        TRY(sql_automation_undo_properties(
            db,
            &(struct sql_automation_undo_properties_in){.dataset = undoing->dataset,
                                                        .operation = undoing->operation->id},
            &row));
        out->undone += row.undone;
        out->kept += row.kept;
    }
    TRY(sql_automation_undo_facts(
        db,
        &(struct sql_automation_undo_facts_in){.dataset = undoing->dataset,
                                               .operation = undoing->operation->id,
                                               .after = place->after,
                                               .most = OPERATION_STEP},
        &rows));
    for (size_t i = 0; i < rows.n; i++) {
        TRY(rows.row[i].same ? undo_fact(db, undoing->dataset, &rows.row[i]) : ERR_NONE);
        out->undone += rows.row[i].same ? 1 : 0;
        out->kept += rows.row[i].same ? 0 : 1;
    }
    place->after = rows.n == OPERATION_STEP ? rows.row[rows.n - 1].id : 0;
    return ERR_NONE;
}

/* ---- what was told ---- */

static enum err undo_told(struct db *db, const struct operation_undoing *undoing)
{
    struct sql_automation_undo_told_rows rows;
    struct sb sb;
    TRY(sql_automation_undo_told(
        db,
        &(struct sql_automation_undo_told_in){.dataset = undoing->dataset,
                                              .operation = undoing->operation->id},
        &rows));
    sb_init(&sb, db_ctx(db)->arena, (size_t)32 << 10);
    SB_LIT(&sb, "{\"sent\":[");
    for (size_t i = 0; i < rows.n; i++) {
        struct str said = arena_print(db_ctx(db)->arena, "%lld to %.*s",
                                      (long long)rows.row[i].n, STR_ARG(rows.row[i].name));
        bool mail = str_eq(rows.row[i].name, STR("mail"));
        sb_str(&sb, i == 0 ? STR("") : STR(","));
        json_write_str(&sb, !mail ? said
                                  : arena_print(db_ctx(db)->arena, "%lld by mail",
                                                (long long)rows.row[i].n));
    }
    SB_LIT(&sb, "]}");
    return rows.n == 0 ? ERR_NONE
                       : operation_end(db, undoing->dataset, undoing->undo, 0, sb_view(&sb));
}

/* ---- all of it ---- */

typedef enum err board_undoer(struct db *db, const struct operation_undoing *undoing,
                              struct place *place, int64_t board, struct operation_undone *out);

static enum err of_board(struct db *db, const struct operation_undoing *undoing,
                         struct place *place, struct operation_undone *out)
{
    static board_undoer *const undoers[] = {
        [MOVES] = undo_moves,   [MOVES_2] = undo_moves, [MOVES_3] = undo_moves,
        [OWNERS] = undo_owners, [RESTORED] = restore,   [CREATED] = remove_created};
    struct sql_automation_undo_boards_rows boards;
    TRY(sql_automation_undo_boards(
        db,
        &(struct sql_automation_undo_boards_in){.dataset = undoing->dataset,
                                                .operation = undoing->operation->id},
        &boards));
    if (place->board >= boards.n) {
        *place = (struct place){.part = place->part + 1};
        return ERR_NONE;
    }
    TRY(hold_stages(db, undoing->dataset, boards.row[place->board].board));
    TRY(undoers[place->part](db, undoing, place, boards.row[place->board].board, out));
    place->board += place->after == 0 ? 1 : 0;
    return ERR_NONE;
}

static enum err of_people(struct db *db, const struct operation_undoing *undoing,
                          struct place *place, struct operation_undone *out)
{
    if (place->part == VALUES) {
        TRY(undo_values(db, undoing, place, out));
    } else {
        TRY(undo_tags(db, undoing, place,
                      place->part == TAGS ? tagging_undo_tag : tagging_undo_untag, out));
    }
    if (place->after == 0) {
        *place = (struct place){.part = place->part + 1};
    }
    return ERR_NONE;
}

enum err automation_undo(struct db *db, struct operation_undoing *undoing,
                         struct operation_undone *out)
{
    struct place place = place_of(undoing->cursor);
    if (undoing->cursor == 0) {
        TRY(undo_told(db, undoing));
    }
    TRY(is_of_board(place.part) ? of_board(db, undoing, &place, out)
                                : of_people(db, undoing, &place, out));
    undoing->cursor = place.part == PART__END ? 0 : cursor_of(&place);
    return ERR_NONE;
}
