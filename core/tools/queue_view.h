// A queued message as the commands show it, whether the engine told it or the spool.  Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/units.h"
#include "core/mail/envelope.h"
#include "core/spool/message_state.h"

namespace postern::tools {

enum class QueueState { kWaiting, kActive, kHeld };

struct QueuedRecipient {
  std::string forward_path;        // without angle brackets
  std::string original_recipient;  // "" where it is the same
  spool::RecipientProgress progress;
  std::string orcpt;
  mail::DsnNotify notify = mail::DsnNotify::kUnspecified;

  bool is_pending() const { return progress.state == spool::RecipientState::kPending; }
};

struct QueuedMessage {
  std::string queue_id;
  QueueState state = QueueState::kWaiting;
  std::uint64_t size = 0;
  WallTime arrival{};
  WallTime next_attempt{};  // of a waiting message
  std::uint32_t attempts = 0;
  std::string reverse_path;  // "" is the null one
  std::vector<QueuedRecipient> recipients;
};

// Which messages, as the engine's selectors have it.
struct Which {
  enum class Kind { kAll, kIds, kSender, kRecipient, kDestination };
  Kind kind = Kind::kAll;
  std::vector<std::string> ids;
  std::string text;

  bool matches(const QueuedMessage& message) const;
};

// A stored message; what runs is not known from the spool, so nothing is kActive.
QueuedMessage view_of(const spool::StoredMessage& stored);

// Messages by domain of the recipients not done, and by age.
struct DomainSummary {
  static constexpr std::size_t kBuckets = 10;
  static constexpr std::size_t kMaxDomains = 10'000;
  struct Row {
    std::uint64_t total = 0;
    std::uint64_t by_age[kBuckets] = {};
  };
  Row total;
  Row other;  // domains beyond kMaxDomains
  std::map<std::string, Row> domains;

  void add(const QueuedMessage& message, WallTime now);
};

}  // namespace postern::tools
