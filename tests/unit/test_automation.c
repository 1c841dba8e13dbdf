/* Automations as they are stored and told: what is taken, what is refused and why, what comes
 * back as it was. */
#include "shared/automation.h"
#include "shared/sb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new(16 << 20)};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

/* ' for ". */
static struct str quoted(const char *text)
{
    char *copy = arena_cstr(ctx.arena, str_from(text));
    for (char *p = copy; *p != '\0'; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    return str_from(copy);
}

#define TREE(conditions)                                                                       \
    "'filter':{'version':2,'subject':'accounts','match':'all','conditions':[" conditions "]}"
#define PAGE "{'field':'page','op':'is','values':['/pricing*']}"
#define MATCH(conditions) "{'when':'match'," TREE(conditions) "}"
#define TAG "[{'do':'add_tag','to':'company','tag':'3','tag_name':'Interest'}]"

static enum err parse(const char *trigger, const char *actions, struct automation_rule *rule)
{
    ctx_clear(&ctx);
    return automation_parse(&ctx, quoted(trigger), quoted(actions), rule);
}

static struct automation_rule parsed(const char *trigger, const char *actions)
{
    struct automation_rule rule;
    if (parse(trigger, actions, &rule) != ERR_NONE) {
        fail_msg("%s %s: %.*s", trigger, actions, STR_ARG(ctx.why));
    }
    return rule;
}

static void refused(const char *trigger, const char *actions, const char *words)
{
    struct automation_rule rule;
    assert_int_equal(parse(trigger, actions, &rule), ERR_INVALID);
    if (!str_contains(ctx.why, str_from(words))) {
        fail_msg("%s %s: '%.*s' does not say '%s'", trigger, actions, STR_ARG(ctx.why), words);
    }
}

static void says(const char *trigger, const char *actions, const char *sentence)
{
    struct automation_rule rule = parsed(trigger, actions);
    struct str said = automation_sentence(&ctx, &rule, NULL);
    if (!str_eq(said, str_from(sentence))) {
        fail_msg("'%.*s' instead of '%s'", STR_ARG(said), sentence);
    }
}

/* ---- the stored form ---- */

static void comes_back(const char *trigger, const char *actions)
{
    struct automation_rule rule = parsed(trigger, actions);
    struct str t, a;
    assert_int_equal(automation_json(&ctx, &rule, &t, &a), ERR_NONE);
    if (!str_eq(t, quoted(trigger)) || !str_eq(a, quoted(actions))) {
        fail_msg("%.*s\n%.*s\ninstead of\n%s\n%s", STR_ARG(t), STR_ARG(a), trigger, actions);
    }
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    comes_back(MATCH(PAGE), TAG);
    comes_back(
        "{'when':'stage','ids':['12','13'],'names':['Interest of Sales',null]," TREE("") "}",
        "[{'do':'remove_tag','to':'person','tag':'3','tag_name':'Interest'},"
        "{'do':'set_property','to':'company','key':'source','from':'utm_source'},"
        "{'do':'set_property','to':'person','key':'plan','value':'pro'},"
        "{'do':'card','how':'put','board':'2','board_name':'Sales','stage':'12',"
        "'stage_name':'Interest of Sales'},"
        "{'do':'card','how':'create','board':'2'},"
        "{'do':'owner','how':'turns','board':'2','users':['1','5'],"
        "'names':['Ann','Bo'],'keep':true},"
        "{'do':'owner','how':'sender'},"
        "{'do':'remove_card','board':'2','exclude':true},"
        "{'do':'webhook','integration':'4','integration_name':'Our shop'},"
        "{'do':'push','integration':'6'}]");
    comes_back("{'when':'score','score':60," TREE(PAGE) "}",
               "[{'do':'slack','integration':'5','text':'{company} is hot\\n{link}'},"
               "{'do':'mail','how':'owner','subject':'{company}','text':'{why}'},"
               "{'do':'mail','how':'addresses','subject':'x','text':'y',"
               "'addresses':['a@x.example','b@y.example']}]");
}

static void what_is_not_known_is_refused(void **state)
{
    (void)state;
    refused("{'when':'moon'," TREE("") "}", TAG, "newer LeadBoard");
    refused(MATCH(PAGE), "[{'do':'dance'}]", "newer LeadBoard");
    refused("{'when':'match'}", TAG, "");
    refused("[]", TAG, "newer LeadBoard");
    refused(MATCH(PAGE), "{}", "at most 10 actions");
    refused(MATCH("{'field':'moon','op':'is','values':['x']}"), TAG, "no field");
}

/* ---- triggers ---- */

static void the_source_follows_from_the_trigger(void **state)
{
    (void)state;
    struct automation_rule rule = parsed(MATCH(PAGE), TAG);
    assert_int_equal(automation_source(&rule), SOURCE_EVENT);
    rule = parsed(MATCH("{'field':'page','op':'is','values':['/a'],'days':30}"), TAG);
    assert_int_equal(automation_source(&rule), SOURCE_MEMBER);
    rule = parsed(MATCH("{'field':'industry','op':'is','values':['x']},"
                        "{'match':'any','conditions':[" PAGE "]}"),
                  TAG);
    assert_int_equal(automation_source(&rule), SOURCE_EVENT);
    rule = parsed("{'when':'stage','ids':['1']," TREE(PAGE) "}", TAG);
    assert_int_equal(automation_source(&rule), SOURCE_CARD);
    rule = parsed("{'when':'owner'," TREE("") "}", TAG);
    assert_int_equal(automation_source(&rule), SOURCE_CARD);
    rule = parsed("{'when':'tag','ids':['1']," TREE("") "}", TAG);
    assert_int_equal(automation_source(&rule), SOURCE_TAG);
    rule = parsed("{'when':'score','score':50," TREE("") "}", TAG);
    assert_int_equal(automation_source(&rule), SOURCE_MEMBER);
}

static void a_trigger_says_what_it_waits_for(void **state)
{
    (void)state;
    refused(MATCH(""), TAG, "without a condition it would run for everybody");
    refused("{'when':'stage'," TREE("") "}", TAG, "Choose the stage");
    refused("{'when':'board','ids':[]," TREE("") "}", TAG, "Choose the board");
    refused("{'when':'tag','ids':['x']," TREE("") "}", TAG, "Choose the tag");
    refused("{'when':'segment','ids':['0']," TREE("") "}", TAG, "Choose the segment");
    refused("{'when':'score'," TREE("") "}", "[]", "from one to 10");
    refused("{'when':'score','score':100," TREE("") "}", TAG, "from 0 to 99");
    refused("{'when':'score','ids':['1']," TREE("") "}", TAG, "does not name anything");
}

static void what_can_never_be_is_refused(void **state)
{
    (void)state;
    refused(MATCH("{'field':'industry','op':'is','values':['Food']},"
                  "{'field':'industry','op':'is','values':['Steel']}"),
            TAG, "Both can never be so: “industry is Food” and “industry is Steel”");
    refused(MATCH("{'field':'score','op':'greater','values':['50']},"
                  "{'field':'score','op':'less','values':['20']}"),
            TAG, "Both can never be so");
    refused(MATCH("{'field':'tag','op':'is','values':['Hot']},{'match':'all','conditions':["
                  "{'field':'tag','op':'is_not','values':['hot','Cold']}]}"),
            TAG, "Both can never be so");
    refused(MATCH("{'field':'employees','op':'unknown','values':[]},"
                  "{'field':'employees','op':'greater','values':['5']}"),
            TAG, "Both can never be so");
    refused(MATCH(PAGE ",{'field':'form','op':'is','values':['Contact']}"), TAG,
            "No single event is both");
}

static void what_may_be_is_taken(void **state)
{
    (void)state;
    (void)parsed(MATCH("{'field':'industry','op':'is','values':['Food','Steel']},"
                       "{'field':'industry','op':'is','values':['steel']}"),
                 TAG);
    (void)parsed(MATCH("{'field':'score','op':'greater','values':['20']},"
                       "{'field':'score','op':'less','values':['50']}"),
                 TAG);
    /* one of its people, and another */
    (void)parsed(MATCH("{'field':'job_title','op':'is','values':['CEO']},"
                       "{'field':'job_title','op':'is','values':['CTO']}"),
                 TAG);
    /* on two boards */
    (void)parsed(MATCH("{'field':'stage','op':'is','values':['1']},"
                       "{'field':'stage','op':'is','values':['2']}"),
                 TAG);
    (void)parsed(MATCH(PAGE ",{'field':'form','op':'is','values':['Contact'],'days':30}"), TAG);
    (void)parsed("{'when':'match','filter':{'version':2,'subject':'leads','match':'any',"
                 "'conditions':[{'field':'tag','op':'is','values':['a']},"
                 "{'field':'tag','op':'is_not','values':['a']}]}}",
                 TAG);
}

/* ---- actions ---- */

static void acts(const char *action, const char *words)
{
    refused(MATCH(PAGE), arena_print(ctx.arena, "[%s]", action).p, words);
}

static void an_action_says_what_it_needs(void **state)
{
    (void)state;
    refused(MATCH(PAGE), "[]", "from one to 10 actions");
    acts("{'do':'add_tag'}", "Choose a tag");
    acts("{'do':'set_property','value':'x'}", "The name of the property is missing");
    acts("{'do':'set_property','key':'x'}", "The value of the property is missing");
    acts("{'do':'set_property','key':'x','from':'moon'}", "not something that a visit tells");
    acts("{'do':'card','board':'1'}", "Choose what is to be done");
    acts("{'do':'card','how':'put','board':'1'}", "Choose the stage");
    acts("{'do':'card','how':'create'}", "Choose a board");
    acts("{'do':'card','how':'turns','board':'1'}", "Choose what is to be done");
    acts("{'do':'owner','how':'fixed'}", "Choose the person");
    acts("{'do':'owner','how':'turns','users':['1']}", "at least two people");
    acts("{'do':'remove_card'}", "Choose a board");
    acts("{'do':'webhook'}", "which of the integrations");
    acts("{'do':'slack','integration':'1'}", "The text of the message is missing");
    acts("{'do':'slack','integration':'1','text':'{moon}'}", "There is no “{moon}” to fill in");
    acts("{'do':'mail','how':'owner','text':'x'}", "The subject of the mail is missing");
    acts("{'do':'mail','how':'owner','subject':'a\\nb','text':'x'}", "one line of text");
    acts("{'do':'mail','how':'addresses','subject':'a','text':'x'}", "to which address");
    acts("{'do':'mail','how':'addresses','subject':'a','text':'x','addresses':['nobody']}",
         "“nobody” is not an email address");
}

static void the_wrong_action_is_named(void **state)
{
    (void)state;
    struct automation_rule rule = parsed(MATCH(PAGE), TAG);
    size_t where = 99;
    rule.actions[1] = (struct automation_action){.what = DO_WEBHOOK};
    rule.n_actions = 2;
    ctx_clear(&ctx);
    assert_int_equal(automation_check(&ctx, &rule, &where), ERR_INVALID);
    assert_int_equal(where, 2);
    rule.n_actions = 0;
    ctx_clear(&ctx);
    assert_int_equal(automation_check(&ctx, &rule, &where), ERR_INVALID);
    assert_int_equal(where, 0);
}

static void there_are_limits(void **state)
{
    (void)state;
    struct sb sb;
    sb_init(&sb, ctx.arena, 100000);
    for (int i = 0; i < 11; i++) {
        sb_printf(&sb, "%s{'do':'add_tag','tag':'1'}", i == 0 ? "[" : ",");
    }
    SB_LIT(&sb, "]");
    refused(MATCH(PAGE), arena_cstr(ctx.arena, sb_view(&sb)), "at most 10 actions");
    sb_init(&sb, ctx.arena, 100000);
    SB_LIT(&sb, "{'when':'stage','ids':[");
    for (int i = 0; i < 51; i++) {
        sb_printf(&sb, "%s'%d'", i == 0 ? "" : ",", i + 1);
    }
    SB_LIT(&sb, "]," TREE("") "}");
    refused(arena_cstr(ctx.arena, sb_view(&sb)), TAG, "There can be 50");
    sb_init(&sb, ctx.arena, 100000);
    SB_LIT(&sb, "[{'do':'slack','integration':'1','text':'");
    for (int i = 0; i < 4001; i++) {
        SB_LIT(&sb, "x");
    }
    SB_LIT(&sb, "'}]");
    refused(MATCH(PAGE), arena_cstr(ctx.arena, sb_view(&sb)), "at most 4000 characters");
}

/* ---- words ---- */

static void it_reads_like_a_sentence(void **state)
{
    (void)state;
    says(MATCH(PAGE), TAG,
         "When this happens for a company: visited /pricing*, then put the tag Interest on the "
         "company.");
    says(
        "{'when':'stage','ids':['12','13'],'names':['Interest of Sales','Intent of "
        "Sales']," TREE("{'field':'industry','op':'is','values':['Food']}") "}",
        "[{'do':'owner','how':'turns','users':['1','5'],'names':['Ann','Bo'],'keep':true},"
        "{'do':'mail','how':'owner','subject':'{company} is yours','text':'x'}]",
        "When a card enters Interest of Sales or Intent of Sales and industry is Food, then "
        "give "
        "the card to Ann or Bo in turn where nobody owns it, then mail “{company} is yours” to "
        "the owner of the card.");
    says(
        "{'when':'score','score':60," TREE("") "}",
        "[{'do':'card','how':'put','board':'2','board_name':'Sales','stage':'12','stage_name':"
        "'Interest of Sales'},{'do':'card','how':'create','board':'3','board_name':'Demo'},"
        "{'do':'set_property','to':'person','key':'source','from':'utm_source'},"
        "{'do':'remove_card','board':'9'}]",
        "When the leadscore of a company rises above 60, then move the card to Interest of "
        "Sales, "
        "creating it where there is none, then create a card on Demo where there is none, then "
        "set “source” of the person to utm_source of the visit, then remove the card from "
        "(board 9).");
}

static void spans_are_told_in_the_largest_unit(void **state)
{
    (void)state;
    assert_true(str_eq(automation_span(&ctx, 60), STR("1 minute")));
    assert_true(str_eq(automation_span(&ctx, 90), STR("90 seconds")));
    assert_true(str_eq(automation_span(&ctx, 7200), STR("2 hours")));
    assert_true(str_eq(automation_span(&ctx, 86400 * 3), STR("3 days")));
    assert_true(str_eq(automation_span(&ctx, 0), STR("0 seconds")));
}

/* What a page offers is what is understood. */
static void all_lists_are_closed(void **state)
{
    (void)state;
    for (int i = WHEN_MATCH; i < WHEN__END; i++) {
        enum automation_when when;
        assert_true(automation_when_from(
            str_from(automation_when_name((enum automation_when)i)), &when));
        assert_int_equal(when, i);
        assert_true(strlen(automation_when_label((enum automation_when)i)) > 0);
    }
    for (int i = DO_ADD_TAG; i < DO__END; i++) {
        enum automation_do what = (enum automation_do)i, back;
        enum automation_how end, how;
        assert_true(automation_do_from(str_from(automation_do_name(what)), &back));
        assert_int_equal(back, what);
        for (int k = (int)automation_hows(what, &end); k < (int)end; k++) {
            struct str name = str_from(automation_how_name((enum automation_how)k));
            assert_true(automation_how_from(what, name, &how));
            assert_int_equal(how, k);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_is_not_known_is_refused),
        cmocka_unit_test(the_source_follows_from_the_trigger),
        cmocka_unit_test(a_trigger_says_what_it_waits_for),
        cmocka_unit_test(what_can_never_be_is_refused),
        cmocka_unit_test(what_may_be_is_taken),
        cmocka_unit_test(an_action_says_what_it_needs),
        cmocka_unit_test(the_wrong_action_is_named),
        cmocka_unit_test(there_are_limits),
        cmocka_unit_test(it_reads_like_a_sentence),
        cmocka_unit_test(spans_are_told_in_the_largest_unit),
        cmocka_unit_test(all_lists_are_closed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
