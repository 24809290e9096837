// The server name that a client asks for (SNI, RFC 6066 section 3), as far as it can be a host's
// name.  Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace postern::tls {

// `extension`: the body of the server_name extension.  The name in lower case; nullopt: none, or
// one that is no host name (empty, over 255 octets, NUL, slash, "..", CVE-2019-15846).
std::optional<std::string> parse_server_name(std::span<const unsigned char> extension);

// Whether `name` is letters, digits, hyphens and underscores with single dots between.
bool is_server_name(std::string_view name);

}  // namespace postern::tls
