// Domain names and address literals as SMTP writes them: validity, and the one form in which two
// spellings of a domain compare equal.  Not here: DNS look-ups, and what a domain means (routing/).
// RFC 5321 s4.1.2 and s4.1.3, RFC 5890 (A-labels and U-labels), RFC 6531 s3.3.
// Pure; thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace postern::smtp {

constexpr std::size_t kMaxDomainOctets = 255;  // RFC 5321 s4.5.3.1.2
constexpr std::size_t kMaxLabelOctets = 63;    // RFC 1035 s2.3.4

// Labels of letters, digits and inner hyphens, each 1..63 octets, 1..255 in all, no dot at the end.
// An underscore passes as in Postfix: too many hosts send with one.  A dotted quad does not: what
// looks like an address must be written as a literal.  `allow_utf8`: U-labels too, provided that
// IDNA 2008 has an A-label for each.
bool is_valid_domain(std::string_view text, bool allow_utf8 = false);

// The address between [ and ], e.g. "192.0.2.1" or "2001:db8::1", in canonical form.  `literal`
// includes the brackets.  nullopt: not four decimal octets without leading zeros, not "IPv6:" and
// a valid IPv6 address, or any other tag.  RFC 5321 s4.1.3.
std::optional<std::string> address_of_literal(std::string_view literal);
// The reverse: "[192.0.2.1]", "[IPv6:2001:db8::1]".  `address` must be an IP address as text.
std::string literal_of_address(std::string_view address);

bool is_ipv4_address(std::string_view text);  // strict dotted quad
bool is_ipv6_address(std::string_view text);  // no brackets, no tag, no zone

// The form to compare and to look up in DNS: A-labels, lower case, no dot at the end; an address
// literal in canonical form.  kInvalid: not a domain, or IDNA 2008 refuses a label.
Result<std::string> normalize_domain(std::string_view text);

}  // namespace postern::smtp
