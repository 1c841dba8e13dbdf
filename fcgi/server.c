#include "fcgi/server.h"

#include "shared/clock.h"
#include "shared/config.h"
#include "shared/log.h"
#include "shared/memory.h"

#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKLOG 1024
#define DRAIN_MS 30000
#define YOUNG_US CLOCK_SECOND /* a child that dies younger than this is replaced later */
#define HEAD_MAX 16384
#define SETTLE_US (5 * CLOCK_SECOND) /* without a request */

static volatile sig_atomic_t stop_asked; /* a child's only signal is "end" */

static void on_stop(int number)
{
    (void)number;
    stop_asked = 1;
}

/* ---- a child ---- */

struct call {
    FCGX_Request fcgi;
    struct ctx ctx;
    struct exchange exchange;
    int64_t started;  /* monotonic */
    size_t body_room; /* what large answers of late needed */
};

struct child {
    const struct server *server;
    struct arena *arena;
    struct call *calls; /* what is answered together */
    size_t n_calls;
    int64_t served_at; /* monotonic */
    bool settled;      /* since then */
    sigset_t serving;  /* everything that may be blocked is blocked */
    sigset_t waiting;  /* SIGTERM is let in */
};

static size_t read_body(void *stream, char *p, size_t n)
{
    size_t got = 0;
    while (got < n) {
        size_t want = n - got > INT32_MAX ? INT32_MAX : n - got;
        int part = FCGX_GetStr(p + got, (int)want, stream);
        if (part <= 0) {
            break;
        }
        got += (size_t)part;
    }
    return got;
}

/* Whatever went wrong with the answer itself: a bug, told plainly. */
static void answer_broken(struct response *response)
{
    response_reset(response);
    response->status = 500;
    response->type = "text/plain; charset=utf-8";
    SB_LIT(&response->body,
           "LeadBoard could not write this answer. Please go back and try again.\n");
}

static bool put(FCGX_Stream *out, struct str text)
{
    return text.n <= INT32_MAX && FCGX_PutStr(text.p, (int)text.n, out) == (int)text.n;
}

/* False when the answer did not reach nginx. */
static bool send_answer(struct call *call)
{
    struct response *response = &call->exchange.response;
    if (response->broken || response->body.overflow || response->headers.overflow) {
        answer_broken(response);
    }
    struct sb head;
    sb_init(&head, call->ctx.arena, HEAD_MAX);
    response_head(response, &head);
    FCGX_Stream *out = call->fcgi.out;
    bool with_body = response->type != NULL && call->exchange.request.method != METHOD_HEAD;
    return put(out, sb_view(&head)) && (!with_body || put(out, sb_view(&response->body))) &&
           FCGX_GetError(out) == 0;
}

static void log_done(struct call *call, bool sent)
{
    const struct request *request = &call->exchange.request;
    const struct response *response = &call->exchange.response;
    enum log_level level = response->status >= 500 || !sent ? LOG_ERROR
                           : response->quiet                ? LOG_DEBUG
                                                            : LOG_INFO;
    struct ctx *ctx = &call->ctx;
    log_event(level, ctx, "request.done", LOG_STR("method", request->method_name),
              LOG_STR("path", str_cut(request->path, 200)),
              LOG_TEXT("route", response->route == NULL ? "-" : response->route),
              LOG_I64("status", response->status), LOG_I64("sent", sent),
              LOG_I64("us", clock_monotonic() - call->started),
              LOG_I64("db_us", response->db_us), LOG_I64("db_waits", response->db_waits),
              LOG_I64("user", response->user), LOG_I64("bytes", response->body.n),
              LOG_I64("arena", arena_used(ctx->arena)),
              LOG_TEXT("error", ctx->err == ERR_NONE ? "-" : err_name(ctx->err)),
              LOG_STR("why", ctx->err == ERR_NONE ? STR("-") : ctx->why),
              LOG_STR("detail", ctx->detail.n == 0 ? STR("-") : ctx->detail));
}

/* Room for the next answer, so that a large page is not copied while it grows. It shrinks
 * slowly when large pages are not asked for any more. */
static void note_body(struct call *call)
{
    size_t n = call->exchange.response.body.n, want = n + n / 8;
    call->body_room = want > call->body_room ? want : call->body_room - call->body_room / 64;
}

