#include "core/net/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <cstddef>
#include <cstring>

namespace postern::net {
namespace {

constexpr std::string_view kUnknown = "unknown";
// The longest numeric address that inet_pton takes, and its NUL.
constexpr std::size_t kLongestNumeric = INET6_ADDRSTRLEN;

std::string text_of(const in_addr& address) {
  char text[INET_ADDRSTRLEN];
  return ::inet_ntop(AF_INET, &address, text, sizeof text);
}

std::string text_of(const in6_addr& address) {
  char text[INET6_ADDRSTRLEN];
  return ::inet_ntop(AF_INET6, &address, text, sizeof text);
}

in_addr unmapped(const in6_addr& address) {
  in_addr out;
  std::memcpy(&out, address.s6_addr + 12, sizeof out);
  return out;
}

}  // namespace

Result<SocketAddress> SocketAddress::ip(std::string_view address, std::uint16_t port) {
  // A copy: inet_pton wants a NUL, and a NUL inside must not end the text early.
  char text[kLongestNumeric];
  const bool fits = address.size() < sizeof text && !address.contains('\0');
  if (fits) {
    *std::copy(address.begin(), address.end(), text) = '\0';
    SocketAddress out;
    out.port_ = port;
    in_addr four;
    if (::inet_pton(AF_INET, text, &four) == 1) {
      out.family_ = Family::kIpv4;
      out.host_ = text_of(four);
      return out;
    }
    in6_addr six;
    if (::inet_pton(AF_INET6, text, &six) == 1) {
      const bool is_mapped = IN6_IS_ADDR_V4MAPPED(&six);
      out.family_ = is_mapped ? Family::kIpv4 : Family::kIpv6;
      out.host_ = is_mapped ? text_of(unmapped(six)) : text_of(six);
      return out;
    }
  }
  return fail(ErrorKind::kInvalid, "\"{}\" is not a numeric IPv4 or IPv6 address",
              address.substr(0, kLongestNumeric));
}

Result<SocketAddress> SocketAddress::unix_path(std::string_view path) {
  if (path.empty() || path.contains('\0'))
    return fail(ErrorKind::kInvalid, "the path of a unix socket is empty or holds a NUL");
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() > kLongest)
    return fail(ErrorKind::kLimit, "{}: the path of a unix socket takes at most {} octets",
                path.substr(0, kLongest), kLongest);
  SocketAddress out;
  out.family_ = Family::kUnix;
  out.host_ = path;
  return out;
}

SocketAddress SocketAddress::from_native(const sockaddr* address, socklen_t length) {
  SocketAddress out;
  out.host_ = kUnknown;
  if (length < sizeof(sa_family_t)) return out;
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in four;
    std::memcpy(&four, address, sizeof four);
    out.family_ = Family::kIpv4;
    out.host_ = text_of(four.sin_addr);
    out.port_ = ntohs(four.sin_port);
  } else if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 six;
    std::memcpy(&six, address, sizeof six);
    const bool is_mapped = IN6_IS_ADDR_V4MAPPED(&six.sin6_addr);
    out.family_ = is_mapped ? Family::kIpv4 : Family::kIpv6;
    out.host_ = is_mapped ? text_of(unmapped(six.sin6_addr)) : text_of(six.sin6_addr);
    out.port_ = ntohs(six.sin6_port);
  } else if (address->sa_family == AF_UNIX) {
    // A client's end has no name, and the kernel counts the NUL in some cases (unix(7)).
    out.family_ = Family::kUnix;
    const char* path = reinterpret_cast<const char*>(address) + offsetof(sockaddr_un, sun_path);
    const std::size_t room = length - offsetof(sockaddr_un, sun_path);
    const std::size_t size = ::strnlen(path, room);
    if (size > 0) out.host_.assign(path, size);
  }
  return out;
}

bool SocketAddress::is_loopback() const {
  switch (family_) {
    case Family::kUnix: return true;
    case Family::kIpv4: return host_.starts_with("127.");
    case Family::kIpv6: return host_ == "::1";
    case Family::kNone: break;
  }
  return false;
}

std::string SocketAddress::to_string() const {
  switch (family_) {
    case Family::kIpv4: return fmt::format("{}:{}", host_, port_);
    case Family::kIpv6: return fmt::format("[{}]:{}", host_, port_);
    case Family::kUnix: return "unix:" + host_;
    case Family::kNone: break;
  }
  return std::string(kUnknown);
}

socklen_t SocketAddress::to_native(sockaddr_storage& out) const {
  std::memset(&out, 0, sizeof out);
  if (family_ == Family::kIpv4) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port_);
    ::inet_pton(AF_INET, host_.c_str(), &four.sin_addr);
    std::memcpy(&out, &four, sizeof four);
    return sizeof four;
  }
  if (family_ == Family::kIpv6) {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port_);
    ::inet_pton(AF_INET6, host_.c_str(), &six.sin6_addr);
    std::memcpy(&out, &six, sizeof six);
    return sizeof six;
  }
  if (family_ == Family::kUnix) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, host_.data(), std::min(host_.size(), sizeof local.sun_path - 1));
    std::memcpy(&out, &local, sizeof local);
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + host_.size() + 1);
  }
  return 0;
}

}  // namespace postern::net
