// The third question: where to next.  transport(5).
#include "core/maps/text.h"
#include "core/routing/address_text.h"
#include "core/routing/directory.h"

namespace postern::routing {

mail::Route parse_route(std::string_view text, std::string_view domain,
                        const mail::Route& current) {
  text = maps::trim(text);
  const std::size_t colon = text.find(':');
  const std::string_view transport = maps::trim(text.substr(0, colon));
  const std::string_view next_hop =
      colon == std::string_view::npos ? std::string_view() : maps::trim(text.substr(colon + 1));
  mail::Route route = current;
  if (!transport.empty()) {
    route.transport = transport;
    // These three take text for a next hop, and a domain would read as one.
    const bool takes_text = transport == "error" || transport == "retry" || transport == "discard";
    route.next_hop = takes_text ? std::string_view() : domain;
  }
  if (!next_hop.empty()) route.next_hop = next_hop;
  return route;
}

mail::Route Directory::default_route(const Resolved& resolved) const {
  const std::string& domain = resolved.mailbox.domain();
  switch (resolved.address_class) {
    case AddressClass::kLocal: return parse_route(options_.local_transport, domain);
    case AddressClass::kVirtualMailbox: return parse_route(options_.virtual_transport, domain);
    case AddressClass::kVirtualAlias: return {"error", "5.1.1 User unknown in virtual alias table"};
    case AddressClass::kInvalid: return {"error", "5.1.3 bad address syntax"};
    case AddressClass::kRelay:
    case AddressClass::kOther: break;
  }
  const bool is_relay = resolved.address_class == AddressClass::kRelay;
  const std::string& transport = is_relay ? options_.relay_transport : options_.default_transport;
  mail::Route route = parse_route(transport, domain);
  // A next hop in the transport parameter wins over relayhost, and relayhost over the domain.
  const std::size_t colon = transport.find(':');
  const bool names_next_hop = colon != std::string::npos && colon + 1 < transport.size();
  if (!names_next_hop && !options_.relayhost.empty()) route.next_hop = options_.relayhost;
  return route;
}

Result<std::optional<std::string>> Directory::transport_entry(const mail::Mailbox& mailbox) const {
  const std::string quoted = quoted_local_part(mailbox);
  for (const std::string& domain : spellings(mailbox.domain())) {
    const maps::AddressQuery query{
        .local_part = mailbox.local_part(),
        .quoted_local_part = quoted,
        .domain = maps::equals_ignoring_case(domain, mailbox.domain()) ? mailbox.domain() : domain,
        .delimiters = options_.recipient_delimiter,
        .ask_at_domain = false};
    auto found = transports_.find_address(query);
    if (!found) return std::unexpected(found.error());
    if (*found) return std::move((*found)->value);
    for (std::string_view key = domain; !key.empty();) {
      auto entry = transports_.lookup(key, true);
      if (!entry || *entry) return entry;
      const std::size_t dot = key.find('.', 1);
      if (dot == std::string_view::npos || key.starts_with('[')) break;
      key.remove_prefix(options_.transport_maps_match_subdomains ? dot + 1 : dot);
    }
  }
  return transports_.lookup("*", true);
}

Result<mail::Route> Directory::route_of(const Resolved& resolved) const {
  mail::Route route = default_route(resolved);
  // Aliases go nowhere themselves, and what has no valid domain has no transport.
  if (transports_.empty() || resolved.address_class == AddressClass::kVirtualAlias ||
      resolved.address_class == AddressClass::kInvalid)
    return route;
  const auto entry = transport_entry(resolved.mailbox);
  if (!entry) return std::unexpected(entry.error());
  if (*entry) route = parse_route(**entry, resolved.mailbox.domain(), route);
  return route;
}

Result<mail::Route> Directory::route(const mail::Mailbox& recipient) const {
  const auto resolved = resolve(recipient);
  if (!resolved) return std::unexpected(resolved.error());
  return route_of(*resolved);
}

Result<mail::Destination> Directory::destination(const mail::Mailbox& recipient) const {
  const auto resolved = resolve(recipient);
  if (!resolved) return std::unexpected(resolved.error());
  auto chosen = route_of(*resolved);
  if (!chosen) return std::unexpected(chosen.error());
  mail::Destination out;
  out.lane.transport = chosen->transport;
  out.lane.site = maps::fold_key(chosen->next_hop);
  if (chosen->transport == "local") {
    // One lane per user: a mailbox that is locked or over quota must not delay the others.
    const auto user =
        maps::split_local_part(resolved->mailbox.local_part(), options_.recipient_delimiter).base;
    out.lane.site = fmt::format("{}@{}", maps::fold_key(user), out.lane.site);
  }
  out.route = std::move(*chosen);
  return out;
}

std::optional<mail::Route> Directory::mailbox_transport(const mail::Mailbox& recipient) const {
  if (options_.mailbox_transport.empty()) return std::nullopt;
  return parse_route(options_.mailbox_transport, recipient.domain());
}

std::optional<mail::Route> Directory::fallback_transport(const mail::Mailbox& recipient) const {
  if (options_.fallback_transport.empty()) return std::nullopt;
  return parse_route(options_.fallback_transport, recipient.domain());
}

}  // namespace postern::routing
