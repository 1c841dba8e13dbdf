/*
 * tplc.h - the template compiler: HTML with holes in, C functions out.
 *
 * It follows the HTML state of the template, so that each hole gets the escaper of its context,
 * and refuses at build time what cannot be made safe or accessible. The syntax is described in
 * templates/README.md. Template authors are trusted, values never are.
 */
#ifndef LEADBOARD_TPLC_H
#define LEADBOARD_TPLC_H

#include "shared/arena.h"

struct tplc_template {
    struct str path;   /* for messages and #line */
    struct str name;   /* C name: functions are tpl_<name> */
    struct str source; /* whole file */
    /* Set by tplc_compile: */
    struct str type;   /* "struct board_view" */
    struct str header; /* "fcgi/views/board.h" */
    struct str code;   /* the functions' definitions */
    bool is_layout;    /* defines tpl_<name>_open and _close */
};

struct tplc_set {
    struct tplc_template *template;
    size_t n;
};

/* Compiles set->template[index]; the others are only looked up by name. On refusal returns
 * false and sets *out_error to "file:line: message", in arena. */
bool tplc_compile(struct arena *arena, const struct tplc_set *set, size_t index,
                  struct str *out_error);

#endif
