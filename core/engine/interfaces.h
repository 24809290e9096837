// The addresses a site listens on and takes for its own: inet_interfaces, proxy_interfaces and
// inet_protocols, with host names resolved.  Blocks: asks the system's name service.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/net/address.h"

namespace postern::engine {

struct Protocols {
  bool ipv4 = true;
  bool ipv6 = true;
};
Protocols protocols_of(const config::Settings& settings);

// One bound socket of one listener.
struct BindPlan {
  net::SocketAddress address;
  config::SmtpListener listener;  // points into the settings
};
// Every address of every SMTP listener.  kInvalid, kNotFound: an unknown port or host, with the
// place in master.cf.
Result<std::vector<BindPlan>> plan_listeners(const config::Settings& settings);

// Addresses that are this host, for address literals and loops to self: of inet_interfaces (all of
// the machine where it says all) and proxy_interfaces.
Result<std::vector<std::string>> own_addresses(const config::Settings& settings);

}  // namespace postern::engine
