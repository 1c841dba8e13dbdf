/* A stage folded away, or shown again, for one person. */
#include "fcgi/handlers/board.h"

struct fold_values {
    bool folded;
};
static const struct form_field fold_fields[] = {
    {.name = "folded",
     .label = "Folded",
     .kind = FORM_BOOL,
     .offset = offsetof(struct fold_values, folded)},
};
const struct form_spec stage_fold_spec = FORM_SPEC(fold_fields, struct fold_values);

enum err handle_stage_fold(struct web *web, struct request *request, struct response *response)
{
    (void)request;
    const struct fold_values *values = web->form.values;
    struct sql_board_get board;
    int64_t changed;
    TRY(board_load(web, &board));
    TRY(sql_stage_fold(web->db,
                       &(struct sql_stage_fold_in){.dataset = web->session.dataset,
                                                   .board = board.id,
                                                   .stage = web->ids[1],
                                                   .user = web->session.user,
                                                   .folded = values->folded},
                       &changed));
    if (changed == 0) {
        return web_not_found(web, "This stage is no longer on the board.");
    }
    return web_redirect(response, "/boards/%lld#s%lld", (long long)board.id,
                        (long long)web->ids[1]);
}
