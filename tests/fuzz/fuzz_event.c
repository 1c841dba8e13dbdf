/* POST /e and the pixel. */
#include "fcgi/collector_own.h"
#include "tests/fuzz/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const key[] = {"HTTP_AUTHORIZATION=Bearer d.secret", NULL};
    struct ctx *ctx = fuzz_ctx();
    struct str text = {.p = (const char *)data, .n = size};
    bool keyed = size > 0 && (data[size - 1] & 1) != 0;
    must_read(ctx, intake_make(ctx, "POST", STR("/e"), keyed ? key : NULL, text),
              collector_own_read, collector_own_answer);
    must_read(ctx, intake_make(ctx, "GET", fuzz_uri(ctx, "/e.gif", text), NULL, STR("")),
              collector_pixel_read, collector_pixel_answer);
    return 0;
}
