// Ticker: calls a function every now and then on a thread of its own, where it may block.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace postern::engine {

class Ticker {
 public:
  // The first call comes after one `interval`.
  Ticker(std::chrono::milliseconds interval, std::function<void()> function);
  ~Ticker();  // after the call under way

 private:
  void run();

  const std::chrono::milliseconds interval_;
  const std::function<void()> function_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace postern::engine
