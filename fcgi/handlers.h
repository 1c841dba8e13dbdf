/*
 * handlers.h - every handler of leadboard-web; routes.c says what each is for. See web.h.
 */
#ifndef LEADBOARD_HANDLERS_H
#define LEADBOARD_HANDLERS_H

#include "fcgi/web.h"

#define HANDLER(name)                                                                          \
    enum err name(struct web *web, struct request *request, struct response *response)

/* handlers/home.c */
HANDLER(handle_home);
HANDLER(handle_health);
HANDLER(handle_ready);
HANDLER(handle_metrics);

/* handlers/login.c */
HANDLER(handle_login);
HANDLER(handle_login_post);
HANDLER(handle_logout);

/* handlers/setup.c */
HANDLER(handle_setup);
HANDLER(handle_setup_post);

/* handlers/profile.c */
HANDLER(handle_profile);
HANDLER(handle_profile_name);
HANDLER(handle_profile_password);
HANDLER(handle_profile_notices);

/* handlers/datasets.c */
HANDLER(handle_settings);
HANDLER(handle_datasets);
HANDLER(handle_dataset_new);
HANDLER(handle_dataset_add);
HANDLER(handle_dataset);
HANDLER(handle_dataset_save);
HANDLER(handle_dataset_use);

/* handlers/tracking.c, tracking_mail.c, tracking_others.c, tracking_servers.c */
HANDLER(handle_tracking);
HANDLER(handle_tracking_check);
HANDLER(handle_tracking_mail);
HANDLER(handle_tracking_others);
HANDLER(handle_dataset_alias_add);
HANDLER(handle_dataset_alias_delete);
HANDLER(handle_tracking_servers);
HANDLER(handle_server_key_add);
HANDLER(handle_server_key_revoke);

/* handlers/segments.c, segment.c, segment_edit.c */
HANDLER(handle_segments);
HANDLER(handle_segment);
HANDLER(handle_segment_changes);
HANDLER(handle_segment_quick);
HANDLER(handle_segment_copy);
HANDLER(handle_segment_owner);
HANDLER(handle_segment_owner_post);
HANDLER(handle_segment_delete);
HANDLER(handle_segment_delete_post);
HANDLER(handle_segment_new);
HANDLER(handle_segment_add);
HANDLER(handle_segment_edit);
HANDLER(handle_segment_save);
HANDLER(handle_segment_count);

/* handlers/icons.c */
HANDLER(handle_account_icon);

/* handlers/boards.c: the list, the wizard, the settings */
HANDLER(handle_boards);
HANDLER(handle_board_new);
HANDLER(handle_board_add);
HANDLER(handle_board_setup);
HANDLER(handle_board_setup_save);
HANDLER(handle_board_settings);
HANDLER(handle_board_save);
HANDLER(handle_board_delete);

/* handlers/stages.c */
HANDLER(handle_stages);
HANDLER(handle_stages_save);
HANDLER(handle_board_copy);
HANDLER(handle_stage_fold);
HANDLER(handle_stage_delete);
HANDLER(handle_stage_delete_post);

/* handlers/imports.c */
HANDLER(handle_import);
HANDLER(handle_import_start);
HANDLER(handle_import_cancel);

/* handlers/board.c */
HANDLER(handle_board);
HANDLER(handle_stage_sort);

/* handlers/board_views.c */
HANDLER(handle_board_view_add);
HANDLER(handle_board_view);
HANDLER(handle_board_view_save);
HANDLER(handle_board_view_delete);

/* handlers/board_changes.c */
HANDLER(handle_board_changes);
HANDLER(handle_board_live);

/* handlers/cards.c */
HANDLER(handle_card);
HANDLER(handle_card_move);
HANDLER(handle_card_move_post);

/* handlers/details.c */
HANDLER(handle_detail_save);

/* handlers/apply.c */
HANDLER(handle_card_apply);
HANDLER(handle_card_apply_post);

/* handlers/exclusions.c */
HANDLER(handle_exclusions);
HANDLER(handle_exclusion_delete);

/* handlers/operations.c */
HANDLER(handle_operation);
HANDLER(handle_operation_cancel);
HANDLER(handle_operation_undo);
HANDLER(handle_operation_undo_last);

/* handlers/accounts.c, lead.c */
HANDLER(handle_account);
HANDLER(handle_lead);
HANDLER(handle_lead_sessions);

/* handlers/lookups.c: a card added by hand */
HANDLER(handle_card_add);
HANDLER(handle_card_add_post);
HANDLER(handle_card_found);
HANDLER(handle_card_found_icon);
HANDLER(handle_card_accept);

/* handlers/tags.c */
HANDLER(handle_tags);
HANDLER(handle_account_tags);
HANDLER(handle_lead_tags);

