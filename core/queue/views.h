// What operators ask of the queue and what they are shown.  Plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/base/queue_id.h"
#include "core/base/result.h"
#include "core/mail/envelope.h"
#include "core/mail/route.h"
#include "core/queue/index.h"
#include "core/spool/message_state.h"

namespace postern::queue {

// Which messages a verb is about.  Text is compared without regard to ASCII case.
struct Selector {
  enum class Kind {
    kAll,
    kIds,
    kSender,       // the reverse-path; "" or "<>" is the null one
    kRecipient,    // a recipient not done, or its original form
    kDestination,  // the domain of a recipient not done
  };
  Kind kind = Kind::kAll;
  std::vector<QueueId> ids;
  std::string text;

  static Selector all() { return {}; }
  static Selector by_id(QueueId id) { return {Kind::kIds, {id}, {}}; }
  static Selector by_ids(std::vector<QueueId> list) { return {Kind::kIds, std::move(list), {}}; }
  static Selector by_sender(std::string address) { return {Kind::kSender, {}, std::move(address)}; }
  static Selector by_recipient(std::string address) {
    return {Kind::kRecipient, {}, std::move(address)};
  }
  static Selector by_destination(std::string domain) {
    return {Kind::kDestination, {}, std::move(domain)};
  }
  // False for kAll and kIds: they need no envelope.
  bool needs_envelope() const { return kind != Kind::kAll && kind != Kind::kIds; }
  bool matches(const mail::Envelope& envelope, const spool::MessageState& state) const;
};

enum class Verb { kHold, kRelease, kRequeue, kDelete, kExpire, kFlush };

struct VerbCount {
  std::uint64_t matched = 0;
  std::uint64_t changed = 0;  // the verb applied: a message that is held already is not held again
  std::uint64_t failed = 0;   // the spool could not record it
};
using VerbDone = std::move_only_function<void(VerbCount)>;

struct RecipientView {
  mail::Recipient recipient;
  spool::RecipientProgress progress;
};

struct MessageView {
  QueueId id;
  MessageState state = MessageState::kWaiting;
  std::uint64_t size = 0;
  WallTime arrival{};
  WallTime next_attempt{};  // of a waiting message
  std::uint32_t attempts = 0;
  std::string sender;                     // wire form, "" for the null reverse-path
  std::vector<RecipientView> recipients;  // all, done ones too: see progress.state
};
// Called on a background thread, one message at a time; false ends the walk.
using MessageVisitor = std::move_only_function<bool(const MessageView&)>;

// Messages by domain of the recipients not done, and by age, as qshape shows them.
struct Summary {
  static constexpr std::size_t kBuckets = 10;
  static constexpr std::size_t kMaxDomains = 10'000;  // further ones count as "other"
  // Bucket b holds ages below 5 * 2^b minutes, the last all greater ones.
  static std::size_t bucket_of(std::chrono::seconds age);

  struct Row {
    std::uint64_t total = 0;
    std::uint64_t by_age[kBuckets] = {};
  };
  Row total;
  Row other;
  std::map<std::string, Row> domains;  // lower case

  void add(const MessageView& message, WallTime now);
};

struct LaneView {
  mail::LaneKey key;
  unsigned concurrency = 0;  // the window as it is
  unsigned limit = 0;        // what may run now: 0 while dead, 1 while probing
  unsigned busy = 0;
  std::uint32_t messages = 0;  // of the active window
  std::size_t queued_jobs = 0;
  std::size_t parked = 0;
  bool is_dead = false;
  WallTime dead_until{};     // where is_dead
  std::string last_failure;  // diagnostic that made it dead
};

struct QueueCounts {
  std::uint64_t waiting = 0, active = 0, held = 0;
  std::uint32_t active_recipients = 0;
  std::uint64_t content_bytes = 0;
  std::size_t lanes = 0, attempts = 0, index_bytes = 0;
  bool is_loaded = false;  // the index holds all of the spool
};

}  // namespace postern::queue
