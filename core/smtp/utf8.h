// UTF-8 validity as RFC 3629 defines it: shortest form only, no surrogates, nothing above U+10FFFF.
// Not here: normalisation and domain names (domain.h).
// Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace postern::smtp {

bool is_ascii(std::string_view text);
bool is_valid_utf8(std::string_view text);
// Appends the UTF-8 form of `code_point`; false, with `out` unchanged, for surrogates and for
// values above U+10FFFF.
bool append_utf8(std::string& out, char32_t code_point);

}  // namespace postern::smtp
