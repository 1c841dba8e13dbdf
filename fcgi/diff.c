#include "fcgi/diff.h"

struct pieces {
    struct str *v;
    size_t n;
};

/* What happened to a piece, in the order in which it is told. */
struct step {
    enum diff_kind kind;
    struct str text, after; /* after: where an equal piece stands in the text after */
};
struct steps {
    struct step *v;
    size_t n;
};

/* The text of one comparison has room for so much work in all, whatever is in it. */
struct differ {
    struct arena *arena;
    size_t cells; /* left */
};

/* ---- pieces ---- */

static struct pieces split_lines(struct arena *arena, struct str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++) {
        n += text.p[i] == '\n';
    }
    struct pieces pieces = {.v = ARENA_ARRAY(arena, n, struct str)};
    while (pieces.n < n) {
        size_t end = str_find(text, '\n');
        pieces.v[pieces.n++] = str_slice(text, 0, end);
        text = str_slice(text, end < text.n ? end + 1 : end, text.n);
    }
    return pieces;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Words, and the spaces between them. */
static struct pieces split_words(struct arena *arena, struct str line)
{
    struct pieces pieces = {.v = ARENA_ARRAY(arena, line.n + 1, struct str)};
    for (size_t from = 0, to; from < line.n; from = to) {
        for (to = from + 1; to < line.n && is_space(line.p[to]) == is_space(line.p[from]);) {
            to++;
        }
        pieces.v[pieces.n++] = str_slice(line, from, to);
    }
    return pieces;
}

/* ---- the longest common subsequence ---- */

static void put(struct steps *steps, enum diff_kind kind, const struct str *pieces, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        steps->v[steps->n++] = (struct step){.kind = kind, .text = pieces[i]};
    }
}

static void put_same(struct steps *steps, const struct str *a, const struct str *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        steps->v[steps->n++] = (struct step){.kind = DIFF_SAME, .text = a[i], .after = b[i]};
    }
}

/* length[i][j]: of what a[i..] and b[j..] have in common. */
static void compare(struct differ *differ, const struct str *a, size_t n, const struct str *b,
                    size_t m, struct steps *steps)
{
    if (n == 0 || m == 0 || m > differ->cells / n) {
        put(steps, DIFF_REMOVED, a, n);
        put(steps, DIFF_ADDED, b, m);
        return;
    }
    differ->cells -= n * m;
    uint32_t *length = ARENA_ARRAY(differ->arena, (n + 1) * (m + 1), uint32_t);
    size_t row = m + 1;
    for (size_t i = n; i-- > 0;) {
        for (size_t j = m; j-- > 0;) {
            uint32_t down = length[(i + 1) * row + j], right = length[i * row + j + 1];
            length[i * row + j] = str_eq(a[i], b[j]) ? length[(i + 1) * row + j + 1] + 1
                                  : down > right     ? down
                                                     : right;
        }
    }
    for (size_t i = 0, j = 0; i < n || j < m;) {
        if (i < n && j < m && str_eq(a[i], b[j])) {
            put_same(steps, &a[i++], &b[j++], 1);
        } else if (j == m || (i < n && length[(i + 1) * row + j] >= length[i * row + j + 1])) {
            put(steps, DIFF_REMOVED, &a[i++], 1);
        } else {
            put(steps, DIFF_ADDED, &b[j++], 1);
        }
    }
}

static struct steps steps_between(struct differ *differ, struct pieces a, struct pieces b)
{
    struct steps steps = {.v = ARENA_ARRAY(differ->arena, a.n + b.n + 1, struct step)};
    size_t head = 0, tail = 0;
    while (head < a.n && head < b.n && str_eq(a.v[head], b.v[head])) {
        head++;
    }
    while (tail < a.n - head && tail < b.n - head &&
           str_eq(a.v[a.n - 1 - tail], b.v[b.n - 1 - tail])) {
        tail++;
    }
    put_same(&steps, a.v, b.v, head);
    compare(differ, a.v + head, a.n - head - tail, b.v + head, b.n - head - tail, &steps);
    put_same(&steps, a.v + a.n - tail, b.v + b.n - tail, tail);
    return steps;
}

/* ---- lines ---- */

struct lines {
    struct diff_line *v;
    size_t n;
};

static void add_line(struct arena *arena, struct lines *lines, enum diff_kind kind,
                     struct str text)
{
    struct diff_part *part = ARENA_NEW(arena, struct diff_part);
    *part = (struct diff_part){.text = text, .changed = false};
    lines->v[lines->n++] = (struct diff_line){.kind = kind, .parts = part, .n_parts = 1};
}

