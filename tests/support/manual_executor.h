// An executor and a background pool that run in the test's own thread, by a clock that stands still
// until told: schedules of days run in milliseconds, and the same way each time.
#pragma once

#include <chrono>
#include <deque>
#include <map>

#include "core/base/clock.h"
#include "core/queue/executor.h"

namespace postern::testing {

class ManualExecutor final : public queue::Executor, public queue::BackgroundPool {
 public:
  explicit ManualExecutor(ManualClock& clock) : clock_(clock) {}

  void post(Task task) override { ready_.push_back(std::move(task)); }
  void post_after(std::chrono::milliseconds delay, Task task) override {
    timers_.emplace(clock_.steady() + delay, std::move(task));
  }
  void run(Task task) override { post(std::move(task)); }

  // Everything that can run without the clock moving; false if `limit` tasks were not enough.
  bool run_ready(std::size_t limit = 10'000'000) {
    release_due();
    while (!ready_.empty()) {
      if (limit-- == 0) return false;
      Task task = std::move(ready_.front());
      ready_.pop_front();
      task();
      release_due();
    }
    return true;
  }
  // Moves the clock by `span`, stopping at each timer on the way.
  void run_for(std::chrono::nanoseconds span) {
    const SteadyTime end = clock_.steady() + span;
    run_ready();
    while (!timers_.empty() && timers_.begin()->first <= end) {
      clock_.advance(timers_.begin()->first - clock_.steady());
      run_ready();
    }
    if (end > clock_.steady()) clock_.advance(end - clock_.steady());
    run_ready();
  }
  std::size_t timers() const { return timers_.size(); }

 private:
  void release_due() {
    while (!timers_.empty() && timers_.begin()->first <= clock_.steady()) {
      ready_.push_back(std::move(timers_.begin()->second));
      timers_.erase(timers_.begin());
    }
  }

  ManualClock& clock_;
  std::deque<Task> ready_;
  std::multimap<SteadyTime, Task> timers_;
};

}  // namespace postern::testing
