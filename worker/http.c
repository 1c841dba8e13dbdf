#include "worker/http.h"

#include "shared/address.h"
#include "shared/clock.h"
#include "shared/sb.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <unistd.h>

#define CONNECT_MS 5000L
#define LOW_SPEED_BYTES 1000L
#define LOW_SPEED_SECONDS 10L
#define REDIRECTS 3L
#define HEADERS_MAX ((size_t)32 << 10) /* of an answer; what is beyond is not read */

#define HEADER_BYTES_MAX ((size_t)256 << 10) /* then it is no answer */
#define POLL_MS 200                          /* between looks at `cancel` */
#define IDLE_MAX 64                          /* handles kept for the next requests */

struct http {
    CURLM *multi;
    CURL *idle[IDLE_MAX];
    size_t n_idle;
    struct curl_slist *connect_to;
    char *ca_file; /* NULL: the system's */
    size_t under_way;
    struct transfer *refused; /* told when the others are */
};

/* One request, in the arena of its ctx. */
struct transfer {
    struct transfer *next; /* of the refused */
    struct ctx *ctx;
    CURL *curl;
    struct curl_slist *headers_out;
    struct sb body, headers;
    size_t header_bytes;
    bool cut, over, denied, any_address;
    const atomic_bool *cancel;
    http_done *done;
    void *data;
};

struct http *http_new(struct str connect_to, struct str ca_file)
{
    struct http *http = calloc(1, sizeof(*http));
    if (http == NULL) {
        abort();
    }
    if (!str_is_empty(connect_to)) {
        char entry[300];
        (void)snprintf(entry, sizeof(entry), "::%.*s", STR_ARG(connect_to));
        http->connect_to = curl_slist_append(NULL, entry);
    }
    if (!str_is_empty(ca_file)) {
        http->ca_file = strndup(ca_file.p, ca_file.n);
    }
    return http;
}

void http_free(struct http *http)
{
    if (http != NULL) {
        while (http->n_idle > 0) {
            curl_easy_cleanup(http->idle[--http->n_idle]);
        }
        (void)curl_multi_cleanup(http->multi);
        curl_slist_free_all(http->connect_to);
        free(http->ca_file);
        free(http);
    }
}

static bool is_web_port(const struct curl_sockaddr *address)
{
    struct sockaddr_in6 in; /* the port stands at the same place in sockaddr_in */
    memcpy(&in, &address->addr, sizeof(in) < address->addrlen ? sizeof(in) : address->addrlen);
    return in.sin6_port == htons(80) || in.sin6_port == htons(443);
}

static curl_socket_t open_socket(void *client, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    struct transfer *transfer = client;
    if (purpose != CURLSOCKTYPE_IPCXN ||
        (!transfer->any_address &&
         (!is_web_port(address) || !address_is_public(&address->addr, address->addrlen)))) {
        transfer->denied = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *client)
{
    struct transfer *transfer = client;
    size_t n = size * count;
    size_t room = transfer->body.max - transfer->body.n;
    if (n > room) {
        transfer->over = true;
        sb_bytes(&transfer->body, bytes, transfer->cut ? room : 0);
        return 0;
    }
    sb_bytes(&transfer->body, bytes, n);
    return n;
}

/* Header lines of the answer that is being read: a redirect's make place for the next one's. */
static size_t take_header(char *bytes, size_t size, size_t count, void *client)
{
    struct transfer *transfer = client;
    struct str text = {.p = bytes, .n = size * count};
    transfer->header_bytes += text.n;
    if (transfer->header_bytes > HEADER_BYTES_MAX) {
        return 0;
    }
    if (str_starts(text, STR("HTTP/"))) {
        transfer->headers.n = 0;
    }
    if (text.n <= transfer->headers.max - transfer->headers.n) {
        sb_str(&transfer->headers, text);
    }
    return text.n;
}

static int watch(void *client, curl_off_t down, curl_off_t down_now, curl_off_t up,
                 curl_off_t up_now)
{
    const struct transfer *transfer = client;
    (void)down, (void)down_now, (void)up, (void)up_now;
    return transfer->cancel != NULL && atomic_load(transfer->cancel) ? 1 : 0;
}

static void set_limits(CURL *curl, const struct http_request *request)
{
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, request->patient ? 0L : LOW_SPEED_BYTES);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, LOW_SPEED_SECONDS);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    /* Only then libcurl keeps the certificates it has read: 10 ms and 250 KB a connection. */
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    bool follow = !request->stay && str_is_null(request->method) && str_is_null(request->body);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, follow ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTS);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
    /* On a connection that served before, libcurl sends again what got no answer. */
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, request->keep && !request->last ? 0L : 1L);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, request->keep ? 0L : 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "LeadBoard/1.0 (company profile)");
}

