// The $names that local delivery knows of one recipient: for forward_path, luser_relay and a
// command's environment.
// Pure.  Whatever a stranger could choose (the recipient, its extension) comes out censored:
// command_expansion_filter and forward_expansion_filter of Postfix, so no value holds a shell's
// special characters, and none holds a slash.
#pragma once

#include <string>
#include <string_view>

#include "core/delivery/local/system_user.h"
#include "core/mail/mailbox.h"

namespace postern::delivery {

struct LocalNames {
  const SystemUser* user = nullptr;  // null: nobody's; $home and $shell are then empty
  mail::Mailbox recipient;
  std::string delimiters;  // recipient_delimiter

  // home shell user local domain recipient extension recipient_delimiter; "" for all others.
  std::string value(std::string_view name) const;
};

// "$name", "${name}", "$(name)", "${name?text}", "${name:text}"; $$ is one $.  Values are not
// looked at again.
std::string expand_names(std::string_view pattern, const LocalNames& names);

// Every octet but letters, digits and !@%-_=+:,. becomes '_'.
std::string censored(std::string_view text);

}  // namespace postern::delivery
