// Inbox: how other threads reach the scheduler.  Events that come while one batch runs wait for the
// next, so the executor sees one task a batch however many messages arrive.
// push() is thread-safe; what the events touch lives on the executor.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/queue/executor.h"

namespace postern::queue {

class Scheduler;

class Inbox : public std::enable_shared_from_this<Inbox> {
 public:
  using Event = std::move_only_function<void(Scheduler&)>;

  // Not inline: the standard library wants Scheduler complete where an Event is made or destroyed.
  Inbox(Executor& executor, Scheduler& scheduler);
  ~Inbox();

  // Runs `event` on the executor, after all that were pushed before it.  Dropped, unrun, once the
  // queue is closed.
  void push(Event event);
  // As push, after a delay.
  void push_after(std::chrono::milliseconds delay, Event event);
  // No event runs after it.  On the executor's thread, or when that has ended.
  void close();

 private:
  void drain();

  Executor& executor_;
  std::mutex mutex_;
  std::vector<Event> events_;   // guarded by mutex_
  bool is_posted_ = false;      // guarded by mutex_
  bool is_closed_ = false;      // guarded by mutex_
  std::vector<Event> running_;  // executor only; kept for its capacity
  Scheduler* scheduler_;        // executor only; null when closed
};

}  // namespace postern::queue
