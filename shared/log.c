#include "shared/log.h"

#include "shared/clock.h"

#include <unistd.h>

#define LINE_MAX_BYTES 4096

static enum log_level least_level = LOG_INFO;
static const char *program_name = "";

void log_init(enum log_level least, const char *program)
{
    least_level = least;
    program_name = program;
}

/* A line under construction; what does not fit is cut. One byte is kept for the newline. */
struct line {
    char p[LINE_MAX_BYTES];
    size_t n;
};

static void put(struct line *line, const char *p, size_t n)
{
    size_t room = sizeof(line->p) - 1 - line->n;
    n = n > room ? room : n;
    memcpy(line->p + line->n, p, n);
    line->n += n;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) {
            return false;
        }
    }
    return s.n != 0;
}

static void put_value(struct line *line, struct str s)
{
    if (is_plain(s)) {
        put(line, s.p, s.n);
        return;
    }
    put_text(line, "\"");
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '"' || c == '\\') {
            put(line, "\\", 1);
        }
        if (c < ' ' || c == 0x7f) {
            char escaped[8];
            (void)snprintf(escaped, sizeof(escaped), "\\x%02x", c);
            put_text(line, escaped);
        } else {
            put(line, s.p + i, 1);
        }
    }
    put_text(line, "\"");
}

static void put_time(struct line *line)
{
    int64_t now = clock_now();
    struct clock_date d = clock_date(now);
    char text[64];
    (void)snprintf(text, sizeof(text), "ts=%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", d.year,
                   d.month, d.day, d.hour, d.minute, d.second,
                   (int)(now % CLOCK_SECOND / 1000));
    put_text(line, text);
}

void log_write(enum log_level level, const struct ctx *ctx, const char *event,
               const struct log_field *fields)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if (level < least_level) {
        return;
    }
    struct line line = {.n = 0};
    put_time(&line);
    put_text(&line, " level=");
    put_text(&line, names[level]);
    put_text(&line, " program=");
    put_text(&line, program_name);
    put_text(&line, " event=");
    put_text(&line, event);
    if (ctx != NULL && ctx->id.n != 0) {
        put_text(&line, " id=");
        put_value(&line, ctx->id);
    }
    for (; fields->key != NULL; fields++) {
        put_text(&line, " ");
        put_text(&line, fields->key);
        put_text(&line, "=");
        if (fields->is_text) {
            put_value(&line, fields->text);
        } else {
            char number[24];
            (void)snprintf(number, sizeof(number), "%lld", (long long)fields->number);
            put_text(&line, number);
        }
    }
    line.p[line.n++] = '\n';
    ssize_t written = write(STDERR_FILENO, line.p, line.n);
    (void)written;
}
