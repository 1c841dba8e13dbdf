#include "worker/backtest.h"

#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/events.h"
#include "worker/automate_dry.h"
#include "worker/rules.h"

#define KEEP_CAP ((size_t)1 << 30)
#define STEP_EVENTS 20000
#define CAUSES_MAX 200000 /* of cards, tags and members */
#define RESULT_MAX ((size_t)8 << 20)

struct backtest_source {
    struct booked automation;
    struct str trigger; /* as it is stored */
    bool enabled;
    struct dry *dry;
    struct rule_set *rules;
    struct rule rule;
    int16_t types[EVENT__COUNT];
    size_t n_types;
    int64_t events;
    int64_t after_at, after_id; /* events up to this one are done */
    bool open;                  /* something was asked that an event does not decide */
    bool cut;                   /* there was more than CAUSES_MAX */
    /* Those that are looked at now, in the order in which they happened. */
    struct candidate *v;
    size_t n, at;
    bool loaded; /* of others than events: all of them */
};

/* ---- what could have made it run: events ---- */

static enum err count_events(struct backtest *b, struct db *db)
{
    struct backtest_source *s = b->source;
    struct sql_backtest_count row;
    unsigned types = filter_event_types(&s->automation.rule.trigger.filter);
    for (int type = EVENT_PAGEVIEW; type < EVENT__COUNT; type++) {
        if ((types >> type & 1U) != 0) {
            s->types[s->n_types++] = (int16_t)type;
        }
    }
    const struct sql_backtest_count_in in = {.dataset = b->what.dataset,
                                             .since = b->since_at,
                                             .until = b->until_at,
                                             .types = {s->types, s->n_types}};
    TRY(sql_backtest_count(db, &in, &row));
    s->events = row.events;
    b->total = row.asked;
    return ERR_NONE;
}

static enum err begin_events(struct backtest *b, struct db *db)
{
    struct backtest_source *s = b->source;
    s->automation.compiled = filter_event_rule(b->keep, &s->automation.rule.trigger.filter);
    s->rule = (struct rule){.automation = s->automation.id,
                            .version = s->automation.version,
                            .since_at = b->since_at,
                            .filter = &s->automation.rule.trigger.filter,
                            .compiled = s->automation.compiled};
    s->rules = rule_set_new(b->keep, &s->rule, 1);
    s->after_at = b->since_at;
    return count_events(b, db);
}

static enum err load_parts(const struct backtest *b, struct arena *arena, struct db *db,
                           const struct sql_backtest_events_rows *rows,
                           struct filter_event *said)
{
    size_t n = 0;
    int64_t *dataset = ARENA_ARRAY(arena, rows->n, int64_t);
    int64_t *at = ARENA_ARRAY(arena, rows->n, int64_t);
    int64_t *id = ARENA_ARRAY(arena, rows->n, int64_t);
    struct filter_event **of = ARENA_ARRAY(arena, rows->n, struct filter_event *);
    for (size_t i = 0; i < rows->n; i++) {
        if (rule_set_needs_more(b->source->rules, rows->row[i].type)) {
            of[n] = &said[i];
            dataset[n] = b->what.dataset;
            at[n] = rows->row[i].at;
            id[n++] = rows->row[i].id;
        }
    }
    const struct sql_automation_event_parts_in in = {
        .dataset = {dataset, n}, .at = {at, n}, .id = {id, n}};
    struct sql_automation_event_parts_rows parts;
    if (n == 0) {
        return ERR_NONE;
    }
    TRY(sql_automation_event_parts(db, &in, &parts));
    for (size_t i = 0; i < parts.n; i++) {
        struct filter_event *event = of[parts.row[i].nr - 1];
        event->title = parts.row[i].title;
        event->keys = parts.row[i].keys.v;
        event->values = parts.row[i].vals.v;
        event->n_properties = parts.row[i].keys.n;
    }
    return ERR_NONE;
}

