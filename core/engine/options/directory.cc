#include "core/engine/options/directory.h"

#include <algorithm>

#include "core/config/params.h"
#include "core/engine/options/text.h"
#include "core/mail/mailbox.h"
#include "core/smtp/domain.h"

namespace postern::engine {
namespace {
namespace params = config::params;

std::vector<std::string> spellings(std::string_view domain) {
  std::vector<std::string> out{mail::to_lower_ascii(domain)};
  if (auto ascii = smtp::normalize_domain(domain); ascii && *ascii != out.front())
    out.push_back(std::move(*ascii));
  return out;
}

std::uint16_t code(std::int64_t value) { return static_cast<std::uint16_t>(value); }

}  // namespace

routing::DirectoryOptions directory_options(const config::Settings& settings,
                                            std::vector<std::string> own_addresses) {
  routing::DirectoryOptions out;
  out.myhostname = settings.get(params::myhostname);
  out.myorigin = settings.get(params::myorigin);
  out.mydomain = settings.get(params::mydomain);
  out.append_dot_mydomain = settings.get(params::append_dot_mydomain);
  out.own_addresses = std::move(own_addresses);
  out.recipient_delimiter = settings.get(params::recipient_delimiter);
  out.mydestination = text_of(settings, params::mydestination);
  out.local_recipient_maps = text_of(settings, params::local_recipient_maps);
  out.alias_maps = text_of(settings, params::alias_maps);
  out.virtual_alias_domains = text_of(settings, params::virtual_alias_domains);
  out.virtual_alias_maps = text_of(settings, params::virtual_alias_maps);
  out.virtual_mailbox_domains = text_of(settings, params::virtual_mailbox_domains);
  out.virtual_mailbox_maps = text_of(settings, params::virtual_mailbox_maps);
  out.relay_domains = text_of(settings, params::relay_domains);
  out.relay_recipient_maps = text_of(settings, params::relay_recipient_maps);
  const auto& parents = settings.get(params::parent_domain_matches_subdomains);
  out.relay_domains_match_subdomains = has_word(parents, "relay_domains");
  out.transport_maps_match_subdomains = has_word(parents, "transport_maps");
  out.local_transport = settings.get(params::local_transport);
  out.virtual_transport = settings.get(params::virtual_transport);
  out.relay_transport = settings.get(params::relay_transport);
  out.default_transport = settings.get(params::default_transport);
  out.transport_maps = text_of(settings, params::transport_maps);
  out.relayhost = settings.get(params::relayhost);
  out.mailbox_transport = settings.get(params::mailbox_transport);
  out.fallback_transport = settings.get(params::fallback_transport);
  out.empty_address_recipient = settings.get(params::empty_address_recipient);
  const auto limit = [&](const config::TypedParameter<std::int64_t>& parameter) {
    return static_cast<std::size_t>(settings.get(parameter));
  };
  out.virtual_alias_expansion_limit = limit(params::virtual_alias_expansion_limit);
  out.virtual_alias_recursion_limit = limit(params::virtual_alias_recursion_limit);
  out.virtual_alias_address_length_limit = limit(params::virtual_alias_address_length_limit);
  out.propagate_unmatched_extensions =
      has_word(settings.get(params::propagate_unmatched_extensions), "virtual");
  out.unknown_local_recipient_reject_code =
      code(settings.get(params::unknown_local_recipient_reject_code));
  out.unknown_virtual_alias_reject_code =
      code(settings.get(params::unknown_virtual_alias_reject_code));
  out.unknown_virtual_mailbox_reject_code =
      code(settings.get(params::unknown_virtual_mailbox_reject_code));
  out.unknown_relay_recipient_reject_code =
      code(settings.get(params::unknown_relay_recipient_reject_code));
  out.domain_spellings = spellings;
  return out;
}

bool may_block(const config::Settings& settings, std::initializer_list<std::string_view> names) {
  // These are in memory; a changed file is read again at most once a second.
  static constexpr std::string_view kInMemory[] = {"hash",   "btree", "texthash", "inline",
                                                   "static", "pcre",  "regexp",   "cidr"};
  for (const std::string_view name : names) {
    const std::string text = settings.expanded(name).value_or("");
    auto words = config::parse_list(text);
    if (!words) return true;
    for (std::string_view word : *words) {
      if (word.starts_with('!')) word.remove_prefix(1);
      if (word.starts_with("proxy:")) word.remove_prefix(6);
      const auto colon = word.find(':');
      if (colon == std::string_view::npos || word.starts_with('[')) continue;
      if (std::ranges::find(kInMemory, word.substr(0, colon)) == std::end(kInMemory)) return true;
    }
  }
  return false;
}

bool routing_may_block(const config::Settings& settings) {
  return may_block(settings, {"mydestination", "virtual_alias_domains", "virtual_mailbox_domains",
                              "relay_domains", "transport_maps"});
}

bool expansion_may_block(const config::Settings& settings) {
  return routing_may_block(settings) || may_block(settings, {"virtual_alias_maps"});
}

}  // namespace postern::engine
