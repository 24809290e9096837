#include "core/config/params_tls.h"

namespace postern::config::params {
namespace {
constexpr std::string_view kArea = "TLS";
}

void declare_tls() {}

const TypedParameter<TlsLevel> smtpd_tls_security_level{
    kArea,
    {
        .name = "smtpd_tls_security_level",
        .initial =
            "${{$smtpd_enforce_tls} == {yes} ? {encrypt} : {${{$smtpd_use_tls} == {yes} ? {may} : "
            "{none}}}}",
        .text = "Whether STARTTLS is offered (may) and required before MAIL (encrypt).",
        .example = "may",
        .choices = "none may encrypt",
    }};

const TypedParameter<bool> smtpd_use_tls{
    kArea,
    {
        .name = "smtpd_use_tls",
        .initial = "no",
        .text = "The old way to write smtpd_tls_security_level = may.",
    }};

const TypedParameter<bool> smtpd_enforce_tls{
    kArea,
    {
        .name = "smtpd_enforce_tls",
        .initial = "no",
        .text = "The old way to write smtpd_tls_security_level = encrypt.",
    }};

const TypedParameter<bool> smtpd_tls_wrappermode{
    kArea,
    {
        .name = "smtpd_tls_wrappermode",
        .initial = "no",
        .text = "Whether a listener speaks TLS from the first octet (port 465).",
    }};

const TypedParameter<std::string> smtpd_tls_cert_file{
    kArea,
    {
        .name = "smtpd_tls_cert_file",
        .text = "The certificate in PEM form, with its chain after it. none: no certificate.",
        .example = "/etc/ssl/mail/fullchain.pem",
    }};

const TypedParameter<std::string> smtpd_tls_key_file{
    kArea,
    {
        .name = "smtpd_tls_key_file",
        .initial = "$smtpd_tls_cert_file",
        .text = "The private key of smtpd_tls_cert_file.",
    }};

const TypedParameter<StringList> smtpd_tls_chain_files{
    kArea,
    {
        .name = "smtpd_tls_chain_files",
        .text =
            "Files that hold a key, its certificate and the chain, in this order; counts before "
            "smtpd_tls_cert_file.",
    }};

const TypedParameter<StringList> smtpd_tls_protocols{
    kArea,
    {
        .name = "smtpd_tls_protocols",
        .initial = ">=TLSv1.2",
        .text =
            "The TLS versions of opportunistic sessions: >=TLSv1.2, or names with ! for those left "
            "out. Versions below 1.2 are used only where they are named.",
    }};

const TypedParameter<StringList> smtpd_tls_mandatory_protocols{
    kArea,
    {
        .name = "smtpd_tls_mandatory_protocols",
        .initial = ">=TLSv1.2",
        .text = "The TLS versions where TLS is required.",
    }};

const TypedParameter<CipherGrade> smtpd_tls_ciphers{
    kArea,
    {
        .name = "smtpd_tls_ciphers",
        .initial = "high",
        .text = "The grade of ciphers of opportunistic sessions: high takes ECDHE with AEAD only, "
                "medium "
                "adds what old clients need.",
        .choices = "medium high",
        .refused = "null",
    }};

const TypedParameter<CipherGrade> smtpd_tls_mandatory_ciphers{
    kArea,
    {
        .name = "smtpd_tls_mandatory_ciphers",
        .initial = "high",
        .text = "The least grade of ciphers where TLS is required.",
        .choices = "medium high",
        .refused = "null",
    }};

const TypedParameter<bool> smtpd_tls_received_header{
    kArea,
    {
        .name = "smtpd_tls_received_header",
        .initial = "no",
        .text = "Whether the Received header names the protocol and cipher.",
    }};

const TypedParameter<std::int64_t> smtpd_tls_loglevel{
    kArea,
    {
        .name = "smtpd_tls_loglevel",
        .initial = "0",
        .text = "How much is logged about TLS with clients: 0 nothing, 1 a summary, 2 and more the "
                "handshake.",
        .min = 0,
        .max = 4,
    }};

const TypedParameter<bool> smtpd_tls_auth_only{
    kArea,
    {
        .name = "smtpd_tls_auth_only",
        .initial = "no",
        .text = "Whether AUTH is offered under TLS only.",
    }};

const TypedParameter<TableList> tls_server_sni_maps{
    kArea,
    {
        .name = "tls_server_sni_maps",
        .text = "Tables that give a server name its own file with key and chain.",
        .example = "hash:/etc/postfix/sni",
    }};

const TypedParameter<TlsLevel> smtp_tls_security_level{
    kArea,
    {
        .name = "smtp_tls_security_level",
        .initial = "${{$smtp_use_tls} == {yes} ? {may} : {none}}",
        .text =
            "Whether STARTTLS is used where a server offers it (may), or mail is sent only under "
            "TLS, without checking who the server is (encrypt).",
        .example = "may",
        .choices = "none may encrypt",
        .refused = "dane dane-only fingerprint verify secure",
    }};

const TypedParameter<bool> smtp_use_tls{
    kArea,
    {
        .name = "smtp_use_tls",
        .initial = "no",
        .text = "The old way to write smtp_tls_security_level = may.",
    }};

const TypedParameter<std::string> smtp_tls_CAfile{
    kArea,
    {
        .name = "smtp_tls_CAfile",
        .text = "A file of certificates of trusted authorities.",
        .example = "/etc/ssl/certs/ca-certificates.crt",
    }};

const TypedParameter<std::string> smtp_tls_CApath{
    kArea,
    {
        .name = "smtp_tls_CApath",
        .text = "A directory of such certificates, with hashed names.",
    }};

const TypedParameter<StringList> smtp_tls_protocols{
    kArea,
    {
        .name = "smtp_tls_protocols",
        .initial = ">=TLSv1.2",
        .text = "The TLS versions of opportunistic sessions.",
    }};

const TypedParameter<StringList> smtp_tls_mandatory_protocols{
    kArea,
    {
        .name = "smtp_tls_mandatory_protocols",
        .initial = ">=TLSv1.2",
        .text = "The TLS versions where TLS is required.",
    }};

const TypedParameter<CipherGrade> smtp_tls_ciphers{
    kArea,
    {
        .name = "smtp_tls_ciphers",
        .initial = "medium",
        .text = "The least grade of ciphers of opportunistic sessions.",
        .choices = "medium high",
        .refused = "null",
    }};

const TypedParameter<CipherGrade> smtp_tls_mandatory_ciphers{
    kArea,
    {
        .name = "smtp_tls_mandatory_ciphers",
        .initial = "medium",
        .text = "The least grade of ciphers where TLS is required.",
        .choices = "medium high",
        .refused = "null",
    }};

const TypedParameter<std::int64_t> smtp_tls_loglevel{
    kArea,
    {
        .name = "smtp_tls_loglevel",
        .initial = "0",
        .text = "How much is logged about TLS with servers.",
        .min = 0,
        .max = 4,
    }};

const TypedParameter<TlsLevel> lmtp_tls_security_level{
    kArea,
    {
        .name = "lmtp_tls_security_level",
        .initial = "none",
        .text = "The same as smtp_tls_security_level, for LMTP.",
        .choices = "none may encrypt",
        .refused = "dane dane-only fingerprint verify secure",
    }};

}  // namespace postern::config::params
