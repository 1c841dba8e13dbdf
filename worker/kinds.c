#include "worker/kinds.h"

const struct kind kinds[JOB_KIND__END] = {
    [JOB_NOOP] = {.name = "noop",
                  .run = job_noop,
                  .attempts = 12,
                  .timeout_s = 30,
                  .batch = 500,
                  .parallel = 4,
                  .in_transaction = true},
    [JOB_IMPORT] = {.name = "import",
                    .run = job_import,
                    .attempts = 12,
                    .timeout_s = 3600,
                    .batch = 1,
                    .parallel = 2},
    [JOB_REFRESH] = {.name = "refresh",
                     .run = job_refresh,
                     .attempts = 6,
                     .timeout_s = 600,
                     .batch = 1,
                     .parallel = 2},
    [JOB_ENRICH] =
        {.name = "enrich", .run = job_enrich, .attempts = 6, .timeout_s = 60, .batch = 1},
};
