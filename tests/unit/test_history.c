/* What happened to a card, as sentences with links to the cause. */
#include "fcgi/history.h"
#include "shared/sb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new(4 << 20)};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static struct sql_member_list member_rows[] = {{.id = 1, .name = STR_INIT("Ann")},
                                               {.id = 2, .name = STR_INIT("Bo")}};
static const struct sql_member_list_rows members = {.row = member_rows, .n = 2};

/* Links are written as [text](address). */
static void drawn(struct history_entry entry, const char *expected)
{
    struct sb sb;
    entry.members = &members;
    entry.base = STR("/accounts/3");
    struct history_sentence sentence = history_draw(&ctx, &entry);
    sb_init(&sb, ctx.arena, 4000);
    for (size_t i = 0; i < sentence.n_pieces; i++) {
        const struct history_piece *piece = &sentence.pieces[i];
        bool linked = !str_is_empty(piece->url);
        sb_printf(&sb, linked ? "[%.*s](" : "%.*s", STR_ARG(piece->text));
        if (linked) {
            sb_printf(&sb, "%.*s)", STR_ARG(piece->url));
        }
    }
    if (!str_eq(sb_view(&sb), str_from(expected))) {
        fail_msg("expected '%s', got '%.*s'", expected, STR_ARG(sb_view(&sb)));
    }
}

#define BY_ANN .actor_kind = ACTOR_USER, .actor_id = 1, .actor = STR("Ann")

static void coming_and_moving(void **state)
{
    (void)state;
    drawn((struct history_entry){.kind = CARD_CREATED,
                                 .actor_kind = ACTOR_REFRESH,
                                 .actor_id = 4,
                                 .to = STR("Orientation"),
                                 .actor = STR("Trials")},
          "Added to Orientation by auto-import from segment [Trials](/segments/4)");
    drawn(
        (struct history_entry){
            .kind = CARD_CREATED, .actor_kind = ACTOR_IMPORT, .actor_id = 4, .to = STR("A")},
        "Added to A by the import from a segment that is gone");
    drawn((struct history_entry){.kind = CARD_CREATED, .actor_kind = ACTOR_IMPORT},
          "Added to a deleted stage by the import");
    drawn((struct history_entry){.kind = CARD_MOVED, BY_ANN, .from = STR("A"), .to = STR("B")},
          "Moved from A to B by Ann");
    drawn(
        (struct history_entry){.kind = CARD_MOVED, BY_ANN, .same_stage = true, .to = STR("B")},
        "Moved within B by Ann");
    drawn((struct history_entry){.kind = CARD_MOVED,
                                 .actor_kind = ACTOR_USER,
                                 .actor_id = 9,
                                 .to = STR("B"),
                                 .detail = STR("{\"stage_deleted\":\"A\"}")},
          "Moved from A to B by a former user, who deleted the stage");
    drawn((struct history_entry){.kind = CARD_MOVED,
                                 BY_ANN,
                                 .from = STR("A"),
                                 .to = STR("B"),
                                 .operation = 7,
                                 .operation_n = 12},
          "Moved from A to B by Ann, [one of 12](/operations/7)");
    drawn((struct history_entry){.kind = CARD_MOVED,
                                 BY_ANN,
                                 .from = STR("B"),
                                 .to = STR("A"),
                                 .detail = STR("{\"undo\":\"7\"}")},
          "Moved from B to A by Ann, who [undid something](/operations/7)");
    drawn(
        (struct history_entry){
            .kind = CARD_MOVED,
            .actor_kind = ACTOR_AUTOMATION,
            .from = STR("A"),
            .to = STR("B"),
            .detail = STR("{\"cause\":\"Signed up for a trial\",\"lead_id\":\"5\"}")},
        "Moved from A to B by an automation: [Signed up for a trial](/leads/5)");
    drawn((struct history_entry){.kind = CARD_CREATED,
                                 .actor_kind = ACTOR_AUTOMATION,
                                 .actor_id = 9,
                                 .actor = STR("Pricing"),
                                 .to = STR("B"),
                                 .detail = STR("{\"cause\":\"visited /pricing\",\"run\":\"4\","
                                               "\"version\":3,\"lead_id\":\"5\"}")},
          "Added to B by the automation [Pricing](/automations/9) (version 3): "
          "[visited /pricing](/automations/runs/4)");
}

