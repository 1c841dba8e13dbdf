#include "worker/notices.h"

#include "gen/sql.h"
#include "shared/json.h"
#include "shared/mail.h"
#include "worker/letter.h"

#define NOTICES_MAX 500 /* in a mail's count */
#define SHOWN_MAX 50    /* by name */
#define DETAIL_BYTES 4096

struct notice {
    struct str kind, title, board, from, to, actor;
    int64_t board_id, card, actor_kind;
    bool there; /* the card is still on a board */
};

static struct notice read_notice(struct ctx *ctx, const struct sql_notice_take *row)
{
    const struct json *json;
    struct notice notice = {.kind = row->kind, .card = row->card, .there = row->there};
    if (json_parse(ctx, row->detail, DETAIL_BYTES, &json) != ERR_NONE) {
        ctx_clear(ctx);
        return notice;
    }
    notice.title = json_text(json_get(json, "title"));
    notice.board = json_text(json_get(json, "board"));
    notice.from = json_text(json_get(json, "from"));
    notice.to = json_text(json_get(json, "to"));
    notice.actor = json_text(json_get(json, "actor"));
    (void)json_id(json_get(json, "board_id"), &notice.board_id);
    (void)json_i64(json_get(json, "actor_kind"), &notice.actor_kind);
    return notice;
}

static struct str by_whom(struct arena *arena, const struct notice *notice)
{
    if (!str_is_empty(notice->actor)) {
        return arena_print(arena, " by %.*s", STR_ARG(notice->actor));
    }
    return notice->actor_kind == 4 ? STR(" by an automation") : STR("");
}

/* "Harbor College was moved from Discovery to Interest by Ann" */
static struct str sentence(struct arena *arena, const struct notice *notice)
{
    struct str title = str_is_empty(notice->title) ? STR("A card") : notice->title;
    struct str by = by_whom(arena, notice);
    if (str_eq(notice->kind, STR("assigned"))) {
        return arena_print(arena, "%.*s was given to you%.*s", STR_ARG(title), STR_ARG(by));
    }
    if (str_eq(notice->kind, STR("removed"))) {
        return arena_print(arena, "%.*s was removed from %.*s%.*s", STR_ARG(title),
                           STR_ARG(notice->board), STR_ARG(by));
    }
    return arena_print(arena, "%.*s was moved from %.*s to %.*s%.*s", STR_ARG(title),
                       STR_ARG(notice->from), STR_ARG(notice->to), STR_ARG(by));
}

static struct str address_of(struct arena *arena, struct str origin,
                             const struct notice *notice)
{
    return str_is_empty(origin) || !notice->there
               ? (struct str){.p = NULL}
               : arena_print(arena, "%.*s/boards/%lld/cards/%lld", STR_ARG(origin),
                             (long long)notice->board_id, (long long)notice->card);
}

static struct str subject_of(struct arena *arena, const struct notice *first, size_t n)
{
    return n == 1 ? sentence(arena, first) : arena_print(arena, "%zu changes to your cards", n);
}

static void write_letter(struct ctx *ctx, const struct sql_notice_take_rows *rows,
                         struct str origin, struct mail *mail)
{
    struct letter letter;
    struct notice first = read_notice(ctx, &rows->row[0]);
    mail->subject = subject_of(ctx->arena, &first, rows->n);
    letter_open(&letter, ctx->arena, mail->subject);
    letter_paragraph(&letter, rows->n == 1 ? STR("About a card of yours:")
                                           : STR("About cards of yours:"));
    for (size_t i = 0; i < rows->n && i < SHOWN_MAX; i++) {
        struct notice notice = read_notice(ctx, &rows->row[i]);
        letter_item(&letter, sentence(ctx->arena, &notice),
                    address_of(ctx->arena, origin, &notice));
    }
    if (rows->n > SHOWN_MAX) {
        letter_paragraph(&letter,
                         arena_print(ctx->arena, "And %zu more%s.", rows->n - SHOWN_MAX,
                                     rows->n == NOTICES_MAX ? " at least" : ""));
    }
    struct str profile = str_is_empty(origin) ? STR("your profile in LeadBoard")
                                              : arena_print(ctx->arena, "%.*s/settings/profile",
                                                            STR_ARG(origin));
    letter_close(&letter,
                 arena_print(ctx->arena,
                             "You get this because you own these cards. What you are told can "
                             "be chosen here: %.*s",
                             STR_ARG(profile)),
                 &mail->text, &mail->html);
}

static enum err send_to(struct db *db, const struct config *config,
                        const struct sql_notice_due *due)
{
    struct ctx *ctx = db_ctx(db);
    struct sql_notice_take_rows rows;
    struct sql_notice_person person;
    const struct sql_notice_take_in take = {
        .dataset = due->dataset, .user = due->user, .most = NOTICES_MAX};
    TRY(sql_notice_take(db, &take, &rows));
    enum err err = sql_notice_person(
        db, &(struct sql_notice_person_in){.dataset = due->dataset, .user = due->user},
        &person);
    if (err == ERR_NOT_FOUND || rows.n == 0) {
        return ERR_NONE;
    }
    TRY(err);
    struct str origin = str_is_empty(config->public_url) ? person.origin : config->public_url;
    struct mail mail = {.workspace = person.workspace,
                        .dataset = due->dataset,
                        .key = arena_print(ctx->arena, "notice:%lld:%lld",
                                           (long long)due->dataset, (long long)rows.row[0].id),
                        .user = due->user,
                        .to = person.email,
                        .to_name = person.name};
    write_letter(ctx, &rows, origin, &mail);
    return mail_add(db, &mail, NULL);
}

enum err notices_send(struct db *db, const struct config *config, double gather_s)
{
    struct sql_notice_due_rows due;
    TRY(sql_notice_due(db, &(struct sql_notice_due_in){.seconds = gather_s}, &due));
    for (size_t i = 0; i < due.n; i++) {
        TRY(db_begin(db, NULL));
        TRY(send_to(db, config, &due.row[i]));
        TRY(db_commit(db));
    }
    return ERR_NONE;
}
