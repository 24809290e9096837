#include "core/server/server_metrics.h"

namespace postern::server {

std::string_view to_string(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::kSyntax: return "syntax";
    case RefusalReason::kSequence: return "sequence";
    case RefusalReason::kUnknownCommand: return "unknown_command";
    case RefusalReason::kClientLimit: return "client_limit";
    case RefusalReason::kOverload: return "overload";
    case RefusalReason::kClientAccess: return "client_access";
    case RefusalReason::kHeloAccess: return "helo_access";
    case RefusalReason::kSenderAccess: return "sender_access";
    case RefusalReason::kRecipientAccess: return "recipient_access";
    case RefusalReason::kDataAccess: return "data_access";
    case RefusalReason::kTooManyRecipients: return "too_many_recipients";
    case RefusalReason::kTooBig: return "too_big";
    case RefusalReason::kBareNewline: return "bare_newline";
    case RefusalReason::kContent: return "content";
    case RefusalReason::kPipelining: return "pipelining";
    case RefusalReason::kForeignProtocol: return "foreign_protocol";
    case RefusalReason::kTooManyErrors: return "too_many_errors";
    case RefusalReason::kFilter: return "filter";
    case RefusalReason::kStorage: return "storage";
    case RefusalReason::kTls: return "tls";
    case RefusalReason::kProxyHeader: return "proxy_header";
    case RefusalReason::kNotAuthorized: return "not_authorized";
  }
  return "other";
}

ServerMetrics& ServerMetrics::get() {
  static const auto refusals = [] {
    std::array<prometheus::Counter*, kRefusalReasons> out{};
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = &metrics::counter(
          "postern_smtpd_refused_total", "Commands, messages and sessions refused, by reason",
          {{"reason", std::string(to_string(static_cast<RefusalReason>(i)))}});
    return out;
  }();
  static ServerMetrics instance{
      metrics::gauge("postern_smtpd_sessions", "SMTP sessions that are open"),
      metrics::counter("postern_smtpd_connections_total", "SMTP connections taken"),
      metrics::counter("postern_smtpd_accepted_total", "Messages acknowledged with 250"),
      metrics::counter("postern_smtpd_accepted_octets_total", "Octets of acknowledged messages"),
      metrics::counter("postern_smtpd_accepted_recipients_total",
                       "Recipients of acknowledged messages"),
      metrics::counter("postern_smtpd_timeouts_total", "Sessions that ended by a timeout"),
      metrics::counter("postern_smtpd_lost_connections_total",
                       "Sessions that the client ended without QUIT"),
      metrics::histogram("postern_smtpd_commit_seconds",
                         "From the end of the data until the message is durable",
                         metrics::latency_bounds()),
      refusals};
  return instance;
}

}  // namespace postern::server
