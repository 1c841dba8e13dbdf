/* Any bytes as a User-Agent: what it says of a browser is bounded text. */
#include "worker/agent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_bounded(struct str text)
{
    return text.n <= AGENT_TEXT_MAX && str_is_utf8(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct agent_rules *rules;
    if (rules == NULL) {
        rules = agent_rules_new();
    }
    struct arena *arena = arena_new((size_t)1 << 20);
    struct agent agent;
    agent_read(arena, rules, (struct str){.p = (const char *)data, .n = size}, &agent);
    if (!is_bounded(agent.browser) || !is_bounded(agent.browser_version) ||
        !is_bounded(agent.os) || !is_bounded(agent.os_version) || !is_bounded(agent.device) ||
        agent.kind < DEVICE_UNKNOWN || agent.kind >= DEVICE__COUNT) {
        abort();
    }
    arena_free(arena);
    return 0;
}
