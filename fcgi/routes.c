/* Every address that leadboard-web answers, and who may ask it for what. */
#include "fcgi/handlers.h"

#define KB 1024
#define SMALL (16 * KB)
#define TEXT (128 * KB)  /* notes and long lists */
#define LARGE (512 * KB) /* automations: ten messages, and what they are about */
#define FORMULA (256 * KB)

/* Forms are declared beside their handlers. */
extern const struct form_spec login_spec, setup_spec, profile_name_spec, profile_password_spec,
    dataset_spec, dataset_new_spec, dataset_use_spec, segment_spec, segment_owner_spec,
    segment_delete_spec;
extern const struct form_spec board_basics_spec, board_stages_spec, board_import_spec,
    board_delete_spec, board_view_spec, stage_sort_spec, stage_fold_spec, board_copy_spec,
    stage_delete_spec, card_move_spec, note_spec, note_pin_spec, note_delete_spec, detail_spec,
    note_restore_spec, mention_seen_spec;
extern const struct form_spec tags_spec, tag_name_spec;
extern const struct form_spec card_apply_spec, operation_undo_spec, exclusion_spec;
extern const struct form_spec card_add_spec, card_accept_spec;

extern const struct form_spec provider_order_spec, provider_switch_spec, provider_spec,
    provider_delete_spec, provider_try_spec, account_domain_spec, account_logo_spec,
    account_enrich_spec;
extern const struct form_spec score_spec, target_spec, ideal_spec;
extern const struct form_spec people_spec, hide_spec, hidden_spec;
extern const struct form_spec traffic_spec, traffic_names_spec;
extern const struct form_spec integration_spec, integration_switch_spec,
    mail_server_spec, mail_test_spec, profile_notices_spec, push_spec;
extern const struct form_spec guide_spec, automation_spec, automation_delete_spec,
    automation_switch_spec, backtest_spec;
extern const struct form_spec dataset_alias_spec, server_key_spec;

#define PUBLIC ROUTE_PUBLIC
#define OWN ROUTE_OWN_TRANSACTION
#define AGAIN ROUTE_FORM_AGAIN
#define MACHINE (ROUTE_PUBLIC | ROUTE_JSON | ROUTE_NO_SESSION | ROUTE_QUIET)
#define ANY ROUTE_ANY_DATASET

