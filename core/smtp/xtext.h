// xtext: the "+HH" encoding of ENVID, ORCPT, AUTH= and XCLIENT values.  RFC 3461 s4, RFC 6533 s3.
// Pure; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::smtp {

// nullopt: a malformed escape, an octet outside "!".."~", a "=", or a decoded control character:
// a value that holds CR or LF would forge lines in headers, logs and DSNs.  Decoded octets above
// 127 must form valid UTF-8.
std::optional<std::string> decode_xtext(std::string_view text);
// Everything outside "!".."~", and "+" and "=", becomes "+HH".
std::string encode_xtext(std::string_view text);

// utf-8-addr-xtext of RFC 6533: "\x{C3}"-like escapes ("\x{20AC}") to UTF-8.  nullopt: malformed,
// a control character, or not a character.
std::optional<std::string> decode_unitext(std::string_view text);

}  // namespace postern::smtp
