/*
 * markup.h - a page of somebody's site as a flat list of elements and texts, in document order:
 * HTML5 as browsers read it (gumbo), in UTF-8, bounded in every direction. The only file that
 * sees gumbo.
 *
 * Everything lives in ctx->arena, which should be one for this page alone: it takes up to 40 MB
 * for the worst of pages (the usual: ten times the page). A page that is not HTML, or that
 * grows beyond all bounds when it is parsed (formatting elements that are opened again by the
 * thousand), has no nodes; of one with more than MARKUP_TAGS tags only the beginning is read.
 */
#ifndef LEADBOARD_MARKUP_H
#define LEADBOARD_MARKUP_H

#include "shared/ctx.h"

#define MARKUP_BYTES ((size_t)2 << 20) /* of a page; what is beyond is not read */
#define MARKUP_TAGS 30000

struct markup_attribute {
    struct str name, value;
};

struct markup_node {
    struct str tag;  /* in lower case; empty: a text */
    struct str text; /* of a text */
    const struct markup_attribute *attributes;
    size_t n_attributes;
    size_t end;    /* index behind its last descendant */
    size_t parent; /* index; of the first node its own */
    bool foreign;  /* of SVG or MathML */
};

struct markup {
    const struct markup_node *nodes;
    size_t n;
    struct str url; /* that links are relative to: <base href> is followed */
};

/* html as fetched from url; content_type as the server sent it: its charset counts, then a byte
 * order mark, then <meta charset>; one of the Encoding Standard (encoding.spec.whatwg.org),
 * else windows-1252. */
void markup_read(struct ctx *ctx, struct str html, struct str content_type, struct str url,
                 struct markup *out);

/* "No value" when it is not there; the name in lower case. */
struct str markup_attribute(const struct markup_node *node, const char *name);
bool markup_is(const struct markup_node *node, const char *tag);
/* True when the attribute is a list of words and has this one, in any case. */
bool markup_has_word(const struct markup_node *node, const char *name, struct str word);
/* The text below a node with white space folded, at most max bytes; script, style and the like
 * have none. */
struct str markup_text(struct ctx *ctx, const struct markup *markup, size_t node, size_t max);
/* As it is, for a script: the text directly below. */
struct str markup_raw_text(const struct markup *markup, size_t node);
/* The address that a link means; false when it is not a web address. */
bool markup_link(struct ctx *ctx, const struct markup *markup, struct str href,
                 struct str *out_url);

/* White space folded, control characters dropped, at most max bytes; "no value" when nothing is
 * left. */
struct str markup_tidy(struct ctx *ctx, struct str text, size_t max);

#endif
