// Opening the directory, and the first question: whose is this address?
#include "core/routing/directory.h"

#include "core/maps/text.h"
#include "core/routing/address_text.h"

namespace postern::routing {
namespace {

// Each step strips a domain or an operator off an address of at most a few hundred octets; the
// bound is against a mistake here, not against peers.
constexpr int kMaxResolveSteps = 100;

}  // namespace

std::string_view to_string(AddressClass address_class) {
  switch (address_class) {
    case AddressClass::kLocal: return "local";
    case AddressClass::kVirtualAlias: return "virtual alias";
    case AddressClass::kVirtualMailbox: return "virtual mailbox";
    case AddressClass::kRelay: return "relay";
    case AddressClass::kOther: return "other";
    case AddressClass::kInvalid: break;
  }
  return "invalid";
}

Result<std::shared_ptr<const Directory>> Directory::open(DirectoryOptions options) {
  std::shared_ptr<Directory> directory(new Directory(std::move(options)));
  if (auto opened = directory->open_lists(); !opened) return std::unexpected(opened.error());
  return directory;
}

Result<void> Directory::open_lists() {
  using maps::SubdomainRule;
  Result<void> outcome;
  const auto failed = [&](std::string_view parameter, const Error& error) {
    if (outcome)
      outcome = std::unexpected(
          Error{error.kind, fmt::format("{}: {}", parameter, error.context), error.sys_errno});
  };
  const auto domains = [&](std::string_view parameter, const std::string& value, SubdomainRule rule,
                           maps::DomainList& out) {
    auto list = maps::DomainList::open(value, rule, options_.tables);
    if (list)
      out = std::move(*list);
    else
      failed(parameter, list.error());
  };
  const auto tables = [&](std::string_view parameter, const std::string& value,
                          maps::SourceSyntax syntax, maps::TableList& out) {
    maps::TableOptions table_options = options_.tables;
    table_options.syntax = syntax;
    auto list = maps::TableList::open(value, table_options);
    if (list)
      out = std::move(*list);
    else
      failed(parameter, list.error());
  };
  domains("mydestination", options_.mydestination, SubdomainRule::kExact, mydestination_);
  domains("virtual_alias_domains", options_.virtual_alias_domains, SubdomainRule::kExact,
          virtual_alias_domains_);
  domains("virtual_mailbox_domains", options_.virtual_mailbox_domains, SubdomainRule::kExact,
          virtual_mailbox_domains_);
  domains(
      "relay_domains", options_.relay_domains,
      options_.relay_domains_match_subdomains ? SubdomainRule::kParent : SubdomainRule::kDotParent,
      relay_domains_);
  tables("local_recipient_maps", options_.local_recipient_maps, maps::SourceSyntax::kAuto,
         local_recipients_);
  tables("alias_maps", options_.alias_maps, maps::SourceSyntax::kAliases, aliases_);
  tables("virtual_alias_maps", options_.virtual_alias_maps, maps::SourceSyntax::kAuto,
         virtual_aliases_);
  tables("virtual_mailbox_maps", options_.virtual_mailbox_maps, maps::SourceSyntax::kAuto,
         virtual_mailboxes_);
  tables("relay_recipient_maps", options_.relay_recipient_maps, maps::SourceSyntax::kAuto,
         relay_recipients_);
  tables("transport_maps", options_.transport_maps, maps::SourceSyntax::kTable, transports_);
  return outcome;
}

std::vector<std::string> Directory::spellings(std::string_view domain) const {
  const bool may_differ =
      domain.find("xn--") != std::string_view::npos ||
      domain.find("XN--") != std::string_view::npos ||
      std::any_of(domain.begin(), domain.end(), [](char c) { return (c & 0x80) != 0; });
  if (options_.domain_spellings && may_differ) {
    auto all = options_.domain_spellings(domain);
    if (!all.empty()) return all;
  }
  return {maps::fold_key(domain)};
}

mail::Mailbox Directory::completed(mail::Mailbox mailbox) const {
  std::string domain = mailbox.domain();
  while (domain.size() > 1 && domain.ends_with('.'))
    domain.pop_back();
  if (domain.empty()) domain = options_.myorigin;
  if (options_.append_dot_mydomain && !options_.mydomain.empty() && domain.front() != '[' &&
      domain.find('.') == std::string::npos)
    domain += "." + options_.mydomain;
  return {mailbox.local_part(), std::move(domain)};
}

Result<bool> Directory::in_list(const maps::DomainList& list, std::string_view domain) const {
  if (list.empty()) return false;
  for (const std::string& spelling : spellings(domain)) {
    const auto hit = list.matches(spelling);
    if (!hit || *hit) return hit;
  }
  return false;
}

Result<bool> Directory::is_local_domain(std::string_view domain) const {
  if (domain.starts_with('[')) {
    if (!is_valid_mail_domain(domain)) return false;
    std::string_view inside = domain.substr(1, domain.size() - 2);
    if (maps::equals_ignoring_case(inside.substr(0, 5), "IPv6:")) inside.remove_prefix(5);
    const auto wanted = maps::IpAddress::parse(inside);
    for (const std::string& own : options_.own_addresses)
      if (wanted && maps::IpAddress::parse(own) == wanted) return true;
    return in_list(mydestination_, domain);
  }
  return in_list(mydestination_, domain);
}

bool Directory::has_operator(std::string_view local_part) const {
  return (options_.resolve_dequoted_address && local_part.find('@') != std::string_view::npos) ||
         (options_.swap_bangpath && local_part.find('!') != std::string_view::npos) ||
         (options_.allow_percent_hack && local_part.find('%') != std::string_view::npos);
}

// What a local part of ours asks for, one step: "u@ext" (which only a quoted string can hold),
// "site!u", "u%ext".  nullopt: nothing of the kind, so the local part names a user.
std::optional<mail::Mailbox> Directory::follow_operator(const std::string& local_part) const {
  const auto split = [&](std::size_t at, bool domain_first) {
    std::string before = local_part.substr(0, at), behind = local_part.substr(at + 1);
    if (domain_first) before.swap(behind);
    return mail::Mailbox(std::move(before), std::move(behind));
  };
  if (options_.resolve_dequoted_address)
    if (const auto at = local_part.rfind('@'); at != std::string::npos) return split(at, false);
  if (options_.swap_bangpath)
    if (const auto at = local_part.find('!'); at != std::string::npos) return split(at, true);
  if (options_.allow_percent_hack)
    if (const auto at = local_part.rfind('%'); at != std::string::npos) return split(at, false);
  return std::nullopt;
}

Result<AddressClass> Directory::classify(std::string_view domain) const {
  if (!is_valid_mail_domain(domain)) return AddressClass::kInvalid;
  const struct {
    const maps::DomainList* list;
    AddressClass address_class;
  } classes[] = {{&virtual_alias_domains_, AddressClass::kVirtualAlias},
                 {&virtual_mailbox_domains_, AddressClass::kVirtualMailbox},
                 {&relay_domains_, AddressClass::kRelay}};
  for (const auto& [list, address_class] : classes) {
    const auto hit = in_list(*list, domain);
    if (!hit) return std::unexpected(hit.error());
    if (*hit) return address_class;
  }
  return AddressClass::kOther;
}

// The anti-relay heart: as long as the domain is ours, look at what the local part would make a
// next hop, or us, do with it, and judge that instead.
Result<Resolved> Directory::resolve(const mail::Mailbox& recipient) const {
  mail::Mailbox current = completed(recipient);
  for (int step = 0; step < kMaxResolveSteps; ++step) {
    const auto is_local = is_local_domain(current.domain());
    if (!is_local) return std::unexpected(is_local.error());
    if (!*is_local) {
      const auto address_class = classify(current.domain());
      if (!address_class) return std::unexpected(address_class.error());
      const bool is_routed = has_operator(current.local_part());
      return Resolved{std::move(current), *address_class, is_routed};
    }
    auto next = follow_operator(current.local_part());
    if (!next) {
      if (current.local_part().empty())
        current = mail::Mailbox(options_.empty_address_recipient, current.domain());
      return Resolved{std::move(current), AddressClass::kLocal, false};
    }
    // "u%" and "!u" name no other host: the operator is dropped and the rest judged as ours.
    if (next->domain().empty()) next = mail::Mailbox(next->local_part(), current.domain());
    current = completed(std::move(*next));
  }
  return Resolved{std::move(current), AddressClass::kInvalid, true};
}

bool Directory::is_auth_destination(const Resolved& resolved) const {
  if (resolved.is_routed && !options_.allow_untrusted_routing) return false;
  return resolved.address_class != AddressClass::kOther &&
         resolved.address_class != AddressClass::kInvalid;
}

}  // namespace postern::routing
