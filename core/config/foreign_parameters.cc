#include "core/config/foreign_parameters.h"

#include <map>

#include "core/config/parameter.h"
#include "core/config/words.h"

namespace postern::config {
namespace {

struct Group {
  Foreign what;
  std::string_view names;     // between blanks
  std::string_view harmless;  // values that need no note, between blanks; the empty one, too
  std::string_view advice;
};

constexpr Group kGroups[] = {
    {Foreign::kSilent,
     "duplicate_filter_limit smtp_always_send_ehlo smtpd_delay_open_until_valid_rcpt "
     "address_verify_cache_cleanup_interval "
     "address_verify_default_transport address_verify_local_transport address_verify_map "
     "address_verify_negative_cache address_verify_negative_expire_time "
     "address_verify_negative_refresh_time address_verify_pending_request_limit "
     "address_verify_poll_count address_verify_poll_delay "
     "address_verify_positive_expire_time address_verify_positive_refresh_time "
     "address_verify_relay_transport address_verify_relayhost address_verify_sender "
     "address_verify_sender_dependent_default_transport_maps "
     "address_verify_sender_dependent_relayhost_maps address_verify_sender_ttl "
     "address_verify_service_name address_verify_transport_maps "
     "address_verify_virtual_transport allow_min_user allow_percent_hack "
     "alternate_config_directories anvil_status_update_time berkeley_db_create_buffer_size "
     "berkeley_db_read_buffer_size biff bounce_service_name broken_sasl_auth_clients "
     "cache_db_type canonical_classes cleanup_service_name connection_cache_service_name "
     "connection_cache_status_update_time cyrus_sasl_config_path daemon_timeout "
     "lmtp_connection_cache_time_limit lmtp_connection_reuse_time_limit "
     "debug_peer_level debugger_command default_cache_db_type default_delivery_slot_cost "
     "default_delivery_slot_discount default_delivery_slot_loan "
     "default_extra_recipient_limit default_minimum_delivery_slots default_rbl_reply "
     "default_recipient_limit default_recipient_refill_delay default_recipient_refill_limit "
     "defer_service_name dnsblog_service_name "
     "empty_address_default_transport_maps_lookup_key "
     "empty_address_local_login_sender_maps_lookup_key "
     "empty_address_relayhost_maps_lookup_key enable_original_recipient error_service_name "
     "export_environment flush_service_name fork_attempts fork_delay frozen_delivered_to "
     "hash_queue_depth hash_queue_names helpful_warnings html_directory import_environment "
     "in_flow_delay internal_mail_filter_classes ipc_idle "
     "ipc_timeout ipc_ttl known_tcp_ports lmdb_map_size lmtp_pix_workaround_delay_time "
     "lmtp_pix_workaround_maps lmtp_pix_workaround_threshold_time lmtp_pix_workarounds "
     "lmtp_sasl_auth_cache_name lmtp_sasl_auth_cache_time lmtp_sasl_auth_soft_bounce "
     "lmtp_sasl_mechanism_filter lmtp_sasl_password_maps lmtp_sasl_path "
     "lmtp_sasl_security_options lmtp_sasl_tls_security_options "
     "lmtp_sasl_tls_verified_security_options lmtp_sasl_type lmtp_tls_exclude_ciphers "
     "lmtp_tls_fingerprint_digest lmtp_tls_mandatory_exclude_ciphers "
     "lmtp_tls_session_cache_database lmtp_tls_session_cache_timeout local_login_sender_maps "
     "mail_release_date mailq_path manpage_directory maps_rbl_reject_code masquerade_classes "
     "masquerade_exceptions max_idle max_use meta_directory milter_command_timeout "
     "milter_connect_macros milter_connect_timeout milter_content_timeout milter_data_macros "
     "milter_default_action milter_end_of_data_macros milter_end_of_header_macros "
     "milter_helo_macros milter_macro_daemon_name milter_macro_defaults milter_macro_v "
     "milter_mail_macros milter_protocol milter_rcpt_macros milter_unknown_command_macros "
     "multi_instance_directories multi_instance_enable multi_instance_group "
     "multi_instance_wrapper multi_recipient_bounce_reject_code newaliases_path "
     "openssl_path pickup_service_name plaintext_reject_code "
     "postlog_service_name postmulti_control_commands postmulti_start_commands "
     "postmulti_stop_commands postscreen_access_list postscreen_allowlist_interfaces "
     "postscreen_bare_newline_action postscreen_bare_newline_enable "
     "postscreen_bare_newline_ttl postscreen_cache_cleanup_interval postscreen_cache_map "
     "postscreen_cache_retention_time postscreen_client_connection_count_limit "
     "postscreen_command_count_limit postscreen_command_filter "
     "postscreen_disable_vrfy_command postscreen_discard_ehlo_keyword_address_maps "
     "postscreen_discard_ehlo_keywords postscreen_dnsbl_allowlist_threshold "
     "postscreen_dnsbl_max_ttl postscreen_dnsbl_min_ttl postscreen_dnsbl_reply_map "
     "postscreen_dnsbl_sites postscreen_dnsbl_threshold postscreen_dnsbl_timeout "
     "postscreen_dnsbl_ttl postscreen_dnsbl_whitelist_threshold postscreen_enforce_tls "
     "postscreen_expansion_filter postscreen_forbidden_commands postscreen_greet_ttl "
     "postscreen_helo_required postscreen_non_smtp_command_action "
     "postscreen_non_smtp_command_enable postscreen_non_smtp_command_ttl "
     "postscreen_pipelining_action postscreen_pipelining_enable postscreen_pipelining_ttl "
     "postscreen_post_queue_limit postscreen_pre_queue_limit postscreen_reject_footer "
     "postscreen_reject_footer_maps postscreen_tls_security_level "
     "postscreen_upstream_proxy_protocol postscreen_upstream_proxy_timeout "
     "postscreen_use_tls postscreen_watchdog_timeout postscreen_whitelist_interfaces "
     "process_id process_id_directory process_name program_directory proxy_read_maps "
     "proxy_write_maps proxymap_service_name proxywrite_service_name qmgr_clog_warn_time "
     "qmgr_daemon_timeout qmgr_fudge_factor qmgr_ipc_timeout qmgr_message_recipient_minimum "
     "qmgr_site_hog_factor queue_service_name readme_directory recipient_canonical_classes "
     "resolve_dequoted_address resolve_null_domain resolve_numeric_domain respectful_logging "
     "rewrite_service_name sample_directory send_cyrus_sasl_authzid sender_canonical_classes "
     "sendmail_path service_name shlib_directory showq_service_name "
     "smtp_pix_workaround_delay_time smtp_pix_workaround_maps "
     "smtp_pix_workaround_threshold_time smtp_pix_workarounds smtp_sasl_auth_cache_name "
     "smtp_sasl_auth_cache_time smtp_sasl_auth_soft_bounce smtp_sasl_mechanism_filter "
     "smtp_sasl_password_maps smtp_sasl_path smtp_sasl_security_options "
     "smtp_sasl_tls_security_options smtp_sasl_tls_verified_security_options smtp_sasl_type "
     "smtp_tls_exclude_ciphers smtp_tls_fingerprint_digest "
     "smtp_tls_mandatory_exclude_ciphers smtp_tls_note_starttls_offer "
     "smtp_tls_scert_verifydepth smtp_tls_session_cache_database "
     "smtp_tls_session_cache_timeout smtpd_expansion_filter smtpd_null_access_lookup_key "
     "smtpd_policy_service_default_action smtpd_policy_service_max_idle "
     "smtpd_policy_service_max_ttl smtpd_policy_service_policy_context "
     "smtpd_policy_service_request_limit smtpd_policy_service_retry_delay "
     "smtpd_policy_service_timeout smtpd_policy_service_try_limit "
     "smtpd_sasl_authenticated_header smtpd_sasl_local_domain smtpd_sasl_mechanism_filter "
     "smtpd_sasl_path smtpd_sasl_response_limit smtpd_sasl_security_options "
     "smtpd_sasl_service smtpd_sasl_tls_security_options smtpd_sasl_type "
     "smtpd_sender_login_maps smtpd_service_name smtpd_tls_always_issue_session_ids "
     "smtpd_tls_ask_ccert smtpd_tls_ccert_verifydepth smtpd_tls_dh1024_param_file "
     "smtpd_tls_dh512_param_file smtpd_tls_eecdh_grade smtpd_tls_exclude_ciphers "
     "smtpd_tls_fingerprint_digest smtpd_tls_mandatory_exclude_ciphers "
     "smtpd_tls_session_cache_database smtpd_tls_session_cache_timeout "
     "smtputf8_autodetect_classes stale_lock_time strict_smtputf8 swap_bangpath "
     "tls_append_default_CA tls_daemon_random_bytes tls_eecdh_auto_curves "
     "tls_eecdh_strong_curve tls_eecdh_ultra_curve tls_ffdhe_auto_groups "
     "tls_preempt_cipherlist tls_random_bytes tls_random_exchange_name "
     "tls_random_prng_update_period tls_random_reseed_period tls_random_source "
     "tls_ssl_options tls_wildcard_matches_multiple_labels tlsmgr_service_name "
     "tlsproxy_client_CAfile tlsproxy_client_CApath tlsproxy_client_cert_file "
     "tlsproxy_client_chain_files tlsproxy_client_dcert_file tlsproxy_client_dkey_file "
     "tlsproxy_client_eccert_file tlsproxy_client_eckey_file tlsproxy_client_enable_rpk "
     "tlsproxy_client_enforce_tls tlsproxy_client_fingerprint_digest "
     "tlsproxy_client_key_file tlsproxy_client_level tlsproxy_client_loglevel "
     "tlsproxy_client_loglevel_parameter tlsproxy_client_per_site tlsproxy_client_policy "
     "tlsproxy_client_policy_maps tlsproxy_client_scert_verifydepth "
     "tlsproxy_client_security_level tlsproxy_client_use_tls tlsproxy_enforce_tls "
     "tlsproxy_service_name tlsproxy_tls_CAfile tlsproxy_tls_CApath "
     "tlsproxy_tls_always_issue_session_ids tlsproxy_tls_ask_ccert "
     "tlsproxy_tls_ccert_verifydepth tlsproxy_tls_cert_file tlsproxy_tls_chain_files "
     "tlsproxy_tls_ciphers tlsproxy_tls_dcert_file tlsproxy_tls_dh1024_param_file "
     "tlsproxy_tls_dh512_param_file tlsproxy_tls_dkey_file tlsproxy_tls_eccert_file "
     "tlsproxy_tls_eckey_file tlsproxy_tls_eecdh_grade tlsproxy_tls_enable_rpk "
     "tlsproxy_tls_exclude_ciphers tlsproxy_tls_fingerprint_digest tlsproxy_tls_key_file "
     "tlsproxy_tls_loglevel tlsproxy_tls_mandatory_ciphers "
     "tlsproxy_tls_mandatory_exclude_ciphers tlsproxy_tls_mandatory_protocols "
     "tlsproxy_tls_protocols tlsproxy_tls_req_ccert tlsproxy_tls_security_level "
     "tlsproxy_use_tls tlsproxy_watchdog_timeout trace_service_name "
     "unknown_address_reject_code unknown_client_reject_code unknown_hostname_reject_code "
     "unverified_recipient_reject_code unverified_recipient_reject_reason "
     "unverified_sender_reject_code unverified_sender_reject_reason ",
     "", ""},
    {Foreign::kUnsafe, "authorized_flush_users authorized_mailq_users authorized_submit_users ",
     "static:anyone",
     "the tools can't be limited to these users: use admin_users, or file rights, and "
     "remove it"},
    {Foreign::kUnsafe, "content_filter smtpd_proxy_filter ", "",
     "mail is not passed through a content filter: take it away from a listener that needs "
     "none, or keep Postfix before it"},
    {Foreign::kUnsafe,
     "non_smtpd_milters smtpd_filter_maps smtpd_filters smtpd_milter_maps smtpd_milters ", "",
     "filters are not consulted, so what they refuse would be accepted: remove it, or set "
     "milter_default_action = accept to say that mail may pass without"},
    {Foreign::kUnsafe, "smtpd_tls_req_ccert ", "no",
     "client certificates are not asked for, so nobody would be refused for want of one: "
     "remove it"},
    {Foreign::kUnsafe, "lmtp_enforce_tls smtp_enforce_tls ", "no",
     "the server's certificate is not checked: set smtp_tls_security_level = encrypt "
     "(encryption without that check), or remove it"},
    {Foreign::kUnsafe,
     "lmtp_tls_per_site lmtp_tls_policy_maps smtp_tls_per_site smtp_tls_policy_maps ", "",
     "TLS levels per destination are not applied: use a transport of its own with -o "
     "smtp_tls_security_level=encrypt for such destinations"},
    {Foreign::kUnsafe, "lmtp_tls_wrappermode smtp_tls_wrappermode ", "no",
     "implicit TLS towards servers is not done: use port 587 with smtp_tls_security_level "
     "= encrypt"},
    {Foreign::kUnsafe, "smtpd_reject_unlisted_sender ", "no",
     "senders are not looked up: remove it"},
    {Foreign::kUnsafe, "message_reject_characters ", "",
     "messages are not refused by their characters: remove it"},
    {Foreign::kUnsafe,
     "postscreen_blacklist_action postscreen_denylist_action postscreen_dnsbl_action ", "ignore",
     "only the pre-greeting wait of postscreen is done: set it to ignore"},
    {Foreign::kUnsafe, "maps_rbl_domains ", "", "DNSBL sites are not consulted here: remove it"},
    {Foreign::kWarning, "smtpd_sasl_auth_enable ", "no",
     "AUTH is not offered, so permit_sasl_authenticated matches nobody"},
    {Foreign::kWarning, "lmtp_sasl_auth_enable smtp_sasl_auth_enable ", "no",
     "Postern does not log in to servers, so a relayhost that wants it will refuse mail"},
    {Foreign::kWarning,
     "body_checks header_checks lmtp_body_checks lmtp_header_checks lmtp_mime_header_checks "
     "lmtp_nested_header_checks milter_header_checks mime_header_checks nested_header_checks "
     "smtp_body_checks smtp_header_checks smtp_mime_header_checks smtp_nested_header_checks ",
     "", "headers and bodies are not looked at: rules that reject, strip or add do nothing"},
    {Foreign::kWarning,
     "canonical_maps lmtp_generic_maps masquerade_domains recipient_canonical_maps "
     "remote_header_rewrite_domain sender_canonical_maps smtp_generic_maps ",
     "", "addresses are not rewritten by it: use virtual_alias_maps for recipients"},
    {Foreign::kWarning, "always_bcc recipient_bcc_maps sender_bcc_maps ", "",
     "no copies are sent: use virtual_alias_maps to add a recipient"},
    {Foreign::kWarning, "sender_dependent_default_transport_maps sender_dependent_relayhost_maps ",
     "", "the next hop never depends on the sender: use transport_maps"},
    {Foreign::kWarning,
     "fallback_transport_maps mailbox_command mailbox_command_maps mailbox_transport_maps ", "",
     "mailboxes are written directly: use mailbox_transport = lmtp:unix:... to hand mail "
     "to a delivery agent"},
    {Foreign::kWarning, "relocated_maps ", "", "former users get an ordinary refusal"},
    {Foreign::kWarning, "relay_clientcerts ", "",
     "clients present no certificates here: permit_tls_clientcerts matches nobody"},
    {Foreign::kWarning, "smtpd_tls_CAfile smtpd_tls_CApath ", "",
     "put the intermediate certificates into smtpd_tls_cert_file, behind the server's own"},
    {Foreign::kWarning,
     "lmtp_tls_cert_file lmtp_tls_chain_files lmtp_tls_key_file smtp_tls_cert_file "
     "smtp_tls_chain_files smtp_tls_key_file ",
     "", "Postern shows servers no client certificate"},
    {Foreign::kWarning, "smtpd_client_auth_rate_limit smtpd_client_new_tls_session_rate_limit ",
     "0", "this rate is not limited: use smtpd_client_connection_rate_limit"},
    {Foreign::kWarning, "tls_high_cipherlist tls_medium_cipherlist ", "",
     "cipher lists are fixed: TLS 1.2 with ECDHE and AEAD, and TLS 1.3"},
    {Foreign::kWarning,
     "smtp_discard_ehlo_keyword_address_maps smtpd_discard_ehlo_keyword_address_maps "
     "smtpd_sasl_exceptions_networks ",
     "", "options per client or per server are not looked up"},
    {Foreign::kWarning,
     "lmtp_reply_filter rbl_reply_maps smtp_reply_filter smtpd_command_filter "
     "smtpd_reject_footer smtpd_reject_footer_maps ",
     "", "replies are sent as they are"},
    {Foreign::kWarning, "receive_override_options ", "",
     "unknown recipients are refused by smtpd_reject_unlisted_recipient, which can be set "
     "to no; nothing else in it has a counterpart"},
    {Foreign::kWarning, "append_at_myorigin strict_mailbox_ownership show_user_unknown_table_name ",
     "yes", "Postern always does it"},
    {Foreign::kWarning, "confirm_delay_cleared ", "no",
     "senders are told of a delay, but not of its end"},
    {Foreign::kWarning, "bounce_template_file ", "", "reports have Postern's own texts"},
    {Foreign::kWarning, "syslog_facility ", "mail", "syslog gets the facility mail"},
    {Foreign::kWarning, "qmqpd_authorized_clients ", "", "nobody may send QMQP here"},
    {Foreign::kWarning,
     "allow_srv_lookup_fallback allow_untrusted_routing always_add_missing_headers "
     "application_event_drain_time authorized_verp_clients "
     "backwards_bounce_logfile_compatibility best_mx_transport body_checks_size_limit "
     "cleanup_replace_stray_cr_lf command_execution_directory command_expansion_filter "
     "connection_cache_protocol_timeout connection_cache_ttl_limit "
     "daemon_table_open_error_is_fatal debug_peer_list default_delivery_status_filter "
     "default_filter_nexthop default_verp_delimiters delay_logging_resolution_limit "
     "deliver_lock_attempts deliver_lock_delay destination_concurrency_feedback_debug "
     "detect_8bit_encoding_header disable_mime_input_processing disable_verp_bounces "
     "dns_ncache_ttl_fix_enable dnsblog_reply_delay dnssec_probe dont_remove "
     "enable_errors_to enable_idna2003_compatibility enable_threaded_bounces "
     "execution_directory_expansion_filter extract_recipient_limit fast_flush_domains "
     "fast_flush_purge_time fast_flush_refresh_time fault_injection_code "
     "force_mime_input_conversion forward_expansion_filter full_name_encoding_charset "
     "header_address_token_limit header_from_format ignore_srv_lookup_error "
     "info_log_address_format lmtp_address_preference lmtp_address_verify_target "
     "lmtp_assume_final lmtp_balance_inet_protocols lmtp_bind_address_enforce "
     "lmtp_cache_connection lmtp_cname_overrides_servername "
     "lmtp_connection_cache_destinations lmtp_connection_cache_on_demand "
     "lmtp_connection_reuse_count_limit lmtp_defer_if_no_mx_address_found "
     "lmtp_delivery_status_filter lmtp_discard_lhlo_keyword_address_maps "
     "lmtp_discard_lhlo_keywords lmtp_dns_reply_filter lmtp_dns_resolver_options "
     "lmtp_dns_support_level lmtp_fallback_relay lmtp_host_lookup lmtp_min_data_rate "
     "lmtp_mx_address_limit lmtp_mx_session_limit lmtp_per_record_deadline "
     "lmtp_per_request_deadline lmtp_quote_rfc821_envelope lmtp_randomize_addresses "
     "lmtp_send_dummy_mail_auth lmtp_send_xforward_command "
     "lmtp_sender_dependent_authentication lmtp_skip_5xx_greeting lmtp_skip_quit_response "
     "lmtp_tls_CAfile lmtp_tls_CApath lmtp_tls_block_early_mail_reply lmtp_tls_ciphers "
     "lmtp_tls_connection_reuse lmtp_tls_dcert_file lmtp_tls_dkey_file lmtp_tls_eccert_file "
     "lmtp_tls_eckey_file lmtp_tls_enable_rpk lmtp_tls_enforce_peername "
     "lmtp_tls_fingerprint_cert_match lmtp_tls_force_insecure_host_tlsa_lookup "
     "lmtp_tls_loglevel lmtp_tls_mandatory_ciphers lmtp_tls_mandatory_protocols "
     "lmtp_tls_note_starttls_offer lmtp_tls_protocols lmtp_tls_scert_verifydepth "
     "lmtp_tls_secure_cert_match lmtp_tls_servername lmtp_tls_trust_anchor_file "
     "lmtp_tls_verify_cert_match lmtp_use_tls lmtp_xforward_timeout "
     "local_delivery_status_filter local_header_rewrite_clients maillog_file_compressor "
     "maillog_file_rotate_suffix master_service_disable message_drop_headers "
     "message_header_mode message_strip_characters mime_boundary_length_limit "
     "mime_nesting_limit mysql_max_line_length permit_mx_backup_networks "
     "pipe_delivery_status_filter postlogd_watchdog_timeout qmqpd_client_port_logging "
     "qmqpd_error_delay qmqpd_timeout queue_file_attribute_count_limit "
     "reject_tempfail_action require_home_directory reset_owner_alias "
     "sendmail_fix_line_endings service_throttle_time smtp_address_verify_target "
     "smtp_bind_address_enforce smtp_cname_overrides_servername "
     "smtp_connection_cache_destinations smtp_delivery_status_filter smtp_dns_reply_filter "
     "smtp_dns_resolver_options smtp_dns_support_level smtp_min_data_rate "
     "smtp_never_send_ehlo smtp_per_record_deadline smtp_per_request_deadline "
     "smtp_quote_rfc821_envelope smtp_send_dummy_mail_auth "
     "smtp_sender_dependent_authentication smtp_skip_4xx_greeting smtp_skip_quit_response "
     "smtp_tls_block_early_mail_reply smtp_tls_connection_reuse "
     "smtp_tls_dane_insecure_mx_policy smtp_tls_dcert_file smtp_tls_dkey_file "
     "smtp_tls_eccert_file smtp_tls_eckey_file smtp_tls_enable_rpk smtp_tls_enforce_peername "
     "smtp_tls_enforce_sts_mx_patterns smtp_tls_fingerprint_cert_match "
     "smtp_tls_force_insecure_host_tlsa_lookup smtp_tls_secure_cert_match "
     "smtp_tls_servername smtp_tls_trust_anchor_file smtp_tls_verify_cert_match "
     "smtp_tlsrpt_enable smtp_tlsrpt_skip_reused_handshakes smtp_tlsrpt_socket_name "
     "smtp_xforward_timeout smtpd_authorized_verp_clients "
     "smtpd_client_connection_limit_exceptions smtpd_client_ipv4_prefix_length "
     "smtpd_client_ipv6_prefix_length smtpd_client_port_logging smtpd_dns_reply_filter "
     "smtpd_hide_client_session smtpd_history_flush_threshold "
     "smtpd_log_access_permit_actions smtpd_per_record_deadline smtpd_per_request_deadline "
     "smtpd_proxy_ehlo smtpd_proxy_options smtpd_proxy_timeout smtpd_reject_filter_maps "
     "smtpd_tls_dcert_file smtpd_tls_dkey_file smtpd_tls_eccert_file smtpd_tls_eckey_file "
     "smtpd_tls_enable_rpk socketmap_max_reply_size strict_7bit_headers strict_8bitmime "
     "strict_8bitmime_body strict_mime_encoding_domain sun_mailtool_compatibility "
     "tcp_windowsize tls_config_file tls_config_name tls_dane_digests "
     "tls_disable_workarounds tls_export_cipherlist tls_fast_shutdown_enable "
     "tls_legacy_public_key_fingerprints tls_low_cipherlist tls_null_cipherlist "
     "tls_required_enable tls_session_ticket_cipher transport_retry_time trigger_timeout "
     "undisclosed_recipients_header unknown_address_tempfail_action "
     "unknown_helo_hostname_tempfail_action unverified_recipient_defer_code "
     "unverified_recipient_tempfail_action unverified_sender_defer_code "
     "unverified_sender_tempfail_action use_srv_lookup verp_delimiter_filter "
     "virtual_delivery_status_filter virtual_transport_rate_delay ",
     "", "Postern does not do what it asks for"},
};

// Per-transport settings of Postfix's queue manager that have no counterpart here.
constexpr std::string_view kIgnoredSuffixes[] = {
    "_delivery_slot_cost",     "_delivery_slot_discount", "_delivery_slot_loan",
    "_minimum_delivery_slots", "_recipient_refill_delay", "_recipient_refill_limit",
    "_extra_recipient_limit",  "_recipient_limit",
};

using Index = std::map<std::string_view, ForeignParameter>;

const Index& index() {
  static const Index by_name = [] {
    Index made;
    for (const Group& group : kGroups) {
      const auto names = split_words(group.names, kBlanks);
      for (std::string_view name : *names)
        made.emplace(name, ForeignParameter{name, group.what, group.harmless, group.advice});
    }
    return made;
  }();
  return by_name;
}

}  // namespace

bool ForeignParameter::is_harmless(std::string_view value) const {
  // Nobody at all is a demand, too, where the value lists who may do a thing.
  if (value.empty()) return harmless != "static:anyone";
  const auto words = split_words(harmless, kBlanks);
  for (std::string_view word : *words)
    if (word == value) return true;
  return false;
}

std::optional<ForeignParameter> find_foreign(std::string_view name) {
  const auto found = index().find(name);
  if (found != index().end()) return found->second;
  if (find_parameter(name) || find_transport_form(name)) return std::nullopt;
  for (std::string_view suffix : kIgnoredSuffixes)
    if (name.size() > suffix.size() && name.ends_with(suffix))
      return ForeignParameter{name, Foreign::kSilent, "", ""};
  return std::nullopt;
}

std::vector<std::string_view> foreign_names() {
  std::vector<std::string_view> names;
  for (const auto& [name, parameter] : index())
    names.push_back(name);
  return names;
}

}  // namespace postern::config
