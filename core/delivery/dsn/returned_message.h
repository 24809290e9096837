// The last part of a report: the original message, whole or its header section.
// What can't be quoted safely (NUL, bare CR or LF, lines over 998 octets) or is above
// bounce_size_limit comes back as header fields only, made safe.  Reads at most
// bounce_size_limit octets and one header section.  RFC 3461 s4.3, RFC 3462 s2, RFC 6533 s4.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/delivery/dsn/dsn.h"

namespace postern::delivery {

struct ReturnedMessage {
  bool is_full = false;
  bool is_eight_bit = false;  // holds octets over 127
  std::string octets;         // CRLF lines
};

// `headers_only`: RET=HDRS, or a notice to postmaster.  Errors: the content can't be read.
Result<ReturnedMessage> returned_message(const DsnRequest& request, std::uint64_t size_limit,
                                         bool headers_only);

}  // namespace postern::delivery
