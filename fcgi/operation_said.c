#include "fcgi/operation_said.h"

#include "shared/clock.h"
#include "shared/json.h"

#define DETAIL_MAX ((size_t)1 << 20)
#define TEXT_MAX 4000
#define NAMES_SHOWN 3

static const struct json *detail_of(struct ctx *ctx, const struct operation_row *operation)
{
    const struct json *detail = NULL;
    if (!str_is_empty(operation->detail) &&
        json_parse(ctx, operation->detail, DETAIL_MAX, &detail) != ERR_NONE) {
        ctx_clear(ctx);
    }
    return detail;
}

/* "1,234,567" */
static void put_number(struct sb *sb, int32_t n)
{
    if (n >= 1000) {
        put_number(sb, n / 1000);
        sb_printf(sb, ",%03d", n % 1000);
    } else {
        sb_printf(sb, "%d", n);
    }
}

/* "Harbor College", "1 card", "1,200 cards". */
static void put_what(struct sb *sb, const struct operation_row *operation)
{
    bool wide = operation->kind >= OP_MERGE_LEADS && operation->kind <= OP_UNHIDE;
    if (!str_is_empty(operation->subject) && (operation->n == 1 || wide)) {
        sb_str(sb, operation->subject);
    } else {
        put_number(sb, operation->n);
        sb_printf(sb, operation->n == 1 ? " card" : " cards");
    }
}

/* "Interest, Partner and 2 more". */
static void put_names(struct sb *sb, const struct json *names)
{
    size_t n = 0, all = json_count(names);
    for (const struct json *name = json_first(names); name != NULL; name = json_next(name)) {
        if (n == NAMES_SHOWN) {
            sb_printf(sb, " and %zu more", all - n);
            return;
        }
        sb_printf(sb, "%s%.*s", n == 0 ? "" : ", ", STR_ARG(json_text(name)));
        n++;
    }
}

static void put_move(struct sb *sb, const struct operation_row *operation,
                     const struct json *detail)
{
    bool within = false;
    (void)json_bool(json_get(detail, "within"), &within);
    SB_LIT(sb, "Moved ");
    put_what(sb, operation);
    sb_printf(sb, within ? " within " : " to ");
    sb_str(sb, json_text(json_get(detail, "stage")));
}

static void put_owner(struct sb *sb, const struct operation_row *operation,
                      const struct json *detail)
{
    struct str name = json_text(json_get(detail, "name"));
    sb_printf(sb, str_is_empty(name) ? "Took the owner off " : "Gave ");
    put_what(sb, operation);
    if (!str_is_empty(name)) {
        sb_printf(sb, " to %.*s", STR_ARG(name));
    }
}

static void put_remove(struct sb *sb, const struct operation_row *operation,
                       const struct json *detail)
{
    bool exclude = false;
    (void)json_bool(json_get(detail, "exclude"), &exclude);
    sb_printf(sb, exclude ? "Removed and excluded " : "Removed ");
    put_what(sb, operation);
}

static void put_tags(struct sb *sb, const struct operation_row *operation,
                     const struct json *detail)
{
    bool put = operation->kind == OP_TAG;
    sb_printf(sb, put ? "Tagged " : "Took ");
    if (put) {
        put_what(sb, operation);
        SB_LIT(sb, " with ");
        put_names(sb, json_get(detail, "names"));
        return;
    }
    put_names(sb, json_get(detail, "names"));
    SB_LIT(sb, " off ");
    put_what(sb, operation);
}

static void put_subject(struct sb *sb, const struct operation_row *operation,
                        const struct json *detail)
{
    static const char *const verbs[OP__END] = {
        [OP_MERGE_LEADS] = "Merged people: ",
        [OP_MERGE_ACCOUNTS] = "Merged companies: ",
        [OP_LINK] = "Linked ",
        [OP_UNLINK] = "Unlinked ",
        [OP_HIDE] = "Hid ",
        [OP_UNHIDE] = "Showed again: ",
        [OP_ADD] = "Added ",
        [OP_UNDO] = "Undid: ",
    };
    (void)detail;
    sb_printf(sb, "%s", verbs[operation->kind] == NULL ? "Changed " : verbs[operation->kind]);
    put_what(sb, operation);
}

/* "“Pricing visitors” ran for 12 companies or people" */
static void put_automation(struct sb *sb, const struct operation_row *operation,
                           const struct json *detail)
{
    sb_printf(sb, "The automation “%.*s” ran for ",
              STR_ARG(str_cut(json_text(json_get(detail, "name")), 200)));
    if (operation->n == 1) {
        SB_LIT(sb, "one company or person");
        return;
    }
    put_number(sb, operation->n);
    SB_LIT(sb, " companies or people");
}

typedef void putter(struct sb *sb, const struct operation_row *operation,
                    const struct json *detail);
static putter *const putters[OP__END] = {
    [OP_MOVE] = put_move, [OP_OWNER] = put_owner, [OP_REMOVE] = put_remove,
    [OP_TAG] = put_tags,  [OP_UNTAG] = put_tags,  [OP_AUTOMATION] = put_automation,
};

