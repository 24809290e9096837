// DomainList and NetworkList: lists of patterns such as mydestination and mynetworks.
// Items: a plain pattern, /file/name (a file with such items), type:table (a hit is a match), each
// with ! in front to except what it matches.  The first item that matches decides.
// Files named by path are read when the list is made; tables follow their files.
// Immutable; thread-safe as its tables are.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/maps/ip_network.h"
#include "core/maps/table.h"

namespace postern::maps {

// What an entry "example.com" says of sub.example.com.
enum class SubdomainRule {
  kExact,      // nothing: mydestination, virtual_alias_domains, virtual_mailbox_domains
  kParent,     // matches it: names listed in parent_domain_matches_subdomains
  kDotParent,  // nothing, but ".example.com" matches it
};

struct MatchItem {
  bool is_negated = false;
  std::string text;  // pattern or type:name
};

// Takes a list apart and puts in what its /files hold.  kInvalid, kNotFound, kLimit (nesting).
Result<std::vector<MatchItem>> parse_match_list(std::string_view value,
                                                const TableOptions& options);

class DomainList {
 public:
  DomainList() = default;
  static Result<DomainList> open(std::string_view value, SubdomainRule subdomains,
                                 const TableOptions& options = {});

  bool empty() const { return items_.empty(); }
  // `domain` in any letter case.  Errors: a table's.
  Result<bool> matches(std::string_view domain) const;

 private:
  struct Item {
    bool is_negated = false;
    std::unordered_set<std::string> names;  // a run of plain patterns, folded
    TablePtr table;
  };
  Result<bool> item_matches(const Item& item, std::string_view name) const;

  std::vector<Item> items_;
  SubdomainRule subdomains_ = SubdomainRule::kExact;
};

class NetworkList {
 public:
  NetworkList() = default;
  // Also names: "example.com", ".example.com" match the client's verified name.
  static Result<NetworkList> open(std::string_view value, const TableOptions& options = {});

  bool empty() const { return items_.empty(); }
  // `address`: without brackets.  IPv4 clients on an IPv6 socket ("::ffff:192.0.2.1") are taken as
  // IPv4.  `verified_name`: "" or "unknown" matches no name.
  Result<bool> matches(std::string_view address, std::string_view verified_name = {}) const;

 private:
  struct Item {
    bool is_negated = false;
    std::optional<IpNetwork> network;
    std::string name;
    TablePtr table;
  };
  std::vector<Item> items_;
};

// One address of this machine and the prefix length of its network.
struct InterfaceAddress {
  IpAddress address;
  std::size_t prefix_bits = 0;
};
// Of interfaces that are up.  Blocks briefly.  kIo.
Result<std::vector<InterfaceAddress>> local_interface_addresses();
// The value of mynetworks by mynetworks_style ("host", "subnet", "class"); kInvalid for another
// word.  Loopback is 127.0.0.0/8 and ::1, whatever the style.
Result<std::string> derive_mynetworks(std::string_view style,
                                      const std::vector<InterfaceAddress>& interfaces);

}  // namespace postern::maps
