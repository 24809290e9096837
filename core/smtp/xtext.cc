#include "core/smtp/xtext.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

#include "core/smtp/utf8.h"

namespace postern::smtp {
namespace {

// RFC 3461 wants upper-case digits only.
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7F; }

}  // namespace

std::optional<std::string> decode_xtext(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
      if (is_control(static_cast<unsigned char>(c))) return std::nullopt;
    } else if (c == '=' || c == ' ' || is_control(static_cast<unsigned char>(c))) {
      return std::nullopt;
    }
    out += c;
  }
  if (!is_valid_utf8(out)) return std::nullopt;
  return out;
}

std::string encode_xtext(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet > 0x20 && octet < 0x7F && c != '+' && c != '=')
      out += c;
    else
      fmt::format_to(std::back_inserter(out), "+{:02X}", octet);
  }
  return out;
}

std::optional<std::string> decode_unitext(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (!text.starts_with("\\x{")) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const std::size_t close = text.find('}');
    if (close == std::string_view::npos || close < 5 || close > 9) return std::nullopt;
    std::uint32_t code_point = 0;
    const char* const end = text.data() + close;
    const auto [stop, error] = std::from_chars(text.data() + 3, end, code_point, 16);
    if (error != std::errc() || stop != end || code_point < 0x20 ||
        (code_point >= 0x7F && code_point < 0xA0))
      return std::nullopt;
    if (!append_utf8(out, code_point)) return std::nullopt;
    text.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace postern::smtp
