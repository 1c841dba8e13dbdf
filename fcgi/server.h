/*
 * server.h - a FastCGI program: a parent that binds a unix socket and keeps N single-threaded
 * children, each answering one request at a time (or, with handle_many, those that wait at
 * once). The only file that knows libfcgi.
 *
 * SIGTERM and SIGINT end the program: requests in flight are answered first. SIGHUP replaces
 * the children one by one. A child that dies is replaced. A child ends by itself when its
 * parent is gone. The socket is bound beside its place and moved there, so that a second
 * program can take over without a moment in which nobody listens.
 *
 * Signals are blocked while a request is served (libfcgi does not retry what a signal
 * interrupts) and let in only while waiting for the next one.
 */
#ifndef LEADBOARD_FCGI_SERVER_H
#define LEADBOARD_FCGI_SERVER_H

#include "fcgi/request.h"
#include "fcgi/response.h"

/* A request and its answer. */
struct exchange {
    struct request request;
    struct response response; /* an empty 200 to begin with */
    enum err invalid;         /* as for `handle` */
};

struct server {
    struct str socket_path; /* bound with mode 0660 */
    int children;
    size_t arena_max; /* memory of one request, at most */
    size_t body_max;  /* of one answer, at most */
    void *app;        /* given to the functions below */
    /* In each child, before its first request. A failure ends the child; the parent starts
     * another one a second later. May be NULL. */
    enum err (*child_init)(void *app);
    /* Answers the request; called with an empty 200 in *response and a fresh ctx. invalid is
     * not ERR_NONE when the request line itself was refused (ctx says why): answer 400. */
    void (*handle)(void *app, enum err invalid, struct request *request,
                   struct response *response);
    /* Instead of `handle`: answers up to `together` requests that wait at the same moment, so
     * that one commit may do for all. */
    void (*handle_many)(void *app, struct exchange *const *exchanges, size_t n);
    size_t together;
    /* In each child when it ends. May be NULL. */
    void (*child_exit)(void *app);
    /* In each child after idle_ms without a request, again and again. May be NULL. */
    void (*idle)(void *app);
    int idle_ms;
};

/* Serves until told to end. Returns the program's exit status. */
int server_run(const struct server *server);

#endif
