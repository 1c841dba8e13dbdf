/*
 * automation_runs.h - runs of automations made ready for pages: those of one automation, of
 * all, of a company or a person; also beside what else is told of a company (panel, lead).
 */
#ifndef LEADBOARD_FCGI_AUTOMATION_RUNS_H
#define LEADBOARD_FCGI_AUTOMATION_RUNS_H

#include "fcgi/automation_draw.h"
#include "gen/sql.h"

struct run_row {
    int64_t id, automation, at, account, lead, card, board, cause_id, cause_at, operation;
    struct str name, title, why, said;
    bool deleted, undone;
    int32_t version, held, operation_n;
    int16_t cause, depth, state;
};

/* back: where undoing it comes back to. */
struct run_view automation_run_draw(struct ctx *ctx, const struct run_row *row, struct str csrf,
                                    struct str back);

struct runs_asked {
    int64_t automation, account, lead; /* 0: any */
    int16_t state;                     /* 0: any */
    int64_t before;                    /* id of a run; 0: from the newest */
    int32_t most;
};
/* The newest first. *out_more: there are more behind the last one. */
MUST_CHECK enum err automation_runs_load(struct web *web, const struct runs_asked *asked,
                                         struct str csrf, struct str back,
                                         const struct run_view **out_list, size_t *out_n,
                                         bool *out_more);

/* One. ERR_NOT_FOUND without a message. */
MUST_CHECK enum err automation_run_load(struct web *web, int64_t run, struct run_row *out);

/* The word for a state in addresses; 0 when there is no such word. */
int16_t automation_run_state_from(struct str word);

#endif
