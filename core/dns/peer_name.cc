#include "core/dns/peer_name.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

namespace postern::dns {
namespace {

// RFC 1123 s2.1, with the underscores that are in use.  A numeric last label reads as an address.
bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  std::size_t label_start = 0;
  bool has_letter = false;  // in the last label
  for (std::size_t i = 0; i <= name.size(); ++i) {
    const char c = i < name.size() ? name[i] : '.';
    if (c == '.') {
      const std::string_view label = name.substr(label_start, i - label_start);
      if (label.empty() || label.front() == '-' || label.back() == '-') return false;
      has_letter = label.find_first_not_of("0123456789") != std::string_view::npos;
      label_start = i + 1;
      continue;
    }
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!is_letter && !(c >= '0' && c <= '9') && c != '-') return false;
  }
  return has_letter;
}

NameStatus status_of(Status status) {
  return is_temporary(status) ? NameStatus::kTemporary : NameStatus::kNone;
}

std::string lower(std::string name) {
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

}  // namespace

std::string reverse_name(const net::SocketAddress& address) {
  std::string out;
  if (address.family() == net::Family::kIpv4) {
    in_addr four{};
    ::inet_pton(AF_INET, address.host().c_str(), &four);
    const std::uint32_t bits = ntohl(four.s_addr);
    return fmt::format("{}.{}.{}.{}.in-addr.arpa", bits & 0xFF, (bits >> 8) & 0xFF,
                       (bits >> 16) & 0xFF, bits >> 24);
  }
  in6_addr six{};
  ::inet_pton(AF_INET6, address.host().c_str(), &six);
  for (int i = 15; i >= 0; --i)
    out += fmt::format("{:x}.{:x}.", six.s6_addr[i] & 0xF, six.s6_addr[i] >> 4);
  return out + "ip6.arpa";
}

net::Task<PeerName> confirmed_name(net::Loop& loop, Resolver& resolver, net::SocketAddress address,
                                   SteadyTime deadline) {
  PeerName out;
  if (!address.is_ip()) co_return out;
  const Answer pointer =
      co_await resolver.lookup(loop, reverse_name(address), RecordType::kPtr, deadline);
  if (pointer.status != Status::kFound) {
    out.status = out.reverse_status = status_of(pointer.status);
    co_return out;
  }
  const auto type = address.family() == net::Family::kIpv4 ? RecordType::kA : RecordType::kAaaa;
  std::size_t tried = 0;
  for (const std::string& record : pointer.records) {
    auto name = parse_name(record);
    if (!name || !is_host_name(*name)) continue;
    if (++tried > kMaxReverseNames) break;
    std::string host = lower(std::move(*name));
    if (out.reverse_status != NameStatus::kConfirmed) {
      out.reverse = host;
      out.reverse_status = NameStatus::kConfirmed;
    }
    const Answer forward = co_await resolver.lookup(loop, host, type, deadline);
    for (const std::string& candidate : forward.records) {
      const auto found = parse_address(type, candidate, address.port());
      if (!found || found->host() != address.host()) continue;
      out.name = std::move(host);
      out.status = NameStatus::kConfirmed;
      co_return out;
    }
    // One name that could not be asked for leaves the question open.
    if (is_temporary(forward.status)) {
      out.status = NameStatus::kTemporary;
    } else if (out.status != NameStatus::kTemporary) {
      out.status = NameStatus::kForged;
    }
  }
  co_return out;
}

}  // namespace postern::dns
