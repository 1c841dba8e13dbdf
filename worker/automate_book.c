#include "shared/log.h"
#include "worker/automate_parts.h"

struct automate {
    const struct config *config;
    struct revised *books;
};

static enum err make(struct db *db, int64_t dataset, struct arena *arena,
                     const void **out_value)
{
    struct ctx own = {.arena = arena};
    struct sql_automate_book_rows rows;
    TRY(sql_automate_book(db, &(struct sql_automate_book_in){.dataset = dataset}, &rows));
    struct book *book = ARENA_NEW(arena, struct book);
    struct booked *list = ARENA_ARRAY(arena, rows.n, struct booked);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_automate_book *row = &rows.row[i];
        struct booked *booked = &list[book->n];
        *booked = (struct booked){.id = row->id,
                                  .version = row->version,
                                  .cooldown_s = row->cooldown_s,
                                  .source = (enum automation_source)row->source,
                                  .once = row->once,
                                  .name = arena_dup(arena, row->name)};
        if (automation_parse(&own, row->trigger, row->actions, &booked->rule) != ERR_NONE) {
            ctx_clear(&own); /* its page says so */
            continue;
        }
        if (booked->source == SOURCE_EVENT) {
            booked->compiled = filter_event_rule(arena, &booked->rule.trigger.filter);
        }
        book->n++;
    }
    book->automations = list;
    *out_value = book;
    return ERR_NONE;
}

struct automate *automate_new(const struct config *config)
{
    struct revised *books = revised_new(make);
    struct automate *automate = ARENA_NEW(revised_arena(books), struct automate);
    *automate = (struct automate){.config = config, .books = books};
    return automate;
}

void automate_free(struct automate *automate)
{
    if (automate != NULL) {
        revised_free(automate->books);
    }
}

const struct config *automate_config(const struct automate *automate)
{
    return automate->config;
}

enum err automate_book(struct automate *automate, struct db *db, int64_t dataset,
                       const struct book **out_book)
{
    static const struct book nothing = {.n = 0};
    TRY(revised_refresh(automate->books, db, &dataset, 1));
    const struct book *book = revised_get(automate->books, dataset);
    *out_book = book == NULL ? &nothing : book;
    return ERR_NONE;
}

const struct booked *book_find(const struct book *book, int64_t id)
{
    size_t low = 0, high = book->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (book->automations[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < book->n && book->automations[low].id == id ? &book->automations[low] : NULL;
}
