#include "core/engine/dns_peer_names.h"

#include "core/dns/peer_name.h"

namespace postern::engine {

net::Task<server::PeerName> DnsPeerNames::lookup(net::Loop& loop, net::SocketAddress address,
                                                 SteadyTime deadline) {
  const dns::PeerName found =
      co_await dns::confirmed_name(loop, resolver_, std::move(address), deadline);
  server::PeerName out;
  out.name = found.name;
  out.reverse_name = found.reverse;
  out.is_temporary = found.status == dns::NameStatus::kTemporary;
  co_return out;
}

}  // namespace postern::engine