static void begin(const struct server *server, struct call *call)
{
    struct exchange *exchange = &call->exchange;
    call->started = clock_monotonic();
    /* An identity from outside is only ever nginx's; without it the log line has none. */
    ctx_reset(&call->ctx, str_from(FCGX_GetParam("REQUEST_ID", call->fcgi.envp)));
    exchange->invalid =
        request_init(&exchange->request, &call->ctx, (const char *const *)call->fcgi.envp);
    exchange->request.read = read_body;
    exchange->request.stream = call->fcgi.in;
    response_init(&exchange->response, &call->ctx, server->body_max);
    sb_reserve(&exchange->response.body, call->body_room);
}

static void finish(struct call *call)
{
    struct request *request = &call->exchange.request;
    bool sent = send_answer(call);
    /* The parameters end with FCGX_Finish_r; nginx need not wait for our log. */
    request->path = arena_dup(call->ctx.arena, request->path);
    request->method_name = arena_dup(call->ctx.arena, request->method_name);
    FCGX_Finish_r(&call->fcgi);
    log_done(call, sent);
    note_body(call);
    /* Closes the connection whatever the web server asked for: a kept one pins the child. */
    FCGX_Free(&call->fcgi, 1);
}

static void handle(const struct server *server, struct call *calls, size_t n)
{
    if (server->handle_many == NULL) {
        struct exchange *exchange = &calls->exchange;
        server->handle(server->app, exchange->invalid, &exchange->request, &exchange->response);
        return;
    }
    struct exchange **exchanges = ARENA_ARRAY(calls->ctx.arena, n, struct exchange *);
    for (size_t i = 0; i < n; i++) {
        exchanges[i] = &calls[i].exchange;
    }
    server->handle_many(server->app, exchanges, n);
}

static bool accept_one(struct call *call)
{
    int status = FCGX_Accept_r(&call->fcgi);
    if (status == 0) {
        return true;
    }
    if (status != -EAGAIN && status != -EINTR && status != -ECONNABORTED && !stop_asked) {
        log_event(LOG_WARN, NULL, "server.accept", LOG_I64("status", status));
        (void)poll(NULL, 0, 20); /* out of descriptors, likely: siblings may free some */
    }
    return false;
}

/* Takes what waits, answers it. */
static void serve(struct child *child)
{
    size_t n = 0;
    while (n < child->n_calls && accept_one(&child->calls[n])) {
        begin(child->server, &child->calls[n]);
        n++;
    }
    if (n > 0) {
        handle(child->server, child->calls, n);
    }
    for (size_t i = 0; i < n; i++) {
        finish(&child->calls[i]);
    }
}

/* A child that waits gives back what its answers took. */
static void rest(struct child *child)
{
    const struct server *server = child->server;
    if (server->idle != NULL) {
        server->idle(server->app);
    }
    if (!child->settled && clock_monotonic() - child->served_at >= SETTLE_US) {
        for (size_t i = 0; i < child->n_calls; i++) {
            ctx_reset(&child->calls[i].ctx, STR("-"));
        }
        memory_settle();
        child->settled = true;
    }
}

static void child_loop(struct child *child, int listener)
{
    const struct server *server = child->server;
    int64_t tick_ms = server->idle != NULL ? server->idle_ms : SETTLE_US / 1000 + 1;
    struct timespec tick = {.tv_sec = tick_ms / 1000, .tv_nsec = tick_ms % 1000 * 1000000L};
    while (!stop_asked) {
        struct pollfd wait = {.fd = listener, .events = POLLIN};
        bool ticks = server->idle != NULL || !child->settled;
        int ready = ppoll(&wait, 1, ticks ? &tick : NULL, &child->waiting);
        if (ready > 0 && !stop_asked) {
            serve(child);
            child->served_at = clock_monotonic();
            child->settled = false;
        } else if (ready == 0) {
            rest(child);
        }
    }
}

static void child_signals(struct child *child)
{
    struct sigaction stop = {.sa_handler = on_stop};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigemptyset(&stop.sa_mask);
    (void)sigaction(SIGTERM, &stop, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGUSR1, &ignore, NULL);
    child->waiting = child->serving;
    (void)sigdelset(&child->waiting, SIGTERM);
}

