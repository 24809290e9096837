#include "core/queue/inbox.h"

#include "core/queue/scheduler.h"

namespace postern::queue {

Inbox::Inbox(Executor& executor, Scheduler& scheduler)
    : executor_(executor), scheduler_(&scheduler) {}

Inbox::~Inbox() = default;

void Inbox::push(Event event) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    events_.push_back(std::move(event));
    if (is_posted_) return;
    is_posted_ = true;
  }
  executor_.post([self = shared_from_this()] { self->drain(); });
}

void Inbox::push_after(std::chrono::milliseconds delay, Event event) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
  }
  executor_.post_after(delay, [self = shared_from_this(), event = std::move(event)]() mutable {
    self->push(std::move(event));
  });
}

void Inbox::drain() {
  {
    const std::lock_guard lock(mutex_);
    is_posted_ = false;
    running_.swap(events_);
  }
  for (Event& event : running_)
    if (scheduler_ != nullptr) event(*scheduler_);
  running_.clear();
  if (scheduler_ != nullptr) scheduler_->pump();
}

void Inbox::close() {
  scheduler_ = nullptr;
  std::vector<Event> dropped;
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  dropped.swap(events_);
}

}  // namespace postern::queue
