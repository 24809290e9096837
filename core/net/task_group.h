// TaskGroup: the only way to start a coroutine that nobody awaits.  Knows how many run, so that
// their owner can wait for them before it goes: no coroutine outlives what it refers to.
// spawn() and on_idle() on the loop's thread; count() on any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "core/net/loop.h"
#include "core/net/task.h"

namespace postern::net {

class TaskGroup {
 public:
  explicit TaskGroup(Loop& loop);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Runs `task` on the loop, its first step before spawn() returns.  An exception that leaves it is
  // an impossible state: it is logged and ends the process (the queue is crash-safe).
  void spawn(Task<void> task);
  std::size_t count() const;
  // `done` once, when no task runs (at once where none does).
  void on_idle(std::move_only_function<void()> done);

 private:
  struct State;
  Loop& loop_;
  std::shared_ptr<State> state_;
};

}  // namespace postern::net