/* clang-format off */
static const struct route table[] = {
    /* method, path, least role, flags, bytes, form, handler */
    {METHOD_GET, "/", 0, PUBLIC, 0, NULL, handle_home},
    {METHOD_GET, "/healthz", 0, MACHINE | OWN, 0, NULL, handle_health},
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

    {METHOD_GET, "/settings/tags", ROLE_USER, 0, 0, NULL, handle_tag_list},
    {METHOD_POST, "/settings/tags", ROLE_ADMIN, AGAIN, SMALL, &tag_name_spec, handle_tag_add},
    {METHOD_GET, "/settings/tags/{tag}", ROLE_ADMIN, 0, 0, NULL, handle_tag},
    {METHOD_POST, "/settings/tags/{tag}", ROLE_ADMIN, AGAIN, SMALL, &tag_name_spec, handle_tag_save},
    {METHOD_POST, "/settings/tags/{tag}/delete", ROLE_ADMIN, 0, SMALL, &form_sure_spec, handle_tag_delete},

    {METHOD_GET, "/settings/enrichment", ROLE_ADMIN, 0, 0, NULL, handle_providers},
    {METHOD_POST, "/settings/enrichment/order", ROLE_ADMIN, 0, SMALL, &provider_order_spec, handle_provider_order},
    {METHOD_POST, "/settings/enrichment/switch", ROLE_ADMIN, 0, SMALL, &provider_switch_spec, handle_provider_switch},
    {METHOD_GET, "/settings/enrichment/provider", ROLE_ADMIN, 0, 0, NULL, handle_provider},
    {METHOD_POST, "/settings/enrichment/provider", ROLE_ADMIN, AGAIN, TEXT, &provider_spec, handle_provider_save},
    {METHOD_POST, "/settings/enrichment/provider/delete", ROLE_ADMIN, 0, SMALL, &provider_delete_spec, handle_provider_delete},
    {METHOD_POST, "/settings/enrichment/try", ROLE_ADMIN, AGAIN, SMALL, &provider_try_spec, handle_provider_try},
    {METHOD_GET, "/settings/enrichment/tries/{try}", ROLE_ADMIN, ROUTE_QUIET, 0, NULL, handle_provider_tried},

    {METHOD_GET, "/settings/score", ROLE_USER, 0, 0, NULL, handle_score},
    {METHOD_POST, "/settings/score", ROLE_ADMIN, AGAIN, FORMULA, &score_spec, handle_score_post},
    {METHOD_GET, "/settings/score/{version}", ROLE_USER, 0, 0, NULL, handle_score_version},
    {METHOD_GET, "/settings/score/drafts/{draft}", ROLE_ADMIN, 0, 0, NULL, handle_score_draft},
    {METHOD_POST, "/settings/score/drafts/{draft}/save", ROLE_ADMIN, 0, SMALL, NULL, handle_score_draft_save},
    {METHOD_POST, "/settings/score/drafts/{draft}/cancel", ROLE_ADMIN, 0, SMALL, NULL, handle_score_draft_cancel},

    {METHOD_GET, "/settings/targets", ROLE_USER, 0, 0, NULL, handle_targets},
    {METHOD_POST, "/settings/targets", ROLE_ADMIN, AGAIN, SMALL, &target_spec, handle_target_add},
    {METHOD_GET, "/settings/targets/{target}", ROLE_ADMIN, 0, 0, NULL, handle_target},
    {METHOD_POST, "/settings/targets/{target}", ROLE_ADMIN, AGAIN, SMALL, &target_spec, handle_target_save},
    {METHOD_POST, "/settings/targets/{target}/delete", ROLE_ADMIN, 0, SMALL, &form_sure_spec, handle_target_delete},

    {METHOD_GET, "/settings/ideal", ROLE_USER, 0, 0, NULL, handle_ideal},
    {METHOD_POST, "/settings/ideal", ROLE_ADMIN, AGAIN, TEXT, &ideal_spec, handle_ideal_post},
    {METHOD_POST, "/settings/ideal/off", ROLE_ADMIN, 0, SMALL, NULL, handle_ideal_off},

    {METHOD_GET, "/segments", ROLE_USER, 0, 0, NULL, handle_segments},
    {METHOD_POST, "/segments", ROLE_USER, AGAIN, TEXT, &segment_spec, handle_segment_add},
    {METHOD_GET, "/segments/new", ROLE_USER, 0, 0, NULL, handle_segment_new},
    {METHOD_GET, "/segments/quick", ROLE_USER, 0, 0, NULL, handle_segment_quick},
    {METHOD_POST, "/segments/count", ROLE_USER, OWN | AGAIN | ROUTE_QUIET, TEXT, &segment_spec, handle_segment_count},
    {METHOD_GET, "/segments/{segment}", ROLE_USER, 0, 0, NULL, handle_segment},
    {METHOD_POST, "/segments/{segment}", ROLE_USER, AGAIN, TEXT, &segment_spec, handle_segment_save},
    {METHOD_GET, "/segments/{segment}/changes", ROLE_USER, 0, 0, NULL, handle_segment_changes},
    {METHOD_GET, "/segments/{segment}/edit", ROLE_USER, 0, 0, NULL, handle_segment_edit},
    {METHOD_POST, "/segments/{segment}/copy", ROLE_USER, 0, SMALL, NULL, handle_segment_copy},
    {METHOD_GET, "/segments/{segment}/owner", ROLE_USER, 0, 0, NULL, handle_segment_owner},
    {METHOD_POST, "/segments/{segment}/owner", ROLE_USER, 0, SMALL, &segment_owner_spec, handle_segment_owner_post},
    {METHOD_GET, "/segments/{segment}/delete", ROLE_USER, 0, 0, NULL, handle_segment_delete},
    {METHOD_POST, "/segments/{segment}/delete", ROLE_USER, 0, SMALL, &segment_delete_spec, handle_segment_delete_post},

    {METHOD_GET, "/tracking", ROLE_USER, 0, 0, NULL, handle_tracking},
    {METHOD_GET, "/tracking/check", ROLE_USER, ROUTE_QUIET, 0, NULL, handle_tracking_check},
    {METHOD_GET, "/tracking/mail", ROLE_USER, 0, 0, NULL, handle_tracking_mail},
    {METHOD_GET, "/tracking/others", ROLE_USER, 0, 0, NULL, handle_tracking_others},
    {METHOD_POST, "/tracking/others", ROLE_ADMIN, AGAIN, SMALL, &dataset_alias_spec, handle_dataset_alias_add},
    {METHOD_POST, "/tracking/others/delete", ROLE_ADMIN, AGAIN, SMALL, &dataset_alias_spec, handle_dataset_alias_delete},
    {METHOD_GET, "/tracking/servers", ROLE_USER, 0, 0, NULL, handle_tracking_servers},
    {METHOD_POST, "/tracking/servers", ROLE_ADMIN, AGAIN, SMALL, &server_key_spec, handle_server_key_add},
    {METHOD_POST, "/tracking/servers/{key}/revoke", ROLE_ADMIN, 0, SMALL, NULL, handle_server_key_revoke},
    {METHOD_GET, "/boards", ROLE_USER, 0, 0, NULL, handle_boards},
    {METHOD_POST, "/boards", ROLE_USER, AGAIN, SMALL, &board_basics_spec, handle_board_add},
    {METHOD_GET, "/boards/new", ROLE_USER, 0, 0, NULL, handle_board_new},
    {METHOD_GET, "/boards/{board}", ROLE_USER, OWN, 0, NULL, handle_board},
    {METHOD_POST, "/boards/{board}/views", ROLE_USER, 0, SMALL, &board_view_spec, handle_board_view_add},
    {METHOD_GET, "/boards/{board}/views/{view}", ROLE_USER, 0, 0, NULL, handle_board_view},
    {METHOD_POST, "/boards/{board}/views/{view}", ROLE_USER, 0, SMALL, &board_view_spec, handle_board_view_save},
    {METHOD_POST, "/boards/{board}/views/{view}/delete", ROLE_USER, 0, SMALL, NULL, handle_board_view_delete},
    {METHOD_GET, "/boards/{board}/changes", ROLE_USER, ROUTE_QUIET, 0, NULL, handle_board_changes},
    {METHOD_GET, "/boards/{board}/live", ROLE_USER, 0, 0, NULL, handle_board_live},
    {METHOD_GET, "/boards/{board}/setup", ROLE_USER, 0, 0, NULL, handle_board_setup},
    {METHOD_POST, "/boards/{board}/setup", ROLE_USER, AGAIN, SMALL, &board_basics_spec, handle_board_setup_save},
    {METHOD_GET, "/boards/{board}/stages", ROLE_USER, 0, 0, NULL, handle_stages},
    {METHOD_POST, "/boards/{board}/stages", ROLE_USER, AGAIN, TEXT, &board_stages_spec, handle_stages_save},
    {METHOD_POST, "/boards/{board}/stages/{stage}/sort", ROLE_USER, 0, SMALL, &stage_sort_spec, handle_stage_sort},
    {METHOD_POST, "/boards/{board}/stages/{stage}/fold", ROLE_USER, 0, SMALL, &stage_fold_spec, handle_stage_fold},
    {METHOD_GET, "/boards/{board}/stages/{stage}/delete", ROLE_USER, 0, 0, NULL, handle_stage_delete},
    {METHOD_POST, "/boards/{board}/stages/{stage}/delete", ROLE_USER, AGAIN, SMALL, &stage_delete_spec, handle_stage_delete_post},
    {METHOD_GET, "/boards/{board}/import", ROLE_USER, 0, 0, NULL, handle_import},
    {METHOD_POST, "/boards/{board}/import", ROLE_USER, 0, SMALL, &board_import_spec, handle_import_start},
    {METHOD_POST, "/boards/{board}/import/cancel", ROLE_USER, 0, SMALL, NULL, handle_import_cancel},
    {METHOD_GET, "/boards/{board}/add", ROLE_USER, 0, 0, NULL, handle_card_add},
    {METHOD_POST, "/boards/{board}/add", ROLE_USER, AGAIN, SMALL, &card_add_spec, handle_card_add_post},
    {METHOD_GET, "/boards/{board}/add/{lookup}", ROLE_USER, ROUTE_QUIET, 0, NULL, handle_card_found},
    {METHOD_POST, "/boards/{board}/add/{lookup}", ROLE_USER, AGAIN, SMALL, &card_accept_spec, handle_card_accept},
    {METHOD_GET, "/boards/{board}/add/{lookup}/icon", ROLE_USER, 0, 0, NULL, handle_card_found_icon},
    {METHOD_GET, "/boards/{board}/settings", ROLE_USER, 0, 0, NULL, handle_board_settings},
    {METHOD_POST, "/boards/{board}/settings", ROLE_USER, AGAIN, SMALL, &board_basics_spec, handle_board_save},
    {METHOD_POST, "/boards/{board}/copy", ROLE_USER, OWN, SMALL, &board_copy_spec, handle_board_copy},
    {METHOD_POST, "/boards/{board}/delete", ROLE_USER, 0, SMALL, &board_delete_spec, handle_board_delete},

    {METHOD_GET, "/boards/{board}/exclusions", ROLE_USER, 0, 0, NULL, handle_exclusions},
    {METHOD_POST, "/boards/{board}/exclusions/{exclusion}/delete", ROLE_USER, 0, SMALL, &exclusion_spec, handle_exclusion_delete},
    {METHOD_GET, "/boards/{board}/cards/apply", ROLE_USER, 0, 0, NULL, handle_card_apply},
    {METHOD_POST, "/boards/{board}/cards/apply", ROLE_USER, 0, TEXT, &card_apply_spec, handle_card_apply_post},
    {METHOD_GET, "/boards/{board}/cards/{card}", ROLE_USER, 0, 0, NULL, handle_card},
    {METHOD_GET, "/boards/{board}/cards/{card}/move", ROLE_USER, 0, 0, NULL, handle_card_move},
    {METHOD_POST, "/boards/{board}/cards/{card}/move", ROLE_USER, OWN, SMALL, &card_move_spec, handle_card_move_post},
    {METHOD_GET, "/tags", ROLE_USER, ROUTE_QUIET, 0, NULL, handle_tags},
    {METHOD_POST, "/accounts/{account}/tags", ROLE_USER, AGAIN, SMALL, &tags_spec, handle_account_tags},
    {METHOD_POST, "/leads/{lead}/tags", ROLE_USER, AGAIN, SMALL, &tags_spec, handle_lead_tags},
    {METHOD_POST, "/operations/undo-last", ROLE_USER, 0, SMALL, &operation_undo_spec, handle_operation_undo_last},
    {METHOD_GET, "/operations/{operation}", ROLE_USER, 0, 0, NULL, handle_operation},
    {METHOD_POST, "/operations/{operation}/undo", ROLE_USER, 0, SMALL, &operation_undo_spec, handle_operation_undo},
    {METHOD_POST, "/operations/{operation}/cancel", ROLE_USER, 0, SMALL, NULL, handle_operation_cancel},
    {METHOD_GET, "/accounts/{account}", ROLE_USER, 0, 0, NULL, handle_account},
    {METHOD_POST, "/accounts/{account}/details", ROLE_USER, AGAIN, SMALL, &detail_spec, handle_detail_save},
    {METHOD_POST, "/accounts/{account}/domain", ROLE_USER, AGAIN, SMALL, &account_domain_spec, handle_account_domain},
    {METHOD_POST, "/accounts/{account}/logo", ROLE_USER, AGAIN, SMALL, &account_logo_spec, handle_account_logo},
    {METHOD_POST, "/accounts/{account}/enrich", ROLE_USER, 0, SMALL, &account_enrich_spec, handle_account_enrich},
    {METHOD_GET, "/leads/{lead}", ROLE_USER, 0, 0, NULL, handle_lead},
    {METHOD_GET, "/leads/{lead}/sessions", ROLE_USER, 0, 0, NULL, handle_lead_sessions},
    {METHOD_GET, "/accounts/{account}/merge", ROLE_USER, 0, 0, NULL, handle_account_merge},
    {METHOD_POST, "/accounts/{account}/merge", ROLE_USER, 0, SMALL, &people_spec, handle_account_merge_post},
    {METHOD_GET, "/accounts/{account}/hide", ROLE_USER, 0, 0, NULL, handle_account_hide},
    {METHOD_POST, "/accounts/{account}/hide", ROLE_USER, 0, SMALL, &hide_spec, handle_account_hide_post},
    {METHOD_GET, "/leads/{lead}/merge", ROLE_USER, 0, 0, NULL, handle_lead_merge},
    {METHOD_POST, "/leads/{lead}/merge", ROLE_USER, 0, SMALL, &people_spec, handle_lead_merge_post},
    {METHOD_GET, "/leads/{lead}/link", ROLE_USER, 0, 0, NULL, handle_lead_link},
    {METHOD_POST, "/leads/{lead}/link", ROLE_USER, 0, SMALL, &people_spec, handle_lead_link_post},
    {METHOD_GET, "/leads/{lead}/unlink", ROLE_USER, 0, 0, NULL, handle_lead_unlink},
    {METHOD_POST, "/leads/{lead}/unlink", ROLE_USER, 0, SMALL, NULL, handle_lead_unlink_post},
    {METHOD_GET, "/leads/{lead}/hide", ROLE_USER, 0, 0, NULL, handle_lead_hide},
    {METHOD_POST, "/leads/{lead}/hide", ROLE_USER, 0, SMALL, NULL, handle_lead_hide_post},
    {METHOD_GET, "/settings/hidden", ROLE_USER, 0, 0, NULL, handle_hidden},
    {METHOD_POST, "/settings/hidden", ROLE_USER, AGAIN, SMALL, &hidden_spec, handle_hidden_add},
    {METHOD_POST, "/settings/hidden/{hiding}/show", ROLE_USER, 0, SMALL, NULL, handle_hidden_show},
    {METHOD_GET, "/settings/traffic", ROLE_USER, 0, 0, NULL, handle_traffic},
    {METHOD_POST, "/settings/traffic", ROLE_USER, 0, SMALL, &traffic_spec, handle_traffic_say},
    {METHOD_POST, "/settings/traffic/names", ROLE_ADMIN, 0, SMALL, &traffic_names_spec, handle_traffic_names},
    {METHOD_GET, "/settings/traffic/left-out", ROLE_USER, 0, 0, NULL, handle_traffic_left},
    {METHOD_GET, "/settings/traffic/session", ROLE_USER, 0, 0, NULL, handle_traffic_session},
    {METHOD_POST, "/settings/traffic/{said}/remove", ROLE_USER, 0, SMALL, NULL, handle_traffic_remove},
    {METHOD_POST, "/notes", ROLE_USER, AGAIN, TEXT, &note_spec, handle_note_add},
    {METHOD_GET, "/notes/{note}", ROLE_USER, 0, 0, NULL, handle_note},
    {METHOD_POST, "/notes/{note}", ROLE_USER, AGAIN, TEXT, &note_spec, handle_note_save},
    {METHOD_POST, "/notes/{note}/pin", ROLE_USER, 0, SMALL, &note_pin_spec, handle_note_pin},
    {METHOD_POST, "/notes/{note}/delete", ROLE_USER, 0, SMALL, &note_delete_spec, handle_note_delete},
    {METHOD_POST, "/notes/{note}/restore", ROLE_USER, 0, SMALL, &note_restore_spec, handle_note_restore},
    {METHOD_GET, "/notes/{note}/versions", ROLE_USER, 0, 0, NULL, handle_note_versions},
    {METHOD_GET, "/integrations", ROLE_ADMIN, 0, 0, NULL, handle_integrations},
    {METHOD_POST, "/integrations", ROLE_ADMIN, AGAIN, TEXT, &integration_spec, handle_integration_add},
    {METHOD_GET, "/integrations/new", ROLE_ADMIN, 0, 0, NULL, handle_integration_new},
    {METHOD_GET, "/integrations/{integration}", ROLE_ADMIN, 0, 0, NULL, handle_integration},
    {METHOD_POST, "/integrations/{integration}", ROLE_ADMIN, AGAIN, TEXT, &integration_spec, handle_integration_save},
    {METHOD_GET, "/integrations/{integration}/edit", ROLE_ADMIN, 0, 0, NULL, handle_integration_edit},
    {METHOD_POST, "/integrations/{integration}/test", ROLE_ADMIN, 0, SMALL, NULL, handle_integration_test},
    {METHOD_POST, "/integrations/{integration}/switch", ROLE_ADMIN, 0, SMALL, &integration_switch_spec, handle_integration_switch},
    {METHOD_POST, "/integrations/{integration}/rotate", ROLE_ADMIN, 0, SMALL, NULL, handle_integration_rotate},
    {METHOD_POST, "/integrations/{integration}/replay", ROLE_ADMIN, 0, SMALL, NULL, handle_integration_replay},
    {METHOD_POST, "/integrations/{integration}/delete", ROLE_ADMIN, 0, SMALL, &form_sure_spec, handle_integration_delete},
    {METHOD_GET, "/integrations/{integration}/deliveries/{delivery}", ROLE_ADMIN, 0, 0, NULL, handle_delivery},
    {METHOD_POST, "/integrations/{integration}/deliveries/{delivery}/replay", ROLE_ADMIN, 0, SMALL, NULL, handle_delivery_replay},
    {METHOD_POST, "/accounts/{account}/push", ROLE_USER, 0, SMALL, &push_spec, handle_account_push},
    {METHOD_POST, "/leads/{lead}/push", ROLE_USER, 0, SMALL, &push_spec, handle_lead_push},
    {METHOD_POST, "/settings/profile/notices", ROLE_USER, ANY, SMALL, &profile_notices_spec, handle_profile_notices},
    {METHOD_GET, "/settings/mail", ROLE_ADMIN, ANY, 0, NULL, handle_mails},
    {METHOD_POST, "/settings/mail", ROLE_ADMIN, ANY | AGAIN, SMALL, &mail_server_spec, handle_mail_server_save},
    {METHOD_POST, "/settings/mail/test", ROLE_ADMIN, ANY, SMALL, &mail_test_spec, handle_mail_test},
    {METHOD_POST, "/settings/mail/delete", ROLE_ADMIN, ANY, SMALL, NULL, handle_mail_server_delete},
    {METHOD_GET, "/settings/mail/{mail}", ROLE_ADMIN, ANY, 0, NULL, handle_mail},
    {METHOD_POST, "/settings/mail/{mail}/again", ROLE_ADMIN, ANY, SMALL, NULL, handle_mail_again},
    {METHOD_GET, "/automations", ROLE_USER, 0, 0, NULL, handle_automations},
    {METHOD_POST, "/automations", ROLE_SUPER_USER, AGAIN, LARGE, &automation_spec, handle_automation_add},
    {METHOD_GET, "/automations/new", ROLE_SUPER_USER, 0, 0, NULL, handle_automation_new},
    {METHOD_POST, "/automations/look", ROLE_SUPER_USER, AGAIN | OWN, LARGE, &automation_spec, handle_automation_look},
    {METHOD_GET, "/automations/{automation}", ROLE_USER, 0, 0, NULL, handle_automation},
    {METHOD_POST, "/automations/{automation}", ROLE_SUPER_USER, AGAIN, LARGE, &automation_spec, handle_automation_save},
    {METHOD_POST, "/automations/{automation}/delete", ROLE_SUPER_USER, 0, SMALL, &automation_delete_spec, handle_automation_delete},
    {METHOD_GET, "/automations/runs", ROLE_USER, 0, 0, NULL, handle_all_runs},
    {METHOD_GET, "/automations/runs/{run}", ROLE_USER, 0, 0, NULL, handle_run},
    {METHOD_GET, "/automations/guide", ROLE_SUPER_USER, 0, 0, NULL, handle_guide},
    {METHOD_POST, "/automations/guide", ROLE_SUPER_USER, AGAIN, TEXT, &guide_spec, handle_guide_post},
    {METHOD_GET, "/automations/guide/{board}", ROLE_USER, OWN, 0, NULL, handle_guide_made},
    {METHOD_POST, "/automations/guide/{board}/switch", ROLE_SUPER_USER, 0, SMALL, &automation_switch_spec, handle_guide_switch},
    {METHOD_POST, "/automations/guide/{board}/backtest", ROLE_SUPER_USER, AGAIN | OWN, SMALL, &backtest_spec, handle_guide_backtest},
    {METHOD_GET, "/automations/{automation}/on", ROLE_SUPER_USER, OWN, 0, NULL, handle_automation_on},
    {METHOD_POST, "/automations/{automation}/switch", ROLE_SUPER_USER, 0, SMALL, &automation_switch_spec, handle_automation_switch},
    {METHOD_POST, "/automations/{automation}/enrol/cancel", ROLE_SUPER_USER, 0, SMALL, NULL, handle_automation_enrol_cancel},
    {METHOD_GET, "/automations/{automation}/backtest", ROLE_USER, 0, 0, NULL, handle_backtest},
    {METHOD_POST, "/automations/{automation}/backtest", ROLE_SUPER_USER, AGAIN, SMALL, &backtest_spec, handle_backtest_start},
    {METHOD_POST, "/automations/{automation}/backtest/cancel", ROLE_SUPER_USER, 0, SMALL, NULL, handle_backtest_cancel},
    {METHOD_GET, "/automations/{automation}/runs", ROLE_USER, 0, 0, NULL, handle_automation_runs},
    {METHOD_GET, "/automations/{automation}/versions", ROLE_USER, 0, 0, NULL, handle_automation_versions},
    {METHOD_GET, "/mentions", ROLE_USER, 0, 0, NULL, handle_mentions},
    {METHOD_GET, "/mentions/people", ROLE_USER, ROUTE_QUIET, 0, NULL, handle_mention_people},
    {METHOD_POST, "/mentions/seen", ROLE_USER, 0, SMALL, &mention_seen_spec, handle_mention_seen},
};
/* clang-format on */

const struct route *route_table(size_t *out_n)
{
    *out_n = sizeof(table) / sizeof(table[0]);
    return table;
}
