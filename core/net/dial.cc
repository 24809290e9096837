#include "core/net/dial.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace postern::net {
namespace {

int native_family(Family family) {
  switch (family) {
    case Family::kIpv4: return AF_INET;
    case Family::kIpv6: return AF_INET6;
    case Family::kUnix: return AF_UNIX;
    case Family::kNone: break;
  }
  return AF_UNSPEC;
}

Result<UniqueFd> open_socket(const SocketAddress& target) {
  UniqueFd fd(
      ::socket(native_family(target.family()), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd) return fd;
  if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
    return std::unexpected(Error{ErrorKind::kUnavailable,
                                 "no socket left to connect to " + target.to_string(), errno});
  return fail_errno("a socket to connect to " + target.to_string());
}

Result<void> bind_source(int fd, const SocketAddress& source) {
  const int on = 1;
  // The port is chosen at connect(2), so one address can serve more connections than ports.
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_storage native;
  const socklen_t length = source.to_native(native);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&native), length) != 0)
    return fail_errno("source address " + source.to_string());
  return {};
}

// True: connected already; false: under way.
Result<bool> begin_connect(int fd, const SocketAddress& target) {
  sockaddr_storage native;
  const socklen_t length = target.to_native(native);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&native), length) == 0) return true;
  // EINTR: a non-blocking connect goes on all the same (connect(2)).
  if (errno == EINPROGRESS || errno == EINTR) return false;
  return fail_errno("connect to " + target.to_string());
}

}  // namespace

Task<Result<std::unique_ptr<Socket>>> dial(Loop& loop, SocketAddress target, SteadyTime deadline,
                                           std::optional<SocketAddress> bind_to) {
  if (target.family() == Family::kNone)
    co_return fail(ErrorKind::kInvalid, "no address to connect to");
  auto fd = open_socket(target);
  if (!fd) co_return std::unexpected(fd.error());
  if (bind_to && bind_to->family() == target.family()) {
    const auto bound = bind_source(fd->get(), *bind_to);
    if (!bound) co_return std::unexpected(bound.error());
  }
  const int on = 1;
  // A command is small and its reply is awaited: Nagle would only add 40 ms to each.
  if (target.is_ip()) ::setsockopt(fd->get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto connected = begin_connect(fd->get(), target);
  if (!connected) co_return std::unexpected(connected.error());
  auto socket = std::make_unique<Socket>(loop, std::move(*fd));
  if (*connected) co_return socket;
  const auto ready = co_await socket->wait_writable(deadline);
  if (!ready) {
    Error error = ready.error();
    error.context = "connect to " + target.to_string() + ": " + error.context;
    co_return std::unexpected(std::move(error));
  }
  int outcome = 0;
  socklen_t length = sizeof outcome;
  if (::getsockopt(socket->fd(), SOL_SOCKET, SO_ERROR, &outcome, &length) != 0) outcome = errno;
  if (outcome != 0) co_return fail_errno("connect to " + target.to_string(), outcome);
  co_return socket;
}

}  // namespace postern::net
