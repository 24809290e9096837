#include "core/mail/enhanced_status.h"

#include <fmt/format.h>

#include <charconv>

namespace postern::mail {

std::optional<EnhancedStatus> EnhancedStatus::parse(std::string_view text) {
  if (text.size() < 5 || text[1] != '.' || (text[0] != '2' && text[0] != '4' && text[0] != '5'))
    return std::nullopt;
  const auto number = [](std::string_view digits) -> std::optional<std::uint16_t> {
    if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits[0] == '0'))
      return std::nullopt;
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  };
  const std::size_t dot = text.find('.', 2);
  if (dot == std::string_view::npos) return std::nullopt;
  const auto subject = number(text.substr(2, dot - 2));
  const auto detail = number(text.substr(dot + 1));
  if (!subject || !detail) return std::nullopt;
  return EnhancedStatus{static_cast<std::uint8_t>(text[0] - '0'), *subject, *detail};
}

std::string EnhancedStatus::to_string() const {
  return fmt::format("{}.{}.{}", class_digit, subject, detail);
}

}  // namespace postern::mail
