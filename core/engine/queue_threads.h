// The queue's threads: its serial executor on an event loop of its own, and its background work on
// the blocking pool.  Thread-safe; loop and pool outlive them.
#pragma once

#include "core/net/blocking_pool.h"
#include "core/net/loop.h"
#include "core/net/post_batch.h"
#include "core/queue/executor.h"

namespace postern::engine {

class LoopExecutor final : public queue::Executor {
 public:
  explicit LoopExecutor(net::Loop& loop) : loop_(loop) {}
  // What one turn of the queue starts goes to each loop together.
  void post(Task task) override {
    loop_.post([task = std::move(task)]() mutable {
      const net::PostBatch together;
      task();
    });
  }
  void post_after(std::chrono::milliseconds delay, Task task) override {
    loop_.post_after(delay, std::move(task));
  }

 private:
  net::Loop& loop_;
};

// The queue bounds its own tasks (QueueOptions::read_concurrency) and every one of them owes it an
// answer, so none may be turned away: the pool it gets has no other use and no bound that matters.
class PoolBackground final : public queue::BackgroundPool {
 public:
  explicit PoolBackground(net::BlockingPool& pool) : pool_(pool) {}
  void run(queue::Executor::Task task) override { pool_.try_run(std::move(task)); }

 private:
  net::BlockingPool& pool_;
};

}  // namespace postern::engine
