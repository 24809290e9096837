// Host addresses by the system's name service (nsswitch.conf: /etc/hosts, DNS, ...), as
// smtp_host_lookup = native asks for.  The call blocks, so it runs on a blocking pool; there it may
// take as long as resolv.conf allows, however soon the caller gives up.
#pragma once

#include <vector>

#include "core/dns/resolver.h"
#include "core/net/blocking_pool.h"

namespace postern::dns {

struct NativeAnswer {
  Status status = Status::kServFail;  // kFound, kNxDomain, kNoData, kServFail, kTimeout, kBusy
  std::vector<net::SocketAddress> addresses;  // at most kMaxNativeAddresses
};
constexpr std::size_t kMaxNativeAddresses = 100;

net::Task<NativeAnswer> native_lookup(net::Loop& loop, net::BlockingPool& pool, std::string host,
                                      std::uint16_t port, bool use_ipv4, bool use_ipv6,
                                      SteadyTime deadline);

}  // namespace postern::dns
