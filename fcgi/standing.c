#include "fcgi/standing.h"

static struct standing stopped(struct ctx *ctx, struct str why)
{
    return (struct standing){
        .tone = "bad",
        .label = STR("Stopped"),
        .why = arena_print(
            ctx->arena, "%.*s What is to be sent waits. Put it right, then switch it on again.",
            STR_ARG(why))};
}

/* The worst first. */
struct standing standing_integration(struct ctx *ctx, const struct sql_integration_list *row)
{
    if (!row->enabled) {
        return (struct standing){.tone = "quiet", .label = STR("Off")};
    }
    if (!row->stopped_at_null) {
        return stopped(ctx, row->stopped_why);
    }
    if (row->all_lost) {
        return (struct standing){.tone = "bad",
                                 .label = STR("Never told"),
                                 .why = STR("The stages it waits for are gone. Edit it and "
                                            "choose others.")};
    }
    if (!row->slow_until_null) {
        return (struct standing){.tone = "warm",
                                 .label = STR("Pausing"),
                                 .why = row->slow_why,
                                 .until = row->slow_until};
    }
    if (row->failures > 0) {
        return (struct standing){
            .tone = "warm",
            .label = STR("Failing"),
            .why = arena_print(ctx->arena,
                               "The last %s failed and will be tried again. The log shows what "
                               "was answered.",
                               row->failures == 1 ? "attempt" : "attempts")};
    }
    if (row->given_up > 0) {
        return (struct standing){.tone = "warm",
                                 .label = STR("On"),
                                 .why = STR("Some deliveries were given up. The log shows why, "
                                            "and can send them again.")};
    }
    return (struct standing){.tone = "good", .label = STR("On")};
}

struct standing standing_delivery(struct ctx *ctx, int16_t state, int16_t attempts,
                                  struct str error, struct str note)
{
    switch ((enum outbox_state)state) {
    case OUTBOX_DELIVERED:
        return str_is_empty(note) ? (struct standing){.tone = "good", .label = STR("Delivered")}
                                  : (struct standing){.tone = "warm",
                                                      .label = STR("Delivered, not all"),
                                                      .why = note};
    case OUTBOX_GIVEN_UP:
        return (struct standing){.tone = "bad", .label = STR("Given up"), .why = error};
    case OUTBOX_DROPPED:
        return (struct standing){.tone = "quiet", .label = STR("Not sent")};
    case OUTBOX_WAITS:
    default:
        break;
    }
    if (attempts > 0) {
        return (struct standing){.tone = "warm",
                                 .label = arena_print(ctx->arena, "Failed %d time%s, waits",
                                                      (int)attempts, attempts == 1 ? "" : "s"),
                                 .why = error};
    }
    return (struct standing){.tone = "quiet", .label = STR("Waits"), .why = error};
}

struct str standing_type(struct str type)
{
    return str_eq(type, STR(OUTBOX_PUSH))   ? STR("Hand-over")
           : str_eq(type, STR(OUTBOX_TEST)) ? STR("Test")
                                            : type;
}

struct standing standing_mail(struct ctx *ctx, int16_t state, int16_t attempts,
                              struct str error)
{
    switch (state) {
    case 1:
        return (struct standing){.tone = "good", .label = STR("Sent")};
    case 2:
        return (struct standing){.tone = "bad", .label = STR("Given up"), .why = error};
    case 3:
        return (struct standing){.tone = "quiet", .label = STR("Kept")};
    default:
        return standing_delivery(ctx, OUTBOX_WAITS, attempts, error, (struct str){.p = NULL});
    }
}

struct standing standing_mail_server(struct ctx *ctx, const struct sql_mail_server_get *row)
{
    (void)ctx;
    if (row->failures == 0) {
        return (struct standing){.tone = "good", .label = STR("On")};
    }
    return (struct standing){.tone = "bad",
                             .label = STR("Failing"),
                             .why = row->error,
                             .until = row->slow_until_null ? 0 : row->slow_until};
}
