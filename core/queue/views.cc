#include "core/queue/views.h"

#include <algorithm>

namespace postern::queue {

bool Selector::matches(const mail::Envelope& envelope, const spool::MessageState& state) const {
  if (kind == Kind::kAll || kind == Kind::kIds) return true;
  if (kind == Kind::kSender) {
    const std::string sender = mail::to_wire(envelope.reverse_path);
    return sender.empty() ? text.empty() || text == "<>"
                          : mail::equals_ignoring_ascii_case(sender, text);
  }
  for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
    if (i < state.recipients.size() && state.recipients[i].state != spool::RecipientState::kPending)
      continue;
    const mail::Recipient& recipient = envelope.recipients[i];
    const bool is_match =
        kind == Kind::kDestination
            ? mail::equals_ignoring_ascii_case(recipient.forward_path.domain(), text)
            : mail::equals_ignoring_ascii_case(recipient.forward_path.to_wire(), text) ||
                  mail::equals_ignoring_ascii_case(recipient.original_recipient, text);
    if (is_match) return true;
  }
  return false;
}

std::size_t Summary::bucket_of(std::chrono::seconds age) {
  std::chrono::seconds bound = std::chrono::minutes(5);
  for (std::size_t bucket = 0; bucket + 1 < kBuckets; ++bucket, bound *= 2)
    if (age < bound) return bucket;
  return kBuckets - 1;
}

void Summary::add(const MessageView& message, WallTime now) {
  const std::size_t bucket =
      bucket_of(std::chrono::duration_cast<std::chrono::seconds>(now - message.arrival));
  const auto count = [bucket](Row& row) {
    ++row.total;
    ++row.by_age[bucket];
  };
  count(total);
  std::vector<std::string> seen;
  for (const RecipientView& view : message.recipients) {
    if (view.progress.state != spool::RecipientState::kPending) continue;
    std::string domain = mail::to_lower_ascii(view.recipient.forward_path.domain());
    if (std::ranges::find(seen, domain) != seen.end()) continue;
    seen.push_back(domain);
    const auto found = domains.find(domain);
    if (found != domains.end()) {
      count(found->second);
    } else if (domains.size() < kMaxDomains) {
      count(domains[domain]);
    } else {
      count(other);
    }
  }
}

}  // namespace postern::queue
