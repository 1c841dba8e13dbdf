#include "shared/config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum kind { KIND_TEXT, KIND_NUMBER, KIND_SWITCH, KIND_LEVEL };

enum { ALL = CONFIG_WEB | CONFIG_COLLECT | CONFIG_WORKER | CONFIG_ADMIN };

struct key {
    const char *name;
    enum kind kind;
    const char *value; /* default; NULL: none */
    bool secret;
    int used_by;   /* programs that read it */
    int needed_by; /* programs that cannot do without */
    int64_t min, max;
    size_t offset;
    const char *help;
};

#define COLLECT_CHILDREN 4
#define WEB_CHILDREN_LEAST 3

#define AT(member) offsetof(struct config, member)

static const struct key keys[] = {
    {"DATABASE_URL", KIND_TEXT, NULL, true, ALL, ALL, 0, 0, AT(database_url),
     "PostgreSQL, as libpq takes it; as the owner of the tables for leadboard-admin"},
    {"DATABASE_URL_WEB", KIND_TEXT, NULL, true, CONFIG_WEB, 0, 0, 0, AT(database_url_web),
     "for leadboard-web; default DATABASE_URL, then SET ROLE leadboard_web"},
    {"DATABASE_URL_COLLECT", KIND_TEXT, NULL, true, CONFIG_COLLECT, 0, 0, 0,
     AT(database_url_collect),
     "for leadboard-collect; default DATABASE_URL, then SET ROLE leadboard_collect"},
    {"DATABASE_URL_WORKER", KIND_TEXT, NULL, true, CONFIG_WORKER, 0, 0, 0,
     AT(database_url_worker),
     "for leadboard-worker; default DATABASE_URL, then SET ROLE leadboard_worker"},
    {"SOCKET", KIND_TEXT, NULL, false, CONFIG_WEB | CONFIG_COLLECT, CONFIG_WEB | CONFIG_COLLECT,
     0, 0, AT(socket), "unix socket the FastCGI program listens on"},
    {"CHILDREN", KIND_NUMBER, NULL, false, CONFIG_WEB | CONFIG_COLLECT, 0, 1,
     CONFIG_CHILDREN_MAX, AT(children),
     "processes that answer; default for leadboard-web one more than processors, at least 3, "
     "for leadboard-collect 4"},
    {"SLOTS", KIND_NUMBER, "8", false, CONFIG_WORKER, 0, 1, 128, AT(slots),
     "jobs a worker runs at once"},
    {"KEY_FILE", KIND_TEXT, NULL, false, ALL, CONFIG_WEB | CONFIG_WORKER, 0, 0, AT(key_file),
     "file with at least 32 secret random bytes"},
    {"PUBLISH_SOCKET", KIND_TEXT, "", false, CONFIG_WEB | CONFIG_WORKER, 0, 0, 0,
     AT(publish_socket), "unix socket of nginx that takes live messages; empty: pages poll"},
    {"FETCH_CONNECT_TO", KIND_TEXT, "", false, CONFIG_WORKER, 0, 0, 0, AT(fetch_connect_to),
     "host:port of a gateway that all calls to sites and services go through, but not mail"},
    {"FETCH_CA_FILE", KIND_TEXT, "", false, CONFIG_WORKER, 0, 0, 0, AT(fetch_ca_file),
     "certificates that sites, services and mail servers are checked by; empty: the system's"},
    {"DNS_SERVER", KIND_TEXT, "", false, CONFIG_WORKER, 0, 0, 0, AT(dns_server),
     "name server for the names of visitors' addresses, as 192.0.2.53:5353; empty: the "
     "system's"},
    {"NETWORK_DB", KIND_TEXT, "", false, CONFIG_COLLECT, 0, 0, 0, AT(network_db),
     "MaxMind DB of who owns networks: the one that is built, GeoLite2-ASN ..."},
    {"COUNTRY_DB", KIND_TEXT, "", false, CONFIG_COLLECT, 0, 0, 0, AT(country_db),
     "MaxMind DB of countries"},
    {"CITY_DB", KIND_TEXT, "", false, CONFIG_COLLECT, 0, 0, 0, AT(city_db),
     "MaxMind DB of regions and cities, as GeoLite2-City; empty: countries only"},
    {"PUBLIC_URL", KIND_TEXT, "", false, CONFIG_WEB | CONFIG_WORKER, 0, 0, 0, AT(public_url),
     "address of LeadBoard as people type it; default: as the browser asked"},
    {"LEADBOARD_OWNER_EMAIL", KIND_TEXT, "", false, CONFIG_ADMIN, 0, 0, 0, AT(owner_email),
     "creates the first owner unattended"},
    {"LEADBOARD_OWNER_PASSWORD", KIND_TEXT, "", true, CONFIG_ADMIN, 0, 0, 0, AT(owner_password),
     "the first owner's password"},
    {"NOTIFY", KIND_SWITCH, "on", false, ALL, 0, 0, 0, AT(notify),
     "on or off: wake workers by NOTIFY"},
    {"LOG_LEVEL", KIND_LEVEL, "info", false, ALL, 0, 0, 0, AT(log_level),
     "debug, info, warn or error"},
};
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static const char *const levels[] = {"debug", "info", "warn", "error"};

