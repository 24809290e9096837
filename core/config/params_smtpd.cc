#include "core/config/params_smtpd.h"

namespace postern::config::params {
namespace {
constexpr std::string_view kArea = "SMTP server";
}

void declare_smtpd() {}

const TypedParameter<std::string> smtpd_banner{
    kArea,
    {
        .name = "smtpd_banner",
        .initial = "$myhostname ESMTP $mail_name",
        .text = "The text after 220. It must begin with the host name.",
        .example = "$myhostname ESMTP",
    }};

const TypedParameter<Seconds> smtpd_timeout{
    kArea,
    {
        .name = "smtpd_timeout",
        .initial = "${stress?{10}:{300}}s",
        .text = "How long a client may take for a command; under load the engine shortens it by "
                "itself.",
        .min = 1,
    }};

const TypedParameter<Seconds> smtpd_starttls_timeout{
    kArea,
    {
        .name = "smtpd_starttls_timeout",
        .initial = "${stress?{10}:{300}}s",
        .text = "How long a TLS handshake with a client may take.",
        .min = 1,
    }};

const TypedParameter<bool> smtpd_helo_required{
    kArea,
    {
        .name = "smtpd_helo_required",
        .initial = "no",
        .text = "Whether MAIL needs a HELO or EHLO before it.",
    }};

const TypedParameter<std::int64_t> smtpd_recipient_limit{
    kArea,
    {
        .name = "smtpd_recipient_limit",
        .initial = "1000",
        .text = "The most recipients of one transaction; the next ones get 452.",
        .min = 1,
    }};

const TypedParameter<std::int64_t> smtpd_recipient_overshoot_limit{
    kArea,
    {
        .name = "smtpd_recipient_overshoot_limit",
        .initial = "1000",
        .text = "The recipients beyond smtpd_recipient_limit after which each counts as an error.",
        .min = 1,
    }};

const TypedParameter<std::int64_t> smtpd_soft_error_limit{
    kArea,
    {
        .name = "smtpd_soft_error_limit",
        .initial = "10",
        .text = "The errors after which every answer waits smtpd_error_sleep_time.",
        .min = 1,
    }};

const TypedParameter<std::int64_t> smtpd_hard_error_limit{
    kArea,
    {
        .name = "smtpd_hard_error_limit",
        .initial = "${stress?{1}:{20}}",
        .text = "The errors after which the session ends with 421.",
        .min = 1,
    }};

const TypedParameter<std::int64_t> smtpd_junk_command_limit{
    kArea,
    {
        .name = "smtpd_junk_command_limit",
        .initial = "${stress?{1}:{100}}",
        .text = "The commands without effect (NOOP, VRFY, RSET ...) after which each counts as an "
                "error.",
        .min = 1,
    }};

const TypedParameter<Seconds> smtpd_error_sleep_time{
    kArea,
    {
        .name = "smtpd_error_sleep_time",
        .initial = "1s",
        .text = "The pause before an answer to a client with too many errors.",
        .min = 0,
    }};

const TypedParameter<std::int64_t> smtpd_client_connection_count_limit{
    kArea,
    {
        .name = "smtpd_client_connection_count_limit",
        .initial = "50",
        .text = "The most sessions of one client at a time; 0 is no limit.",
        .min = 0,
    }};

const TypedParameter<std::int64_t> smtpd_client_connection_rate_limit{
    kArea,
    {
        .name = "smtpd_client_connection_rate_limit",
        .initial = "0",
        .text = "The most sessions one client may begin per anvil_rate_time_unit; 0 is no limit.",
        .min = 0,
    }};

const TypedParameter<std::int64_t> smtpd_client_message_rate_limit{
    kArea,
    {
        .name = "smtpd_client_message_rate_limit",
        .initial = "0",
        .text = "The most messages one client may send per anvil_rate_time_unit; 0 is no limit.",
        .min = 0,
    }};

const TypedParameter<std::int64_t> smtpd_client_recipient_rate_limit{
    kArea,
    {
        .name = "smtpd_client_recipient_rate_limit",
        .initial = "0",
        .text = "The most recipients one client may name per anvil_rate_time_unit; 0 is no limit.",
        .min = 0,
    }};

const TypedParameter<StringList> smtpd_client_event_limit_exceptions{
    kArea,
    {
        .name = "smtpd_client_event_limit_exceptions",
        .initial = "${smtpd_client_connection_limit_exceptions:$mynetworks}",
        .text = "The clients for which the limits per client do not count.",
    }};

const TypedParameter<Seconds> anvil_rate_time_unit{
    kArea,
    {
        .name = "anvil_rate_time_unit",
        .initial = "60s",
        .text = "The time over which rates per client are counted.",
        .min = 1,
    }};

const TypedParameter<StringList> smtpd_discard_ehlo_keywords{
    kArea,
    {
        .name = "smtpd_discard_ehlo_keywords",
        .text = "EHLO keywords that are not offered; silent-discard keeps it out of the log.",
        .example = "chunking, silent-discard",
    }};

const TypedParameter<bool> disable_vrfy_command{kArea,
                                                {
                                                    .name = "disable_vrfy_command",
                                                    .initial = "no",
                                                    .text = "Whether VRFY is refused.",
                                                }};

const TypedParameter<BareNewline> smtpd_forbid_bare_newline{
    kArea,
    {
        .name = "smtpd_forbid_bare_newline",
        .initial = "reject",
        .text = "What happens to lines that do not end with CR LF. reject (or yes): 550 and the "
                "session "
                "ends. normalize: the line is taken, but only CR LF . CR LF ends a message. note: "
                "taken "
                "and logged. no: taken.",
        .choices = "no yes normalize reject note",
    }};

const TypedParameter<StringList> smtpd_forbid_bare_newline_exclusions{
    kArea,
    {
        .name = "smtpd_forbid_bare_newline_exclusions",
        .initial = "$mynetworks",
        .text = "The clients for which smtpd_forbid_bare_newline does not count.",
    }};

const TypedParameter<std::int64_t> smtpd_forbid_bare_newline_reject_code{
    kArea,
    {
        .name = "smtpd_forbid_bare_newline_reject_code",
        .initial = "550",
        .text = "The code for a refused bare newline; 521 or 421 also end the session.",
        .min = 400,
        .max = 599,
    }};

const TypedParameter<bool> smtpd_forbid_unauth_pipelining{
    kArea,
    {
        .name = "smtpd_forbid_unauth_pipelining",
        .initial = "yes",
        .text = "Whether a client that sends commands before it may is cut off.",
    }};

const TypedParameter<StringList> smtpd_forbidden_commands{
    kArea,
    {
        .name = "smtpd_forbidden_commands",
        .initial = "CONNECT GET POST regexp:{{/^[^A-Z]/ Bogus}}",
        .text =
            "First words that end the session at once: a browser, not a mail client, is talking.",
    }};

const TypedParameter<StringList> smtpd_noop_commands{
    kArea,
    {
        .name = "smtpd_noop_commands",
        .text = "Commands that are answered like NOOP.",
    }};

const TypedParameter<bool> strict_rfc821_envelopes{
    kArea,
    {
        .name = "strict_rfc821_envelopes",
        .initial = "no",
        .text = "Whether addresses in MAIL and RCPT need their <> and may hold nothing beside the "
                "address.",
    }};

const TypedParameter<ByteCount> line_length_limit{
    kArea,
    {
        .name = "line_length_limit",
        .initial = "2048",
        .text = "The longest command line; also the longest piece of a text line in memory.",
        .min = 512,
        .max = 65536,
    }};

const TypedParameter<ByteCount> header_size_limit{
    kArea,
    {
        .name = "header_size_limit",
        .initial = "102400",
        .text = "The longest header; what is beyond is cut off.",
        .min = 1024,
    }};

const TypedParameter<StringList> smtpd_authorized_xclient_hosts{
    kArea,
    {
        .name = "smtpd_authorized_xclient_hosts",
        .text = "The clients that may use XCLIENT.",
    }};

const TypedParameter<StringList> smtpd_authorized_xforward_hosts{
    kArea,
    {
        .name = "smtpd_authorized_xforward_hosts",
        .text = "The clients that may use XFORWARD.",
    }};

const TypedParameter<ProxyProtocol> smtpd_upstream_proxy_protocol{
    kArea,
    {
        .name = "smtpd_upstream_proxy_protocol",
        .initial = "none",
        .text =
            "The protocol that a load balancer before this listener speaks; only listed proxies "
            "should reach the port.",
        .choices = "none haproxy",
    }};

const TypedParameter<Seconds> smtpd_upstream_proxy_timeout{
    kArea,
    {
        .name = "smtpd_upstream_proxy_timeout",
        .initial = "5s",
        .text = "How long the proxy may take for its header.",
        .min = 1,
    }};

const TypedParameter<std::int64_t> smtpd_min_data_rate{
    kArea,
    {
        .name = "smtpd_min_data_rate",
        .initial = "500",
        .text = "The octets per second a client must send while a message arrives.",
        .min = 1,
    }};

const TypedParameter<Seconds> postscreen_greet_wait{
    kArea,
    {
        .name = "postscreen_greet_wait",
        .initial = "${stress?{2}:{6}}s",
        .text =
            "How long a listener with pre-greeting tests (postscreen in master.cf) waits for early "
            "talkers.",
        .min = 0,
        .max = 60,
    }};

const TypedParameter<GreetAction> postscreen_greet_action{
    kArea,
    {
        .name = "postscreen_greet_action",
        .initial = "ignore",
        .text = "What happens to a client that talks before the greeting.",
        .choices = "ignore enforce drop",
    }};

const TypedParameter<std::string> postscreen_greet_banner{
    kArea,
    {
        .name = "postscreen_greet_banner",
        .initial = "$smtpd_banner",
        .text = "The first line of the greeting, sent before the wait.",
    }};

}  // namespace postern::config::params
