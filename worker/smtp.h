/*
 * smtp.h - sends mail through one server, by libcurl: STARTTLS or TLS from the start, signing
 * in, text and HTML as multipart/alternative. The connection is kept for the next mail. One
 * struct smtp belongs to one thread at a time.
 *
 * The server is what an administrator entered; it may be on the local network, as relays are.
 * Nothing is said before it has greeted, and what it answers is shown as a reply of SMTP only.
 */
#ifndef LEADBOARD_SMTP_H
#define LEADBOARD_SMTP_H

#include "shared/ctx.h"

#include <stdatomic.h>

enum smtp_security { SMTP_PLAIN, SMTP_STARTTLS, SMTP_TLS };

struct smtp_server {
    struct str host;
    int port;
    enum smtp_security security;
    struct str user, password; /* user empty: does not sign in */
    struct str from, from_name;
    struct str ca_file; /* certificates to trust; empty: the system's */
};

struct smtp;
/* Text of server must live as long. Does not connect. */
struct smtp *smtp_new(const struct smtp_server *server);
/* Accepts NULL. */
void smtp_free(struct smtp *smtp);

struct smtp_mail {
    struct str uid;                              /* of the Message-ID */
    struct str to, to_name, subject, text, html; /* html "no value": none */
    int64_t at;                                  /* its Date */
    const atomic_bool *cancel;                   /* may be NULL */
};

/* Why a mail was not taken. */
enum smtp_fault {
    SMTP_FINE,
    SMTP_MAIL_REFUSED, /* this mail, for good: no such person, say */
    SMTP_MAIL_LATER,   /* this mail, for now */
    SMTP_SERVER_LATER, /* the server does not answer, or does not take mail now */
    SMTP_SERVER_WRONG  /* its certificate, or what we sign in with */
};
struct smtp_outcome {
    enum smtp_fault fault;
    int code;       /* of the last reply; 0: none */
    struct str why; /* a sentence; "no value" when fine */
};
void smtp_send(struct ctx *ctx, struct smtp *smtp, const struct smtp_mail *mail,
               struct smtp_outcome *out);

#endif