static void *member(struct config *config, const struct key *key)
{
    return (char *)config + key->offset;
}

static enum err set_number(struct ctx *ctx, const struct key *key, struct str value,
                           int64_t *out_number)
{
    int64_t number;
    if (!str_to_i64(value, &number) || number < key->min || number > key->max) {
        return ctx_fail(ctx, ERR_INVALID, "%s must be a number from %lld to %lld.", key->name,
                        (long long)key->min, (long long)key->max);
    }
    *out_number = number;
    return ERR_NONE;
}

static enum err set_switch(struct ctx *ctx, const struct key *key, struct str value,
                           bool *out_on)
{
    if (!str_eq(value, STR("on")) && !str_eq(value, STR("off"))) {
        return ctx_fail(ctx, ERR_INVALID, "%s must be on or off.", key->name);
    }
    *out_on = str_eq(value, STR("on"));
    return ERR_NONE;
}

static enum err set_level(struct ctx *ctx, const struct key *key, struct str value,
                          struct config *config)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (str_eq(value, str_from(levels[i]))) {
            config->log_level = value;
            config->level = (enum log_level)i;
            return ERR_NONE;
        }
    }
    return ctx_fail(ctx, ERR_INVALID, "%s must be debug, info, warn or error.", key->name);
}

static enum err set(struct ctx *ctx, const struct key *key, const char *text,
                    struct config *config)
{
    struct str value = str_from(text);
    switch (key->kind) {
    case KIND_NUMBER:
        return set_number(ctx, key, value, member(config, key));
    case KIND_SWITCH:
        return set_switch(ctx, key, value, member(config, key));
    case KIND_LEVEL:
        return set_level(ctx, key, value, config);
    case KIND_TEXT:
        break;
    }
    *(struct str *)member(config, key) = value;
    return ERR_NONE;
}

static enum err load_key(struct ctx *ctx, const struct key *key, enum config_program program,
                         struct config *config)
{
    const char *text = getenv(key->name);
    bool given = text != NULL && text[0] != '\0';
    if (!given && (key->needed_by & (int)program) != 0) {
        return ctx_fail(ctx, ERR_INVALID, "%s is not set: %s.", key->name, key->help);
    }
    if (!given) {
        text = key->value;
    }
    return text == NULL ? ERR_NONE : set(ctx, key, text, config);
}

static bool is_known(const char *entry)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        size_t n = strlen(keys[i].name);
        if (strncmp(entry, keys[i].name, n) == 0 && entry[n] == '=') {
            return true;
        }
    }
    return false;
}

