#include "core/maps/ip_network.h"

#include <arpa/inet.h>

#include <charconv>

namespace postern::maps {
namespace {

// Clears the bits behind the prefix.
IpAddress masked(IpAddress address, std::size_t prefix_bits) {
  for (std::size_t bit = prefix_bits; bit < address.bits(); ++bit)
    address.octets[bit / 8] &= static_cast<std::uint8_t>(~(0x80u >> bit % 8));
  return address;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
  IpAddress out;
  out.is_v6 = text.find(':') != std::string_view::npos;
  const std::string copy(text);
  if (::inet_pton(out.is_v6 ? AF_INET6 : AF_INET, copy.c_str(), out.octets.data()) != 1)
    return std::nullopt;
  return out;
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(is_v6 ? AF_INET6 : AF_INET, octets.data(), text, sizeof text);
  return text;
}

IpNetwork::IpNetwork(const IpAddress& address, std::size_t prefix_bits)
    : base_(masked(address, prefix_bits)), prefix_bits_(prefix_bits) {}

Result<IpNetwork> IpNetwork::parse(std::string_view text) {
  std::string_view host = text, prefix;
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    host = text.substr(0, slash);
    prefix = text.substr(slash + 1);
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  if (!address)
    return fail(ErrorKind::kInvalid, "\"{:.60}\" is not an IP address or network", text);
  std::size_t bits = address->bits();
  if (slash != std::string_view::npos) {
    const auto parsed = std::from_chars(prefix.data(), prefix.data() + prefix.size(), bits);
    if (parsed.ec != std::errc() || parsed.ptr != prefix.data() + prefix.size() ||
        bits > address->bits())
      return fail(ErrorKind::kInvalid, "\"{:.60}\": the prefix length must be 0 to {}", text,
                  address->bits());
  }
  const IpNetwork network(*address, bits);
  if (network.base_ != *address)
    return fail(ErrorKind::kInvalid, "\"{}\" has bits set behind its prefix; write \"{}\"", text,
                network.to_string());
  return network;
}

bool IpNetwork::contains(const IpAddress& address) const {
  if (address.is_v6 != base_.is_v6) return false;
  const std::size_t whole = prefix_bits_ / 8, left = prefix_bits_ % 8;
  for (std::size_t i = 0; i < whole; ++i)
    if (address.octets[i] != base_.octets[i]) return false;
  return left == 0 || (address.octets[whole] ^ base_.octets[whole]) >> (8 - left) == 0;
}

std::string IpNetwork::to_string() const {
  if (prefix_bits_ == base_.bits()) return base_.to_string();
  return fmt::format("{}/{}", base_.to_string(), prefix_bits_);
}

}  // namespace postern::maps
