// The partial keys of access(5) tables.  Pure but for the tables it asks; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/mail/mailbox.h"
#include "core/maps/table_list.h"

namespace postern::routing {

using AccessValue = Result<std::optional<std::string>>;

// "host.example.com", then its parents: "example.com", "com" or, without `match_subdomains`,
// ".example.com", ".com".
AccessValue find_domain_access(const maps::TableList& tables, std::string_view name,
                               bool match_subdomains);
// "192.0.2.1", "192.0.2", "192.0", "192"; IPv6 likewise at its colons.
AccessValue find_address_access(const maps::TableList& tables, std::string_view address);
// user@domain (without extension too), the domain and its parents, then user@.
AccessValue find_mailbox_access(const maps::TableList& tables, const mail::Mailbox& mailbox,
                                std::string_view delimiters, bool match_subdomains);

}  // namespace postern::routing
