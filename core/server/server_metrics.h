// The SMTP server's counters.  Reasons of refusals are a closed set, so no peer can make labels.
// Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/metrics.h"

namespace postern::server {

enum class RefusalReason : std::uint8_t {
  kSyntax,
  kSequence,
  kUnknownCommand,
  kClientLimit,      // connections or rates of one client
  kOverload,         // memory, sessions, admission
  kClientAccess,     // smtpd_client_restrictions
  kHeloAccess,       // smtpd_helo_restrictions
  kSenderAccess,     // smtpd_sender_restrictions
  kRecipientAccess,  // relay and recipient restrictions, unknown recipients
  kDataAccess,       // data and end-of-data restrictions
  kTooManyRecipients,
  kTooBig,
  kBareNewline,
  kContent,     // header section, NUL, long lines, hops
  kPipelining,  // talked before its turn
  kForeignProtocol,
  kTooManyErrors,
  kFilter,
  kStorage,
  kTls,
  kProxyHeader,
  kNotAuthorized,  // XCLIENT, XFORWARD
};
inline constexpr std::size_t kRefusalReasons =
    static_cast<std::size_t>(RefusalReason::kNotAuthorized) + 1;
std::string_view to_string(RefusalReason reason);

struct ServerMetrics {
  prometheus::Gauge& sessions;
  prometheus::Counter& connections;
  prometheus::Counter& accepted;         // messages
  prometheus::Counter& accepted_octets;  // of their content
  prometheus::Counter& recipients;       // of accepted messages
  prometheus::Counter& timeouts;
  prometheus::Counter& lost_connections;
  prometheus::Histogram& commit_seconds;  // from the end of the data to durable
  std::array<prometheus::Counter*, kRefusalReasons> refusals;

  void refused(RefusalReason reason) { refusals[static_cast<std::size_t>(reason)]->Increment(); }
  static ServerMetrics& get();
};

}  // namespace postern::server
