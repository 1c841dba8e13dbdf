#include "fcgi/router.h"

/* Reads an id above 0 at *at; moves *at behind it. */
static bool take_id(struct str path, size_t *at, int64_t *out_id)
{
    size_t from = *at;
    while (*at < path.n && path.p[*at] >= '0' && path.p[*at] <= '9') {
        (*at)++;
    }
    struct str digits = str_slice(path, from, *at);
    return digits.n != 0 && digits.p[0] != '0' && str_to_i64(digits, out_id);
}

static bool matches(const char *pattern, struct str path, int64_t *ids)
{
    size_t at = 0, n_ids = 0;
    while (*pattern != '\0') {
        if (*pattern == '{') {
            if (n_ids == ROUTE_IDS_MAX || !take_id(path, &at, &ids[n_ids++])) {
                return false;
            }
            pattern = strchr(pattern, '}') + 1;
            continue;
        }
        if (at == path.n || path.p[at] != *pattern) {
            return false;
        }
        at++;
        pattern++;
    }
    return at == path.n;
}

static bool answers(const struct route *route, enum request_method method)
{
    return route->method == method || (route->method == METHOD_GET && method == METHOD_HEAD);
}

void router_find(struct ctx *ctx, const struct route *table, size_t n,
                 enum request_method method, struct str path, struct route_match *out_match)
{
    struct route_match match = {0};
    bool get = false, post = false;
    for (size_t i = 0; i < n && match.route == NULL; i++) {
        int64_t ids[ROUTE_IDS_MAX] = {0};
        if (!matches(table[i].pattern, path, ids)) {
            continue;
        }
        match.path_known = true;
        get = get || table[i].method == METHOD_GET;
        post = post || table[i].method == METHOD_POST;
        if (answers(&table[i], method)) {
            match.route = &table[i];
            memcpy(match.ids, ids, sizeof(ids));
        }
    }
    if (match.path_known && match.route == NULL) {
        match.allow = arena_print(ctx->arena, "%s%s%s", get ? "GET, HEAD" : "",
                                  get && post ? ", " : "", post ? "POST" : "");
    }
    *out_match = match;
}

bool router_has_page(struct ctx *ctx, struct str address)
{
    size_t n;
    const struct route *table = route_table(&n);
    struct route_match match;
    router_find(ctx, table, n, METHOD_GET, str_slice(address, 0, str_find(address, '?')),
                &match);
    return match.route != NULL;
}

static const char *role_name(enum role role)
{
    switch (role) {
    case ROLE_NOBODY:
        return "nobody";
    case ROLE_USER:
        return "user";
    case ROLE_SUPER_USER:
        return "super user";
    case ROLE_ADMIN:
        return "admin";
    case ROLE_OWNER:
        return "owner";
    }
    return "nobody";
}

static void print_fields(const struct form_spec *form, struct sb *out)
{
    SB_LIT(out, ",\"fields\":[");
    for (size_t i = 0; form != NULL && i < form->n; i++) {
        const struct form_field *field = &form->fields[i];
        sb_printf(out, "%s{\"name\":\"%s\",\"kind\":%d,\"required\":%s}", i == 0 ? "" : ",",
                  field->name, (int)field->kind, field->required ? "true" : "false");
    }
    SB_LIT(out, "]");
}

void router_print(struct sb *out)
{
    size_t n;
    const struct route *table = route_table(&n);
    for (size_t i = 0; i < n; i++) {
        const struct route *route = &table[i];
        sb_printf(out, "{\"method\":\"%s\",\"path\":\"%s\",\"role\":\"%s\"",
                  route->method == METHOD_POST ? "POST" : "GET", route->pattern,
                  role_name(route->least));
        sb_printf(out, ",\"public\":%s,\"json\":%s,\"any_dataset\":%s,\"body_max\":%zu",
                  route->flags & ROUTE_PUBLIC ? "true" : "false",
                  route->flags & ROUTE_JSON ? "true" : "false",
                  route->flags & ROUTE_ANY_DATASET ? "true" : "false", route->body_max);
        print_fields(route->form, out);
        SB_LIT(out, "}\n");
    }
}
