/* What a request says on the wire, and what is read of the answer: against a peer on loopback.
 */
#include "worker/http.h"

#include "shared/sb.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

/* Answers every request with the same text, one after the other on each connection, and keeps
 * what was asked last. */
struct peer {
    int listener;
    int port;
    const char *answer;
    char asked[8192];
    int connections;
    pthread_mutex_t lock; /* over what was asked last */
    pthread_t thread;
};

static struct ctx ctx;
static struct http *http;
static struct peer peer = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool read_request(int fd, char *asked, size_t max)
{
    size_t n = 0;
    for (;;) {
        ssize_t got = read(fd, asked + n, max - 1 - n);
        if (got <= 0) {
            return false;
        }
        n += (size_t)got;
        asked[n] = '\0';
        const char *end = strstr(asked, "\r\n\r\n");
        const char *length = strstr(asked, "Content-Length: ");
        int64_t body = 0;
        if (length != NULL) {
            struct str rest = str_from(length + 16);
            assert_true(str_to_i64(str_slice(rest, 0, str_find(rest, '\r')), &body));
        }
        if (end != NULL && n >= (size_t)(end - asked) + 4 + (size_t)body) {
            return true;
        }
    }
}

static void *serve_one(void *data)
{
    int fd = (int)(intptr_t)data;
    char asked[sizeof(peer.asked)];
    while (read_request(fd, asked, sizeof(asked))) {
        pthread_mutex_lock(&peer.lock);
        memcpy(peer.asked, asked, sizeof(asked));
        pthread_mutex_unlock(&peer.lock);
        if (write(fd, peer.answer, strlen(peer.answer)) != (ssize_t)strlen(peer.answer)) {
            break;
        }
    }
    close(fd);
    return NULL;
}

static void *serve(void *data)
{
    (void)data;
    for (;;) {
        int fd = accept(peer.listener, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        peer.connections++;
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd), 0);
        assert_int_equal(pthread_detach(thread), 0);
    }
}

static int setup(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    peer.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(peer.listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(peer.listener, 5), 0);
    assert_int_equal(getsockname(peer.listener, (struct sockaddr *)&at, &n), 0);
    peer.port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&peer.thread, NULL, serve, NULL), 0);
    ctx = (struct ctx){.arena = arena_new((size_t)8 << 20)};
    http = http_new(arena_print(ctx.arena, "127.0.0.1:%d", peer.port), (struct str){0});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    http_free(http);
    arena_free(ctx.arena);
    shutdown(peer.listener, SHUT_RDWR);
    close(peer.listener);
    pthread_join(peer.thread, NULL);
    return 0;
}

static enum err ask(struct http_request request, struct http_response *out)
{
    request.url = str_is_null(request.url) ? STR("http://crm.example/v2/things") : request.url;
    request.max_bytes = 4096;
    request.timeout_ms = 5000;
    ctx_clear(&ctx);
    return http_fetch(&ctx, http, &request, out);
}

