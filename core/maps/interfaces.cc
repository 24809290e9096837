#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <bit>
#include <cstring>

#include "core/maps/match_list.h"

namespace postern::maps {
namespace {

std::optional<IpAddress> address_of(const sockaddr* socket_address) {
  IpAddress out;
  if (socket_address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, socket_address, sizeof v4);
    std::memcpy(out.octets.data(), &v4.sin_addr, 4);
    return out;
  }
  if (socket_address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, socket_address, sizeof v6);
    std::memcpy(out.octets.data(), &v6.sin6_addr, 16);
    out.is_v6 = true;
    return out;
  }
  return std::nullopt;
}

bool is_loopback(const IpAddress& address) {
  return address.is_v6 ? address == *IpAddress::parse("::1") : address.octets[0] == 127;
}

// The network size of the days before CIDR; IPv6 never had classes.
std::size_t class_prefix(const InterfaceAddress& interface) {
  if (interface.address.is_v6) return interface.prefix_bits;
  const std::uint8_t first = interface.address.octets[0];
  return first < 128 ? 8 : first < 192 ? 16 : first < 224 ? 24 : 32;
}

}  // namespace

Result<std::vector<InterfaceAddress>> local_interface_addresses() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return fail_errno("cannot list network interfaces");
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(all, &::freeifaddrs);
  std::vector<InterfaceAddress> out;
  for (const ifaddrs* entry = all; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_UP) == 0) continue;
    const auto address = address_of(entry->ifa_addr);
    if (!address) continue;
    InterfaceAddress found{*address, address->bits()};
    if (entry->ifa_netmask != nullptr) {
      if (const auto mask = address_of(entry->ifa_netmask)) {
        found.prefix_bits = 0;
        for (const std::uint8_t octet : mask->octets)
          found.prefix_bits += static_cast<std::size_t>(std::popcount(octet));
      }
    }
    out.push_back(found);
  }
  return out;
}

Result<std::string> derive_mynetworks(std::string_view style,
                                      const std::vector<InterfaceAddress>& interfaces) {
  if (style != "host" && style != "subnet" && style != "class")
    return fail(ErrorKind::kInvalid,
                "mynetworks_style = {}: must be \"host\", \"subnet\" or \"class\"", style);
  std::string out;
  std::vector<std::string> seen;
  for (const InterfaceAddress& interface : interfaces) {
    std::size_t bits = interface.address.bits();
    if (style == "subnet") bits = interface.prefix_bits;
    if (style == "class") bits = class_prefix(interface);
    if (is_loopback(interface.address)) bits = interface.address.is_v6 ? 128 : 8;
    std::string text = IpNetwork(interface.address, bits).to_string();
    if (interface.address.is_v6) {
      const std::size_t slash = text.find('/');
      text = fmt::format("[{}]/{}", text.substr(0, slash), bits);
    } else if (bits == 32) {
      text += "/32";
    }
    if (std::find(seen.begin(), seen.end(), text) != seen.end()) continue;
    if (!out.empty()) out += ' ';
    out += text;
    seen.push_back(std::move(text));
  }
  return out;
}

}  // namespace postern::maps
