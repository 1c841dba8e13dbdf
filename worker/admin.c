/* leadboard-admin: what is done to an installation from the command line. */
#include "shared/config.h"
#include "shared/crypt.h"
#include "shared/db.h"
#include "shared/migrate.h"
#include "shared/queue.h"
#include "worker/demo.h"
#include "worker/owner.h"
#include "worker/rebuild.h"

#define ARENA_CAP ((size_t)64 << 20)

struct command {
    const char *name;
    enum err (*run)(struct ctx *ctx, struct db *db, const struct config *config);
    /* Instead of run: takes what stands behind the command. */
    enum err (*run_with)(struct ctx *ctx, struct db *db, const struct config *config, int argc,
                         char **argv);
    const char *help;
};

static enum err run_migrate(struct ctx *ctx, struct db *db, const struct config *config)
{
    (void)config;
    return migrate_run(db, ctx, NULL);
}

static enum err run_revive(struct ctx *ctx, struct db *db, const struct config *config)
{
    (void)config;
    int64_t count = 0;
    TRY(queue_revive(db, &count));
    log_event(LOG_INFO, ctx, "jobs.revived", LOG_I64("count", count));
    return ERR_NONE;
}

/* Commands work on the database as its owner. */
static const struct command commands[] = {
    {"migrate", run_migrate, NULL, "brings the database to the version of this program"},
    {"owner", owner_create, NULL,
     "makes the first owner from LEADBOARD_OWNER_EMAIL and _PASSWORD"},
    {"rebuild", rebuild_run, NULL,
     "derives all leads and companies again from the log (worker/rebuild.h)"},
    {"revive", run_revive, NULL, "puts jobs that were given up back into the queue"},
    {"demo", NULL, demo_run, "fills a workspace with a generated history (worker/demo.h)"},
};

static int usage(void)
{
    (void)fprintf(stderr, "usage: leadboard-admin COMMAND\n\n");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        (void)fprintf(stderr, "  %-14s %s\n", commands[i].name, commands[i].help);
    }
    (void)fprintf(stderr, "  %-14s %s\n", "check-config", "prints the configuration in use");
    return 2;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static int run_command(const struct command *command, struct ctx *ctx,
                       const struct config *config, int argc, char **argv)
{
    if (!crypt_init()) {
        log_event(LOG_ERROR, NULL, "crypt.failed", LOG_TEXT("why", "no random numbers"));
        return 1;
    }
    struct db *db = db_new(config->database_url, NULL);
    db_use(db, ctx);
    enum err err = command->run != NULL ? command->run(ctx, db, config)
                                        : command->run_with(ctx, db, config, argc, argv);
    if (err != ERR_NONE) {
        log_event(LOG_ERROR, NULL, "admin.failed", LOG_TEXT("command", command->name),
                  LOG_TEXT("err", err_name(err)), LOG_STR("why", ctx->why),
                  LOG_STR("detail", ctx->detail));
    }
    db_free(db);
    return err == ERR_NONE ? 0 : 1;
}

int main(int argc, char **argv)
{
    char flag[] = "--check-config";
    bool check = argc == 2 && (strcmp(argv[1], flag) == 0 || strcmp(argv[1], flag + 2) == 0);
    const struct command *command = argc >= 2 ? find_command(argv[1]) : NULL;
    bool extra = argc > 2 && command != NULL && command->run_with == NULL;
    if (!check && (command == NULL || extra)) {
        return usage();
    }
    if (check) {
        argv[1] = flag;
    }
    struct ctx ctx = {.arena = arena_new(ARENA_CAP)};
    struct config config;
    int status = config_start(&ctx, CONFIG_ADMIN, "admin", argc, argv, &config);
    if (status < 0 && command != NULL) {
        status = run_command(command, &ctx, &config, argc - 2, argv + 2);
    }
    arena_free(ctx.arena);
    return status;
}
