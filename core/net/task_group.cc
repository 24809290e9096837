#include "core/net/task_group.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/log.h"

namespace postern::net {
namespace {

[[noreturn]] void die_of(const std::exception_ptr& escaped) {
  try {
    std::rethrow_exception(escaped);
  } catch (const std::exception& error) {
    log::fatal("postern", "an exception left a task: {}", error.what());
  } catch (...) {
    log::fatal("postern", "an exception left a task");
  }
  log::flush();
  POSTERN_CHECK(!"an exception left a task");
  std::terminate();
}

}  // namespace

struct TaskGroup::State {
  void on_end() {
    if (running.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    // Moved out first: a function may end the group or add to it.
    for (auto& done : std::exchange(waiting, {}))
      done();
  }

  std::atomic<std::size_t> running{0};
  std::vector<std::move_only_function<void()>> waiting;
};

TaskGroup::TaskGroup(Loop& loop) : loop_(loop), state_(std::make_shared<State>()) {}

TaskGroup::~TaskGroup() = default;

void TaskGroup::spawn(Task<void> task) {
  state_->running.fetch_add(1, std::memory_order_relaxed);
  boost::asio::co_spawn(loop_.context(), std::move(task),
                        [state = state_](const std::exception_ptr& escaped) {
                          if (escaped) die_of(escaped);
                          state->on_end();
                        });
}

std::size_t TaskGroup::count() const { return state_->running.load(std::memory_order_acquire); }

void TaskGroup::on_idle(std::move_only_function<void()> done) {
  if (count() == 0) {
    done();
  } else {
    state_->waiting.push_back(std::move(done));
  }
}

}  // namespace postern::net
