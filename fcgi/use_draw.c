#include "fcgi/use_draw.h"

struct use_view use_draw(struct arena *arena, struct str kind, int64_t id, struct str name)
{
    const char *folder = str_eq(kind, STR("Board"))     ? "boards"
                         : str_eq(kind, STR("Segment")) ? "segments"
                                                        : "automations";
    bool seen = !str_is_null(name);
    return (struct use_view){
        .kind = kind,
        .name = seen ? name : STR("that somebody keeps private"),
        .href = seen ? arena_print(arena, "/%s/%lld", folder, (long long)id) : STR("")};
}
