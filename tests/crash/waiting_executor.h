// An executor whose tasks run in the harness's thread, by a clock that stands still until told,
// while the store answers from threads of its own: it knows how many answers are owed, so that
// "nothing is under way" is a fact and not a guess by time.
// post(), begin() and end() are thread-safe; the rest belongs to the harness's thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

#include "core/base/clock.h"
#include "core/queue/executor.h"

namespace postern::crash {

class WaitingExecutor final : public queue::Executor, public queue::BackgroundPool {
 public:
  explicit WaitingExecutor(ManualClock& clock) : clock_(clock) {}

  void post(Task task) override {
    const std::lock_guard lock(mutex_);
    ready_.push_back(std::move(task));
    changed_.notify_one();
  }
  void post_after(std::chrono::milliseconds delay, Task task) override {
    timers_.emplace(clock_.steady() + delay, std::move(task));
  }
  void run(Task task) override { post(std::move(task)); }

  // An answer is owed; it has come.
  void begin() {
    const std::lock_guard lock(mutex_);
    ++owed_;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    --owed_;
    changed_.notify_one();
  }

  // Runs what there is until nothing is under way.
  void settle() {
    std::unique_lock lock(mutex_);
    while (true) {
      while (!timers_.empty() && timers_.begin()->first <= clock_.steady()) {
        ready_.push_back(std::move(timers_.begin()->second));
        timers_.erase(timers_.begin());
      }
      if (ready_.empty() && owed_ == 0) return;
      if (ready_.empty()) {
        changed_.wait(lock);
        continue;
      }
      Task task = std::move(ready_.front());
      ready_.pop_front();
      lock.unlock();
      task();
      task = nullptr;
      lock.lock();
    }
  }
  // Moves the clock by `span`, stopping at each timer on the way.
  void advance(std::chrono::nanoseconds span) {
    const SteadyTime end = clock_.steady() + span;
    settle();
    while (!timers_.empty() && timers_.begin()->first <= end) {
      clock_.advance(timers_.begin()->first - clock_.steady());
      settle();
    }
    if (end > clock_.steady()) clock_.advance(end - clock_.steady());
    settle();
  }

 private:
  ManualClock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> ready_;  // guarded by mutex_
  unsigned owed_ = 0;       // guarded by mutex_
  std::multimap<SteadyTime, Task> timers_;
};

}  // namespace postern::crash