static void match_event(struct backtest_source *s, const struct sql_backtest_events *row,
                        const struct filter_event *event)
{
    struct rule_match matches[RULES_MATCHES_MAX];
    if (rule_set_match(s->rules, event, row->at, matches) == 0) {
        return;
    }
    s->open = s->open || matches[0].open;
    s->v[s->n++] = (struct candidate){.automation = &s->automation,
                                      .cause = CAUSE_EVENT,
                                      .cause_id = row->id,
                                      .cause_at = row->at,
                                      .visitor = row->visitor,
                                      .bits = matches[0].bits};
}

static enum err next_events(struct backtest *b, struct arena *arena, struct db *db)
{
    struct backtest_source *s = b->source;
    struct sql_backtest_events_rows rows;
    const struct sql_backtest_events_in in = {.dataset = b->what.dataset,
                                              .after = s->after_at,
                                              .after_id = s->after_id,
                                              .until = b->until_at,
                                              .types = {s->types, s->n_types},
                                              .most = STEP_EVENTS};
    TRY(sql_backtest_events(db, &in, &rows));
    struct filter_event *said = ARENA_ARRAY(arena, rows.n, struct filter_event);
    for (size_t i = 0; i < rows.n; i++) {
        said[i] = (struct filter_event){
            .type = rows.row[i].type, .name = rows.row[i].name, .url = rows.row[i].url};
    }
    TRY(load_parts(b, arena, db, &rows, said));
    s->v = ARENA_ARRAY(arena, rows.n, struct candidate);
    for (size_t i = 0; i < rows.n; i++) {
        match_event(s, &rows.row[i], &said[i]);
    }
    if (rows.n > 0) {
        s->after_at = rows.row[rows.n - 1].at;
        s->after_id = rows.row[rows.n - 1].id;
    }
    b->done += (int64_t)rows.n;
    b->more = rows.n == STEP_EVENTS;
    return ERR_NONE;
}

/* ---- the others, all at once ---- */

static struct candidate *room_for(struct backtest *b, size_t n)
{
    struct backtest_source *s = b->source;
    s->v = ARENA_ARRAY(b->keep, n, struct candidate);
    s->cut = n == CAUSES_MAX;
    return s->v;
}

static enum err next_cards(struct backtest *b, struct db *db)
{
    struct backtest_source *s = b->source;
    struct sql_backtest_cards_rows rows;
    const struct sql_backtest_cards_in in = {.dataset = b->what.dataset,
                                             .automation = b->what.automation,
                                             .since = b->since_at,
                                             .until = b->until_at,
                                             .trigger = s->trigger,
                                             .most = CAUSES_MAX};
    TRY(sql_backtest_cards(db, &in, &rows));
    struct candidate *v = room_for(b, rows.n);
    for (; s->n < rows.n; s->n++) {
        v[s->n] = (struct candidate){.automation = &s->automation,
                                     .cause = CAUSE_CARD,
                                     .cause_id = rows.row[s->n].id,
                                     .cause_at = rows.row[s->n].at,
                                     .about = rows.row[s->n].subject,
                                     .card = rows.row[s->n].card,
                                     .depth = rows.row[s->n].depth};
    }
    return ERR_NONE;
}

static enum err next_tags(struct backtest *b, struct arena *arena, struct db *db)
{
    struct backtest_source *s = b->source;
    const struct automation_trigger *trigger = &s->automation.rule.trigger;
    int64_t *tags = ARENA_ARRAY(arena, trigger->n_refs, int64_t);
    for (size_t i = 0; i < trigger->n_refs; i++) {
        tags[i] = trigger->refs[i].id;
    }
    struct sql_backtest_tags_rows rows;
    const struct sql_backtest_tags_in in = {.dataset = b->what.dataset,
                                            .automation = b->what.automation,
                                            .since = b->since_at,
                                            .until = b->until_at,
                                            .tags = {tags, trigger->n_refs},
                                            .people = trigger->filter.subject == FILTER_LEADS,
                                            .most = CAUSES_MAX};
    TRY(sql_backtest_tags(db, &in, &rows));
    struct candidate *v = room_for(b, rows.n);
    for (; s->n < rows.n; s->n++) {
        v[s->n] = (struct candidate){.automation = &s->automation,
                                     .cause = CAUSE_TAG,
                                     .cause_id = (int64_t)s->n + 1,
                                     .cause_at = rows.row[s->n].at,
                                     .about = rows.row[s->n].subject,
                                     .bits = (uint64_t)rows.row[s->n].tag};
    }
    return ERR_NONE;
}

