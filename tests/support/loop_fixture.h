// A running Loop for tests of coroutines.
//   LoopFixture fixture;
//   Result<int> value = run(fixture.loop(), some_task(...));   // blocks until it has ended
// Or as a base class: class DialTest : public LoopTest {...}; run(task).
// The task's parameters are alive until run() returns (they stand in the caller's full expression).
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "core/net/loop.h"
#include "core/net/task.h"
#include "core/net/task_group.h"

namespace postern::testing {

namespace internal {

template <typename T>
net::Task<void> run_into(net::Task<T> task, std::promise<T>* result) {
  if constexpr (std::is_void_v<T>) {
    co_await std::move(task);
    result->set_value();
  } else {
    result->set_value(co_await std::move(task));
  }
}

}  // namespace internal

// From another thread than the loop's.
template <typename T>
T run(net::Loop& loop, net::Task<T> task) {
  std::promise<T> result;
  std::promise<void> ended;
  auto value = result.get_future();
  net::TaskGroup group(loop);
  loop.post([&, task = std::move(task)]() mutable {
    group.spawn(internal::run_into<T>(std::move(task), &result));
    group.on_idle([&ended] { ended.set_value(); });
  });
  // The coroutine's frame is gone only then, and with it all that refers to the test's objects.
  ended.get_future().wait();
  return value.get();
}

// Runs a plain function on the loop's thread and waits for it.
template <typename F, typename T = std::invoke_result_t<F&>>
T run_on(net::Loop& loop, F function) {
  std::promise<T> result;
  auto value = result.get_future();
  loop.post([&] {
    if constexpr (std::is_void_v<T>) {
      function();
      result.set_value();
    } else {
      result.set_value(function());
    }
  });
  return value.get();
}

class LoopFixture {
 public:
  LoopFixture() { loop_.start("test-loop"); }
  net::Loop& loop() { return loop_; }

 private:
  net::Loop loop_;
};

class LoopTest : public ::testing::Test, public LoopFixture {
 protected:
  template <typename T>
  T run(net::Task<T> task) {
    return testing::run(loop(), std::move(task));
  }
};

// Far enough that only a hang reaches it, on a slow machine under a sanitizer too.
inline SteadyTime test_deadline() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(30);
}
inline SteadyTime in_milliseconds(int count) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(count);
}

}  // namespace postern::testing
