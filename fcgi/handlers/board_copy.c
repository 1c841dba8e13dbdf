/* A board like another one: its settings and stages, without its cards; in the same dataset or
 * in another that the user may use. */
#include "fcgi/handlers/board.h"
#include "shared/cards.h"

struct copy_values {
    struct str name;
    int64_t dataset; /* 0: the same */
};
static const struct form_field copy_fields[] = {
    {.name = "name",
     .label = "Name",
     .kind = FORM_TEXT,
     .required = true,
     .min = 1,
     .max = 200,
     .offset = offsetof(struct copy_values, name)},
    {.name = "dataset",
     .label = "Dataset",
     .kind = FORM_ID,
     .offset = offsetof(struct copy_values, dataset)},
};
const struct form_spec board_copy_spec = FORM_SPEC(copy_fields, struct copy_values);

static enum err choose_dataset(struct web *web, int64_t *out_dataset)
{
    const struct copy_values *values = web->form.values;
    *out_dataset = values->dataset == 0 ? web->session.dataset : values->dataset;
    for (size_t i = 0; i < web->session.n_datasets; i++) {
        if (web->session.datasets[i].id == *out_dataset) {
            return ERR_NONE;
        }
    }
    return web_not_found(web, "This dataset does not exist, or you may not use it.");
}

/* What is copied, read where the board is. */
static enum err read_board(struct web *web, struct sql_board_get *out_board,
                           struct sql_stage_list_rows *out_stages)
{
    struct db_scope scope = web_scope(web);
    scope.read_only = true;
    TRY(db_begin(web->db, &scope));
    TRY(board_load(web, out_board));
    TRY(sql_stage_list(
        web->db,
        &(struct sql_stage_list_in){.dataset = web->session.dataset, .board = out_board->id},
        out_stages));
    return db_commit(web->db);
}

static enum err add_stages(struct web *web, int64_t dataset, int64_t board,
                           const struct sql_stage_list_rows *stages)
{
    struct arena *arena = web->ctx->arena;
    size_t n = stages->n;
    struct str *names = ARENA_ARRAY(arena, n, struct str);
    bool *flags = ARENA_ARRAY(arena, 2 * n, bool);
    int16_t *sorts = ARENA_ARRAY(arena, n, int16_t);
    int32_t *limits = ARENA_ARRAY(arena, 2 * n, int32_t);
    for (size_t i = 0; i < n; i++) {
        const struct sql_stage_list *stage = &stages->row[i];
        names[i] = stage->name;
        flags[i] = stage->entry;
        flags[n + i] = stage->sort_ascending;
        sorts[i] = stage->sort;
        limits[i] = stage->wip_limit_null ? 0 : stage->wip_limit;
        limits[n + i] = stage->age_limit_days_null ? 0 : stage->age_limit_days;
    }
    struct sql_stage_copy_in in = {
        .dataset = dataset,
        .board = board,
        .names = {.v = names, .n = n},
        .entries = {.v = flags, .n = n},
        .sorts = {.v = sorts, .n = n},
        .ascending = {.v = flags + n, .n = n},
        .wip_limits = {.v = limits, .n = n},
        .age_limits = {.v = limits + n, .n = n},
    };
    return sql_stage_copy(web->db, &in, NULL);
}

/* In the transaction of the dataset it goes to. A segment is of its dataset only. */
static enum err add_board(struct web *web, int64_t dataset, const struct sql_board_get *board,
                          const struct sql_stage_list_rows *stages, int64_t *out_board)
{
    const struct copy_values *values = web->form.values;
    struct sql_board_add added;
    bool has_segment = dataset == web->session.dataset && !board->segment_id_null;
    struct sql_board_add_in in = {
        .dataset = dataset,
        .name = values->name,
        .user = web->session.user,
        .visibility = board->visibility,
        .segment = has_segment ? board->segment_id : 0,
        .segment_null = !has_segment,
        .fixed_flow = board->fixed_flow,
    };
    TRY(sql_board_add(web->db, &in, &added));
    TRY(add_stages(web, dataset, added.id, stages));
    TRY(sql_board_step(
        web->db, &(struct sql_board_step_in){.dataset = dataset, .board = added.id, .step = 0},
        NULL));
    if (has_segment) {
        TRY(cards_refresh_board(web->db, dataset, added.id));
        web->wake = true;
    }
    *out_board = added.id;
    return ERR_NONE;
}

enum err handle_board_copy(struct web *web, struct request *request, struct response *response)
{
    struct sql_board_get board;
    struct sql_stage_list_rows stages;
    int64_t dataset, copy;
    TRY(choose_dataset(web, &dataset));
    TRY(read_board(web, &board, &stages));
    struct db_scope scope = {.workspace = web->session.workspace, .dataset = dataset};
    TRY(db_begin(web->db, &scope));
    TRY(add_board(web, dataset, &board, &stages, &copy));
    if (dataset != web->session.dataset) {
        TRY(session_use_dataset(web->ctx, web->db, &web->session, dataset));
    }
    TRY(db_commit(web->db));
    return web_redirect_saying(
        web, request, response,
        arena_print(web->ctx->arena, "/boards/%lld/settings", (long long)copy),
        "This is the copy, with the stages and settings of %.*s and none of its cards.",
        STR_ARG(str_cut(board.name, 100)));
}
