/* config.h: the environment, right and wrong. */
#include "shared/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <unistd.h>

static struct ctx ctx;
static char key_path[] = "/tmp/test_config.XXXXXX";

static void write_key(size_t n)
{
    FILE *file = fopen(key_path, "wb");
    assert_non_null(file);
    for (size_t i = 0; i < n; i++) {
        (void)fputc('k', file);
    }
    assert_int_equal(fclose(file), 0);
}

/* What leadboard-web needs, and nothing else. */
static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new(1 << 20)};
    assert_int_equal(clearenv(), 0);
    assert_int_equal(setenv("DATABASE_URL", "host=/x password=hidden", 1), 0);
    assert_int_equal(setenv("SOCKET", "/run/web.sock", 1), 0);
    assert_int_equal(setenv("KEY_FILE", key_path, 1), 0);
    write_key(32);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static enum err load(enum config_program program, struct config *config)
{
    ctx_clear(&ctx);
    return config_load(&ctx, program, config);
}

static void refused_for(enum config_program program, const char *word)
{
    struct config config = {.slots = 77};
    assert_int_equal(load(program, &config), ERR_INVALID);
    if (!str_contains(ctx.why, str_from(word))) {
        fail_msg("\"%.*s\" does not name %s", STR_ARG(ctx.why), word);
    }
    assert_int_equal(config.slots, 77); /* untouched */
}

static int64_t default_for_web(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 2 ? 3 : processors > 255 ? 256 : processors + 1;
}

static void defaults(void **state)
{
    (void)state;
    struct config config;
    assert_int_equal(load(CONFIG_WEB, &config), ERR_NONE);
    assert_int_equal(config.children, default_for_web());
    assert_true(config.notify);
    assert_int_equal(config.level, LOG_INFO);
    assert_true(str_eq(config.database_url_web, config.database_url));
    assert_int_equal(config.publish_socket.n, 0);
    assert_true(config.has_key);
    assert_int_equal(config.key[31], 'k');
    assert_int_equal(load(CONFIG_COLLECT, &config), ERR_NONE);
    assert_int_equal(config.children, 4);
    assert_int_equal(load(CONFIG_WORKER, &config), ERR_NONE);
    assert_int_equal(config.slots, 8);
}

static void values_are_taken(void **state)
{
    (void)state;
    struct config config;
    (void)setenv("DATABASE_URL_WEB", "host=/other", 1);
    (void)setenv("CHILDREN", "256", 1);
    (void)setenv("NOTIFY", "off", 1);
    (void)setenv("LOG_LEVEL", "debug", 1);
    assert_int_equal(load(CONFIG_WEB, &config), ERR_NONE);
    assert_true(str_eq(config.database_url_web, STR("host=/other")));
    assert_int_equal(config.children, 256);
    assert_false(config.notify);
    assert_int_equal(config.level, LOG_DEBUG);
}

static void empty_is_not_set(void **state)
{
    (void)state;
    struct config config;
    (void)setenv("CHILDREN", "", 1);
    assert_int_equal(load(CONFIG_WEB, &config), ERR_NONE);
    assert_int_equal(config.children, default_for_web());
    (void)setenv("SOCKET", "", 1);
    refused_for(CONFIG_WEB, "SOCKET");
}

static void what_is_needed_must_be_there(void **state)
{
    (void)state;
    (void)unsetenv("DATABASE_URL");
    refused_for(CONFIG_WEB, "DATABASE_URL");
    refused_for(CONFIG_ADMIN, "DATABASE_URL");
    (void)setenv("DATABASE_URL", "host=/x", 1);
    (void)unsetenv("KEY_FILE");
    refused_for(CONFIG_WEB, "KEY_FILE");
    (void)unsetenv("SOCKET");
    refused_for(CONFIG_COLLECT, "SOCKET");
}

static void wrong_values_are_refused(void **state)
{
    static const char *const bad[][2] = {
        {"CHILDREN", "0"},    {"CHILDREN", "257"},   {"CHILDREN", "-1"}, {"CHILDREN", "8x"},
        {"CHILDREN", " 8"},   {"CHILDREN", "8.0"},   {"NOTIFY", "yes"},  {"NOTIFY", "ON"},
        {"LOG_LEVEL", "all"}, {"LOG_LEVEL", "INFO"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)setenv(bad[i][0], bad[i][1], 1);
        refused_for(CONFIG_WEB, bad[i][0]);
        (void)unsetenv(bad[i][0]);
    }
}

static void unknown_names_are_refused(void **state)
{
    (void)state;
    struct config config;
    (void)setenv("LEADBOARD_OWNER_EMIAL", "x", 1);
    refused_for(CONFIG_WEB, "LEADBOARD_OWNER_EMIAL");
    (void)unsetenv("LEADBOARD_OWNER_EMIAL");
    (void)setenv("LEADBOARD_OWNER_EMAIL", "a@b.example", 1); /* of another program */
    (void)setenv("SOMETHING_ELSE", "x", 1);
    assert_int_equal(load(CONFIG_WEB, &config), ERR_NONE);
}

static void the_key_file_must_be_good(void **state)
{
    (void)state;
    write_key(31);
    refused_for(CONFIG_WEB, "KEY_FILE");
    (void)setenv("KEY_FILE", "/nowhere/key", 1);
    refused_for(CONFIG_WEB, "/nowhere/key");
    (void)setenv("KEY_FILE", "/tmp", 1);
    refused_for(CONFIG_WEB, "KEY_FILE");
}

static void printing_hides_secrets(void **state)
{
    (void)state;
    struct config config;
    struct sb sb;
    (void)setenv("LEADBOARD_OWNER_PASSWORD", "owner-hidden", 1);
    for (int program = CONFIG_WEB; program <= CONFIG_ADMIN; program *= 2) {
        assert_int_equal(load((enum config_program)program, &config), ERR_NONE);
        sb_init(&sb, ctx.arena, 65536);
        config_print(&config, (enum config_program)program, &sb);
        assert_true(str_contains(sb_view(&sb), STR("DATABASE_URL=(secret)")));
        assert_true(str_contains(sb_view(&sb), STR("LOG_LEVEL=info")));
        assert_false(str_contains(sb_view(&sb), STR("hidden")));
        assert_false(str_contains(sb_view(&sb), STR("kkkk")));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(defaults),
        TEST(values_are_taken),
        TEST(empty_is_not_set),
        TEST(what_is_needed_must_be_there),
        TEST(wrong_values_are_refused),
        TEST(unknown_names_are_refused),
        TEST(the_key_file_must_be_good),
        TEST(printing_hides_secrets),
    };
    int fd = mkstemp(key_path);
    if (fd < 0) {
        return 1;
    }
    (void)close(fd);
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(key_path);
    return status;
}
