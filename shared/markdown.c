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

/* ---- marks ---- */

static void insert_text(struct arena *arena, cmark_node *before, struct str text)
{
    if (!str_is_empty(text)) {
        cmark_node *node = cmark_node_new(CMARK_NODE_TEXT);
        cmark_node_set_literal(node, arena_cstr(arena, text));
        cmark_node_insert_before(before, node);
    }
}

static void insert_mark(struct arena *arena, cmark_node *before,
                        const struct markdown_mark *mark)
{
    cmark_node *span = cmark_node_new(CMARK_NODE_CUSTOM_INLINE);
    cmark_node *text = cmark_node_new(CMARK_NODE_TEXT);
    cmark_node_set_on_enter(span, mark->own ? "<span class=\"mention own\">"
                                            : "<span class=\"mention\">");
    cmark_node_set_on_exit(span, "</span>");
    cmark_node_set_literal(text, arena_cstr(arena, mark->shown));
    cmark_node_append_child(span, text);
    cmark_node_insert_before(before, span);
}

struct finder {
    markdown_finder *find;
    void *of;
};

/* The text is divided at its marks. */
static void mark_text(struct arena *arena, cmark_node *node, const struct finder *finder)
{
    struct str text = arena_dup(arena, str_from(cmark_node_get_literal(node)));
    struct markdown_mark mark;
    size_t from = 0;
    while (finder->find(finder->of, text, from, &mark)) {
        insert_text(arena, node, str_slice(text, from, mark.start));
        insert_mark(arena, node, &mark);
        from = mark.start + mark.n;
    }
    if (from > 0) {
        insert_text(arena, node, str_slice(text, from, text.n));
        cmark_node_free(node);
    }
}

static void mark_document(struct arena *arena, cmark_node *document,
                          const struct finder *finder)
{
    int links = 0;
    cmark_consolidate_text_nodes(document);
    cmark_iter *iter = cmark_iter_new(document);
    for (cmark_event_type event; (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
        cmark_node *node = cmark_iter_get_node(iter);
        cmark_node_type type = cmark_node_get_type(node);
        if (type == CMARK_NODE_LINK) {
            links += event == CMARK_EVENT_ENTER ? 1 : -1;
        } else if (type == CMARK_NODE_TEXT && links == 0) {
            mark_text(arena, node, finder);
        }
    }
    cmark_iter_free(iter);
}

static struct html make(struct arena *arena, struct str text, const struct finder *finder)
{
    int smart = finder == NULL ? CMARK_OPT_SMART : 0; /* a mark is found as it was typed */
    cmark_node *document =
        cmark_parse_document(text.n ? text.p : "", text.n, CMARK_OPT_VALIDATE_UTF8 | smart);
    make_safe(arena, document);
    if (finder != NULL) {
        mark_document(arena, document, finder);
    }
    char *made = cmark_render_html(document, CMARK_OPT_DEFAULT);
    struct str markup = arena_dup(arena, str_from(made));
    free(made);
    cmark_node_free(document);
    return (struct html){.markup = markup};
}

struct html markdown_html(struct arena *arena, struct str text)
{
    return make(arena, text, NULL);
}

struct html markdown_html_marked(struct arena *arena, struct str text, markdown_finder *find,
                                 void *of)
{
    const struct finder finder = {.find = find, .of = of};
    return make(arena, text, &finder);
}
