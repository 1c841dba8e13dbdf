/*
 * mailhead.h - header fields of a mail (RFC 5322), with words in other scripts encoded (RFC
 * 2047). Whatever a name or a subject contains, it can't end its line: control characters
 * become spaces, and an address that is not plainly one is refused.
 */
#ifndef LEADBOARD_MAILHEAD_H
#define LEADBOARD_MAILHEAD_H

#include "shared/ctx.h"
#include "shared/sb.h"

/* "Subject: ..." folded at 76 characters. Of the text's first 2,000 bytes. */
struct str mailhead_text(struct arena *arena, const char *field, struct str text);
/* "To: \"Ann Day\" <ann@acme.example>". name may be empty. ERR_INVALID with a sentence: the
 * address can't be used. */
MUST_CHECK enum err mailhead_address(struct ctx *ctx, const char *field, struct str name,
                                     struct str address, struct str *out_line);
/* True for an address that can stand in a header and in an SMTP command. */
bool mailhead_is_address(struct str address);
/* "Date: Tue, 03 Nov 2026 20:26:10 +0000" */
struct str mailhead_date(struct arena *arena, int64_t at);
/* "Message-ID: <uid@domain of the address>" */
struct str mailhead_id(struct arena *arena, struct str uid, struct str address);

#endif