static enum err next_members(struct backtest *b, struct db *db)
{
    struct backtest_source *s = b->source;
    struct sql_backtest_members_rows rows;
    const struct sql_backtest_members_in in = {.dataset = b->what.dataset,
                                               .automation = b->what.automation,
                                               .since = b->since_at,
                                               .until = b->until_at,
                                               .most = CAUSES_MAX};
    TRY(sql_backtest_members(db, &in, &rows));
    struct candidate *v = room_for(b, rows.n);
    for (; s->n < rows.n; s->n++) {
        v[s->n] = (struct candidate){.automation = &s->automation,
                                     .cause = CAUSE_MEMBER,
                                     .cause_id = rows.row[s->n].id,
                                     .cause_at = rows.row[s->n].at,
                                     .about = rows.row[s->n].subject};
    }
    return ERR_NONE;
}

static enum err next(struct backtest *b, struct arena *arena, struct db *db)
{
    struct backtest_source *s = b->source;
    enum automation_source source = s->automation.source;
    if (s->loaded) {
        return ERR_NONE;
    }
    s->n = s->at = 0;
    if (source == SOURCE_EVENT) {
        return next_events(b, arena, db);
    }
    TRY(source == SOURCE_CARD  ? next_cards(b, db)
        : source == SOURCE_TAG ? next_tags(b, arena, db)
                               : next_members(b, db));
    s->loaded = true;
    b->total = s->events = (int64_t)s->n;
    s->open = s->automation.rule.trigger.filter.root.n_nodes > 0;
    return ERR_NONE;
}

/* ---- rounds ---- */

static enum err round_of(struct backtest *b, struct ctx *ctx, struct db *db,
                         struct candidate *v, size_t n)
{
    struct round round = {.dry = b->source->dry,
                          .ctx = ctx,
                          .arena = ctx->arena,
                          .db = db,
                          .dataset = b->what.dataset,
                          .now = b->until_at,
                          .candidates = v,
                          .n = n};
    TRY(automate_look(&round));
    automate_group(&round);
    return automate_apply(&round);
}

/* What it would have caused itself comes next. */
static enum err rounds_of_caused(struct backtest *b, struct ctx *ctx, struct db *db)
{
    struct dry *dry = b->source->dry;
    while (dry->n_caused > 0) {
        size_t n = dry->n_caused;
        struct candidate *v = ARENA_ARRAY(ctx->arena, n, struct candidate);
        for (size_t i = 0; i < n; i++) {
            v[i] = dry->caused[i];
        }
        dry->n_caused = 0;
        TRY(round_of(b, ctx, db, v, n));
    }
    return ERR_NONE;
}

/* What rounds take stays until the end of the step, so there are some in each. */
enum err backtest_step(struct backtest *b, struct ctx *scratch, struct db *db)
{
    struct backtest_source *s = b->source;
    TRY(sql_automate_plan(db, NULL));
    TRY(next(b, scratch->arena, db));
    size_t end = s->n - s->at < STEP_EVENTS ? s->n : s->at + STEP_EVENTS;
    while (s->at < end) {
        size_t n = end - s->at < AUTOMATE_BATCH ? end - s->at : AUTOMATE_BATCH;
        TRY(round_of(b, scratch, db, s->v + s->at, n));
        TRY(rounds_of_caused(b, scratch, db));
        s->at += n;
    }
    if (s->loaded) {
        b->done = (int64_t)s->at;
        b->more = s->at < s->n;
    }
    return ERR_NONE;
}

/* ---- beginning ---- */

