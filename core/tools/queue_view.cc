#include "core/tools/queue_view.h"

#include <algorithm>

namespace postern::tools {
namespace {

std::string_view domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == address.npos ? std::string_view() : address.substr(at + 1);
}

}  // namespace

bool Which::matches(const QueuedMessage& message) const {
  switch (kind) {
    case Kind::kAll: return true;
    case Kind::kIds: return std::ranges::find(ids, message.queue_id) != ids.end();
    case Kind::kSender:
      return message.reverse_path.empty()
                 ? text.empty() || text == "<>"
                 : mail::equals_ignoring_ascii_case(message.reverse_path, text);
    case Kind::kRecipient:
    case Kind::kDestination: break;
  }
  return std::ranges::any_of(message.recipients, [this](const QueuedRecipient& each) {
    if (!each.is_pending()) return false;
    if (kind == Kind::kDestination)
      return mail::equals_ignoring_ascii_case(domain_of(each.forward_path), text);
    return mail::equals_ignoring_ascii_case(each.forward_path, text) ||
           mail::equals_ignoring_ascii_case(each.original_recipient, text);
  });
}

QueuedMessage view_of(const spool::StoredMessage& stored) {
  QueuedMessage out;
  out.queue_id = stored.id.to_string();
  out.state = stored.state.held ? QueueState::kHeld : QueueState::kWaiting;
  out.size = stored.content == nullptr ? 0 : stored.content->size();
  out.arrival = stored.envelope.arrival;
  out.next_attempt = stored.state.next_attempt;
  out.attempts = stored.state.attempts;
  out.reverse_path = mail::to_wire(stored.envelope.reverse_path);
  for (std::size_t i = 0; i < stored.envelope.recipients.size(); ++i) {
    const mail::Recipient& recipient = stored.envelope.recipients[i];
    QueuedRecipient& made = out.recipients.emplace_back();
    made.forward_path = recipient.forward_path.to_wire();
    if (recipient.original_recipient != made.forward_path)
      made.original_recipient = recipient.original_recipient;
    if (i < stored.state.recipients.size()) made.progress = stored.state.recipients[i];
    made.orcpt = recipient.orcpt;
    made.notify = recipient.notify;
  }
  return out;
}

void DomainSummary::add(const QueuedMessage& message, WallTime now) {
  std::size_t bucket = 0;
  for (auto bound = std::chrono::minutes(5);
       bucket + 1 < kBuckets && now - message.arrival >= bound; bound *= 2)
    ++bucket;
  const auto count = [bucket](Row& row) {
    ++row.total;
    ++row.by_age[bucket];
  };
  count(total);
  std::vector<std::string> seen;
  for (const QueuedRecipient& each : message.recipients) {
    if (!each.is_pending()) continue;
    std::string domain = mail::to_lower_ascii(domain_of(each.forward_path));
    if (std::ranges::find(seen, domain) != seen.end()) continue;
    if (const auto found = domains.find(domain); found != domains.end()) {
      count(found->second);
    } else if (domains.size() < kMaxDomains) {
      count(domains[domain]);
    } else {
      count(other);
    }
    seen.push_back(std::move(domain));
  }
}

}  // namespace postern::tools
