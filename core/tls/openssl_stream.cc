#include "core/tls/openssl_stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>

#include "core/base/check.h"
#include "core/base/log.h"
#include "core/net/address.h"
#include "core/tls/server_name.h"
#include "core/tls/socket_bio.h"

namespace postern::tls {
namespace {

using Wants = net::IoStep::Wants;

std::string common_name(const X509* certificate) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  unsigned char* text = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return {};
  const std::string_view name(reinterpret_cast<char*>(text), static_cast<std::size_t>(size));
  std::string out = log::printable(name.substr(0, 255));
  OPENSSL_free(text);
  return out;
}

bool is_ip_literal(const std::string& name) { return net::SocketAddress::ip(name, 0).has_value(); }

}  // namespace

OpenSslStream::OpenSslStream(std::unique_ptr<net::Stream> plain,
                             std::shared_ptr<const ServerContext> context)
    : plain_(std::move(plain)), fd_(plain_->socket().fd()), server_(std::move(context)) {
  attach(server_->native().context.get());
  handshake_.context = &server_->native();
  SSL_set_app_data(ssl_.get(), &handshake_);
  SSL_set_accept_state(ssl_.get());
}

OpenSslStream::OpenSslStream(std::unique_ptr<net::Stream> plain,
                             std::shared_ptr<const ClientContext> context, std::string server_name)
    : plain_(std::move(plain)), fd_(plain_->socket().fd()), client_(std::move(context)) {
  attach(client_->native().context.get());
  SSL_set_connect_state(ssl_.get());
  // RFC 6066 3: names only, no addresses.
  if (is_server_name(server_name) && !is_ip_literal(server_name)) {
    SSL_set_tlsext_host_name(ssl_.get(), server_name.c_str());
    info_.server_name = std::move(server_name);
  }
}

void OpenSslStream::attach(SSL_CTX* context) {
  POSTERN_CHECK(!plain_->is_tls() && !plain_->has_pending());
  ssl_.reset(SSL_new(context));
  POSTERN_CHECK(ssl_ != nullptr);
  BIO* const bio = make_socket_bio(&fd_).release();
  SSL_set_bio(ssl_.get(), bio, bio);  // one share serves both directions
}

Result<net::IoStep> OpenSslStream::after_failure(int outcome, const char* doing) {
  const int sys_errno = errno;
  const int kind = SSL_get_error(ssl_.get(), outcome);
  if (kind == SSL_ERROR_WANT_READ) return net::IoStep{0, Wants::kReadable};
  if (kind == SSL_ERROR_WANT_WRITE) return net::IoStep{0, Wants::kWritable};
  if (kind == SSL_ERROR_ZERO_RETURN) return net::IoStep{0, Wants::kNothing};
  is_broken_ = true;
  const bool is_truncated = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  if (kind == SSL_ERROR_SSL && !is_truncated)
    return fail(ErrorKind::kInvalid, "{}: {}", doing, openssl_reason());
  ERR_clear_error();
  if (is_truncated || sys_errno == 0)
    return fail(ErrorKind::kClosed, "{}: the connection ended without close_notify", doing);
  return fail_errno(doing, sys_errno);
}

Result<net::IoStep> OpenSslStream::try_handshake() {
  ERR_clear_error();
  errno = 0;
  const int outcome = SSL_do_handshake(ssl_.get());
  if (outcome == 1) {
    fill_info();
    return net::IoStep{};
  }
  auto step = after_failure(outcome, "TLS handshake");
  if (step && step->wants == Wants::kNothing) {
    is_broken_ = true;
    return fail(ErrorKind::kClosed, "TLS handshake: the peer gave up");
  }
  return step;
}

Result<net::IoStep> OpenSslStream::try_read(std::span<char> buffer) {
  POSTERN_CHECK(!buffer.empty());
  if (is_broken_) return fail(ErrorKind::kClosed, "the TLS session is broken");
  ERR_clear_error();
  errno = 0;
  std::size_t count = 0;
  const int outcome = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &count);
  if (outcome == 1) return net::IoStep{count, Wants::kNothing};
  return after_failure(outcome, "TLS read");
}

Result<net::IoStep> OpenSslStream::try_write(std::string_view octets) {
  if (is_broken_) return fail(ErrorKind::kClosed, "the TLS session is broken");
  if (octets.empty()) return net::IoStep{};
  ERR_clear_error();
  errno = 0;
  std::size_t count = 0;
  const int outcome = SSL_write_ex(ssl_.get(), octets.data(), octets.size(), &count);
  if (outcome == 1) return net::IoStep{count, Wants::kNothing};
  auto step = after_failure(outcome, "TLS write");
  // Only reading can meet the peer's close_notify in order.
  if (step && step->wants == Wants::kNothing)
    return fail(ErrorKind::kClosed, "TLS write: the peer has closed");
  return step;
}

bool OpenSslStream::has_pending() const { return !is_broken_ && SSL_pending(ssl_.get()) > 0; }

void OpenSslStream::shutdown() {
  // After a failure, and before the handshake is complete, OpenSSL may not be asked.
  if (!is_broken_ && SSL_is_init_finished(ssl_.get()) == 1) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());  // where the socket is full, the peer learns by the FIN
    ERR_clear_error();
  }
  plain_->shutdown();
}

void OpenSslStream::fill_info() {
  SSL* const ssl = ssl_.get();
  info_.protocol = SSL_get_version(ssl);
  info_.cipher = SSL_get_cipher_name(ssl);
  info_.cipher_bits = SSL_get_cipher_bits(ssl, &info_.algorithm_bits);
  info_.resumed = SSL_session_reused(ssl) == 1;
  if (server_) {
    info_.server_name = std::move(handshake_.server_name);
    return;
  }
  const X509* const peer = SSL_get0_peer_certificate(ssl);
  if (peer == nullptr) return;
  info_.peer_name = common_name(peer);
  info_.is_verified = client_->native().can_verify && SSL_get_verify_result(ssl) == X509_V_OK;
}

}  // namespace postern::tls
