#include "worker/resolver.h"

#include "shared/clock.h"
#include "shared/sb.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <poll.h>

#define TRIES 2
#define TICK_MS 100 /* how soon a stop is seen */

/* One question on its way. */
struct asking {
    struct resolving *resolving;
    struct resolver_question *question;
    char names[RESOLVER_NAMES_MAX][RESOLVER_NAME_BYTES];
    size_t n_names, at;
    bool failed; /* one of the names could not be looked up */
};
struct resolving {
    struct arena *arena;
    ares_channel channel;
    struct asking *asking;
    size_t n, next, open;
    bool ending;
};

static int family_of(const struct resolver_question *question)
{
    return question->n_bytes == 4 ? AF_INET : AF_INET6;
}

/* What is no name now is none later either. */
static bool says_none(int status)
{
    return status == ARES_ENOTFOUND || status == ARES_ENODATA || status == ARES_EBADNAME ||
           status == ARES_EBADRESP;
}

/* ---- one question: its names, then what each of them leads to ---- */

static void finish(struct asking *asking, enum resolver_answer answer)
{
    asking->question->answer = answer;
    asking->resolving->open--;
}

static void on_address(void *data, int status, int timeouts, struct hostent *host);

static void confirm_next(struct asking *asking)
{
    if (asking->resolving->ending) {
        finish(asking, RESOLVER_FAILED);
    } else if (asking->at == asking->n_names) {
        finish(asking, asking->failed ? RESOLVER_FAILED : RESOLVER_NONE);
    } else {
        ares_gethostbyname(asking->resolving->channel, asking->names[asking->at],
                           family_of(asking->question), on_address, asking);
    }
}

static bool leads_back(const struct resolver_question *question, const struct hostent *host)
{
    bool found = false;
    for (char **address = host->h_addr_list; address != NULL && *address != NULL; address++) {
        found |= (size_t)host->h_length == question->n_bytes &&
                 memcmp(*address, question->bytes, question->n_bytes) == 0;
    }
    return found;
}

static void on_address(void *data, int status, int timeouts, struct hostent *host)
{
    struct asking *asking = data;
    (void)timeouts;
    if (status == ARES_SUCCESS && leads_back(asking->question, host)) {
        memcpy(asking->question->name, asking->names[asking->at], RESOLVER_NAME_BYTES);
        finish(asking, RESOLVER_NAMED);
        return;
    }
    asking->failed |= status != ARES_SUCCESS && !says_none(status);
    asking->at++;
    confirm_next(asking);
}

