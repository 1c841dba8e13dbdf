/*
 * embed.c - writes text files into a C source, as the table that shared/migrate.h declares.
 *
 *     embed OUT.c FILE...      in the order given; the name is the file name without its suffix
 */
#include "shared/banned.h"

#include <errno.h>

static _Noreturn void fail(const char *path)
{
    (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(1);
}

static void put_byte(FILE *out, int c)
{
    if (c == '\n') {
        (void)fputs("\\n\"\n    \"", out);
    } else if (c == '"' || c == '\\' || c == '?') { /* '?': no trigraphs */
        (void)fprintf(out, "\\%c", c);
    } else if (c < ' ' || c > '~') {
        (void)fprintf(out, "\\%03o", (unsigned)c);
    } else {
        (void)fputc(c, out);
    }
}

static void put_file(FILE *out, const char *path)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        fail(path);
    }
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    int n = dot == NULL ? (int)strlen(name) : (int)(dot - name);
    (void)fprintf(out, "    {.name = \"%.*s\", .sql =\n    \"", n, name);
    for (int c = fgetc(in); c != EOF; c = fgetc(in)) {
        put_byte(out, c);
    }
    if (ferror(in)) {
        fail(path);
    }
    (void)fclose(in);
    (void)fputs("\"},\n", out);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fprintf(stderr, "usage: embed OUT.c FILE...\n");
        return 2;
    }
    FILE *out = fopen(argv[1], "wb");
    if (out == NULL) {
        fail(argv[1]);
    }
    (void)fputs("/* Made by shared/tools/embed.c; do not edit. */\n"
                "#include \"shared/migrate.h\"\n\n"
                "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n\n"
                "const struct migration migrations[] = {\n",
                out);
    for (int i = 2; i < argc; i++) {
        put_file(out, argv[i]);
    }
    (void)fputs("    {.name = NULL, .sql = NULL},\n};\n", out);
    if (fclose(out) != 0) {
        fail(argv[1]);
    }
    return 0;
}
