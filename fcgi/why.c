#include "fcgi/why.h"

#define NAME_MAX_SHOWN 100

const struct sql_member_list *why_member(const struct sql_member_list_rows *members, int64_t id)
{
    for (size_t i = 0; i < members->n; i++) {
        if (members->row[i].id == id) {
            return &members->row[i];
        }
    }
    return NULL;
}

static struct str by_person(struct arena *arena, const struct why_names *names,
                            const struct why *why)
{
    const struct sql_member_list *member = why_member(names->members, why->by);
    struct str name =
        member == NULL ? STR("A former user") : str_cut(member->name, NAME_MAX_SHOWN);
    return arena_print(arena, why->came_in ? "%.*s added it" : "%.*s moved it here",
                       STR_ARG(name));
}

static struct str by_segment(struct arena *arena, const struct why_names *names,
                             const struct why *why)
{
    if (why->by == 0) {
        return STR("Came in by itself");
    }
    if (why->by != names->segment) {
        return STR("Came in by a segment that the board had");
    }
    return arena_print(arena, "Came in by the segment %.*s",
                       STR_ARG(str_cut(names->segment_name, NAME_MAX_SHOWN)));
}

static struct str by_automation(struct arena *arena, const struct why_names *names,
                                const struct why *why)
{
    for (size_t i = 0; names->automations != NULL && i < names->automations->n; i++) {
        if (names->automations->row[i].id == why->by) {
            return arena_print(
                arena,
                why->came_in ? "The automation %.*s added it"
                             : "The automation %.*s moved it here",
                STR_ARG(str_cut(names->automations->row[i].name, NAME_MAX_SHOWN)));
        }
    }
    return why->came_in ? STR("An automation added it") : STR("An automation moved it here");
}

struct str why_sentence(struct arena *arena, const struct why_names *names,
                        const struct why *why)
{
    switch (why->kind) {
    case ACTOR_USER:
        return by_person(arena, names, why);
    case ACTOR_IMPORT:
        return STR("Came in by the import");
    case ACTOR_REFRESH:
        return by_segment(arena, names, why);
    case ACTOR_AUTOMATION:
        return by_automation(arena, names, why);
    case ACTOR_SYSTEM:
    default:
        return why->came_in ? STR("Here since it came to the board")
                            : STR("LeadBoard moved it here");
    }
}
