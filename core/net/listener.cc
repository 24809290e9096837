#include "core/net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/base/log.h"
#include "core/base/units.h"

namespace postern::net {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

// After these many, the loop's other work gets its turn.
constexpr int kAcceptsPerWakeUp = 32;
// While descriptors or memory are short; others may free some at any time.
constexpr std::chrono::milliseconds kPause{100};
// A shortage that lasts is one line in a while, not ten a second.
constexpr std::chrono::minutes kBetweenWarnings{1};

bool is_shortage(int sys_errno) {
  return sys_errno == EMFILE || sys_errno == ENFILE || sys_errno == ENOMEM || sys_errno == ENOBUFS;
}

// Of the socket itself; everything else concerns one connection that is gone (accept(2): also
// network errors of the new socket), and the next may be well.
bool is_fatal(int sys_errno) {
  return sys_errno == EBADF || sys_errno == EINVAL || sys_errno == ENOTSOCK ||
         sys_errno == EOPNOTSUPP || sys_errno == EFAULT;
}

}  // namespace

// Shared with the handlers that are under way when the Listener goes.
struct Listener::State : std::enable_shared_from_this<State> {
  State(Loop& owner, OnAccept function)
      : loop(owner),
        descriptor(owner.context()),
        pause(owner.context()),
        on_accept(std::move(function)) {}

  void start() {
    if (is_stopped || is_waiting) return;
    wait();
  }

  // Also before start() has run: then there is nothing to end.
  void stop() {
    is_stopped = true;
    boost::system::error_code ignored;
    descriptor.close(ignored);
    pause.cancel();
  }

  void wait() {
    is_waiting = true;
    descriptor.async_wait(Descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            if (!self->is_stopped && !error) self->accept_some();
                          });
  }

  void wait_paused(int reason) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_warning) {
      next_warning = now + kBetweenWarnings;
      log::warning("master", "accept connection: {}",
                   Error{ErrorKind::kLimit, "pausing, connections wait", reason}.describe());
    }
    pause.expires_after(kPause);
    pause.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!self->is_stopped && !error) self->wait();
    });
  }

  void accept_some() {
    for (int i = 0; i < kAcceptsPerWakeUp; ++i) {
      sockaddr_storage native{};
      socklen_t length = sizeof native;
      auto* const peer = reinterpret_cast<sockaddr*>(&native);
      UniqueFd fd(
          ::accept4(descriptor.native_handle(), peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!fd) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) break;
        if (is_shortage(errno)) return wait_paused(errno);
        if (is_fatal(errno)) {
          log::error("master", "accept connection: {}",
                     fail_errno("not listening any more").error().describe());
          return;
        }
        continue;
      }
      on_accept(std::move(fd), SocketAddress::from_native(peer, length));
      if (is_stopped) return;
    }
    wait();
  }

  Loop& loop;
  Descriptor descriptor;
  boost::asio::steady_timer pause;
  OnAccept on_accept;
  std::atomic<bool> is_stopped{false};  // set by stop() on any thread, so that it takes hold soon
  bool is_waiting = false;
  SteadyTime next_warning{};
};

Listener::Listener(Loop& loop, UniqueFd fd, OnAccept on_accept)
    : state_(std::make_shared<State>(loop, std::move(on_accept))) {
  // One that was handed to us (socket activation) may be blocking, and accept4 would stop the loop.
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  // Replies are small and awaited: Nagle would hold them back for a delayed ACK.  What is accepted
  // inherits it (Linux); a unix socket has no such option and no need.
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  state_->descriptor.assign(fd.get());
  fd.release();
}

Listener::~Listener() { stop(); }

void Listener::start() {
  state_->loop.post([state = state_] { state->start(); });
}

void Listener::stop() {
  state_->is_stopped = true;
  if (state_->loop.is_current()) {
    state_->stop();
  } else {
    state_->loop.post([state = state_] { state->stop(); });
  }
}

}  // namespace postern::net
