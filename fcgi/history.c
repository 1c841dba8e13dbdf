#include "fcgi/history.h"

#include "fcgi/why.h"
#include "shared/facts.h"
#include "shared/json.h"

#define DETAIL_MAX ((size_t)1 << 20)
#define NAME_SHOWN 120
#define VALUE_SHOWN 120

/* ---- pieces ---- */

struct drawing {
    struct ctx *ctx;
    const struct history_entry *entry;
    const struct json *detail; /* NULL: none */
    struct history_sentence sentence;
};

static void link_to(struct drawing *drawing, struct str text, struct str url)
{
    struct history_sentence *sentence = &drawing->sentence;
    if (sentence->n_pieces < HISTORY_PIECES_MAX && !str_is_empty(text)) {
        sentence->pieces[sentence->n_pieces++] =
            (struct history_piece){.text = text, .url = url};
    }
}

static void say(struct drawing *drawing, struct str text)
{
    link_to(drawing, text, (struct str){.p = NULL});
}

static struct str shorten(struct drawing *drawing, struct str text, size_t max)
{
    return text.n <= max
               ? text
               : arena_print(drawing->ctx->arena, "%.*s…", STR_ARG(str_cut(text, max)));
}

static void say_name(struct drawing *drawing, struct str name, struct str unknown)
{
    say(drawing, str_is_empty(name) ? unknown : shorten(drawing, name, NAME_SHOWN));
}

static void say_stage(struct drawing *drawing, struct str name)
{
    say_name(drawing, name, STR("a deleted stage"));
}

static void say_quoted(struct drawing *drawing, struct str text)
{
    say(drawing, arena_print(drawing->ctx->arena, "“%.*s”",
                             STR_ARG(shorten(drawing, text, VALUE_SHOWN))));
}

static struct str text_of(const struct drawing *drawing, const char *name)
{
    return json_text(json_get(drawing->detail, name));
}

static bool is_true(const struct drawing *drawing, const char *name)
{
    bool value = false;
    return json_bool(json_get(drawing->detail, name), &value) && value;
}

static bool id_of(const struct drawing *drawing, const char *name, int64_t *out_id)
{
    return json_id(json_get(drawing->detail, name), out_id);
}

static struct str address(struct drawing *drawing, const char *folder, int64_t id)
{
    return arena_print(drawing->ctx->arena, "/%s/%lld", folder, (long long)id);
}

/* ---- by whom ---- */

static void say_segment(struct drawing *drawing, struct str by)
{
    const struct history_entry *entry = drawing->entry;
    bool known = entry->actor_id != 0;
    say(drawing, by);
    if (str_is_empty(entry->actor)) {
        say(drawing, known ? STR(" from a segment that is gone") : STR(""));
        return;
    }
    say(drawing, STR(" from segment "));
    link_to(drawing, shorten(drawing, entry->actor, NAME_SHOWN),
            known ? address(drawing, "segments", entry->actor_id) : (struct str){.p = NULL});
}

static void say_automation(struct drawing *drawing)
{
    const struct history_entry *entry = drawing->entry;
    if (str_is_empty(entry->actor) || entry->actor_id == 0) {
        say(drawing, STR(" by an automation"));
        return;
    }
    say(drawing, STR(" by the automation "));
    link_to(drawing, shorten(drawing, entry->actor, NAME_SHOWN),
            address(drawing, "automations", entry->actor_id));
    int64_t version;
    if (json_i64(json_get(drawing->detail, "version"), &version)) {
        say(drawing, arena_print(drawing->ctx->arena, " (version %lld)", (long long)version));
    }
}

/* Rules say what they saw. The run's page shows all that came of it; what is of no run was one
 * lead's doing, whose page shows it. */
static void say_cause(struct drawing *drawing)
{
    struct str cause = text_of(drawing, "cause");
    struct str shown = {.p = NULL};
    int64_t id;
    if (str_is_empty(cause)) {
        return;
    }
    cause = shorten(drawing, cause, VALUE_SHOWN);
    if (id_of(drawing, "run", &id)) {
        shown = address(drawing, "automations/runs", id);
    } else if (id_of(drawing, "lead_id", &id)) {
        shown = address(drawing, "leads", id);
    }
    say(drawing, STR(": "));
    link_to(drawing, cause, shown);
}

static void say_system(struct drawing *drawing)
{
    int64_t version;
    if (!id_of(drawing, "ideal", &version)) {
        say(drawing, STR(" by LeadBoard"));
        return;
    }
    say(drawing, STR(" by the "));
    link_to(drawing, STR("ideal customer profile"),
            arena_print(drawing->ctx->arena, "/settings/ideal#v%lld", (long long)version));
    say_cause(drawing);
}

