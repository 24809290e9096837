// Ledger: what the world outside the engine knows, and nobody may take back: which messages were
// offered, which got a 250, which recipients a next hop has taken, which results the spool said it
// holds.  Fed by events, so that a process about to be killed can leave them in a pipe.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/base/queue_id.h"

namespace postern::crash {

struct Event {
  enum class Kind : std::uint32_t {
    kOffered,    // recipient: their number; seed: of the content
    kAcked,      // the client has its 250
    kRefused,    // the client has its 4yz
    kDelivered,  // the next hop has said 250 for `recipient`
    kTorn,       // delivered, with other octets than were sent
    kRecorded,   // the spool has said that it holds the result of `recipient`
    kBounced,    // a report about `recipient` is durable
    kCalls,      // the run is over; id: file-system calls it made
  };
  Kind kind{};
  std::uint32_t recipient = 0;
  std::uint64_t id = 0;
  std::uint64_t seed = 0;
};

// The content that belongs to a seed; above 2^32 it is a large one.
std::string content_of(std::uint64_t seed);
constexpr std::uint64_t kLargeSeed = 1ull << 32;

class Ledger {
 public:
  using Delivery = std::pair<QueueId, std::uint32_t>;
  struct Offer {
    std::uint32_t recipients = 0;
    std::uint64_t seed = 0;
    bool is_acked = false;
    bool is_refused = false;
  };

  void note(const Event& event);
  // Told of each event, after it was noted.
  void set_observer(std::function<void(const Event&)> observer) { observer_ = std::move(observer); }

  bool is_settled(const Delivery& delivery) const {
    return delivered.contains(delivery) || bounced.contains(delivery);
  }

  std::map<QueueId, Offer> offers;
  std::map<Delivery, unsigned> delivered;
  std::set<Delivery> recorded;
  std::set<Delivery> bounced;
  std::uint64_t torn = 0;
  std::uint64_t calls = 0;

 private:
  std::function<void(const Event&)> observer_;
};

}  // namespace postern::crash
