#include "tests/dialog/site_settings.h"

#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>

namespace postern::dialog {
namespace {

using testing::SiteSetup;
using Setter = std::function<void(SiteSetup&, const std::string&)>;

bool yes(const std::string& value) { return value == "yes"; }

std::vector<std::string> words(const std::string& value) {
  std::istringstream in(value);
  std::vector<std::string> out;
  for (std::string word; in >> word;)
    out.push_back(word);
  return out;
}

server::BareNewline bare_newline(const std::string& value) {
  if (value == "no") return server::BareNewline::kNo;
  if (value == "normalize") return server::BareNewline::kNormalize;
  if (value == "note") return server::BareNewline::kNote;
  return server::BareNewline::kReject;
}

server::TlsLevel tls_level(const std::string& value) {
  if (value == "may") return server::TlsLevel::kMay;
  return value == "encrypt" ? server::TlsLevel::kEncrypt : server::TlsLevel::kNone;
}

const std::map<std::string, Setter>& setters() {
  // NOLINTBEGIN(readability-identifier-length): one line a setting reads as a table
  static const std::map<std::string, Setter> kSetters = {
      {"command",
       [](SiteSetup& s, const std::string& v) { s.options.identity.is_lmtp = v == "lmtpd"; }},
      {"mynetworks", [](SiteSetup& s, const std::string& v) { s.mynetworks = v; }},
      {"local_header_rewrite_clients",
       [](SiteSetup& s, const std::string& v) { s.options.submitters = testing::networks(v); }},
      {"message_size_limit",
       [](SiteSetup& s, const std::string& v) { s.options.limits.message_size = std::stoull(v); }},
      {"line_length_limit",
       [](SiteSetup& s, const std::string& v) { s.options.limits.line_length = std::stoull(v); }},
      {"header_size_limit",
       [](SiteSetup& s, const std::string& v) { s.options.limits.header_size = std::stoull(v); }},
      {"hopcount_limit",
       [](SiteSetup& s, const std::string& v) { s.options.limits.hops = std::stoull(v); }},
      {"smtpd_recipient_limit",
       [](SiteSetup& s, const std::string& v) { s.options.limits.recipients = std::stoull(v); }},
      {"smtpd_recipient_overshoot_limit",
       [](SiteSetup& s, const std::string& v) {
         s.options.limits.recipient_overshoot = std::stoull(v);
       }},
      {"smtpd_soft_error_limit",
       [](SiteSetup& s, const std::string& v) {
         s.options.limits.soft_errors = static_cast<unsigned>(std::stoul(v));
       }},
      {"smtpd_hard_error_limit",
       [](SiteSetup& s, const std::string& v) {
         s.options.limits.hard_errors = static_cast<unsigned>(std::stoul(v));
       }},
      {"smtpd_junk_command_limit",
       [](SiteSetup& s, const std::string& v) {
         s.options.limits.junk_commands = static_cast<unsigned>(std::stoul(v));
       }},
      {"smtpd_client_connection_count_limit",
       [](SiteSetup& s, const std::string& v) {
         s.options.client_limits.connections = static_cast<std::uint32_t>(std::stoul(v));
       }},
      {"smtpd_client_message_rate_limit",
       [](SiteSetup& s, const std::string& v) {
         s.options.client_limits.message_rate = static_cast<std::uint32_t>(std::stoul(v));
       }},
      {"smtpd_client_recipient_rate_limit",
       [](SiteSetup& s, const std::string& v) {
         s.options.client_limits.recipient_rate = static_cast<std::uint32_t>(std::stoul(v));
       }},
      {"smtpd_timeout",
       [](SiteSetup& s, const std::string& v) {
         s.options.times.command = Seconds(std::stoul(v));
       }},
      {"smtpd_helo_required",
       [](SiteSetup& s, const std::string& v) { s.options.strictness.helo_required = yes(v); }},
      {"smtpd_forbid_unauth_pipelining",
       [](SiteSetup& s, const std::string& v) {
         s.options.strictness.forbid_unauth_pipelining = yes(v);
       }},
      {"smtpd_forbid_bare_newline",
       [](SiteSetup& s, const std::string& v) {
         s.options.strictness.bare_newline = bare_newline(v);
       }},
      {"smtpd_forbid_bare_newline_reject_code",
       [](SiteSetup& s, const std::string& v) {
         s.options.strictness.bare_newline_code = static_cast<std::uint16_t>(std::stoul(v));
       }},
      {"smtpd_forbid_bare_newline_exclusions",
       [](SiteSetup& s, const std::string& v) {
         s.options.strictness.bare_newline_exclusions = testing::networks(v);
       }},
      {"smtpd_noop_commands",
       [](SiteSetup& s, const std::string& v) { s.options.strictness.noop_commands = words(v); }},
      {"smtpd_forbidden_commands",
       [](SiteSetup& s, const std::string& v) {
         s.options.strictness.forbidden_commands = words(v);
       }},
      {"disable_vrfy_command",
       [](SiteSetup& s, const std::string& v) { s.options.strictness.disable_vrfy = yes(v); }},
      {"strict_rfc821_envelopes",
       [](SiteSetup& s, const std::string& v) { s.options.strictness.strict_envelopes = yes(v); }},
      {"smtpd_delay_reject",
       [](SiteSetup& s, const std::string& v) { s.options.strictness.delay_reject = yes(v); }},
      {"smtpd_reject_unlisted_recipient",
       [](SiteSetup& s, const std::string& v) {
         s.options.strictness.reject_unlisted_recipient = yes(v);
       }},
      {"reject_nul",
       [](SiteSetup& s, const std::string& v) { s.options.strictness.reject_nul = yes(v); }},
      {"max_text_line",
       [](SiteSetup& s, const std::string& v) {
         s.options.strictness.max_text_line = std::stoull(v);
       }},
      {"smtpd_discard_ehlo_keywords",
       [](SiteSetup& s, const std::string& v) {
         s.options.extensions.discard_keywords = words(v);
       }},
      {"smtputf8_enable",
       [](SiteSetup& s, const std::string& v) { s.options.extensions.smtputf8 = yes(v); }},
      {"smtpd_tls_security_level",
       [](SiteSetup& s, const std::string& v) {
         s.options.extensions.tls_level = tls_level(v);
         s.has_certificate = v != "none";
       }},
      {"smtpd_tls_wrappermode",
       [](SiteSetup& s, const std::string& v) { s.options.extensions.tls_wrapper = yes(v); }},
      {"smtpd_tls_received_header",
       [](SiteSetup& s, const std::string& v) { s.options.extensions.tls_received = yes(v); }},
      {"smtpd_tls_loglevel",
       [](SiteSetup& s, const std::string& v) {
         s.options.extensions.tls_loglevel = std::stoi(v);
       }},
      {"smtpd_upstream_proxy_protocol",
       [](SiteSetup& s, const std::string& v) {
         s.options.extensions.proxy_protocol = v == "haproxy";
       }},
      {"smtpd_authorized_xclient_hosts",
       [](SiteSetup& s, const std::string& v) {
         s.options.extensions.xclient_hosts = testing::networks(v);
       }},
      {"smtpd_authorized_xforward_hosts",
       [](SiteSetup& s, const std::string& v) {
         s.options.extensions.xforward_hosts = testing::networks(v);
       }},
      {"access_map_reject_code",
       [](SiteSetup& s, const std::string& v) {
         s.restriction_options.access_map_reject_code = static_cast<std::uint16_t>(std::stoi(v));
       }},
      {"access_map_defer_code",
       [](SiteSetup& s, const std::string& v) {
         s.restriction_options.access_map_defer_code = static_cast<std::uint16_t>(std::stoi(v));
       }},
      {"non_fqdn_reject_code",
       [](SiteSetup& s, const std::string& v) {
         s.restriction_options.non_fqdn_reject_code = static_cast<std::uint16_t>(std::stoi(v));
       }},
      {"invalid_hostname_reject_code",
       [](SiteSetup& s, const std::string& v) {
         s.restriction_options.invalid_hostname_reject_code = static_cast<std::uint16_t>(std::stoi(v));
       }},
      {"smtpd_client_restrictions",
       [](SiteSetup& s, const std::string& v) { s.client_restrictions = v; }},
      {"smtpd_helo_restrictions",
       [](SiteSetup& s, const std::string& v) { s.helo_restrictions = v; }},
      {"smtpd_sender_restrictions",
       [](SiteSetup& s, const std::string& v) { s.sender_restrictions = v; }},
      {"smtpd_relay_restrictions",
       [](SiteSetup& s, const std::string& v) { s.relay_restrictions = v; }},
      {"smtpd_recipient_restrictions",
       [](SiteSetup& s, const std::string& v) { s.recipient_restrictions = v; }},
      {"smtpd_data_restrictions",
       [](SiteSetup& s, const std::string& v) { s.data_restrictions = v; }},
      {"smtpd_end_of_data_restrictions",
       [](SiteSetup& s, const std::string& v) { s.end_of_data_restrictions = v; }},
      {"mydestination", [](SiteSetup& s, const std::string& v) { s.directory.mydestination = v; }},
      {"relay_domains", [](SiteSetup& s, const std::string& v) { s.directory.relay_domains = v; }},
      {"local_recipient_maps",
       [](SiteSetup& s, const std::string& v) { s.directory.local_recipient_maps = v; }},
      {"recipient_delimiter",
       [](SiteSetup& s, const std::string& v) { s.directory.recipient_delimiter = v; }},
      {"memory_budget", [](SiteSetup& s, const std::string& v) { s.memory = std::stoull(v); }},
      {"connection_limit",
       [](SiteSetup& s, const std::string& v) { s.connections = std::stoull(v); }},
      {"tables_may_block",
       [](SiteSetup& s, const std::string& v) { s.options.tables_may_block = yes(v); }},
      {"greet_test",
       [](SiteSetup& s, const std::string& v) { s.options.strictness.greet_test = yes(v); }},
      {"postscreen_greet_wait",
       [](SiteSetup& s,
          const std::string& v) { s.options.strictness.greet_wait = Seconds(std::stoul(v)); }},
      {"postscreen_greet_banner",
       [](SiteSetup& s, const std::string& v) { s.options.strictness.greet_banner = v; }},
  };
  // NOLINTEND(readability-identifier-length)
  return kSetters;
}

}  // namespace

void apply_setting(const std::string& name, const std::string& value, SiteSetup& setup) {
  const auto found = setters().find(name);
  if (found == setters().end()) throw std::runtime_error("no setting is called " + name);
  found->second(setup, value);
}

}  // namespace postern::dialog
