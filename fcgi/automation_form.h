/*
 * automation_form.h - an automation as the editor's form has it: everything that was typed,
 * whether it makes sense or not; to and from a rule (shared/automation.h), and what the form's
 * buttons do. It works without script: each button sends the form.
 *
 * The conditions are fcgi/filter_form.h's. The fields of the action at place i are called
 * "a<i>_tag" and so on; an action shows, and sends, only what its kind needs.
 */
#ifndef LEADBOARD_AUTOMATION_FORM_H
#define LEADBOARD_AUTOMATION_FORM_H

#include "fcgi/filter_form.h"
#include "shared/automation.h"

/* What was typed for one action; "no value" where nothing was sent. */
struct action_typed {
    struct str what, how, to;
    struct str tag, place, board, integration; /* ids; place: "s12" a stage, "b3" a board */
    struct str key, value, from;
    struct str subject, text, addresses;
    struct form_ids users;
    bool keep, exclude;
};
struct automation_typed {
    struct str name, description, when, whom, score, cooldown, unit, add, warned, pressed;
    int64_t version, automation;
    struct form_ids refs;
    bool once;
    struct filter_form_lists filter;
    struct action_typed actions[AUTOMATION_ACTIONS_MAX];
};
extern const struct form_spec automation_spec;

struct action_form {
    struct str what, how, to, tag, place, board, integration, key, value, from, subject, text,
        addresses;
    int64_t users[AUTOMATION_REFS_MAX];
    size_t n_users;
    bool keep, exclude;
    struct str wrong; /* why it will not do */
    bool fresh;       /* just added: it gets the focus */
};
struct automation_form {
    struct str name, description;
    enum automation_when when;
    int64_t refs[AUTOMATION_REFS_MAX];
    size_t n_refs;
    struct str score;
    struct filter_form filter;
    struct action_form actions[AUTOMATION_ACTIONS_MAX];
    size_t n_actions;
    struct str cooldown;
    int64_t unit; /* seconds */
    bool once;
    struct str trigger_wrong, filter_wrong, actions_wrong, cooldown_wrong;
};

/* For when a card enters a stage (0: it is not yet chosen what it is for). */
void automation_form_begin(struct arena *arena, int64_t stage, struct automation_form *out);
/* It moves cards to a stage; when, is not yet chosen. */
void automation_form_begin_move(struct arena *arena, int64_t stage,
                                struct automation_form *out);
void automation_form_read(struct arena *arena, const struct form *form,
                          struct automation_form *out);
/* False: it has more conditions than the form can show. */
bool automation_form_from_rule(struct arena *arena, const struct automation_rule *rule,
                               struct automation_form *out);
void automation_form_cooldown(struct arena *arena, int32_t seconds,
                              struct automation_form *out);

/* "when" nothing, because another trigger was chosen; "act" adds the action `add`; "unact:3",
 * "actup:3", "actdown:3"; and those of the conditions. False: it is none of these. */
bool automation_form_press(struct automation_form *form, struct str pressed, struct str add);

/* Which board a stage is on; 0: there is none. */
typedef int64_t automation_board_of(const void *data, int64_t stage);

/* The rule. False, with `wrong` set where it is, when it will not do. */
bool automation_form_rule(struct ctx *ctx, struct automation_form *form,
                          automation_board_of *board_of, const void *data,
                          struct automation_rule *out_rule);
/* Seconds; false, with cooldown_wrong set. */
bool automation_form_seconds(struct automation_form *form, int32_t *out_seconds);

#endif
