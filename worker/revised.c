#include "worker/revised.h"

#include "gen/sql.h"

#define KEPT 1024           /* datasets, from one batch to the next */
#define MOST (KEPT + 10000) /* those of one batch besides */
#define MEMORY ((size_t)256 << 20)

struct kept {
    int64_t dataset, revision;
    struct arena *arena; /* NULL: there is nothing */
    const void *value;
};

struct revised {
    struct arena *arena;
    revised_make *make;
    struct kept *kept; /* ascending by dataset */
    size_t n;
};

static void forget(struct kept *kept)
{
    arena_free(kept->arena);
    kept->arena = NULL;
    kept->value = NULL;
    kept->revision = 0;
}

static void forget_all(void *object)
{
    struct revised *revised = object;
    for (size_t i = 0; i < revised->n; i++) {
        forget(&revised->kept[i]);
    }
    revised->n = 0;
}

struct revised *revised_new(revised_make *make)
{
    struct arena *arena = arena_new((size_t)2 << 20);
    struct revised *revised = ARENA_NEW(arena, struct revised);
    *revised = (struct revised){
        .arena = arena, .make = make, .kept = ARENA_ARRAY(arena, MOST, struct kept)};
    arena_defer(arena, forget_all, revised);
    return revised;
}

struct arena *revised_arena(struct revised *revised)
{
    return revised->arena;
}

void revised_free(struct revised *revised)
{
    if (revised != NULL) {
        arena_free(revised->arena);
    }
}

/* Where it is, or would be. */
static size_t find(const struct revised *revised, int64_t dataset)
{
    size_t low = 0, high = revised->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (revised->kept[middle].dataset < dataset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct kept *keep(struct revised *revised, int64_t dataset)
{
    size_t at = find(revised, dataset);
    if (at < revised->n && revised->kept[at].dataset == dataset) {
        return &revised->kept[at];
    }
    for (size_t i = revised->n++; i > at; i--) {
        revised->kept[i] = revised->kept[i - 1];
    }
    revised->kept[at] = (struct kept){.dataset = dataset};
    return &revised->kept[at];
}

static enum err make(struct revised *revised, struct db *db, struct kept *kept)
{
    forget(kept);
    kept->arena = arena_new(MEMORY);
    TRY(revised->make(db, kept->dataset, kept->arena, &kept->value));
    if (kept->value == NULL) {
        forget(kept);
    }
    return ERR_NONE;
}

enum err revised_refresh(struct revised *revised, struct db *db, const int64_t *datasets,
                         size_t n)
{
    struct sql_automation_revisions_rows rows;
    TRY(sql_automation_revisions(
        db, &(struct sql_automation_revisions_in){.datasets = {datasets, n}}, &rows));
    if (revised->n > KEPT) {
        forget_all(revised);
    }
    for (size_t i = 0; i < rows.n && revised->n < MOST; i++) {
        struct kept *kept = keep(revised, rows.row[i].dataset);
        if (kept->revision != rows.row[i].revision) {
            TRY(make(revised, db, kept));
            kept->revision = rows.row[i].revision;
        }
    }
    return ERR_NONE;
}

const void *revised_get(const struct revised *revised, int64_t dataset)
{
    size_t at = find(revised, dataset);
    return at < revised->n && revised->kept[at].dataset == dataset ? revised->kept[at].value
                                                                   : NULL;
}
