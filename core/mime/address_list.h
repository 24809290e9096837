// Address lists of header fields: To, Cc, Bcc and their like, with display names, comments, quoted
// strings and groups.  Iterative, one pass: nesting is counted, not recursed into.  Encoded words
// are never decoded here: what a display name decodes to is no address.
// Not here: envelope paths (smtp/address.h).
// RFC 5322 s3.4 and s4.4.  Pure; thread-safe.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/mail/mailbox.h"

namespace postern::mime {

struct AddressListLimits {
  std::size_t max_addresses = 10'240;  // header_address_token_limit
};

struct AddressList {
  // In order; a bare local part has no domain: the caller adds $myorigin.  May hold UTF-8.
  std::vector<mail::Mailbox> mailboxes;
  std::size_t malformed = 0;  // entries that are no address
  bool truncated = false;     // more than max_addresses
};

// `value`: behind the colon, folds allowed.
AddressList parse_address_list(std::string_view value, const AddressListLimits& limits = {});

}  // namespace postern::mime
