/* One delivery: what was sent, what was answered, each attempt; sending it again. */
#include "fcgi/handlers.h"

#include "fcgi/standing.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/sb.h"
#include "shared/slack.h"
#include "shared/webhook.h"

#define MISSING "This delivery is not in the log any more. It is kept for 30 days."
#define ATTEMPTS_SHOWN 200

static enum err load(struct web *web, struct sql_integration_get *integration,
                     struct sql_outbox_get *delivery)
{
    const struct sql_integration_get_in one = {.dataset = web->session.dataset,
                                               .integration = web->ids[0]};
    const struct sql_outbox_get_in two = {
        .dataset = one.dataset, .integration = one.integration, .id = web->ids[1]};
    TRY(web_need(web, sql_integration_get(web->db, &one, integration),
                 "This integration is not there any more."));
    return web_need(web, sql_outbox_get(web->db, &two, delivery), MISSING);
}

static struct attempt_view draw_attempt(const struct sql_outbox_attempts *row)
{
    struct attempt_view view = {.at = row->at,
                                .took_ms = row->took_ms,
                                .status = row->status_null ? 0 : row->status,
                                .what = row->what,
                                .request = row->request,
                                .answer = row->answer,
                                .error = row->error,
                                .tone = "bad",
                                .label = STR("Failed")};
    if (row->outcome == ATTEMPT_WELL) {
        view.tone = "good";
        view.label = STR("Fine");
    } else if (row->outcome == ATTEMPT_HELD) {
        view.tone = "warm";
        view.label = STR("Has to wait");
    }
    return view;
}

static enum err load_attempts(struct web *web, struct delivery_view *view)
{
    struct sql_outbox_attempts_rows rows;
    TRY(sql_outbox_attempts(web->db,
                            &(struct sql_outbox_attempts_in){.dataset = web->session.dataset,
                                                             .id = view->id,
                                                             .most = ATTEMPTS_SHOWN},
                            &rows));
    struct attempt_view *attempts =
        ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct attempt_view);
    for (size_t i = 0; i < rows.n; i++) {
        attempts[i] = draw_attempt(&rows.row[i]);
    }
    view->attempts = attempts;
    view->n_attempts = rows.n;
    return ERR_NONE;
}

static struct str subject_url(struct web *web, const struct sql_outbox_get *row)
{
    struct arena *arena = web->ctx->arena;
    if (!row->card_null) {
        return arena_print(arena, "/boards/%lld/cards/%lld", (long long)row->board,
                           (long long)row->card);
    }
    if (!row->account_null) {
        return arena_print(arena, "/accounts/%lld", (long long)row->account);
    }
    return row->lead_null ? (struct str){.p = NULL}
                          : arena_print(arena, "/leads/%lld", (long long)row->lead);
}

/* As the receiver gets it, but for the signature, which is made anew for each attempt. What a
 * CRM is sent stands with each call. */
static struct str draw_request(struct web *web, const struct sql_integration_get *integration,
                               const struct sql_outbox_get *row)
{
    struct ctx *ctx = web->ctx;
    struct str body = row->data;
    bool hook = integration->kind == INTEGRATION_WEBHOOK;
    enum err err = ERR_NONE;
    if (hook) {
        err = webhook_body(ctx, row->type, row->at, row->data, &body);
    } else if (integration->kind == INTEGRATION_SLACK) {
        err = slack_message(ctx, row->type, row->data, integration->origin, &body);
    }
    if (err != ERR_NONE) {
        ctx_clear(ctx);
        return row->data;
    }
    return hook ? arena_print(ctx->arena,
                              "POST %.*s\nContent-Type: application/json\nwebhook-id: %.*s\n\n"
                              "%.*s",
                              STR_ARG(integration->url),
                              STR_ARG(webhook_id(ctx->arena, row->uid)), STR_ARG(body))
                : body;
}

enum err handle_delivery(struct web *web, struct request *request, struct response *response)
{
    struct sql_integration_get integration;
    struct sql_outbox_get row;
    TRY(load(web, &integration, &row));
    struct delivery_view view = {
        .page = page_make(web, request, response, "Delivery", NAV_INTEGRATIONS),
        .integration = integration.id,
        .id = web->ids[1],
        .integration_name = integration.name,
        .kind_name = integration_kind_name((enum integration_kind)integration.kind),
        .uid = row.uid,
        .type = row.type,
        .what = standing_type(row.type),
        .title = row.title,
        .url = subject_url(web, &row),
        .body = draw_request(web, &integration, &row),
        .by = row.by,
        .error = row.error,
        .note = row.note,
        .standing = standing_delivery(web->ctx, row.state, row.attempts, row.error, row.note),
        .waits = row.state == OUTBOX_WAITS,
        .crm = integration_is_crm((enum integration_kind)integration.kind),
        .may_replay = row.state != OUTBOX_WAITS,
        .at = row.at,
        .due_at = row.due_at,
        .done_at = row.done_at_null ? 0 : row.done_at,
        .attempts_n = row.attempts};
    view.page.title = view.what;
    TRY(load_attempts(web, &view));
    tpl_delivery(&response->body, &view);
    return ERR_NONE;
}

enum err handle_delivery_replay(struct web *web, struct request *request,
                                struct response *response)
{
    struct sql_integration_get integration;
    struct sql_outbox_get row;
    TRY(load(web, &integration, &row));
    if (!integration.enabled || !integration.stopped_at_null) {
        return ctx_fail(web->ctx, ERR_INVALID,
                        "It is off or stopped. Switch it on, then send this again.");
    }
    TRY(sql_outbox_replay(web->db,
                          &(struct sql_outbox_replay_in){.dataset = web->session.dataset,
                                                         .integration = integration.id,
                                                         .id = web->ids[1]},
                          NULL));
    web->wake = true;
    return web_redirect_saying(web, request, response,
                               arena_print(web->ctx->arena,
                                           "/integrations/%lld/deliveries/%lld",
                                           (long long)integration.id, (long long)web->ids[1]),
                               "It is sent again, under the same id.");
}
