#include "fcgi/collector_bot.h"
#include "gen/bots.h"

/* A crawler that is built on a library is a crawler. */
static enum bot_kind worse(enum bot_kind kind, unsigned flags)
{
    if (kind == BOT_CRAWLER || (flags & (BOT_LIBRARY | BOT_AUTOMATION)) == 0) {
        return BOT_CRAWLER;
    }
    if (kind == BOT_HEADLESS || (flags & BOT_AUTOMATION) != 0) {
        return BOT_HEADLESS;
    }
    return BOT_HTTP_CLIENT;
}

enum bot_kind bot_kind(struct str user_agent)
{
    enum bot_kind kind = BOT_NOT;
    struct str ua = str_trim(user_agent);
    if (ua.n == 0) {
        return BOT_CRAWLER;
    }
    for (size_t i = 0; i < ua.n && kind != BOT_CRAWLER; i++) {
        unsigned char c = (unsigned char)ua.p[i];
        size_t left = ua.n - i;
        for (size_t at = bot_first[c]; at < bot_first[c + 1]; at++) {
            unsigned flags = bot_patterns[at].flags;
            size_t n = bot_patterns[at].length;
            if (n > left || ((flags & BOT_START) != 0 && i > 0) ||
                ((flags & BOT_END) != 0 && n != left) ||
                memcmp(ua.p + i, bot_text + bot_patterns[at].offset, n) != 0) {
                continue;
            }
            kind = worse(kind, flags);
        }
    }
    return kind;
}
