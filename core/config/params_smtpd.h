// Parameters: SMTP server.  Values by Settings::get; texts in params_smtpd.cc.
#pragma once

#include "core/config/parameter.h"

namespace postern::config {

// kYes is kReject.
enum class BareNewline { kNo, kYes, kNormalize, kReject, kNote };
enum class ProxyProtocol { kNone, kHaproxy };
enum class GreetAction { kIgnore, kEnforce, kDrop };

namespace params {

extern const TypedParameter<std::string> smtpd_banner;
extern const TypedParameter<Seconds> smtpd_timeout;
extern const TypedParameter<Seconds> smtpd_starttls_timeout;
extern const TypedParameter<bool> smtpd_helo_required;
extern const TypedParameter<std::int64_t> smtpd_recipient_limit;
extern const TypedParameter<std::int64_t> smtpd_recipient_overshoot_limit;
extern const TypedParameter<std::int64_t> smtpd_soft_error_limit;
extern const TypedParameter<std::int64_t> smtpd_hard_error_limit;
extern const TypedParameter<std::int64_t> smtpd_junk_command_limit;
extern const TypedParameter<Seconds> smtpd_error_sleep_time;
extern const TypedParameter<std::int64_t> smtpd_client_connection_count_limit;
extern const TypedParameter<std::int64_t> smtpd_client_connection_rate_limit;
extern const TypedParameter<std::int64_t> smtpd_client_message_rate_limit;
extern const TypedParameter<std::int64_t> smtpd_client_recipient_rate_limit;
extern const TypedParameter<StringList> smtpd_client_event_limit_exceptions;
extern const TypedParameter<Seconds> anvil_rate_time_unit;
extern const TypedParameter<StringList> smtpd_discard_ehlo_keywords;
extern const TypedParameter<bool> disable_vrfy_command;
extern const TypedParameter<BareNewline> smtpd_forbid_bare_newline;
extern const TypedParameter<StringList> smtpd_forbid_bare_newline_exclusions;
extern const TypedParameter<std::int64_t> smtpd_forbid_bare_newline_reject_code;
extern const TypedParameter<bool> smtpd_forbid_unauth_pipelining;
extern const TypedParameter<StringList> smtpd_forbidden_commands;
extern const TypedParameter<StringList> smtpd_noop_commands;
extern const TypedParameter<bool> strict_rfc821_envelopes;
extern const TypedParameter<ByteCount> line_length_limit;
extern const TypedParameter<ByteCount> header_size_limit;
extern const TypedParameter<StringList> smtpd_authorized_xclient_hosts;
extern const TypedParameter<StringList> smtpd_authorized_xforward_hosts;
extern const TypedParameter<ProxyProtocol> smtpd_upstream_proxy_protocol;
extern const TypedParameter<Seconds> smtpd_upstream_proxy_timeout;
extern const TypedParameter<std::int64_t> smtpd_min_data_rate;
extern const TypedParameter<Seconds> postscreen_greet_wait;
extern const TypedParameter<GreetAction> postscreen_greet_action;
extern const TypedParameter<std::string> postscreen_greet_banner;

void declare_smtpd();  // see registry.cc

}  // namespace params
}  // namespace postern::config
