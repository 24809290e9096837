// The sweeper: walks the whole index every queue_run_delay, apart from everything that makes
// messages move, so that nothing outlives its time however it got stuck.  Held messages are exempt,
// as in Postfix: their clock runs, but only an operator lets them go.
#include <algorithm>

#include "core/base/log.h"
#include "core/queue/scheduler.h"

namespace postern::queue {
namespace {

constexpr Index::Slot kSlice = 16'384;  // messages looked at between two turns of the executor
constexpr std::chrono::seconds kClockJump{60};

}  // namespace

void Scheduler::sweep(Index::Slot from) {
  if (is_stopping_) return;
  const WallTime now = timeline_.now();
  const Index::Slot end = std::min(index_.slot_end(), from + kSlice);
  for (Index::Slot slot = from; slot < end; ++slot)
    if (index_.at(slot).state != MessageState::kFree) sweep_message(slot, now);
  if (end < index_.slot_end()) {
    inbox_->push([end](Scheduler& self) { self.sweep(end); });
    return;
  }
  end_sweep();
  inbox_->push_after(options_.queue_run_delay, [](Scheduler& self) { self.sweep(0); });
}

void Scheduler::sweep_message(Index::Slot slot, WallTime now) {
  IndexedMessage& entry = index_.at(slot);
  if (entry.state == MessageState::kHeld || !loaded_at_) return;
  const WallTime end_of_life =
      from_ms(entry.arrival_ms) + policy_.lifetime(entry.is_null_sender != 0);
  if (now < end_of_life) return;
  // The last attempt makes the ordinary end.  Where that does not come, this is the end: counted
  // from the start of this run at the earliest, so that a long stop does not expire mail untried.
  const WallTime deadline = std::max(end_of_life, *loaded_at_) + 2 * options_.maximal_backoff_time;
  if (entry.state == MessageState::kWaiting) {
    if (now >= deadline) {
      entry.is_expiring = 1;
      expiring_.push_back(entry.id);
      index_.take_out(slot, MessageState::kHeld);  // start_expiring() takes it from here
    } else if (!entry.is_swept) {
      entry.is_swept = 1;
      index_.wait_until(slot, now);
    }
    return;
  }
  ActiveMessage* const message = find_active(entry.id);
  if (message == nullptr || message->is_finishing || message->wish != Wish::kNone) return;
  if (now >= deadline && !message->is_placing) {
    entry.is_expiring = 1;
    cancel_jobs(*message);
    finish_if_done(*message);
  }
}

void Scheduler::start_expiring() {
  // Not bound by the active window: a jammed window must not keep expired mail.
  while (!expiring_.empty() && reads_ < options_.read_concurrency) {
    const Index::Slot slot = index_.find(expiring_.front());
    expiring_.pop_front();
    if (slot == Index::kNoSlot || !index_.at(slot).is_expiring) continue;
    if (index_.at(slot).state == MessageState::kActive) continue;
    start_read(slot);
  }
}

void Scheduler::end_sweep() {
  const WallTime now = timeline_.now();
  if (const auto jump = timeline_.take_jump(kClockJump)) {
    metrics_.clock_jumps.Increment();
    log::warning("qmgr",
                 "the system clock has jumped by {} s; retries and lifetimes of queued mail go by "
                 "elapsed time and are not affected",
                 jump->count());
  }
  for (auto& [number, running] : running_) {
    if (running.is_warned || now - running.started < options_.attempt_warning) continue;
    running.is_warned = true;
    log::warning("qmgr", "{:X}: delivery to {} has been running for {} s",
                 running.message->id.value(), running.job->lane->key().site,
                 std::chrono::duration_cast<std::chrono::seconds>(now - running.started).count());
  }
  lanes_.forget_idle(now);
  std::size_t dead = 0;
  lanes_.for_each([&](const Lane& lane) { dead += lane.window.is_dead(now) ? 1 : 0; });
  metrics_.dead_lanes.Set(static_cast<double>(dead));
  update_gauges();
}

}  // namespace postern::queue