static struct str nothing(struct ctx *ctx, const struct operation_row *operation,
                          const struct json *detail)
{
    struct str stage = json_text(json_get(detail, "stage"));
    if (operation->kind == OP_MOVE && !str_is_empty(stage)) {
        return arena_print(ctx->arena, "Nothing changed: no card had to be moved to %.*s",
                           STR_ARG(stage));
    }
    return STR("Nothing changed: it was so already, or the cards are no longer on the board");
}

struct str operation_said(struct ctx *ctx, const struct operation_row *operation)
{
    const struct json *detail = detail_of(ctx, operation);
    if (operation->n == 0 && operation->kind != OP_UNDO) {
        return nothing(ctx, operation, detail);
    }
    struct sb sb;
    sb_init(&sb, ctx->arena, TEXT_MAX);
    bool known = operation->kind < OP__END && putters[operation->kind] != NULL;
    (known ? putters[operation->kind] : put_subject)(&sb, operation, detail);
    return sb_view(&sb);
}

struct str operation_said_doing(struct ctx *ctx, const struct operation_row *operation)
{
    const struct json *detail = detail_of(ctx, operation);
    struct str stage = json_text(json_get(detail, "stage"));
    struct str name = json_text(json_get(detail, "name"));
    switch (operation->kind) {
    case OP_MOVE:
        return arena_print(ctx->arena, "Moving cards to %.*s", STR_ARG(stage));
    case OP_OWNER:
        return str_is_empty(name)
                   ? STR("Taking the owner off cards")
                   : arena_print(ctx->arena, "Giving cards to %.*s", STR_ARG(name));
    case OP_REMOVE:
        return STR("Removing cards");
    case OP_TAG:
        return STR("Tagging cards");
    case OP_UNTAG:
        return STR("Taking tags off cards");
    case OP_UNDO:
        return STR("Undoing");
    case OP_AUTOMATION:
        return arena_print(ctx->arena, "Running the automation “%.*s”",
                           STR_ARG(str_cut(name, 200)));
    case OP_MERGE_LEADS:
    case OP_MERGE_ACCOUNTS:
    case OP_LINK:
    case OP_UNLINK:
    case OP_HIDE:
    case OP_UNHIDE:
    case OP_ADD:
    case OP__END:
        break;
    }
    return STR("Working");
}

/* ---- undone ---- */

static bool is_about_cards(enum operation_kind kind)
{
    return kind <= OP_UNTAG || kind == OP_ADD;
}

static void put_kept(struct sb *sb, const struct operation_undone *undone)
{
    if (undone->kept > 0) {
        SB_LIT(sb, ". ");
        put_number(sb, undone->kept);
        sb_printf(sb, undone->kept == 1 ? " was changed since and stays as it is"
                                        : " were changed since and stay as they are");
    }
    if (undone->elsewhere > 0) {
        SB_LIT(sb, ". ");
        put_number(sb, undone->elsewhere);
        SB_LIT(sb, " came to the entry stage, because the stage is gone");
    }
}

struct str operation_said_undone(struct ctx *ctx, enum operation_kind kind,
                                 const struct operation_undone *undone)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, TEXT_MAX);
    if (undone->undone == 0) {
        return undone->kept == 0 ? STR("There was nothing left to undo")
                                 : STR("Nothing was undone: all of it was changed since");
    }
    SB_LIT(&sb, "Undone");
    if (kind == OP_AUTOMATION) {
        SB_LIT(&sb, ": ");
        put_number(&sb, undone->undone);
        sb_printf(&sb,
                  undone->undone == 1 ? " change is taken back" : " changes are taken back");
    } else if (is_about_cards(kind)) {
        SB_LIT(&sb, ": ");
        put_number(&sb, undone->undone);
        sb_printf(&sb, undone->undone == 1 ? " card is as it was" : " cards are as they were");
    }
    put_kept(&sb, undone);
    return sb_view(&sb);
}

/* ". Not taken back: 2 to Shop, 1 by mail" */
static struct str put_sent(struct ctx *ctx, struct str said, const struct json *sent)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, TEXT_MAX);
    sb_str(&sb, said);
    for (const struct json *item = json_first(sent); item != NULL; item = json_next(item)) {
        sb_str(&sb, item == json_first(sent) ? STR(". Sent already, and not to be taken back: ")
                                             : STR(", "));
        sb_str(&sb, json_text(item));
    }
    return sb_view(&sb);
}

struct str operation_said_undo(struct ctx *ctx, enum operation_kind kind,
                               const struct operation_row *undo)
{
    const struct json *detail = detail_of(ctx, undo);
    int64_t kept = 0, elsewhere = 0;
    (void)json_i64(json_get(detail, "kept"), &kept);
    (void)json_i64(json_get(detail, "elsewhere"), &elsewhere);
    struct str said = operation_said_undone(
        ctx, kind,
        &(struct operation_undone){
            .undone = undo->n, .kept = (int32_t)kept, .elsewhere = (int32_t)elsewhere});
    return put_sent(ctx, said, json_get(detail, "sent"));
}

bool operation_said_may_undo(const struct operation_row *operation)
{
    return operation->n > 0 && !operation->undone && operation->kind != OP_UNDO &&
           operation->at > clock_now() - OPERATION_DAYS * 86400 * CLOCK_SECOND;
}
