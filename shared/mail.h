/*
 * mail.h - mail that is to be sent: one call, in the transaction of whoever causes it. A job
 * sends it (worker/jobs/mail.c) by the workspace's server; where there is none, mails are kept,
 * and administrators read them under Settings > Mail.
 *
 * A mail goes out in plain text, and in HTML where that is given. `key` is what there is once
 * of a workspace: asking again adds nothing. Its Message-ID is the same at each attempt.
 *
 * Works in the transaction that is open. The server's password is sealed for its workspace; the
 * web program writes it and can't read it.
 */
#ifndef LEADBOARD_MAIL_H
#define LEADBOARD_MAIL_H

#include "shared/crypt.h"
#include "shared/db.h"

struct mail {
    int64_t workspace;
    int64_t dataset; /* that it is about; 0: none */
    struct str key;  /* at most 200 characters */
    int64_t user;    /* whom it is for; 0: not a member */
    struct str to, to_name;
    struct str subject; /* one line; what is too long is cut */
    struct str text;
    struct str html; /* a whole document; "no value": none */
};

/* *out_id (may be NULL): 0 when it was there already. */
MUST_CHECK enum err mail_add(struct db *db, const struct mail *mail, int64_t *out_id);

/* The server's password; "no value": it asks for none. */
MUST_CHECK enum err mail_password_put(struct db *db, const uint8_t key[CRYPT_KEY_BYTES],
                                      int64_t workspace, struct str password);
/* ERR_DENIED with a sentence: it was sealed with another key. */
MUST_CHECK enum err mail_password_open(struct ctx *ctx, const uint8_t key[CRYPT_KEY_BYTES],
                                       int64_t workspace, struct str sealed,
                                       struct str *out_password);

#endif
