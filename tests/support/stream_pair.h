// Connected sockets and a loopback server for tests.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/base/unique_fd.h"
#include "core/net/listener.h"
#include "core/net/stream.h"

namespace postern::testing {

// Two connected unix stream sockets, blocking.
inline std::pair<UniqueFd, UniqueFd> socket_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    throw std::runtime_error("socketpair");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// A blocking TCP connection to a loopback address; throws where nobody listens.
inline UniqueFd blocking_connect(const net::SocketAddress& target) {
  sockaddr_storage native;
  const socklen_t length = target.to_native(native);
  UniqueFd fd(::socket(native.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&native), length) != 0)
    throw std::runtime_error("connect to " + target.to_string());
  return fd;
}

// A listening socket on 127.0.0.1 and a port of the kernel's choice.
struct LoopbackSocket {
  LoopbackSocket() {
    auto bound = net::bind_listener(net::SocketAddress::ip("127.0.0.1", 0).value());
    if (!bound) throw std::runtime_error(bound.error().describe());
    fd = std::move(*bound);
    address = net::local_address(fd.get()).value();
  }
  // The next connection, blocking; for tests that play a peer with plain calls.
  UniqueFd accept() const {
    pollfd ready{.fd = fd.get(), .events = POLLIN, .revents = 0};
    ::poll(&ready, 1, 30'000);
    UniqueFd peer(::accept4(fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!peer) throw std::runtime_error("accept");
    return peer;
  }
  UniqueFd fd;
  net::SocketAddress address;
};

// A connected TCP pair over loopback, blocking: {client, server}.
inline std::pair<UniqueFd, UniqueFd> tcp_pair() {
  const LoopbackSocket server;
  UniqueFd client = blocking_connect(server.address);
  UniqueFd accepted = server.accept();
  return {std::move(client), std::move(accepted)};
}

// A stream over `fd`, to be made on the loop's thread.
inline std::unique_ptr<net::Stream> plain_stream(net::Loop& loop, UniqueFd fd) {
  return net::make_plain_stream(std::make_unique<net::Socket>(loop, std::move(fd)));
}

// Blocking calls on a raw peer.
inline void send_all(int fd, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t count = ::send(fd, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    octets.remove_prefix(static_cast<std::size_t>(count));
  }
}
// Until the peer's end, an error, or 30 s of silence.
inline std::string receive_all(int fd) {
  std::string out;
  char buffer[4096];
  for (;;) {
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 30'000) != 1) return out;
    const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
    if (count <= 0) return out;
    out.append(buffer, static_cast<std::size_t>(count));
  }
}

}  // namespace postern::testing
