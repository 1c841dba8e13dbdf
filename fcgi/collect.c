/*
 * leadboard-collect: the collector as a FastCGI program.
 */
#include "fcgi/collector.h"
#include "fcgi/collector_network.h"
#include "fcgi/server.h"
#include "shared/config.h"
#include "shared/crypt.h"

struct app {
    struct config config;
    struct collector_networks *networks; /* mapped before the children are made */
    struct collector *collector;         /* each child's own */
};

static enum err child_init(void *context)
{
    struct app *app = context;
    struct config *config = &app->config;
    bool own_url = config->database_url_collect.n != 0;
    app->collector =
        collector_new(own_url ? config->database_url_collect : config->database_url,
                      config->key, app->networks);
    return ERR_NONE;
}

static void child_exit(void *context)
{
    struct app *app = context;
    collector_free(app->collector);
}

static void handle(void *context, struct exchange *const *exchanges, size_t n)
{
    struct app *app = context;
    collector_handle(app->collector, exchanges, n);
}

static void idle(void *context)
{
    struct app *app = context;
    collector_idle(app->collector);
}

static int run(struct ctx *ctx, int argc, char **argv)
{
    struct app app = {0};
    int status =
        config_start(ctx, CONFIG_COLLECT, "leadboard-collect", argc, argv, &app.config);
    if (status >= 0) {
        return status;
    }
    if (!crypt_init()) {
        return 1;
    }
    if (!app.config.has_key) {
        /* Good for the day's visitors without a cookie on one host, until the next start. */
        crypt_random(app.config.key, sizeof(app.config.key));
    }
    app.networks = collector_networks_open(ctx, &app.config);
    struct server server = {
        .socket_path = app.config.socket,
        .children = (int)app.config.children,
        .arena_max = COLLECTOR_ARENA_MAX,
        .body_max = COLLECTOR_ANSWER_MAX,
        .app = &app,
        .child_init = child_init,
        .handle_many = handle,
        .together = COLLECTOR_TOGETHER,
        .child_exit = child_exit,
        .idle = idle,
        .idle_ms = COLLECTOR_IDLE_MS,
    };
    return server_run(&server);
}

int main(int argc, char **argv)
{
    struct ctx ctx = {.arena = arena_new((size_t)1 << 20)};
    int status = run(&ctx, argc, argv);
    arena_free(ctx.arena);
    return status;
}
