// Record data to values.  What DNS gives is a stranger's text: every length is checked, and a label
// that could not stand in a host name makes the whole record unusable.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

#include "core/dns/resolver.h"

namespace postern::dns {
namespace {

constexpr std::size_t kMaxNameOctets = 255;  // RFC 1035 s3.1
constexpr std::uint8_t kMaxLabelOctets = 63;

// Printable ASCII without what would change meaning in text form.
bool is_plain(char c) { return c > ' ' && c < 0x7F && c != '.' && c != '\\' && c != '"'; }

}  // namespace

std::string_view to_string(RecordType type) {
  switch (type) {
    case RecordType::kA: return "A";
    case RecordType::kCname: return "CNAME";
    case RecordType::kPtr: return "PTR";
    case RecordType::kMx: return "MX";
    case RecordType::kTxt: return "TXT";
    case RecordType::kAaaa: return "AAAA";
    case RecordType::kTlsa: return "TLSA";
  }
  return "?";
}

std::string_view to_string(Status status) {
  switch (status) {
    case Status::kFound: return "found";
    case Status::kNxDomain: return "Host not found";
    case Status::kNoData: return "Host found but no data record of requested type";
    case Status::kMalformed: return "Malformed or unexpected name server reply";
    case Status::kServFail: return "Host not found, try again";
    case Status::kBogus: return "Host not found, try again (DNSSEC validation failed)";
    case Status::kTimeout: return "Host not found, try again (no answer in time)";
    case Status::kBusy: return "Host not found, try again (too many look-ups)";
  }
  return "Host not found, try again";
}

std::optional<std::string> parse_name(std::string_view record) {
  if (record.size() > kMaxNameOctets) return std::nullopt;
  std::string name;
  for (;;) {
    if (record.empty()) return std::nullopt;
    const auto length = static_cast<std::uint8_t>(record.front());
    record.remove_prefix(1);
    if (length == 0) break;
    // Compression pointers have been followed already; one here is junk.
    if (length > kMaxLabelOctets || length > record.size()) return std::nullopt;
    for (const char c : record.substr(0, length))
      if (!is_plain(c)) return std::nullopt;
    if (!name.empty()) name += '.';
    name += record.substr(0, length);
    record.remove_prefix(length);
  }
  if (!record.empty()) return std::nullopt;
  return name;
}

std::optional<MxRecord> parse_mx(std::string_view record) {
  if (record.size() < 3) return std::nullopt;
  auto host = parse_name(record.substr(2));
  if (!host) return std::nullopt;
  const auto high = static_cast<std::uint8_t>(record[0]);
  const auto low = static_cast<std::uint8_t>(record[1]);
  return MxRecord{static_cast<std::uint16_t>(high << 8 | low), std::move(*host)};
}

std::optional<net::SocketAddress> parse_address(RecordType type, std::string_view record,
                                                std::uint16_t port) {
  char text[INET6_ADDRSTRLEN];
  if (type == RecordType::kA && record.size() == sizeof(in_addr)) {
    ::inet_ntop(AF_INET, record.data(), text, sizeof text);
  } else if (type == RecordType::kAaaa && record.size() == sizeof(in6_addr)) {
    ::inet_ntop(AF_INET6, record.data(), text, sizeof text);
  } else {
    return std::nullopt;
  }
  auto address = net::SocketAddress::ip(text, port);
  if (!address) return std::nullopt;
  return std::move(*address);
}

}  // namespace postern::dns
