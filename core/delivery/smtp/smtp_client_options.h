// What the operator can set of one SMTP or LMTP client transport.  engine/ fills it from main.cf
// and the transport's line of master.cf; the name behind each member is main.cf's (with lmtp_ for
// smtp_ where is_lmtp).  Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/units.h"
#include "core/dns/mx_plan.h"
#include "core/mail/route.h"

namespace postern::delivery {

// RFC 5321 s4.5.3.2.  Each is for one whole reply, not for one octet of it, so that a server that
// drips its answer gains nothing.
struct SmtpTimeouts {
  Seconds dns{60};         // all look-ups of one next hop
  Seconds connect{30};     // smtp_connect_timeout; 0: the system's
  Seconds helo{300};       // smtp_helo_timeout, lmtp_lhlo_timeout: greeting, EHLO
  Seconds starttls{300};   // smtp_starttls_timeout
  Seconds mail{300};       // smtp_mail_timeout
  Seconds rcpt{300};       // smtp_rcpt_timeout
  Seconds data_init{120};  // smtp_data_init_timeout
  Seconds data_xfer{180};  // smtp_data_xfer_timeout: one piece of the content
  Seconds data_done{600};  // smtp_data_done_timeout
  Seconds rset{20};        // smtp_rset_timeout
  Seconds quit{300};       // smtp_quit_timeout: only where skip_quit_response is false
};

struct SmtpClientOptions {
  bool is_lmtp = false;
  std::string service = "smtp";  // the agent's name in the log: smtp, lmtp, relay/smtp ...

  std::string myhostname = "localhost";  // myhostname
  std::string helo_name = "localhost";   // smtp_helo_name, lmtp_lhlo_name
  std::string unix_base;                 // queue_directory: where a relative unix:path starts
  std::string bind_address;              // smtp_bind_address; "": the system's choice
  std::string bind_address6;             // smtp_bind_address6
  std::uint16_t default_port = 25;       // smtp_tcp_port, lmtp_tcp_port (24)

  SmtpTimeouts timeouts;
  dns::MxPlanOptions mx;
  std::size_t mx_session_limit = 2;         // smtp_mx_session_limit; 0: none
  std::vector<std::string> fallback_relay;  // smtp_fallback_relay: next hops
  bool skip_5xx_greeting = true;            // smtp_skip_5xx_greeting

  // Connection reuse.  An idle connection is kept for its lane on its loop.
  bool reuse_connections = true;               // smtp_connection_cache_on_demand
  std::chrono::milliseconds idle_limit{2000};  // smtp_connection_cache_time_limit
  Seconds reuse_time_limit{300};               // smtp_connection_reuse_time_limit
  std::size_t reuse_count_limit = 0;           // smtp_connection_reuse_count_limit; 0: none
  std::size_t max_idle_per_lane = 100;         // on one loop
  bool skip_quit_response = true;              // smtp_skip_quit_response

  std::vector<std::string> discard_ehlo_keywords;  // smtp_discard_ehlo_keywords
  std::size_t line_length_limit = 998;             // smtp_line_length_limit; 0: none
  bool convert_8bit = true;                        // not disable_mime_output_conversion
  bool use_chunking = false;   // BDAT where the server offers it; BINARYMIME uses it anyway
  bool send_xforward = false;  // smtp_send_xforward_command

  // smtp_tls_security_level.  A lane that says kNone or kEncrypt overrules it.
  mail::TlsRequirement tls = mail::TlsRequirement::kMay;
  int tls_loglevel = 0;  // smtp_tls_loglevel

  // Bounds that have no parameter in Postfix.
  std::size_t max_pipelined_commands = 100;        // sent before their replies are read
  std::size_t content_piece_octets = 256 * 1024;   // of content that is not in memory
  std::uint64_t convert_octets_limit = 256 << 20;  // all 8-bit conversions that run, together
};

}  // namespace postern::delivery
