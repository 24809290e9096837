#include <openssl/tls1.h>

#include "core/base/log.h"
#include "core/tls/certificate_chain.h"
#include "core/tls/cipher_policy.h"
#include "core/tls/context.h"
#include "core/tls/native.h"
#include "core/tls/server_name.h"
#include "core/tls/ticket_callback.h"

namespace postern::tls {
namespace {

// The server name, which OpenSSL tells only after it has looked for a session; the tickets' keys
// depend on it, so it is read here, before everything else.
std::string name_in(SSL* ssl) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) != 1) return {};
  return parse_server_name({data, size}).value_or(std::string());
}

void choose_certificate(SSL* ssl, ServerHandshake& handshake) {
  const auto& lookup = handshake.context->options.sni;
  if (!lookup || handshake.server_name.empty()) return;
  const auto files = lookup(handshake.server_name);
  if (!files) {
    log::warning("smtpd", "tls_server_sni_maps: {}: {}; the default certificate serves instead",
                 handshake.server_name, files.error().describe());
    return;
  }
  if (!*files) return;
  const ContextHandle context = handshake.context->sni_contexts.get(**files);
  if (context) SSL_set_SSL_CTX(ssl, context.get());  // takes a share of its own
}

int on_client_hello(SSL* ssl, int* /*alert*/, void* /*argument*/) noexcept {
  auto& handshake = *static_cast<ServerHandshake*>(SSL_get_app_data(ssl));
  handshake.server_name = name_in(ssl);
  choose_certificate(ssl, handshake);
  return SSL_CLIENT_HELLO_SUCCESS;
}

}  // namespace

ServerContext::ServerContext(std::unique_ptr<Native> native) : native_(std::move(native)) {}

ServerContext::~ServerContext() = default;

Result<std::shared_ptr<const ServerContext>> ServerContext::make(ServerOptions options) {
  if (options.chains.empty())
    return fail(ErrorKind::kInvalid, "{}: TLS needs a certificate and a key", options.listener);
  auto native = std::make_unique<Native>(std::move(options));
  const ServerOptions& values = native->options;
  auto context = make_context(TLS_server_method(), values.versions, values.ciphers);
  if (!context) return std::unexpected(context.error());
  native->context = std::move(*context);
  for (const CertificateFiles& files : values.chains)
    if (auto used = use_chain(native->context.get(), files, native->warnings); !used)
      return std::unexpected(used.error());
  for (const std::string& text : native->warnings)
    log::warning("smtpd", "{}: {}", values.listener, text);
  use_tickets(*native);
  SSL_CTX_set_client_hello_cb(native->context.get(), &on_client_hello, nullptr);
  return std::shared_ptr<const ServerContext>(new ServerContext(std::move(native)));
}

const std::vector<std::string>& ServerContext::warnings() const { return native_->warnings; }

}  // namespace postern::tls