static void owners_notes_and_tags(void **state)
{
    (void)state;
    drawn((struct history_entry){.kind = CARD_OWNER, BY_ANN, .detail = STR("{\"to\":\"2\"}")},
          "Given to Bo by Ann");
    drawn((struct history_entry){.kind = CARD_OWNER,
                                 BY_ANN,
                                 .detail = STR("{\"from\":\"2\",\"to\":\"1\"}")},
          "Taken over from Bo by Ann");
    drawn((struct history_entry){.kind = CARD_OWNER,
                                 .actor_kind = ACTOR_USER,
                                 .actor_id = 2,
                                 .actor = STR("Bo"),
                                 .detail = STR("{\"from\":\"2\",\"to\":\"1\"}")},
          "Given to Ann, until then of Bo, by Bo");
    drawn((struct history_entry){.kind = CARD_OWNER,
                                 BY_ANN,
                                 .detail = STR("{\"from\":\"8\",\"to\":null}")},
          "Taken from a former user by Ann");
    drawn((struct history_entry){.kind = CARD_NOTE,
                                 BY_ANN,
                                 .detail = STR("{\"what\":\"edited\",\"note\":\"6\"}")},
          "[Note](/accounts/3?tab=notes#note-6) edited by Ann");
    drawn((struct history_entry){.kind = CARD_NOTE,
                                 BY_ANN,
                                 .detail = STR("{\"what\":\"deleted\",\"note\":\"6\"}")},
          "Note deleted by Ann");
    drawn((struct history_entry){.kind = CARD_NOTE, BY_ANN}, "Note added by Ann");
    drawn(
        (struct history_entry){.kind = CARD_TAGGED, BY_ANN, .detail = STR("{\"tag\":\"Hot\"}")},
        "Tag “Hot” put by Ann");
    drawn((struct history_entry){.kind = CARD_UNTAGGED,
                                 BY_ANN,
                                 .detail = STR("{\"tag\":\"Hot\",\"leads\":3}")},
          "Tag “Hot” taken off on 3 leads by Ann");
}

static void details_and_the_rest(void **state)
{
    (void)state;
    drawn((struct history_entry){.kind = CARD_ENRICHED,
                                 BY_ANN,
                                 .detail = STR("{\"field\":\"industry\",\"to\":\"Boats\"}")},
          "[Industry](/accounts/3?tab=details#detail-industry) set to “Boats” by Ann");
    drawn((struct history_entry){.kind = CARD_RENAMED,
                                 BY_ANN,
                                 .detail = STR("{\"field\":\"name\",\"to\":null}")},
          "[Name](/accounts/3?tab=details#detail-name), typed by hand, was taken back by Ann");
    drawn((struct history_entry){.kind = CARD_ENRICHED,
                                 .actor_kind = ACTOR_SYSTEM,
                                 .detail = STR("{\"source\":\"site\"}")},
          "Company details updated from its site by LeadBoard");
    drawn((struct history_entry){.kind = CARD_REMOVED,
                                 BY_ANN,
                                 .detail = STR("{\"exclude\":true}")},
          "Removed from the board by Ann, never to return");
    drawn((struct history_entry){.kind = CARD_RESTORED, BY_ANN},
          "Put back on the board by Ann");
    drawn((struct history_entry){.kind = CARD_MERGED,
                                 BY_ANN,
                                 .detail = STR("{\"with\":\"Acme Ltd\"}")},
          "Merged with Acme Ltd by Ann");
    drawn((struct history_entry){.kind = CARD_CREATED - 1, .actor_kind = ACTOR_SYSTEM},
          "Changed by LeadBoard");
    drawn((struct history_entry){.kind = CARD_ENRICHED,
                                 .actor_kind = ACTOR_SYSTEM,
                                 .detail = STR("not json")},
          "Company details updated by LeadBoard");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coming_and_moving),
        cmocka_unit_test(owners_notes_and_tags),
        cmocka_unit_test(details_and_the_rest),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
