#include "shared/card_operations.h"

#include "gen/sql.h"
#include "shared/card_find.h"
#include "shared/cards.h"
#include "shared/json.h"
#include "shared/tagging.h"

#define DETAIL_MAX 65536

/* Some cards of one operation. shift: see cards_move. */
struct batch {
    int64_t dataset, board, user, operation;
    struct sql_i64s cards;
    struct str shift;
};

/* ---- what is to be done, checked and written down ---- */

/* Holds the stages until the end; *out_name is the one that is moved to. */
static enum err hold_stages(struct db *db, int64_t dataset, int64_t board, int64_t target,
                            struct str *out_name)
{
    struct sql_card_stages_lock_rows stages;
    TRY(sql_card_stages_lock(
        db, &(struct sql_card_stages_lock_in){.dataset = dataset, .board = board}, &stages));
    *out_name = (struct str){.p = NULL};
    for (size_t i = 0; i < stages.n; i++) {
        if (stages.row[i].id == target) {
            *out_name = stages.row[i].name;
        }
    }
    return ERR_NONE;
}

static enum err describe_move(struct db *db, const struct card_choice *choice,
                              const struct card_action *action, struct sb *detail)
{
    struct str name;
    TRY(hold_stages(db, choice->dataset, choice->board, action->stage, &name));
    if (str_is_null(name)) {
        return ctx_fail(db_ctx(db), ERR_INVALID,
                        "The stage you chose is no longer on this board.");
    }
    sb_printf(detail, "\"to\":\"%lld\",\"stage\":", (long long)action->stage);
    json_write_str(detail, name);
    return ERR_NONE;
}

static enum err describe_owner(struct db *db, const struct card_choice *choice,
                               const struct card_action *action, struct sb *detail)
{
    if (action->owner == 0) {
        SB_LIT(detail, "\"to\":null");
        return ERR_NONE;
    }
    struct sql_board_members_rows members;
    TRY(sql_board_members(db,
                          &(struct sql_board_members_in){.dataset = choice->dataset,
                                                         .board = choice->board,
                                                         .person = action->owner},
                          &members));
    if (members.n == 0) {
        return ctx_fail(db_ctx(db), ERR_INVALID,
                        "Cards can only be given to people who may see this board.");
    }
    sb_printf(detail, "\"to\":\"%lld\",\"name\":", (long long)action->owner);
    json_write_str(detail, members.row[0].name);
    return ERR_NONE;
}

static enum err describe_remove(struct db *db, const struct card_choice *choice,
                                const struct card_action *action, struct sb *detail)
{
    struct str name;
    TRY(hold_stages(db, choice->dataset, choice->board, 0, &name));
    sb_printf(detail, "\"exclude\":%s", action->exclude ? "true" : "false");
    return ERR_NONE;
}

/* Tags that are gone are passed over; one must be left. */
static enum err describe_tags(struct db *db, const struct card_choice *choice,
                              const struct card_action *action, struct sb *detail)
{
    struct sql_tag_names_rows tags;
    TRY(sql_tag_names(db,
                      &(struct sql_tag_names_in){.dataset = choice->dataset,
                                                 .tags = {action->tags, action->n_tags}},
                      &tags));
    if (tags.n == 0) {
        return ctx_fail(db_ctx(db), ERR_INVALID, "Choose a tag that is still there.");
    }
    SB_LIT(detail, "\"tags\":[");
    for (size_t i = 0; i < tags.n; i++) {
        sb_printf(detail, "%s\"%lld\"", i == 0 ? "" : ",", (long long)tags.row[i].id);
    }
    SB_LIT(detail, "],\"names\":[");
    for (size_t i = 0; i < tags.n; i++) {
        sb_bytes(detail, ",", i != 0);
        json_write_str(detail, tags.row[i].name);
    }
    sb_char(detail, ']');
    return ERR_NONE;
}

/* ---- doing it ---- */