static bool make_calls(struct child *child, int listener)
{
    const struct server *server = child->server;
    child->n_calls = server->handle_many == NULL ? 1 : server->together;
    child->arena = arena_new(child->n_calls * (sizeof(struct call) + 64));
    child->calls = ARENA_ARRAY(child->arena, child->n_calls, struct call);
    for (size_t i = 0; i < child->n_calls; i++) {
        child->calls[i].ctx.arena = arena_new(server->arena_max);
        if (FCGX_InitRequest(&child->calls[i].fcgi, listener, 0) != 0) {
            return false;
        }
    }
    return true;
}

static void free_calls(struct child *child)
{
    for (size_t i = 0; i < child->n_calls; i++) {
        arena_free(child->calls[i].ctx.arena);
    }
    arena_free(child->arena);
}

static _Noreturn void child_main(const struct server *server, int listener,
                                 const sigset_t *blocked)
{
    struct child child = {.server = server, .serving = *blocked};
    /* libfcgi sets handlers of its own in FCGX_Init: ours come after it. */
    if (FCGX_Init() != 0 || !make_calls(&child, listener)) {
        log_event(LOG_ERROR, NULL, "server.fcgi", LOG_I64("errno", errno));
        _exit(1);
    }
    child_signals(&child);
    if (server->child_init != NULL && server->child_init(server->app) != ERR_NONE) {
        _exit(1);
    }
    child_loop(&child, listener);
    if (server->child_exit != NULL) {
        server->child_exit(server->app);
    }
    free_calls(&child);
    exit(0);
}

/* ---- the parent ---- */

struct slot {
    pid_t pid;          /* 0: none */
    int64_t started_at; /* monotonic */
    int64_t not_before; /* when it may be started again */
};

struct parent {
    const struct server *server;
    int listener;
    struct stat socket_stat;
    sigset_t blocked;
    struct slot slots[CONFIG_CHILDREN_MAX];
    int rolling; /* slot being replaced after SIGHUP; -1: none */
};

static bool fail(const char *what, const char *path)
{
    log_event(LOG_ERROR, NULL, "server.socket", LOG_TEXT("what", what), LOG_TEXT("path", path),
              LOG_TEXT("error", strerror(errno)));
    return false;
}

static bool bind_socket(struct parent *parent)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    char path[sizeof(place.sun_path)];
    int n = snprintf(path, sizeof(path), "%.*s", STR_ARG(parent->server->socket_path));
    int m = snprintf(place.sun_path, sizeof(place.sun_path), "%.*s.%d",
                     STR_ARG(parent->server->socket_path), (int)getpid());
    if (n <= 0 || m < 0 || (size_t)m >= sizeof(place.sun_path)) {
        errno = ENAMETOOLONG;
        return fail("path", path);
    }
    (void)unlink(place.sun_path);
    parent->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0117);
    bool bound = parent->listener >= 0 &&
                 bind(parent->listener, (struct sockaddr *)&place, sizeof(place)) == 0 &&
                 chmod(place.sun_path, 0660) == 0 && listen(parent->listener, BACKLOG) == 0 &&
                 rename(place.sun_path, path) == 0 && stat(path, &parent->socket_stat) == 0;
    (void)umask(mask);
    return bound ? true : fail("bind", path);
}

/* Only if it is still ours: a successor may have put its own there. */
static void remove_socket(const struct parent *parent)
{
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    (void)snprintf(path, sizeof(path), "%.*s", STR_ARG(parent->server->socket_path));
    struct stat now;
    if (stat(path, &now) == 0 && now.st_ino == parent->socket_stat.st_ino &&
        now.st_dev == parent->socket_stat.st_dev) {
        (void)unlink(path);
    }
}

static void start_child(struct parent *parent, struct slot *slot)
{
    pid_t self = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != self) {
            _exit(0);
        }
        child_main(parent->server, parent->listener, &parent->blocked);
    }
    slot->started_at = clock_monotonic();
    slot->pid = pid > 0 ? pid : 0;
    if (pid < 0) {
        log_event(LOG_ERROR, NULL, "server.fork", LOG_TEXT("error", strerror(errno)));
        slot->not_before = slot->started_at + YOUNG_US;
    }
}

