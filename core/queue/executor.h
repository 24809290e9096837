// The queue's view of threads: one serial executor that all its state lives on, and a pool for
// calls that may block on the disk.  Owned by the queue, implemented over the event loop in engine;
// tests bring a deterministic one with a manual clock.
#pragma once

#include <chrono>
#include <functional>

namespace postern::queue {

// Runs functions one at a time, in the order of post().  Both calls are thread-safe and return at
// once; neither ever runs the function before it returns.
class Executor {
 public:
  using Task = std::move_only_function<void()>;

  virtual ~Executor() = default;
  virtual void post(Task task) = 0;
  // Runs `task` once, not before `delay` of steady time has passed.  There is no cancel: the queue
  // tolerates a late or needless wake-up.
  virtual void post_after(std::chrono::milliseconds delay, Task task) = 0;
};

// Runs functions that may block, on any thread, in any order.  Thread-safe.  The queue itself
// bounds how many of its tasks are in the pool (QueueOptions::read_concurrency).
class BackgroundPool {
 public:
  virtual ~BackgroundPool() = default;
  virtual void run(Executor::Task task) = 0;
};

}  // namespace postern::queue
