// What the Directory is made of: the values of the main.cf parameters that say who lives here and
// where mail goes, as text with all $names expanded.  engine/ fills it.
// Plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/maps/table.h"

namespace postern::routing {

// Every spelling under which a domain may stand in a list or table (A-labels, U-labels), in the
// order they are asked; the first is the domain as given, in lower case.
using DomainSpellings = std::function<std::vector<std::string>(std::string_view domain)>;

struct DirectoryOptions {
  // Names.
  std::string myhostname = "localhost";    // myhostname
  std::string myorigin = "localhost";      // myorigin: completes addresses without a domain
  std::string mydomain;                    // mydomain: completes names without a dot
  bool append_dot_mydomain = false;        // append_dot_mydomain
  std::vector<std::string> own_addresses;  // inet_interfaces and proxy_interfaces, as addresses
  std::string recipient_delimiter;         // recipient_delimiter
  // Address classes.
  std::string mydestination = "localhost";  // mydestination
  std::string local_recipient_maps =        // local_recipient_maps; "": not checked
      "proxy:unix:passwd.byname";
  std::string alias_maps;                        // alias_maps
  std::string virtual_alias_domains;             // virtual_alias_domains
  std::string virtual_alias_maps;                // virtual_alias_maps
  std::string virtual_mailbox_domains;           // virtual_mailbox_domains
  std::string virtual_mailbox_maps;              // virtual_mailbox_maps
  std::string relay_domains;                     // relay_domains
  std::string relay_recipient_maps;              // relay_recipient_maps
  bool relay_domains_match_subdomains = true;    // parent_domain_matches_subdomains
  bool transport_maps_match_subdomains = false;  // parent_domain_matches_subdomains
  // Routes, "transport:nexthop" or "transport".
  std::string local_transport = "local";      // local_transport
  std::string virtual_transport = "virtual";  // virtual_transport
  std::string relay_transport = "relay";      // relay_transport
  std::string default_transport = "smtp";     // default_transport
  std::string transport_maps;                 // transport_maps
  std::string relayhost;                      // relayhost
  std::string mailbox_transport;              // mailbox_transport
  std::string fallback_transport;             // fallback_transport
  // Address syntax that could carry mail elsewhere.
  bool swap_bangpath = true;                              // swap_bangpath
  bool allow_percent_hack = true;                         // allow_percent_hack
  bool resolve_dequoted_address = true;                   // resolve_dequoted_address
  bool allow_untrusted_routing = false;                   // allow_untrusted_routing
  std::string empty_address_recipient = "MAILER-DAEMON";  // empty_address_recipient
  // Virtual alias expansion.
  std::size_t virtual_alias_expansion_limit = 1000;       // virtual_alias_expansion_limit
  std::size_t virtual_alias_recursion_limit = 1000;       // virtual_alias_recursion_limit
  std::size_t virtual_alias_address_length_limit = 1000;  // virtual_alias_address_length_limit
  bool propagate_unmatched_extensions = true;  // "virtual" in propagate_unmatched_extensions
  // Reply codes, 450 or 550.
  std::uint16_t unknown_local_recipient_reject_code = 550;
  std::uint16_t unknown_virtual_alias_reject_code = 550;
  std::uint16_t unknown_virtual_mailbox_reject_code = 550;
  std::uint16_t unknown_relay_recipient_reject_code = 550;

  maps::TableOptions tables;
  DomainSpellings domain_spellings;  // empty: lower case only
};

}  // namespace postern::routing
