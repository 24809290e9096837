// Listener: one listening socket, TCP or unix.  bind_listener() needs rights, so it is apart from
// accepting, which goes on after rights are dropped.  Connections accepted per wake-up are bounded,
// so established sessions get their turn.  When descriptors or memory run out, accepting pauses
// (the backlog waits in the kernel) instead of spinning.
#pragma once

#include <functional>
#include <memory>

#include "core/base/unique_fd.h"
#include "core/net/address.h"
#include "core/net/loop.h"

namespace postern::net {

struct ListenOptions {
  int backlog = 1024;
  // One socket per loop on the same port; the kernel spreads connections (SO_REUSEPORT).
  bool reuse_port = false;
  unsigned unix_mode = 0666;  // of a unix socket's file
};

// Binds and listens.  A stale unix socket file is replaced, a live one is kExists.  IPv6 sockets
// are V6ONLY.  Blocks.
Result<UniqueFd> bind_listener(const SocketAddress& address, const ListenOptions& options = {});
// The address a bound socket really has: the port where 0 was asked for.
Result<SocketAddress> local_address(int fd);
Result<SocketAddress> peer_address(int fd);

class Listener {
 public:
  // A new connection, non-blocking and close-on-exec, with TCP_NODELAY, on the loop's thread.
  using OnAccept = std::move_only_function<void(UniqueFd, const SocketAddress& peer)>;

  // `fd`: from bind_listener, dup()ed so that several loops may share it.  Throws where the kernel
  // has no room for one more watched descriptor (start-up).
  Listener(Loop& loop, UniqueFd fd, OnAccept on_accept);
  ~Listener();
  void start();  // thread-safe
  void stop();   // thread-safe; no call of OnAccept after the loop has run it

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace postern::net
