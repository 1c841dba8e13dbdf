#include "worker/automate_dry.h"

#include "shared/cards.h"
#include "shared/clock.h"

#define PAGE_CAP ((size_t)64 << 20)

/* ---- maps ---- */

static size_t slot_of(const struct dry_map *map, int64_t a, int64_t b, struct str c)
{
    uint64_t x = (uint64_t)a * UINT64_C(0x9e3779b97f4a7c15);
    x ^= (uint64_t)b * UINT64_C(0xc2b2ae3d27d4eb4f);
    for (size_t i = 0; i < c.n; i++) {
        x = (x ^ (unsigned char)c.p[i]) * UINT64_C(0x100000001b3);
    }
    return (size_t)((x ^ x >> 29) & (map->room - 1));
}

struct dry_entry *dry_map_find(const struct dry_map *map, int64_t a, int64_t b, struct str c)
{
    struct dry_entry *entry = map->room == 0 ? NULL : map->slots[slot_of(map, a, b, c)];
    while (entry != NULL && (entry->a != a || entry->b != b || !str_eq(entry->c, c))) {
        entry = entry->next;
    }
    return entry;
}

static void grow(struct dry_map *map, struct arena *keep)
{
    struct dry_map larger = {.n = map->n, .room = map->room == 0 ? 1024 : map->room * 2};
    larger.slots = ARENA_ARRAY(keep, larger.room, struct dry_entry *);
    for (size_t i = 0; i < map->room; i++) {
        struct dry_entry *entry = map->slots[i];
        while (entry != NULL) {
            struct dry_entry *next = entry->next;
            size_t at = slot_of(&larger, entry->a, entry->b, entry->c);
            entry->next = larger.slots[at];
            larger.slots[at] = entry;
            entry = next;
        }
    }
    *map = larger;
}

struct dry_entry *dry_map_at(struct dry_map *map, struct arena *keep, int64_t a, int64_t b,
                             struct str c, bool *out_fresh)
{
    struct dry_entry *entry = dry_map_find(map, a, b, c);
    *out_fresh = entry == NULL;
    if (entry != NULL) {
        return entry;
    }
    if (map->n == map->room) {
        grow(map, keep);
    }
    size_t at = slot_of(map, a, b, c);
    entry = ARENA_NEW(keep, struct dry_entry);
    *entry =
        (struct dry_entry){.a = a, .b = b, .c = arena_dup(keep, c), .next = map->slots[at]};
    map->slots[at] = entry;
    map->n++;
    return entry;
}

/* ---- beginning and end ---- */

enum err dry_new(struct db *db, struct arena *keep, const struct booked *automation,
                 int64_t dataset, int64_t since_at, int64_t until_at, struct dry **out_dry)
{
    struct dry *dry = ARENA_NEW(keep, struct dry);
    *dry = (struct dry){
        .keep = keep, .automation = automation, .dataset = dataset, .since_at = since_at};
    dry->n_days = (size_t)(until_at / CLOCK_DAY - since_at / CLOCK_DAY + 1);
    dry->by_day = ARENA_ARRAY(keep, dry->n_days, int64_t);
    dry->pages[0].arena = arena_new(PAGE_CAP);
    dry->pages[1].arena = arena_new(PAGE_CAP);
    *out_dry = dry;
    return sql_backtest_stages(db, &(struct sql_backtest_stages_in){.dataset = dataset},
                               &dry->stages);
}

void dry_free(struct dry *dry)
{
    if (dry != NULL) {
        arena_free(dry->pages[0].arena);
        arena_free(dry->pages[1].arena);
    }
}

/* ---- whom it ran for ---- */

void dry_past(const struct round *round, const struct group *group,
              struct sql_automate_past_rows *out)
{
    struct sql_automate_past *rows =
        ARENA_ARRAY(round->arena, group->n, struct sql_automate_past);
    size_t n = 0;
    for (size_t i = 0; i < group->n; i++) {
        int64_t subject = group->v[i]->subject;
        const struct dry_entry *ran =
            dry_map_find(&round->dry->subjects, subject, 0, (struct str){.p = NULL});
        if (ran != NULL) {
            rows[n++] = (struct sql_automate_past){.subject = subject, .run_at = ran->at};
        }
    }
    out->row = rows;
    out->n = n;
}

void dry_number(struct round *round, const struct group *group)
{
    for (size_t i = 0; i < group->n; i++) {
        group->v[i]->run = --round->dry->last_id;
    }
}

/* ---- what it itself waits for ---- */