static void set_callbacks(CURL *curl, struct transfer *transfer)
{
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

/* http, https, a host, the scheme's own port, no user: RFC 3986 as libcurl reads it. */
static bool may_speak(const char *url)
{
    CURLU *parts = curl_url();
    char *host = NULL;
    char *user = NULL;
    char *port = NULL;
    char *scheme = NULL;
    bool good =
        parts != NULL && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT) == CURLUE_NO_PORT;
    curl_free(host);
    curl_free(user);
    curl_free(port);
    curl_free(scheme);
    curl_url_cleanup(parts);
    return good;
}

struct fault {
    int code; /* CURLcode */
    enum err err;
    enum http_fault fault;
    const char *why;
};

static const struct fault faults[] = {
    {CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, HTTP_OTHER, "The site took too long to answer."},
    {CURLE_ABORTED_BY_CALLBACK, ERR_TIMEOUT, HTTP_OTHER, "The request was cancelled."},
    {CURLE_TOO_MANY_REDIRECTS, ERR_LIMIT, HTTP_OTHER, "The site sends us from page to page."},
    {CURLE_WRITE_ERROR, ERR_LIMIT, HTTP_OTHER, "The site's answer is too large."},
    {CURLE_URL_MALFORMAT, ERR_INVALID, HTTP_OTHER, "The site's address cannot be opened."},
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_INVALID, HTTP_OTHER,
     "The site's address cannot be opened."},
    {CURLE_COULDNT_RESOLVE_HOST, ERR_UNAVAILABLE, HTTP_NO_NAME,
     "The site's name was not found."},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_UNAVAILABLE, HTTP_NO_CERTIFICATE,
     "The site's certificate is not in order."},
    {CURLE_SSL_CONNECT_ERROR, ERR_UNAVAILABLE, HTTP_NO_CONNECTION,
     "The site did not answer to a secure connection."},
    {CURLE_BAD_CONTENT_ENCODING, ERR_UNAVAILABLE, HTTP_OTHER,
     "The site's answer is compressed in a way that can't be undone."},
};
static const struct fault other_fault = {CURLE_OK, ERR_UNAVAILABLE, HTTP_NO_CONNECTION,
                                         "The site did not answer."};

static enum err explain(CURLcode code, const struct transfer *transfer,
                        struct http_response *out)
{
    struct ctx *ctx = transfer->ctx;
    struct str detail = str_from(curl_easy_strerror(code));
    const struct fault *fault = &other_fault;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        fault = faults[i].code == (int)code ? &faults[i] : fault;
    }
    *out = (struct http_response){.fault = fault->fault};
    if (transfer->denied) {
        out->fault = HTTP_OTHER;
        return ctx_fail_detail(ctx, ERR_DENIED, detail,
                               "The site's address is not on the public internet.");
    }
    return ctx_fail_detail(ctx, fault->err, detail, "%s", fault->why);
}

static void read_answer(const struct transfer *transfer, struct http_response *out)
{
    struct ctx *ctx = transfer->ctx;
    CURL *curl = transfer->curl;
    long status = 0;
    curl_off_t retry_after = 0;
    const char *type = NULL;
    const char *url = NULL;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &url);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after);
    *out = (struct http_response){
        .status = (int)status,
        .body = sb_view(&transfer->body),
        .content_type = arena_dup(ctx->arena, str_from(type)),
        .url = arena_dup(ctx->arena, str_from(url)),
        .retry_after_s = retry_after,
        .headers = sb_view(&transfer->headers),
    };
}

struct str http_header(const struct http_response *response, struct str name)
{
    struct str rest = response->headers, line;
    while (str_next(&rest, '\n', &line)) {
        size_t colon = str_find(line, ':');
        if (colon < line.n && str_eq_ci(str_slice(line, 0, colon), name)) {
            return str_trim(str_slice(line, colon + 1, line.n));
        }
    }
    return (struct str){0};
}

static bool is_one_line(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f) {
            return false;
        }
    }
    return text.n > 0;
}

/* Method, headers and body; false: one of them is none. */
static bool set_request(struct transfer *transfer, const struct http_request *request)
{
    struct arena *arena = transfer->ctx->arena;
    CURL *curl = transfer->curl;
    struct curl_slist **list = &transfer->headers_out;
    struct str type = arena_print(arena, "Content-Type: %.*s", STR_ARG(request->content_type));
    if (!str_is_null(request->body)) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.p);
        *list = curl_slist_append(*list, type.p);
        *list = curl_slist_append(*list, "Expect:"); /* never waits for a 100 */
    }
    for (size_t i = 0; i < request->n_headers; i++) {
        if (!is_one_line(request->headers[i])) {
            return false;
        }
        *list = curl_slist_append(*list, arena_cstr(arena, request->headers[i]));
    }
    if (!str_is_null(request->method)) {
        if (!is_one_line(request->method)) {
            return false;
        }
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, arena_cstr(arena, request->method));
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *list);
    return is_one_line(type);
}

/* ---- travelling ---- */

/* A handle like new. libcurl is started by the first, which is safe in threads since 7.84: a
 * worker that fetches nothing has 2 MB less. */