static void start_missing(struct parent *parent)
{
    int64_t now = clock_monotonic();
    for (int i = 0; i < parent->server->children; i++) {
        struct slot *slot = &parent->slots[i];
        if (slot->pid == 0 && slot->not_before <= now) {
            start_child(parent, slot);
        }
    }
}

static void note_end(struct parent *parent, pid_t pid, int status)
{
    for (int i = 0; i < parent->server->children; i++) {
        struct slot *slot = &parent->slots[i];
        if (slot->pid != pid) {
            continue;
        }
        int64_t now = clock_monotonic();
        slot->pid = 0;
        bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        slot->not_before = !clean && now - slot->started_at < YOUNG_US ? now + YOUNG_US : 0;
        if (!clean) {
            log_event(LOG_ERROR, NULL, "server.child_died", LOG_I64("pid", pid),
                      LOG_I64("status", WIFEXITED(status) ? WEXITSTATUS(status) : 0),
                      LOG_I64("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
        }
        return;
    }
}

static void reap(struct parent *parent)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        note_end(parent, pid, status);
    }
}

static int living(const struct parent *parent)
{
    int n = 0;
    for (int i = 0; i < parent->server->children; i++) {
        n += parent->slots[i].pid != 0;
    }
    return n;
}

static void signal_all(const struct parent *parent, int number)
{
    for (int i = 0; i < parent->server->children; i++) {
        if (parent->slots[i].pid != 0) {
            (void)kill(parent->slots[i].pid, number);
        }
    }
}

/* The signal that came, or 0 after the time. */
static int wait_signal(const struct parent *parent, int timeout_ms)
{
    struct timespec timeout = {.tv_sec = timeout_ms / 1000,
                               .tv_nsec = timeout_ms % 1000 * 1000000L};
    int number = sigtimedwait(&parent->blocked, NULL, &timeout);
    return number > 0 ? number : 0;
}

/* One child is replaced at a time: the next is asked to end once its predecessor's successor
 * has been started. */
static void roll(struct parent *parent)
{
    if (parent->rolling < 0) {
        return;
    }
    if (parent->rolling >= parent->server->children) {
        parent->rolling = -1;
        log_event(LOG_INFO, NULL, "server.rolled", LOG_I64("children", living(parent)));
        return;
    }
    struct slot *slot = &parent->slots[parent->rolling++];
    if (slot->pid != 0) {
        (void)kill(slot->pid, SIGTERM);
    }
}

static void drain(struct parent *parent)
{
    int64_t until = clock_monotonic() + DRAIN_MS * INT64_C(1000);
    signal_all(parent, SIGTERM);
    while (living(parent) > 0 && clock_monotonic() < until) {
        (void)wait_signal(parent, 100);
        reap(parent);
    }
    signal_all(parent, SIGKILL);
    while (living(parent) > 0) {
        (void)wait_signal(parent, 100);
        reap(parent);
    }
}

static void block_signals(struct parent *parent)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2, SIGQUIT};
    (void)sigemptyset(&parent->blocked);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        (void)sigaddset(&parent->blocked, numbers[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &parent->blocked, NULL);
}

int server_run(const struct server *server)
{
    struct parent parent = {.server = server, .listener = -1, .rolling = -1};
    block_signals(&parent);
    if (server->children < 1 || server->children > CONFIG_CHILDREN_MAX ||
        !bind_socket(&parent)) {
        return 1;
    }
    log_event(LOG_INFO, NULL, "server.start", LOG_STR("socket", server->socket_path),
              LOG_I64("children", server->children));
    memory_settle();
    for (;;) {
        start_missing(&parent);
        bool settled = living(&parent) == server->children && parent.rolling < 0;
        int number = wait_signal(&parent, settled ? 60000 : 50);
        reap(&parent);
        if (number == SIGTERM || number == SIGINT || number == SIGQUIT) {
            break;
        }
        if (number == SIGHUP) {
            parent.rolling = 0;
        }
        if (living(&parent) == server->children) {
            roll(&parent);
        }
    }
    drain(&parent);
    (void)close(parent.listener);
    remove_socket(&parent);
    log_event(LOG_INFO, NULL, "server.end", LOG_I64("children", server->children));
    return 0;
}
