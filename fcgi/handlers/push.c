/* Handing a company or a lead over to a CRM now, by its menu. */
#include "fcgi/handlers.h"

#include "fcgi/views/people_work.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/clock.h"
#include "shared/integration.h"
#include "shared/outbox.h"

#define ONCE_US (10 * CLOCK_SECOND) /* two clicks are one */

struct push_form {
    int64_t integration, card;
    struct str back;
};
static const struct form_field fields[] = {
    {.name = "integration",
     .label = "Where to",
     .kind = FORM_ID,
     .required = true,
     .offset = offsetof(struct push_form, integration)},
    {.name = "card",
     .label = "Card",
     .kind = FORM_ID,
     .offset = offsetof(struct push_form, card)},
    {.name = "back",
     .label = "Page to go back to",
     .kind = FORM_TEXT,
     .max = REQUEST_PATH_MAX,
     .offset = offsetof(struct push_form, back)},
};
const struct form_spec push_spec = FORM_SPEC(fields, struct push_form);

static enum err load_integration(struct web *web, struct sql_integration_get *out)
{
    const struct push_form *form = web->form.values;
    TRY(web_need(
        web,
        sql_integration_get(web->db,
                            &(struct sql_integration_get_in){.dataset = web->session.dataset,
                                                             .integration = form->integration},
                            out),
        "This integration is not there any more."));
    if (!integration_is_crm((enum integration_kind)out->kind) || !out->enabled) {
        return ctx_fail(web->ctx, ERR_INVALID,
                        "It is switched off. An administrator can switch it on under "
                        "Integrations.");
    }
    return ERR_NONE;
}

/* The card must be of this account or lead, on a board that the user may see. */
static enum err check_card(struct web *web, const struct outbox_pushing *pushing)
{
    struct sql_push_card row;
    return web_need(web,
                    sql_push_card(web->db,
                                  &(struct sql_push_card_in){.dataset = pushing->dataset,
                                                             .card = pushing->card,
                                                             .account = pushing->account,
                                                             .lead = pushing->lead,
                                                             .user = pushing->user},
                                  &row),
                    "This card does not exist, or you may not see it.");
}

static enum err push(struct web *web, struct request *request, struct response *response,
                     struct outbox_pushing pushing)
{
    const struct push_form *form = web->form.values;
    struct sql_integration_get integration;
    struct arena *arena = web->ctx->arena;
    TRY(load_integration(web, &integration));
    pushing.dataset = web->session.dataset;
    pushing.integration = integration.id;
    pushing.user = web->session.user;
    pushing.card = form->card;
    pushing.reason = arena_print(arena, "Handed over by %.*s", STR_ARG(web->session.user_name));
    pushing.key = arena_print(arena, "push:%lld:%lld:%lld", (long long)pushing.account,
                              (long long)pushing.lead, (long long)(clock_now() / ONCE_US));
    if (form->card != 0) {
        TRY(check_card(web, &pushing));
    }
    TRY(outbox_push(web->db, &pushing, NULL));
    web->wake = true;
    struct push_said_view said = {.name = integration.name,
                                  .stopped = !integration.stopped_at_null};
    if (web_is_partial(request)) {
        tpl_push_said(&response->body, &said);
        return ERR_NONE;
    }
    struct str back = response_is_local(form->back) ? form->back
                      : pushing.account != 0
                          ? arena_print(arena, "/accounts/%lld", (long long)pushing.account)
                          : arena_print(arena, "/leads/%lld", (long long)pushing.lead);
    return web_redirect_saying(web, request, response, back,
                               said.stopped ? "%.*s is stopped. It goes there once an "
                                              "administrator has switched it on again."
                                            : "On its way to %.*s. The card's history shows "
                                              "what becomes of it.",
                               STR_ARG(integration.name));
}

enum err handle_account_push(struct web *web, struct request *request,
                             struct response *response)
{
    struct sql_people_account_side row;
    const struct sql_people_account_side_in in = {.dataset = web->session.dataset,
                                                  .account = web->ids[0]};
    TRY(web_need(web, sql_people_account_side(web->db, &in, &row),
                 "This company does not exist, or you may not see it."));
    return push(web, request, response, (struct outbox_pushing){.account = web->ids[0]});
}

enum err handle_lead_push(struct web *web, struct request *request, struct response *response)
{
    struct sql_push_lead row;
    const struct sql_push_lead_in in = {.dataset = web->session.dataset, .lead = web->ids[0]};
    TRY(web_need(web, sql_push_lead(web->db, &in, &row),
                 "This lead does not exist, or you may not see it."));
    if (!row.account_null) { /* with its company */
        return push(web, request, response, (struct outbox_pushing){.account = row.account});
    }
    if (!row.has_email) {
        return ctx_fail(web->ctx, ERR_INVALID,
                        "This lead has no email address, by which a CRM would know it.");
    }
    return push(web, request, response, (struct outbox_pushing){.lead = web->ids[0]});
}
