// The recipients a header section names, for sendmail -t.  RFC 5322 s3.6.3 and s3.6.6.
// Pure; thread-safe.
#pragma once

#include <string_view>

#include "core/mime/address_list.h"
#include "core/mime/header_section.h"

namespace postern::mime {

// Of To, Cc and Bcc; of Resent-To, Resent-Cc and Resent-Bcc alone where one of them is there.  The
// caller takes the Bcc fields out before the message goes on (is_hidden_recipient_field).
AddressList header_recipients(const HeaderSection& section, const AddressListLimits& limits = {});

// Bcc and Resent-Bcc: fields that never leave the submitting machine.
bool is_hidden_recipient_field(std::string_view name);

}  // namespace postern::mime
