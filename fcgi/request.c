#include "fcgi/request.h"

static const struct {
    const char *name;
    enum request_method method;
} methods[] = {
    {"GET", METHOD_GET},
    {"HEAD", METHOD_HEAD},
    {"POST", METHOD_POST},
    {"OPTIONS", METHOD_OPTIONS},
};

static enum request_method method_of(struct str name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (str_eq(name, str_from(methods[i].name))) {
            return methods[i].method;
        }
    }
    return METHOD_OTHER;
}

struct str request_param(const struct request *request, const char *name)
{
    size_t n = strlen(name);
    for (const char *const *param = request->params; *param != NULL; param++) {
        if (strncmp(*param, name, n) == 0 && (*param)[n] == '=') {
            return str_from(*param + n + 1);
        }
    }
    return (struct str){0};
}

/* "HTTP_SEC_FETCH_SITE" is "Sec-Fetch-Site": upper case, '-' as '_'. */
static bool is_header(const char *param, const char *name, size_t n)
{
    if (strncmp(param, "HTTP_", 5) != 0) {
        return false;
    }
    param += 5;
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        c = c == '-' ? '_' : (c >= 'a' && c <= 'z') ? (char)(c - 'a' + 'A') : c;
        if (param[i] != c) {
            return false;
        }
    }
    return param[n] == '=';
}

struct str request_header(const struct request *request, const char *name)
{
    size_t n = strlen(name);
    for (const char *const *param = request->params; *param != NULL; param++) {
        if (is_header(*param, name, n)) {
            return str_from(*param + 5 + n + 1);
        }
    }
    return (struct str){0};
}

bool request_header_once(const struct request *request, const char *name, struct str *out_value)
{
    size_t n = strlen(name), seen = 0;
    for (const char *const *param = request->params; *param != NULL; param++) {
        seen += is_header(*param, name, n);
    }
    *out_value = request_header(request, name);
    return seen <= 1;
}

struct str request_cookie_in(struct str header, struct str name)
{
    struct str part;
    while (str_next(&header, ';', &part)) {
        part = str_trim(part);
        size_t at = str_find(part, '=');
        if (at < part.n && str_eq(str_slice(part, 0, at), name)) {
            return str_slice(part, at + 1, part.n);
        }
    }
    return (struct str){0};
}

struct str request_cookie(const struct request *request, struct str name)
{
    return request_cookie_in(request_param(request, "HTTP_COOKIE"), name);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool needs_decoding(struct str s, bool plus)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%' || (plus && s.p[i] == '+')) {
            return true;
        }
    }
    return false;
}

bool request_decode(struct arena *arena, struct str s, bool plus, struct str *out_text)
{
    if (!needs_decoding(s, plus)) {
        *out_text = s;
        return true;
    }
    char *p = arena_alloc(arena, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '%') {
            p[n++] = plus && s.p[i] == '+' ? ' ' : s.p[i];
            continue;
        }
        int high = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
        int low = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;
        if (high < 0 || low < 0) {
            return false;
        }
        p[n++] = (char)(high * 16 + low);
        i += 2;
    }
    *out_text = (struct str){.p = p, .n = n};
    return true;
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

static bool has_dot_part(struct str path)
{
    struct str part;
    while (str_next(&path, '/', &part)) {
        if (str_eq(part, STR(".")) || str_eq(part, STR(".."))) {
            return true;
        }
    }
    return false;
}

static bool has_encoded_slash(struct str raw)
{
    for (size_t i = 0; i + 2 < raw.n; i++) {
        if (raw.p[i] == '%' && hex_digit(raw.p[i + 1]) * 16 + hex_digit(raw.p[i + 2]) == '/') {
            return true;
        }
    }
    return false;
}

static enum err read_path(struct request *request, struct str raw)
{
    struct str path;
    if (raw.n == 0 || raw.n > REQUEST_PATH_MAX || raw.p[0] != '/' || has_encoded_slash(raw) ||
        !request_decode(request->ctx->arena, raw, false, &path) || has_control(path) ||
        !str_is_utf8(path) || has_dot_part(path)) {
        return ctx_fail(request->ctx, ERR_INVALID,
                        "This address cannot be read. Check it for typing errors.");
    }
    request->path = path;
    return ERR_NONE;
}

