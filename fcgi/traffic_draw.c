#include "fcgi/traffic_draw.h"

#include "shared/clock.h"
#include "shared/crypt.h"
#include "shared/reference.h"
#include "shared/traffic.h"

struct str traffic_draw_url(struct arena *arena, struct str visitor, int64_t at)
{
    return arena_print(arena, "/settings/traffic/session?visitor=%.*s&at=%lld",
                       STR_ARG(crypt_hex(arena, visitor)), (long long)at);
}

bool traffic_draw_visitor(struct arena *arena, struct str hex, struct str *out_visitor)
{
    return crypt_from_hex(arena, hex, out_visitor) && out_visitor->n == 16;
}

struct str traffic_draw_about(struct arena *arena, struct str country, struct str owner)
{
    country = reference_country(country);
    if (country.n == 0 || owner.n == 0) {
        return country.n > 0 ? country : owner;
    }
    return arena_print(arena, "%.*s · %.*s", STR_ARG(country), STR_ARG(owner));
}

struct str traffic_draw_session(struct arena *arena, struct str owner, int64_t at)
{
    struct sb sb;
    sb_init(&sb, arena, 64);
    clock_rfc3339(&sb, at);
    struct str when = str_slice(sb_view(&sb), 0, 16);
    if (owner.n == 0) {
        return arena_print(arena, "Session of %.*s", STR_ARG(when));
    }
    return arena_print(arena, "Session of %.*s from %.*s", STR_ARG(when), STR_ARG(owner));
}

const char *traffic_draw_heading(int verdict)
{
    static const char *const headings[TRAFFIC__END] = {
        [TRAFFIC_UNKNOWN] = "Network not known",  [TRAFFIC_COMPANY] = "Company",
        [TRAFFIC_PROVIDER] = "Internet provider", [TRAFFIC_HOSTING] = "Hosting",
        [TRAFFIC_OFFICE] = "Your own office",     [TRAFFIC_BOT] = "Bot",
        [TRAFFIC_SCANNER] = "Mail scanner",       [TRAFFIC_PERSON] = "Person",
    };
    return verdict >= 0 && verdict < TRAFFIC__END ? headings[verdict] : "";
}
