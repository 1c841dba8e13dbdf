#include "shared/events.h"
#include "shared/json.h"
#include "worker/automate_parts.h"

#define SHOWN 300
#define CAUSE_MAX ((size_t)4000)

/* ---- events ---- */

static struct str shorten(struct arena *arena, struct str text)
{
    return text.n <= SHOWN ? text : arena_print(arena, "%.*s…", STR_ARG(str_cut(text, SHOWN)));
}

struct str automate_event_words(struct arena *arena, const struct sql_automate_events *event)
{
    struct str url = shorten(arena, event->url), name = shorten(arena, event->name);
    bool has_url = url.n > 0, has_name = name.n > 0;
    switch (event->type) {
    case EVENT_PAGEVIEW:
        return has_url ? arena_print(arena, "visited %.*s", STR_ARG(url)) : STR("visited");
    case EVENT_EXIT:
        return str_is_empty(event->link) ? arena_print(arena, "left %.*s", STR_ARG(url))
                                         : arena_print(arena, "followed a link to %.*s",
                                                       STR_ARG(shorten(arena, event->link)));
    case EVENT_EMAIL_OPEN:
        return arena_print(arena, has_name ? "opened the mail %.*s" : "opened a mail%.*s",
                           STR_ARG(name));
    case EVENT_EMAIL_CLICK:
        return arena_print(arena, has_url ? "came from a mail to %.*s" : "came from a mail%.*s",
                           STR_ARG(url));
    case EVENT_FORM:
        return has_name
                   ? arena_print(arena, "submitted the form %.*s", STR_ARG(name))
                   : arena_print(arena,
                                 has_url ? "submitted a form on %.*s" : "submitted a form%.*s",
                                 STR_ARG(url));
    case EVENT_LOGIN:
        return STR("signed in");
    default:
        return arena_print(arena, has_name ? "event %.*s" : "an event%.*s", STR_ARG(name));
    }
}

static enum err of_events(struct round *round, struct candidate **v, size_t n)
{
    struct sql_automate_events_rows rows;
    int64_t *at = ARENA_ARRAY(round->arena, n, int64_t);
    int64_t *id = ARENA_ARRAY(round->arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        at[i] = v[i]->cause_at;
        id[i] = v[i]->cause_id;
    }
    const struct sql_automate_events_in in = {
        .dataset = round->dataset, .at = {at, n}, .id = {id, n}};
    TRY(sql_automate_events(round->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        v[rows.row[i].nr - 1]->why = automate_event_words(round->arena, &rows.row[i]);
    }
    return ERR_NONE;
}

/* ---- cards ---- */

static struct str ledger_words(struct arena *arena, const struct sql_automate_ledger *row,
                               enum automation_when when)
{
    struct str board = str_is_null(row->board) ? STR("a board") : row->board;
    struct str stage = str_is_null(row->stage) ? STR("a stage") : row->stage;
    if (when == WHEN_OWNER) {
        return arena_print(arena, "the card was given to %.*s",
                           STR_ARG(str_is_null(row->owner) ? STR("somebody") : row->owner));
    }
    return when == WHEN_BOARD ? arena_print(arena, "the card came onto %.*s", STR_ARG(board))
                              : arena_print(arena, "the card entered %.*s of %.*s",
                                            STR_ARG(stage), STR_ARG(board));
}

static enum err of_cards(struct round *round, const struct booked *automation,
                         struct candidate **v, size_t n)
{
    struct sql_automate_ledger_rows rows;
    int64_t *card = ARENA_ARRAY(round->arena, n, int64_t);
    int64_t *at = ARENA_ARRAY(round->arena, n, int64_t);
    int64_t *id = ARENA_ARRAY(round->arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        card[i] = v[i]->card;
        at[i] = v[i]->cause_at;
        id[i] = v[i]->cause_id;
    }
    const struct sql_automate_ledger_in in = {
        .dataset = round->dataset, .card = {card, n}, .at = {at, n}, .id = {id, n}};
    TRY(sql_automate_ledger(round->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        v[rows.row[i].nr - 1]->why =
            ledger_words(round->arena, &rows.row[i], automation->rule.trigger.when);
    }
    return ERR_NONE;
}

/* ---- the rest ---- */

static struct str trigger_words(const struct round *round, const struct booked *automation,
                                const struct candidate *candidate)
{
    const struct automation_trigger *trigger = &automation->rule.trigger;
    struct str name = {0};
    if (candidate->cause == CAUSE_ENROLLED) {
        return STR("it matched when it was switched on");
    }
    if (candidate->cause == CAUSE_TAG) {
        name = automation_name(round->names, FILTER_TAG, (int64_t)candidate->bits);
        return str_is_null(name)
                   ? STR("a tag was put on")
                   : arena_print(round->arena, "the tag %.*s was put on", STR_ARG(name));
    }
    if (trigger->when == WHEN_SCORE) {
        return arena_print(round->arena, "the leadscore rose above %d", trigger->score);
    }
    if (trigger->when == WHEN_SEGMENT) {
        name = trigger->n_refs == 1
                   ? automation_name(round->names, FILTER_SEGMENT, trigger->refs[0].id)
                   : name;
        return str_is_null(name)
                   ? STR("a segment was entered")
                   : arena_print(round->arena, "the segment %.*s was entered", STR_ARG(name));
    }
    return arena_print(
        round->arena, "this became true: %.*s",
        STR_ARG(shorten(round->arena, filter_sentence(round->ctx, &trigger->filter, NULL))));
}

/* As history.h reads it: "cause" in words, lead_id whose doing it was; depth for what it causes
 * (automation_fire.h). */
static struct str cause_of(struct arena *arena, const struct booked *automation,
                           const struct candidate *candidate)
{
    struct sb sb;
    sb_init(&sb, arena, CAUSE_MAX);
    sb_printf(
        &sb, "{\"automation\":\"%lld\",\"version\":%d,\"run\":\"%lld\",\"depth\":%d,\"cause\":",
        (long long)automation->id, automation->version, (long long)candidate->run,
        candidate->depth + 1);
    json_write_str(&sb, candidate->why);
    if (candidate->cause == CAUSE_EVENT) {
        sb_printf(&sb, ",\"event\":\"%lld\"", (long long)candidate->cause_id);
    }
    if (candidate->lead != 0) {
        sb_printf(&sb, ",\"lead_id\":\"%lld\"", (long long)candidate->lead);
    }
    sb_char(&sb, '}');
    return sb_view(&sb);
}

enum err automate_say_why(struct round *round, const struct group *group)
{
    struct candidate **v = ARENA_ARRAY(round->arena, group->n, struct candidate *);
    size_t n = 0;
    for (size_t i = 0; i < group->n; i++) {
        if (group->v[i]->fate == FATE_RUNS || group->v[i]->fate == FATE_STOPPED) {
            v[n++] = group->v[i];
        }
    }
    if (n > 0 && v[0]->cause == CAUSE_EVENT) {
        TRY(of_events(round, v, n));
    } else if (n > 0 && v[0]->cause == CAUSE_CARD) {
        TRY(of_cards(round, group->automation, v, n));
    }
    for (size_t i = 0; i < n; i++) {
        v[i]->why =
            str_is_null(v[i]->why) ? trigger_words(round, group->automation, v[i]) : v[i]->why;
        v[i]->cause_json = cause_of(round->arena, group->automation, v[i]);
    }
    return ERR_NONE;
}
