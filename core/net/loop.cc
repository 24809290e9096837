#include "core/net/loop.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>

#include "core/base/check.h"
#include "core/net/post_batch.h"

namespace postern::net {

Loop::Loop()
    : work_(boost::asio::make_work_guard(context_)),
      scratch_(std::make_unique_for_overwrite<char[]>(kScratchOctets)) {}

Loop::~Loop() {
  stop();
  join();
}

void Loop::start(const char* name) {
  POSTERN_CHECK(!thread_.joinable());
  thread_ = std::thread([this] { run(); });
  // Longer names are refused whole, not cut.
  const std::string short_name = std::string(name).substr(0, 15);
  ::pthread_setname_np(thread_.native_handle(), short_name.c_str());
}

void Loop::run() {
  thread_id_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  // To wake a sleeping thread costs several microseconds, most of all where processors are virtual.
  // So before the loop sleeps, whoever is ready runs once (often the peer, or the committer with an
  // answer), and the loop looks again.  On an idle machine that is two system calls more.
  while (!context_.stopped()) {
    if (context_.poll() != 0) continue;
    std::this_thread::yield();
    if (context_.poll() == 0) context_.run_one();
  }
  thread_id_.store(std::thread::id(), std::memory_order_relaxed);
}

void Loop::stop() { context_.stop(); }

void Loop::join() {
  if (thread_.joinable()) thread_.join();
}

void Loop::post(Function function) {
  if (PostBatch* const batch = PostBatch::current()) {
    batch->add(*this, std::move(function));
  } else {
    boost::asio::post(context_, std::move(function));
  }
}

void Loop::post_after(std::chrono::nanoseconds delay, Function function) {
  // The handler owns the timer, so both go together, called or not.
  auto timer = std::make_unique<boost::asio::steady_timer>(context_, delay);
  boost::asio::steady_timer& armed = *timer;
  armed.async_wait([timer = std::move(timer), function = std::move(function)](
                       const boost::system::error_code& error) mutable {
    if (!error) function();
  });
}

bool Loop::is_current() const {
  return thread_id_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

LoopPool::LoopPool(std::size_t count) {
  if (count == 0) count = std::max(1u, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < count; ++i)
    loops_.push_back(std::make_unique<Loop>());
}

void LoopPool::start(const char* name) {
  for (std::size_t i = 0; i < loops_.size(); ++i)
    loops_[i]->start(fmt::format("{}-{}", name, i).c_str());
}

void LoopPool::stop() {
  for (const auto& loop : loops_)
    loop->stop();
}

void LoopPool::join() {
  for (const auto& loop : loops_)
    loop->join();
}

Loop& LoopPool::next() {
  return *loops_[turn_.fetch_add(1, std::memory_order_relaxed) % loops_.size()];
}

}  // namespace postern::net
