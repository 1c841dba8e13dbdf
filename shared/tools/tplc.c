/*
 * tplc - compiles templates: tplc build/gen/templates templates/x.html ... writes
 * build/gen/templates.h and build/gen/templates.c. Every template's first mistake is reported.
 */
#include "shared/tools/tplc.h"

#include "shared/sb.h"

#include <errno.h>

#define ARENA_MAX ((size_t)512 << 20)
#define FILE_MAX ((size_t)1 << 20)
#define OUTPUT_MAX ((size_t)64 << 20)

static _Noreturn void die(const char *path, const char *why)
{
    (void)fprintf(stderr, "%s: %s\n", path, why);
    exit(1);
}

static struct str read_whole(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        die(path, strerror(errno));
    }
    char *text = arena_alloc(arena, FILE_MAX);
    size_t n = fread(text, 1, FILE_MAX, file);
    if (ferror(file) || n == FILE_MAX) {
        die(path, "cannot be read, or is larger than 1 MB");
    }
    (void)fclose(file);
    return (struct str){.p = text, .n = n};
}

static void write_whole(const char *path, const struct sb *sb)
{
    struct str text;
    FILE *file = fopen(path, "wb");
    if (file == NULL || sb_done(sb, &text) != ERR_NONE ||
        fwrite(text.p, 1, text.n, file) != text.n || fclose(file) != 0) {
        die(path, "cannot be written");
    }
}

/* "templates/board-list.html" -> board_list */
static struct str name_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct str name = str_from(slash == NULL ? path : slash + 1);
    if (str_ends(name, STR(".html"))) {
        name = str_slice(name, 0, name.n - 5);
    }
    char *text = arena_cstr(arena, name);
    for (char *p = text; *p != '\0'; p++) {
        *p = *p == '-' ? '_' : *p;
    }
    return str_from(text);
}

static bool seen_header(const struct tplc_set *set, size_t before, struct str header)
{
    for (size_t i = 0; i < before; i++) {
        if (str_eq(set->template[i].header, header)) {
            return true;
        }
    }
    return false;
}

static void put_header(struct sb *out, const struct tplc_set *set)
{
    SB_LIT(out, "/* Made from the templates by shared/tools/tplc.c; do not edit. */\n"
                "#pragma once\n\n#include \"shared/sb.h\"\n\n");
    for (size_t i = 0; i < set->n; i++) {
        if (!seen_header(set, i, set->template[i].header)) {
            sb_printf(out, "#include \"%.*s\"\n", STR_ARG(set->template[i].header));
        }
    }
    sb_char(out, '\n');
    for (size_t i = 0; i < set->n; i++) {
        const struct tplc_template *t = &set->template[i];
        for (int part = t->is_layout ? 1 : 0; part <= (t->is_layout ? 2 : 0); part++) {
            static const char *const suffix[] = {"", "_open", "_close"};
            sb_printf(out, "void tpl_%.*s%s(struct sb *out, const %.*s *v);\n",
                      STR_ARG(t->name), suffix[part], STR_ARG(t->type));
        }
    }
}

static void put_code(struct sb *out, const struct tplc_set *set, const char *header)
{
    const char *slash = strrchr(header, '/');
    sb_printf(out,
              "/* Made from the templates by shared/tools/tplc.c; do not edit. */\n"
              "#include \"%s\"\n\n#include \"gen/assets.h\"\n#include \"shared/tpl.h\"\n",
              slash == NULL ? header : slash + 1);
    for (size_t i = 0; i < set->n; i++) {
        sb_str(out, set->template[i].code);
    }
}

static bool compile_all(struct arena *arena, const struct tplc_set *set)
{
    bool good = true;
    for (size_t i = 0; i < set->n; i++) {
        struct str error;
        if (!tplc_compile(arena, set, i, &error)) {
            (void)fprintf(stderr, "%.*s\n", STR_ARG(error));
            good = false;
        }
    }
    return good;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        die("tplc", "usage: tplc OUTPUT TEMPLATE...");
    }
    struct arena *arena = arena_new(ARENA_MAX);
    struct tplc_set set = {.n = (size_t)argc - 2};
    set.template = ARENA_ARRAY(arena, set.n + 1, struct tplc_template);
    for (size_t i = 0; i < set.n; i++) {
        set.template[i].path = str_from(argv[i + 2]);
        set.template[i].name = name_of(arena, argv[i + 2]);
        set.template[i].source = read_whole(arena, argv[i + 2]);
    }
    if (!compile_all(arena, &set)) {
        return 1;
    }
    struct sb header, code;
    sb_init(&header, arena, OUTPUT_MAX);
    sb_init(&code, arena, OUTPUT_MAX);
    char *header_path = arena_cstr(arena, arena_print(arena, "%s.h", argv[1]));
    put_header(&header, &set);
    put_code(&code, &set, header_path);
    write_whole(header_path, &header);
    write_whole(arena_cstr(arena, arena_print(arena, "%s.c", argv[1])), &code);
    arena_free(arena);
    return 0;
}
