#include "core/engine/options/server.h"

#include "core/config/params.h"
#include "core/config/restrictions.h"
#include "core/engine/options/directory.h"
#include "core/engine/options/text.h"

namespace postern::engine {
namespace {
namespace params = config::params;

template <typename T, typename V>
T limit(V value) {
  return static_cast<T>(value);
}

Result<maps::NetworkList> networks(const config::Settings& view,
                                   const config::Parameter& parameter) {
  auto list = maps::NetworkList::open(text_of(view, parameter));
  if (!list) return fail(list.error().kind, "{}: {}", parameter.name(), list.error().context);
  return list;
}

server::BareNewline bare_newline(config::BareNewline value) {
  switch (value) {
    case config::BareNewline::kNo: return server::BareNewline::kNo;
    case config::BareNewline::kNormalize: return server::BareNewline::kNormalize;
    case config::BareNewline::kNote: return server::BareNewline::kNote;
    case config::BareNewline::kYes:
    case config::BareNewline::kReject: break;
  }
  return server::BareNewline::kReject;
}

server::TlsLevel tls_level(const config::Settings& view) {
  switch (view.get(params::smtpd_tls_security_level)) {
    case config::TlsLevel::kNone: return server::TlsLevel::kNone;
    case config::TlsLevel::kMay: return server::TlsLevel::kMay;
    case config::TlsLevel::kEncrypt: break;
  }
  return server::TlsLevel::kEncrypt;
}

server::GreetAction greet_action(config::GreetAction value) {
  switch (value) {
    case config::GreetAction::kIgnore: return server::GreetAction::kIgnore;
    case config::GreetAction::kEnforce: return server::GreetAction::kEnforce;
    case config::GreetAction::kDrop: break;
  }
  return server::GreetAction::kDrop;
}

server::IdentityOptions identity(const config::Settings& view,
                                 const config::SmtpListener& listener) {
  server::IdentityOptions out;
  // syslog_name of an override, "postfix/submission", makes the whole tag.
  const std::string& name = view.get(params::syslog_name);
  out.is_lmtp = listener.service->command == "lmtpd";
  const std::string agent = out.is_lmtp ? "lmtpd" : "smtpd";
  const bool is_own_name = name.find('/') != std::string::npos;
  out.service = is_own_name ? name + "/" + agent : agent;
  out.cleanup_service = is_own_name ? name + "/cleanup" : "cleanup";
  out.listener = listener.endpoint->name;
  out.hostname = view.get(params::myhostname);
  out.mail_name = view.get(params::mail_name);
  out.myorigin = view.get(params::myorigin);
  out.banner = view.get(params::smtpd_banner);
  return out;
}

server::TimeOptions times(const config::Settings& view) {
  server::TimeOptions out;
  out.command = view.get(params::smtpd_timeout);
  out.command_stress = std::min(out.command, out.command_stress);
  out.starttls = view.get(params::smtpd_starttls_timeout);
  out.starttls_stress = std::min(out.starttls, out.starttls_stress);
  out.error_sleep = view.get(params::smtpd_error_sleep_time);
  out.proxy_header = view.get(params::smtpd_upstream_proxy_timeout);
  out.min_data_rate = limit<std::uint64_t>(view.get(params::smtpd_min_data_rate));
  return out;
}

server::LimitOptions limits(const config::Settings& view) {
  server::LimitOptions out;
  out.message_size = view.get(params::message_size_limit).value;
  out.line_length = view.get(params::line_length_limit).value;
  out.recipients = limit<std::size_t>(view.get(params::smtpd_recipient_limit));
  out.recipient_overshoot = limit<std::size_t>(view.get(params::smtpd_recipient_overshoot_limit));
  out.soft_errors = limit<unsigned>(view.get(params::smtpd_soft_error_limit));
  out.hard_errors = limit<unsigned>(view.get(params::smtpd_hard_error_limit));
  out.junk_commands = limit<unsigned>(view.get(params::smtpd_junk_command_limit));
  out.header_size = view.get(params::header_size_limit).value;
  out.hops = limit<std::size_t>(view.get(params::hopcount_limit));
  out.resident_message = view.get(params::queue_large_message_size).value;
  return out;
}

Result<server::ClientLimitOptions> client_limits(const config::Settings& view) {
  server::ClientLimitOptions out;
  out.connections = limit<std::uint32_t>(view.get(params::smtpd_client_connection_count_limit));
  out.connection_rate = limit<std::uint32_t>(view.get(params::smtpd_client_connection_rate_limit));
  out.message_rate = limit<std::uint32_t>(view.get(params::smtpd_client_message_rate_limit));
  out.recipient_rate = limit<std::uint32_t>(view.get(params::smtpd_client_recipient_rate_limit));
  out.rate_unit = view.get(params::anvil_rate_time_unit);
  auto exceptions = networks(view, params::smtpd_client_event_limit_exceptions);
  if (!exceptions) return std::unexpected(exceptions.error());
  out.exceptions = std::move(*exceptions);
  return out;
}

Result<server::StrictnessOptions> strictness(const config::Settings& view, bool greet_test) {
  server::StrictnessOptions out;
  out.helo_required = view.get(params::smtpd_helo_required);
  out.forbid_unauth_pipelining = view.get(params::smtpd_forbid_unauth_pipelining);
  out.bare_newline = bare_newline(view.get(params::smtpd_forbid_bare_newline));
  out.bare_newline_code =
      limit<std::uint16_t>(view.get(params::smtpd_forbid_bare_newline_reject_code));
  auto exclusions = networks(view, params::smtpd_forbid_bare_newline_exclusions);
  if (!exclusions) return std::unexpected(exclusions.error());
  out.bare_newline_exclusions = std::move(*exclusions);
  out.strict_envelopes = view.get(params::strict_rfc821_envelopes);
  out.forbidden_commands = view.get(params::smtpd_forbidden_commands);
  out.noop_commands = view.get(params::smtpd_noop_commands);
  for (std::string& verb : out.noop_commands)
    std::ranges::transform(verb, verb.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
  out.disable_vrfy = view.get(params::disable_vrfy_command);
  out.delay_reject = view.get(params::smtpd_delay_reject);
  out.reject_unlisted_recipient = view.get(params::smtpd_reject_unlisted_recipient);
  out.relay_before_recipient = view.get(params::smtpd_relay_before_recipient_restrictions);
  out.greet_test = greet_test;
  out.greet_wait = view.get(params::postscreen_greet_wait);
  out.greet_action = greet_action(view.get(params::postscreen_greet_action));
  out.greet_banner = view.get(params::postscreen_greet_banner);
  return out;
}

Result<server::ExtensionOptions> extensions(const config::Settings& view) {
  server::ExtensionOptions out;
  out.discard_keywords = view.get(params::smtpd_discard_ehlo_keywords);
  out.smtputf8 = view.get(params::smtputf8_enable);
  out.tls_level = tls_level(view);
  out.tls_wrapper = view.get(params::smtpd_tls_wrappermode);
  out.tls_received = view.get(params::smtpd_tls_received_header);
  out.tls_loglevel = limit<int>(view.get(params::smtpd_tls_loglevel));
  out.proxy_protocol =
      view.get(params::smtpd_upstream_proxy_protocol) == config::ProxyProtocol::kHaproxy;
  auto xclient = networks(view, params::smtpd_authorized_xclient_hosts);
  if (!xclient) return std::unexpected(xclient.error());
  auto xforward = networks(view, params::smtpd_authorized_xforward_hosts);
  if (!xforward) return std::unexpected(xforward.error());
  out.xclient_hosts = std::move(*xclient);
  out.xforward_hosts = std::move(*xforward);
  return out;
}

// A restriction list in the words it was written with, classes already replaced by their content.
// `bare_table`: what a table without a word stands for in this list.
std::string spelled(const config::RestrictionList& list, std::string_view bare_table) {
  std::string out;
  for (const config::Restriction& each : list) {
    // core/config has warned of it: it permits nobody and refuses nobody.
    if (!config::is_enforced(each.name)) continue;
    if (!out.empty()) out += ", ";
    if (each.warn_only) out += "warn_if_reject ";
    out += each.name == "check_access" ? bare_table : std::string_view(each.name);
    if (!each.argument.empty()) out += " " + each.argument;
  }
  return out;
}

}  // namespace

Result<server::ServerOptions> server_options(const config::Settings& view,
                                             const config::SmtpListener& listener) {
  server::ServerOptions out;
  out.identity = identity(view, listener);
  out.times = times(view);
  out.limits = limits(view);
  auto client = client_limits(view);
  if (!client) return std::unexpected(client.error());
  out.client_limits = std::move(*client);
  auto strict = strictness(view, listener.tests_before_greeting);
  if (!strict) return std::unexpected(strict.error());
  out.strictness = std::move(*strict);
  auto extended = extensions(view);
  if (!extended) return std::unexpected(extended.error());
  out.extensions = std::move(*extended);
  auto mynetworks = networks(view, params::mynetworks);
  if (!mynetworks) return std::unexpected(mynetworks.error());
  out.mynetworks = *mynetworks;
  out.submitters = std::move(*mynetworks);
  out.peer_name_lookup = view.get(params::smtpd_peername_lookup);
  // The passwd table is asked for every local recipient, so nsswitch decides how long that takes; a
  // host without local recipients never asks it.
  const bool has_local = !view.get(params::mydestination).empty();
  out.tables_may_block = routing_may_block(view) ||
                         (has_local && may_block(view, {"local_recipient_maps"})) ||
                         may_block(view, {"alias_maps", "virtual_alias_maps",
                                          "virtual_mailbox_maps", "relay_recipient_maps"});
  return out;
}

Result<server::Restrictions> server_restrictions(const config::Settings& view) {
  auto mynetworks = networks(view, params::mynetworks);
  if (!mynetworks) return std::unexpected(mynetworks.error());
  routing::RestrictionOptions options;
  options.mynetworks = std::make_shared<maps::NetworkList>(std::move(*mynetworks));
  options.recipient_delimiter = view.get(params::recipient_delimiter);
  options.access_maps_match_subdomains =
      has_word(view.get(params::parent_domain_matches_subdomains), "smtpd_access_maps");
  const auto code = [&](const config::TypedParameter<std::int64_t>& parameter) {
    return limit<std::uint16_t>(view.get(parameter));
  };
  options.relay_domains_reject_code = code(params::relay_domains_reject_code);
  options.reject_code = code(params::reject_code);
  options.defer_code = code(params::defer_code);
  options.access_map_reject_code = code(params::access_map_reject_code);
  options.access_map_defer_code = code(params::access_map_defer_code);
  options.non_fqdn_reject_code = code(params::non_fqdn_reject_code);
  options.invalid_hostname_reject_code = code(params::invalid_hostname_reject_code);

  server::Restrictions out;
  const struct {
    const config::TypedParameter<config::RestrictionList>* parameter;
    routing::RestrictionList* list;
    std::string_view bare_table;
  } lists[] = {
      {&params::smtpd_client_restrictions, &out.client, "check_client_access"},
      {&params::smtpd_helo_restrictions, &out.helo, "check_helo_access"},
      {&params::smtpd_sender_restrictions, &out.sender, "check_sender_access"},
      {&params::smtpd_relay_restrictions, &out.relay, "check_recipient_access"},
      {&params::smtpd_recipient_restrictions, &out.recipient, "check_recipient_access"},
      {&params::smtpd_data_restrictions, &out.data, "check_recipient_access"},
      {&params::smtpd_end_of_data_restrictions, &out.end_of_data, "check_recipient_access"},
  };
  for (const auto& [parameter, list, bare_table] : lists) {
    auto parsed = routing::RestrictionList::parse(
        parameter->name(), spelled(view.get(*parameter), bare_table), options);
    if (!parsed) return std::unexpected(parsed.error());
    *list = std::move(*parsed);
  }
  return out;
}

}  // namespace postern::engine
