// The name of a client: reverse look-up, believed only if the name leads back to the address.
// RFC 1035 s3.5, RFC 3596 s2.5.  Postfix: smtpd_peer, the client_name that restrictions see.
#pragma once

#include <string>

#include "core/dns/resolver.h"

namespace postern::dns {

enum class NameStatus {
  kConfirmed,
  kNone,       // no reverse name, or one that is no host name
  kForged,     // the reverse name does not have this address
  kTemporary,  // DNS did not answer: nothing is known
};

struct PeerName {
  std::string name = "unknown";           // confirmed, lower case as DNS has it; or "unknown"
  std::string reverse = "unknown";        // what the reverse look-up gave, confirmed or not
  NameStatus status = NameStatus::kNone;  // of `name`
  NameStatus reverse_status = NameStatus::kNone;  // of `reverse`: kConfirmed where there is one
};

// Names of one address that are tried for confirmation.
constexpr std::size_t kMaxReverseNames = 3;

// "1.2.0.192.in-addr.arpa".  `address`: an IP address.
std::string reverse_name(const net::SocketAddress& address);

// Ends by `deadline`.  The PTR record's target must be a host name of RFC 1123 (underscores pass);
// a numeric one is none.
net::Task<PeerName> confirmed_name(net::Loop& loop, Resolver& resolver, net::SocketAddress address,
                                   SteadyTime deadline);

}  // namespace postern::dns
