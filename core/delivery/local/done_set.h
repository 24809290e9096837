// DoneSet: commands and files that have had their copy although the recipient is to be tried again,
// because another of its destinations was not ready.  In memory only: after a restart such a
// command runs once more, which is what every mailer does that has no record of it.
// Bounded: the oldest are forgotten.  Thread-safe.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <unordered_set>

namespace postern::delivery {

class DoneSet {
 public:
  explicit DoneSet(std::size_t limit = 10'000) : limit_(limit) {}

  void add(std::string name) {
    const std::lock_guard lock(mutex_);
    if (!names_.insert(name).second) return;
    order_.push_back(std::move(name));
    if (order_.size() <= limit_) return;
    names_.erase(order_.front());
    order_.pop_front();
  }
  bool contains(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return names_.contains(name);
  }

 private:
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::unordered_set<std::string> names_;
  std::deque<std::string> order_;
};

}  // namespace postern::delivery
