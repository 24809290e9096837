#include "core/engine/options/smtp_client.h"

#include <netdb.h>

#include <charconv>

#include "core/config/params.h"
#include "core/engine/interfaces.h"
#include "core/engine/options/text.h"
#include "core/engine/options/tls.h"

namespace postern::engine {
namespace {
namespace params = config::params;

Result<std::uint16_t> port_number(const std::string& text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc() && end == text.data() + text.size() && port != 0) return port;
  servent entry{};
  servent* found = nullptr;
  std::vector<char> buffer(4096);
  getservbyname_r(text.c_str(), "tcp", &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr)
    return fail(ErrorKind::kNotFound, "{} is neither a port number nor a service of services(5)",
                text);
  return ntohs(static_cast<std::uint16_t>(found->s_port));
}

delivery::SmtpTimeouts smtp_timeouts(const config::Settings& view) {
  delivery::SmtpTimeouts out;
  out.connect = view.get(params::smtp_connect_timeout);
  out.helo = view.get(params::smtp_helo_timeout);
  out.starttls = view.get(params::smtp_starttls_timeout);
  out.mail = view.get(params::smtp_mail_timeout);
  out.rcpt = view.get(params::smtp_rcpt_timeout);
  out.data_init = view.get(params::smtp_data_init_timeout);
  out.data_xfer = view.get(params::smtp_data_xfer_timeout);
  out.data_done = view.get(params::smtp_data_done_timeout);
  out.rset = view.get(params::smtp_rset_timeout);
  out.quit = view.get(params::smtp_quit_timeout);
  return out;
}

delivery::SmtpTimeouts lmtp_timeouts(const config::Settings& view) {
  delivery::SmtpTimeouts out;
  out.connect = view.get(params::lmtp_connect_timeout);
  out.helo = view.get(params::lmtp_lhlo_timeout);
  out.starttls = view.get(params::lmtp_starttls_timeout);
  out.mail = view.get(params::lmtp_mail_timeout);
  out.rcpt = view.get(params::lmtp_rcpt_timeout);
  out.data_init = view.get(params::lmtp_data_init_timeout);
  out.data_xfer = view.get(params::lmtp_data_xfer_timeout);
  out.data_done = view.get(params::lmtp_data_done_timeout);
  out.rset = view.get(params::lmtp_rset_timeout);
  out.quit = view.get(params::lmtp_quit_timeout);
  return out;
}

dns::AddressOrder address_order(config::AddressPreference preference) {
  switch (preference) {
    case config::AddressPreference::kAny: return dns::AddressOrder::kAny;
    case config::AddressPreference::kIpv4: return dns::AddressOrder::kIpv4First;
    case config::AddressPreference::kIpv6: break;
  }
  return dns::AddressOrder::kIpv6First;
}

dns::MxPlanOptions mx_options(const config::Settings& view, const OwnEndpoints& own) {
  dns::MxPlanOptions out;
  const Protocols protocols = protocols_of(view);
  out.use_ipv4 = protocols.ipv4;
  out.use_ipv6 = protocols.ipv6;
  out.address_order = address_order(view.get(params::smtp_address_preference));
  out.balance_protocols = view.get(params::smtp_balance_inet_protocols);
  out.randomize = view.get(params::smtp_randomize_addresses);
  out.address_limit = static_cast<std::size_t>(view.get(params::smtp_mx_address_limit));
  out.use_mx = !view.get(params::disable_dns_lookups);
  out.host_lookup.clear();
  for (const std::string& word : view.get(params::smtp_host_lookup))
    out.host_lookup.push_back(word == "native" ? dns::HostLookup::kNative : dns::HostLookup::kDns);
  if (!out.use_mx || out.host_lookup.empty()) out.host_lookup = {dns::HostLookup::kNative};
  out.ignore_mx_lookup_error = view.get(params::ignore_mx_lookup_error);
  out.defer_if_no_mx_address = view.get(params::smtp_defer_if_no_mx_address_found);
  out.own_names = {view.get(params::myhostname)};
  out.own_addresses = own.addresses;
  if (!own.ports.empty()) out.own_ports = own.ports;
  return out;
}

mail::TlsRequirement requirement(config::TlsLevel level) {
  switch (level) {
    case config::TlsLevel::kNone: return mail::TlsRequirement::kNone;
    case config::TlsLevel::kMay: return mail::TlsRequirement::kMay;
    case config::TlsLevel::kEncrypt: break;
  }
  return mail::TlsRequirement::kEncrypt;
}

}  // namespace

