#include "core/config/params_smtp.h"

namespace postern::config::params {
namespace {
constexpr std::string_view kArea = "SMTP client";
}

void declare_smtp() {}

const TypedParameter<Seconds> smtp_connect_timeout{
    kArea,
    {
        .name = "smtp_connect_timeout",
        .initial = "30s",
        .text = "How long a connection to a server may take to be made.",
        .min = 0,
    }};

const TypedParameter<Seconds> smtp_helo_timeout{
    kArea,
    {
        .name = "smtp_helo_timeout",
        .initial = "300s",
        .text = "How long to wait for the greeting and for the answer to EHLO.",
        .min = 1,
    }};

const TypedParameter<Seconds> smtp_mail_timeout{
    kArea,
    {
        .name = "smtp_mail_timeout",
        .initial = "300s",
        .text = "How long to wait for the answer to MAIL.",
        .min = 1,
    }};

const TypedParameter<Seconds> smtp_rcpt_timeout{
    kArea,
    {
        .name = "smtp_rcpt_timeout",
        .initial = "300s",
        .text = "How long to wait for the answer to RCPT.",
        .min = 1,
    }};

const TypedParameter<Seconds> smtp_data_init_timeout{
    kArea,
    {
        .name = "smtp_data_init_timeout",
        .initial = "120s",
        .text = "How long to wait for the answer to DATA.",
        .min = 1,
    }};

const TypedParameter<Seconds> smtp_data_xfer_timeout{
    kArea,
    {
        .name = "smtp_data_xfer_timeout",
        .initial = "180s",
        .text = "How long the server may take no data while a message is sent.",
        .min = 1,
    }};

const TypedParameter<Seconds> smtp_data_done_timeout{
    kArea,
    {
        .name = "smtp_data_done_timeout",
        .initial = "600s",
        .text =
            "How long to wait for the answer to the final dot. A shorter time makes duplicates.",
        .min = 1,
    }};

const TypedParameter<Seconds> smtp_rset_timeout{
    kArea,
    {
        .name = "smtp_rset_timeout",
        .initial = "20s",
        .text = "How long to wait for the answer to RSET.",
        .min = 1,
    }};

const TypedParameter<Seconds> smtp_quit_timeout{
    kArea,
    {
        .name = "smtp_quit_timeout",
        .initial = "300s",
        .text = "How long to wait for the answer to QUIT.",
        .min = 1,
    }};

const TypedParameter<Seconds> smtp_starttls_timeout{
    kArea,
    {
        .name = "smtp_starttls_timeout",
        .initial = "300s",
        .text = "How long STARTTLS and its handshake may take.",
        .min = 1,
    }};

const TypedParameter<std::string> smtp_bind_address{
    kArea,
    {
        .name = "smtp_bind_address",
        .text = "The IPv4 address that connections come from.",
    }};

const TypedParameter<std::string> smtp_bind_address6{
    kArea,
    {
        .name = "smtp_bind_address6",
        .text = "The IPv6 address that connections come from.",
    }};

const TypedParameter<std::string> smtp_helo_name{kArea,
                                                 {
                                                     .name = "smtp_helo_name",
                                                     .initial = "$myhostname",
                                                     .text = "The name that EHLO gives.",
                                                 }};

const TypedParameter<StringList> smtp_host_lookup{
    kArea,
    {
        .name = "smtp_host_lookup",
        .initial = "dns",
        .text = "Where host names are looked up: dns, native.",
    }};

const TypedParameter<std::string> smtp_fallback_relay{
    kArea,
    {
        .name = "smtp_fallback_relay",
        .initial = "$fallback_relay",
        .text = "Next hops for mail whose destination is unknown or can't be reached.",
    }};

const TypedParameter<std::string> fallback_relay{
    kArea,
    {
        .name = "fallback_relay",
        .text = "The name smtp_fallback_relay had long ago.",
    }};

const TypedParameter<std::string> smtp_tcp_port{
    kArea,
    {
        .name = "smtp_tcp_port",
        .initial = "smtp",
        .text = "The port for destinations that name none.",
    }};

const TypedParameter<std::int64_t> smtp_mx_address_limit{
    kArea,
    {
        .name = "smtp_mx_address_limit",
        .initial = "5",
        .text =
            "The most addresses of the MX hosts of a destination that are tried; 0 is no limit.",
        .min = 0,
    }};

const TypedParameter<std::int64_t> smtp_mx_session_limit{
    kArea,
    {
        .name = "smtp_mx_session_limit",
        .initial = "2",
        .text = "The most servers that are greeted for one delivery; 0 is no limit.",
        .min = 0,
    }};

const TypedParameter<bool> smtp_randomize_addresses{
    kArea,
    {
        .name = "smtp_randomize_addresses",
        .initial = "yes",
        .text = "Whether MX hosts of equal preference are tried in random order.",
    }};

const TypedParameter<AddressPreference> smtp_address_preference{
    kArea,
    {
        .name = "smtp_address_preference",
        .initial = "any",
        .text = "The IP version that is tried first: any, ipv4 or ipv6.",
        .choices = "any ipv4 ipv6",
    }};

const TypedParameter<bool> smtp_balance_inet_protocols{
    kArea,
    {
        .name = "smtp_balance_inet_protocols",
        .initial = "yes",
        .text =
            "Whether addresses of both IP versions are tried when smtp_mx_address_limit cuts the "
            "list.",
    }};

const TypedParameter<bool> smtp_skip_5xx_greeting{
    kArea,
    {
        .name = "smtp_skip_5xx_greeting",
        .initial = "yes",
        .text = "Whether a 5xx greeting leads to the next MX host, not to a bounce.",
    }};

const TypedParameter<std::int64_t> smtp_line_length_limit{
    kArea,
    {
        .name = "smtp_line_length_limit",
        .initial = "998",
        .text = "The longest line that is sent; longer ones are folded. 0 is no limit.",
        .min = 0,
    }};

const TypedParameter<StringList> smtp_discard_ehlo_keywords{
    kArea,
    {
        .name = "smtp_discard_ehlo_keywords",
        .text = "EHLO keywords of servers that are ignored.",
    }};

const TypedParameter<bool> smtp_connection_cache_on_demand{
    kArea,
    {
        .name = "smtp_connection_cache_on_demand",
        .initial = "yes",
        .text = "Whether a connection is used again for the same destination while mail for it is "
                "there.",
    }};

const TypedParameter<Seconds> smtp_connection_cache_time_limit{
    kArea,
    {
        .name = "smtp_connection_cache_time_limit",
        .initial = "2s",
        .text = "How long an idle connection is kept.",
        .min = 0,
    }};

const TypedParameter<Seconds> smtp_connection_reuse_time_limit{
    kArea,
    {
        .name = "smtp_connection_reuse_time_limit",
        .initial = "300s",
        .text = "How long a connection may be used in all.",
        .min = 1,
    }};

const TypedParameter<std::int64_t> smtp_connection_reuse_count_limit{
    kArea,
    {
        .name = "smtp_connection_reuse_count_limit",
        .initial = "0",
        .text = "For how many messages a connection may be used; 0 is no limit.",
        .min = 0,
    }};

const TypedParameter<bool> smtp_send_xforward_command{
    kArea,
    {
        .name = "smtp_send_xforward_command",
        .initial = "no",
        .text = "Whether XFORWARD tells a server that offers it about the original client.",
    }};

const TypedParameter<bool> disable_dns_lookups{
    kArea,
    {
        .name = "disable_dns_lookups",
        .initial = "no",
        .text = "Whether MX records are not looked up; host names are then resolved by the system.",
    }};

const TypedParameter<bool> ignore_mx_lookup_error{
    kArea,
    {
        .name = "ignore_mx_lookup_error",
        .initial = "no",
        .text = "Whether a failed MX lookup counts as no MX record.",
    }};

const TypedParameter<bool> disable_mime_output_conversion{
    kArea,
    {
        .name = "disable_mime_output_conversion",
        .initial = "no",
        .text = "Whether 8-bit mail is sent as it is to servers without 8BITMIME.",
    }};

const TypedParameter<bool> smtp_defer_if_no_mx_address_found{
    kArea,
    {
        .name = "smtp_defer_if_no_mx_address_found",
        .initial = "no",
        .text = "Whether an MX host without address is a temporary failure.",
    }};

}  // namespace postern::config::params
