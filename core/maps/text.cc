#include "core/maps/text.h"

#include <locale.h>
#include <wctype.h>

#include <cstdint>
#include <optional>

namespace postern::maps {
namespace {

// One code point of valid UTF-8 from `text` at `at`, which moves on; nullopt: not valid.
std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at) {
  const auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = octet(at);
  if (first < 0x80) return text[at++];
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return std::nullopt;
  char32_t value = first & (0x7F >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(at + i) & 0xC0) != 0x80) return std::nullopt;
    value = value << 6 | (octet(at + i) & 0x3F);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
    return std::nullopt;
  at += length;
  return value;
}

void append_utf8(std::string& out, char32_t value) {
  const auto put = [&](char32_t octet) { out.push_back(static_cast<char>(octet)); };
  if (value < 0x80) {
    put(value);
  } else if (value < 0x800) {
    put(0xC0 | value >> 6), put(0x80 | (value & 0x3F));
  } else if (value < 0x10000) {
    put(0xE0 | value >> 12), put(0x80 | (value >> 6 & 0x3F)), put(0x80 | (value & 0x3F));
  } else {
    put(0xF0 | value >> 18), put(0x80 | (value >> 12 & 0x3F));
    put(0x80 | (value >> 6 & 0x3F)), put(0x80 | (value & 0x3F));
  }
}

// The process may run in any locale; this one always knows Unicode's letters.
locale_t unicode_locale() {
  static const locale_t kLocale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return kLocale;
}

bool is_reserved(std::string_view local_part, std::string_view delimiters) {
  for (const auto name : {"postmaster", "mailer-daemon", "double-bounce"})
    if (equals_ignoring_case(local_part, name)) return true;
  if (delimiters.find('-') == std::string_view::npos) return false;
  constexpr std::string_view kOwner = "owner-", kRequest = "-request";
  return (local_part.size() > kOwner.size() &&
          equals_ignoring_case(local_part.substr(0, kOwner.size()), kOwner)) ||
         (local_part.size() > kRequest.size() &&
          equals_ignoring_case(local_part.substr(local_part.size() - kRequest.size()), kRequest));
}

// The position behind the brace that closes the one at `open`; npos: there is none.
std::size_t behind_closing_brace(std::string_view text, std::size_t open) {
  std::size_t depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return i + 1;
  }
  return std::string_view::npos;
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  return true;
}

bool is_valid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();)
    if (!next_code_point(text, at)) return false;
  return true;
}

std::string fold_key(std::string_view key) {
  std::string out(key);
  bool is_ascii = true;
  for (char& c : out) {
    c = to_lower(c);
    if (static_cast<std::uint8_t>(c) >= 0x80) is_ascii = false;
  }
  if (is_ascii || unicode_locale() == nullptr || !is_valid_utf8(out)) return out;
  std::string folded;
  folded.reserve(out.size());
  for (std::size_t at = 0; at < out.size();) {
    const char32_t value = *next_code_point(out, at);
    append_utf8(folded,
                static_cast<char32_t>(::towlower_l(static_cast<wint_t>(value), unicode_locale())));
  }
  return folded;
}

Result<std::vector<std::string>> split_list(std::string_view text) {
  const auto is_separator = [](char c) { return c == ',' || is_space(c); };
  std::vector<std::string> items;
  for (std::size_t at = 0; at < text.size();) {
    if (is_separator(text[at])) {
      ++at;
      continue;
    }
    const std::size_t start = at;
    while (at < text.size() && !is_separator(text[at])) {
      if (text[at] == '{') {
        const std::size_t end = behind_closing_brace(text, at);
        if (end == std::string_view::npos)
          return fail(ErrorKind::kInvalid, "\"{}\": a closing brace is missing", text);
        at = end;
        if (at < text.size() && !is_separator(text[at]))
          return fail(ErrorKind::kInvalid, "\"{}\": text directly behind a closing brace", text);
      } else {
        ++at;
      }
    }
    items.emplace_back(text.substr(start, at - start));
  }
  return items;
}

Result<std::string> strip_braces(std::string_view text) {
  text = trim(text);
  if (text.empty() || text.front() != '{')
    return fail(ErrorKind::kInvalid, "\"{}\": an opening brace is missing", text);
  const std::size_t end = behind_closing_brace(text, 0);
  if (end == std::string_view::npos)
    return fail(ErrorKind::kInvalid, "\"{}\": a closing brace is missing", text);
  if (end != text.size())
    return fail(ErrorKind::kInvalid, "\"{}\": text behind the closing brace", text);
  return std::string(trim(text.substr(1, end - 2)));
}

LocalPartSplit split_local_part(std::string_view local_part, std::string_view delimiters) {
  if (delimiters.empty()) return {local_part, {}};
  const std::size_t at = local_part.find_first_of(delimiters);
  if (at == 0 || at == std::string_view::npos || is_reserved(local_part, delimiters))
    return {local_part, {}};
  return {local_part.substr(0, at), local_part.substr(at)};
}

}  // namespace postern::maps
