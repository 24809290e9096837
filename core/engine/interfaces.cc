#include "core/engine/interfaces.h"

#include <netdb.h>

#include <algorithm>

#include "core/config/params.h"
#include "core/engine/options/text.h"
#include "core/maps/match_list.h"

namespace postern::engine {
namespace {
namespace params = config::params;

using Addresses = std::vector<net::SocketAddress>;

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

bool is_wanted(const net::SocketAddress& address, Protocols protocols) {
  return address.family() == net::Family::kIpv4 ? protocols.ipv4 : protocols.ipv6;
}

// `host`: a name or a numeric address; `port`: a number or a service.
Result<Addresses> resolve(const std::string& host, const std::string& port, Protocols protocols) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = !protocols.ipv6 ? AF_INET : !protocols.ipv4 ? AF_INET6 : AF_UNSPEC;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), port.empty() ? nullptr : port.c_str(), &hints, &list);
  if (error != 0)
    return fail(ErrorKind::kNotFound, "{}{}{}: {}", host, port.empty() ? "" : ":", port,
                gai_strerror(error));
  const std::unique_ptr<addrinfo, FreeAddresses> owner(list);
  Addresses out;
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    auto address = net::SocketAddress::from_native(each->ai_addr, each->ai_addrlen);
    if (is_wanted(address, protocols) && std::ranges::find(out, address) == out.end())
      out.push_back(std::move(address));
  }
  return out;
}

// The addresses of both IP versions; a machine without one of them, or a site that does not want
// it, has the other.
Result<Addresses> either(const char* ipv4, const char* ipv6, const std::string& port,
                         Protocols protocols) {
  Addresses out;
  std::optional<Error> error;
  for (const auto& [host, wanted] : {std::pair(ipv4, protocols.ipv4), {ipv6, protocols.ipv6}}) {
    if (!wanted) continue;
    auto found = resolve(host, port, protocols);
    if (found)
      out.insert(out.end(), found->begin(), found->end());
    else
      error = found.error();
  }
  if (out.empty() && error) return std::unexpected(*error);
  return out;
}

// inet_interfaces with `port`; "all" becomes the unspecified addresses.
Result<Addresses> interface_addresses(const config::Settings& settings, const std::string& port) {
  const Protocols protocols = protocols_of(settings);
  Addresses out;
  for (const std::string& word : settings.get(params::inet_interfaces)) {
    Result<Addresses> found;
    if (word == "all") {
      found = either("0.0.0.0", "::", port, protocols);
    } else if (word == "loopback-only") {
      found = either("127.0.0.1", "::1", port, protocols);
    } else {
      std::string host = word;
      if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
      found = resolve(host, port, protocols);
    }
    if (!found) return fail(found.error().kind, "inet_interfaces: {}", found.error().context);
    for (net::SocketAddress& each : *found)
      if (std::ranges::find(out, each) == out.end()) out.push_back(std::move(each));
  }
  return out;
}

}  // namespace

Protocols protocols_of(const config::Settings& settings) {
  const auto& words = settings.get(params::inet_protocols);
  const bool all = words.empty() || has_word(words, "all");
  return {all || has_word(words, "ipv4"), all || has_word(words, "ipv6")};
}

Result<std::vector<BindPlan>> plan_listeners(const config::Settings& settings) {
  std::vector<BindPlan> out;
  for (const config::SmtpListener& listener : config::smtp_listeners(settings.master())) {
    const auto at_place = [&](const Error& error) {
      return std::unexpected(Error{error.kind,
                                   fmt::format("{}: {}: {}", listener.endpoint->place.describe(),
                                               listener.endpoint->name, error.context),
                                   error.sys_errno});
    };
    const auto endpoint = config::parse_endpoint(listener.endpoint->name);
    if (!endpoint) return at_place(endpoint.error());
    const auto addresses = endpoint->host.empty()
                               ? interface_addresses(settings, endpoint->port)
                               : resolve(endpoint->host, endpoint->port, protocols_of(settings));
    if (!addresses) return at_place(addresses.error());
    for (const net::SocketAddress& address : *addresses)
      out.push_back({address, listener});
  }
  return out;
}

Result<std::vector<std::string>> own_addresses(const config::Settings& settings) {
  std::vector<std::string> out;
  const auto add = [&](std::string address) {
    if (std::ranges::find(out, address) == out.end()) out.push_back(std::move(address));
  };
  if (has_word(settings.get(params::inet_interfaces), "all")) {
    auto interfaces = maps::local_interface_addresses();
    if (!interfaces) return std::unexpected(interfaces.error());
    for (const maps::InterfaceAddress& each : *interfaces)
      add(each.address.to_string());
  }
  auto listed = interface_addresses(settings, "");
  if (!listed) return std::unexpected(listed.error());
  for (const net::SocketAddress& each : *listed)
    add(each.host());
  for (const std::string& word : settings.get(params::proxy_interfaces)) {
    const auto found = resolve(word, "", Protocols{});
    if (!found) return fail(found.error().kind, "proxy_interfaces: {}", found.error().context);
    for (const net::SocketAddress& each : *found)
      add(each.host());
  }
  return out;
}

}  // namespace postern::engine
