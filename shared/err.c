#include "shared/err.h"

static const char *const names[ERR__COUNT] = {
    [ERR_NONE] = "none",           [ERR_INVALID] = "invalid",
    [ERR_NOT_FOUND] = "not_found", [ERR_CONFLICT] = "conflict",
    [ERR_DENIED] = "denied",       [ERR_LIMIT] = "limit",
    [ERR_TIMEOUT] = "timeout",     [ERR_UNAVAILABLE] = "unavailable",
    [ERR_INTERNAL] = "internal",
};

const char *err_name(enum err err)
{
    return err < ERR__COUNT ? names[err] : "unknown";
}
