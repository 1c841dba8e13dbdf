#include "shared/tools/tplc_parts.h"

static struct block *block_push(struct tplc *c, size_t at)
{
    if (c->n_block == TPLC_BLOCK_MAX) {
        fail(c, at, "blocks are nested more than %d deep", TPLC_BLOCK_MAX);
        return NULL;
    }
    html_flush_space(c);
    struct block *block = &c->block[c->n_block++];
    *block = (struct block){.at = at, .before = c->state};
    return block;
}

static struct block *block_top(struct tplc *c, bool is_each)
{
    struct block *top = c->n_block == 0 ? NULL : &c->block[c->n_block - 1];
    return top != NULL && top->is_each == is_each ? top : NULL;
}

/* A branch ends here: its state must be that of the branches before it. */
static void end_branch(struct tplc *c, struct block *block, size_t at)
{
    html_flush_space(c);
    if (!block->has_merged) {
        block->merged = c->state;
        block->has_merged = true;
    } else if (!state_merge(&block->merged, &c->state)) {
        fail(c, at,
             "the branches of the {{#%s}} of line %zu end in different places of the HTML",
             block->is_each ? "each" : "if", line_of(c, block->at));
    }
}

/* As if the block had an empty branch. */
static void end_skipped(struct tplc *c, struct block *block, size_t at)
{
    c->state = block->before;
    end_branch(c, block, at);
}

static struct str condition(struct tplc *c, const struct directive *d, size_t first)
{
    static const char usage[] = "#if value}}, {{#if !value}} or {{#if value == CONSTANT";
    size_t n = d->n - first;
    if (n == 3) {
        struct str op = d->word[first + 1].text;
        struct str right = d->word[first + 2].text;
        int64_t number = 0;
        bool constant = is_ident(right) || str_to_i64(right, &number);
        if (!d->word[first + 2].quoted && constant &&
            (str_eq(op, STR("==")) || str_eq(op, STR("!=")))) {
            struct str left = path_expr(c, d->at, d->word[first]);
            return arena_print(c->arena, "%.*s %.*s %.*s", STR_ARG(left), STR_ARG(op),
                               STR_ARG(right));
        }
    }
    if (n != 1) {
        fail(c, d->at, "this is written {{%s}}", usage);
        return STR("");
    }
    struct word word = d->word[first];
    bool negated = !word.quoted && str_starts(word.text, STR("!"));
    word.text = str_slice(word.text, negated ? 1 : 0, word.text.n);
    return arena_print(c->arena, "%stpl_true(%.*s)", negated ? "!" : "",
                       STR_ARG(path_expr(c, d->at, word)));
}

void do_if(struct tplc *c, const struct directive *d)
{
    struct str test = condition(c, d, 1);
    if (!c->failed && block_push(c, d->at) != NULL) {
        code_line(c, d->at, "if (%.*s) {", STR_ARG(test));
        c->depth++;
    }
}

static void open_else(struct tplc *c, struct block *block, const struct directive *d)
{
    c->state = block->before;
    block->has_else = d->n == 1;
    code_flush(c);
    c->depth--;
    if (block->is_each) {
        code_line(c, d->at, "}");
        code_line(c, d->at, "if (%.*s == 0) {", STR_ARG(block->if_empty));
    } else if (d->n == 1) {
        code_line(c, d->at, "} else {");
    } else {
        code_line(c, d->at, "} else if (%.*s) {", STR_ARG(condition(c, d, 2)));
    }
    c->depth++;
}

void do_else(struct tplc *c, const struct directive *d)
{
    struct block *block = c->n_block == 0 ? NULL : &c->block[c->n_block - 1];
    if (block == NULL || block->has_else) {
        fail(c, d->at, "{{else}} without {{#if}} or {{#each}}, or a second one");
        return;
    }
    bool is_else_if = d->n > 1;
    if (is_else_if && (block->is_each || !str_eq(d->word[1].text, STR("if")) || d->n < 3)) {
        fail(c, d->at, "this is written {{else}} or {{else if value}}");
        return;
    }
    end_branch(c, block, d->at);
    if (block->is_each) {
        block->loop = STR(""); /* the variable is not known when there is nothing */
    }
    open_else(c, block, d);
}

static void close_block(struct tplc *c, struct block *block, size_t at)
{
    end_branch(c, block, at);
    if (!block->has_else || block->is_each) {
        end_skipped(c, block, at);
    }
    c->state = block->merged;
    c->n_block--;
    code_flush(c);
    c->depth--;
    code_line(c, at, "}");
}

void do_end_if(struct tplc *c, const struct directive *d)
{
    struct block *block = block_top(c, false);
    if (block == NULL) {
        fail(c, d->at, "{{/if}} closes no {{#if}}");
        return;
    }
    close_block(c, block, d->at);
}

void do_each(struct tplc *c, const struct directive *d)
{
    static const char usage[] = "#each list as item";
    if (!expect_words(c, d, 4, usage)) {
        return;
    }
    struct str name = d->word[3].text;
    if (!str_eq(d->word[2].text, STR("as")) || d->word[3].quoted || !is_ident(name)) {
        fail(c, d->at, "this is written {{%s}}", usage);
        return;
    }
    if (is_loop_variable(c, name)) {
        fail(c, d->at, "an outer {{#each}} has the name '%.*s' already", STR_ARG(name));
        return;
    }
    if (c->state.where == IN_TAG) {
        fail(c, d->at, "{{#each}} cannot stand between attributes");
        return;
    }
    if (c->state.where == IN_VALUE && c->state.url != URL_NONE && c->state.url != URL_REST) {
        fail(c, d->at, "{{#each}} cannot make the beginning of a URL");
        return;
    }
    struct str array = path_expr(c, d->at, d->word[1]);
    struct block *block = c->failed ? NULL : block_push(c, d->at);
    if (block == NULL) {
        return;
    }
    block->is_each = true;
    block->loop = name;
    block->if_empty = count_expr(c, array);
    code_line(c, d->at, "for (size_t i_%.*s = 0; i_%.*s < %.*s; i_%.*s++) {", STR_ARG(name),
              STR_ARG(name), STR_ARG(block->if_empty), STR_ARG(name));
    c->depth++;
    code_line(c, d->at, "const __typeof__(%.*s[0]) *l_%.*s = &%.*s[i_%.*s];", STR_ARG(array),
              STR_ARG(name), STR_ARG(array), STR_ARG(name));
    code_line(c, d->at, "(void)l_%.*s;", STR_ARG(name));
}

void do_end_each(struct tplc *c, const struct directive *d)
{
    struct block *block = block_top(c, true);
    if (block == NULL) {
        fail(c, d->at, "{{/each}} closes no {{#each}}");
        return;
    }
    close_block(c, block, d->at);
}
