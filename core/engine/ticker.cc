#include "core/engine/ticker.h"

#include <pthread.h>

namespace postern::engine {

Ticker::Ticker(std::chrono::milliseconds interval, std::function<void()> function)
    : interval_(interval), function_(std::move(function)), thread_([this] { run(); }) {
  ::pthread_setname_np(thread_.native_handle(), "ticker");
}

Ticker::~Ticker() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Ticker::run() {
  std::unique_lock lock(mutex_);
  const auto is_over = [this] { return is_stopping_; };
  while (!wake_.wait_for(lock, interval_, is_over)) {
    lock.unlock();
    function_();
    lock.lock();
  }
}

}  // namespace postern::engine
