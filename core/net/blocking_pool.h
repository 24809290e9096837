// BlockingPool: a bounded number of threads for calls that may block: the disk, the name service,
// large tables, another user's mailbox.  A loop never blocks.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/net/completion.h"

namespace postern::net {

class BlockingPool {
 public:
  using Function = std::move_only_function<void()>;

  // `max_queued`: functions that may wait; more make try_run() false.
  explicit BlockingPool(std::size_t threads, std::size_t max_queued = 100'000);
  ~BlockingPool();  // runs what waits, then joins
  // False, with `function` not run: too many wait, or the pool has stopped.
  bool try_run(Function function);
  std::size_t queued() const;
  void stop();  // takes nothing new; what waits still runs

 private:
  void work();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Function> queue_;
  std::vector<std::thread> threads_;
  const std::size_t max_queued_;
  bool stopping_ = false;
};

// co_await on_pool(loop, pool, function): the function's result, back on the loop.  `function` owns
// what it needs (captures by value).  nullopt: the pool is full.
template <typename F, typename T = std::invoke_result_t<F&>>
Task<std::optional<T>> on_pool(Loop& loop, BlockingPool& pool, F function) {
  Completion<T> done(loop);
  auto callback = done.callback();
  auto work = [function = std::move(function), callback = std::move(callback)]() mutable {
    callback(function());
  };
  if (!pool.try_run(std::move(work))) co_return std::nullopt;
  co_return co_await done.wait();
}

}  // namespace postern::net
