// Endpoint: where a filter listens, as smtpd_milters names it.  Postfix writes inet:host:port and
// unix:path, libmilter's own tools inet:port@host and local:path; both are taken.  A path is as the
// engine sees it: there is no chroot that would change it.
// Pure; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace postern::milter {

struct Endpoint {
  enum class Kind { kInet, kUnix };
  Kind kind = Kind::kUnix;
  std::string host;  // kInet: a name or an address without brackets
  std::uint16_t port = 0;
  std::string path;  // kUnix

  bool operator==(const Endpoint&) const = default;
};

// "inet:localhost:8891", "inet:[::1]:8891", "inet6:8891@::1", "unix:/run/x.sock".
// Error: kInvalid, naming the text and what it should be.
Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace postern::milter
