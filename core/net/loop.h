// Loop: one event loop on one thread.  A session or connection belongs to one loop for life, so its
// code needs no locks.  LoopPool: one loop per core, and whose turn it is.
// post() and post_after() are thread-safe; everything else is for the loop's own thread.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "core/base/units.h"

namespace postern::net {

class Loop {
 public:
  using Function = std::move_only_function<void()>;
  // Octets of scratch(): one read of the busiest session.
  static constexpr std::size_t kScratchOctets = 64 * 1024;

  Loop();
  ~Loop();  // stops and joins
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Starts the thread; `name` shows in ps and top (at most 15 octets).
  void start(const char* name);
  // Runs the loop on the calling thread until stop().  For main and for tests.
  void run();
  // Ends the loop after the current function.  What was posted and has not run is destroyed.
  void stop();
  void join();

  // Runs `function` on the loop, never before post() returns, in the order of posting; within a
  // PostBatch, once that ends.
  void post(Function function);
  void post_after(std::chrono::nanoseconds delay, Function function);
  bool is_current() const;

  // A buffer that every coroutine of the loop may use between two suspensions, never across one: so
  // an idle session owns no read buffer.
  std::span<char> scratch() { return {scratch_.get(), kScratchOctets}; }
  boost::asio::io_context& context() { return context_; }

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::unique_ptr<char[]> scratch_;
  std::thread thread_;
  std::atomic<std::thread::id> thread_id_{};
};

class LoopPool {
 public:
  // `count` 0: one per core.
  explicit LoopPool(std::size_t count = 0);
  void start(const char* name);
  void stop();
  void join();
  std::size_t size() const { return loops_.size(); }
  Loop& at(std::size_t index) { return *loops_[index]; }
  // The next in turn.  Thread-safe.
  Loop& next();

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
  std::atomic<std::size_t> turn_{0};
};

}  // namespace postern::net
