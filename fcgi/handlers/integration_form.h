/*
 * integration_form.h - the form of an integration, shared by the handler that draws it
 * (integration_edit.c) and those that store it (integration_save.c).
 */
#ifndef LEADBOARD_HANDLERS_INTEGRATION_FORM_H
#define LEADBOARD_HANDLERS_INTEGRATION_FORM_H

#include "fcgi/views/integrations.h"
#include "fcgi/web.h"
#include "gen/sql.h"

struct integration_form {
    int64_t kind, make, tokens, pipeline, stage;
    struct str name, url, secret, version;
    struct form_texts events, map_ours, map_theirs;
    struct form_ids stages;
    bool persons, activity;
};

/* What is stored, or what a new one begins with. */
struct integration_stored {
    int64_t id;
    enum integration_kind kind;
    struct str name, url, hint, remote;
    struct sql_strs events;
    struct sql_i64s stages;
    struct integration_settings settings;
};

/* The one of the path. */
MUST_CHECK enum err integration_form_load(struct web *web, struct integration_stored *out);
void integration_form_begin(enum integration_kind kind, struct integration_stored *out);
/* With what was typed and its mistakes, if it was sent. */
MUST_CHECK enum err integration_form_draw(struct web *web, const struct request *request,
                                          struct response *response,
                                          const struct integration_stored *stored);

#endif
