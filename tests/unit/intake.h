/*
 * intake.h - a request for an adapter of the collector, without a server: for unit tests and
 * fuzz targets.
 *
 * There is one dataset, "d", which is also called "7", and its one server key, "d.secret".
 */
#ifndef LEADBOARD_TESTS_INTAKE_H
#define LEADBOARD_TESTS_INTAKE_H

#include "fcgi/collector_intake.h"
#include "shared/clock.h"
#include "shared/crypt.h"

#define INTAKE_NOW (INT64_C(1795290000) * CLOCK_SECOND)
#define INTAKE_HEADERS 8

struct intake_case {
    struct collector_intake intake;
    struct request request;
    struct str left; /* of the body */
    const char *params[INTAKE_HEADERS + 6];
};

static inline enum err intake_find(void *context, struct arena *arena, struct str id,
                                   struct collector_dataset *out_dataset)
{
    uint8_t digest[CRYPT_HASH_BYTES];
    struct str *keys = ARENA_ARRAY(arena, 1, struct str);
    (void)context;
    if (!str_eq(id, STR("d")) && !str_eq(id, STR("7"))) {
        return ERR_NOT_FOUND;
    }
    crypt_sha256(STR("d.secret"), digest);
    keys[0] = crypt_hex(arena, (struct str){(const char *)digest, sizeof(digest)});
    *out_dataset = (struct collector_dataset){.id = 1, .keys = keys, .n_keys = 1};
    return ERR_NONE;
}

static inline size_t intake_read(void *stream, char *p, size_t n)
{
    struct intake_case *c = stream;
    n = n < c->left.n ? n : c->left.n;
    memcpy(p, c->left.p, n);
    c->left = str_slice(c->left, n, c->left.n);
    return n;
}

/* headers: "HTTP_AUTHORIZATION=..." and the like, ended by NULL; may be NULL. uri is valid. */
static inline struct collector_intake *intake_make(struct ctx *ctx, const char *method,
                                                   struct str uri, const char *const *headers,
                                                   struct str body)
{
    struct intake_case *c = ARENA_NEW(ctx->arena, struct intake_case);
    struct str length = arena_print(ctx->arena, "CONTENT_LENGTH=%zu", body.n);
    struct str address = arena_print(ctx->arena, "REQUEST_URI=%.*s", STR_ARG(uri));
    struct str how = arena_print(ctx->arena, "REQUEST_METHOD=%s", method);
    size_t n = 0;
    c->params[n++] = arena_cstr(ctx->arena, how);
    c->params[n++] = arena_cstr(ctx->arena, address);
    c->params[n++] = arena_cstr(ctx->arena, length);
    c->params[n++] = "HTTP_HOST=lb.example";
    for (size_t i = 0; headers != NULL && headers[i] != NULL && i < INTAKE_HEADERS; i++) {
        c->params[n++] = headers[i];
    }
    if (request_init(&c->request, ctx, c->params) != ERR_NONE) {
        abort();
    }
    c->left = body;
    c->request.read = intake_read;
    c->request.stream = c;
    c->intake = (struct collector_intake){
        .request = &c->request, .now = INTAKE_NOW, .find = intake_find};
    return &c->intake;
}

#endif
