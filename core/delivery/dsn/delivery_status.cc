#include "core/delivery/dsn/delivery_status.h"

#include "core/delivery/dsn/dsn_text.h"
#include "core/mail/enhanced_status.h"

namespace postern::delivery {
namespace {

std::string_view name_of(DsnAction action) {
  switch (action) {
    case DsnAction::kFailed: return "failed";
    case DsnAction::kDelayed: return "delayed";
    case DsnAction::kDelivered: return "delivered";
    case DsnAction::kRelayed: return "relayed";
    case DsnAction::kExpanded: return "expanded";
  }
  return "failed";
}

std::string date(WallTime at) { return rfc5322_date(std::chrono::system_clock::to_time_t(at)); }

// "mx.example[192.0.2.1]:25" is our form; the field wants the name alone.  "local" and the like are
// no remote MTA.
std::string remote_name(std::string_view remote) {
  const auto bracket = remote.find('[');
  return std::string(bracket == std::string_view::npos ? "" : remote.substr(0, bracket));
}

void append_recipient(std::string& out, const DsnOptions& options, const DsnRequest& request,
                      const DsnRecipient& each, bool utf8) {
  out += "\r\n";
  append_field(out, "Final-Recipient", typed_address(each.recipient.forward_path.to_wire(), utf8));
  if (const auto original = typed_original(each.recipient.orcpt, utf8); !original.empty()) {
    append_field(out, "Original-Recipient", original);
  } else if (!each.recipient.original_recipient.empty()) {
    append_field(out, "Original-Recipient", typed_address(each.recipient.original_recipient, utf8));
  }
  append_field(out, "Action", name_of(each.action));
  append_field(out, "Status", status_of(each));
  if (const auto name = remote_name(each.remote_mta); !name.empty())
    append_field(out, "Remote-MTA", "dns; " + one_line(name, 255, utf8));
  const bool from_peer = !each.smtp_reply.empty();
  const auto text =
      one_line(from_peer ? each.smtp_reply : each.diagnostic, options.diagnostic_limit, utf8);
  if (!text.empty())
    append_field(out, "Diagnostic-Code", (from_peer ? "smtp; " : "X-Postern; ") + text);
  append_field(out, "Last-Attempt-Date", date(request.now));
  if (each.action == DsnAction::kDelayed && request.retry_until)
    append_field(out, "Will-Retry-Until", date(*request.retry_until));
}

}  // namespace

std::string status_of(const DsnRecipient& recipient) {
  const auto kind = kind_of(recipient.action);
  const int wanted = kind == DsnKind::kFailure ? 5 : kind == DsnKind::kDelay ? 4 : 2;
  const auto status = mail::EnhancedStatus::parse(recipient.status);
  // A message that ran out of time keeps its last 4yz status (RFC 3464 s2.3.4 allows it).
  const bool expired = wanted == 5 && status && status->class_digit == 4;
  if (status && (status->class_digit == wanted || expired)) return status->to_string();
  return fmt::format("{}.0.0", wanted);
}

std::string delivery_status(const DsnOptions& options, const DsnRequest& request,
                            std::span<const DsnRecipient> recipients, bool utf8) {
  std::string out;
  append_field(out, "Reporting-MTA", "dns; " + one_line(options.hostname, 255, utf8));
  if (!request.envelope->envid.empty())
    append_field(out, "Original-Envelope-Id", one_line(request.envelope->envid, 100, utf8));
  append_field(out, "X-Postern-Queue-ID", request.id.to_string());
  if (request.envelope->reverse_path)
    append_field(out, "X-Postern-Sender",
                 typed_address(request.envelope->reverse_path->to_wire(), utf8));
  append_field(out, "Arrival-Date", date(request.envelope->arrival));
  for (const auto& each : recipients)
    append_recipient(out, options, request, each, utf8);
  return out;
}

}  // namespace postern::delivery
