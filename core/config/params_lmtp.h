// Parameters: lMTP client.  Values by Settings::get; texts in params_lmtp.cc.
#pragma once

#include "core/config/parameter.h"

namespace postern::config {

namespace params {

extern const TypedParameter<Seconds> lmtp_connect_timeout;
extern const TypedParameter<Seconds> lmtp_lhlo_timeout;
extern const TypedParameter<Seconds> lmtp_mail_timeout;
extern const TypedParameter<Seconds> lmtp_rcpt_timeout;
extern const TypedParameter<Seconds> lmtp_data_init_timeout;
extern const TypedParameter<Seconds> lmtp_data_xfer_timeout;
extern const TypedParameter<Seconds> lmtp_data_done_timeout;
extern const TypedParameter<Seconds> lmtp_rset_timeout;
extern const TypedParameter<Seconds> lmtp_quit_timeout;
extern const TypedParameter<Seconds> lmtp_starttls_timeout;
extern const TypedParameter<std::string> lmtp_lhlo_name;
extern const TypedParameter<std::string> lmtp_tcp_port;
extern const TypedParameter<std::string> lmtp_bind_address;
extern const TypedParameter<std::string> lmtp_bind_address6;
extern const TypedParameter<std::int64_t> lmtp_line_length_limit;

void declare_lmtp();  // see registry.cc

}  // namespace params
}  // namespace postern::config
