/*
 * log.h - one logfmt line an event on standard error: ts=... level=... event=... key=value ...
 *
 * Values are quoted and escaped here, so a value can never start a second line. One write(2) a
 * line, at most 4096 bytes; longer values are cut. Event names are dotted lower-case words
 * ("request.done", "job.failed").
 */
#ifndef LEADBOARD_LOG_H
#define LEADBOARD_LOG_H

#include "shared/ctx.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
    const char *key; /* NULL ends the list */
    bool is_text;
    struct str text;
    int64_t number;
};

#define LOG_STR(k, v) ((struct log_field){.key = (k), .is_text = true, .text = (v)})
#define LOG_TEXT(k, v) ((struct log_field){.key = (k), .is_text = true, .text = str_from(v)})
#define LOG_I64(k, v) ((struct log_field){.key = (k), .number = (int64_t)(v)})

/* ctx may be NULL; its id is written as id=. At least one field. */
#define log_event(level, ctx, event, ...)                                                      \
    log_write((level), (ctx), (event), (const struct log_field[]){__VA_ARGS__, {.key = NULL}})
void log_write(enum log_level level, const struct ctx *ctx, const char *event,
               const struct log_field *fields);
/* Lines below this level are dropped. Called once at start. */
void log_init(enum log_level least, const char *program);

#endif
