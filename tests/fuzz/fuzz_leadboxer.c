/* LeadBoxer's log address, as a query and as a body. */
#include "fcgi/collector_leadboxer.h"
#include "tests/fuzz/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx *ctx = fuzz_ctx();
    struct str text = {.p = (const char *)data, .n = size};
    must_read(ctx, intake_make(ctx, "GET", fuzz_uri(ctx, "/log", text), NULL, STR("")),
              collector_leadboxer_read, collector_leadboxer_answer);
    must_read(ctx, intake_make(ctx, "POST", STR("/log?si=d"), NULL, text),
              collector_leadboxer_read, collector_leadboxer_answer);
    return 0;
}
