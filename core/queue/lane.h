// Lane: everything that goes to one (transport, site, TLS requirement).  It holds the jobs that
// wait, in a ring, so that a job hands out one transaction and then yields to the next: a message
// with three recipients never waits for all of one with thirty thousand.
// Used on the queue's thread only; owned by LaneSet.
#pragma once

#include <deque>
#include <string>

#include "core/queue/active_message.h"
#include "core/queue/concurrency_window.h"

namespace postern::queue {

struct TransportLanes;

class Lane {
 public:
  Lane(mail::LaneKey key, TransportLanes& transport, const TransportOptions& options)
      : window(options), key_(std::move(key)), transport_(transport), options_(options) {}
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  const mail::LaneKey& key() const { return key_; }
  TransportLanes& transport() { return transport_; }
  const TransportOptions& options() const { return options_; }

  void append(Job& job);
  void remove(Job& job);  // from the ring; nothing if it is not in it
  Job* front() { return ring_; }
  // Takes up to recipient_limit recipients of the job in front; it then stands last, or leaves the
  // ring if none are left.
  std::vector<std::uint32_t> take_transaction(Job& job);

  bool has_jobs() const { return ring_ != nullptr; }
  std::size_t queued_jobs() const { return queued_jobs_; }
  // Nobody would miss it.
  bool is_idle() const { return ring_ == nullptr && busy == 0 && messages == 0; }

  ConcurrencyWindow window;
  unsigned busy = 0;             // attempts under way
  std::uint32_t messages = 0;    // jobs of active messages here, waiting or in flight
  std::uint32_t recipients = 0;  // of those jobs
  bool is_in_ready_ring = false;
  bool is_timed = false;  // waits in LaneSet's timers
  WallTime next_start{};  // rate delay: no attempt starts before it
  // Messages that found the lane's share of the window used up; each also has a due time of its
  // own, so this list may be lossy.
  std::deque<QueueId> parked;
  spool::RecipientProgress last_failure;  // why it is dead, for those that are not tried

 private:
  const mail::LaneKey key_;
  TransportLanes& transport_;
  const TransportOptions& options_;
  Job* ring_ = nullptr;  // circular, doubly linked
  std::size_t queued_jobs_ = 0;
};

}  // namespace postern::queue