static void say_actor(struct drawing *drawing)
{
    const struct history_entry *entry = drawing->entry;
    switch (entry->actor_kind) {
    case ACTOR_USER:
        say(drawing, STR(" by "));
        say_name(drawing, entry->actor, STR("a former user"));
        return;
    case ACTOR_IMPORT:
        say_segment(drawing, STR(" by the import"));
        return;
    case ACTOR_REFRESH:
        say_segment(drawing, STR(" by auto-import"));
        return;
    case ACTOR_AUTOMATION:
        say_automation(drawing);
        say_cause(drawing);
        return;
    case ACTOR_SYSTEM:
    default:
        say_system(drawing);
        return;
    }
}

/* The rest of what was done at once has a page. */
static void say_operation(struct drawing *drawing)
{
    const struct history_entry *entry = drawing->entry;
    int64_t undone;
    if (id_of(drawing, "undo", &undone)) {
        say(drawing, STR(", who "));
        link_to(drawing, STR("undid something"), address(drawing, "operations", undone));
    } else if (is_true(drawing, "undo")) {
        say(drawing, STR(", who undid something"));
    } else if (entry->operation != 0 && entry->operation_n > 1) {
        say(drawing, STR(", "));
        link_to(drawing, arena_print(drawing->ctx->arena, "one of %d", (int)entry->operation_n),
                address(drawing, "operations", entry->operation));
    }
}

/* ---- what ---- */

static void draw_moved(struct drawing *drawing)
{
    const struct history_entry *entry = drawing->entry;
    struct str deleted = text_of(drawing, "stage_deleted");
    if (entry->same_stage && str_is_empty(deleted)) {
        say(drawing, STR("Moved within "));
        say_stage(drawing, entry->to);
        say_actor(drawing);
        return;
    }
    say(drawing, STR("Moved from "));
    say_stage(drawing, str_is_empty(deleted) ? entry->from : deleted);
    say(drawing, STR(" to "));
    say_stage(drawing, entry->to);
    say_actor(drawing);
    say(drawing, str_is_empty(deleted) ? STR("") : STR(", who deleted the stage"));
}

static struct str owner_name(const struct drawing *drawing, int64_t id)
{
    const struct history_entry *entry = drawing->entry;
    const struct sql_member_list *member =
        entry->members != NULL ? why_member(entry->members, id) : NULL;
    return member != NULL ? member->name : STR("a former user");
}

static void draw_owner(struct drawing *drawing)
{
    int64_t to, from;
    bool had = id_of(drawing, "from", &from);
    bool own = drawing->entry->actor_kind == ACTOR_USER && id_of(drawing, "to", &to) &&
               to == drawing->entry->actor_id;
    if (own) {
        say(drawing, STR("Taken over"));
        say(drawing, had ? STR(" from ") : STR(""));
        say(drawing, had ? owner_name(drawing, from) : STR(""));
    } else if (!id_of(drawing, "to", &to)) {
        say(drawing, had ? STR("Taken from ") : STR("Owner changed"));
        say(drawing, had ? owner_name(drawing, from) : STR(""));
    } else {
        say(drawing, STR("Given to "));
        say_name(drawing, owner_name(drawing, to), STR("a former user"));
        say(drawing, had ? STR(", until then of ") : STR(""));
        say(drawing, had ? owner_name(drawing, from) : STR(""));
        say(drawing, had ? STR(",") : STR(""));
    }
    say_actor(drawing);
}

static void draw_note(struct drawing *drawing)
{
    struct str what = text_of(drawing, "what");
    int64_t note;
    bool there = id_of(drawing, "note", &note) && !str_eq(what, STR("deleted"));
    link_to(drawing, STR("Note"),
            there ? arena_print(drawing->ctx->arena, "%.*s?tab=notes#note-%lld",
                                STR_ARG(drawing->entry->base), (long long)note)
                  : (struct str){.p = NULL});
    say(drawing, STR(" "));
    say_name(drawing, what, STR("added"));
    say_actor(drawing);
}

static void draw_details(struct drawing *drawing)
{
    const struct fact_field *field = facts_field(text_of(drawing, "field"));
    struct str value = text_of(drawing, "to");
    if (field == NULL) {
        bool renamed = drawing->entry->kind == CARD_RENAMED;
        say(drawing, renamed ? STR("Renamed") : STR("Company details updated"));
        say(drawing,
            str_eq(text_of(drawing, "source"), STR("site")) ? STR(" from its site") : STR(""));
        say_actor(drawing);
        return;
    }
    link_to(drawing, str_from(field->label),
            arena_print(drawing->ctx->arena, "%.*s?tab=details#detail-%.*s",
                        STR_ARG(drawing->entry->base), STR_ARG(field->name)));
    if (str_is_empty(value)) {
        say(drawing, STR(", typed by hand, was taken back"));
    } else {
        say(drawing, STR(" set to "));
        say_quoted(drawing, value);
    }
    say_actor(drawing);
}

