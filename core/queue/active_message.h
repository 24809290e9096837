// A message in the active window: its envelope in memory, where each recipient stands in this run,
// and its jobs (one for each lane and route).  Plain data of the scheduler, which owns it; used on
// the queue's thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/mail/attempt.h"
#include "core/queue/index.h"
#include "core/spool/message_state.h"

namespace postern::queue {

class Lane;
struct ActiveMessage;

// Where one recipient stands in this run of its message.
enum class Phase : std::uint8_t {
  kSettled,    // done in an earlier run
  kRouting,    // asked the router
  kQueued,     // in a job
  kInFlight,   // in an attempt, or its expansion is being injected
  kDelivered,  // from here on: the result of this run
  kExpanded,
  kFailed,
  kDeferred,
  kBlocked,  // not tried: its lane has its share of the window; no news for the sender
};
constexpr bool is_open(Phase phase) {
  return phase == Phase::kRouting || phase == Phase::kQueued || phase == Phase::kInFlight;
}

struct ActiveRecipient {
  Phase phase = Phase::kSettled;
  bool is_recorded = false;  // this run's result is in the spool already
  bool is_relayed = false;   // the next hop lacks DSN
  bool is_expired = false;
  spool::RecipientProgress progress;
  std::string smtp_reply;
};

// The recipients of one message that go the same way.  Linked into its lane's ring while some of
// them wait.
struct Job {
  ActiveMessage* message = nullptr;
  Lane* lane = nullptr;
  mail::Route route;
  std::vector<std::uint32_t> waiting;
  std::size_t next = 0;  // first of `waiting` not yet handed out
  unsigned in_flight = 0;
  Job* ring_previous = nullptr;
  Job* ring_next = nullptr;

  bool has_waiting() const { return next < waiting.size(); }
};

// What an operator asked for while the message was active; done when its attempts have ended.
// In rising order: a later wish replaces a weaker one.
enum class Wish : std::uint8_t { kNone, kHold, kExpire, kDelete };

struct ActiveMessage {
  using WishDone = std::move_only_function<void(Result<void>)>;

  QueueId id;
  Index::Slot slot = Index::kNoSlot;
  std::shared_ptr<const mail::Envelope> envelope;  // null until it is read
  mail::ContentPtr content;                        // null: over the memory budget, read when needed
  std::uint64_t counted_content = 0;               // octets this message holds of the budget
  WallTime activated{};                            // queue time
  SteadyTime admitted{};
  std::vector<ActiveRecipient> recipients;
  std::vector<std::unique_ptr<Job>> jobs;
  std::uint32_t open = 0;     // recipients without a result in this run
  std::uint32_t counted = 0;  // recipients this message holds of the window
  bool is_announced = false;  // "(queue active)" is in the log
  bool is_placing = false;    // recipients are being routed; it must not finish meanwhile
  bool is_finishing = false;  // its results are being reported and recorded
  bool is_attempted = false;  // an attempt of this run has ended
  bool is_warned = false;     // the delay report of this run is durable
  WallTime retry_floor{};     // queue time: no retry before it (dead lanes)
  WallTime due{};             // queue time: the next attempt, once decided
  unsigned reports_open = 0;
  Wish wish = Wish::kNone;
  Wish decided_wish = Wish::kNone;  // the wish that finishing took into account
  std::vector<WishDone> wish_done;
};

}  // namespace postern::queue
