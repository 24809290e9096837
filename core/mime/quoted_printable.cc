#include "core/mime/quoted_printable.h"

namespace postern::mime {
namespace {

constexpr std::size_t kLineLimit = 76;

void append_escape(std::string& out, unsigned char octet) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  out += '=';
  out += kDigits[octet >> 4];
  out += kDigits[octet & 15];
}

}  // namespace

void append_quoted_printable(std::string& out, std::string_view octets) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const auto c = static_cast<unsigned char>(octets[i]);
    if (octets.substr(i, 2) == "\r\n") {
      out += "\r\n";
      column = 0;
      ++i;
      continue;
    }
    const bool ends_line = i + 1 == octets.size() || octets.substr(i + 1, 2) == "\r\n";
    // White space at the end of a line may be lost on the way (RFC 2045 s6.7 rule 3).
    const bool is_blank = c == ' ' || c == '\t';
    const bool plain = is_blank ? !ends_line : c > 0x20 && c < 0x7F && c != '=';
    const std::size_t width = plain ? 1 : 3;
    // One place stays free for the "=" of a soft line break, unless the line ends here.
    if (column + width > kLineLimit - (ends_line ? 0 : 1)) {
      out += "=\r\n";
      column = 0;
    }
    if (plain)
      out += static_cast<char>(c);
    else
      append_escape(out, c);
    column += width;
  }
}

}  // namespace postern::mime
