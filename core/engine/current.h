// Current<T>: the value in force now; a reload puts another in its place, and whoever took the old
// one keeps it as long as it wants.
// Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace postern::engine {

template <typename T>
class Current {
 public:
  using Pointer = std::shared_ptr<const T>;

  Current() = default;
  explicit Current(Pointer value) : value_(std::move(value)) {}

  Pointer get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  // The old value is destroyed outside the lock, or by its last user.
  void set(Pointer value) {
    const std::lock_guard lock(mutex_);
    value_.swap(value);
  }

 private:
  mutable std::mutex mutex_;
  Pointer value_;
};

}  // namespace postern::engine