static enum err load(struct backtest *b, struct ctx *ctx, struct db *db)
{
    struct backtest_source *s = b->source;
    struct automation_row row;
    struct str actions;
    enum err err = automation_get(db, b->what.dataset, b->what.automation, &row);
    if (err == ERR_NOT_FOUND) {
        return ctx_fail(ctx, err, "This automation does not exist any more.");
    }
    TRY(err);
    if (!str_is_null(row.unreadable)) {
        return ctx_fail(ctx, ERR_INVALID, "%.*s", STR_ARG(row.unreadable));
    }
    TRY(automation_json(ctx, &row.rule, &s->trigger, &actions));
    s->trigger = arena_dup(b->keep, s->trigger);
    s->enabled = row.enabled;
    s->automation = (struct booked){.id = row.id,
                                    .version = row.version,
                                    .cooldown_s = row.cooldown_s,
                                    .source = row.source,
                                    .once = row.once,
                                    .name = arena_dup(b->keep, row.name)};
    struct ctx own = {.arena = b->keep};
    return automation_parse(&own, s->trigger, arena_dup(b->keep, actions), &s->automation.rule);
}

enum err backtest_begin(struct ctx *ctx, struct db *db, const struct backtest_what *what,
                        struct backtest **out_backtest)
{
    struct arena *keep = arena_new(KEEP_CAP);
    struct backtest *b = ARENA_NEW(keep, struct backtest);
    struct sql_backtest_window window;
    *b = (struct backtest){.what = *what,
                           .more = true,
                           .keep = keep,
                           .source = ARENA_NEW(keep, struct backtest_source)};
    *out_backtest = b;
    TRY(sql_backtest_window(db, &(struct sql_backtest_window_in){.days = what->days}, &window));
    b->since_at = window.since;
    b->until_at = window.until;
    TRY(load(b, ctx, db));
    TRY(dry_new(db, keep, &b->source->automation, what->dataset, b->since_at, b->until_at,
                &b->source->dry));
    return b->source->automation.source == SOURCE_EVENT ? begin_events(b, db) : ERR_NONE;
}

void backtest_free(struct backtest *b)
{
    if (b != NULL) {
        dry_free(b->source->dry);
        arena_free(b->keep);
    }
}

/* ---- the result ---- */

static int by_time(const void *a, const void *b)
{
    const struct dry_firing *x = a, *y = b;
    return (x->at < y->at) - (x->at > y->at);
}

/* The last that are kept, the newest first. */
static struct dry_firing *newest(struct dry *dry, struct arena *arena, size_t *out_n)
{
    const struct dry_page *last = &dry->pages[dry->page], *before = &dry->pages[1 - dry->page];
    struct dry_firing *v = ARENA_ARRAY(arena, last->n + before->n, struct dry_firing);
    size_t n = 0;
    for (size_t i = 0; i < before->n; i++) {
        v[n++] = before->v[i];
    }
    for (size_t i = 0; i < last->n; i++) {
        v[n++] = last->v[i];
    }
    if (n > 1) {
        qsort(v, n, sizeof(*v), by_time);
    }
    *out_n = n < BACKTEST_SHOWN ? n : BACKTEST_SHOWN;
    return v;
}

static enum err load_titles(struct backtest *b, struct arena *arena, struct db *db,
                            const struct dry_firing *v, size_t n,
                            struct sql_backtest_titles_rows *out)
{
    int64_t *account = ARENA_ARRAY(arena, n, int64_t), *lead = ARENA_ARRAY(arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        account[i] = v[i].account;
        lead[i] = v[i].lead;
    }
    const struct sql_backtest_titles_in in = {
        .dataset = b->what.dataset, .account = {account, n}, .lead = {lead, n}};
    return sql_backtest_titles(db, &in, out);
}

static void put_id(struct sb *sb, const char *name, int64_t id)
{
    if (id != 0) {
        sb_printf(sb, ",\"%s\":\"%lld\"", name, (long long)id);
    }
}

