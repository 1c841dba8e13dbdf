/* What the readers of company sites find in a page, as JSON: read_page FILE DOMAIN. For
 * tests/pages/coverage.mjs. */
#include "shared/json.h"
#include "worker/company/profile.h"

#include <stdio.h>

#define FILE_MAX ((size_t)8 << 20)

static struct str read_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    char *bytes = arena_raw(arena, FILE_MAX);
    size_t n = file == NULL ? 0 : fread(bytes, 1, FILE_MAX, file);
    if (file != NULL) {
        (void)fclose(file);
    }
    return (struct str){.p = bytes, .n = n};
}

static void print_facts(struct ctx *ctx, const struct profile *profile)
{
    struct profile_facts facts;
    struct str icons[3];
    struct sb sb;
    sb_init(&sb, ctx->arena, (size_t)1 << 20);
    profile_facts(ctx, profile, &facts);
    sb_printf(&sb, "{\"guessed\":%s,\"icons\":%zu,\"schema\":%d",
              facts.name_is_guessed ? "true" : "false",
              profile_icons(ctx, profile, icons, 3) - 1, profile->organization.weight);
    for (size_t i = 0; i < facts.n; i++) {
        sb_char(&sb, ',');
        json_write_str(&sb, facts.fields[i]);
        sb_char(&sb, ':');
        json_write_str(&sb, facts.values[i]);
    }
    sb_char(&sb, '}');
    struct str text = sb_view(&sb);
    (void)printf("%.*s\n", STR_ARG(text));
}

int main(int argc, char **argv)
{
    struct ctx ctx = {.arena = arena_new((size_t)64 << 20)};
    struct profile profile;
    if (argc != 3) {
        (void)fprintf(stderr, "read_page FILE DOMAIN\n");
        return 2;
    }
    struct str domain = str_from(argv[2]);
    profile_init(&profile, domain);
    profile_add(
        &ctx, &profile,
        &(struct profile_page){.html = read_file(ctx.arena, argv[1]),
                               .content_type = STR("text/html"),
                               .url = arena_print(ctx.arena, "https://%.*s/", STR_ARG(domain)),
                               .home = true});
    print_facts(&ctx, &profile);
    arena_free(ctx.arena);
    return 0;
}
