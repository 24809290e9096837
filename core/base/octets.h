// What is asked of every octet of every message, so it has to be cheap.  Pure.
#pragma once

#include <string_view>

namespace postern {

// Whether any octet is above 127 (RFC 6152: such content needs 8BITMIME).
bool has_8bit(std::string_view octets);

}  // namespace postern
