#include "core/server/proxy_header.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <cstring>

namespace postern::server {
namespace {

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kTextSignature = "PROXY ";
constexpr std::size_t kShortestText = sizeof("PROXY UNKNOWN\r\n") - 1;
constexpr std::size_t kBinaryHeader = 16;

std::optional<std::string> canonical_address(std::string_view text, int family) {
  std::array<char, sizeof(in6_addr)> octets{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  const std::string copy(text);
  if (inet_pton(family, copy.c_str(), octets.data()) != 1) return std::nullopt;
  if (inet_ntop(family, octets.data(), out.data(), out.size()) == nullptr) return std::nullopt;
  return out.data();
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (error != std::errc() || end != text.data() + text.size() || leading_zero) return std::nullopt;
  return port;
}

// Exactly one space between words.
std::string_view take_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return word;
}

std::string address_at(const char* octets, int family) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  // An IPv4 client of a dual-stack proxy is an IPv4 client.
  static constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (family == AF_INET6 && std::memcmp(octets, kMapped, sizeof kMapped) == 0) {
    family = AF_INET;
    octets += sizeof kMapped;
  }
  inet_ntop(family, octets, out.data(), out.size());
  return out.data();
}

std::uint16_t u16_at(const char* octets) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(octets[0]) << 8 |
                                    static_cast<unsigned char>(octets[1]));
}

}  // namespace

std::size_t ProxyHeaderReader::wanted() const {
  const std::size_t have = header_.size();
  if (have < kSignature.size()) return kSignature.size() - have;
  if (header_.starts_with(kSignature)) {
    if (have < kBinaryHeader) return kBinaryHeader - have;
    return kBinaryHeader + u16_at(&header_[14]) - have;
  }
  if (have < kShortestText) return kShortestText - have;
  return header_.ends_with('\r') ? 1 : 2;
}

ProxyHeaderReader::Status ProxyHeaderReader::feed(std::string_view octets) {
  header_ += octets;
  const std::size_t have = header_.size();
  const auto begins_like = [&](std::string_view signature) {
    const std::size_t n = std::min(have, signature.size());
    return std::string_view(header_).substr(0, n) == signature.substr(0, n);
  };
  if (begins_like(kSignature)) {
    if (have < kBinaryHeader) return Status::kNeedMore;
    const std::size_t total = kBinaryHeader + u16_at(&header_[14]);
    if (total > kMaxOctets) return Status::kBad;
    return have < total ? Status::kNeedMore : parse_binary();
  }
  if (!begins_like(kTextSignature)) return Status::kBad;
  if (header_.ends_with("\r\n")) return parse_text();
  return have >= kMaxTextOctets || header_.find('\n') != std::string::npos ? Status::kBad
                                                                           : Status::kNeedMore;
}

ProxyHeaderReader::Status ProxyHeaderReader::parse_text() {
  std::string_view rest(header_);
  rest.remove_prefix(kTextSignature.size());
  rest.remove_suffix(2);
  const std::string_view protocol = take_word(rest);
  if (protocol == "UNKNOWN") {
    addresses_.is_local = true;
    return Status::kDone;
  }
  if (protocol != "TCP4" && protocol != "TCP6") return Status::kBad;
  const int family = protocol == "TCP4" ? AF_INET : AF_INET6;
  const auto source = canonical_address(take_word(rest), family);
  const auto destination = canonical_address(take_word(rest), family);
  const auto source_port = parse_port(take_word(rest));
  const auto destination_port = parse_port(rest);
  if (!source || !destination || !source_port || !destination_port) return Status::kBad;
  addresses_ = {false, *source, *source_port, *destination, *destination_port};
  return Status::kDone;
}

ProxyHeaderReader::Status ProxyHeaderReader::parse_binary() {
  const auto version_command = static_cast<unsigned char>(header_[12]);
  const auto family_protocol = static_cast<unsigned char>(header_[13]);
  const std::size_t length = header_.size() - kBinaryHeader;
  const char* const body = header_.data() + kBinaryHeader;
  if (version_command == 0x20) {  // LOCAL: whatever follows is skipped
    addresses_.is_local = true;
    return Status::kDone;
  }
  if (version_command != 0x21) return Status::kBad;
  // Stream sockets over IPv4 or IPv6; no mail comes over datagrams or a proxy's unix socket.
  if (family_protocol == 0x11 && length >= 12) {
    addresses_ = {false, address_at(body, AF_INET), u16_at(body + 8), address_at(body + 4, AF_INET),
                  u16_at(body + 10)};
    return Status::kDone;
  }
  if (family_protocol == 0x21 && length >= 36) {
    addresses_ = {false, address_at(body, AF_INET6), u16_at(body + 32),
                  address_at(body + 16, AF_INET6), u16_at(body + 34)};
    return Status::kDone;
  }
  if (family_protocol == 0x00) {  // UNSPEC
    addresses_.is_local = true;
    return Status::kDone;
  }
  return Status::kBad;
}

}  // namespace postern::server
