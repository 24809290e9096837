// Makes an 8-bit message pass through a server without 8BITMIME: leaves that hold 8-bit octets are
// encoded as quoted-printable, their headers say so, containers become 7bit.  RFC 6152 s3,
// RFC 2045 s6.4 (nothing but leaves may be encoded), RFC 1428 (text without MIME fields).
// Pure; needs the whole message; thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/mime/structure.h"

namespace postern::mime {

struct Downgraded {
  std::string message;
  std::size_t encoded_parts = 0;
  // Header fields hold raw 8-bit octets: they stay as they are, as in Postfix.
  bool header_has_8bit = false;
  // False: a body that may not be encoded (message/partial, a container beyond the caps, one
  // without boundary) still holds 8-bit octets; the peer must not get the message.
  bool is_seven_bit = true;
  StructureFault fault = StructureFault::kNone;
};

Downgraded downgrade_to_seven_bit(std::string_view message, const StructureLimits& limits = {});

}  // namespace postern::mime
