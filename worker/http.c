#include "worker/http.h"

#include "shared/address.h"
#include "shared/sb.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <unistd.h>

#define CONNECT_MS 3000L
#define LOW_SPEED_BYTES 1000L
#define LOW_SPEED_SECONDS 5L
#define REDIRECTS 3L
#define HEADERS_MAX ((size_t)32 << 10) /* of an answer; what is beyond is not read */

struct http {
    CURL *curl;
    struct curl_slist *connect_to;
    char *ca_file; /* NULL: the system's */
};

/* What the callbacks of one request share. */
struct transfer {
    struct sb body, headers;
    bool cut, over, denied, any_address;
    const atomic_bool *cancel;
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
        curl_easy_cleanup(http->curl);
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
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED_BYTES);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, LOW_SPEED_SECONDS);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    bool follow = !request->stay && str_is_null(request->method) && str_is_null(request->body);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, follow ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTS);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, request->keep ? 0L : 1L);
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

static enum err explain(struct ctx *ctx, CURLcode code, const struct transfer *transfer)
{
    struct str detail = str_from(curl_easy_strerror(code));
    if (transfer->denied) {
        return ctx_fail_detail(ctx, ERR_DENIED, detail,
                               "The site's address is not on the public internet.");
    }
    switch ((int)code) {
    case CURLE_OPERATION_TIMEDOUT:
        return ctx_fail_detail(ctx, ERR_TIMEOUT, detail, "The site took too long to answer.");
    case CURLE_ABORTED_BY_CALLBACK:
        return ctx_fail_detail(ctx, ERR_TIMEOUT, detail, "The request was cancelled.");
    case CURLE_TOO_MANY_REDIRECTS:
        return ctx_fail_detail(ctx, ERR_LIMIT, detail, "The site sends us from page to page.");
    case CURLE_WRITE_ERROR:
        return ctx_fail_detail(ctx, ERR_LIMIT, detail, "The site's answer is too large.");
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return ctx_fail_detail(ctx, ERR_INVALID, detail,
                               "The site's address cannot be opened.");
    case CURLE_COULDNT_RESOLVE_HOST:
        return ctx_fail_detail(ctx, ERR_UNAVAILABLE, detail, "The site's name was not found.");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
        return ctx_fail_detail(ctx, ERR_UNAVAILABLE, detail,
                               "The site's certificate is not in order.");
    default:
        return ctx_fail_detail(ctx, ERR_UNAVAILABLE, detail, "The site did not answer.");
    }
}

static void read_answer(struct ctx *ctx, CURL *curl, const struct transfer *transfer,
                        struct http_response *out)
{
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

/* Method, headers and body. *out_list is freed by the caller; false: one of them is none. */
static bool set_request(struct ctx *ctx, CURL *curl, const struct http_request *request,
                        struct curl_slist **out_list)
{
    struct str type =
        arena_print(ctx->arena, "Content-Type: %.*s", STR_ARG(request->content_type));
    if (!str_is_null(request->body)) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.p);
        *out_list = curl_slist_append(*out_list, type.p);
        *out_list = curl_slist_append(*out_list, "Expect:"); /* never waits for a 100 */
    }
    for (size_t i = 0; i < request->n_headers; i++) {
        if (!is_one_line(request->headers[i])) {
            return false;
        }
        *out_list = curl_slist_append(*out_list, arena_cstr(ctx->arena, request->headers[i]));
    }
    if (!str_is_null(request->method)) {
        if (!is_one_line(request->method)) {
            return false;
        }
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, arena_cstr(ctx->arena, request->method));
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *out_list);
    return is_one_line(type);
}

enum err http_fetch(struct ctx *ctx, struct http *http, const struct http_request *request,
                    struct http_response *out_response)
{
    const char *url = arena_cstr(ctx->arena, request->url);
    bool local = !str_is_empty(request->unix_socket);
    if (!local && !may_speak(url)) {
        return ctx_fail(ctx, ERR_INVALID, "The site's address cannot be opened.");
    }
    if (http->curl == NULL) {
        /* Starts libcurl, too, which is safe in threads since 7.84: a worker that fetches
         * nothing has 2 MB less. */
        http->curl = curl_easy_init();
    }
    CURL *curl = http->curl;
    curl_easy_reset(curl);
    struct transfer transfer = {
        .cut = request->cut,
        .any_address = local || http->connect_to != NULL,
        .cancel = request->cancel,
    };
    sb_init(&transfer.body, ctx->arena, request->max_bytes);
    sb_init(&transfer.headers, ctx->arena, HEADERS_MAX);
    set_limits(curl, request);
    set_callbacks(curl, &transfer);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    if (local) {
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH,
                         arena_cstr(ctx->arena, request->unix_socket));
    } else {
        curl_easy_setopt(curl, CURLOPT_CONNECT_TO, http->connect_to);
    }
    if (http->ca_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, http->ca_file);
    }
    struct curl_slist *headers = NULL;
    if (!set_request(ctx, curl, request, &headers)) {
        curl_slist_free_all(headers);
        return ctx_fail(ctx, ERR_INVALID, "A header of the request can't be sent.");
    }
    CURLcode code = curl_easy_perform(curl);
    curl_slist_free_all(headers);
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && transfer.cut && transfer.over)) {
        return explain(ctx, code, &transfer);
    }
    read_answer(ctx, curl, &transfer, out_response);
    return ERR_NONE;
}
