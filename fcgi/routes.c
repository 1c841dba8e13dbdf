/* Every address that leadboard-web answers, and who may ask it for what. */
#include "fcgi/handlers.h"

#define KB 1024
#define SMALL (16 * KB)
#define TEXT (128 * KB) /* notes and long lists */

/* Forms are declared beside their handlers. */
extern const struct form_spec login_spec, setup_spec, profile_name_spec, profile_password_spec,
    dataset_spec, dataset_new_spec, dataset_use_spec, segment_spec;

#define PUBLIC ROUTE_PUBLIC
#define OWN ROUTE_OWN_TRANSACTION
#define AGAIN ROUTE_FORM_AGAIN
#define MACHINE (ROUTE_PUBLIC | ROUTE_JSON | ROUTE_NO_SESSION | ROUTE_QUIET)
#define ANY ROUTE_ANY_DATASET

/* clang-format off */
static const struct route table[] = {
    /* method, path, least role, flags, bytes, form, handler */
    {METHOD_GET, "/", 0, PUBLIC, 0, NULL, handle_home},
    {METHOD_GET, "/healthz", 0, MACHINE, 0, NULL, handle_health},
    {METHOD_GET, "/readyz", 0, MACHINE | OWN, 0, NULL, handle_ready},
    {METHOD_GET, "/metrics", 0, MACHINE, 0, NULL, handle_metrics},

    {METHOD_GET, "/setup", 0, PUBLIC, 0, NULL, handle_setup},
    {METHOD_POST, "/setup", 0, PUBLIC | OWN | AGAIN, SMALL, &setup_spec, handle_setup_post},
    {METHOD_GET, "/login", 0, PUBLIC, 0, NULL, handle_login},
    {METHOD_POST, "/login", 0, PUBLIC | OWN | AGAIN, SMALL, &login_spec, handle_login_post},
    {METHOD_GET, "/accounts/{account}/icon", ROLE_USER, 0, 0, NULL, handle_account_icon},

    {METHOD_POST, "/logout", ROLE_USER, ANY, SMALL, NULL, handle_logout},

    {METHOD_GET, "/settings", ROLE_USER, ANY, 0, NULL, handle_settings},
    {METHOD_GET, "/settings/profile", ROLE_USER, ANY, 0, NULL, handle_profile},
    {METHOD_POST, "/settings/profile/name", ROLE_USER, ANY | AGAIN, SMALL, &profile_name_spec,
     handle_profile_name},
    {METHOD_POST, "/settings/profile/password", ROLE_USER, ANY | OWN | AGAIN, SMALL,
     &profile_password_spec, handle_profile_password},

    {METHOD_GET, "/settings/datasets", ROLE_ADMIN, ANY, 0, NULL, handle_datasets},
    {METHOD_POST, "/settings/datasets", ROLE_ADMIN, ANY | AGAIN, SMALL, &dataset_new_spec,
     handle_dataset_add},
    {METHOD_GET, "/settings/datasets/new", ROLE_ADMIN, ANY, 0, NULL, handle_dataset_new},
    {METHOD_GET, "/settings/datasets/{dataset}", ROLE_ADMIN, ANY, 0, NULL, handle_dataset},
    {METHOD_POST, "/settings/datasets/{dataset}", ROLE_ADMIN, ANY | AGAIN, SMALL, &dataset_spec,
     handle_dataset_save},
    {METHOD_POST, "/dataset", ROLE_USER, ANY, SMALL, &dataset_use_spec, handle_dataset_use},

    {METHOD_GET, "/segments", ROLE_USER, 0, 0, NULL, handle_segments},
    {METHOD_POST, "/segments", ROLE_USER, AGAIN, TEXT, &segment_spec, handle_segment_add},
    {METHOD_GET, "/segments/new", ROLE_USER, 0, 0, NULL, handle_segment_new},
    {METHOD_GET, "/segments/{segment}", ROLE_USER, 0, 0, NULL, handle_segment},
    {METHOD_POST, "/segments/{segment}", ROLE_USER, AGAIN, TEXT, &segment_spec,
     handle_segment_save},
    {METHOD_POST, "/segments/{segment}/delete", ROLE_USER, 0, SMALL, NULL,
     handle_segment_delete},

    {METHOD_GET, "/tracking", ROLE_USER, 0, 0, NULL, handle_tracking},
    {METHOD_GET, "/tracking/check", ROLE_USER, ROUTE_QUIET, 0, NULL, handle_tracking_check},
};
/* clang-format on */

const struct route *route_table(size_t *out_n)
{
    *out_n = sizeof(table) / sizeof(table[0]);
    return table;
}