static bool waits_for(const struct automation_trigger *trigger, int64_t id)
{
    for (size_t i = 0; i < trigger->n_refs; i++) {
        if (trigger->refs[i].id == id) {
            return true;
        }
    }
    return trigger->when == WHEN_OWNER && trigger->n_refs == 0;
}

static bool is_waited_for(const struct automation_trigger *trigger, int kind)
{
    switch (trigger->when) {
    case WHEN_STAGE:
        return kind == CARD_CREATED || kind == CARD_MOVED;
    case WHEN_OWNER:
        return kind == CARD_OWNER;
    case WHEN_TAG:
        return kind == CARD_TAGGED;
    case WHEN_BOARD:
        return kind == CARD_CREATED;
    case WHEN_MATCH:
    case WHEN_SCORE:
    case WHEN_SEGMENT:
    case WHEN__END:
    default:
        return false;
    }
}

static struct candidate *cause_of(const struct act *act, int64_t subject)
{
    for (size_t i = 0; i < act->n; i++) {
        if (subject > 0 ? act->v[i]->account == subject : act->v[i]->lead == -subject) {
            return act->v[i];
        }
    }
    return NULL;
}

static void add_caused(struct dry *dry, const struct candidate *caused)
{
    if (dry->n_caused == dry->room_caused) {
        size_t room = dry->room_caused == 0 ? 16 : dry->room_caused * 2;
        struct candidate *v = ARENA_ARRAY(dry->keep, room, struct candidate);
        for (size_t i = 0; i < dry->n_caused; i++) {
            v[i] = dry->caused[i];
        }
        dry->caused = v;
        dry->room_caused = room;
    }
    dry->caused[dry->n_caused++] = *caused;
}

void dry_changed(struct act *act, int kind, int64_t subject, int64_t card, int64_t what)
{
    struct dry *dry = act->round->dry;
    const struct automation_trigger *trigger = &act->automation->rule.trigger;
    if (!is_waited_for(trigger, kind) || !waits_for(trigger, what)) {
        return;
    }
    const struct candidate *by = cause_of(act, subject);
    const struct candidate caused = {.automation = act->automation,
                                     .cause = kind == CARD_TAGGED ? CAUSE_TAG : CAUSE_CARD,
                                     .cause_id = --dry->last_id,
                                     .cause_at = by == NULL ? dry->since_at : by->cause_at,
                                     .about = subject,
                                     .card = card,
                                     .bits = kind == CARD_TAGGED ? (uint64_t)what : 0,
                                     .depth = (int16_t)(by == NULL ? 1 : by->depth + 1),
                                     .why = kind == CARD_TAGGED ? (struct str){.p = NULL}
                                                                : STR("it did so itself")};
    add_caused(dry, &caused);
}

/* ---- what is told of it ---- */

static void add_firing(struct dry *dry, struct round *round, const struct candidate *candidate)
{
    struct dry_page *page = &dry->pages[dry->page];
    if (page->n == BACKTEST_SHOWN) {
        dry->page = 1 - dry->page;
        page = &dry->pages[dry->page];
        arena_reset(page->arena);
        page->n = 0;
    }
    page->v[page->n++] = (struct dry_firing){
        .at = candidate->cause_at,
        .account = candidate->account,
        .lead = candidate->lead,
        .why = arena_dup(page->arena, candidate->why),
        .said = arena_dup(page->arena, automate_said_json(round->arena, candidate))};
    int64_t day = candidate->cause_at / CLOCK_DAY - dry->since_at / CLOCK_DAY;
    if (day >= 0 && (size_t)day < dry->n_days) {
        dry->by_day[day]++;
    }
    dry->count.fired++;
}

static void note_ran(struct dry *dry, const struct candidate *candidate)
{
    bool fresh;
    struct dry_entry *ran = dry_map_at(&dry->subjects, dry->keep, candidate->subject, 0,
                                       (struct str){.p = NULL}, &fresh);
    ran->at = candidate->cause_at;
    dry->count.subjects += fresh;
}

void dry_store(struct round *round, const struct group *group)
{
    struct dry *dry = round->dry;
    for (size_t i = 0; i < group->n; i++) {
        const struct candidate *candidate = group->v[i];
        dry->count.held += candidate->fate == FATE_HELD;
        if (candidate->fate == FATE_RUNS) {
            note_ran(dry, candidate);
        }
        if (candidate->fate == FATE_RUNS || candidate->fate == FATE_STOPPED) {
            add_firing(dry, round, candidate);
        }
    }
}
