#include "core/mime/header_recipients.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace postern::mime {
namespace {

AddressList gather(const HeaderSection& section, std::string_view prefix,
                   const AddressListLimits& limits) {
  constexpr std::array<std::string_view, 3> kNames = {"To", "Cc", "Bcc"};
  AddressList out;
  for (const HeaderField& field : section.fields()) {
    if (!mail::equals_ignoring_ascii_case(field.name.substr(0, prefix.size()), prefix)) continue;
    const std::string_view rest = field.name.substr(prefix.size());
    bool wanted = false;
    for (const std::string_view name : kNames)
      wanted = wanted || mail::equals_ignoring_ascii_case(rest, name);
    if (!wanted) continue;
    AddressList more = parse_address_list(
        field.value, {.max_addresses = limits.max_addresses - out.mailboxes.size()});
    std::ranges::move(more.mailboxes, std::back_inserter(out.mailboxes));
    out.malformed += more.malformed;
    out.truncated = out.truncated || more.truncated;
  }
  return out;
}

}  // namespace

AddressList header_recipients(const HeaderSection& section, const AddressListLimits& limits) {
  for (const std::string_view name : {"Resent-To", "Resent-Cc", "Resent-Bcc"})
    if (section.find(name) != nullptr) return gather(section, "Resent-", limits);
  return gather(section, "", limits);
}

bool is_hidden_recipient_field(std::string_view name) {
  return mail::equals_ignoring_ascii_case(name, "Bcc") ||
         mail::equals_ignoring_ascii_case(name, "Resent-Bcc");
}

}  // namespace postern::mime
