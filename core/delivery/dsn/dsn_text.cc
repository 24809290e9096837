#include "core/delivery/dsn/dsn_text.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>

namespace postern::delivery {
namespace {

// Length of the valid UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t sequence_length(std::string_view text, std::uint32_t& code) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  std::size_t length = 0;
  if (first < 0x80) {
    code = first;
    return 1;
  }
  if (first >= 0xC2 && first < 0xE0) length = 2, code = first & 0x1Fu;
  if (first >= 0xE0 && first < 0xF0) length = 3, code = first & 0x0Fu;
  if (first >= 0xF0 && first < 0xF5) length = 4, code = first & 0x07u;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return 0;
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  const bool too_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (too_long || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return 0;
  return length;
}

// C0, DEL, C1, and the separators that some readers take for line ends.
bool breaks_lines(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029;
}

// Where to cut `text` so that at most `width` octets go first: at the last space, or hard.
std::size_t cut(std::string_view text, std::size_t width, std::size_t hard) {
  if (text.size() <= width) return text.size();
  auto at = text.rfind(' ', width);
  if (at == std::string_view::npos || at == 0) at = text.find(' ', width);
  if (at == std::string_view::npos) at = text.size();
  if (at <= hard) return at;
  at = hard;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80u)
    --at;
  return at;
}

constexpr std::size_t kSoft = 76;
constexpr std::size_t kHard = 900;  // below the 998 of RFC 5322 s2.1.1 with name and indent

}  // namespace

std::string one_line(std::string_view text, std::size_t limit, bool utf8) {
  std::string out;
  while (!text.empty()) {
    std::uint32_t code = 0;
    const std::size_t length = sequence_length(text, code);
    std::string_view piece = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(piece.size());
    if (length == 0 || (code >= 0x80 && !utf8 && !breaks_lines(code))) piece = "?";
    if (length != 0 && breaks_lines(code)) piece = " ";
    if (piece == " " && (out.empty() || out.back() == ' ')) continue;
    if (out.size() + piece.size() > limit) {
      out += "...";
      return out;
    }
    out += piece;
  }
  while (!out.empty() && out.back() == ' ')
    out.pop_back();
  return out;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  std::size_t used = name.size() + 2;
  while (true) {
    const auto at = cut(value, used < kSoft ? kSoft - used : 1, kHard);
    out.append(value.substr(0, at)).append("\r\n");
    value.remove_prefix(at);
    while (!value.empty() && value.front() == ' ')
      value.remove_prefix(1);
    if (value.empty()) return;
    out.append("    ");
    used = 4;
  }
}

void append_paragraph(std::string& out, std::string_view text, std::string_view indent) {
  while (!text.empty()) {
    const auto at = cut(text, kSoft - indent.size(), kHard);
    out.append(indent).append(text.substr(0, at)).append("\r\n");
    text.remove_prefix(at);
    while (!text.empty() && text.front() == ' ')
      text.remove_prefix(1);
  }
}

std::string typed_address(std::string_view address, bool utf8) {
  const auto line = one_line(address, 1000, true);
  bool is_ascii = true;
  for (const char c : line)
    is_ascii = is_ascii && static_cast<unsigned char>(c) < 0x80;
  if (is_ascii) return "rfc822; " + line;
  if (utf8) return "utf-8; " + line;
  std::string out = "utf-8; ";
  std::string_view rest = line;
  while (!rest.empty()) {
    std::uint32_t code = 0;
    const auto length = sequence_length(rest, code);
    if (code < 0x80) {
      out += rest.front();
    } else {
      out += fmt::format("\\x{{{:X}}}", code);
    }
    rest.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string typed_original(std::string_view orcpt, bool utf8) {
  const auto semicolon = orcpt.find(';');
  if (semicolon == std::string_view::npos || semicolon == 0 || semicolon > 32) return {};
  const auto type = orcpt.substr(0, semicolon);
  for (const char c : type) {
    const bool is_atom =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (!is_atom) return {};
  }
  auto address = typed_address(orcpt.substr(semicolon + 1), utf8);
  // rfc822 and utf-8 are told apart by the address itself; another type stays what it is.
  if (type == "rfc822" || type == "utf-8") return address;
  return std::string(type) + address.substr(address.find(';'));
}

std::string rfc5322_date(long long unix_seconds) {
  using namespace std::chrono;
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds at{seconds(unix_seconds)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000 (UTC)",
                     kDays[weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

}  // namespace postern::delivery
