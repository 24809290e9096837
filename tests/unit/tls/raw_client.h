// A blocking TLS client on OpenSSL itself: it can offer what core/tls never would.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>

#include "core/base/unique_fd.h"
#include "core/tls/socket_bio.h"

namespace postern::tls {

struct RawClientOptions {
  int oldest = TLS1_VERSION;
  int newest = TLS1_3_VERSION;
  std::string server_name = {};
  SSL_SESSION* session = nullptr;  // to resume
};

class RawClient {
 public:
  explicit RawClient(UniqueFd fd, const RawClientOptions& options = {})
      : fd_(std::move(fd)),
        socket_(fd_.get()),
        context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free),
        ssl_(nullptr, &SSL_free) {
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), options.oldest);
    SSL_CTX_set_max_proto_version(context_.get(), options.newest);
    ssl_.reset(SSL_new(context_.get()));
    BIO* const bio = make_socket_bio(&socket_).release();  // no SIGPIPE where the server has gone
    SSL_set_bio(ssl_.get(), bio, bio);
    if (!options.server_name.empty())
      SSL_set_tlsext_host_name(ssl_.get(), options.server_name.c_str());
    if (options.session != nullptr) SSL_set_session(ssl_.get(), options.session);
  }

  // False: refused; reason() says why.
  bool handshake() {
    ERR_clear_error();
    const bool is_done = SSL_connect(ssl_.get()) == 1;
    if (!is_done) note_reason();
    return is_done;
  }
  std::string read(std::size_t limit = 4096) {
    std::string out(limit, '\0');
    ERR_clear_error();
    const int count = SSL_read(ssl_.get(), out.data(), static_cast<int>(out.size()));
    if (count <= 0) note_reason();
    out.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return out;
  }
  void write(const std::string& octets) {
    SSL_write(ssl_.get(), octets.data(), static_cast<int>(octets.size()));
  }
  // close_notify, and the end of the connection.
  void close() {
    SSL_shutdown(ssl_.get());
    cut();
  }
  // The end without close_notify.
  void cut() { ::shutdown(fd_.get(), SHUT_RDWR); }
  bool renegotiate() {
    ERR_clear_error();
    const bool is_done = SSL_renegotiate(ssl_.get()) == 1 && SSL_do_handshake(ssl_.get()) == 1;
    if (!is_done) note_reason();
    return is_done;
  }
  std::string certificate_name() const {
    char name[256] = {};
    X509* const peer = SSL_get0_peer_certificate(ssl_.get());
    if (peer == nullptr) return {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name, sizeof name);
    return name;
  }
  using Session = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;
  Session session() const { return {SSL_get1_session(ssl_.get()), &SSL_SESSION_free}; }
  const std::string& reason() const { return reason_; }
  SSL* native() { return ssl_.get(); }
  int fd() const { return fd_.get(); }

 private:
  void note_reason() {
    const char* const text = ERR_reason_error_string(ERR_peek_error());
    reason_ = text != nullptr ? text : "";
    ERR_clear_error();
  }

  UniqueFd fd_;
  const int socket_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  std::string reason_;
};

}  // namespace postern::tls
