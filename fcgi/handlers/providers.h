/*
 * providers.h - what the pages of Settings > Enrichment share: fcgi/handlers/providers.c (the
 * list and its order), provider.c (one of them), provider_try.c (trying it).
 */
#ifndef LEADBOARD_HANDLERS_PROVIDERS_H
#define LEADBOARD_HANDLERS_PROVIDERS_H

#include "fcgi/handlers.h"
#include "fcgi/views/providers.h"
#include "shared/provider.h"

#define PROVIDER_MISSING "This provider is not there any more."

/* The dataset's providers as they are now, which *out_list may change. */
MUST_CHECK enum err providers_read(struct web *web, struct provider **out_list, size_t *out_n);
/* Stores all of them, each at its place in the list, and notes what was done. */
MUST_CHECK enum err providers_store(struct web *web, const struct provider *list, size_t n,
                                    const char *action, struct str subject);
/* Companies that are known already follow the order: a job. */
MUST_CHECK enum err providers_settle(struct web *web);

#endif
