/*
 * collector_bot.h - tells programs from people by the User-Agent.
 *
 * The patterns are those of npm's crawler-user-agents, compiled to a table at build time.
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_BOT_H
#define LEADBOARD_FCGI_COLLECTOR_BOT_H

#include "shared/str.h"

enum bot_kind {
    BOT_NOT,
    BOT_CRAWLER,    /* crawlers, monitors, previews ...; also an empty User-Agent */
    BOT_HEADLESS,   /* a browser driven by a program: a scraper, or a test */
    BOT_HTTP_CLIENT /* curl, python-requests ...: runs no script, so it posts on purpose */
};

/* Cost: a few microseconds; callers remember the answer. */
enum bot_kind bot_kind(struct str user_agent);

#endif
