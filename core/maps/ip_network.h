// IP addresses and networks as tables and lists write them.  Plain values; strict: only what
// inet_pton takes, never the old forms (octal, hexadecimal, one number).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace postern::maps {

struct IpAddress {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> octets{};  // IPv4 in the first four

  static std::optional<IpAddress> parse(std::string_view text);
  std::string to_string() const;
  std::size_t bits() const { return is_v6 ? 128 : 32; }
  bool operator==(const IpAddress&) const = default;
};

class IpNetwork {
 public:
  // "192.0.2.0/24", "192.0.2.1", "2001:db8::/32", "[2001:db8::]/32", "[::1]".  kInvalid: the form,
  // the prefix length, or bits set behind the prefix (the text says what would be right).
  static Result<IpNetwork> parse(std::string_view text);
  IpNetwork(const IpAddress& address, std::size_t prefix_bits);

  bool contains(const IpAddress& address) const;
  bool is_v6() const { return base_.is_v6; }
  std::string to_string() const;

 private:
  IpAddress base_;
  std::size_t prefix_bits_ = 0;
};

}  // namespace postern::maps
