// MxPlanner: where mail for a domain can be handed over, in the order to try: MX hosts by
// preference, equal ones shuffled, each with its addresses; the domain itself where it has no MX.
// Not here: connecting, sessions, fallback relays (delivery/smtp), next-hop syntax (the caller's).
// RFC 5321 s5.1, RFC 7505 (null MX), RFC 3974.  Postfix: smtp(8), smtp_addr.
// Immutable; thread-safe.  Resolver and pool outlive it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "core/dns/resolver.h"
#include "core/net/blocking_pool.h"

namespace postern::dns {

enum class HostLookup { kDns, kNative };
enum class AddressOrder { kAny, kIpv4First, kIpv6First };

struct MxPlanOptions {
  bool use_ipv4 = true;  // inet_protocols
  bool use_ipv6 = true;
  AddressOrder address_order = AddressOrder::kAny;        // smtp_address_preference
  bool balance_protocols = true;                          // smtp_balance_inet_protocols
  bool randomize = true;                                  // smtp_randomize_addresses
  std::size_t address_limit = 5;                          // smtp_mx_address_limit; 0: none
  std::vector<HostLookup> host_lookup{HostLookup::kDns};  // smtp_host_lookup
  bool use_mx = true;                   // false: disable_dns_lookups; then host_lookup is native
  bool ignore_mx_lookup_error = false;  // ignore_mx_lookup_error
  bool defer_if_no_mx_address = false;  // smtp_defer_if_no_mx_address_found
  // This machine, so that mail does not come back: names (myhostname, proxy names), addresses
  // (inet_interfaces, proxy_interfaces; loopback and the unspecified address always count) and the
  // ports it takes mail on.  A target is "self" only on such a port.
  std::vector<std::string> own_names;
  std::vector<std::string> own_addresses;
  std::vector<std::uint16_t> own_ports{25};
  std::size_t max_mx_hosts = 50;  // hosts of one MX set that are looked at
};

struct MxTarget {
  std::string host;  // as DNS has it, for logs, SNI and loop checks
  net::SocketAddress address;
  std::uint16_t preference = 0;
  bool is_secure = false;  // MX and address were validated by DNSSEC
};

struct MxPlan {
  std::vector<MxTarget> targets;  // at least one
  bool is_secure = false;         // the MX look-up was
};

// Why there is no plan.
struct PlanFault {
  bool is_permanent = false;
  std::string status;  // "5.4.4", "4.4.3", "5.4.6", "5.1.10"
  std::string text;    // in Postfix's words
};
using PlanResult = std::expected<MxPlan, PlanFault>;

class MxPlanner {
 public:
  MxPlanner(Resolver& resolver, net::BlockingPool& pool, MxPlanOptions options);

  // `domain`: A-labels, no brackets.  MX look-up and its rules.
  net::Task<PlanResult> plan_domain(net::Loop& loop, std::string domain, std::uint16_t port,
                                    SteadyTime deadline) const;
  // `host`: a host name or a numeric address.  No MX look-up; a loop to self is found here too.
  net::Task<PlanResult> plan_host(net::Loop& loop, std::string host, std::uint16_t port,
                                  SteadyTime deadline) const;

  bool is_own_name(std::string_view host) const;
  bool is_own_address(const net::SocketAddress& address) const;  // without regard to the port
  bool is_own_port(std::uint16_t port) const;

 private:
  struct HostAddresses;
  struct HostLookups;
  HostLookups start_host(net::Loop& loop, const std::string& host) const;
  net::Task<HostAddresses> finish_host(net::Loop& loop, HostLookups lookups, std::string host,
                                       std::uint16_t port, SteadyTime deadline) const;
  net::Task<PlanResult> plan_hosts(net::Loop& loop, std::string domain, std::vector<MxRecord> hosts,
                                   std::uint16_t port, SteadyTime deadline) const;
  bool is_self(const MxTarget& target) const;
  void arrange(std::vector<MxTarget>& targets) const;

  Resolver& resolver_;
  net::BlockingPool& pool_;
  MxPlanOptions options_;
};

}  // namespace postern::dns
