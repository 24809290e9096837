// dial: an outgoing connection.  For the loop's thread.
#pragma once

#include <memory>
#include <optional>

#include "core/net/address.h"
#include "core/net/socket.h"

namespace postern::net {

// Connects to `target`, TCP (with TCP_NODELAY) or unix.  `bind_to`: source address, port 0.
// kTimeout; kIo with sys_errno of connect(2) (ECONNREFUSED, EHOSTUNREACH ...); kUnavailable where
// descriptors run out.
Task<Result<std::unique_ptr<Socket>>> dial(Loop& loop, SocketAddress target, SteadyTime deadline,
                                           std::optional<SocketAddress> bind_to = {});

}  // namespace postern::net
