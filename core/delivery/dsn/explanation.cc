#include "core/delivery/dsn/explanation.h"

#include "core/delivery/dsn/dsn_text.h"

namespace postern::delivery {
namespace {

std::string opening(const ExplanationInput& input) {
  const auto& host = input.options.hostname;
  switch (input.kind) {
    case DsnKind::kFailure:
      return fmt::format(
          "This is the mail server {}. Your message could not be delivered to the recipients named "
          "below. We have stopped trying; please correct the address or ask the recipient another "
          "way, then send it again.",
          host);
    case DsnKind::kDelay: {
      std::string until;
      if (input.request.retry_until)
        until = " until " +
                rfc5322_date(std::chrono::system_clock::to_time_t(*input.request.retry_until));
      return fmt::format(
          "This is the mail server {}. Your message has not yet reached the recipients named "
          "below. "
          "You need not send it again: we keep trying{}.",
          host, until);
    }
    case DsnKind::kSuccess:
      return fmt::format(
          "This is the mail server {}. You asked to be told what became of your message; for the "
          "recipients named below this server's part is done.",
          host);
  }
  return {};
}

std::string_view verb(DsnAction action) {
  switch (action) {
    case DsnAction::kDelivered: return "delivered";
    case DsnAction::kRelayed: return "passed on to a server that does not report deliveries";
    case DsnAction::kExpanded: return "given to a list or an alias, which sends it further";
    default: return "";
  }
}

}  // namespace

std::string_view subject(DsnKind kind, Notification::Purpose purpose) {
  if (purpose == Notification::Purpose::kDoubleBounce)
    return "Postmaster notice: undeliverable report";
  const bool copy = purpose == Notification::Purpose::kPostmasterCopy;
  switch (kind) {
    case DsnKind::kFailure:
      return copy ? "Postmaster notice: undelivered mail" : "Undelivered mail returned to sender";
    case DsnKind::kDelay:
      return copy ? "Postmaster notice: delayed mail" : "Delayed mail: still being tried";
    case DsnKind::kSuccess: return "Delivery report";
  }
  return "Delivery report";
}

std::string explanation(const ExplanationInput& input) {
  std::string out;
  append_paragraph(out, opening(input), "");
  if (input.purpose != Notification::Purpose::kDsn) {
    out += "\r\n";
    append_paragraph(out,
                     "This copy is for the postmaster, as notify_classes asks; it holds the header "
                     "fields only.",
                     "");
  }
  for (const auto& each : input.recipients) {
    out += "\r\n";
    append_paragraph(
        out, "<" + one_line(each.recipient.forward_path.to_wire(), 1000, input.utf8) + ">:", "");
    std::string said;
    if (!each.smtp_reply.empty()) {
      const auto host = each.remote_mta.empty() ? "the remote server" : each.remote_mta;
      said = host + " said: " + each.smtp_reply;
    } else if (!each.diagnostic.empty()) {
      said = each.diagnostic;
    } else {
      said = verb(each.action);
    }
    append_paragraph(out, one_line(said, input.options.diagnostic_limit, input.utf8), "    ");
  }
  return out;
}

}  // namespace postern::delivery
