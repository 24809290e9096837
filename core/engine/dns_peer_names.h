// DnsPeerNames: the server's client names over the resolver.  Thread-safe.
#pragma once

#include "core/dns/resolver.h"
#include "core/server/peer_names.h"

namespace postern::engine {

class DnsPeerNames final : public server::PeerNames {
 public:
  explicit DnsPeerNames(dns::Resolver& resolver) : resolver_(resolver) {}
  net::Task<server::PeerName> lookup(net::Loop& loop, net::SocketAddress address,
                                     SteadyTime deadline) override;

 private:
  dns::Resolver& resolver_;
};

}  // namespace postern::engine
