#include "core/tls/openssl_stream.h"
#include "core/tls/tls_stream.h"

namespace postern::tls {
namespace {

using Handshake = net::Task<Result<std::unique_ptr<TlsStream>>>;

Handshake complete(std::unique_ptr<OpenSslStream> stream, SteadyTime deadline) {
  for (;;) {
    const auto step = stream->try_handshake();
    if (!step) co_return std::unexpected(step.error());
    if (step->wants == net::IoStep::Wants::kNothing) co_return std::move(stream);
    Result<void> ready;
    if (step->wants == net::IoStep::Wants::kReadable) {
      ready = co_await stream->socket().wait_readable(deadline);
    } else {
      ready = co_await stream->socket().wait_writable(deadline);
    }
    if (!ready) co_return fail(ready.error().kind, "TLS handshake: {}", ready.error().describe());
  }
}

}  // namespace

Handshake accept_tls(std::unique_ptr<net::Stream> plain,
                     std::shared_ptr<const ServerContext> context, SteadyTime deadline) {
  return complete(std::make_unique<OpenSslStream>(std::move(plain), std::move(context)), deadline);
}

Handshake connect_tls(std::unique_ptr<net::Stream> plain,
                      std::shared_ptr<const ClientContext> context, std::string server_name,
                      SteadyTime deadline) {
  return complete(
      std::make_unique<OpenSslStream>(std::move(plain), std::move(context), std::move(server_name)),
      deadline);
}

}  // namespace postern::tls
