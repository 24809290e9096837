// XFORWARD: tells the next hop, a filter of our own, who the original client was.  Pure.
// Postfix: XFORWARD_README.
#pragma once

#include <string>
#include <vector>

#include "core/mail/attempt.h"
#include "core/smtp/capabilities.h"

namespace postern::delivery {

// Command lines with their CRLF, each within RFC 5321's 512 octets, with the attributes that the
// server takes; none where it takes none.
std::vector<std::string> xforward_lines(const mail::Attempt& attempt,
                                        const smtp::Capabilities& peer);

}  // namespace postern::delivery
