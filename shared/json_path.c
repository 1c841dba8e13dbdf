#include "shared/json_path.h"

/* ---- reading ---- */

struct reading {
    struct arena *arena;
    struct str text;
    size_t at;
    struct json_path *out;
};

static bool add(struct reading *r, const char *name, int64_t index)
{
    if (r->out->n == JSON_PATH_STEPS) {
        return false;
    }
    r->out->steps[r->out->n].name = name;
    r->out->steps[r->out->n++].index = index;
    return true;
}

static char here(const struct reading *r)
{
    return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

/* Up to the next '.' or '['. */
static bool read_name(struct reading *r)
{
    size_t from = r->at;
    while (r->at < r->text.n && strchr(".[]'\"", r->text.p[r->at]) == NULL &&
           (unsigned char)r->text.p[r->at] >= ' ') {
        r->at++;
    }
    struct str name = str_trim(str_slice(r->text, from, r->at));
    return name.n > 0 && add(r, arena_cstr(r->arena, name), 0);
}

/* Behind the '['. */
static bool read_bracket(struct reading *r)
{
    char quote = here(r);
    struct str rest = str_slice(r->text, r->at, r->text.n), inside;
    if (quote == '\'' || quote == '"') {
        inside = str_slice(rest, 1, 1 + str_find(str_slice(rest, 1, rest.n), quote));
        r->at += inside.n + 3;
        return inside.n + 3 <= rest.n && rest.p[inside.n + 2] == ']' && inside.n > 0 &&
               memchr(inside.p, '\0', inside.n) == NULL &&
               add(r, arena_cstr(r->arena, inside), 0);
    }
    inside = str_slice(rest, 0, str_find(rest, ']'));
    r->at += inside.n + 1;
    int64_t index = -1;
    bool good = str_eq(inside, STR("*")) || (str_to_i64(inside, &index) && index >= 0);
    return inside.n < rest.n && good && add(r, NULL, index);
}

bool json_path_read(struct arena *arena, struct str text, struct json_path *out)
{
    struct reading r = {.arena = arena, .text = str_trim(text), .out = out};
    *out = (struct json_path){.n = 0};
    if (here(&r) == '$') {
        r.at++;
    } else if (r.text.n > 0 && here(&r) != '[' && !read_name(&r)) {
        return false;
    }
    while (r.at < r.text.n) {
        char c = r.text.p[r.at++];
        if (c == '.' ? !read_name(&r) : c != '[' || !read_bracket(&r)) {
            return false;
        }
    }
    return true;
}

/* ---- following ---- */

struct following {
    const struct json_path *path;
    const struct json **out;
    size_t n, most;
};

/* No deeper than the path is long. */
static void follow(struct following *f, const struct json *json, size_t step)
{
    if (json_kind(json) == JSON_NONE || f->n == f->most) {
        return;
    }
    if (step == f->path->n) {
        f->out[f->n++] = json;
        return;
    }
    const char *name = f->path->steps[step].name;
    int64_t index = f->path->steps[step].index;
    if (name != NULL) {
        follow(f, json_get(json, name), step + 1);
        return;
    }
    if (json_kind(json) != JSON_ARRAY) {
        return;
    }
    int64_t i = 0;
    for (const struct json *one = json_first(json); one != NULL; one = json_next(one), i++) {
        if (index < 0 || i == index) {
            follow(f, one, step + 1);
        }
    }
}

size_t json_path_find(const struct json_path *path, const struct json *document,
                      const struct json **out, size_t most)
{
    struct following f = {.path = path, .out = out, .most = most};
    follow(&f, document, 0);
    return f.n;
}
