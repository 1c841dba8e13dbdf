#include "shared/reference.h"
#include "shared/reference_data.h"

#define KEY_MAX 300 /* a host is at most 253 bytes */

struct table {
    const char *text;
    const uint32_t *at;
    size_t n;
};

static struct str word(const struct table *table, size_t i)
{
    return (struct str){.p = table->text + table->at[i], .n = table->at[i + 1] - table->at[i]};
}

static bool find(const struct table *table, struct str key, size_t *out_place)
{
    size_t low = 0, high = table->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(key, word(table, middle));
        if (order == 0) {
            *out_place = middle;
            return true;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return false;
}

bool reference_is_free_mail(struct str domain)
{
    struct table mail = {reference_mail_text, reference_mail_at, reference_mail_n};
    size_t place;
    return find(&mail, domain, &place);
}

struct str reference_country(struct str code)
{
    struct table codes = {reference_country_text, reference_country_at, reference_country_n};
    struct table names = {reference_country_name_text, reference_country_name_at,
                          reference_country_name_n};
    size_t place;
    if (code.n != 2) {
        return code;
    }
    const char upper[2] = {(char)(code.p[0] & ~0x20), (char)(code.p[1] & ~0x20)};
    return find(&codes, (struct str){upper, 2}, &place) ? word(&names, place) : code;
}

/* The first `parts` parts of a path, with the slashes before them: "/a/b" of "/a/b/c". */
static struct str path_start(struct str path, int parts)
{
    size_t end = 0;
    while (parts > 0 && end < path.n) {
        end++;
        while (end < path.n && path.p[end] != '/') {
            end++;
        }
        parts--;
    }
    return str_slice(path, 0, end);
}

static bool find_with_path(const struct table *table, struct str host, struct str path,
                           size_t *out_place)
{
    char key[KEY_MAX];
    for (int parts = 2; parts > 0; parts--) {
        struct str start = path_start(path, parts);
        if (start.n < 2 || host.n + start.n > sizeof(key)) {
            continue;
        }
        memcpy(key, host.p, host.n);
        memcpy(key + host.n, start.p, start.n);
        if (find(table, (struct str){.p = key, .n = host.n + start.n}, out_place)) {
            return true;
        }
    }
    return find(table, host, out_place);
}

bool reference_referrer(struct str host, struct str path, enum reference_kind *out_kind,
                        struct str *out_source)
{
    struct table sites = {reference_referrer_text, reference_referrer_at, reference_referrer_n};
    struct table sources = {reference_source_text, reference_source_at, reference_source_n};
    while (host.n > 0) {
        size_t place;
        if (find_with_path(&sites, host, path, &place)) {
            *out_kind = (enum reference_kind)reference_referrer_kind[place];
            *out_source = word(&sources, reference_referrer_source[place]);
            return true;
        }
        host = str_slice(host, str_find(host, '.') + 1, host.n);
    }
    return false;
}