static enum err do_move(struct db *db, const struct batch *batch,
                        const struct card_action *action, int32_t *out_n)
{
    struct sql_cards_move row;
    TRY(sql_cards_move(db,
                       &(struct sql_cards_move_in){.dataset = batch->dataset,
                                                   .board = batch->board,
                                                   .cards = batch->cards,
                                                   .target = action->stage,
                                                   .user = batch->user,
                                                   .user_null = batch->user == 0,
                                                   .operation = batch->operation,
                                                   .shift = batch->shift,
                                                   .after = action->after,
                                                   .before = action->before},
                       &row));
    *out_n = row.moved;
    return ERR_NONE;
}

static enum err do_owner(struct db *db, const struct batch *batch,
                         const struct card_action *action, int32_t *out_n)
{
    struct sql_cards_assign row;
    TRY(sql_cards_assign(db,
                         &(struct sql_cards_assign_in){.dataset = batch->dataset,
                                                       .board = batch->board,
                                                       .cards = batch->cards,
                                                       .owner = action->owner,
                                                       .owner_null = action->owner == 0,
                                                       .user = batch->user,
                                                       .user_null = batch->user == 0,
                                                       .operation = batch->operation},
                         &row));
    *out_n = row.assigned;
    return ERR_NONE;
}

static enum err do_remove(struct db *db, const struct batch *batch,
                          const struct card_action *action, int32_t *out_n)
{
    struct sql_cards_remove row;
    TRY(sql_cards_remove(db,
                         &(struct sql_cards_remove_in){.dataset = batch->dataset,
                                                       .board = batch->board,
                                                       .cards = batch->cards,
                                                       .exclude = action->exclude,
                                                       .user = batch->user,
                                                       .user_null = batch->user == 0,
                                                       .operation = batch->operation},
                         &row));
    *out_n = row.removed;
    return ERR_NONE;
}

static enum err do_tags(struct db *db, const struct batch *batch,
                        const struct card_action *action, int32_t *out_n)
{
    const struct tagging tagging = {
        .dataset = batch->dataset,
        .operation = batch->operation,
        .actor = {.kind = batch->user == 0 ? ACTOR_AUTOMATION : ACTOR_USER, .id = batch->user}};
    return tagging_cards(db, &tagging, action->kind == OP_TAG, batch->board, batch->cards,
                         (struct sql_i64s){action->tags, action->n_tags}, out_n);
}

/* What each kind does. describe: checks the action, takes the locks that come before those of
 * the cards, and writes the members of the operation's detail. */
static const struct doer {
    enum err (*describe)(struct db *db, const struct card_choice *choice,
                         const struct card_action *action, struct sb *detail);
    enum err (*run)(struct db *db, const struct batch *batch, const struct card_action *action,
                    int32_t *out_n);
} doers[OP__END] = {
    [OP_MOVE] = {describe_move, do_move},       [OP_OWNER] = {describe_owner, do_owner},
    [OP_REMOVE] = {describe_remove, do_remove}, [OP_TAG] = {describe_tags, do_tags},
    [OP_UNTAG] = {describe_tags, do_tags},
};

static enum err find_doer(struct db *db, enum operation_kind kind, const struct doer **out_doer)
{
    if (kind >= OP__END || doers[kind].run == NULL) {
        return ctx_fail(db_ctx(db), ERR_INVALID, "This can't be done to cards.");
    }
    *out_doer = &doers[kind];
    return ERR_NONE;
}

/* ---- asking for it ---- */

/* The next cards of the stage by id, behind one, those that pass the filter. */
static enum err list_stage(struct db *db, const struct card_choice *choice, int64_t after,
                           int64_t most, struct sql_i64s *out_cards)
{
    const struct card_filter everything = CARD_FILTER_ALL;
    const struct card_find_stage stage = {.id = choice->all_of};
    const struct card_find find = {.dataset = choice->dataset,
                                   .board = choice->board,
                                   .filter =
                                       choice->filter == NULL ? &everything : choice->filter,
                                   .stages = &stage,
                                   .n_stages = 1};
    return card_find_ids(db, &find, after, most, out_cards);
}

