// SocketAddress: an IPv4 or IPv6 address with a port, or the path of a unix socket.
// Plain value.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace postern::net {

enum class Family : std::uint8_t { kNone, kIpv4, kIpv6, kUnix };

class SocketAddress {
 public:
  SocketAddress() = default;
  // `address`: numeric, without brackets; an IPv4-mapped IPv6 address becomes IPv4.  kInvalid.
  static Result<SocketAddress> ip(std::string_view address, std::uint16_t port);
  // kLimit: longer than sun_path takes.
  static Result<SocketAddress> unix_path(std::string_view path);
  static SocketAddress from_native(const sockaddr* address, socklen_t length);

  Family family() const { return family_; }
  bool is_ip() const { return family_ == Family::kIpv4 || family_ == Family::kIpv6; }
  // "192.0.2.1", "2001:db8::1", the path, or "unknown".
  const std::string& host() const { return host_; }
  std::uint16_t port() const { return port_; }
  bool is_loopback() const;
  // "192.0.2.1:25", "[2001:db8::1]:25", "unix:/path".
  std::string to_string() const;
  socklen_t to_native(sockaddr_storage& out) const;

  auto operator<=>(const SocketAddress&) const = default;

 private:
  Family family_ = Family::kNone;
  std::string host_;
  std::uint16_t port_ = 0;
};

}  // namespace postern::net
