#include "core/config/params_lmtp.h"

namespace postern::config::params {
namespace {
constexpr std::string_view kArea = "LMTP client";
}

void declare_lmtp() {}

const TypedParameter<Seconds> lmtp_connect_timeout{
    kArea,
    {
        .name = "lmtp_connect_timeout",
        .initial = "0s",
        .text = "How long a connection to a server may take to be made; 0 leaves it to the system.",
        .min = 0,
    }};

const TypedParameter<Seconds> lmtp_lhlo_timeout{
    kArea,
    {
        .name = "lmtp_lhlo_timeout",
        .initial = "300s",
        .text = "How long to wait for the greeting and for the answer to LHLO.",
        .min = 1,
    }};

const TypedParameter<Seconds> lmtp_mail_timeout{
    kArea,
    {
        .name = "lmtp_mail_timeout",
        .initial = "300s",
        .text = "How long to wait for the answer to MAIL.",
        .min = 1,
    }};

const TypedParameter<Seconds> lmtp_rcpt_timeout{
    kArea,
    {
        .name = "lmtp_rcpt_timeout",
        .initial = "300s",
        .text = "How long to wait for the answer to RCPT.",
        .min = 1,
    }};

const TypedParameter<Seconds> lmtp_data_init_timeout{
    kArea,
    {
        .name = "lmtp_data_init_timeout",
        .initial = "120s",
        .text = "How long to wait for the answer to DATA.",
        .min = 1,
    }};

const TypedParameter<Seconds> lmtp_data_xfer_timeout{
    kArea,
    {
        .name = "lmtp_data_xfer_timeout",
        .initial = "180s",
        .text = "How long the server may take no data while a message is sent.",
        .min = 1,
    }};

const TypedParameter<Seconds> lmtp_data_done_timeout{
    kArea,
    {
        .name = "lmtp_data_done_timeout",
        .initial = "600s",
        .text =
            "How long to wait for the answer to the final dot. A shorter time makes duplicates.",
        .min = 1,
    }};

const TypedParameter<Seconds> lmtp_rset_timeout{
    kArea,
    {
        .name = "lmtp_rset_timeout",
        .initial = "20s",
        .text = "How long to wait for the answer to RSET.",
        .min = 1,
    }};

const TypedParameter<Seconds> lmtp_quit_timeout{
    kArea,
    {
        .name = "lmtp_quit_timeout",
        .initial = "300s",
        .text = "How long to wait for the answer to QUIT.",
        .min = 1,
    }};

const TypedParameter<Seconds> lmtp_starttls_timeout{
    kArea,
    {
        .name = "lmtp_starttls_timeout",
        .initial = "300s",
        .text = "How long STARTTLS and its handshake may take.",
        .min = 1,
    }};

const TypedParameter<std::string> lmtp_lhlo_name{kArea,
                                                 {
                                                     .name = "lmtp_lhlo_name",
                                                     .initial = "$myhostname",
                                                     .text = "The name that LHLO gives.",
                                                 }};

const TypedParameter<std::string> lmtp_tcp_port{
    kArea,
    {
        .name = "lmtp_tcp_port",
        .initial = "24",
        .text = "The port for LMTP destinations that name none.",
    }};

const TypedParameter<std::string> lmtp_bind_address{
    kArea,
    {
        .name = "lmtp_bind_address",
        .text = "The IPv4 address that LMTP connections come from.",
    }};

const TypedParameter<std::string> lmtp_bind_address6{
    kArea,
    {
        .name = "lmtp_bind_address6",
        .text = "The IPv6 address that LMTP connections come from.",
    }};

const TypedParameter<std::int64_t> lmtp_line_length_limit{
    kArea,
    {
        .name = "lmtp_line_length_limit",
        .initial = "998",
        .text = "The longest line that is sent by LMTP.",
        .min = 0,
    }};

}  // namespace postern::config::params
