// Parameters: TLS.  Values by Settings::get; texts in params_tls.cc.
#pragma once

#include "core/config/parameter.h"

namespace postern::config {

enum class TlsLevel { kNone, kMay, kEncrypt };
enum class CipherGrade { kMedium, kHigh };

namespace params {

extern const TypedParameter<TlsLevel> smtpd_tls_security_level;
extern const TypedParameter<bool> smtpd_use_tls;
extern const TypedParameter<bool> smtpd_enforce_tls;
extern const TypedParameter<bool> smtpd_tls_wrappermode;
extern const TypedParameter<std::string> smtpd_tls_cert_file;
extern const TypedParameter<std::string> smtpd_tls_key_file;
extern const TypedParameter<StringList> smtpd_tls_chain_files;
extern const TypedParameter<StringList> smtpd_tls_protocols;
extern const TypedParameter<StringList> smtpd_tls_mandatory_protocols;
extern const TypedParameter<CipherGrade> smtpd_tls_ciphers;
extern const TypedParameter<CipherGrade> smtpd_tls_mandatory_ciphers;
extern const TypedParameter<bool> smtpd_tls_received_header;
extern const TypedParameter<std::int64_t> smtpd_tls_loglevel;
extern const TypedParameter<bool> smtpd_tls_auth_only;
extern const TypedParameter<TableList> tls_server_sni_maps;
extern const TypedParameter<TlsLevel> smtp_tls_security_level;
extern const TypedParameter<bool> smtp_use_tls;
extern const TypedParameter<std::string> smtp_tls_CAfile;
extern const TypedParameter<std::string> smtp_tls_CApath;
extern const TypedParameter<StringList> smtp_tls_protocols;
extern const TypedParameter<StringList> smtp_tls_mandatory_protocols;
extern const TypedParameter<CipherGrade> smtp_tls_ciphers;
extern const TypedParameter<CipherGrade> smtp_tls_mandatory_ciphers;
extern const TypedParameter<std::int64_t> smtp_tls_loglevel;
extern const TypedParameter<TlsLevel> lmtp_tls_security_level;

void declare_tls();  // see registry.cc

}  // namespace params
}  // namespace postern::config
