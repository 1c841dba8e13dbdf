/* Query strings and form bodies of hostile bytes: what is accepted is valid UTF-8 without NUL,
 * in the order it came, and is never longer than what was sent. */
#include "fcgi/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_new((size_t)16 << 20)};
    struct request_pairs pairs;
    struct str text = {.p = (const char *)data, .n = size};
    if (request_urlencoded(&ctx, text, &pairs) == ERR_NONE) {
        size_t total = 0;
        for (size_t i = 0; i < pairs.n; i++) {
            struct str name = pairs.v[i].name, value = pairs.v[i].value;
            require(str_is_utf8(name) && str_is_utf8(value));
            require(str_find(name, '\0') == name.n && str_find(value, '\0') == value.n);
            require(!str_is_null(request_pair(pairs, name)));
            total += name.n + value.n;
        }
        require(pairs.n <= REQUEST_PAIRS_MAX && total <= size);
    } else {
        require(ctx.why.n != 0);
    }
    arena_free(ctx.arena);
    return 0;
}