static void method_headers_and_body_are_sent_as_given(void **state)
{
    (void)state;
    struct http_response response;
    const struct str headers[] = {STR("x-api-token: secret"), STR("Accept: application/json")};
    peer.answer =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-RateLimit-Remaining:  7 \r\n\r\nok";
    assert_int_equal(ask((struct http_request){.method = STR("PATCH"),
                                               .headers = headers,
                                               .n_headers = 2,
                                               .body = STR("{\"a\":1}"),
                                               .content_type = STR("application/json")},
                         &response),
                     ERR_NONE);
    assert_ptr_equal(strstr(peer.asked, "PATCH /v2/things HTTP/1.1\r\n"), peer.asked);
    assert_non_null(strstr(peer.asked, "Host: crm.example\r\n"));
    assert_non_null(strstr(peer.asked, "\r\nx-api-token: secret\r\n"));
    assert_non_null(strstr(peer.asked, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(peer.asked, "\r\n\r\n{\"a\":1}"));
    assert_true(str_eq(response.body, STR("ok")));
    assert_true(str_eq(http_header(&response, STR("x-ratelimit-remaining")), STR("7")));
    assert_true(str_is_null(http_header(&response, STR("x-ratelimit"))));
}

static void a_header_cannot_start_another(void **state)
{
    (void)state;
    struct http_response response;
    const struct str bad[] = {STR("X-Key: a\r\nX-Other: b")};
    assert_int_equal(ask((struct http_request){.headers = bad, .n_headers = 1}, &response),
                     ERR_INVALID);
    assert_int_equal(ask((struct http_request){.method = STR("GET\r\nX: y")}, &response),
                     ERR_INVALID);
    assert_int_equal(
        ask((struct http_request){.body = STR("x"), .content_type = STR("text/plain\nX: y")},
            &response),
        ERR_INVALID);
}

static void retry_after_is_told_in_seconds(void **state)
{
    (void)state;
    struct http_response response;
    peer.answer = "HTTP/1.1 429 Slow\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(ask((struct http_request){.body = STR("")}, &response), ERR_NONE);
    assert_int_equal(response.status, 429);
    assert_int_equal(response.retry_after_s, 17);
}

static void a_redirect_is_an_answer_where_it_is_asked_for(void **state)
{
    (void)state;
    struct http_response response;
    peer.answer = "HTTP/1.1 302 Found\r\nLocation: http://crm.example/v2/things\r\n"
                  "Content-Length: 0\r\n\r\n";
    assert_int_equal(ask((struct http_request){.stay = true}, &response), ERR_NONE);
    assert_int_equal(response.status, 302);
    assert_int_equal(ask((struct http_request){.body = STR("x")}, &response), ERR_NONE);
    assert_int_equal(response.status, 302);
    assert_int_equal(ask((struct http_request){.url = {0}}, &response), ERR_LIMIT);
}

static void a_connection_is_kept_only_where_it_is_asked_for(void **state)
{
    (void)state;
    struct http_response response;
    peer.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    int before = peer.connections;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask((struct http_request){.keep = true}, &response), ERR_NONE);
    }
    assert_int_equal(peer.connections, before + 1);
    /* These take no connection that served before, though one is at hand. */
    assert_int_equal(ask((struct http_request){.keep = false}, &response), ERR_NONE);
    assert_int_equal(ask((struct http_request){.keep = false}, &response), ERR_NONE);
    assert_int_equal(peer.connections, before + 3);
    assert_int_equal(ask((struct http_request){.keep = true, .last = true}, &response),
                     ERR_NONE);
    assert_int_equal(peer.connections, before + 3);
    assert_int_equal(ask((struct http_request){.keep = true}, &response), ERR_NONE);
    assert_int_equal(peer.connections, before + 4);
}

/* What each of several came to, in the order of their ends. */
struct ended {
    enum err err;
    int status;
    struct ended *then; /* started by this one's end */
    struct ctx ctx;
};

static void start(struct ended *ended, struct str url);

static void note(void *data, enum err err, const struct http_response *response)
{
    struct ended *ended = data;
    ended->err = err;
    ended->status = response->status;
    if (ended->then != NULL) {
        start(ended->then, STR("http://later.example/"));
    }
}

static void start(struct ended *ended, struct str url)
{
    const struct http_request request = {.url = url, .max_bytes = 4096, .timeout_ms = 5000};
    ended->ctx = (struct ctx){.arena = ctx.arena};
    http_start(http, &ended->ctx, &request, note, ended);
}

static void several_travel_together_and_start_others(void **state)
{
    (void)state;
    struct ended list[4] = {{.then = &list[3]}};
    peer.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    start(&list[0], STR("http://a.example/"));
    start(&list[1], STR("gopher://b.example/"));
    start(&list[2], STR("http://c.example/"));
    http_run(http);
    assert_int_equal(list[0].status, 200);
    assert_int_equal(list[1].err, ERR_INVALID);
    assert_false(str_is_empty(list[1].ctx.why));
    assert_int_equal(list[2].status, 200);
    assert_int_equal(list[3].status, 200);
    http_run(http); /* nothing is left */
}

static void an_answer_of_nothing_but_headers_is_none(void **state)
{
    (void)state;
    struct http_response response;
    struct sb sb;
    sb_init(&sb, ctx.arena, (size_t)1 << 20);
    SB_LIT(&sb, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 20000; i++) {
        SB_LIT(&sb, "X-Filler: aaaaaaaaaaaaaaaaaaaa\r\n");
    }
    SB_LIT(&sb, "Content-Length: 0\r\n\r\n");
    peer.answer = arena_cstr(ctx.arena, sb_view(&sb));
    assert_int_equal(ask((struct http_request){.cut = true}, &response), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(method_headers_and_body_are_sent_as_given),
        cmocka_unit_test(a_header_cannot_start_another),
        cmocka_unit_test(retry_after_is_told_in_seconds),
        cmocka_unit_test(a_redirect_is_an_answer_where_it_is_asked_for),
        cmocka_unit_test(a_connection_is_kept_only_where_it_is_asked_for),
        cmocka_unit_test(several_travel_together_and_start_others),
        cmocka_unit_test(an_answer_of_nothing_but_headers_is_none),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