static enum err choose_cards(struct db *db, const struct card_choice *choice,
                             struct sql_i64s *out_cards)
{
    if (choice->all_of != 0) {
        return list_stage(db, choice, 0, OPERATION_STEP + 1, out_cards);
    }
    if (choice->n > OPERATION_STEP) {
        return ctx_fail(db_ctx(db), ERR_LIMIT,
                        "These are more than %d cards. Choose fewer, or everything in a stage.",
                        OPERATION_STEP);
    }
    *out_cards = (struct sql_i64s){choice->cards, choice->n};
    return ERR_NONE;
}

/* The title of the one card it is about; else "no value". */
static enum err name_subject(struct db *db, const struct card_choice *choice,
                             struct sql_i64s cards, struct str *out_subject)
{
    struct sql_card_title_rows titles;
    *out_subject = (struct str){.p = NULL};
    if (cards.n != 1) {
        return ERR_NONE;
    }
    TRY(sql_card_title(db,
                       &(struct sql_card_title_in){.dataset = choice->dataset,
                                                   .board = choice->board,
                                                   .card = cards.v[0]},
                       &titles));
    if (titles.n == 1) {
        *out_subject = titles.row[0].title;
    }
    return ERR_NONE;
}

/* What a job needs to know beside: which cards, and how far they go. */
static enum err describe_job(struct db *db, const struct card_choice *choice,
                             const struct card_action *action, struct sb *detail)
{
    sb_printf(detail, ",\"all\":\"%lld\"", (long long)choice->all_of);
    if (choice->filter != NULL && !card_filter_is_empty(choice->filter)) {
        struct str filter;
        TRY(card_filter_json(db_ctx(db), choice->filter, &filter));
        sb_printf(detail, ",\"filter\":%.*s", STR_ARG(filter));
    }
    if (action->kind == OP_MOVE) {
        struct sql_cards_move_shift row;
        TRY(sql_cards_move_shift(db,
                                 &(struct sql_cards_move_shift_in){.dataset = choice->dataset,
                                                                   .from = choice->all_of,
                                                                   .target = action->stage},
                                 &row));
        sb_printf(detail, ",\"shift\":\"%.*s\"", STR_ARG(row.shift));
    }
    return ERR_NONE;
}

static enum err do_now(struct db *db, const struct doer *doer,
                       const struct operation *operation, const struct card_action *action,
                       struct sql_i64s cards, struct card_done *out)
{
    TRY(operation_begin(db, operation, &out->operation));
    const struct batch batch = {.dataset = operation->dataset,
                                .board = operation->board,
                                .user = operation->user,
                                .operation = out->operation,
                                .cards = cards};
    TRY(doer->run(db, &batch, action, &out->n));
    return operation_end(db, operation->dataset, out->operation, out->n,
                         (struct str){.p = NULL});
}

enum err card_operations_do(struct db *db, const struct card_choice *choice,
                            const struct card_action *action, struct card_done *out)
{
    const struct doer *doer = doers;
    struct sql_i64s cards = {.n = 0};
    struct sb detail;
    struct operation operation = {.dataset = choice->dataset,
                                  .kind = action->kind,
                                  .board = choice->board,
                                  .user = choice->user};
    *out = (struct card_done){0};
    sb_init(&detail, db_ctx(db)->arena, DETAIL_MAX);
    TRY(find_doer(db, action->kind, &doer));
    sb_char(&detail, '{');
    TRY(doer->describe(db, choice, action, &detail));
    TRY(choose_cards(db, choice, &cards));
    bool large = cards.n > OPERATION_STEP;
    if (large) {
        TRY(describe_job(db, choice, action, &detail));
    }
    sb_char(&detail, '}');
    TRY(sb_done(&detail, &operation.detail));
    TRY(name_subject(db, choice, cards, &operation.subject));
    if (large) {
        return operation_begin_job(db, &operation, &out->operation, &out->progress);
    }
    return do_now(db, doer, &operation, action, cards, out);
}

/* ---- the job ---- */

/* What describe and the steps before wrote, read back. */
struct described {
    struct card_action action;
    int64_t all_of, cursor, seen;
    struct str shift;
    struct card_filter filter;
};

