/*
 * mail: sends a workspace's mails that are due, one after the other over one connection.
 * Payload
 * {"workspace": "5"}. What came of each is written down before the next is sent, so that
 * whatever dies at most one is sent twice, under the same Message-ID.
 */
#include "worker/kinds.h"

#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/crypt.h"
#include "shared/json.h"
#include "shared/mail.h"
#include "worker/delivery.h"
#include "worker/smtp.h"

#define PAYLOAD_BYTES 2048
#define TAKE 20
#define RUN_US (60 * CLOCK_SECOND)
#define SERVER_PAUSE_S 60  /* when it does not answer */
#define SERVER_WRONG_S 900 /* when what was entered is wrong: until somebody looks */

struct mailing {
    struct run *run;
    int64_t workspace, after;
    struct smtp_server server;
    struct smtp *smtp;
    bool resting;
};

static enum err read_server(struct mailing *mailing)
{
    struct run *run = mailing->run;
    struct sql_mail_server_open row;
    TRY(sql_mail_server_open(
        run->db, &(struct sql_mail_server_open_in){.workspace = mailing->workspace}, &row));
    mailing->server = (struct smtp_server){.host = row.host,
                                           .port = row.port,
                                           .security = (enum smtp_security)row.security,
                                           .user = row.user_name,
                                           .from = row.from_email,
                                           .from_name = row.from_name,
                                           .ca_file = run->config->fetch_ca_file};
    return str_is_null(row.password)
               ? ERR_NONE
               : mail_password_open(run->ctx, run->config->key, mailing->workspace,
                                    row.password, &mailing->server.password);
}

static enum err write_server(struct mailing *mailing, bool ok, int64_t pause_s, struct str why)
{
    const struct sql_mail_server_result_in in = {.workspace = mailing->workspace,
                                                 .ok = ok,
                                                 .slow_s = (double)pause_s,
                                                 .slow_s_null = pause_s == 0,
                                                 .error = why};
    return sql_mail_server_result(mailing->run->db, &in, NULL);
}

static double delay_of(const struct sql_mail_take *mail)
{
    uint32_t random;
    crypt_random(&random, sizeof(random));
    return delivery_delay_s(mail->attempts + 1, random);
}

/* A server that is away or wrong says nothing about the mail, which keeps its attempts. */
static enum err write_outcome(struct mailing *mailing, const struct sql_mail_take *mail,
                              const struct smtp_outcome *outcome)
{
    bool of_server = outcome->fault == SMTP_SERVER_LATER || outcome->fault == SMTP_SERVER_WRONG;
    double delay = delay_of(mail);
    struct sql_mail_record_in in = {.workspace = mailing->workspace,
                                    .mail = mail->id,
                                    .state = 0,
                                    .failed = outcome->fault != SMTP_FINE && !of_server,
                                    .delay = of_server ? 0 : delay,
                                    .error = outcome->why};
    if (outcome->fault == SMTP_FINE) {
        in.state = 1;
    } else if (outcome->fault == SMTP_MAIL_REFUSED ||
               (outcome->fault == SMTP_MAIL_LATER && delay == 0)) {
        in.state = 2;
    }
    TRY(sql_mail_record(mailing->run->db, &in, NULL));
    int64_t pause = outcome->fault == SMTP_SERVER_LATER   ? SERVER_PAUSE_S
                    : outcome->fault == SMTP_SERVER_WRONG ? SERVER_WRONG_S
                                                          : 0;
    mailing->resting = pause > 0;
    return write_server(mailing, !of_server, pause,
                        of_server ? outcome->why : (struct str){.p = NULL});
}

static enum err send_one(struct mailing *mailing, const struct sql_mail_take *mail)
{
    struct run *run = mailing->run;
    struct smtp_outcome outcome;
    const struct smtp_mail message = {.uid = mail->uid,
                                      .to = mail->to_email,
                                      .to_name = mail->to_name,
                                      .subject = mail->subject,
                                      .text = mail->body,
                                      .html = mail->html,
                                      .at = mail->created_at,
                                      .cancel = run->stop};
    smtp_send(run->ctx, mailing->smtp, &message, &outcome);
    log_event(outcome.fault == SMTP_FINE ? LOG_INFO : LOG_WARN, run->ctx, "mail.sent",
              LOG_I64("mail", mail->id), LOG_I64("fault", outcome.fault),
              LOG_I64("code", outcome.code));
    if (outcome.fault == SMTP_SERVER_LATER && atomic_load(run->stop)) {
        mailing->resting = true; /* it was we who ended it */
        return ERR_NONE;
    }
    mailing->after = mail->id;
    TRY(run_begin(run));
    TRY(run_fence(run));
    TRY(write_outcome(mailing, mail, &outcome));
    return db_commit(run->db);
}

static enum err send_all(struct mailing *mailing)
{
    struct run *run = mailing->run;
    int64_t end_us = clock_monotonic() + RUN_US;
    struct sql_mail_take_rows rows = {.n = TAKE};
    while (rows.n == TAKE) {
        const struct sql_mail_take_in in = {
            .workspace = mailing->workspace, .after = mailing->after, .most = TAKE};
        TRY(sql_mail_take(run->db, &in, &rows));
        for (size_t i = 0; i < rows.n; i++) {
            if (mailing->resting || atomic_load(run->stop) || clock_monotonic() > end_us) {
                return ERR_NONE;
            }
            TRY(send_one(mailing, &rows.row[i]));
        }
    }
    return ERR_NONE;
}

static enum err open_server(struct mailing *mailing)
{
    struct run *run = mailing->run;
    enum err err = read_server(mailing);
    if (err != ERR_DENIED) {
        return err;
    }
    struct str why = run->ctx->why;
    ctx_clear(run->ctx);
    TRY(run_begin(run));
    TRY(run_fence(run));
    TRY(write_server(mailing, false, SERVER_WRONG_S, why));
    TRY(db_commit(run->db));
    return ERR_NOT_FOUND;
}

enum err job_mail(struct run *run)
{
    const struct json *json;
    struct mailing mailing = {.run = run};
    TRY(json_parse(run->ctx, run->jobs[0].payload, PAYLOAD_BYTES, &json));
    if (!json_id(json_get(json, "workspace"), &mailing.workspace)) {
        return ctx_fail(run->ctx, ERR_INVALID, "This job does not say whose mail to send.");
    }
    enum err err = open_server(&mailing);
    if (err == ERR_NOT_FOUND) {
        ctx_clear(run->ctx);
        return ERR_NONE;
    }
    TRY(err);
    mailing.smtp = smtp_new(&mailing.server);
    err = send_all(&mailing);
    smtp_free(mailing.smtp);
    TRY(err);
    return ERR_NONE;
}
