/* router.h and the route table: what matches, what does not, and that no row is careless. */
#include "fcgi/web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

static int set_up(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new(1 << 20)};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static const struct route small[] = {
    {METHOD_GET, "/", 0, 0, 0, NULL, NULL},
    {METHOD_GET, "/boards", 0, 0, 0, NULL, NULL},
    {METHOD_POST, "/boards", 0, 0, 0, NULL, NULL},
    {METHOD_GET, "/boards/new", 0, 0, 0, NULL, NULL},
    {METHOD_GET, "/boards/{board}", 0, 0, 0, NULL, NULL},
    {METHOD_GET, "/boards/{board}/cards/{card}", 0, 0, 0, NULL, NULL},
    {METHOD_POST, "/boards/{board}/cards/{card}/move", 0, 0, 0, NULL, NULL},
};

static struct route_match find(enum request_method method, const char *path)
{
    struct route_match match;
    router_find(&ctx, small, sizeof(small) / sizeof(small[0]), method, str_from(path), &match);
    return match;
}

static void found(void **state)
{
    (void)state;
    assert_ptr_equal(find(METHOD_GET, "/").route, &small[0]);
    assert_ptr_equal(find(METHOD_HEAD, "/boards").route, &small[1]);
    assert_ptr_equal(find(METHOD_POST, "/boards").route, &small[2]);
    assert_ptr_equal(find(METHOD_GET, "/boards/new").route, &small[3]);
    struct route_match match = find(METHOD_GET, "/boards/12/cards/9223372036854775807");
    assert_ptr_equal(match.route, &small[5]);
    assert_int_equal(match.ids[0], 12);
    assert_int_equal(match.ids[1], INT64_MAX);
}

static void not_found(void **state)
{
    (void)state;
    static const char *const paths[] = {"",
                                        "/x",
                                        "/boards/",
                                        "/board",
                                        "/boards/0",
                                        "/boards/-1",
                                        "/boards/01",
                                        "/boards/1x",
                                        "/boards/ 1",
                                        "/boards//cards/1",
                                        "/boards/9223372036854775808",
                                        "/boards/1/cards/",
                                        "/BOARDS"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct route_match match = find(METHOD_GET, paths[i]);
        assert_null(match.route);
        assert_false(match.path_known);
    }
}

static void wrong_method(void **state)
{
    (void)state;
    struct route_match match = find(METHOD_OTHER, "/boards");
    assert_null(match.route);
    assert_true(match.path_known);
    assert_true(str_eq(match.allow, STR("GET, HEAD, POST")));
    assert_true(str_eq(find(METHOD_POST, "/boards/1").allow, STR("GET, HEAD")));
    assert_true(str_eq(find(METHOD_GET, "/boards/1/cards/2/move").allow, STR("POST")));
    assert_true(str_eq(find(METHOD_OPTIONS, "/").allow, STR("GET, HEAD")));
}

/* Public is written out for each page that is; the list is here on purpose. */
static bool may_be_public(const char *pattern)
{
    static const char *const public[] = {"/",        "/healthz", "/readyz",
                                         "/metrics", "/setup",   "/login"};
    for (size_t i = 0; i < sizeof(public) / sizeof(public[0]); i++) {
        if (strcmp(pattern, public[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void no_row_is_careless(void **state)
{
    (void)state;
    size_t n;
    const struct route *table = route_table(&n);
    for (size_t i = 0; i < n; i++) {
        const struct route *route = &table[i];
        bool public = (route->flags & ROUTE_PUBLIC) != 0;
        assert_true(route->method == METHOD_GET || route->method == METHOD_POST);
        assert_non_null(route->handler);
        assert_true(public ? may_be_public(route->pattern) : route->least >= ROLE_USER);
        assert_true(route->method == METHOD_GET ? route->body_max == 0 : route->body_max > 0);
        assert_true(route->body_max <= 1024 * 1024);
        for (size_t j = i + 1; j < n; j++) {
            assert_false(route->method == table[j].method &&
                         strcmp(route->pattern, table[j].pattern) == 0);
        }
        for (size_t f = 0; route->form != NULL && f < route->form->n; f++) {
            const struct form_field *field = &route->form->fields[f];
            assert_true(field->offset < route->form->size);
            assert_non_null(field->label);
            assert_true(field->kind != FORM_ENUM || field->choices != NULL);
        }
    }
}

static void a_fixed_path_is_never_hidden(void **state)
{
    (void)state;
    size_t n;
    const struct route *table = route_table(&n);
    for (size_t i = 0; i < n; i++) {
        if (strchr(table[i].pattern, '{') != NULL) {
            continue;
        }
        struct route_match match;
        router_find(&ctx, table, n, table[i].method, str_from(table[i].pattern), &match);
        assert_ptr_equal(match.route, &table[i]);
    }
}

static void pages(void **state)
{
    (void)state;
    assert_true(router_has_page(&ctx, STR("/login?next=x")));
    assert_true(router_has_page(&ctx, STR("/settings/datasets/12")));
    assert_false(router_has_page(&ctx, STR("/logout")));
    assert_false(router_has_page(&ctx, STR("/nowhere")));
    assert_false(router_has_page(&ctx, STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(not_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_method, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_row_is_careless, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_fixed_path_is_never_hidden, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pages, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
