#include "core/tls/cipher_policy.h"
#include "core/tls/context.h"
#include "core/tls/native.h"

namespace postern::tls {

ClientContext::ClientContext(std::unique_ptr<Native> native) : native_(std::move(native)) {}

ClientContext::~ClientContext() = default;

Result<std::shared_ptr<const ClientContext>> ClientContext::make(ClientOptions options) {
  auto context = make_context(TLS_client_method(), options.versions, options.ciphers);
  if (!context) return std::unexpected(context.error());
  auto native = std::make_unique<Native>();
  native->context = std::move(*context);
  SSL_CTX* const raw = native->context.get();
  // Sessions are not resumed, so tickets would be octets for nothing.
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET);
  // A server that knows no secure renegotiation (RFC 5746) can't be attacked with it either, since
  // we never renegotiate; its other choice is clear text.
  if (options.ciphers == CipherGrade::kMedium)
    SSL_CTX_set_options(raw, SSL_OP_LEGACY_SERVER_CONNECT);
  // The outcome is told, and the caller decides: opportunistic TLS takes any certificate.
  SSL_CTX_set_verify(raw, SSL_VERIFY_NONE, nullptr);
  if (!options.ca_file.empty() && SSL_CTX_load_verify_file(raw, options.ca_file.c_str()) != 1)
    return fail(ErrorKind::kInvalid, "{}: no certificates of authorities can be read: {}",
                options.ca_file, openssl_reason());
  if (!options.ca_path.empty() && SSL_CTX_load_verify_dir(raw, options.ca_path.c_str()) != 1)
    return fail(ErrorKind::kInvalid, "{}: no directory of authorities' certificates: {}",
                options.ca_path, openssl_reason());
  native->can_verify = !options.ca_file.empty() || !options.ca_path.empty();
  return std::shared_ptr<const ClientContext>(new ClientContext(std::move(native)));
}

}  // namespace postern::tls