static enum err refuse_unknown(struct ctx *ctx)
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, "LEADBOARD_", 10) == 0 && !is_known(*entry)) {
            struct str name = str_from(*entry);
            name = str_slice(name, 0, str_find(name, '='));
            return ctx_fail(ctx, ERR_INVALID, "%.*s is not a variable that LeadBoard knows.",
                            STR_ARG(name));
        }
    }
    return ERR_NONE;
}

static enum err read_secret(struct ctx *ctx, struct config *config)
{
    if (config->key_file.n == 0) {
        return ERR_NONE;
    }
    int fd = open(arena_cstr(ctx->arena, config->key_file), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, config->key, sizeof(config->key));
    if (fd >= 0) {
        (void)close(fd);
    }
    if (n != (ssize_t)sizeof(config->key)) {
        return ctx_fail(ctx, ERR_INVALID, "KEY_FILE %.*s cannot be read or has under %d bytes.",
                        STR_ARG(config->key_file), CONFIG_KEY_BYTES);
    }
    config->has_key = true;
    return ERR_NONE;
}

/* A page is mostly work of PostgreSQL's: when many are made at once each takes as long as all
 * of them, with few the others wait their turn. One more than processors, because moves wait
 * for the disk; a slow page leaves others at least two. */
static int64_t default_children(enum config_program program)
{
    int64_t wanted = (int64_t)sysconf(_SC_NPROCESSORS_ONLN) + 1;
    if (program != CONFIG_WEB) {
        return COLLECT_CHILDREN;
    }
    return wanted < WEB_CHILDREN_LEAST    ? WEB_CHILDREN_LEAST
           : wanted > CONFIG_CHILDREN_MAX ? CONFIG_CHILDREN_MAX
                                          : wanted;
}

enum err config_load(struct ctx *ctx, enum config_program program, struct config *out_config)
{
    struct config config = {.children = default_children(program)};
    for (size_t i = 0; i < N_KEYS; i++) {
        if ((keys[i].used_by & (int)program) != 0) {
            TRY(load_key(ctx, &keys[i], program, &config));
        }
    }
    struct str *urls[] = {&config.database_url_web, &config.database_url_collect,
                          &config.database_url_worker};
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        if (urls[i]->n == 0) {
            *urls[i] = config.database_url;
        }
    }
    TRY(refuse_unknown(ctx));
    TRY(read_secret(ctx, &config));
    *out_config = config;
    return ERR_NONE;
}

static void print_value(const struct config *config, const struct key *key, struct sb *out)
{
    const void *value = (const char *)config + key->offset;
    switch (key->kind) {
    case KIND_NUMBER:
        sb_i64(out, *(const int64_t *)value);
        break;
    case KIND_SWITCH:
        sb_str(out, *(const bool *)value ? STR("on") : STR("off"));
        break;
    case KIND_TEXT:
    case KIND_LEVEL: {
        struct str text = *(const struct str *)value;
        sb_str(out, key->secret && text.n != 0 ? STR("(secret)") : text);
        break;
    }
    }
}

void config_print(const struct config *config, enum config_program program, struct sb *out)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        if ((keys[i].used_by & (int)program) == 0) {
            continue;
        }
        sb_str(out, str_from(keys[i].name));
        sb_char(out, '=');
        print_value(config, &keys[i], out);
        SB_LIT(out, "  # ");
        sb_str(out, str_from(keys[i].help));
        sb_char(out, '\n');
    }
}

int config_start(struct ctx *ctx, enum config_program program, const char *name, int argc,
                 char **argv, struct config *out_config)
{
    log_init(LOG_INFO, name);
    if (config_load(ctx, program, out_config) != ERR_NONE) {
        log_event(LOG_ERROR, NULL, "config.wrong", LOG_STR("why", ctx->why));
        return CONFIG_EXIT;
    }
    log_init(out_config->level, name);
    if (argc != 2 || strcmp(argv[1], "--check-config") != 0) {
        return -1;
    }
    struct sb text;
    sb_init(&text, ctx->arena, 65536);
    config_print(out_config, program, &text);
    return fwrite(text.p, 1, text.n, stdout) == text.n && fflush(stdout) == 0 ? 0 : 1;
}
