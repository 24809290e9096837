#include "core/net/socket.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>

#include "core/base/check.h"

namespace postern::net {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;
}  // namespace

// One timer for both directions.  It stays armed after a wait has ended: a session's next deadline
// is nearly always later, so when the timer fires it finds the new one and arms itself for that.
// Shared with the timer's handler, which may be queued when the socket goes.
struct Socket::Watchdog : std::enable_shared_from_this<Watchdog> {
  struct Direction {
    SteadyTime deadline;
    bool is_waiting = false;
    bool has_expired = false;
  };

  Watchdog(boost::asio::io_context& context, Descriptor& watched)
      : timer(context), descriptor(&watched) {}

  void watch(Direction& direction, SteadyTime deadline) {
    POSTERN_CHECK(!direction.is_waiting);
    direction = {deadline, true, false};
    if (deadline < armed_for) arm(deadline);
  }

  void arm(SteadyTime when) {
    armed_for = when;
    timer.expires_at(when);  // a wait that was pending ends with operation_aborted
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error) self->on_timer();
    });
  }

  void on_timer() {
    if (descriptor == nullptr) return;
    armed_for = SteadyTime::max();
    const SteadyTime now = std::chrono::steady_clock::now();
    SteadyTime next = SteadyTime::max();
    bool has_expired = false;
    for (Direction* direction : {&read, &write}) {
      if (!direction->is_waiting) continue;
      if (direction->deadline <= now) {
        direction->has_expired = has_expired = true;
      } else {
        next = std::min(next, direction->deadline);
      }
    }
    if (next != SteadyTime::max()) arm(next);
    // Ends the waits of both directions; the one that has time left waits again.
    if (has_expired) {
      boost::system::error_code ignored;
      descriptor->cancel(ignored);
    }
  }

  boost::asio::steady_timer timer;
  Descriptor* descriptor;
  SteadyTime armed_for = SteadyTime::max();
  Direction read;
  Direction write;
};

Socket::Socket(Loop& loop, UniqueFd fd)
    : loop_(loop), fd_(fd.release()), descriptor_(loop.context()) {
  const int flags = ::fcntl(fd_, F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) == 0) ::fcntl(fd_, F_SETFL, flags | O_NONBLOCK);
  ::fcntl(fd_, F_SETFD, FD_CLOEXEC);
  boost::system::error_code error;
  descriptor_.assign(fd_, error);
  // The kernel has no memory for one more: as if the peer had gone at once.
  if (error) cancelled_ = true;
  watchdog_ = std::make_shared<Watchdog>(loop.context(), descriptor_);
}

Socket::~Socket() { close(); }

Task<Result<void>> Socket::wait_readable(SteadyTime deadline) {
  return wait(Descriptor::wait_read, deadline);
}

Task<Result<void>> Socket::wait_writable(SteadyTime deadline) {
  return wait(Descriptor::wait_write, deadline);
}

Task<Result<void>> Socket::wait(Descriptor::wait_type what, SteadyTime deadline) {
  const auto watchdog = watchdog_;  // for the moment after close() by another coroutine
  auto& direction = what == Descriptor::wait_read ? watchdog->read : watchdog->write;
  if (cancelled_) co_return fail(ErrorKind::kClosed, "the connection was closed on our side");
  watchdog->watch(direction, deadline);
  for (;;) {
    const auto [error] = co_await descriptor_.async_wait(what, nothrow);
    if (watchdog->descriptor == nullptr || cancelled_) {
      direction.is_waiting = false;
      co_return fail(ErrorKind::kClosed, "the connection was closed on our side");
    }
    if (error == boost::asio::error::operation_aborted && !direction.has_expired) continue;
    direction.is_waiting = false;
    if (!error) co_return Result<void>();
    if (direction.has_expired)
      co_return fail(ErrorKind::kTimeout, "the peer kept us waiting until the deadline");
    co_return fail_errno("waiting for a socket", error.value());
  }
}

void Socket::cancel() {
  cancelled_ = true;
  boost::system::error_code ignored;
  if (descriptor_.is_open()) descriptor_.cancel(ignored);
}

void Socket::close(bool abort) {
  if (fd_ < 0) return;
  cancelled_ = true;
  watchdog_->descriptor = nullptr;
  watchdog_->timer.cancel();
  if (abort) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  boost::system::error_code ignored;
  if (descriptor_.is_open()) {
    descriptor_.close(ignored);
  } else {
    ::close(fd_);
  }
  fd_ = -1;
}

}  // namespace postern::net
