#include "core/queue/lane.h"

#include <algorithm>

namespace postern::queue {

void Lane::append(Job& job) {
  if (job.ring_next != nullptr) return;
  ++queued_jobs_;
  if (ring_ == nullptr) {
    ring_ = job.ring_next = job.ring_previous = &job;
    return;
  }
  Job* const last = ring_->ring_previous;
  job.ring_previous = last;
  job.ring_next = ring_;
  last->ring_next = &job;
  ring_->ring_previous = &job;
}

void Lane::remove(Job& job) {
  if (job.ring_next == nullptr) return;
  --queued_jobs_;
  if (job.ring_next == &job) {
    ring_ = nullptr;
  } else {
    job.ring_previous->ring_next = job.ring_next;
    job.ring_next->ring_previous = job.ring_previous;
    if (ring_ == &job) ring_ = job.ring_next;
  }
  job.ring_next = job.ring_previous = nullptr;
}

std::vector<std::uint32_t> Lane::take_transaction(Job& job) {
  const std::size_t left = job.waiting.size() - job.next;
  const std::size_t limit = options_.recipient_limit == 0 ? left : options_.recipient_limit;
  const std::size_t taken = std::min(left, limit);
  const auto from = job.waiting.begin() + static_cast<std::ptrdiff_t>(job.next);
  std::vector<std::uint32_t> transaction(from, from + static_cast<std::ptrdiff_t>(taken));
  job.next += taken;
  remove(job);
  if (job.has_waiting()) append(job);
  return transaction;
}

}  // namespace postern::queue
