/*
 * agent.h - browser, operating system and device of a User-Agent, by the rules of uap-core that
 * shared/tools/agents.mjs compiles in. The only module that sees PCRE2.
 *
 * A rule set is some thousand regular expressions: about 30 ms to make, 2 MB while it is kept,
 * a millisecond or two for each text. Who reads many makes one, and lets go of it when done
 * (worker/agents.c, once for each distinct text; never while somebody waits for a page).
 *
 * Texts are anybody's: of each at most AGENT_BYTES are looked at, every match has limits of
 * steps and memory, and all of them together AGENT_US; what takes longer is as if unknown.
 */
#ifndef LEADBOARD_AGENT_H
#define LEADBOARD_AGENT_H

#include "shared/device.h"
#include "shared/sb.h"

#define AGENT_BYTES 512
#define AGENT_US 50000
#define AGENT_TEXT_MAX 80

/* "No value" where it is not known. Versions only where browsers still tell the truth about
 * them: Chrome says "Android 10" and "Mac OS X 10.15.7" on all of them. */
struct agent {
    struct str browser, browser_version;
    struct str os, os_version;
    struct str device; /* "iPhone", "Samsung SM-S911B"; none of computers */
    enum device_kind kind;
};

struct agent_rules;

struct agent_rules *agent_rules_new(void);
/* Accepts NULL. */
void agent_rules_free(struct agent_rules *rules);

/* Texts of *out_agent are in arena or constants, UTF-8, AGENT_TEXT_MAX bytes at most. */
void agent_read(struct arena *arena, const struct agent_rules *rules, struct str text,
                struct agent *out_agent);

/* Of rules and of what this module makes of them: what a lower revision said is to be read
 * again. */
int32_t agent_revision(void);

#endif
