#include "fcgi/automation_runs.h"

#include "shared/clock.h"
#include "shared/operation.h"

static const char *tone(int16_t state)
{
    switch (state) {
    case RUN_DONE:
        return "good";
    case RUN_NOTHING:
        return "quiet";
    case RUN_STOPPED:
        return "warm";
    default:
        return "bad";
    }
}

static struct str subject_url(struct ctx *ctx, const struct run_row *row)
{
    if (row->account != 0) {
        return arena_print(ctx->arena, "/accounts/%lld", (long long)row->account);
    }
    return row->lead != 0 ? arena_print(ctx->arena, "/leads/%lld", (long long)row->lead)
                          : STR("");
}

/* Where what happened can be seen: the session of the event, the row of the card's history. */
static struct str cause_url(struct ctx *ctx, const struct run_row *row)
{
    if (row->cause == CAUSE_EVENT && row->lead != 0) {
        return arena_print(ctx->arena, "/leads/%lld?before=%lld#sessions", (long long)row->lead,
                           (long long)row->cause_at + 1);
    }
    if (row->cause == CAUSE_CARD && row->card != 0 && row->board != 0) {
        return arena_print(ctx->arena, "/boards/%lld/cards/%lld?tab=history#h-%lld",
                           (long long)row->board, (long long)row->card,
                           (long long)row->cause_id);
    }
    return STR("");
}

static bool may_undo(const struct run_row *row)
{
    return row->operation != 0 && !row->undone && row->operation_n > 0 &&
           row->at > clock_now() - OPERATION_DAYS * CLOCK_DAY;
}

struct run_view automation_run_draw(struct ctx *ctx, const struct run_row *row, struct str csrf,
                                    struct str back)
{
    struct run_view view = {
        .id = row->id,
        .automation = row->automation,
        .at = row->at,
        .name = row->name,
        .deleted = row->deleted,
        .version = row->version,
        .title = str_is_empty(row->title) ? STR("Somebody unknown") : row->title,
        .url = subject_url(ctx, row),
        .why = row->why,
        .why_url = cause_url(ctx, row),
        .cause_at = row->cause_at,
        .tone = tone(row->state),
        .state = automation_run_state_label((enum automation_run_state)row->state),
        .held = row->held,
        .depth = row->depth,
        .operation = may_undo(row) ? row->operation : 0,
        .others = row->operation_n > 1 ? row->operation_n - 1 : 0,
        .undone = row->undone,
        .csrf = csrf,
        .back = back,
    };
    view.said = automation_draw_said(ctx, row->said, &view.n_said);
    return view;
}

static struct run_row read_row(const struct sql_automation_runs *row)
{
    return (struct run_row){
        .id = row->id,
        .automation = row->automation,
        .at = row->at,
        .account = row->account_null ? 0 : row->account,
        .lead = row->lead_null ? 0 : row->lead,
        .card = row->card_null ? 0 : row->card,
        .board = row->board_null ? 0 : row->board,
        .cause_id = row->cause_id,
        .cause_at = row->cause_at,
        .operation = row->operation_null ? 0 : row->operation,
        .name = row->name,
        .title = row->title,
        .why = row->why,
        .said = row->said,
        .deleted = row->deleted,
        .undone = row->undone,
        .version = row->version,
        .held = row->held,
        .operation_n = row->operation_n_null ? 0 : row->operation_n,
        .cause = row->cause,
        .depth = row->depth,
        .state = row->state,
    };
}

enum err automation_runs_load(struct web *web, const struct runs_asked *asked, struct str csrf,
                              struct str back, const struct run_view **out_list, size_t *out_n,
                              bool *out_more)
{
    struct sql_automation_runs_rows rows;
    const struct sql_automation_runs_in in = {
        .dataset = web->session.dataset,
        .automation = asked->automation,
        .automation_null = asked->automation == 0,
        .state = asked->state,
        .state_null = asked->state == 0,
        .account = asked->account,
        .account_null = asked->account == 0,
        .lead = asked->lead,
        .lead_null = asked->lead == 0,
        .before = asked->before,
        .before_null = asked->before == 0,
        .most = asked->most + 1,
        .user = web->session.user,
        .run_null = true,
    };
    TRY(sql_automation_runs(web->db, &in, &rows));
    size_t n = rows.n > (size_t)asked->most ? (size_t)asked->most : rows.n;
    struct run_view *list = ARENA_ARRAY(web->ctx->arena, n, struct run_view);
    for (size_t i = 0; i < n; i++) {
        struct run_row row = read_row(&rows.row[i]);
        list[i] = automation_run_draw(web->ctx, &row, csrf, back);
        list[i].alone = asked->automation != 0;
    }
    *out_list = list;
    *out_n = n;
    *out_more = rows.n > n;
    return ERR_NONE;
}

enum err automation_run_load(struct web *web, int64_t run, struct run_row *out)
{
    struct sql_automation_runs_rows rows;
    const struct sql_automation_runs_in in = {
        .dataset = web->session.dataset,
        .automation_null = true,
        .state_null = true,
        .account_null = true,
        .lead_null = true,
        .before_null = true,
        .most = 1,
        .user = web->session.user,
        .run = run,
    };
    TRY(sql_automation_runs(web->db, &in, &rows));
    if (rows.n == 0) {
        return ERR_NOT_FOUND;
    }
    *out = read_row(&rows.row[0]);
    return ERR_NONE;
}

int16_t automation_run_state_from(struct str word)
{
    static const struct str words[] = {[RUN_DONE] = STR_INIT("done"),
                                       [RUN_NOTHING] = STR_INIT("nothing"),
                                       [RUN_STOPPED] = STR_INIT("stopped"),
                                       [RUN_FAILED] = STR_INIT("failed")};
    for (int16_t i = RUN_DONE; i <= RUN_FAILED; i++) {
        if (str_eq(word, words[i])) {
            return i;
        }
    }
    return 0;
}
