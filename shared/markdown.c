#include "shared/markdown.h"

#include <cmark.h>

/* Puts a new node where node is and takes its text along. */
static void replace_by_text(cmark_node *node, cmark_node_type type)
{
    cmark_node *text = cmark_node_new(type);
    cmark_node_set_literal(text, cmark_node_get_literal(node));
    if (cmark_node_replace(node, text)) {
        cmark_node_free(node);
    } else {
        cmark_node_free(text);
    }
}

static void replace_image(cmark_node *image)
{
    cmark_node *link = cmark_node_new(CMARK_NODE_LINK);
    cmark_node_set_url(link, cmark_node_get_url(image));
    cmark_node_set_title(link, cmark_node_get_title(image));
    if (!cmark_node_replace(image, link)) {
        cmark_node_free(link);
        return;
    }
    for (cmark_node *child; (child = cmark_node_first_child(image)) != NULL;) {
        cmark_node_unlink(child);
        cmark_node_append_child(link, child);
    }
    if (cmark_node_first_child(link) == NULL) {
        cmark_node *text = cmark_node_new(CMARK_NODE_TEXT);
        cmark_node_set_literal(text, cmark_node_get_url(link));
        cmark_node_append_child(link, text);
    }
    cmark_node_free(image);
}

/* Its text stays, in its place. */
static void unwrap(cmark_node *link)
{
    for (cmark_node *child; (child = cmark_node_first_child(link)) != NULL;) {
        cmark_node_unlink(child);
        cmark_node_insert_before(link, child);
    }
    cmark_node_free(link);
}

/* libcmark knows what is bad (javascript: and the like); pages know what is good. */
static bool is_good_link(struct arena *arena, cmark_node *link)
{
    struct str url = str_from(cmark_node_get_url(link));
    struct sb sb;
    sb_init(&sb, arena, 16 * 1024);
    html_url(&sb, url);
    return !str_is_empty(url) && !sb.overflow && !str_eq(sb_view(&sb), STR(HTML_URL_REFUSED));
}

static void make_safe(struct arena *arena, cmark_node *document)
{
    cmark_iter *iter = cmark_iter_new(document);
    for (cmark_event_type event; (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
        cmark_node *node = cmark_iter_get_node(iter);
        cmark_node_type type = cmark_node_get_type(node);
        if (type == CMARK_NODE_HTML_BLOCK) {
            replace_by_text(node, CMARK_NODE_CODE_BLOCK);
        } else if (type == CMARK_NODE_HTML_INLINE) {
            replace_by_text(node, CMARK_NODE_TEXT);
        } else if (event == CMARK_EVENT_EXIT &&
                   (type == CMARK_NODE_LINK || type == CMARK_NODE_IMAGE)) {
            if (!is_good_link(arena, node)) {
                unwrap(node);
            } else if (type == CMARK_NODE_IMAGE) {
                replace_image(node);
            }
        }
    }
    cmark_iter_free(iter);
}

struct html markdown_html(struct arena *arena, struct str text)
{
    cmark_node *document = cmark_parse_document(text.n ? text.p : "", text.n,
                                                CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_SMART);
    make_safe(arena, document);
    char *made = cmark_render_html(document, CMARK_OPT_DEFAULT);
    struct str markup = arena_dup(arena, str_from(made));
    free(made);
    cmark_node_free(document);
    return (struct html){.markup = markup};
}