enum err request_init(struct request *request, struct ctx *ctx, const char *const *params)
{
    *request = (struct request){.ctx = ctx, .params = params, .path = STR("/")};
    request->method_name = request_param(request, "REQUEST_METHOD");
    request->method = method_of(request->method_name);
    request->remote_addr = request_param(request, "REMOTE_ADDR");
    request->https = str_eq(request_param(request, "HTTPS"), STR("on"));
    struct str length = request_param(request, "CONTENT_LENGTH");
    if (length.n != 0 &&
        (!str_to_i64(length, &request->body_length) || request->body_length < 0)) {
        request->body_length = 0;
        return ctx_fail(ctx, ERR_INVALID, "The length of the request is not a number.");
    }
    request->uri = request_param(request, "REQUEST_URI");
    size_t mark = str_find(request->uri, '?');
    request->query = str_slice(request->uri, mark + 1, request->uri.n);
    return read_path(request, str_slice(request->uri, 0, mark));
}

enum err request_body(struct request *request, size_t limit, struct str *out_body)
{
    if ((uint64_t)request->body_length > limit) {
        return ctx_fail(request->ctx, ERR_LIMIT, "What was sent is too large.");
    }
    if (!request->body_read) {
        size_t n = (size_t)request->body_length;
        char *p = arena_alloc(request->ctx->arena, n + 1);
        size_t got = 0;
        if (n != 0) {
            got = request->read == NULL ? 0 : request->read(request->stream, p, n);
        }
        request->body = (struct str){.p = p, .n = got};
        request->body_read = true;
    }
    if (request->body.n != (size_t)request->body_length) {
        return ctx_fail(request->ctx, ERR_INVALID,
                        "The request ended early. Please send it again.");
    }
    *out_body = request->body;
    return ERR_NONE;
}

bool request_has_type(const struct request *request, struct str type)
{
    struct str value = request_param(request, "CONTENT_TYPE");
    return str_eq_ci(str_trim(str_slice(value, 0, str_find(value, ';'))), type);
}

static size_t count_parts(struct str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++) {
        n += text.p[i] == '&';
    }
    return n;
}

static bool is_clean(struct str s)
{
    return str_is_utf8(s) && str_find(s, '\0') == s.n;
}

static bool decode_pair(struct arena *arena, struct str part, struct request_pair *out_pair)
{
    size_t at = str_find(part, '=');
    struct request_pair pair;
    if (!request_decode(arena, str_slice(part, 0, at), true, &pair.name) ||
        !request_decode(arena, str_slice(part, at + 1, part.n), true, &pair.value) ||
        !is_clean(pair.name) || !is_clean(pair.value)) {
        return false;
    }
    if (pair.value.p == NULL) {
        pair.value = STR("");
    }
    *out_pair = pair;
    return true;
}

enum err request_urlencoded(struct ctx *ctx, struct str text, struct request_pairs *out_pairs)
{
    size_t room = text.n == 0 ? 0 : count_parts(text);
    if (room > REQUEST_PAIRS_MAX) {
        return ctx_fail(ctx, ERR_LIMIT, "The form has too many fields.");
    }
    struct request_pair *pairs = ARENA_ARRAY(ctx->arena, room + 1, struct request_pair);
    size_t n = 0;
    struct str part;
    while (str_next(&text, '&', &part)) {
        if (part.n == 0) {
            continue;
        }
        if (n >= room || !decode_pair(ctx->arena, part, &pairs[n])) {
            return ctx_fail(ctx, ERR_INVALID,
                            "What was sent contains text that cannot be read "
                            "(it is not valid UTF-8).");
        }
        n++;
    }
    *out_pairs = (struct request_pairs){.v = pairs, .n = n};
    return ERR_NONE;
}

struct str request_pair(struct request_pairs pairs, struct str name)
{
    for (size_t i = 0; i < pairs.n; i++) {
        if (str_eq(pairs.v[i].name, name)) {
            return pairs.v[i].value;
        }
    }
    return (struct str){0};
}
