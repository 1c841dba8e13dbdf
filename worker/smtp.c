#include "worker/smtp.h"

#include "worker/mailhead.h"

#include <curl/curl.h>

#define CONNECT_MS 10000L
#define TOTAL_MS 60000L
#define REPLY_MAX 300

struct smtp {
    const struct smtp_server *server;
    CURL *curl;
    char reply[REPLY_MAX + 1]; /* the first error it said, else its last line */
    size_t reply_n;
};

struct smtp *smtp_new(const struct smtp_server *server)
{
    struct smtp *smtp = calloc(1, sizeof(*smtp));
    if (smtp == NULL || (smtp->curl = curl_easy_init()) == NULL) {
        abort();
    }
    smtp->server = server;
    return smtp;
}

void smtp_free(struct smtp *smtp)
{
    if (smtp != NULL) {
        curl_easy_cleanup(smtp->curl);
        free(smtp);
    }
}

static bool is_error(const struct smtp *smtp)
{
    return smtp->reply_n > 0 && (smtp->reply[0] == '4' || smtp->reply[0] == '5');
}

/* Lines of replies come as headers. The first that is an error stays: others only say goodbye.
 * Printable ASCII is kept. */
static size_t take_reply(char *bytes, size_t size, size_t count, void *client)
{
    struct smtp *smtp = client;
    size_t n = size * count;
    if (is_error(smtp)) {
        return n;
    }
    smtp->reply_n = 0;
    for (size_t i = 0; i < n && smtp->reply_n < REPLY_MAX; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c >= ' ' && c < 0x7f) {
            smtp->reply[smtp->reply_n++] = (char)c;
        }
    }
    return n;
}

static size_t drop(char *bytes, size_t size, size_t count, void *client)
{
    (void)bytes, (void)client;
    return size * count;
}

static int watch(void *client, curl_off_t down, curl_off_t down_now, curl_off_t up,
                 curl_off_t up_now)
{
    const atomic_bool *cancel = client;
    (void)down, (void)down_now, (void)up, (void)up_now;
    return cancel != NULL && atomic_load(cancel) ? 1 : 0;
}

static void set_server(struct ctx *ctx, struct smtp *smtp)
{
    const struct smtp_server *server = smtp->server;
    CURL *curl = smtp->curl;
    struct arena *arena = ctx->arena;
    struct str from = server->from;
    struct str own = str_slice(from, str_find(from, '@') + 1, from.n);
    bool v6 = str_find(server->host, ':') < server->host.n;
    struct str url = arena_print(
        arena, "%s://%s%.*s%s:%d/%.*s", server->security == SMTP_TLS ? "smtps" : "smtp",
        v6 ? "[" : "", STR_ARG(server->host), v6 ? "]" : "", server->port, STR_ARG(own));
    curl_easy_setopt(curl, CURLOPT_URL, url.p);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     (long)(server->security == SMTP_PLAIN ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (!str_is_empty(server->user)) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, arena_cstr(arena, server->user));
        curl_easy_setopt(curl, CURLOPT_PASSWORD, arena_cstr(arena, server->password));
    }
    if (!str_is_empty(server->ca_file)) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, arena_cstr(arena, server->ca_file));
    }
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM,
                     arena_print(arena, "<%.*s>", STR_ARG(server->from)).p);
}

static void set_limits(struct smtp *smtp, const struct smtp_mail *mail)
{
    CURL *curl = smtp->curl;
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TOTAL_MS);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_reply);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, smtp);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, (void *)(uintptr_t)mail->cancel);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

static struct curl_slist *add(struct curl_slist *list, struct ctx *ctx, struct str line)
{
    return curl_slist_append(list, arena_cstr(ctx->arena, line));
}

static enum err set_head(struct ctx *ctx, struct smtp *smtp, const struct smtp_mail *mail,
                         struct curl_slist **out)
{
    const struct smtp_server *server = smtp->server;
    struct str from, to;
    TRY(mailhead_address(ctx, "From", server->from_name, server->from, &from));
    TRY(mailhead_address(ctx, "To", mail->to_name, mail->to, &to));
    *out = add(NULL, ctx, mailhead_date(ctx->arena, mail->at));
    *out = add(*out, ctx, from);
    *out = add(*out, ctx, to);
    *out = add(*out, ctx, mailhead_text(ctx->arena, "Subject", mail->subject));
    *out = add(*out, ctx, mailhead_id(ctx->arena, mail->uid, server->from));
    *out = add(*out, ctx, STR("Content-Type: multipart/alternative"));
    *out = add(*out, ctx, STR("Auto-Submitted: auto-generated"));
    *out = add(*out, ctx, STR("X-Auto-Response-Suppress: All"));
    curl_easy_setopt(smtp->curl, CURLOPT_HTTPHEADER, *out);
    return ERR_NONE;
}

/* Lines end in CR LF, whatever they ended in. */
static struct str with_crlf(struct ctx *ctx, struct str text)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, text.n * 2 + 2);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\n') {
            SB_LIT(&sb, "\r\n");
        } else if (text.p[i] != '\r') {
            sb_char(&sb, text.p[i]);
        }
    }
    return sb_view(&sb);
}

