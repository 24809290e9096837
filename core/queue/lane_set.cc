#include "core/queue/lane_set.h"

#include <algorithm>
#include <functional>

namespace postern::queue {
namespace {

// An operator who allows a handful of processes means all of them.
constexpr unsigned kMinLimitForReserve = 20;

}  // namespace

std::size_t LaneSet::KeyHash::operator()(const mail::LaneKey& key) const noexcept {
  const std::hash<std::string> hash;
  return (hash(key.site) * 31 + hash(key.transport)) * 31 + static_cast<std::size_t>(key.tls);
}

Lane& LaneSet::lane(const mail::LaneKey& key) {
  if (const auto found = lanes_.find(key); found != lanes_.end()) return *found->second;
  auto transport = transports_.find(key.transport);
  if (transport == transports_.end())
    transport = transports_
                    .emplace(key.transport,
                             std::make_unique<TransportLanes>(options_.transport(key.transport)))
                    .first;
  auto made = std::make_unique<Lane>(key, *transport->second, transport->second->options);
  return *lanes_.emplace(key, std::move(made)).first->second;
}

void LaneSet::mark_ready(Lane& lane) {
  if (lane.is_in_ready_ring || lane.is_timed || !lane.has_jobs()) return;
  lane.is_in_ready_ring = true;
  lane.transport().ready.push_back(&lane);
}

bool LaneSet::has_place(const Lane& lane, const TransportLanes& transport, WallTime now) const {
  if (lane.busy >= lane.window.limit(now)) return false;
  const unsigned limit = transport.options.process_limit;
  // The last tenth goes to lanes that hold none: a few slow sites cannot take all processes.
  const unsigned reserve = limit >= kMinLimitForReserve ? limit / 10 : 0;
  return limit == 0 || lane.busy == 0 || transport.busy + reserve < limit;
}

LaneSet::Transaction LaneSet::next_of(TransportLanes& transport, WallTime now) {
  for (std::size_t left = transport.ready.size(); left > 0; --left) {
    if (transport.options.process_limit != 0 && transport.busy >= transport.options.process_limit)
      return {};
    Lane& lane = *transport.ready.front();
    transport.ready.pop_front();
    lane.is_in_ready_ring = false;
    if (!lane.has_jobs() || !has_place(lane, transport, now))
      continue;  // finished() brings it back
    if (lane.next_start > now) {
      lane.is_timed = true;
      timers_.emplace(lane.next_start, &lane);
      continue;
    }
    Job& job = *lane.front();
    Transaction transaction{&job, lane.take_transaction(job)};
    ++job.in_flight;
    ++lane.busy;
    ++transport.busy;
    lane.next_start = now + lane.options().rate_delay;
    mark_ready(lane);
    return transaction;
  }
  return {};
}

LaneSet::Transaction LaneSet::next(WallTime now) {
  for (auto& [name, transport] : transports_)
    if (Transaction found = next_of(*transport, now); found.job != nullptr) return found;
  return {};
}

void LaneSet::finished(Lane& lane) {
  TransportLanes& transport = lane.transport();
  --lane.busy;
  --transport.busy;
  mark_ready(lane);
}

WallTime LaneSet::next_event() const {
  return timers_.empty() ? WallTime::max() : timers_.begin()->first;
}

void LaneSet::wake(WallTime now) {
  while (!timers_.empty() && timers_.begin()->first <= now) {
    Lane& lane = *timers_.begin()->second;
    timers_.erase(timers_.begin());
    lane.is_timed = false;
    mark_ready(lane);
  }
}

void LaneSet::forget_idle(WallTime now) {
  const bool is_crowded = lanes_.size() > options_.lane_limit;
  std::erase_if(lanes_, [&](const auto& item) {
    const Lane& lane = *item.second;
    if (!lane.is_idle() || lane.is_in_ready_ring || lane.is_timed) return false;
    const bool is_remembered = lane.window.dead_until() + options_.maximal_backoff_time > now ||
                               lane.next_start > now || !lane.parked.empty();
    return is_crowded || !is_remembered;
  });
}

void LaneSet::for_each(const std::function<void(Lane&)>& visit) {
  for (auto& [key, lane] : lanes_)
    visit(*lane);
}

}  // namespace postern::queue
