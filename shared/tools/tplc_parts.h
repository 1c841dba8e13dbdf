/*
 * tplc_parts.h - what the parts of the template compiler share with each other.
 *
 * tplc_parse.c reads directives, tplc_value.c and tplc_block.c carry them out, tplc_html.c
 * follows the markup between them, tplc_check.c looks at each finished tag, tplc_code.c writes
 * C, tplc_elements.c is the table of HTML. The first failure sticks: after it nothing moves and
 * nothing is written.
 */
#ifndef LEADBOARD_TPLC_PARTS_H
#define LEADBOARD_TPLC_PARTS_H

#include "shared/sb.h"
#include "shared/tools/tplc.h"

#define TPLC_WORDS_MAX 6
#define TPLC_OPEN_MAX 48
#define TPLC_ATTR_MAX 24
#define TPLC_BLOCK_MAX 24
#define TPLC_CONTROL_MAX 128

enum element_flags {
    EL_VOID = 1 << 0,       /* has no content and no end tag */
    EL_INLINE = 1 << 1,     /* stands in running text: white space around it counts */
    EL_BOX = 1 << 2,        /* as a whole it is a piece of text, inside it is a block */
    EL_TEXT_ONLY = 1 << 3,  /* contains text, no elements: title, textarea */
    EL_EMPTY = 1 << 4,      /* must stay without content: script */
    EL_PRE = 1 << 5,        /* white space inside counts */
    EL_SVG = 1 << 6,        /* may be written <path/> */
    EL_ENDS_P = 1 << 7,     /* a browser would end an open <p> before it */
    EL_NO_NESTING = 1 << 8, /* not inside another of its kind */
};

struct element {
    const char *name;
    unsigned flags;
};
/* NULL when there is no such element (or it is refused: style, iframe, object ...). */
const struct element *element_find(struct str name);
bool element_is(const struct element *element, const char *name);

enum attr_kind {
    ATTR_PLAIN,
    ATTR_URL,
    ATTR_NO_HOLES, /* its value is a small language of its own */
    ATTR_REFUSED,  /* runs or styles inline */
};
enum attr_kind attr_kind(struct str name);

enum where { IN_TEXT, IN_TAG, IN_VALUE };
enum url_part {
    URL_NONE,
    URL_START,  /* nothing yet: a hole is a whole URL */
    URL_SCHEME, /* literal text that could still be a scheme */
    URL_HOLE,   /* a hole that could still be a scheme */
    URL_REST,   /* path, query or fragment: a hole is one part */
    URL_MIXED,  /* depends on a condition: no hole may follow */
};
enum space { AFTER_BLOCK, AFTER_SPACE, AFTER_TEXT };

struct open_element {
    const struct element *element;
    size_t at;
    bool is_post, has_csrf;
};

struct attr {
    struct str name, value; /* the value as written, with its holes */
    bool sure;              /* false: only under a condition */
};

/* Everything about the place reached in the HTML; branches are compared by it. */
struct state {
    enum where where;
    struct open_element open[TPLC_OPEN_MAX];
    size_t n_open;
    const struct element *tag; /* IN_TAG and IN_VALUE */
    size_t tag_at;
    struct attr attr[TPLC_ATTR_MAX];
    size_t n_attr;
    struct str attr_name; /* IN_VALUE */
    size_t value_at;
    char quote;
    enum url_part url;
    enum space space;
    bool space_pending; /* white space read, not yet written */
};

struct block {
    bool is_each, has_else, has_merged;
    size_t at;
    struct str loop;     /* name of the loop variable */
    struct str if_empty; /* condition of {{else}} in {{#each}} */
    struct state before, merged;
    unsigned depth; /* C braces opened */
};

struct control {
    struct str id;
    size_t at;
};

struct tplc {
    struct arena *arena;
    const struct tplc_set *set;
    struct tplc_template *self;
    struct str s;
    size_t at;
    bool failed;
    struct str error;

    struct state state;
    struct block block[TPLC_BLOCK_MAX];
    size_t n_block;
    struct control labels[TPLC_CONTROL_MAX], controls[TPLC_CONTROL_MAX];
    size_t n_labels, n_controls;
    struct str layout, layout_view;

    struct sb code, literal;
    size_t literal_bytes;
    bool literal_open; /* inside the quotes of a C literal */
    unsigned depth;
};

/* The words between {{ and }}. */
struct word {
    struct str text;
    bool quoted;
};

struct directive {
    size_t at;
    struct word word[TPLC_WORDS_MAX];
    size_t n;
};

/* Notes the first failure, at an offset of the source. */
void fail(struct tplc *c, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t line_of(const struct tplc *c, size_t at);
bool looking_at(const struct tplc *c, const char *text);
bool is_space(char c);

/* tplc_parse.c: the C expression of a path, empty after a failure; the count of an array (n_
 * before its last name); a template by its file name. */
struct str path_expr(struct tplc *c, size_t at, struct word word);
struct str count_expr(struct tplc *c, struct str array);
struct tplc_template *find_template(const struct tplc *c, struct str file);
bool is_ident(struct str s);
bool is_loop_variable(const struct tplc *c, struct str name);
bool expect_words(struct tplc *c, const struct directive *d, size_t n, const char *usage);
/* Word i ends up in C literals and in HTML as it is: it must be plain text in quotes. */
bool expect_quoted(struct tplc *c, const struct directive *d, size_t i, const char *usage);

/* tplc_value.c, tplc_block.c: one function a directive */
void do_value(struct tplc *c, const struct directive *d);
void do_number(struct tplc *c, const struct directive *d);
void do_count(struct tplc *c, const struct directive *d);
void do_time(struct tplc *c, const struct directive *d);
void do_asset(struct tplc *c, const struct directive *d);
void do_icon(struct tplc *c, const struct directive *d);
void do_csrf(struct tplc *c, const struct directive *d);
void do_partial(struct tplc *c, const struct directive *d);
void do_if(struct tplc *c, const struct directive *d);
void do_else(struct tplc *c, const struct directive *d);
void do_end_if(struct tplc *c, const struct directive *d);
void do_each(struct tplc *c, const struct directive *d);
void do_end_each(struct tplc *c, const struct directive *d);

/* tplc_code.c */
void code_static(struct tplc *c, struct str bytes);
void code_asset(struct tplc *c, struct str name);
/* Writes the pending static text. */
void code_flush(struct tplc *c);
/* The same, then a line of C that belongs to the directive at `at`. */
void code_line(struct tplc *c, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void code_begin(struct tplc *c, const char *suffix);
void code_end(struct tplc *c);

/* tplc_html.c */
void html_step(struct tplc *c);
void html_flush_space(struct tplc *c);
/* A hole at this place: the helper that escapes it, or NULL after a failure. */
const char *html_hole(struct tplc *c, size_t at);
/* Fails unless the place is between tags, where markup can be put. */
bool html_expect_text(struct tplc *c, size_t at, const char *what);
/* Literal text that a directive stands for (an asset's address). */
void html_asset(struct tplc *c, size_t at, struct str text);

/* tplc_check.c */
void check_attr(struct tplc *c, size_t at, struct str name);
void check_tag(struct tplc *c);
void check_labels(struct tplc *c);
/* Joins the states at the ends of two branches; false when they differ. */
bool state_merge(struct state *merged, const struct state *other);

#endif
