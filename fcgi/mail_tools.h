/*
 * mail_tools.h - the mail tools that teams send with, and what each writes for "the recipient's
 * address": the picture that tells of an open mail, and links that say who came by them.
 *
 * A merge tag is left as it is, not percent-encoded: the tool looks for its own spelling. What
 * a tool does not fill in is not taken by the collector (collector_is_merge_tag). The tags are
 * those of the tools' own manuals; a company is given only where each account has the field.
 */
#ifndef LEADBOARD_FCGI_MAIL_TOOLS_H
#define LEADBOARD_FCGI_MAIL_TOOLS_H

#include "shared/ctx.h"

struct mail_tool {
    struct str id, name;
    struct str email, first_name, last_name, company; /* tags; "no value" where it has none */
    const char *how;                                  /* where the picture goes */
};

const struct mail_tool *mail_tools(size_t *out_n);
/* The first where there is none of that id. */
const struct mail_tool *mail_tool(struct str id);

struct mail {
    const struct mail_tool *tool;
    struct str origin;   /* "https://leadboard.example" */
    struct str dataset;  /* public id */
    struct str campaign; /* may be empty */
    struct str from;     /* who sends it: an address, a merge tag, or empty */
};
/* <img ...>, to be pasted into the mail. */
struct str mail_pixel(struct ctx *ctx, const struct mail *mail);
/* page with what says who follows it. page begins with http:// or https://. */
struct str mail_link(struct ctx *ctx, const struct mail *mail, struct str page);

#endif
