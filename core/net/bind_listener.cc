#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/net/listener.h"

namespace postern::net {
namespace {

Result<UniqueFd> open_socket(const SocketAddress& address) {
  int family = AF_UNIX;
  if (address.is_ip()) family = address.family() == Family::kIpv4 ? AF_INET : AF_INET6;
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("a socket to listen on " + address.to_string());
  return fd;
}

Result<void> set(int fd, int level, int option, const SocketAddress& address) {
  const int on = 1;
  if (::setsockopt(fd, level, option, &on, sizeof on) != 0)
    return fail_errno("socket option for " + address.to_string());
  return {};
}

// Whether somebody accepts on the socket file: only then does connect(2) work or find a full queue.
bool is_live(const SocketAddress& address) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_storage native;
  const socklen_t length = address.to_native(native);
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&native), length) == 0 ||
         errno == EAGAIN;
}

// What is left of a process that was killed; anything that is no socket stays.
Result<void> remove_stale(const SocketAddress& address) {
  struct stat info;
  if (::lstat(address.host().c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode))
    return fail(ErrorKind::kExists, "{} exists and is not a socket; remove it or name another path",
                address.host());
  if (is_live(address))
    return fail(ErrorKind::kExists, "{}: another process listens there", address.host());
  if (::unlink(address.host().c_str()) != 0 && errno != ENOENT)
    return fail_errno("remove the stale socket " + address.host());
  return {};
}

Result<void> prepare(int fd, const SocketAddress& address, const ListenOptions& options) {
  if (address.family() == Family::kUnix) return remove_stale(address);
  // Connections of the process before us, in TIME_WAIT, must not keep us from starting.
  if (auto done = set(fd, SOL_SOCKET, SO_REUSEADDR, address); !done) return done;
  if (options.reuse_port)
    if (auto done = set(fd, SOL_SOCKET, SO_REUSEPORT, address); !done) return done;
  if (address.family() == Family::kIpv6) return set(fd, IPPROTO_IPV6, IPV6_V6ONLY, address);
  return {};
}

using Name = int (*)(int, sockaddr*, socklen_t*);

Result<SocketAddress> name_of(int fd, Name name, const char* what) {
  sockaddr_storage native{};
  socklen_t length = sizeof native;
  if (name(fd, reinterpret_cast<sockaddr*>(&native), &length) != 0) return fail_errno(what);
  return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native), length);
}

}  // namespace

Result<UniqueFd> bind_listener(const SocketAddress& address, const ListenOptions& options) {
  if (address.family() == Family::kNone)
    return fail(ErrorKind::kInvalid, "no address to listen on");
  auto fd = open_socket(address);
  if (!fd) return fd;
  if (auto prepared = prepare(fd->get(), address, options); !prepared)
    return std::unexpected(prepared.error());
  sockaddr_storage native;
  const socklen_t length = address.to_native(native);
  if (::bind(fd->get(), reinterpret_cast<const sockaddr*>(&native), length) != 0) {
    if (errno == EADDRINUSE)
      return std::unexpected(
          Error{ErrorKind::kExists, "listen on " + address.to_string(), EADDRINUSE});
    return fail_errno("listen on " + address.to_string());
  }
  // Not by umask, which belongs to the whole process.
  if (address.family() == Family::kUnix &&
      ::chmod(address.host().c_str(), static_cast<mode_t>(options.unix_mode)) != 0)
    return fail_errno("mode of " + address.host());
  if (::listen(fd->get(), options.backlog) != 0)
    return fail_errno("listen on " + address.to_string());
  return fd;
}

Result<SocketAddress> local_address(int fd) {
  return name_of(fd, ::getsockname, "the local address of a socket");
}

Result<SocketAddress> peer_address(int fd) {
  return name_of(fd, ::getpeername, "the peer's address of a socket");
}

}  // namespace postern::net