static void read_tags(struct ctx *ctx, const struct json *tags, struct card_action *action)
{
    int64_t *ids = ARENA_ARRAY(ctx->arena, json_count(tags), int64_t);
    for (const struct json *tag = json_first(tags); tag != NULL; tag = json_next(tag)) {
        if (json_id(tag, &ids[action->n_tags])) {
            action->n_tags++;
        }
    }
    action->tags = ids;
}

static enum err read_filter(struct ctx *ctx, const struct json *filter, struct card_filter *out)
{
    struct sb sb;
    *out = CARD_FILTER_ALL;
    if (filter == NULL) {
        return ERR_NONE;
    }
    sb_init(&sb, ctx->arena, DETAIL_MAX);
    json_write(&sb, filter);
    return card_filter_from_json(ctx, sb_view(&sb), out);
}

static enum err read_detail(struct db *db, const struct operation_row *operation,
                            struct described *out)
{
    struct ctx *ctx = db_ctx(db);
    const struct json *detail;
    int64_t to = 0;
    TRY(json_parse(ctx, operation->detail, DETAIL_MAX, &detail));
    *out = (struct described){.action.kind = operation->kind,
                              .shift = json_text(json_get(detail, "shift"))};
    (void)json_id(json_get(detail, "all"), &out->all_of);
    (void)json_id(json_get(detail, "cursor"), &out->cursor);
    (void)json_i64(json_get(detail, "seen"), &out->seen);
    (void)json_id(json_get(detail, "to"), &to);
    (void)json_bool(json_get(detail, "exclude"), &out->action.exclude);
    out->action.stage = out->action.owner = to;
    read_tags(ctx, json_get(detail, "tags"), &out->action);
    return read_filter(ctx, json_get(detail, "filter"), &out->filter);
}

enum err card_operations_stand(struct db *db, int64_t dataset,
                               const struct operation_row *operation, struct card_step *out)
{
    struct described described;
    struct sql_cards_of_stage_count left;
    TRY(read_detail(db, operation, &described));
    TRY(sql_cards_of_stage_count(
        db,
        &(struct sql_cards_of_stage_count_in){.dataset = dataset,
                                              .board = operation->board,
                                              .stage = described.all_of,
                                              .before = operation->at,
                                              .after = described.cursor},
        &left));
    *out = (struct card_step){
        .seen = described.seen, .total = described.seen + left.n, .more = left.n > 0};
    return ERR_NONE;
}

/* Of the next cards those that were in the stage when it was asked for: who came later is not
 * meant. *out_cursor and *out_seen count all that were looked at. */
static enum err next_cards(struct db *db, const struct card_choice *choice, int64_t asked_at,
                           int64_t *cursor, struct sql_i64s *out_cards, size_t *out_seen)
{
    struct sql_i64s next;
    struct sql_cards_before_rows rows;
    TRY(list_stage(db, choice, *cursor, OPERATION_STEP, &next));
    *out_seen = next.n;
    *out_cards = (struct sql_i64s){0};
    if (next.n == 0) {
        return ERR_NONE;
    }
    *cursor = next.v[next.n - 1];
    TRY(sql_cards_before(db,
                         &(struct sql_cards_before_in){
                             .dataset = choice->dataset, .cards = next, .before = asked_at},
                         &rows));
    int64_t *ids = ARENA_ARRAY(db_ctx(db)->arena, rows.n + 1, int64_t);
    for (size_t i = 0; i < rows.n; i++) {
        ids[i] = rows.row[i].id;
    }
    *out_cards = (struct sql_i64s){ids, rows.n};
    return ERR_NONE;
}

