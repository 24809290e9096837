#include "core/routing/access_lookup.h"

#include "core/maps/text.h"
#include "core/routing/address_text.h"

namespace postern::routing {

AccessValue find_domain_access(const maps::TableList& tables, std::string_view name,
                               bool match_subdomains) {
  bool is_partial = false;
  while (!name.empty()) {
    auto found = tables.lookup(name, is_partial);
    if (!found || *found) return found;
    const std::size_t dot = name.find('.', 1);
    if (dot == std::string_view::npos || name.starts_with('[')) break;
    name.remove_prefix(match_subdomains ? dot + 1 : dot);
    is_partial = true;
  }
  return std::nullopt;
}

AccessValue find_address_access(const maps::TableList& tables, std::string_view address) {
  const char separator = address.find(':') == std::string_view::npos ? '.' : ':';
  bool is_partial = false;
  while (!address.empty()) {
    auto found = tables.lookup(address, is_partial);
    if (!found || *found) return found;
    const std::size_t cut = address.rfind(separator);
    if (cut == std::string_view::npos) break;
    address = address.substr(0, cut);
    while (address.ends_with(':'))
      address.remove_suffix(1);
    is_partial = true;
  }
  return std::nullopt;
}

AccessValue find_mailbox_access(const maps::TableList& tables, const mail::Mailbox& mailbox,
                                std::string_view delimiters, bool match_subdomains) {
  const std::string quoted = quoted_local_part(mailbox);
  auto whole = tables.find_address({.local_part = mailbox.local_part(),
                                    .quoted_local_part = quoted,
                                    .domain = mailbox.domain(),
                                    .delimiters = delimiters,
                                    .domain_is_local = false,
                                    .ask_at_domain = false});
  if (!whole) return std::unexpected(whole.error());
  if (*whole) return std::move((*whole)->value);
  for (std::string_view name = mailbox.domain(); !name.empty();) {
    auto found = tables.lookup(name, true);
    if (!found || *found) return found;
    const std::size_t dot = name.find('.', 1);
    if (dot == std::string_view::npos || name.starts_with('[')) break;
    name.remove_prefix(match_subdomains ? dot + 1 : dot);
  }
  auto user = tables.lookup(mailbox.local_part() + "@", true);
  if (!user || *user) return user;
  const auto split = maps::split_local_part(mailbox.local_part(), delimiters);
  if (split.extension.empty()) return std::nullopt;
  return tables.lookup(std::string(split.base) + "@", true);
}

}  // namespace postern::routing
