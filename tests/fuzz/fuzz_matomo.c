/* Matomo's calls: as a query, as a body (a form, or JSON of many), as both. */
#include "fcgi/collector_matomo.h"
#include "tests/fuzz/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx *ctx = fuzz_ctx();
    struct str text = {.p = (const char *)data, .n = size};
    struct str uri = fuzz_uri(ctx, "/matomo.php", text);
    must_read(ctx, intake_make(ctx, "GET", uri, NULL, STR("")), collector_matomo_read,
              collector_matomo_answer);
    must_read(ctx, intake_make(ctx, "POST", STR("/piwik.php"), NULL, text),
              collector_matomo_read, collector_matomo_answer);
    must_read(ctx, intake_make(ctx, "POST", STR("/matomo.php?idsite=d&rec=1"), NULL, text),
              collector_matomo_read, collector_matomo_answer);
    return 0;
}
