#include "shared/url.h"
#include "shared/domain.h"

#include <curl/curl.h>

#define URL_MAX 8192

static bool part(struct arena *arena, CURLU *handle, CURLUPart what, struct str *out_text)
{
    char *text = NULL;
    if (curl_url_get(handle, what, &text, 0) != CURLUE_OK) {
        return false;
    }
    *out_text = arena_dup(arena, str_from(text));
    curl_free(text);
    return true;
}

static bool scheme_is_known(struct str scheme)
{
    return str_eq(scheme, STR("https")) || str_eq(scheme, STR("http")) ||
           str_eq(scheme, STR("android-app"));
}

static bool read_parts(struct arena *arena, CURLU *handle, struct url *out_url)
{
    struct url url = {.path = STR("/"), .query = STR("")};
    struct str user, host;
    if (!part(arena, handle, CURLUPART_SCHEME, &url.scheme) || !scheme_is_known(url.scheme) ||
        part(arena, handle, CURLUPART_USER, &user) ||
        !part(arena, handle, CURLUPART_HOST, &host)) {
        return false;
    }
    if (!domain_host(arena, host, &url.host)) {
        return false;
    }
    (void)part(arena, handle, CURLUPART_PATH, &url.path);
    (void)part(arena, handle, CURLUPART_QUERY, &url.query);
    *out_url = url;
    return true;
}

bool url_parse(struct arena *arena, struct str text, struct url *out_url)
{
    if (text.n == 0 || text.n > URL_MAX || memchr(text.p, '\0', text.n) != NULL) {
        return false;
    }
    CURLU *handle = curl_url();
    if (handle == NULL) {
        return false;
    }
    bool ok = curl_url_set(handle, CURLUPART_URL, arena_cstr(arena, text),
                           CURLU_NON_SUPPORT_SCHEME | CURLU_ALLOW_SPACE) == CURLUE_OK &&
              read_parts(arena, handle, out_url);
    curl_url_cleanup(handle);
    return ok;
}

bool url_param(const struct url *url, struct str name, struct str *out_value)
{
    struct str rest = url->query, pair;
    while (str_next(&rest, '&', &pair)) {
        size_t equals = str_find(pair, '=');
        if (str_eq_ci(str_slice(pair, 0, equals), name)) {
            *out_value = str_slice(pair, equals + 1, pair.n);
            return true;
        }
    }
    return false;
}

bool url_join(struct arena *arena, struct str base, struct str link, struct str *out_url)
{
    CURLU *url = curl_url();
    char *text = NULL;
    bool good = url != NULL &&
                curl_url_set(url, CURLUPART_URL, arena_cstr(arena, base), 0) == CURLUE_OK &&
                curl_url_set(url, CURLUPART_URL, arena_cstr(arena, link), 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK;
    struct str joined = good ? arena_dup(arena, str_from(text)) : (struct str){0};
    curl_free(text);
    curl_url_cleanup(url);
    if (!str_starts(joined, STR("http://")) && !str_starts(joined, STR("https://"))) {
        return false;
    }
    *out_url = joined;
    return true;
}
