#include "core/engine/admin_calls.h"

namespace postern::engine {

Calls::Call::Call(Calls& calls, std::function<void()> cut) : calls_(calls), cut_(std::move(cut)) {
  const std::lock_guard lock(calls_.mutex_);
  is_admitted_ = calls_.calls_.size() < calls_.limit_;
  if (is_admitted_) calls_.calls_.insert(this);
}

Calls::Call::~Call() {
  const std::lock_guard lock(calls_.mutex_);
  calls_.calls_.erase(this);
}

void Calls::Call::begin_write() {
  const std::lock_guard lock(calls_.mutex_);
  writing_since_ = std::chrono::steady_clock::now();
}

void Calls::Call::end_write() {
  const std::lock_guard lock(calls_.mutex_);
  writing_since_.reset();
}

void Calls::cut_writing_since(SteadyTime latest) {
  // Under the lock: a call that ends meanwhile waits in its destructor, so cut_ is alive.
  const std::lock_guard lock(mutex_);
  for (Call* call : calls_)
    if (call->writing_since_ && *call->writing_since_ < latest) call->cut_();
}

}  // namespace postern::engine
