// What the handlers of the admin service need to wait for the queue without hanging on it, and for
// clients without hanging on them.  No gRPC here: a call is known by a function that cuts it.
// Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "core/base/units.h"

namespace postern::engine {

// One answer of the queue.  Shared with the queue's callback, which may come after the handler has
// given up.
template <typename T>
class Answer {
 public:
  void give(T value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
    given_.notify_all();
  }
  // nullopt: `timeout` has passed, or `is_cut` became true.
  template <typename IsCut>
  std::optional<T> wait(std::chrono::milliseconds timeout, const IsCut& is_cut) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    std::unique_lock lock(mutex_);
    while (!value_) {
      // gRPC has no callback here for "cancelled"; it is asked now and then.
      const auto next = std::min(deadline, std::chrono::steady_clock::now() + kLook);
      given_.wait_until(lock, next);
      if (!value_ && (is_cut() || std::chrono::steady_clock::now() >= deadline))
        return std::nullopt;
    }
    return std::move(value_);
  }

 private:
  static constexpr std::chrono::milliseconds kLook{100};
  std::mutex mutex_;
  std::condition_variable given_;
  std::optional<T> value_;  // guarded by mutex_
};

// A bounded pipe between the queue's walk, on a background thread, and the handler that writes.
template <typename T>
class Pipe {
 public:
  static constexpr std::size_t kRoom = 256;

  // Waits for room; false: nobody reads any more.
  bool put(T item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return items_.size() < kRoom || is_abandoned_; });
    if (is_abandoned_) return false;
    items_.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    is_ended_ = true;
    changed_.notify_all();
  }
  void abandon() {
    const std::lock_guard lock(mutex_);
    is_abandoned_ = true;
    items_.clear();
    changed_.notify_all();
  }
  enum class Status { kItem, kEnd, kNothingYet };
  Status take(T& item, std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [this] { return !items_.empty() || is_ended_; });
    if (items_.empty()) return is_ended_ ? Status::kEnd : Status::kNothingYet;
    item = std::move(items_.front());
    items_.pop_front();
    changed_.notify_all();
    return Status::kItem;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> items_;  // guarded by mutex_, as the rest
  bool is_ended_ = false;
  bool is_abandoned_ = false;
};

// The calls under way: how many, and which of them write to a client that does not read.
class Calls {
 public:
  explicit Calls(std::size_t limit) : limit_(limit) {}

  class Call {
   public:
    Call(Calls& calls, std::function<void()> cut);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    // False: too many at once; the call must end at once.
    bool is_admitted() const { return is_admitted_; }
    void begin_write();
    void end_write();

   private:
    friend class Calls;
    Calls& calls_;
    std::function<void()> cut_;
    bool is_admitted_ = false;
    std::optional<SteadyTime> writing_since_;  // guarded by Calls::mutex_
  };

  // Cuts every call that has been in one write since before `latest`.
  void cut_writing_since(SteadyTime latest);

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  std::set<Call*> calls_;  // guarded by mutex_
};

}  // namespace postern::engine
