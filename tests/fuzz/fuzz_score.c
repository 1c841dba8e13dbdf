/* Any bytes as the rules of a formula: what is read can be written and read again, says the
 * same, goes through the form unharmed, and whatever is known of a lead, its parts add up to a
 * score of 0 to 100. */
#include "fcgi/score_form.h"
#include "shared/clock.h"
#include "shared/score.h"

#include <math.h>

#define NOW INT64_C(1780272000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static struct str text_at(const uint8_t *data, size_t size, size_t i)
{
    return i % 3 == 0 || size == 0
               ? (struct str){.p = NULL}
               : str_slice((struct str){.p = (const char *)data, .n = size}, i % size, size);
}

/* What is known is made of the same bytes. */
static void check_score(struct ctx *ctx, const struct score_formula *formula,
                        const uint8_t *data, size_t size)
{
    struct score_input input = {.last_at = NOW - (int64_t)(size % 400) * CLOCK_DAY};
    struct str *properties = ARENA_ARRAY(ctx->arena, formula->n_properties, struct str);
    int64_t *hits = ARENA_ARRAY(ctx->arena, formula->n_patterns, int64_t);
    struct score score;
    int sum = 0;
    for (size_t i = 0; i < SCORE_EMPLOYEES; i++) {
        input.texts[i] = text_at(data, size, i + 1);
    }
    for (size_t i = 0; i < SCORE_PROPERTY - SCORE_EMPLOYEES; i++) {
        uint8_t byte = size == 0 ? 0 : data[i % size];
        input.numbers[i] = byte == 0 ? (double)NAN : byte > 250 ? 2e9 : byte;
    }
    for (size_t i = 0; i < formula->n_properties; i++) {
        properties[i] = text_at(data, size, i);
    }
    for (size_t i = 0; i < formula->n_patterns; i++) {
        hits[i] = i % 2 == 0 ? INT64_MAX : (int64_t)size;
    }
    input.properties = (struct sql_strs){properties, formula->n_properties};
    input.tags = (struct sql_i64s){formula->tags, size % (formula->n_tags + 1)};
    input.hits = (struct sql_i64s){hits, formula->n_patterns};
    score_of(formula, &input, NOW, &score);
    for (size_t i = 0; i < formula->n_rules; i++) {
        sum += score.parts[i];
    }
    require(sum == score.total && score.total >= 0 && score.total <= SCORE_MOST);
    require(score_json(ctx->arena, formula, &score).n > 0);
}

static void check_form(struct ctx *ctx, const struct score_rule *rules, size_t n)
{
    struct score_form form;
    struct score_rule again[SCORE_RULES_MAX];
    size_t n_again;
    score_form_from_rules(ctx, rules, n, &form);
    require(form.n == n);
    if (score_form_rules(ctx, &form, again, &n_again)) { /* values may have commas */
        struct str json;
        require(n_again == n && score_rules_write(ctx, again, n, &json) == ERR_NONE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_new((size_t)64 << 20)};
    struct score_rule *rules, *again;
    struct score_formula formula;
    struct str json, twice;
    size_t n, n_again;
    if (score_rules_read(&ctx, (struct str){.p = (const char *)data, .n = size}, &rules, &n) ==
        ERR_NONE) {
        require(n <= SCORE_RULES_MAX);
        require(score_rules_write(&ctx, rules, n, &json) == ERR_NONE);
        require(score_rules_read(&ctx, json, &again, &n_again) == ERR_NONE && n == n_again);
        require(score_rules_write(&ctx, again, n, &twice) == ERR_NONE && str_eq(json, twice));
        for (size_t i = 0; i < n; i++) {
            require(
                str_eq(score_rule_words(&ctx, &rules[i]), score_rule_words(&ctx, &again[i])));
            require(score_rule_name(&ctx, &rules[i]).n > 0 &&
                    score_rule_worth(&ctx, &rules[i]).n > 0);
        }
        score_formula_make(ctx.arena, 1, rules, n, &formula);
        check_score(&ctx, &formula, data, size);
        check_form(&ctx, rules, n);
    }
    arena_free(ctx.arena);
    return 0;
}
