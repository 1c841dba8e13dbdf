#include "shared/automation_fire.h"

#include "gen/sql.h"

enum err automation_fire_tags(struct db *db, const struct automation_tagged *tagged)
{
    size_t n = tagged->n;
    int16_t *none = tagged->depths == NULL ? ARENA_ARRAY(db_ctx(db)->arena, n, int16_t) : NULL;
    const struct sql_automation_fire_tags_in in = {
        .dataset = tagged->dataset,
        .subjects = {tagged->subjects, n},
        .tags = {tagged->tags, n},
        .depths = {tagged->depths == NULL ? none : tagged->depths, n}};
    return n == 0 ? ERR_NONE : sql_automation_fire_tags(db, &in, NULL);
}

enum err automation_fire_cards(struct db *db, const struct automation_ledger *ledger)
{
    const struct sql_automation_fire_cards_in in = {.xid = ledger->xid,
                                                    .id = ledger->id,
                                                    .floor_id = ledger->floor_id,
                                                    .to_xid = ledger->to_xid,
                                                    .to_id = ledger->to_id};
    return sql_automation_fire_cards(db, &in, NULL);
}

enum err automation_fire_members(struct db *db, int64_t dataset, int64_t segment,
                                 struct sql_i64s ids, bool by_time)
{
    const struct sql_automation_fire_members_in in = {
        .dataset = dataset, .segment = segment, .ids = ids, .by_time = by_time};
    return ids.n == 0 ? ERR_NONE : sql_automation_fire_members(db, &in, NULL);
}
