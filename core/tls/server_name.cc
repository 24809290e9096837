#include "core/tls/server_name.h"

#include <algorithm>
#include <string_view>

namespace postern::tls {
namespace {

constexpr std::size_t kMaxOctets = 255;  // RFC 1035 3.1
constexpr unsigned char kHostName = 0;

bool is_name_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

// Takes a two-octet length off the front; nullopt where fewer octets follow than it says.
std::optional<std::span<const unsigned char>> take_vector(std::span<const unsigned char>& from) {
  if (from.size() < 2) return std::nullopt;
  const std::size_t size = static_cast<std::size_t>(from[0]) << 8 | from[1];
  from = from.subspan(2);
  if (size > from.size()) return std::nullopt;
  const auto out = from.first(size);
  from = from.subspan(size);
  return out;
}

}  // namespace

bool is_server_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxOctets) return false;
  if (name.front() == '.' || name.back() == '.' || name.contains("..")) return false;
  return std::all_of(name.begin(), name.end(), is_name_octet);
}

std::optional<std::string> parse_server_name(std::span<const unsigned char> extension) {
  const auto list = take_vector(extension);
  // Clients send one name; RFC 6066 forbids two of a type.
  if (!list || !extension.empty() || list->empty() || list->front() != kHostName)
    return std::nullopt;
  auto rest = list->subspan(1);
  const auto octets = take_vector(rest);
  if (!octets || !rest.empty()) return std::nullopt;
  std::string name(octets->begin(), octets->end());
  if (!is_server_name(name)) return std::nullopt;
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

}  // namespace postern::tls