/* One side of a changed line: neighbours of a kind are one part. */
static struct diff_line side(struct arena *arena, const struct steps *words,
                             enum diff_kind kind)
{
    struct diff_part *parts = ARENA_ARRAY(arena, words->n + 1, struct diff_part);
    struct diff_line line = {.kind = kind, .parts = parts};
    for (size_t i = 0; i < words->n; i++) {
        const struct step *word = &words->v[i];
        if (word->kind != kind && word->kind != DIFF_SAME) {
            continue;
        }
        bool changed = word->kind == kind;
        struct str text = kind == DIFF_ADDED && !changed ? word->after : word->text;
        struct diff_part *last = line.n_parts > 0 ? &parts[line.n_parts - 1] : NULL;
        if (last != NULL && last->changed == changed) {
            last->text.n += text.n; /* they stand beside each other in the line */
        } else {
            parts[line.n_parts++] = (struct diff_part){.text = text, .changed = changed};
        }
    }
    return line;
}

/* True when more of the two lines is the same than not: then the words are told. */
static bool is_edit(const struct steps *words)
{
    size_t same = 0, all = 0;
    for (size_t i = 0; i < words->n; i++) {
        all += words->v[i].text.n;
        same += words->v[i].kind == DIFF_SAME ? 2 * words->v[i].text.n : 0;
        all += words->v[i].kind == DIFF_SAME ? words->v[i].text.n : 0;
    }
    return same * 2 >= all;
}

/* Lines that went and lines that came in their place: the first with the first, and so on. */
static void add_change(struct differ *differ, struct lines *lines, const struct step *removed,
                       size_t n_removed, const struct step *added, size_t n_added)
{
    struct arena *arena = differ->arena;
    size_t pairs = n_removed < n_added ? n_removed : n_added;
    for (size_t i = 0; i < pairs; i++) {
        struct steps words = steps_between(differ, split_words(arena, removed[i].text),
                                           split_words(arena, added[i].text));
        if (is_edit(&words)) {
            lines->v[lines->n++] = side(arena, &words, DIFF_REMOVED);
            lines->v[lines->n++] = side(arena, &words, DIFF_ADDED);
        } else {
            add_line(arena, lines, DIFF_REMOVED, removed[i].text);
            add_line(arena, lines, DIFF_ADDED, added[i].text);
        }
    }
    for (size_t i = pairs; i < n_removed; i++) {
        add_line(arena, lines, DIFF_REMOVED, removed[i].text);
    }
    for (size_t i = pairs; i < n_added; i++) {
        add_line(arena, lines, DIFF_ADDED, added[i].text);
    }
}

static size_t run_of(const struct steps *steps, size_t from, enum diff_kind kind)
{
    size_t n = 0;
    while (from + n < steps->n && steps->v[from + n].kind == kind) {
        n++;
    }
    return n;
}

/* n equal lines; those further than `context` from a change are only counted. */
static void add_same(struct arena *arena, struct lines *lines, const struct step *same,
                     size_t n, size_t head, size_t tail)
{
    bool skips = head < n && tail < n - head && n - head - tail > 1;
    for (size_t i = 0; i < n; i++) {
        if (skips && i == head) {
            lines->v[lines->n++] =
                (struct diff_line){.kind = DIFF_SKIPPED, .skipped = (int64_t)(n - head - tail)};
            i = n - tail;
            if (tail == 0) {
                break;
            }
        }
        add_line(arena, lines, DIFF_SAME, same[i].text);
    }
}

struct diff diff_lines(struct arena *arena, struct str before, struct str after, size_t context)
{
    struct differ differ = {.arena = arena, .cells = DIFF_CELLS_MAX};
    struct steps steps =
        steps_between(&differ, split_lines(arena, before), split_lines(arena, after));
    struct lines lines = {.v = ARENA_ARRAY(arena, steps.n + 1, struct diff_line)};
    size_t edge = context == SIZE_MAX ? context : 0; /* beyond the first and the last change */
    for (size_t i = 0; i < steps.n;) {
        size_t same = run_of(&steps, i, DIFF_SAME);
        if (same > 0) {
            add_same(arena, &lines, &steps.v[i], same, i == 0 ? edge : context,
                     i + same == steps.n ? edge : context);
            i += same;
            continue;
        }
        size_t removed = run_of(&steps, i, DIFF_REMOVED);
        size_t added = run_of(&steps, i + removed, DIFF_ADDED);
        add_change(&differ, &lines, &steps.v[i], removed, &steps.v[i + removed], added);
        i += removed + added;
    }
    return (struct diff){.lines = lines.v, .n_lines = lines.n};
}
