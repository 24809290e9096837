// Completion<T>: lets a coroutine wait for a callback that comes once, on any thread.
//   Completion<CommitResult> done(loop);
//   store.commit(..., done.callback());
//   CommitResult result = co_await done.wait();
// The callback may outlive the coroutine: its value is then dropped.  A callback that is destroyed
// without being called leaves wait() waiting until its deadline, so give one where that can happen.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

#include "core/net/loop.h"
#include "core/net/task.h"

namespace postern::net {

template <typename T>
class Completion {
 public:
  explicit Completion(Loop& loop) : state_(std::make_shared<State>(loop)) {}

  // A function that takes the value, callable once, on any thread.
  auto callback() {
    return [state = state_](T value) mutable {
      Loop& loop = state->loop;
      if (loop.is_current()) {
        state->complete(std::move(value));
        return;
      }
      loop.post([state = std::move(state), value = std::move(value)]() mutable {
        state->complete(std::move(value));
      });
    };
  }

  // nullopt: the deadline passed first.
  Task<std::optional<T>> wait_until(SteadyTime deadline) {
    auto state = state_;  // the coroutine may outlive *this
    if (!state->value) {
      state->timer.expires_at(deadline);
      co_await state->timer.async_wait(nothrow);
    }
    co_return std::move(state->value);
  }
  Task<T> wait() {
    auto state = state_;
    while (!state->value) {
      state->timer.expires_at(SteadyTime::max());
      co_await state->timer.async_wait(nothrow);
    }
    co_return std::move(*state->value);
  }

 private:
  struct State {
    explicit State(Loop& owner) : loop(owner), timer(owner.context()) {}
    void complete(T result) {
      value.emplace(std::move(result));
      timer.cancel();
    }
    Loop& loop;
    boost::asio::steady_timer timer;
    std::optional<T> value;
  };
  std::shared_ptr<State> state_;
};

}  // namespace postern::net
