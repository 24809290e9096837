// OpenSslStream: a TlsStream that drives OpenSSL over the socket of a plain stream.
// For core/tls only; for the loop's thread.
#pragma once

#include <memory>

#include "core/tls/native.h"
#include "core/tls/openssl_handles.h"
#include "core/tls/tls_stream.h"

namespace postern::tls {

class OpenSslStream final : public TlsStream {
 public:
  OpenSslStream(std::unique_ptr<net::Stream> plain, std::shared_ptr<const ServerContext> context);
  OpenSslStream(std::unique_ptr<net::Stream> plain, std::shared_ptr<const ClientContext> context,
                std::string server_name);

  // One step of the handshake; kNothing: it is complete, and info() is filled in.
  Result<net::IoStep> try_handshake();

  net::Socket& socket() override { return plain_->socket(); }
  Result<net::IoStep> try_read(std::span<char> buffer) override;
  Result<net::IoStep> try_write(std::string_view octets) override;
  bool has_pending() const override;
  bool is_tls() const override { return true; }
  void shutdown() override;
  const SessionInfo& info() const override { return info_; }

 private:
  void attach(SSL_CTX* context);
  // What OpenSSL's failed call wants, or why it failed; after that the session is of no use.
  Result<net::IoStep> after_failure(int outcome, const char* doing);
  void fill_info();

  std::unique_ptr<net::Stream> plain_;
  const int fd_;  // the socket's, for the BIO
  // Whichever made the session; keeps OpenSSL's context.
  std::shared_ptr<const ServerContext> server_;
  std::shared_ptr<const ClientContext> client_;
  ServerHandshake handshake_;
  SslHandle ssl_;
  bool is_broken_ = false;
  SessionInfo info_;
};

}  // namespace postern::tls
