// The liveness check: what must hold between any two events.
#include <algorithm>

#include "core/queue/scheduler.h"

namespace postern::queue {

std::string Scheduler::broken_entry() const {
  std::size_t waiting = 0;
  for (Index::Slot slot = 0; slot < index_.slot_end(); ++slot) {
    const IndexedMessage& entry = index_.at(slot);
    if (entry.state == MessageState::kFree) continue;
    const bool is_in_heap = entry.position != IndexedMessage::kNoPosition;
    if (is_in_heap != (entry.state == MessageState::kWaiting))
      return fmt::format("{:X}: waiting without a due time", entry.id.value());
    waiting += is_in_heap ? 1 : 0;
    if (entry.state == MessageState::kHeld && entry.is_expiring &&
        std::ranges::find(expiring_, entry.id) == expiring_.end())
      return fmt::format("{:X}: expiring, but nobody will read it", entry.id.value());
    const auto deadline = timeline_.now() + options_.maximal_backoff_time;
    if (is_in_heap && from_ms(entry.due_ms) > deadline + std::chrono::milliseconds(1))
      return fmt::format("{:X}: due later than any back-off allows", entry.id.value());
  }
  return waiting == index_.waiting() ? "" : "the due order holds messages that do not wait";
}

std::string Scheduler::broken_message(const ActiveMessage& message) {
  if (message.envelope == nullptr) return reads_ > 0 ? "" : "active, but nobody reads it";
  std::uint32_t open = 0;
  for (std::uint32_t i = 0; i < message.recipients.size(); ++i) {
    const ActiveRecipient& recipient = message.recipients[i];
    if (is_open(recipient.phase)) ++open;
    if (recipient.phase == Phase::kQueued) {
      const auto job = std::ranges::find_if(message.jobs, [i](const std::unique_ptr<Job>& each) {
        return std::find(each->waiting.begin() + static_cast<std::ptrdiff_t>(each->next),
                         each->waiting.end(), i) != each->waiting.end();
      });
      if (job == message.jobs.end()) return "a queued recipient is in no job";
      const Lane& lane = *(*job)->lane;
      if ((*job)->ring_next == nullptr) return "a job with recipients is not in its lane";
      if (!lane.is_in_ready_ring && !lane.is_timed && lane.busy == 0)
        return "a lane with jobs has nothing that starts it";
    } else if (recipient.phase == Phase::kInFlight &&
               recipient.progress.state != spool::RecipientState::kExpanded) {
      const bool is_running = std::ranges::any_of(running_, [&](const auto& each) {
        return each.second.message == &message &&
               std::ranges::find(each.second.recipients, i) != each.second.recipients.end();
      });
      if (!is_running) return "a recipient is in flight without an attempt";
    }
  }
  if (open != message.open) return "wrong count of open recipients";
  if (open == 0 && !message.is_finishing) return "all recipients have results and nobody finishes";
  return "";
}

std::string Scheduler::find_broken_invariant() {
  if (std::string problem = broken_entry(); !problem.empty()) return problem;
  std::uint32_t recipients = 0;
  std::uint64_t content = 0;
  std::size_t finishing = 0;
  std::map<const Lane*, std::uint32_t> jobs;
  for (const auto& [id, message] : active_) {
    const Index::Slot slot = index_.find(id);
    if (slot == Index::kNoSlot || index_.at(slot).state != MessageState::kActive)
      return fmt::format("{:X}: active, but not in the index as such", id.value());
    if (std::string problem = broken_message(*message); !problem.empty())
      return fmt::format("{:X}: {}", id.value(), problem);
    recipients += message->counted;
    content += message->counted_content;
    finishing += message->is_finishing ? 1 : 0;
    for (const std::unique_ptr<Job>& job : message->jobs)
      ++jobs[job->lane];
  }
  if (recipients != active_recipients_) return "wrong count of active recipients";
  if (content != content_bytes_) return "wrong count of content octets";
  if (finishing != finishing_) return "wrong count of finishing messages";
  std::string problem;
  const WallTime now = timeline_.now();
  lanes_.for_each([&](const Lane& lane) {
    const auto expected = jobs.find(&lane);
    if (lane.messages != (expected == jobs.end() ? 0 : expected->second))
      problem = lane.key().site + ": wrong count of messages in a lane";
    const auto busy = std::ranges::count_if(
        running_, [&](const auto& each) { return each.second.job->lane == &lane; });
    if (lane.busy != static_cast<unsigned>(busy))
      problem = lane.key().site + ": wrong count of attempts in a lane";
    if (lane.window.is_dead(now) && lane.has_jobs())
      problem = lane.key().site + ": a dead lane has jobs";
  });
  return problem;
}

}  // namespace postern::queue
