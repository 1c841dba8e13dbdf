/* Any bytes as a board's address: what is accepted has a query that means the same again, fits
 * where it is kept, and survives a job's payload. */
#include "fcgi/board_filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check(struct ctx *ctx, const struct board_filter *filter)
{
    struct board_filter again;
    struct card_filter kept;
    struct str query = board_filter_query(ctx, filter), json, twice;
    require(query.n < BOARD_FILTER_QUERY_MAX && str_is_utf8(query));
    require(board_filter_parse(ctx, query, &again) == ERR_NONE);
    require(str_eq(query, board_filter_query(ctx, &again)));
    require(card_filter_json(ctx, &filter->cards, &json) == ERR_NONE);
    require(card_filter_from_json(ctx, json, &kept) == ERR_NONE);
    require(card_filter_json(ctx, &kept, &twice) == ERR_NONE && str_eq(json, twice));
    size_t n;
    const struct board_filter_names nobody = {.n_tags = 0};
    const struct filter_chip *chips = board_filter_chips(ctx, filter, &nobody, &n);
    for (size_t i = 0; i < n; i++) {
        require(board_filter_parse(ctx, chips[i].without, &again) == ERR_NONE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_new((size_t)16 << 20)};
    struct board_filter filter;
    if (board_filter_parse(&ctx, (struct str){.p = (const char *)data, .n = size}, &filter) ==
        ERR_NONE) {
        check(&ctx, &filter);
    } else {
        require(ctx.why.n != 0);
    }
    arena_free(ctx.arena);
    return 0;
}
