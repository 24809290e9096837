#include "core/delivery/reason_transport.h"

#include "core/mail/enhanced_status.h"

namespace postern::delivery {

mail::AttemptResult reason_result(const mail::Attempt& attempt, mail::Outcome outcome) {
  const bool is_failure = outcome == mail::Outcome::kFailed;
  const bool is_delivery = outcome == mail::Outcome::kDelivered;
  const std::uint8_t class_digit = is_delivery ? 2 : is_failure ? 5 : 4;
  mail::EnhancedStatus status{class_digit, 0, 0};
  std::string_view text = attempt.route.next_hop;
  const auto space = text.find(' ');
  if (const auto given = mail::EnhancedStatus::parse(text.substr(0, space))) {
    status = *given;
    status.class_digit = class_digit;
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  }
  if (text.empty()) text = is_delivery ? "discarded" : "undeliverable";
  mail::AttemptResult out;
  for (const auto recipient : attempt.recipients) {
    mail::RecipientResult each;
    each.recipient = recipient;
    each.outcome = outcome;
    each.status = status.to_string();
    each.diagnostic = text;
    out.recipients.push_back(std::move(each));
  }
  return out;
}

net::Task<mail::AttemptResult> ErrorTransport::deliver(net::Loop&, mail::Attempt attempt) {
  co_return reason_result(attempt, mail::Outcome::kFailed);
}

net::Task<mail::AttemptResult> RetryTransport::deliver(net::Loop&, mail::Attempt attempt) {
  co_return reason_result(attempt, mail::Outcome::kDeferred);
}

net::Task<mail::AttemptResult> DiscardTransport::deliver(net::Loop&, mail::Attempt attempt) {
  co_return reason_result(attempt, mail::Outcome::kDelivered);
}

}  // namespace postern::delivery