static void draw_removed(struct drawing *drawing)
{
    say(drawing, is_true(drawing, "hidden") ? STR("Taken off the board: hidden")
                                            : STR("Removed from the board"));
    say_actor(drawing);
    say(drawing, is_true(drawing, "exclude") ? STR(", never to return") : STR(""));
}

static void draw_tag(struct drawing *drawing, struct str done)
{
    struct str tag = text_of(drawing, "tag"), lead = text_of(drawing, "lead");
    int64_t leads;
    if (str_is_empty(tag)) {
        say(drawing, STR("Tags changed"));
        say_actor(drawing);
        return;
    }
    say(drawing, STR("Tag "));
    say_quoted(drawing, tag);
    say(drawing, done);
    if (!str_is_empty(lead)) {
        say(drawing, STR(" on "));
        say_name(drawing, lead, STR("a lead"));
    } else if (json_i64(json_get(drawing->detail, "leads"), &leads)) {
        say(drawing, arena_print(drawing->ctx->arena, " on %lld leads", (long long)leads));
    }
    say_actor(drawing);
}

static void draw_merged(struct drawing *drawing)
{
    struct str with = text_of(drawing, "with"), into = text_of(drawing, "into");
    say(drawing, str_is_empty(into) ? STR("Merged with ") : STR("Merged into "));
    say_name(drawing, str_is_empty(into) ? with : into, STR("another card"));
    say_actor(drawing);
}

/* Whoever may not see integrations finds no page behind the link, and the sentence is enough.
 */
static void draw_pushed(struct drawing *drawing)
{
    struct str to = text_of(drawing, "to"), what = text_of(drawing, "what");
    struct str why = text_of(drawing, "why");
    int64_t integration, delivery;
    bool known =
        id_of(drawing, "integration_id", &integration) && id_of(drawing, "delivery", &delivery);
    bool well = is_true(drawing, "well");
    say(drawing, well ? STR("Handed over to ") : STR("Not handed over to "));
    link_to(drawing, str_is_empty(to) ? STR("a CRM") : shorten(drawing, to, NAME_SHOWN),
            known ? arena_print(drawing->ctx->arena, "/integrations/%lld/deliveries/%lld",
                                (long long)integration, (long long)delivery)
                  : (struct str){.p = NULL});
    say_actor(drawing);
    if (well && !str_is_empty(what)) {
        say(drawing, STR(": "));
        say(drawing, shorten(drawing, what, VALUE_SHOWN));
    }
    if (!str_is_empty(why)) {
        say(drawing, well ? STR(". ") : STR(": "));
        say(drawing, shorten(drawing, why, 2 * VALUE_SHOWN));
    }
}

static void draw_simple(struct drawing *drawing, struct str what)
{
    say(drawing, what);
    say_actor(drawing);
}

static void draw(struct drawing *drawing)
{
    switch (drawing->entry->kind) {
    case CARD_CREATED:
        say(drawing, STR("Added to "));
        say_stage(drawing, drawing->entry->to);
        say_actor(drawing);
        return;
    case CARD_MOVED:
        draw_moved(drawing);
        return;
    case CARD_OWNER:
        draw_owner(drawing);
        return;
    case CARD_NOTE:
        draw_note(drawing);
        return;
    case CARD_ENRICHED:
    case CARD_RENAMED:
        draw_details(drawing);
        return;
    case CARD_REMOVED:
        draw_removed(drawing);
        return;
    case CARD_TAGGED:
        draw_tag(drawing, STR(" put"));
        return;
    case CARD_UNTAGGED:
        draw_tag(drawing, STR(" taken off"));
        return;
    case CARD_RESTORED:
        draw_simple(drawing, STR("Put back on the board"));
        return;
    case CARD_MERGED:
        draw_merged(drawing);
        return;
    case CARD_PUSHED:
        draw_pushed(drawing);
        return;
    default:
        draw_simple(drawing, STR("Changed"));
        return;
    }
}

struct history_sentence history_draw(struct ctx *ctx, const struct history_entry *entry)
{
    struct drawing drawing = {.ctx = ctx, .entry = entry};
    drawing.sentence.pieces = ARENA_ARRAY(ctx->arena, HISTORY_PIECES_MAX, struct history_piece);
    if (!str_is_null(entry->detail) &&
        json_parse(ctx, entry->detail, DETAIL_MAX, &drawing.detail) != ERR_NONE) {
        ctx_clear(ctx);
        drawing.detail = NULL;
    }
    draw(&drawing);
    say_operation(&drawing);
    return drawing.sentence;
}

struct str history_text(struct ctx *ctx, const struct history_sentence *sentence)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, 4000);
    for (size_t i = 0; i < sentence->n_pieces; i++) {
        sb_str(&sb, sentence->pieces[i].text);
    }
    return sb_view(&sb);
}
