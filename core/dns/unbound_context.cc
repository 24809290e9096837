#include "core/dns/unbound_context.h"

#include <algorithm>
#include <string>

namespace postern::dns {
namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr int kRcodeNoError = 0;
constexpr int kRcodeNxDomain = 3;

Result<void> check(int code, std::string_view what) {
  if (code == UB_NOERROR) return {};
  const ErrorKind kind = code == UB_SYNTAX ? ErrorKind::kInvalid : ErrorKind::kIo;
  return fail(kind, "DNS resolver: {}: {}", what, ::ub_strerror(code));
}

Result<void> set(ub_ctx* context, const char* name, const std::string& value) {
  return check(::ub_ctx_set_option(context, name, value.c_str()), name);
}

// "192.0.2.1:5353", "[2001:db8::1]:5353", either without a port -> "192.0.2.1@5353".
Result<std::string> unbound_address(std::string_view text) {
  std::string_view host = text;
  std::uint16_t port = kDnsPort;
  const std::size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos &&
                        (text.find(':') == colon || (colon > 0 && text[colon - 1] == ']'));
  if (has_port) {
    const std::string digits(text.substr(colon + 1));
    const bool is_number = !digits.empty() && digits.size() <= 5 &&
                           digits.find_first_not_of("0123456789") == std::string::npos;
    const unsigned long value = is_number ? std::stoul(digits) : 0;
    if (value == 0 || value > 65'535)
      return fail(ErrorKind::kInvalid, "DNS forwarder \"{}\": the port is 1 to 65535", text);
    port = static_cast<std::uint16_t>(value);
    host = text.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto address = net::SocketAddress::ip(host, port);
  if (!address)
    return fail(ErrorKind::kInvalid, "DNS forwarder \"{}\": {}", text, address.error().context);
  return fmt::format("{}@{}", address->host(), port);
}

struct Setting {
  const char* name;
  std::string value;
};

Result<void> configure(ub_ctx* context, const ResolverOptions& options) {
  // Its messages would go to standard error, each for what a stranger's zone does.
  ::ub_ctx_debugout(context, nullptr);
  const bool asks_resolvers = !options.forwarders.empty() || !options.resolv_conf.empty();
  const Setting settings[] = {
      {"msg-cache-size:", std::to_string(options.cache_octets)},
      {"rrset-cache-size:", std::to_string(2 * options.cache_octets)},
      // A resolver on this host is the usual case.
      {"do-not-query-localhost:", "no"},
      // Private reverse zones are the local resolver's business: internal hosts have names.
      {"unblock-lan-zones:", asks_resolvers ? "yes" : "no"},
      {"insecure-lan-zones:", asks_resolvers ? "yes" : "no"},
      // A server that was down is asked again soon; the default of 15 minutes outlasts the outage.
      {"infra-host-ttl:", "60"},
      {"infra-keep-probing:", "yes"},
      {"infra-cache-max-rtt:", std::to_string(options.server_timeout.count())},
      {"cache-max-negative-ttl:", "300"},
  };
  for (const Setting& setting : settings)
    if (const auto done = set(context, setting.name, setting.value); !done) return done;

  for (const std::string& forwarder : options.forwarders) {
    const auto address = unbound_address(forwarder);
    if (!address) return std::unexpected(address.error());
    if (const auto done = check(::ub_ctx_set_fwd(context, address->c_str()), forwarder); !done)
      return done;
  }
  if (options.forwarders.empty() && !options.resolv_conf.empty()) {
    const int code = ::ub_ctx_resolvconf(context, options.resolv_conf.c_str());
    if (const auto done = check(code, options.resolv_conf); !done) return done;
  }
  if (!options.hosts_file.empty()) {
    const int code = ::ub_ctx_hosts(context, options.hosts_file.c_str());
    if (const auto done = check(code, options.hosts_file); !done) return done;
  }
  if (!options.trust_anchor_file.empty()) {
    const int code = ::ub_ctx_add_ta_file(context, options.trust_anchor_file.c_str());
    if (const auto done = check(code, options.trust_anchor_file); !done) return done;
  }
  // A thread, not a process: fork() in a program with threads is no place for a resolver.
  return check(::ub_ctx_async(context, 1), "asynchronous mode");
}

}  // namespace

Result<UbContext> make_unbound_context(const ResolverOptions& options) {
  UbContext context(::ub_ctx_create());
  if (!context) return fail(ErrorKind::kIo, "DNS resolver: no memory or no randomness");
  const auto done = configure(context.get(), options);
  if (!done) return std::unexpected(done.error());
  return context;
}

Answer answer_of(int error, const ub_result* result, const ResolverOptions& options) {
  Answer answer;
  if (error != UB_NOERROR || result == nullptr) return answer;  // kServFail
  if (result->bogus) {
    answer.status = Status::kBogus;
    return answer;
  }
  answer.is_secure = result->secure != 0;
  answer.time_to_live = Seconds(std::max(0, result->ttl));
  if (result->nxdomain || result->rcode == kRcodeNxDomain) {
    answer.status = Status::kNxDomain;
    return answer;
  }
  if (result->rcode != kRcodeNoError) return answer;
  if (result->canonname) {
    answer.canonical_name = result->canonname;
    if (answer.canonical_name.ends_with('.')) answer.canonical_name.pop_back();
  }
  answer.status = Status::kNoData;
  if (!result->havedata) return answer;
  for (std::size_t i = 0; result->data[i] != nullptr; ++i) {
    if (answer.records.size() == options.max_records) break;
    const auto octets = static_cast<std::size_t>(std::max(0, result->len[i]));
    if (octets > options.max_record_octets) continue;
    answer.records.emplace_back(result->data[i], octets);
  }
  if (!answer.records.empty()) answer.status = Status::kFound;
  return answer;
}

}  // namespace postern::dns
