#include "core/dns/mx_plan.h"

#include <algorithm>
#include <optional>
#include <random>

#include "core/dns/native_lookup.h"

namespace postern::dns {
namespace {

std::mt19937& shuffler() {
  // Spreads load, keeps no secret.
  thread_local std::mt19937 generator(std::random_device{}());
  return generator;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string name_service_error(const std::string& name, std::string_view type, Status status) {
  return fmt::format("Host or domain name not found. Name service error for name={} type={}: {}",
                     name, type, to_string(status));
}

std::unexpected<PlanFault> fault(bool is_permanent, std::string status, std::string text) {
  return std::unexpected(PlanFault{is_permanent, std::move(status), std::move(text)});
}

std::unexpected<PlanFault> loops_back(const std::string& name) {
  return fault(true, "5.4.6", fmt::format("mail for {} loops back to myself", name));
}

bool is_numeric(const std::string& host) { return net::SocketAddress::ip(host, 0).has_value(); }

}  // namespace

struct MxPlanner::HostAddresses {
  Status status = Status::kNoData;
  std::string text;  // why there are none
  std::vector<net::SocketAddress> addresses;
  bool is_secure = false;
};

struct MxPlanner::HostLookups {
  std::optional<Lookup> ipv4;
  std::optional<Lookup> ipv6;
};

MxPlanner::MxPlanner(Resolver& resolver, net::BlockingPool& pool, MxPlanOptions options)
    : resolver_(resolver), pool_(pool), options_(std::move(options)) {
  if (!options_.use_mx) options_.host_lookup = {HostLookup::kNative};
}

bool MxPlanner::is_own_name(std::string_view host) const {
  for (const std::string& own : options_.own_names)
    if (equals_ignoring_case(own, host)) return true;
  return false;
}

bool MxPlanner::is_own_address(const net::SocketAddress& address) const {
  const std::string& host = address.host();
  // To connect to the unspecified address is to connect to oneself.
  if (address.is_loopback() || host == "0.0.0.0" || host == "::") return true;
  return std::ranges::find(options_.own_addresses, host) != options_.own_addresses.end();
}

bool MxPlanner::is_own_port(std::uint16_t port) const {
  return std::ranges::find(options_.own_ports, port) != options_.own_ports.end();
}

bool MxPlanner::is_self(const MxTarget& target) const {
  return is_own_port(target.address.port()) &&
         (is_own_address(target.address) || is_own_name(target.host));
}

MxPlanner::HostLookups MxPlanner::start_host(net::Loop& loop, const std::string& host) const {
  HostLookups out;
  if (options_.host_lookup.empty() || options_.host_lookup.front() != HostLookup::kDns) return out;
  if (options_.use_ipv4) out.ipv4.emplace(resolver_.start(loop, host, RecordType::kA));
  if (options_.use_ipv6) out.ipv6.emplace(resolver_.start(loop, host, RecordType::kAaaa));
  return out;
}

namespace {

// A status that says more about why nothing was found: an outage hides what there may be.
Status worse(Status a, Status b) {
  return is_temporary(a) ? a : is_temporary(b) ? b : std::max(a, b);
}

}  // namespace

net::Task<MxPlanner::HostAddresses> MxPlanner::finish_host(net::Loop& loop, HostLookups lookups,
                                                           std::string host, std::uint16_t port,
                                                           SteadyTime deadline) const {
  HostAddresses out;
  std::optional<Status> worst;
  for (const HostLookup how : options_.host_lookup) {
    if (how == HostLookup::kNative) {
      auto native = co_await native_lookup(loop, pool_, host, port, options_.use_ipv4,
                                           options_.use_ipv6, deadline);
      out.addresses = std::move(native.addresses);
      worst = worst ? worse(*worst, native.status) : native.status;
      out.text = fmt::format("unable to look up host {}: {}", host, to_string(native.status));
    } else {
      if (!lookups.ipv4 && !lookups.ipv6) {  // native came first
        if (options_.use_ipv4) lookups.ipv4.emplace(resolver_.start(loop, host, RecordType::kA));
        if (options_.use_ipv6) lookups.ipv6.emplace(resolver_.start(loop, host, RecordType::kAaaa));
      }
      out.is_secure = true;
      for (const RecordType type : {RecordType::kA, RecordType::kAaaa}) {
        auto& lookup = type == RecordType::kA ? lookups.ipv4 : lookups.ipv6;
        if (!lookup) continue;
        const Answer answer = co_await lookup->wait(deadline);
        lookup.reset();
        out.is_secure = out.is_secure && answer.is_secure;
        for (const std::string& record : answer.records)
          if (auto address = parse_address(type, record, port))
            out.addresses.push_back(std::move(*address));
        worst = worst ? worse(*worst, answer.status) : answer.status;
        if (answer.status == *worst) out.text = name_service_error(host, to_string(type), *worst);
      }
    }
    if (!out.addresses.empty()) break;
  }
  out.status = !out.addresses.empty() ? Status::kFound : worst.value_or(Status::kNoData);
  co_return out;
}

// Order of trying, and the cut.
void MxPlanner::arrange(std::vector<MxTarget>& targets) const {
  if (options_.randomize) std::ranges::shuffle(targets, shuffler());
  const auto rank = [this](const MxTarget& target) {
    const bool is_ipv6 = target.address.family() == net::Family::kIpv6;
    switch (options_.address_order) {
      case AddressOrder::kAny: return 0;
      case AddressOrder::kIpv4First: return is_ipv6 ? 1 : 0;
      case AddressOrder::kIpv6First: return is_ipv6 ? 0 : 1;
    }
    return 0;
  };
  std::ranges::stable_sort(targets, [&](const MxTarget& a, const MxTarget& b) {
    if (a.preference != b.preference) return a.preference < b.preference;
    return rank(a) < rank(b);
  });

  const std::size_t limit = options_.address_limit;
  if (limit == 0 || targets.size() <= limit) return;
  if (options_.balance_protocols && limit > 1) {
    // A site whose many IPv6 addresses can't be reached must not hide its IPv4 ones.
    const auto is_ipv6 = [](const MxTarget& t) { return t.address.family() == net::Family::kIpv6; };
    const auto six = static_cast<std::size_t>(std::ranges::count_if(targets, is_ipv6));
    const std::size_t four = targets.size() - six;
    std::size_t room_six = std::min(six, std::max(limit / 2, limit - std::min(limit, four)));
    std::size_t room_four = limit - room_six;
    std::erase_if(targets, [&](const MxTarget& target) {
      std::size_t& room = is_ipv6(target) ? room_six : room_four;
      if (room == 0) return true;
      --room;
      return false;
    });
  }
  if (targets.size() > limit) targets.resize(limit);
}

net::Task<PlanResult> MxPlanner::plan_host(net::Loop& loop, std::string host, std::uint16_t port,
                                           SteadyTime deadline) const {
  MxPlan plan;
  if (auto address = net::SocketAddress::ip(host, port)) {
    const bool is_usable =
        address->family() == net::Family::kIpv4 ? options_.use_ipv4 : options_.use_ipv6;
    if (!is_usable)
      co_return fault(true, "5.4.4",
                      fmt::format("unable to look up host {}: inet_protocols excludes it", host));
    plan.targets.push_back({address->host(), std::move(*address), 0, false});
  } else {
    HostAddresses found = co_await finish_host(loop, start_host(loop, host), host, port, deadline);
    if (found.addresses.empty()) {
      const bool is_permanent = !is_temporary(found.status);
      co_return fault(is_permanent, is_permanent ? "5.4.4" : "4.4.3", std::move(found.text));
    }
    for (auto& each : found.addresses)
      plan.targets.push_back({host, std::move(each), 0, found.is_secure});
  }
  for (const MxTarget& target : plan.targets)
    if (is_self(target)) co_return loops_back(host);
  arrange(plan.targets);
  co_return plan;
}

net::Task<PlanResult> MxPlanner::plan_hosts(net::Loop& loop, std::string domain,
                                            std::vector<MxRecord> hosts, std::uint16_t port,
                                            SteadyTime deadline) const {
  std::vector<HostLookups> lookups;
  lookups.reserve(hosts.size());
  for (const MxRecord& each : hosts)
    lookups.push_back(start_host(loop, each.host));

  MxPlan plan;
  HostAddresses failure;
  std::optional<std::uint16_t> self;  // the best preference that is this machine
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const MxRecord& mx = hosts[i];
    const bool is_own = is_own_port(port) && is_own_name(mx.host);
    if (is_own && (!self || mx.preference < *self)) self = mx.preference;
    HostAddresses found =
        co_await finish_host(loop, std::move(lookups[i]), mx.host, port, deadline);
    if (found.addresses.empty() && (failure.text.empty() || is_temporary(found.status))) {
      failure = std::move(found);
      continue;
    }
    for (auto& each : found.addresses) {
      MxTarget target{mx.host, std::move(each), mx.preference, found.is_secure};
      if (is_self(target) && (!self || mx.preference < *self)) self = mx.preference;
      plan.targets.push_back(std::move(target));
    }
  }
  if (self) {
    // RFC 5321 s5.1: hosts no better than ourselves would send it back.
    std::erase_if(plan.targets, [&](const MxTarget& t) { return t.preference >= *self; });
    const bool hides_better =
        is_temporary(failure.status) &&
        std::ranges::any_of(hosts, [&](const MxRecord& mx) { return mx.preference < *self; });
    if (plan.targets.empty() && !hides_better) co_return loops_back(domain);
  }
  if (plan.targets.empty()) {
    if (is_temporary(failure.status)) co_return fault(false, "4.4.3", std::move(failure.text));
    const bool is_permanent = !options_.defer_if_no_mx_address;
    co_return fault(is_permanent, is_permanent ? "5.4.4" : "4.4.4", std::move(failure.text));
  }
  arrange(plan.targets);
  co_return plan;
}

net::Task<PlanResult> MxPlanner::plan_domain(net::Loop& loop, std::string domain,
                                             std::uint16_t port, SteadyTime deadline) const {
  if (!options_.use_mx || is_numeric(domain))
    co_return co_await plan_host(loop, std::move(domain), port, deadline);
  const Answer answer = co_await resolver_.lookup(loop, domain, RecordType::kMx, deadline);
  const bool has_failed = is_temporary(answer.status);
  if (has_failed && !options_.ignore_mx_lookup_error)
    co_return fault(false, "4.4.3", name_service_error(domain, "MX", answer.status));
  if (answer.status == Status::kMalformed)
    co_return fault(true, "5.4.4", name_service_error(domain, "MX", answer.status));
  if (answer.status != Status::kFound)  // RFC 5321 s5.1: the domain is its own MX
    co_return co_await plan_host(loop, std::move(domain), port, deadline);

  std::vector<MxRecord> hosts;
  std::size_t roots = 0;
  for (const std::string& record : answer.records) {
    auto mx = parse_mx(record);
    if (!mx) continue;
    if (mx->host.empty()) {
      ++roots;
    } else if (!is_numeric(mx->host)) {  // an address is no host name, RFC 5321 s5.1
      hosts.push_back(std::move(*mx));
    }
  }
  if (hosts.empty()) {
    // RFC 7505 s3: one record with the root says that there is no mail here.
    if (roots == 1 && answer.records.size() == 1)
      co_return fault(true, "5.1.10",
                      fmt::format("Domain {} does not accept mail (nullMX)", domain));
    co_return fault(true, "5.4.4", name_service_error(domain, "MX", Status::kMalformed));
  }
  std::ranges::stable_sort(hosts, {}, &MxRecord::preference);
  if (hosts.size() > options_.max_mx_hosts) hosts.resize(options_.max_mx_hosts);
  PlanResult plan = co_await plan_hosts(loop, domain, std::move(hosts), port, deadline);
  if (plan) plan->is_secure = answer.is_secure;
  co_return plan;
}

}  // namespace postern::dns