Result<delivery::SmtpClientOptions> smtp_client_options(const config::Settings& view,
                                                        const config::ServiceEntry& entry,
                                                        const OwnEndpoints& own) {
  delivery::SmtpClientOptions out;
  out.is_lmtp = entry.command == "lmtp";
  // A syslog_name of the service's own, "postfix/relay", makes the whole tag.
  const std::string& name = view.get(params::syslog_name);
  out.service = name.find('/') == std::string::npos ? entry.command : name + "/" + entry.command;
  out.myhostname = view.get(params::myhostname);
  out.helo_name = view.get(out.is_lmtp ? params::lmtp_lhlo_name : params::smtp_helo_name);
  out.unix_base = view.get(params::queue_directory);
  out.bind_address = view.get(out.is_lmtp ? params::lmtp_bind_address : params::smtp_bind_address);
  out.bind_address6 =
      view.get(out.is_lmtp ? params::lmtp_bind_address6 : params::smtp_bind_address6);
  const auto& port_parameter = out.is_lmtp ? params::lmtp_tcp_port : params::smtp_tcp_port;
  const auto port = port_number(view.get(port_parameter));
  if (!port) return fail(port.error().kind, "{}: {}", port_parameter.name(), port.error().context);
  out.default_port = *port;
  out.timeouts = out.is_lmtp ? lmtp_timeouts(view) : smtp_timeouts(view);
  out.mx = mx_options(view, own);
  out.mx_session_limit = static_cast<std::size_t>(view.get(params::smtp_mx_session_limit));
  auto fallback = config::parse_list(view.get(params::smtp_fallback_relay));
  if (!fallback)
    return fail(fallback.error().kind, "smtp_fallback_relay: {}", fallback.error().context);
  out.fallback_relay = std::move(*fallback);
  out.skip_5xx_greeting = view.get(params::smtp_skip_5xx_greeting);
  out.reuse_connections = view.get(params::smtp_connection_cache_on_demand);
  out.idle_limit = view.get(params::smtp_connection_cache_time_limit);
  out.reuse_time_limit = view.get(params::smtp_connection_reuse_time_limit);
  out.reuse_count_limit =
      static_cast<std::size_t>(view.get(params::smtp_connection_reuse_count_limit));
  out.discard_ehlo_keywords = view.get(params::smtp_discard_ehlo_keywords);
  out.line_length_limit = static_cast<std::size_t>(
      view.get(out.is_lmtp ? params::lmtp_line_length_limit : params::smtp_line_length_limit));
  out.convert_8bit = !view.get(params::disable_mime_output_conversion);
  out.send_xforward = view.get(params::smtp_send_xforward_command);
  out.tls = requirement(
      view.get(out.is_lmtp ? params::lmtp_tls_security_level : params::smtp_tls_security_level));
  out.tls_loglevel = static_cast<int>(view.get(params::smtp_tls_loglevel));
  return out;
}

Result<delivery::SmtpTlsContexts> smtp_tls_contexts(const config::Settings& view) {
  delivery::SmtpTlsContexts out;
  const struct {
    bool is_mandatory;
    std::shared_ptr<const tls::ClientContext>* context;
  } wanted[] = {{false, &out.opportunistic}, {true, &out.mandatory}};
  for (const auto& [is_mandatory, context] : wanted) {
    auto options = tls_client_options(view, is_mandatory);
    if (!options) return std::unexpected(options.error());
    auto made = tls::ClientContext::make(std::move(*options));
    if (!made) return fail(made.error().kind, "TLS for outgoing mail: {}", made.error().describe());
    *context = std::move(*made);
  }
  return out;
}

dns::ResolverOptions resolver_options(const config::Settings& settings) {
  dns::ResolverOptions out;
  out.forwarders = settings.get(params::dns_servers);
  out.trust_anchor_file = settings.get(params::dnssec_trust_anchor_file);
  return out;
}

}  // namespace postern::engine
