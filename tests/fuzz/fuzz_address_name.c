/* Any name that a name server may give for any address: no crash, and a company only where the
 * name ends with it. */
#include "worker/address_name.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 18) {
        return 0;
    }
    struct arena *arena = arena_new((size_t)1 << 20);
    struct str rest = {.p = (const char *)data + 18, .n = size - 18};
    size_t end = str_find(rest, '\n');
    struct address_name name = {.bytes = data,
                                .n_bytes = data[16] % 2 ? 4 : 16,
                                .name = str_slice(rest, 0, end),
                                .network = (enum traffic_verdict)(data[17] % TRAFFIC_OFFICE),
                                .owner = str_slice(rest, end + 1, rest.n)};
    struct str company = address_name_company(arena, &name);
    if (company.n > 0 && (company.n > 253 || !str_contains(company, STR(".")))) {
        abort();
    }
    arena_free(arena);
    return 0;
}
