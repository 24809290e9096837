// Tells clients that do not speak SMTP at all: web browsers made to talk to port 25, proxies that
// replay a mail header as commands, TLS where plain text is due.  Such a session is dropped at
// once, for each further line could be somebody's request smuggled into ours.
// Pure; thread-safe.
#pragma once

#include <string_view>

namespace postern::smtp {

enum class ForeignProtocol { kNone, kHttp, kMessageHeader, kTls };

// `line`: what stands where a command should.
ForeignProtocol detect_foreign_protocol(std::string_view line);
// `octets`: the first octets of a connection, 3 at least for a verdict.  RFC 8446 s5.1.
bool looks_like_tls(std::string_view octets);

}  // namespace postern::smtp
