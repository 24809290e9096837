// What the operator can set of one listener's sessions, as main.cf (with master.cf's -o) has it;
// engine/ fills it.  Comments name the parameter; defaults are Postfix's, where it is the same.
// Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/units.h"
#include "core/maps/match_list.h"

namespace postern::server {

enum class TlsLevel { kNone, kMay, kEncrypt };

// smtpd_forbid_bare_newline.  In mail data kNo and kNormalize are the same: a bare LF becomes CRLF,
// and only CRLF.CRLF ends the data.
enum class BareNewline { kNo, kNormalize, kReject, kNote };

// postscreen_greet_action.
enum class GreetAction { kIgnore, kEnforce, kDrop };

// Who the listener is.
struct IdentityOptions {
  std::string service = "smtpd";  // log tag: "smtpd", or syslog_name's "postfix/x/smtpd" form
  std::string cleanup_service = "cleanup";         // tag of the lines that Postfix's cleanup writes
  std::string listener = "smtp";                   // name of the master.cf service
  std::string hostname = "localhost";              // myhostname
  std::string mail_name = "Postern";               // mail_name
  std::string myorigin = "localhost";              // myorigin
  std::string banner = "localhost ESMTP Postern";  // smtpd_banner, expanded
  bool is_lmtp = false;                            // the service's command: lmtpd instead of smtpd
};

struct TimeOptions {
  Seconds command{300};               // smtpd_timeout
  Seconds command_stress{10};         // smtpd_timeout with stress
  Seconds starttls{300};              // smtpd_starttls_timeout
  Seconds starttls_stress{10};        // smtpd_starttls_timeout with stress
  Seconds error_sleep{1};             // smtpd_error_sleep_time
  Seconds proxy_header{5};            // smtpd_upstream_proxy_timeout
  Seconds peer_name{30};              // after it the client has no name
  std::uint64_t min_data_rate = 500;  // smtpd_min_data_rate, octets a second; 0: none
};

struct LimitOptions {
  std::uint64_t message_size = 10'240'000;      // message_size_limit; 0: none
  std::size_t line_length = 2048;               // line_length_limit, CRLF included
  std::size_t line_discard = 64 * 1024;         // octets of over-long lines, then the session ends
  std::size_t recipients = 1000;                // smtpd_recipient_limit
  std::size_t recipient_overshoot = 1000;       // smtpd_recipient_overshoot_limit
  unsigned soft_errors = 10;                    // smtpd_soft_error_limit
  unsigned hard_errors = 20;                    // smtpd_hard_error_limit
  unsigned hard_errors_stress = 1;              // smtpd_hard_error_limit with stress
  unsigned junk_commands = 100;                 // smtpd_junk_command_limit
  unsigned junk_commands_stress = 1;            // smtpd_junk_command_limit with stress
  std::size_t header_size = 102'400;            // header_size_limit: longer fields are cut
  std::size_t header_section = 1024 * 1024;     // all fields; more is refused
  std::size_t header_fields = 1000;             // more is refused
  std::size_t hops = 50;                        // hopcount_limit
  std::size_t reply_buffer = 16 * 1024;         // replies gathered before they must be sent
  std::uint64_t unwanted_chunk = 1024 * 1024;   // octets of refused BDAT chunks that are read and
                                                // thrown away; a larger one ends the session
  std::uint64_t bdat_chunks = 100'000;          // chunks of one message
  std::uint64_t resident_message = 256 * 1024;  // octets of one message that stay in memory (the
                                                // spool's large_content); what the budget counts
};

// Counted for each client by ClientTable; 0: no limit.
struct ClientLimitOptions {
  std::uint32_t connections = 50;     // smtpd_client_connection_count_limit
  std::uint32_t connection_rate = 0;  // smtpd_client_connection_rate_limit
  std::uint32_t message_rate = 0;     // smtpd_client_message_rate_limit
  std::uint32_t recipient_rate = 0;   // smtpd_client_recipient_rate_limit
  Seconds rate_unit{60};              // anvil_rate_time_unit
  maps::NetworkList exceptions;       // smtpd_client_event_limit_exceptions
};

struct StrictnessOptions {
  bool helo_required = false;                       // smtpd_helo_required
  bool forbid_unauth_pipelining = true;             // smtpd_forbid_unauth_pipelining
  BareNewline bare_newline = BareNewline::kReject;  // smtpd_forbid_bare_newline
  std::uint16_t bare_newline_code = 550;            // smtpd_forbid_bare_newline_reject_code
  maps::NetworkList bare_newline_exclusions;        // smtpd_forbid_bare_newline_exclusions
  bool strict_envelopes = false;                    // strict_rfc821_envelopes
  std::vector<std::string> forbidden_commands{
      "CONNECT", "GET", "POST"};           // smtpd_forbidden_commands
                                           // words; other protocols are refused in any case
  std::vector<std::string> noop_commands;  // smtpd_noop_commands, upper case
  bool disable_vrfy = false;               // disable_vrfy_command
  bool delay_reject = true;                // smtpd_delay_reject
  bool reject_unlisted_recipient = true;   // smtpd_reject_unlisted_recipient
  bool relay_before_recipient = true;      // smtpd_relay_before_recipient_restrictions
  bool reject_nul = false;                 // NUL in mail data: refuse, or keep as it is
  std::size_t max_text_line = 0;           // longest line of mail data; 0: any
  // Pre-greeting test, where the listener asks for it (postscreen in master.cf).
  bool greet_test = false;
  Seconds greet_wait{6};                          // postscreen_greet_wait
  GreetAction greet_action = GreetAction::kDrop;  // postscreen_greet_action
  std::string greet_banner;                       // postscreen_greet_banner, expanded; "": none
};

struct ExtensionOptions {
  std::vector<std::string> discard_keywords;  // smtpd_discard_ehlo_keywords
  bool smtputf8 = true;                       // smtputf8_enable
  TlsLevel tls_level = TlsLevel::kNone;       // smtpd_tls_security_level
  bool tls_wrapper = false;                   // smtpd_tls_wrappermode
  bool tls_received = false;                  // smtpd_tls_received_header
  int tls_loglevel = 0;                       // smtpd_tls_loglevel
  bool proxy_protocol = false;                // smtpd_upstream_proxy_protocol = haproxy
  maps::NetworkList xclient_hosts;            // smtpd_authorized_xclient_hosts
  maps::NetworkList xforward_hosts;           // smtpd_authorized_xforward_hosts
};

struct ServerOptions {
  IdentityOptions identity;
  TimeOptions times;
  LimitOptions limits;
  ClientLimitOptions client_limits;
  StrictnessOptions strictness;
  ExtensionOptions extensions;
  maps::NetworkList mynetworks;  // mynetworks
  // Clients whose messages get the Date, Message-ID and From they lack
  // (local_header_rewrite_clients; mynetworks where that is not set).
  maps::NetworkList submitters;
  bool always_add_missing_headers = false;  // always_add_missing_headers
  bool peer_name_lookup = true;             // smtpd_peername_lookup
  // Some table that recipients or restrictions ask can block (unix:, lmdb: on a cold disk): checks
  // of recipients then run on the pool.
  bool tables_may_block = false;
};

}  // namespace postern::server
