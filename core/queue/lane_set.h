// LaneSet: all lanes, by transport.  Says which lane starts the next transaction: lanes of one
// transport take turns, within the transport's process limit, of which a part is kept for lanes
// that run nothing yet. Used on the queue's thread only.
#pragma once

#include <map>
#include <memory>
#include <unordered_map>

#include "core/queue/lane.h"

namespace postern::queue {

struct TransportLanes {
  explicit TransportLanes(const TransportOptions& transport_options) : options(transport_options) {}

  const TransportOptions& options;
  unsigned busy = 0;        // attempts under way in all its lanes
  std::deque<Lane*> ready;  // lanes that may be able to start a transaction
};

class LaneSet {
 public:
  explicit LaneSet(const QueueOptions& options) : options_(options) {}

  Lane& lane(const mail::LaneKey& key);  // made if it is new
  // Something may have changed in its favour: a job, a free place, the end of a wait.
  void mark_ready(Lane& lane);

  struct Transaction {
    Job* job = nullptr;
    std::vector<std::uint32_t> recipients;
  };
  // The next transaction to start at `now`, its place in lane and transport already taken; a
  // Transaction without job if nothing can start now.
  Transaction next(WallTime now);
  // Gives the place back.
  void finished(Lane& lane);

  // The earliest moment a lane with jobs waits for (rate delay), or WallTime::max().
  WallTime next_event() const;
  // Marks lanes whose wait has ended.
  void wake(WallTime now);
  // Forgets lanes nobody uses; those that are dead or were throttled stay for a while, unless there
  // are more than lane_limit.
  void forget_idle(WallTime now);

  std::size_t size() const { return lanes_.size(); }
  void for_each(const std::function<void(Lane&)>& visit);

 private:
  struct KeyHash {
    std::size_t operator()(const mail::LaneKey& key) const noexcept;
  };

  bool has_place(const Lane& lane, const TransportLanes& transport, WallTime now) const;
  Transaction next_of(TransportLanes& transport, WallTime now);

  const QueueOptions& options_;
  std::map<std::string, std::unique_ptr<TransportLanes>, std::less<>> transports_;
  std::unordered_map<mail::LaneKey, std::unique_ptr<Lane>, KeyHash> lanes_;
  std::multimap<WallTime, Lane*> timers_;  // lanes that wait for their rate delay, each once
};

}  // namespace postern::queue
