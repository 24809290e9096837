// Enhanced status code: class.subject.detail of RFC 3463, with the registry of RFC 5248.
// Plain value.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::mail {

struct EnhancedStatus {
  std::uint8_t class_digit = 0;  // 2, 4 or 5
  std::uint16_t subject = 0;     // 0..999
  std::uint16_t detail = 0;      // 0..999

  // "5.1.1"; nullopt for any other shape (RFC 3463 s2: no leading zeros, class 2, 4 or 5).
  static std::optional<EnhancedStatus> parse(std::string_view text);
  std::string to_string() const;
  constexpr auto operator<=>(const EnhancedStatus&) const = default;
};

}  // namespace postern::mail
