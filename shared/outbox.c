#include "shared/outbox.h"

#include "gen/sql.h"
#include "shared/json.h"

static enum err read_card(struct db *db, struct outbox_delivery *delivery)
{
    const struct sql_outbox_card_in in = {.dataset = delivery->dataset, .card = delivery->card};
    struct sql_outbox_card row;
    enum err err = sql_outbox_card(db, &in, &row);
    if (err == ERR_NOT_FOUND) {
        return ctx_fail(db_ctx(db), ERR_INVALID, "This card is not there any more.");
    }
    TRY(err);
    delivery->account = row.account_null ? 0 : row.account;
    delivery->lead = row.lead_null ? 0 : row.lead;
    delivery->data = str_is_null(delivery->data) ? row.data : delivery->data;
    return ERR_NONE;
}

static enum err check(struct ctx *ctx, struct outbox_delivery *delivery)
{
    const struct json *json;
    if (str_is_null(delivery->data)) {
        delivery->data = STR("{}");
    }
    enum err err = json_parse(ctx, delivery->data, OUTBOX_DATA_MAX, &json);
    if (err == ERR_LIMIT) {
        ctx_clear(ctx);
        return ctx_fail(ctx, err, "This is more than %d bytes, which is the most that is sent.",
                        OUTBOX_DATA_MAX);
    }
    TRY(err);
    return json_kind(json) == JSON_OBJECT
               ? ERR_NONE
               : ctx_fail(ctx, ERR_INVALID, "What is sent must be a JSON object.");
}

/* For CRMs an account is one lane, whatever board it is on. */
static int64_t lane_of(const struct outbox_delivery *delivery)
{
    bool push = str_eq(delivery->type, STR(OUTBOX_PUSH));
    if (delivery->card != 0 && !push) {
        return delivery->card;
    }
    return delivery->account != 0 ? delivery->account : -delivery->lead;
}

enum err outbox_add(struct db *db, const struct outbox_delivery *asked, int64_t *out_id)
{
    struct outbox_delivery delivery = *asked;
    struct sql_outbox_add row;
    if (delivery.card != 0) {
        TRY(read_card(db, &delivery));
    }
    TRY(check(db_ctx(db), &delivery));
    const struct sql_outbox_add_in in = {.dataset = delivery.dataset,
                                         .integration = delivery.integration,
                                         .key = delivery.key,
                                         .lane = lane_of(&delivery),
                                         .type = delivery.type,
                                         .data = delivery.data,
                                         .card = delivery.card,
                                         .card_null = delivery.card == 0,
                                         .account = delivery.account,
                                         .account_null = delivery.account == 0,
                                         .lead = delivery.lead,
                                         .lead_null = delivery.lead == 0,
                                         .user = delivery.user,
                                         .user_null = delivery.user == 0,
                                         .at = delivery.at,
                                         .at_null = delivery.at == 0};
    TRY(sql_outbox_add(db, &in, &row));
    if (out_id != NULL) {
        *out_id = row.id_null ? 0 : row.id;
    }
    return ERR_NONE;
}

enum err outbox_push(struct db *db, const struct outbox_pushing *pushing, int64_t *out_id)
{
    struct sb sb;
    struct outbox_delivery delivery = {.dataset = pushing->dataset,
                                       .integration = pushing->integration,
                                       .key = pushing->key,
                                       .type = STR(OUTBOX_PUSH),
                                       .card = pushing->card,
                                       .account = pushing->account,
                                       .lead = pushing->lead,
                                       .user = pushing->user};
    sb_init(&sb, db_ctx(db)->arena, OUTBOX_DATA_MAX);
    SB_LIT(&sb, "{\"reason\":");
    json_write_str(&sb, str_is_null(pushing->reason) ? STR("") : pushing->reason);
    sb_char(&sb, '}');
    TRY(sb_done(&sb, &delivery.data));
    return outbox_add(db, &delivery, out_id);
}

enum err outbox_card_data(struct db *db, int64_t dataset, int64_t card, struct str *out_json)
{
    struct sql_outbox_card row;
    TRY(sql_outbox_card(db, &(struct sql_outbox_card_in){.dataset = dataset, .card = card},
                        &row));
    *out_json = row.data;
    return ERR_NONE;
}