/* handlers/tag_settings.c */
HANDLER(handle_tag_list);
HANDLER(handle_tag_add);
HANDLER(handle_tag);
HANDLER(handle_tag_save);
HANDLER(handle_tag_delete);

/* handlers/score.c, score_preview.c */
HANDLER(handle_score);
HANDLER(handle_score_post);
HANDLER(handle_score_version);
HANDLER(handle_score_draft);
HANDLER(handle_score_draft_save);
HANDLER(handle_score_draft_cancel);

/* handlers/targets.c */
HANDLER(handle_targets);
HANDLER(handle_target_add);
HANDLER(handle_target);
HANDLER(handle_target_save);
HANDLER(handle_target_delete);

/* handlers/ideal.c */
HANDLER(handle_ideal);
HANDLER(handle_ideal_post);
HANDLER(handle_ideal_off);

/* handlers/people.c */
HANDLER(handle_account_merge);
HANDLER(handle_account_merge_post);
HANDLER(handle_lead_merge);
HANDLER(handle_lead_merge_post);
HANDLER(handle_lead_link);
HANDLER(handle_lead_link_post);
HANDLER(handle_lead_unlink);
HANDLER(handle_lead_unlink_post);

/* handlers/hiding.c */
HANDLER(handle_account_hide);
HANDLER(handle_account_hide_post);
HANDLER(handle_lead_hide);
HANDLER(handle_lead_hide_post);
HANDLER(handle_hidden);
HANDLER(handle_hidden_add);
HANDLER(handle_hidden_show);
HANDLER(handle_traffic);
HANDLER(handle_traffic_say);
HANDLER(handle_traffic_left);
HANDLER(handle_traffic_session);
HANDLER(handle_traffic_remove);
HANDLER(handle_traffic_names);

/* handlers/notes.c */
HANDLER(handle_note_add);
HANDLER(handle_note);
HANDLER(handle_note_save);
HANDLER(handle_note_pin);
HANDLER(handle_note_delete);
HANDLER(handle_note_restore);

/* handlers/note_versions.c */
HANDLER(handle_note_versions);

/* handlers/mentions.c */
HANDLER(handle_mentions);
HANDLER(handle_mention_people);
HANDLER(handle_mention_seen);

/* handlers/integrations.c, integration_edit.c, integration_save.c */
HANDLER(handle_integrations);
HANDLER(handle_integration_new);
HANDLER(handle_integration_add);
HANDLER(handle_integration_edit);
HANDLER(handle_integration_save);
HANDLER(handle_integration_rotate);

/* handlers/deliveries.c, delivery.c */
HANDLER(handle_integration);
HANDLER(handle_integration_test);
HANDLER(handle_integration_switch);
HANDLER(handle_integration_replay);
HANDLER(handle_integration_delete);
HANDLER(handle_delivery);
HANDLER(handle_delivery_replay);

/* handlers/automations.c, automation_runs.c, automation_versions.c */
HANDLER(handle_automations);
HANDLER(handle_all_runs);
HANDLER(handle_run);
HANDLER(handle_automation_runs);
HANDLER(handle_automation_versions);

/* handlers/automation_edit.c, automation_save.c */
HANDLER(handle_automation_new);
HANDLER(handle_automation_add);
HANDLER(handle_automation);
HANDLER(handle_automation_save);
HANDLER(handle_automation_look);
HANDLER(handle_automation_delete);

/* handlers/automation_switch.c, backtest.c */
HANDLER(handle_automation_on);
HANDLER(handle_automation_switch);
HANDLER(handle_automation_enrol_cancel);
HANDLER(handle_backtest);
HANDLER(handle_backtest_start);
HANDLER(handle_backtest_cancel);

/* handlers/guide.c, guide_made.c: the workflow guide */
HANDLER(handle_guide);
HANDLER(handle_guide_post);
HANDLER(handle_guide_made);
HANDLER(handle_guide_switch);
HANDLER(handle_guide_backtest);

/* handlers/push.c */
HANDLER(handle_account_push);
HANDLER(handle_lead_push);

/* handlers/mails.c */
HANDLER(handle_mails);
HANDLER(handle_mail_server_save);
HANDLER(handle_mail_server_delete);
HANDLER(handle_mail_test);
HANDLER(handle_mail);
HANDLER(handle_mail_again);

/* handlers/identity.c */
HANDLER(handle_account_domain);
HANDLER(handle_account_logo);
HANDLER(handle_account_enrich);

/* handlers/providers.c, provider.c, provider_try.c */
HANDLER(handle_providers);
HANDLER(handle_provider_order);
HANDLER(handle_provider_switch);
HANDLER(handle_provider);
HANDLER(handle_provider_save);
HANDLER(handle_provider_delete);
HANDLER(handle_provider_try);
HANDLER(handle_provider_tried);

#endif
