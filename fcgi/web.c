/* leadboard-web: the pages. `leadboard-web --check-config` prints the configuration, `--routes`
 * the route table. */
#include "fcgi/web.h"

#include "fcgi/hashing.h"
#include "fcgi/server.h"
#include "shared/crypt.h"

#include <unistd.h>

#define ARENA_MAX ((size_t)64 * 1024 * 1024)
#define ANSWER_MAX ((size_t)16 * 1024 * 1024)

static enum err child_init(void *app_pointer)
{
    struct web_app *app = app_pointer;
    app->db = db_new(app->config->database_url_web, "leadboard_web");
    return ERR_NONE;
}

static void child_exit(void *app_pointer)
{
    struct web_app *app = app_pointer;
    db_free(app->db);
}

static int print_routes(struct arena *arena)
{
    struct sb text;
    sb_init(&text, arena, (size_t)1024 * 1024);
    router_print(&text);
    return fwrite(text.p, 1, text.n, stdout) == text.n && fflush(stdout) == 0 ? 0 : 1;
}

static int run(struct ctx *ctx, int argc, char **argv)
{
    struct config config;
    int end = config_start(ctx, CONFIG_WEB, "leadboard-web", argc, argv, &config);
    if (end >= 0) {
        return end;
    }
    struct web_app app = {
        .config = &config, .hash_slots_fd = hashing_open(), .hint.off = !config.notify};
    if (!crypt_init() || app.hash_slots_fd < 0) {
        log_event(LOG_ERROR, NULL, "web.start", LOG_TEXT("why", "no random numbers or memory"));
        return 1;
    }
    struct server server = {.socket_path = config.socket,
                            .children = (int)config.children,
                            .arena_max = ARENA_MAX,
                            .body_max = ANSWER_MAX,
                            .app = &app,
                            .child_init = child_init,
                            .handle = web_handle,
                            .child_exit = child_exit};
    return server_run(&server);
}

int main(int argc, char **argv)
{
    struct ctx ctx = {.arena = arena_new((size_t)4 * 1024 * 1024)};
    int status = argc == 2 && strcmp(argv[1], "--routes") == 0 ? print_routes(ctx.arena)
                                                               : run(&ctx, argc, argv);
    arena_free(ctx.arena);
    return status;
}
