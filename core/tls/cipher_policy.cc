#include "core/tls/cipher_policy.h"

namespace postern::tls {
namespace {

// TLS 1.2.  A key exchange with forward secrecy, and encryption that authenticates (RFC 9325 4.1
// and 4.2).  TLS 1.3 has nothing else, so its suites stay as OpenSSL orders them.
constexpr const char* kHighCiphers =
    "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL:!kRSA:!DHE:!PSK:!SRP:!aDSS";
// For peers of before 2014, whose other choice is clear text: CBC with ECDHE, then RSA key
// exchange.  What is broken (RC4, 3DES, NULL, anonymous, export, MD5) is in neither.
constexpr const char* kMediumCiphers =
    "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:kRSA+AESGCM:kRSA+AES:"
    "!aNULL:!eNULL:!DHE:!PSK:!SRP:!aDSS:!3DES:!RC4:!MD5:!EXPORT";
constexpr const char* kGroups = "X25519:P-256:P-384";

int native(Version version) {
  switch (version) {
    case Version::kTls10: return TLS1_VERSION;
    case Version::kTls11: return TLS1_1_VERSION;
    case Version::kTls12: return TLS1_2_VERSION;
    case Version::kTls13: return TLS1_3_VERSION;
  }
  return TLS1_2_VERSION;
}

// SSL_CTX_set_security_level(3).  TLS before 1.2 signs with SHA-1, which only level 0 permits.
int security_level(VersionRange versions, CipherGrade grade) {
  if (versions.oldest < Version::kTls12) return 0;
  return grade == CipherGrade::kHigh ? 2 : 1;
}

}  // namespace

Result<ContextHandle> make_context(const SSL_METHOD* method, VersionRange versions,
                                   CipherGrade grade) {
  ContextHandle context(SSL_CTX_new(method));
  if (!context) return fail(ErrorKind::kInvalid, "TLS context: {}", openssl_reason());
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_security_level(raw, security_level(versions, grade));
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION);
  // The system's openssl.cnf may allow unsafe things for old programs; here they stay off.
  SSL_CTX_clear_options(raw, SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_LEGACY_SERVER_CONNECT |
                                 SSL_OP_ALLOW_NO_DHE_KEX);
  // RELEASE_BUFFERS: an idle session gives back its 34 KiB of record buffers.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  const char* const ciphers = grade == CipherGrade::kHigh ? kHighCiphers : kMediumCiphers;
  if (SSL_CTX_set_min_proto_version(raw, native(versions.oldest)) != 1 ||
      SSL_CTX_set_max_proto_version(raw, native(versions.newest)) != 1)
    return fail(ErrorKind::kInvalid, "TLS versions: {}", openssl_reason());
  if (SSL_CTX_set_cipher_list(raw, ciphers) != 1)
    return fail(ErrorKind::kInvalid, "TLS ciphers: {}", openssl_reason());
  if (SSL_CTX_set1_groups_list(raw, kGroups) != 1)
    return fail(ErrorKind::kInvalid, "TLS groups: {}", openssl_reason());
  return context;
}

}  // namespace postern::tls
