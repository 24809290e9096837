// An executor on a thread of its own and a pool of two: the queue under real concurrency, for the
// thread sanitizer.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "core/queue/executor.h"

namespace postern::testing {

class ThreadExecutor final : public queue::Executor, public queue::BackgroundPool {
 public:
  explicit ThreadExecutor(unsigned pool_threads = 2) {
    threads_.emplace_back([this] { loop(serial_); });
    for (unsigned i = 0; i < pool_threads; ++i)
      threads_.emplace_back([this] { loop(pool_); });
  }
  ~ThreadExecutor() override { stop(); }

  void post(Task task) override { put(serial_, std::move(task)); }
  void post_after(std::chrono::milliseconds delay, Task task) override {
    const std::lock_guard lock(mutex_);
    serial_.timers.emplace(std::chrono::steady_clock::now() + delay, std::move(task));
    changed_.notify_all();
  }
  void run(Task task) override { put(pool_, std::move(task)); }

  // Ends the threads; what has not started is dropped.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      is_stopped_ = true;
      changed_.notify_all();
    }
    for (std::thread& thread : threads_)
      if (thread.joinable()) thread.join();
  }

 private:
  struct Lane {
    std::deque<Task> tasks;
    std::multimap<std::chrono::steady_clock::time_point, Task> timers;
  };

  void put(Lane& lane, Task task) {
    const std::lock_guard lock(mutex_);
    lane.tasks.push_back(std::move(task));
    changed_.notify_all();
  }
  void loop(Lane& lane) {
    std::unique_lock lock(mutex_);
    while (!is_stopped_) {
      while (!lane.timers.empty() &&
             lane.timers.begin()->first <= std::chrono::steady_clock::now()) {
        lane.tasks.push_back(std::move(lane.timers.begin()->second));
        lane.timers.erase(lane.timers.begin());
      }
      if (!lane.tasks.empty()) {
        Task task = std::move(lane.tasks.front());
        lane.tasks.pop_front();
        lock.unlock();
        task();
        task = nullptr;
        lock.lock();
      } else if (!lane.timers.empty()) {
        changed_.wait_until(lock, lane.timers.begin()->first);
      } else {
        changed_.wait(lock);
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Lane serial_, pool_;       // guarded by mutex_
  bool is_stopped_ = false;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace postern::testing
