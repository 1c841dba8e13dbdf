/*
 * automate_world.h - a small dataset with boards, tags and people of the team, automations that
 * are written in a line, and events that are carried through to what they cause, as the worker
 * does it.
 */
#ifndef LEADBOARD_AUTOMATE_WORLD_H
#define LEADBOARD_AUTOMATE_WORLD_H

#include "shared/automation_run.h"
#include "tests/db/testdb.h"

#define WORLD_DATASET 7
#define ANN 5
#define BO 6

/* Board 1 "Sales" (fixed flow) with stages 1 New, 2 Interest, 3 Decision; board 2 "Free" with 4
 * In, 5 Out; tags 1 A to 4 D; Ann (owner) and Bo; integrations 1 Shop (webhook), 2 Chat
 * (Slack), 3 CRM (Pipedrive). Nothing has happened yet. */
void automate_world(struct testdb *t);

/* ' for " in what is JSON. */
#define TREE_OF(subject, conditions)                                                           \
    "'filter':{'version':2,'subject':'" subject "','match':'all','conditions':[" conditions "]}"
#define TREE(conditions) TREE_OF("accounts", conditions)
#define MATCH(conditions) "{'when':'match'," TREE(conditions) "}"
#define MATCH_PEOPLE(conditions) "{'when':'match'," TREE_OF("leads", conditions) "}"
#define WHEN(when, id) "{'when':'" when "','ids':['" id "']," TREE("") "}"
#define WHEN_AND(when, id, conditions)                                                         \
    "{'when':'" when "','ids':['" id "']," TREE(conditions) "}"
#define PAGE(url) "{'field':'page','op':'is','values':['" url "']}"
#define ON_PAGE(url) MATCH(PAGE(url))
#define ADD(tag) "{'do':'add_tag','to':'company','tag':'" tag "'}"
#define ADD_PERSON(tag) "{'do':'add_tag','to':'person','tag':'" tag "'}"
#define TAKE(tag) "{'do':'remove_tag','to':'company','tag':'" tag "'}"
#define CARD(how, board, stage)                                                                \
    "{'do':'card','how':'" how "','board':'" board "','stage':'" stage "'}"
#define PUT(board, stage) CARD("put", board, stage)

/* What is to be saved; changed by the test before. actions: without the brackets. */
struct automation_save automate_draft(struct testdb *t, const char *name, const char *trigger,
                                      const char *actions);
/* Saves it, which must go well; the id. */
int64_t automate_save(struct testdb *t, const struct automation_save *save);
/* Both: switched on, with a cool-down of a minute. */
int64_t automate_made(struct testdb *t, const char *name, const char *trigger,
                      const char *actions);

/* An event of visitor n, who has that address (NULL: it says nothing), `ago` seconds ago. */
struct happened {
    int visitor, type; /* 0: a page view */
    const char *url, *name, *properties;
    const char *email;
    int ago;
};
void automate_event(struct testdb *t, const struct happened *event);
/* Somebody of a company's domain, known by the address, views the page. */
void automate_view(struct testdb *t, int visitor, const char *email, const char *url);
/* Derives, follows the ledger and applies, until nothing follows any more. */
void automate_settle(struct testdb *t);
/* One round of applying alone, with a connection of the worker. */
enum err automate_round(struct testdb *t);

/* How many rows of the table there are with that condition. */
int64_t rows_of(struct testdb *t, const char *table, const char *condition, ...)
    __attribute__((format(printf, 3, 4)));
/* What the only run (of the newest) says, one action a line, "+" done, "-" not. */
struct str automate_said(struct testdb *t, int64_t automation);

#endif
