#include "core/milter/endpoint.h"

#include <charconv>

namespace postern::milter {
namespace {

// sun_path with its NUL.
constexpr std::size_t kMaxPathOctets = 107;
constexpr std::size_t kMaxHostOctets = 255;

std::unexpected<Error> malformed(std::string_view text, std::string_view why) {
  return fail(ErrorKind::kInvalid, "milter \"{}\": {}; write inet:host:port or unix:/path", text,
              why);
}

std::string_view without_brackets(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    return host.substr(1, host.size() - 2);
  return host;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return malformed(text, "no transport");
  const std::string_view transport = text.substr(0, colon);
  const std::string_view rest = text.substr(colon + 1);
  Endpoint out;
  if (transport == "unix" || transport == "local") {
    if (rest.empty() || rest.size() > kMaxPathOctets)
      return malformed(text, fmt::format("a path has 1 to {} octets", kMaxPathOctets));
    if (rest.find('\0') != std::string_view::npos) return malformed(text, "a NUL in the path");
    out.path = rest;
    return out;
  }
  if (transport != "inet" && transport != "inet6") return malformed(text, "unknown transport");
  out.kind = Endpoint::Kind::kInet;
  std::string_view host, port;
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    port = rest.substr(0, at);
    host = rest.substr(at + 1);
  } else if (const std::size_t last = rest.rfind(':'); last != std::string_view::npos) {
    host = rest.substr(0, last);
    port = rest.substr(last + 1);
  } else {
    return malformed(text, "no port");
  }
  host = without_brackets(host);
  if (host.empty() || host.size() > kMaxHostOctets) return malformed(text, "no host");
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc() || end != port.data() + port.size() || out.port == 0)
    return malformed(text, "a port is a number from 1 to 65535");
  out.host = host;
  return out;
}

}  // namespace postern::milter
