// Addresses as tables hold them: from text to mail::Mailbox, more lenient than SMTP (any length of
// local part, no domain); and the forms in which Postfix asks tables for them.
// Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/mail/mailbox.h"

namespace postern::routing {

// "user", "user@domain", "\"a b\"@domain", "@domain" (empty local part).  Splits at the last @
// outside quotes.  kInvalid: empty, an open quote, control characters, or a domain that is neither
// a domain name nor an address literal.
Result<mail::Mailbox> parse_table_address(std::string_view text);

// The local part as it stands in an address: with quotes where they are needed.
std::string quoted_local_part(const mail::Mailbox& mailbox);

// Whether `domain` can receive mail by its form: a domain name (UTF-8 labels too) or an address
// literal that inet_pton takes ("[192.0.2.1]", "[IPv6:2001:db8::1]").
bool is_valid_mail_domain(std::string_view domain);

}  // namespace postern::routing
