// Encoding to quoted-printable.  RFC 2045 s6.7.  Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace postern::mime {

// Appends the encoded form of `octets` to `out`: at most four times as long.  CRLF stays a line
// end, every other control is encoded; lines have at most 76 octets.
void append_quoted_printable(std::string& out, std::string_view octets);

}  // namespace postern::mime