static CURL *take_handle(struct http *http)
{
    CURL *curl = http->n_idle > 0 ? http->idle[--http->n_idle] : curl_easy_init();
    if (http->multi == NULL) {
        http->multi = curl_multi_init();
    }
    if (curl == NULL || http->multi == NULL) {
        abort();
    }
    curl_easy_reset(curl);
    return curl;
}

static void give_handle(struct http *http, struct transfer *transfer)
{
    if (http->n_idle < IDLE_MAX) {
        http->idle[http->n_idle++] = transfer->curl;
    } else {
        curl_easy_cleanup(transfer->curl);
    }
    transfer->curl = NULL;
    curl_slist_free_all(transfer->headers_out);
    transfer->headers_out = NULL;
}

static enum err prepare(struct http *http, struct transfer *transfer,
                        const struct http_request *request)
{
    struct ctx *ctx = transfer->ctx;
    CURL *curl = transfer->curl;
    const char *url = arena_cstr(ctx->arena, request->url);
    bool local = !str_is_empty(request->unix_socket);
    if (!local && !may_speak(url)) {
        return ctx_fail(ctx, ERR_INVALID, "The site's address cannot be opened.");
    }
    transfer->cut = request->cut;
    transfer->any_address = local || http->connect_to != NULL;
    transfer->cancel = request->cancel;
    sb_init(&transfer->body, ctx->arena, request->max_bytes);
    sb_init(&transfer->headers, ctx->arena, HEADERS_MAX);
    set_limits(curl, request);
    set_callbacks(curl, transfer);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, transfer);
    if (local) {
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH,
                         arena_cstr(ctx->arena, request->unix_socket));
    } else {
        curl_easy_setopt(curl, CURLOPT_CONNECT_TO, http->connect_to);
    }
    if (http->ca_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, http->ca_file);
    }
    return set_request(transfer, request)
               ? ERR_NONE
               : ctx_fail(ctx, ERR_INVALID, "A header of the request can't be sent.");
}

void http_start(struct http *http, struct ctx *ctx, const struct http_request *request,
                http_done *done, void *data)
{
    struct transfer *transfer = ARENA_NEW(ctx->arena, struct transfer);
    *transfer =
        (struct transfer){.ctx = ctx, .curl = take_handle(http), .done = done, .data = data};
    http->under_way++;
    if (prepare(http, transfer, request) != ERR_NONE ||
        curl_multi_add_handle(http->multi, transfer->curl) != CURLM_OK) {
        give_handle(http, transfer);
        transfer->next = http->refused;
        http->refused = transfer;
    }
}

static void end(struct http *http, CURL *curl, CURLcode code)
{
    struct transfer *transfer = NULL;
    struct http_response response;
    curl_easy_getinfo(curl, CURLINFO_PRIVATE, &transfer);
    enum err err = ERR_NONE;
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && transfer->cut && transfer->over)) {
        err = explain(code, transfer, &response);
    } else {
        read_answer(transfer, &response);
    }
    (void)curl_multi_remove_handle(http->multi, curl);
    give_handle(http, transfer);
    http->under_way--;
    transfer->done(transfer->data, err, &response);
}

static void end_refused(struct http *http)
{
    while (http->refused != NULL) {
        struct transfer *transfer = http->refused;
        http->refused = transfer->next;
        http->under_way--;
        (void)ctx_fail(transfer->ctx, ERR_INTERNAL, "The request could not be made.");
        transfer->done(transfer->data, transfer->ctx->err,
                       &(struct http_response){.fault = HTTP_OTHER});
    }
}

static void run_round(struct http *http, int wait_ms)
{
    int running = 0, left = 0;
    const CURLMsg *message;
    size_t before = http->under_way;
    end_refused(http);
    (void)curl_multi_perform(http->multi, &running);
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        end(http, message->easy_handle, message->data.result);
    }
    if (http->under_way > 0 && http->under_way == before && http->refused == NULL) {
        (void)curl_multi_poll(http->multi, NULL, 0, wait_ms, NULL);
    }
}

void http_run(struct http *http)
{
    while (http->under_way > 0) {
        run_round(http, POLL_MS);
    }
}

void http_run_for(struct http *http, int wait_ms, size_t *out_left)
{
    int64_t end_us = clock_monotonic() + (int64_t)wait_ms * 1000, left_us = wait_ms * 1000;
    while (http->under_way > 0 && left_us > 0) {
        run_round(http, (int)((left_us + 999) / 1000));
        left_us = end_us - clock_monotonic();
    }
    if (out_left != NULL) {
        *out_left = http->under_way;
    }
}

struct single {
    enum err err;
    struct http_response *response;
};

static void keep_single(void *data, enum err err, const struct http_response *response)
{
    struct single *single = data;
    single->err = err;
    *single->response = *response;
}

enum err http_fetch(struct ctx *ctx, struct http *http, const struct http_request *request,
                    struct http_response *out_response)
{
    struct http_response response;
    struct single single = {.response = &response};
    http_start(http, ctx, request, keep_single, &single);
    http_run(http);
    if (single.err == ERR_NONE) {
        *out_response = response;
    }
    return single.err;
}
