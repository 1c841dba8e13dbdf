#include "fcgi/board_owners.h"

#include "fcgi/mark.h"

/* The filter with the owner, or without when it has it. */
static struct board_filter toggle(struct ctx *ctx, const struct board_filter *filter,
                                  int64_t owner, bool *out_pressed)
{
    struct board_filter other = *filter;
    const struct sql_i64s *old = &filter->cards.owners;
    int64_t *owners = ARENA_ARRAY(ctx->arena, old->n + 1, int64_t);
    size_t n = 0;
    for (size_t i = 0; i < old->n; i++) {
        if (old->v[i] != owner) {
            owners[n++] = old->v[i];
        }
    }
    *out_pressed = n < old->n;
    if (!*out_pressed) {
        owners[n++] = owner;
    }
    other.cards.owners = (struct sql_i64s){.v = owners, .n = n};
    return other;
}

static struct board_owner draw_owner(struct ctx *ctx, const struct board_filter *filter,
                                     int64_t board, const struct sql_member_list *member)
{
    struct board_owner owner = {
        .name = member->name,
        .initials = mark_initials(ctx->arena, member->name),
        .hue = mark_hue(member->name),
    };
    struct board_filter other = toggle(ctx, filter, member->id, &owner.pressed);
    struct str query = board_filter_query(ctx, &other);
    owner.href = arena_print(ctx->arena, "/boards/%lld?%.*s", (long long)board,
                             STR_ARG(str_is_empty(query) ? STR("clear=1") : query));
    return owner;
}

void board_owners_draw(struct ctx *ctx, const struct board_filter *filter,
                       const struct sql_member_list_rows *members, struct board_view *view)
{
    struct board_owner *owners = ARENA_ARRAY(ctx->arena, members->n, struct board_owner);
    size_t n = 0;
    for (size_t i = 0; i < members->n; i++) {
        if (members->row[i].owns) {
            owners[n++] = draw_owner(ctx, filter, view->id, &members->row[i]);
        }
    }
    view->owners = owners;
    view->n_owners = n > BOARD_OWNERS_SHOWN ? BOARD_OWNERS_SHOWN : n;
    view->more_owners = owners + view->n_owners;
    view->n_more_owners = n - view->n_owners;
}
