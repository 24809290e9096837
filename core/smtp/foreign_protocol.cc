#include "core/smtp/foreign_protocol.h"

#include <algorithm>
#include <array>

#include "core/mail/mailbox.h"

namespace postern::smtp {
namespace {

// Request methods of HTTP (RFC 9110 s9) and its extensions that a browser or proxy may send.
// Those that SMTP also knows as words (none) would have to be left out.
constexpr std::array<std::string_view, 9> kMethods = {
    "GET", "POST", "PUT", "HEAD", "CONNECT", "OPTIONS", "DELETE", "TRACE", "PATCH"};

bool is_field_name(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

ForeignProtocol detect_foreign_protocol(std::string_view line) {
  if (looks_like_tls(line)) return ForeignProtocol::kTls;
  const std::string_view word = line.substr(0, line.find_first_of(" \t"));
  for (const std::string_view method : kMethods)
    if (mail::equals_ignoring_ascii_case(word, method)) return ForeignProtocol::kHttp;
  // "Subject: x", "Host: y"; no SMTP verb holds a colon, "MAIL FROM:" has a space before it.
  if (const std::size_t colon = word.find(':');
      colon != std::string_view::npos && is_field_name(word.substr(0, colon)))
    return ForeignProtocol::kMessageHeader;
  return ForeignProtocol::kNone;
}

bool looks_like_tls(std::string_view octets) {
  // Handshake record (22), major version 3, minor 0..4.
  return octets.size() >= 3 && octets[0] == 0x16 && octets[1] == 0x03 && octets[2] >= 0 &&
         octets[2] <= 4;
}

}  // namespace postern::smtp
