/*
 * config.h - the configuration: environment variables, and nothing else. One table in config.c
 * says each one's name, kind, default and meaning; `--check-config` prints it.
 *
 * Text points into the environment.
 */
#ifndef LEADBOARD_CONFIG_H
#define LEADBOARD_CONFIG_H

#include "shared/ctx.h"
#include "shared/log.h"
#include "shared/sb.h"

#define CONFIG_KEY_BYTES 32
#define CONFIG_CHILDREN_MAX 256
/* Exit status of a program whose configuration is wrong (EX_CONFIG). */
#define CONFIG_EXIT 78

enum config_program {
    CONFIG_WEB = 1,
    CONFIG_COLLECT = 2,
    CONFIG_WORKER = 4,
    CONFIG_ADMIN = 8,
};

struct config {
    struct str database_url; /* of the owner: migrations */
    struct str database_url_web, database_url_collect, database_url_worker;
    struct str socket;
    int64_t children; /* 1 to CONFIG_CHILDREN_MAX */
    int64_t slots;
    struct str key_file;
    struct str publish_socket;   /* empty: no live connections, pages poll */
    struct str fetch_connect_to; /* "host:port"; empty: straight to the public internet */
    struct str fetch_ca_file;    /* empty: the system's */
    struct str dns_server;       /* "address" or "address:port"; empty: the system's */
    struct str network_db, country_db, city_db; /* files; empty: none */
    struct str owner_email, owner_password;
    struct str public_url;
    struct str log_level;
    bool notify;

    /* Made from the above. */
    enum log_level level;
    bool has_key;
    uint8_t key[CONFIG_KEY_BYTES]; /* contents of key_file */
};

/* Reads the environment for one program. ERR_INVALID, with a sentence that names the variable,
 * when a value is wrong, a needed one is missing, or there is an unknown LEADBOARD_ variable.
 */
MUST_CHECK enum err config_load(struct ctx *ctx, enum config_program program,
                                struct config *out_config);
/* The table with the values in use, one a line; secrets are not shown. */
void config_print(const struct config *config, enum config_program program, struct sb *out);
/* For main(): loads, starts the log, and handles --check-config. Returns -1 to go on, or the
 * exit status to end with. */
int config_start(struct ctx *ctx, enum config_program program, const char *name, int argc,
                 char **argv, struct config *out_config);

#endif
