#include "gen/sql.h"
#include "shared/automation_parts.h"
#include "shared/automation_run.h"
#include "shared/segment.h"

struct following {
    struct db *db;
    int64_t dataset, automation;
    struct str name;
    struct sql_automation_own_segments_rows own;
    int64_t *ids;
    size_t n;
};

/* The segment of that subject that it has already; 0: none. */
static int64_t own_of(const struct following *f, enum filter_subject subject)
{
    for (size_t i = 0; i < f->own.n; i++) {
        if (f->own.row[i].subject == (int16_t)subject) {
            return f->own.row[i].id;
        }
    }
    return 0;
}

static enum err keep(struct following *f, struct filter *filter)
{
    const struct segment_save save = {.dataset = f->dataset,
                                      .id = own_of(f, filter->subject),
                                      .name = f->name,
                                      .filter = filter,
                                      .automation = f->automation};
    return segment_save(f->db, &save, &f->ids[f->n++]);
}

/* The score alone: what must hold besides is asked when it has risen. */
static enum err keep_own(struct following *f, const struct automation_rule *rule)
{
    struct arena *arena = db_ctx(f->db)->arena;
    struct filter filters[AUTOMATION_FILTERS];
    struct filter_node *node = ARENA_NEW(arena, struct filter_node);
    struct filter_node root = rule->trigger.filter.root;
    size_t n;
    if (rule->trigger.when == WHEN_SCORE) {
        TRY(automation_waited(f->db, f->dataset, rule, node));
        root = (struct filter_node){
            .is_group = true, .match = FILTER_ALL, .nodes = node, .n_nodes = 1};
    }
    automation_of_both(arena, rule->trigger.filter.subject, &root, filters, &n);
    f->ids = ARENA_ARRAY(arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        TRY(keep(f, &filters[i]));
    }
    return ERR_NONE;
}

static void name_them(struct following *f, const struct automation_trigger *trigger)
{
    f->ids = ARENA_ARRAY(db_ctx(f->db)->arena, trigger->n_refs, int64_t);
    for (size_t i = 0; i < trigger->n_refs; i++) {
        f->ids[f->n++] = trigger->refs[i].id;
    }
}

static bool is_kept(const struct following *f, int64_t id)
{
    for (size_t i = 0; i < f->n; i++) {
        if (f->ids[i] == id) {
            return true;
        }
    }
    return false;
}

static enum err remove_rest(const struct following *f)
{
    for (size_t i = 0; i < f->own.n; i++) {
        if (!is_kept(f, f->own.row[i].id)) {
            TRY(segment_remove(f->db, f->dataset, f->own.row[i].id));
        }
    }
    return ERR_NONE;
}

enum err automation_follow(struct db *db, int64_t dataset, int64_t automation, struct str name,
                           const struct automation_rule *rule, bool enabled)
{
    struct following f = {.db = db, .dataset = dataset, .automation = automation, .name = name};
    const struct sql_automation_own_segments_in in = {.dataset = dataset,
                                                      .automation = automation};
    TRY(sql_automation_own_segments(db, &in, &f.own));
    if (enabled && automation_source(rule) == SOURCE_MEMBER) {
        if (rule->trigger.when == WHEN_SEGMENT) {
            name_them(&f, &rule->trigger);
        } else {
            TRY(keep_own(&f, rule));
        }
    }
    TRY(remove_rest(&f));
    const struct sql_automation_segments_set_in set = {
        .dataset = dataset, .automation = automation, .segments = {f.ids, f.n}};
    return sql_automation_segments_set(db, &set, NULL);
}
