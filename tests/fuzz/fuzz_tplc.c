/*
 * fuzz_tplc - any bytes as a template: compiled or refused with a message, never worse.
 */
#include "shared/tools/tplc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compile(struct arena *arena, struct str source)
{
    struct tplc_template templates[] = {
        {.path = STR("fuzz.html"), .name = STR("fuzz"), .source = source},
        {.path = STR("part.html"), .name = STR("part"), .source = STR("<p></p>")},
        {.path = STR("layout.html"), .name = STR("layout"), .source = STR("{{content}}")},
    };
    struct tplc_set set = {.template = templates, .n = 3};
    struct str error = {0};
    bool good = tplc_compile(arena, &set, 0, &error);
    if (good != (error.n == 0) || (good && templates[0].code.n == 0)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char head[] = "{{page struct x \"x.h\"}}";
    struct arena *arena = arena_new((size_t)256 << 20);
    struct str in = {.p = (const char *)data, .n = size};
    compile(arena, arena_dup(arena, in));
    compile(arena, arena_print(arena, "%s%.*s", head, STR_ARG(in)));
    arena_free(arena);
    return 0;
}