/* A name that is itself an address would be confirmed by itself. */
static bool is_name(const char *name)
{
    size_t n = strlen(name);
    bool letters = false;
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        letters |= (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
    return letters && n < RESOLVER_NAME_BYTES && strchr(name, ':') == NULL &&
           strchr(name, '.') != NULL;
}

static void note_name(struct asking *asking, const char *name)
{
    for (size_t i = 0; i < asking->n_names; i++) {
        if (strcmp(asking->names[i], name) == 0) {
            return;
        }
    }
    if (asking->n_names < RESOLVER_NAMES_MAX && is_name(name)) {
        memcpy(asking->names[asking->n_names++], name, strlen(name) + 1);
    }
}

static void on_names(void *data, int status, int timeouts, unsigned char *reply, int n)
{
    struct asking *asking = data;
    struct hostent *host = NULL;
    (void)timeouts;
    if (status == ARES_SUCCESS) {
        status = ares_parse_ptr_reply(reply, n, asking->question->bytes,
                                      (int)asking->question->n_bytes,
                                      family_of(asking->question), &host);
    }
    if (status != ARES_SUCCESS) {
        finish(asking, says_none(status) ? RESOLVER_NONE : RESOLVER_FAILED);
        return;
    }
    if (host->h_name != NULL) {
        note_name(asking, host->h_name);
    }
    for (char **alias = host->h_aliases; alias != NULL && *alias != NULL; alias++) {
        note_name(asking, *alias);
    }
    ares_free_hostent(host);
    confirm_next(asking);
}

/* ---- all of them ---- */

/* RFC 1035, 3.5 and RFC 3596, 2.5: the address backwards, octet by octet or digit by digit. */
static struct str reverse_name(struct arena *arena, const struct resolver_question *question)
{
    static const char digits[] = "0123456789abcdef";
    struct sb sb;
    sb_init(&sb, arena, 128);
    for (size_t i = question->n_bytes; i > 0; i--) {
        unsigned byte = question->bytes[i - 1];
        if (question->n_bytes == 4) {
            sb_printf(&sb, "%u.", byte);
        } else {
            sb_printf(&sb, "%c.%c.", digits[byte & 15], digits[byte >> 4]);
        }
    }
    sb_str(&sb, question->n_bytes == 4 ? STR("in-addr.arpa") : STR("ip6.arpa"));
    return sb_view(&sb);
}

/* Answers may come from within the call. Not ares_gethostbyaddr, for which a server that fails
 * is one that knows no name. */
static void start_more(struct resolving *r)
{
    while (r->open < RESOLVER_AT_ONCE && r->next < r->n) {
        struct asking *asking = &r->asking[r->next++];
        r->open++;
        ares_query(r->channel, arena_cstr(r->arena, reverse_name(r->arena, asking->question)),
                   ns_c_in, ns_t_ptr, on_names, asking);
    }
}

static int wait_ms(struct resolving *r)
{
    struct timeval most = {.tv_usec = TICK_MS * 1000}, buffer;
    const struct timeval *left = ares_timeout(r->channel, &most, &buffer);
    return (int)(left->tv_sec * 1000 + left->tv_usec / 1000) + 1;
}

static void turn(struct resolving *r)
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    struct pollfd polls[ARES_GETSOCK_MAXNUM];
    nfds_t n = 0;
    unsigned bits = (unsigned)ares_getsock(r->channel, sockets, ARES_GETSOCK_MAXNUM);
    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        short events = (short)((bits >> i & 1 ? POLLIN : 0) |
                               (bits >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0));
        if (events != 0) {
            polls[n++] = (struct pollfd){.fd = sockets[i], .events = events};
        }
    }
    if (poll(polls, n, wait_ms(r)) <= 0) {
        n = 0;
    }
    for (nfds_t i = 0; i < n; i++) {
        bool in = (polls[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
        bool out = (polls[i].revents & POLLOUT) != 0;
        ares_process_fd(r->channel, in ? polls[i].fd : ARES_SOCKET_BAD,
                        out ? polls[i].fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* what timed out */
}

static enum err open_channel(struct ctx *ctx, struct str server, ares_channel *out_channel)
{
    char lookups[] = "b"; /* the DNS, not this machine's hosts */
    struct ares_options options = {.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
                                   .timeout = RESOLVER_TRY_MS,
                                   .tries = TRIES,
                                   .lookups = lookups};
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS;
    if (ares_init_options(out_channel, &options, mask) != ARES_SUCCESS) {
        return ctx_fail(ctx, ERR_UNAVAILABLE, "The system's name server is not known.");
    }
    if (server.n > 0 && ares_set_servers_ports_csv(
                            *out_channel, arena_cstr(ctx->arena, server)) != ARES_SUCCESS) {
        ares_destroy(*out_channel);
        return ctx_fail(ctx, ERR_INVALID, "DNS_SERVER is no address of a name server.");
    }
    return ERR_NONE;
}

enum err resolver_ask(struct ctx *ctx, struct str server, struct resolver_question *questions,
                      size_t n, int64_t deadline_us, const atomic_bool *stop)
{
    struct resolving r = {
        .arena = ctx->arena, .asking = ARENA_ARRAY(ctx->arena, n, struct asking), .n = n};
    TRY(open_channel(ctx, server, &r.channel));
    for (size_t i = 0; i < n; i++) {
        questions[i].answer = RESOLVER_FAILED;
        r.asking[i] = (struct asking){.resolving = &r, .question = &questions[i]};
    }
    start_more(&r);
    while (r.open > 0 && clock_monotonic() < deadline_us && !atomic_load(stop)) {
        turn(&r);
        start_more(&r);
    }
    r.ending = true;
    ares_destroy(r.channel); /* what is open ends as failed */
    return ERR_NONE;
}