enum err card_operations_step(struct db *db, int64_t dataset, int64_t operation,
                              struct card_step *out)
{
    struct operation_row row;
    struct described described;
    const struct doer *doer = doers;
    struct sb unused;
    size_t seen;
    TRY(operation_hold(db, dataset, operation, &row));
    TRY(read_detail(db, &row, &described));
    TRY(find_doer(db, row.kind, &doer));
    const struct card_choice choice = {.dataset = dataset,
                                       .board = row.board,
                                       .user = row.user,
                                       .all_of = described.all_of,
                                       .filter = &described.filter};
    struct batch batch = {.dataset = dataset,
                          .board = row.board,
                          .user = row.user,
                          .operation = operation,
                          .shift = described.shift};
    sb_init(&unused, db_ctx(db)->arena, DETAIL_MAX);
    TRY(doer->describe(db, &choice, &described.action, &unused));
    TRY(next_cards(db, &choice, row.at, &described.cursor, &batch.cards, &seen));
    *out = (struct card_step){.seen = described.seen + (int64_t)seen,
                              .more = seen == OPERATION_STEP};
    if (batch.cards.n > 0) {
        TRY(doer->run(db, &batch, &described.action, &out->changed));
    }
    return operation_end(db, dataset, operation, out->changed,
                         arena_print(db_ctx(db)->arena, "{\"cursor\":\"%lld\",\"seen\":%lld}",
                                     (long long)described.cursor, (long long)out->seen));
}

/* ---- undoing ---- */

enum err card_operations_undo_move(struct db *db, struct operation_undoing *undoing,
                                   struct operation_undone *out)
{
    struct sql_cards_unmove row;
    struct str name;
    TRY(hold_stages(db, undoing->dataset, undoing->operation->board, 0, &name));
    TRY(sql_cards_unmove(db,
                         &(struct sql_cards_unmove_in){.dataset = undoing->dataset,
                                                       .board = undoing->operation->board,
                                                       .operation = undoing->operation->id,
                                                       .user = undoing->user,
                                                       .user_null = undoing->user == 0,
                                                       .undo = undoing->undo,
                                                       .after = undoing->cursor,
                                                       .most = OPERATION_STEP},
                         &row));
    out->undone += row.undone;
    out->kept += row.kept;
    out->elsewhere += row.elsewhere;
    undoing->cursor = row.last;
    return ERR_NONE;
}

enum err card_operations_undo_owner(struct db *db, struct operation_undoing *undoing,
                                    struct operation_undone *out)
{
    struct sql_cards_unassign row;
    TRY(sql_cards_unassign(db,
                           &(struct sql_cards_unassign_in){.dataset = undoing->dataset,
                                                           .board = undoing->operation->board,
                                                           .operation = undoing->operation->id,
                                                           .user = undoing->user,
                                                           .user_null = undoing->user == 0,
                                                           .undo = undoing->undo,
                                                           .after = undoing->cursor,
                                                           .most = OPERATION_STEP},
                           &row));
    out->undone += row.undone;
    out->kept += row.kept;
    undoing->cursor = row.last;
    return ERR_NONE;
}

/* What cards repeat of their accounts and leads has changed while they were away. */
static enum err refresh(struct db *db, int64_t dataset, const struct sql_cards_restore *row)
{
    size_t n = row->accounts.n > row->leads.n ? row->accounts.n : row->leads.n;
    int64_t *datasets = ARENA_ARRAY(db_ctx(db)->arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        datasets[i] = dataset;
    }
    TRY(cards_refresh_accounts(db, datasets, row->accounts.v, row->accounts.n, NULL));
    return cards_refresh_leads(db, datasets, row->leads.v, row->leads.n, NULL);
}

enum err card_operations_undo_remove(struct db *db, struct operation_undoing *undoing,
                                     struct operation_undone *out)
{
    struct sql_cards_restore row;
    struct str name;
    TRY(hold_stages(db, undoing->dataset, undoing->operation->board, 0, &name));
    TRY(sql_cards_restore(db,
                          &(struct sql_cards_restore_in){.dataset = undoing->dataset,
                                                         .board = undoing->operation->board,
                                                         .operation = undoing->operation->id,
                                                         .user = undoing->user,
                                                         .user_null = undoing->user == 0,
                                                         .undo = undoing->undo,
                                                         .after = undoing->cursor,
                                                         .most = OPERATION_STEP},
                          &row));
    out->undone += row.undone;
    out->kept += row.kept;
    out->elsewhere += row.elsewhere;
    undoing->cursor = row.last;
    return refresh(db, undoing->dataset, &row);
}