static void add_part(struct ctx *ctx, curl_mime *into, struct str text, const char *type)
{
    struct str lines = with_crlf(ctx, text);
    curl_mimepart *part = curl_mime_addpart(into);
    (void)curl_mime_data(part, lines.p, lines.n);
    (void)curl_mime_type(part, type);
    (void)curl_mime_encoder(part, "quoted-printable");
}

/* Of multipart/alternative the last part is the richest (RFC 2046, 5.1.4). The header makes
 * libcurl write this type with its boundary. */
static curl_mime *make_body(struct ctx *ctx, CURL *curl, const struct smtp_mail *mail)
{
    curl_mime *whole = curl_mime_init(curl);
    add_part(ctx, whole, mail->text, "text/plain; charset=utf-8");
    if (!str_is_empty(mail->html)) {
        add_part(ctx, whole, mail->html, "text/html; charset=utf-8");
    }
    return whole;
}

/* ---- outcomes ---- */

static struct str said(struct ctx *ctx, const struct smtp *smtp, const char *sentence)
{
    return smtp->reply_n == 0 ? str_from(sentence)
                              : arena_print(ctx->arena, "%s It said: %.*s", sentence,
                                            (int)smtp->reply_n, smtp->reply);
}

static void explain_server(struct ctx *ctx, struct smtp *smtp, CURLcode code,
                           struct smtp_outcome *out)
{
    out->fault = SMTP_SERVER_LATER;
    switch ((int)code) {
    case CURLE_LOGIN_DENIED:
        out->fault = SMTP_SERVER_WRONG;
        out->why =
            said(ctx, smtp, "The mail server does not accept the user name or password.");
        return;
    case CURLE_USE_SSL_FAILED:
        out->fault = SMTP_SERVER_WRONG;
        out->why =
            STR("The mail server offers no STARTTLS. Choose another security, or ask who "
                "runs it.");
        return;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        out->fault = SMTP_SERVER_WRONG;
        out->why = STR("The mail server's certificate is not in order.");
        return;
    case CURLE_SSL_CONNECT_ERROR:
        out->why = STR("The mail server and LeadBoard found no way to encrypt. Is the security "
                       "right for this port?");
        return;
    case CURLE_COULDNT_RESOLVE_HOST:
        out->why = STR("The mail server's name was not found.");
        return;
    case CURLE_OPERATION_TIMEDOUT:
        out->why = STR("The mail server took too long to answer.");
        return;
    default:
        out->why = said(ctx, smtp, "The mail server did not take the mail.");
        return;
    }
}

/* A reply to the recipient or the mail itself speaks of this mail only (RFC 5321, 4.2.1). */
static void explain(struct ctx *ctx, struct smtp *smtp, CURLcode code, struct smtp_outcome *out)
{
    long status = 0;
    int64_t reply = 0;
    curl_easy_getinfo(smtp->curl, CURLINFO_RESPONSE_CODE, &status);
    struct str line = {.p = smtp->reply, .n = smtp->reply_n};
    if (!str_to_i64(str_slice(line, 0, 3), &reply)) {
        reply = status;
    }
    out->code = (int)reply;
    bool of_mail = code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY ||
                   code == CURLE_RECV_ERROR;
    if (of_mail && reply >= 500 && reply != 530 && reply != 535 && reply != 538) {
        out->fault = SMTP_MAIL_REFUSED;
        out->why = said(ctx, smtp, "The mail server refused the mail.");
    } else if (of_mail && reply >= 400 && reply != 421) {
        out->fault = SMTP_MAIL_LATER;
        out->why = said(ctx, smtp, "The mail server does not take the mail now.");
    } else {
        explain_server(ctx, smtp, code, out);
    }
}

void smtp_send(struct ctx *ctx, struct smtp *smtp, const struct smtp_mail *mail,
               struct smtp_outcome *out)
{
    struct curl_slist *head = NULL;
    *out = (struct smtp_outcome){.fault = SMTP_FINE};
    curl_easy_reset(smtp->curl);
    smtp->reply_n = 0;
    set_limits(smtp, mail);
    set_server(ctx, smtp);
    if (set_head(ctx, smtp, mail, &head) != ERR_NONE) {
        curl_slist_free_all(head);
        out->fault = SMTP_MAIL_REFUSED;
        out->why = ctx->why;
        ctx_clear(ctx);
        return;
    }
    struct curl_slist *to =
        curl_slist_append(NULL, arena_print(ctx->arena, "<%.*s>", STR_ARG(mail->to)).p);
    curl_mime *body = make_body(ctx, smtp->curl, mail);
    curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(smtp->curl, CURLOPT_MIMEPOST, body);
    CURLcode code = curl_easy_perform(smtp->curl);
    if (code != CURLE_OK) {
        explain(ctx, smtp, code, out);
    }
    curl_easy_setopt(smtp->curl, CURLOPT_MIMEPOST, NULL);
    curl_mime_free(body);
    curl_slist_free_all(to);
    curl_slist_free_all(head);
}