static enum err put_firings(struct backtest *b, struct arena *arena, struct db *db,
                            struct sb *sb)
{
    struct sql_backtest_titles_rows titles;
    size_t n;
    struct dry_firing *v = newest(b->source->dry, arena, &n);
    TRY(load_titles(b, arena, db, v, n, &titles));
    SB_LIT(sb, ",\"firings\":[");
    for (size_t i = 0; i < n; i++) {
        struct str title = i < titles.n ? titles.row[i].title : (struct str){.p = NULL};
        sb_printf(sb, "%s{\"at\":%lld", i == 0 ? "" : ",", (long long)v[i].at);
        put_id(sb, "account", v[i].account);
        put_id(sb, "lead", v[i].lead);
        SB_LIT(sb, ",\"title\":");
        json_write_str(sb, str_is_null(title) ? STR("somebody unknown") : title);
        SB_LIT(sb, ",\"why\":");
        json_write_str(sb, str_is_null(v[i].why) ? STR("") : v[i].why);
        SB_LIT(sb, ",\"said\":");
        sb_str(sb, v[i].said);
        sb_char(sb, '}');
    }
    sb_printf(sb, "],\"unlisted\":%lld", (long long)(b->source->dry->count.fired - (int64_t)n));
    return ERR_NONE;
}

static void put_days(const struct backtest *b, struct sb *sb)
{
    const struct dry *dry = b->source->dry;
    SB_LIT(sb, ",\"by_day\":[");
    for (size_t i = 0; i < dry->n_days; i++) {
        struct clock_date day = clock_date(b->since_at + (int64_t)i * CLOCK_DAY);
        sb_printf(sb, "%s[\"%04d-%02d-%02d\",%lld]", i == 0 ? "" : ",", day.year, day.month,
                  day.day, (long long)dry->by_day[i]);
    }
    sb_char(sb, ']');
}

static void put_counts(const struct backtest *b, struct sb *sb)
{
    const struct dry_count *count = &b->source->dry->count;
    sb_printf(sb,
              "{\"days\":%d,\"events\":%lld,\"fired\":%lld,\"subjects\":%lld,\"held\":%lld,"
              "\"deliveries\":%lld,\"moved\":%lld,\"created\":%lld,\"removed\":%lld,"
              "\"tagged\":%lld,\"not_moved\":%lld",
              b->what.days, (long long)b->source->events, (long long)count->fired,
              (long long)count->subjects, (long long)count->held, (long long)count->deliveries,
              (long long)count->moved, (long long)count->created, (long long)count->removed,
              (long long)count->tagged, (long long)count->not_moved);
}

/* ---- what cannot be looked back at ---- */

static void note(struct sb *sb, const char *sentence)
{
    sb_printf(sb, "%s%s", sb_view(sb).n == 0 ? "" : " ", sentence);
}

static void note_members(const struct backtest_source *s, struct sb *sb)
{
    if (s->automation.rule.trigger.when == WHEN_SEGMENT) {
        note(sb, "Who entered a segment is known for as long as the segment has been there.");
    } else if (s->enabled) {
        note(sb, "When somebody began to match is only known for the time in which the "
                 "automation has been switched on: before that it shows nobody.");
    } else {
        note(sb, "When somebody began to match is not known while the automation is switched "
                 "off: it shows nobody. Switch it on to see who begins to match from then on.");
    }
}

static struct str note_of(const struct backtest *b, struct arena *arena)
{
    const struct backtest_source *s = b->source;
    struct sb sb;
    sb_init(&sb, arena, 4000);
    if (s->automation.source == SOURCE_MEMBER) {
        note_members(s, &sb);
    }
    if (s->automation.source == SOURCE_TAG) {
        note(&sb, "A tag that was put on several times counts from the last time.");
    }
    if (s->open) {
        note(&sb, "What its conditions ask of companies and people is looked up as it is "
                  "today, not as it was then.");
    }
    if (s->cut) {
        note(&sb, "There was too much to look through all of it: the last part is missing.");
    }
    return sb_view(&sb);
}

enum err backtest_end(struct backtest *b, struct ctx *ctx, struct db *db, struct str *out_json)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, RESULT_MAX);
    put_counts(b, &sb);
    put_days(b, &sb);
    TRY(put_firings(b, ctx->arena, db, &sb));
    SB_LIT(&sb, ",\"note\":");
    json_write_str(&sb, note_of(b, ctx->arena));
    sb_char(&sb, '}');
    return sb_done(&sb, out_json);
}
