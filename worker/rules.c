#include "worker/rules.h"

#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/events.h"
#include "shared/log.h"

/* Events are taken from outside up to a day late (the collector's bound); what is older comes
 * from an import and is history. */
#define LATE_US CLOCK_DAY
#define SETS_KEPT 1024               /* datasets, from one batch to the next */
#define SETS_MAX (SETS_KEPT + 10000) /* those of one batch besides */
#define SET_MEMORY ((size_t)256 << 20)

/* ---- pieces of an address ---- */

#define PIECES_BITS 1024
#define PIECES_WORDS (PIECES_BITS / 64)
#define PIECES_MAX 4 /* of a pattern */

struct pieces {
    uint64_t words[PIECES_WORDS];
};

static unsigned char folded(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static unsigned piece_at(const char *p)
{
    unsigned x = (unsigned)folded(p[0]) << 16 | (unsigned)folded(p[1]) << 8 | folded(p[2]);
    return (x * 2654435761U) >> 22;
}

static void pieces_of(struct str url, struct pieces *out)
{
    *out = (struct pieces){{0}};
    for (size_t i = 0; i + 3 <= url.n; i++) {
        unsigned piece = piece_at(url.p + i);
        out->words[piece / 64] |= (uint64_t)1 << piece % 64;
    }
}

/* A page that a rule is about: some pieces of the longest part of it that is to be there as it
 * is. */
struct page {
    uint16_t pieces[PIECES_MAX];
    size_t n;
};

static bool is_literal(char c)
{
    return c > ' ' && c < 0x7f && c != '*' && c != '%';
}

static struct str longest_literal(struct str glob)
{
    struct str best = {0};
    for (size_t i = 0; i < glob.n;) {
        size_t from = i;
        while (i < glob.n && is_literal(glob.p[i])) {
            i++;
        }
        if (i - from > best.n) {
            best = str_slice(glob, from, i);
        }
        i += i == from ? 1 : 0;
    }
    return best;
}

/* Spread over its length, the last one first: that is where addresses of a site differ. */
static struct page page_of(const struct url_pattern *pattern)
{
    struct page page = {.n = 0};
    struct str literal = longest_literal(pattern->glob);
    size_t n = literal.n < 3 ? 0 : literal.n - 2;
    for (size_t i = 0; i < PIECES_MAX && i < n; i++) {
        size_t at = n <= PIECES_MAX ? n - 1 - i : n - 1 - i * (n - 1) / (PIECES_MAX - 1);
        page.pieces[page.n++] = (uint16_t)piece_at(literal.p + at);
    }
    return page;
}

static bool may_be(const struct page *page, const struct pieces *pieces)
{
    for (size_t i = 0; i < page->n; i++) {
        if ((pieces->words[page->pieces[i] / 64] >> page->pieces[i] % 64 & 1) == 0) {
            return false;
        }
    }
    return true;
}

/* ---- the rules of a dataset ---- */

struct listed {
    const struct rule *rule;
    const struct page *pages; /* one of these; none: any event */
    size_t n_pages;
};

struct rule_set {
    struct listed *by_type[EVENT__COUNT];
    size_t n[EVENT__COUNT];
    unsigned more; /* types of which more is needed */
};

static struct listed list_rule(struct arena *arena, const struct rule *rule)
{
    const struct url_pattern *patterns;
    struct listed listed = {.rule = rule};
    listed.n_pages = filter_event_pages(arena, rule->filter, &patterns);
    struct page *pages = ARENA_ARRAY(arena, listed.n_pages, struct page);
    for (size_t i = 0; i < listed.n_pages; i++) {
        pages[i] = page_of(&patterns[i]);
    }
    listed.pages = pages;
    return listed;
}

struct rule_set *rule_set_new(struct arena *arena, const struct rule *rules, size_t n)
{
    struct rule_set *set = ARENA_NEW(arena, struct rule_set);
    for (int type = 0; type < EVENT__COUNT; type++) {
        set->by_type[type] = ARENA_ARRAY(arena, n, struct listed);
    }
    for (size_t i = 0; i < n; i++) {
        struct listed listed = list_rule(arena, &rules[i]);
        unsigned types = filter_event_types(rules[i].filter);
        set->more |= filter_event_needs_more(rules[i].filter) ? types : 0;
        for (int type = EVENT_PAGEVIEW; type < EVENT__COUNT; type++) {
            if ((types >> type & 1U) != 0) {
                set->by_type[type][set->n[type]++] = listed;
            }
        }
    }
    return set;
}

bool rule_set_needs_more(const struct rule_set *set, int type)
{
    return type > 0 && type < EVENT__COUNT && (set->more >> type & 1U) != 0;
}

static bool is_passed_over(const struct listed *listed, const struct pieces *pieces)
{
    for (size_t i = 0; i < listed->n_pages; i++) {
        if (may_be(&listed->pages[i], pieces)) {
            return false;
        }
    }
    return listed->n_pages > 0;
}

size_t rule_set_match(const struct rule_set *set, const struct filter_event *event, int64_t at,
                      struct rule_match *out)
{
    struct pieces pieces;
    size_t n = 0;
    int type = event->type > 0 && event->type < EVENT__COUNT ? event->type : 0;
    if (set->n[type] == 0) {
        return 0;
    }
    pieces_of(event->url, &pieces);
    for (size_t i = 0; i < set->n[type] && n < RULES_MATCHES_MAX; i++) {
        const struct listed *listed = &set->by_type[type][i];
        if (is_passed_over(listed, &pieces) || at < listed->rule->since_at) {
            continue;
        }
        uint64_t bits = filter_event_bits(listed->rule->compiled, event);
        enum filter_verdict verdict = filter_event_verdict(listed->rule->compiled, bits);
        if (verdict != FILTER_FALSE) {
            out[n++] = (struct rule_match){
                .rule = listed->rule, .bits = bits, .open = verdict == FILTER_OPEN};
        }
    }
    return n;
}

/* ---- of many datasets ---- */

static enum err make(struct db *db, int64_t dataset, struct arena *arena,
                     const void **out_value)
{
    struct ctx own = {.arena = arena};
    struct sql_automation_of_events_rows rows;
    TRY(sql_automation_of_events(db, &(struct sql_automation_of_events_in){.dataset = dataset},
                                 &rows));
    struct rule *rules = ARENA_ARRAY(arena, rows.n, struct rule);
    size_t n = 0;
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_automation_of_events *row = &rows.row[i];
        struct automation_rule *rule = ARENA_NEW(arena, struct automation_rule);
        if (automation_parse(&own, row->trigger, row->actions, rule) != ERR_NONE) {
            log_event(LOG_WARN, db_ctx(db), "rules.unreadable",
                      LOG_I64("automation", row->automation), LOG_STR("why", own.why));
            ctx_clear(&own);
            continue;
        }
        const struct filter *filter = &rule->trigger.filter;
        rules[n++] = (struct rule){.automation = row->automation,
                                   .version = row->version,
                                   .since_at = row->enabled_at - LATE_US,
                                   .filter = filter,
                                   .compiled = filter_event_rule(arena, filter)};
    }
    *out_value = n == 0 ? NULL : rule_set_new(arena, rules, n);
    return ERR_NONE;
}

struct revised *rules_new(void)
{
    return revised_new(make);
}

const struct rule_set *rules_of(const struct revised *rules, int64_t dataset)
{
    return revised_get(rules, dataset);
}
