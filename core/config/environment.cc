#include "core/config/environment.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <bit>

#include "core/config/logical_lines.h"
#include "core/config/words.h"

namespace postern::config {
namespace {

std::string system_host_name() {
  char buffer[256];
  if (::gethostname(buffer, sizeof buffer) != 0) return "localhost";
  buffer[sizeof buffer - 1] = '\0';
  return buffer;
}

int prefix_of(const void* mask, std::size_t octets) {
  const auto* bytes = static_cast<const unsigned char*>(mask);
  int bits = 0;
  for (std::size_t i = 0; i < octets; ++i)
    bits += std::popcount(bytes[i]);
  return bits;
}

std::vector<InterfaceAddress> system_interfaces() {
  std::vector<InterfaceAddress> found;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return found;
  for (const ifaddrs* each = list; each; each = each->ifa_next) {
    if (!each->ifa_addr || !each->ifa_netmask || !(each->ifa_flags & IFF_UP)) continue;
    char text[INET6_ADDRSTRLEN];
    const int family = each->ifa_addr->sa_family;
    const bool loopback = (each->ifa_flags & IFF_LOOPBACK) != 0;
    if (family == AF_INET) {
      const auto* address = reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
      const auto* mask = reinterpret_cast<const sockaddr_in*>(each->ifa_netmask);
      ::inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
      found.push_back({text, prefix_of(&mask->sin_addr, 4), false, loopback});
    } else if (family == AF_INET6) {
      const auto* address = reinterpret_cast<const sockaddr_in6*>(each->ifa_addr);
      const auto* mask = reinterpret_cast<const sockaddr_in6*>(each->ifa_netmask);
      ::inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof text);
      found.push_back({text, prefix_of(&mask->sin6_addr, 16), true, loopback});
    }
  }
  ::freeifaddrs(list);
  return found;
}

// Class A, B or C by the first octet (RFC 791); 32 for what is neither.
int class_prefix(unsigned char first) {
  if (first < 128) return 8;
  if (first < 192) return 16;
  return first < 224 ? 24 : 32;
}

std::string network_of(const InterfaceAddress& each, NetworkStyle style) {
  unsigned char octets[16] = {};
  const std::size_t size = each.is_ipv6 ? 16 : 4;
  if (::inet_pton(each.is_ipv6 ? AF_INET6 : AF_INET, each.address.c_str(), octets) != 1) return "";
  int prefix = static_cast<int>(size) * 8;
  if (style != NetworkStyle::kHost) prefix = each.prefix_length;
  if (style == NetworkStyle::kClass && !each.is_ipv6) prefix = class_prefix(octets[0]);
  if (!each.is_ipv6 && each.is_loopback) prefix = std::min(prefix, 8);
  for (std::size_t i = 0; i < size; ++i) {
    const int keep = std::clamp(prefix - static_cast<int>(i) * 8, 0, 8);
    octets[i] = static_cast<unsigned char>(octets[i] & (0xff00 >> keep));
  }
  char text[INET6_ADDRSTRLEN];
  ::inet_ntop(each.is_ipv6 ? AF_INET6 : AF_INET, octets, text, sizeof text);
  return fmt::format("{}{}{}/{}", each.is_ipv6 ? "[" : "", text, each.is_ipv6 ? "]" : "", prefix);
}

}  // namespace

Environment Environment::system() {
  return {system_host_name(), system_interfaces(),
          [](const std::string& path) -> std::optional<std::string> {
            const auto text = read_config_file(path, {.max_file_bytes = 65536});
            if (!text) return std::nullopt;
            return std::string(trim(std::string_view(*text).substr(0, text->find('\n'))));
          }};
}

std::string derive_mynetworks(const std::vector<InterfaceAddress>& interfaces, NetworkStyle style,
                              bool ipv4, bool ipv6) {
  std::vector<std::string> networks;
  for (const InterfaceAddress& each : interfaces) {
    if (!(each.is_ipv6 ? ipv6 : ipv4)) continue;
    std::string network = network_of(each, style);
    if (!network.empty() && std::find(networks.begin(), networks.end(), network) == networks.end())
      networks.push_back(std::move(network));
  }
  std::string out;
  for (const std::string& each : networks)
    out += (out.empty() ? "" : " ") + each;
  return out;
}

}  // namespace postern::config
