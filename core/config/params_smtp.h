// Parameters: SMTP client.  Values by Settings::get; texts in params_smtp.cc.
#pragma once

#include "core/config/parameter.h"

namespace postern::config {

enum class AddressPreference { kAny, kIpv4, kIpv6 };

namespace params {

extern const TypedParameter<Seconds> smtp_connect_timeout;
extern const TypedParameter<Seconds> smtp_helo_timeout;
extern const TypedParameter<Seconds> smtp_mail_timeout;
extern const TypedParameter<Seconds> smtp_rcpt_timeout;
extern const TypedParameter<Seconds> smtp_data_init_timeout;
extern const TypedParameter<Seconds> smtp_data_xfer_timeout;
extern const TypedParameter<Seconds> smtp_data_done_timeout;
extern const TypedParameter<Seconds> smtp_rset_timeout;
extern const TypedParameter<Seconds> smtp_quit_timeout;
extern const TypedParameter<Seconds> smtp_starttls_timeout;
extern const TypedParameter<std::string> smtp_bind_address;
extern const TypedParameter<std::string> smtp_bind_address6;
extern const TypedParameter<std::string> smtp_helo_name;
extern const TypedParameter<StringList> smtp_host_lookup;
extern const TypedParameter<std::string> smtp_fallback_relay;
extern const TypedParameter<std::string> fallback_relay;
extern const TypedParameter<std::string> smtp_tcp_port;
extern const TypedParameter<std::int64_t> smtp_mx_address_limit;
extern const TypedParameter<std::int64_t> smtp_mx_session_limit;
extern const TypedParameter<bool> smtp_randomize_addresses;
extern const TypedParameter<AddressPreference> smtp_address_preference;
extern const TypedParameter<bool> smtp_balance_inet_protocols;
extern const TypedParameter<bool> smtp_skip_5xx_greeting;
extern const TypedParameter<std::int64_t> smtp_line_length_limit;
extern const TypedParameter<StringList> smtp_discard_ehlo_keywords;
extern const TypedParameter<bool> smtp_connection_cache_on_demand;
extern const TypedParameter<Seconds> smtp_connection_cache_time_limit;
extern const TypedParameter<Seconds> smtp_connection_reuse_time_limit;
extern const TypedParameter<std::int64_t> smtp_connection_reuse_count_limit;
extern const TypedParameter<bool> smtp_send_xforward_command;
extern const TypedParameter<bool> disable_dns_lookups;
extern const TypedParameter<bool> ignore_mx_lookup_error;
extern const TypedParameter<bool> disable_mime_output_conversion;
extern const TypedParameter<bool> smtp_defer_if_no_mx_address_found;

void declare_smtp();  // see registry.cc

}  // namespace params
}  // namespace postern::config
