// PeerNames: the name of a client by reverse DNS.  Owned by the server, implemented over dns/,
// joined in engine/.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/units.h"
#include "core/net/address.h"
#include "core/net/loop.h"
#include "core/net/task.h"

namespace postern::server {

struct PeerName {
  std::string name = "unknown";          // forward-confirmed: its addresses hold the client's
  std::string reverse_name = "unknown";  // what the reverse zone says, confirmed or not
  bool is_temporary = false;             // DNS did not answer: "unknown" may be wrong
};

class PeerNames {
 public:
  virtual ~PeerNames() = default;
  // For the loop's thread; within `deadline`.  Never fails: no answer is "unknown".  Names are
  // valid domain names of at most 255 octets.
  virtual net::Task<PeerName> lookup(net::Loop& loop, net::SocketAddress address,
                                     SteadyTime deadline) = 0;
};

}  // namespace postern::server
