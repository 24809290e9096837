#include "core/smtp/utf8.h"

#include <cstddef>

#include "core/base/octets.h"

namespace postern::smtp {
namespace {

// Octets of the sequence that begins at text[at], or 0 where it is not valid there.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = octet(at);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || at + length > text.size()) return 0;
  // The second octet decides over-long forms, surrogates and the upper end (RFC 3629 s4).
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  if (octet(at + 1) < low || octet(at + 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if ((octet(at + i) & 0xC0) != 0x80) return 0;
  return length;
}

}  // namespace

bool is_ascii(std::string_view text) { return !has_8bit(text); }

bool is_valid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

bool append_utf8(std::string& out, char32_t code_point) {
  const auto put = [&out](char32_t octet) { out += static_cast<char>(octet); };
  const auto tail = [&](int shift) { put(0x80 | ((code_point >> shift) & 0x3F)); };
  if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000)) return false;
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    tail(0);
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    tail(6);
    tail(0);
  } else {
    put(0xF0 | (code_point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
  return true;
}

}  // namespace postern::smtp
