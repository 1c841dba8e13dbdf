/* Segment's calls. The first byte says which; the rest is the body. */
#include "fcgi/collector_segment.h"
#include "tests/fuzz/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {"/v1/identify", "/v1/track", "/v1/page",  "/v1/screen",
                                        "/v1/group",    "/v1/alias", "/v1/batch", "/v1/m"};
    static const char *const keys[][2] = {{"HTTP_AUTHORIZATION=Basic ZDo=", NULL},
                                          {"HTTP_AUTHORIZATION=Basic ZC5zZWNyZXQ6", NULL}};
    struct ctx *ctx = fuzz_ctx();
    if (size == 0) {
        return 0;
    }
    struct str body = {.p = (const char *)data + 1, .n = size - 1};
    must_read(
        ctx,
        intake_make(ctx, "POST", str_from(paths[data[0] % 8]), keys[data[0] / 8 % 2], body),
        collector_segment_read, collector_segment_answer);
    return 0;
}
