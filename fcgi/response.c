#include "fcgi/response.h"

#define HEADERS_MAX 8192

void response_init(struct response *response, struct ctx *ctx, size_t body_max)
{
    *response = (struct response){
        .ctx = ctx, .status = 200, .type = "text/html; charset=utf-8", .cache = "no-store"};
    sb_init(&response->headers, ctx->arena, HEADERS_MAX);
    sb_init(&response->body, ctx->arena, body_max);
}

void response_reset(struct response *response)
{
    size_t body_max = response->body.max;
    struct response kept = *response;
    response_init(response, kept.ctx, body_max);
    response->route = kept.route;
    response->quiet = kept.quiet;
    response->user = kept.user;
}

static bool is_header_safe(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

void response_header(struct response *response, const char *name, struct str value)
{
    if (!is_header_safe(value)) {
        response->broken = true;
        return;
    }
    sb_str(&response->headers, str_from(name));
    SB_LIT(&response->headers, ": ");
    sb_str(&response->headers, value);
    SB_LIT(&response->headers, "\r\n");
}

static bool is_cookie_safe(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= ' ' || c >= 0x7f || c == ';' || c == ',' || c == '"' || c == '\\') {
            return false;
        }
    }
    return true;
}

void response_cookie(struct response *response, struct str name, struct str value, bool secure,
                     int64_t max_age_s)
{
    if (!is_cookie_safe(name) || !is_cookie_safe(value)) {
        response->broken = true;
        return;
    }
    struct sb line;
    sb_init(&line, response->ctx->arena, HEADERS_MAX);
    sb_str(&line, name);
    sb_char(&line, '=');
    sb_str(&line, value);
    SB_LIT(&line, "; Path=/; HttpOnly; SameSite=Lax");
    if (secure) {
        SB_LIT(&line, "; Secure");
    }
    if (max_age_s >= 0) {
        SB_LIT(&line, "; Max-Age=");
        sb_i64(&line, max_age_s);
    }
    response_header(response, "Set-Cookie", sb_view(&line));
}

void response_status(struct response *response, int status)
{
    response->status = status;
    response->type = NULL;
    response->body.n = 0;
}

bool response_is_local(struct str path)
{
    if (path.n == 0 || path.n > REQUEST_PATH_MAX || path.p[0] != '/') {
        return false;
    }
    if (path.n > 1 && (path.p[1] == '/' || path.p[1] == '\\')) {
        return false;
    }
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        if (c <= ' ' || c >= 0x7f || c == '\\' || c == '"' || c == '<' || c == '>') {
            return false;
        }
    }
    return true;
}

void response_redirect(struct response *response, struct str path)
{
    response_status(response, 303);
    response_header(response, "Location", response_is_local(path) ? path : STR("/"));
}

void response_json_string(struct sb *sb, struct str text)
{
    static const char hex[] = "0123456789abcdef";
    sb_char(sb, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == '"' || c == '\\') {
            sb_char(sb, '\\');
            sb_char(sb, (char)c);
        } else if (c < ' ' || c == '<' || c == 0x7f) {
            SB_LIT(sb, "\\u00");
            sb_char(sb, hex[c >> 4]);
            sb_char(sb, hex[c & 15]);
        } else {
            sb_char(sb, (char)c);
        }
    }
    sb_char(sb, '"');
}

void response_json_error(struct response *response, int status, struct str code,
                         struct str message, struct str field)
{
    response_reset(response);
    response->status = status;
    response->type = "application/json";
    struct sb *body = &response->body;
    SB_LIT(body, "{\"error\":{\"code\":");
    response_json_string(body, code);
    SB_LIT(body, ",\"message\":");
    response_json_string(body, message);
    if (!str_is_null(field)) {
        SB_LIT(body, ",\"field\":");
        response_json_string(body, field);
    }
    SB_LIT(body, "}}\n");
}

/* If-None-Match is "*" or a list of tags; "W/" does not matter for it. */
static bool matches(struct str header, struct str tag)
{
    struct str part;
    while (str_next(&header, ',', &part)) {
        part = str_trim(part);
        if (str_starts(part, STR("W/"))) {
            part = str_slice(part, 2, part.n);
        }
        if (part.n == tag.n + 2 && part.p[0] == '"' &&
            str_eq(str_slice(part, 1, part.n - 1), tag)) {
            return true;
        }
    }
    return false;
}

bool response_etag(struct response *response, const struct request *request, struct str tag)
{
    struct sb quoted;
    sb_init(&quoted, response->ctx->arena, 256);
    /* To be asked for again each time, which a 304 makes cheap. */
    response->cache = "private, no-cache";
    /* Weak: nginx may compress the body on the way. */
    SB_LIT(&quoted, "W/\"");
    sb_str(&quoted, tag);
    SB_LIT(&quoted, "\"");
    response_header(response, "ETag", sb_view(&quoted));
    if (!matches(request_header(request, "If-None-Match"), tag)) {
        return false;
    }
    response_status(response, 304);
    return true;
}

const char *response_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {303, "See Other"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "Status";
}

void response_head(const struct response *response, struct sb *out_head)
{
    SB_LIT(out_head, "Status: ");
    sb_i64(out_head, response->status);
    sb_char(out_head, ' ');
    sb_str(out_head, str_from(response_reason(response->status)));
    SB_LIT(out_head, "\r\n");
    if (response->type != NULL) {
        SB_LIT(out_head, "Content-Type: ");
        sb_str(out_head, str_from(response->type));
        SB_LIT(out_head, "\r\nContent-Length: ");
        sb_i64(out_head, (int64_t)response->body.n);
        SB_LIT(out_head, "\r\n");
    }
    if (response->cache != NULL) {
        SB_LIT(out_head, "Cache-Control: ");
        sb_str(out_head, str_from(response->cache));
        SB_LIT(out_head, "\r\n");
    }
    sb_str(out_head, sb_view(&response->headers));
    SB_LIT(out_head, "\r\n");
}
