#include "shared/mail.h"

#include "gen/sql.h"

#define SUBJECT_BYTES 400
#define BODY_BYTES 190000
#define HTML_BYTES 390000

/* One line, whatever names are in it. */
static struct str one_line(struct arena *arena, struct str text, size_t max)
{
    text = str_cut(text, max);
    char *line = arena_cstr(arena, text);
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)line[i];
        line[i] = c < ' ' || c == 0x7f ? ' ' : line[i];
    }
    return str_trim((struct str){.p = line, .n = text.n});
}

enum err mail_add(struct db *db, const struct mail *mail, int64_t *out_id)
{
    struct arena *arena = db_ctx(db)->arena;
    struct str subject = one_line(arena, mail->subject, SUBJECT_BYTES);
    if (mail->html.n > HTML_BYTES) {
        return ctx_fail(db_ctx(db), ERR_LIMIT, "This mail is too long.");
    }
    const struct sql_mail_add_in in = {.workspace = mail->workspace,
                                       .dataset = mail->dataset,
                                       .dataset_null = mail->dataset == 0,
                                       .key = mail->key,
                                       .user = mail->user,
                                       .user_null = mail->user == 0,
                                       .email = mail->to,
                                       .name = one_line(arena, mail->to_name, 200),
                                       .subject = subject.n == 0 ? STR("LeadBoard") : subject,
                                       .body = str_cut(mail->text, BODY_BYTES),
                                       .html = mail->html};
    struct sql_mail_add row;
    TRY(sql_mail_add(db, &in, &row));
    if (out_id != NULL) {
        *out_id = row.id_null ? 0 : row.id;
    }
    return ERR_NONE;
}

static const char *purpose(struct arena *arena, int64_t workspace)
{
    return arena_print(arena, "mail_server/%lld", (long long)workspace).p;
}

enum err mail_password_put(struct db *db, const uint8_t key[CRYPT_KEY_BYTES], int64_t workspace,
                           struct str password)
{
    struct arena *arena = db_ctx(db)->arena;
    struct sql_mail_server_password_in in = {.workspace = workspace};
    if (!str_is_empty(password)) {
        in.password = crypt_seal(arena, key, purpose(arena, workspace), password);
        in.hint = STR("set");
    }
    return sql_mail_server_password(db, &in, NULL);
}

enum err mail_password_open(struct ctx *ctx, const uint8_t key[CRYPT_KEY_BYTES],
                            int64_t workspace, struct str sealed, struct str *out_password)
{
    return crypt_open(ctx->arena, key, purpose(ctx->arena, workspace), sealed, out_password)
               ? ERR_NONE
               : ctx_fail(ctx, ERR_DENIED,
                          "The mail server's password can't be opened with this "
                          "installation's key. Enter it again.");
}
