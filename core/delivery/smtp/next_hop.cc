#include "core/delivery/smtp/next_hop.h"

#include "core/net/address.h"
#include "core/smtp/domain.h"

namespace postern::delivery {
namespace {

Result<std::uint16_t> parse_port(std::string_view text) {
  if (text == "smtp") return std::uint16_t{25};
  if (text == "lmtp") return std::uint16_t{24};
  if (text == "submission") return std::uint16_t{587};
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || value > 65'535) return fail(ErrorKind::kInvalid, "bad port");
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (text.empty() || value == 0 || value > 65'535) return fail(ErrorKind::kInvalid, "bad port");
  return static_cast<std::uint16_t>(value);
}

// A numeric address in its one form, or a host name in A-labels.
Result<std::string> normalize_host(std::string_view host) {
  constexpr std::string_view kTag = "ipv6:";
  if (host.size() > kTag.size() &&
      (host.starts_with("IPv6:") || host.starts_with("ipv6:") || host.starts_with("IPV6:")))
    host.remove_prefix(kTag.size());
  if (const auto address = net::SocketAddress::ip(host, 0)) return address->host();
  if (host.ends_with('.')) host.remove_suffix(1);
  return smtp::normalize_domain(host);
}

}  // namespace

Result<NextHop> parse_next_hop(std::string_view text, const NextHopSyntax& syntax) {
  NextHop out;
  out.text = text;
  out.port = syntax.default_port;
  const auto invalid = [&](std::string_view why) {
    return fail(ErrorKind::kInvalid, "next hop \"{}\": {}", text.substr(0, 256), why);
  };
  std::string_view rest = text;
  if (rest.starts_with("unix:")) {
    rest.remove_prefix(5);
    if (rest.empty()) return invalid("no path");
    out.kind = NextHop::Kind::kUnix;
    out.name = rest.starts_with('/') || syntax.unix_base.empty()
                   ? std::string(rest)
                   : fmt::format("{}/{}", syntax.unix_base, rest);
    return out;
  }
  if (rest.starts_with("inet:")) rest.remove_prefix(5);
  out.kind = syntax.is_lmtp ? NextHop::Kind::kHost : NextHop::Kind::kDomain;
  std::string_view host;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return invalid("no \"]\"");
    out.kind = NextHop::Kind::kHost;
    host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    if (!rest.empty() && !rest.starts_with(':')) return invalid("junk behind \"]\"");
  } else {
    const std::size_t colon = rest.find(':');
    host = rest.substr(0, colon);
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon);
  }
  if (!rest.empty()) {
    const auto port = parse_port(rest.substr(1));
    if (!port) return invalid("a port is 1 to 65535");
    out.port = *port;
  }
  auto name = normalize_host(host);
  if (!name) return invalid("no host name");
  out.name = std::move(*name);
  if (net::SocketAddress::ip(out.name, 0)) out.kind = NextHop::Kind::kHost;
  return out;
}

std::vector<std::string> split_next_hops(std::string_view text) {
  std::vector<std::string> out;
  constexpr std::string_view kBetween = ", \t\r\n";
  while (true) {
    const std::size_t start = text.find_first_not_of(kBetween);
    if (start == std::string_view::npos) return out;
    text.remove_prefix(start);
    const std::size_t end = std::min(text.find_first_of(kBetween), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

}  // namespace postern::delivery
